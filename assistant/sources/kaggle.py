"""The arXiv metadata snapshot that Cornell University keeps on Kaggle: 2.7 million papers as JSON lines, read as a
stream.

    {"id": "0704.0001", "submitter": …, "authors": "C. Bal\\\\'azs, E. L. Berger", "title": …, "comments": …,
    "journal-ref": …,
     "doi": …, "report-no": …, "categories": "hep-ph", "license": …, "abstract": …,
     "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}], "update_date": "2008-11-26",
     "authors_parsed": [["Balázs", "C.", ""], ["Berger", "E. L.", ""]]}

A reader of its own, not aliases of `jsonl`: a day lies in `versions`, names in triples, and what was withdrawn says so
only in words. A paper's date is that of its first version; `update_date`, when anything was changed, is not used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from assistant.papers import Problem, Record
from assistant.sources import arxiv, jsonl
from assistant.sources.rows import loaded, parsed

MARK = b'"authors_parsed"'


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like the snapshot."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return first.startswith(b"{") and (MARK in first or (b'"versions"' in first and b'"update_date"' in first))


def _papers(line: bytes, number: int) -> Iterator[Record | Problem]:
    try:
        given = loaded(line.decode())
    except (ValueError, RecursionError):
        yield from parsed(line, number)  # which says what is wrong
        return
    if not isinstance(given, dict):
        yield Problem(number, "not a JSON object", line.decode(errors="replace"))
        return
    for item in parsed(_row(given), number):
        yield replace(item, raw=line.decode(errors="replace")) if isinstance(item, Problem) else item


read = partial(jsonl.read, parse=_papers)


def _row(given: Mapping[str, Any]) -> dict[str, Any]:
    title, abstract, versions = given.get("title"), given.get("abstract"), given.get("versions")
    first = versions[0] if isinstance(versions, list) and versions else None
    row = arxiv.named(given.get("id")) | {
        "title": " ".join(title.split()) if isinstance(title, str) else title,
        "abstract": abstract,
        "doi": arxiv.first_doi(given.get("doi") or None),
        "authors": _authors(given.get("authors_parsed")) or given.get("authors"),
        "date": arxiv.day_of(first.get("created")) if isinstance(first, dict) else None,
        "categories": given.get("categories"),
        "venue": given.get("journal-ref") or None,
        "version": len(versions) if isinstance(versions, list) and versions else None,
        "withdrawn": arxiv.is_withdrawn(abstract, given.get("comments")),
    }
    return {name: value for name, value in row.items() if value is not None}


def _authors(parts: Any) -> list[str]:
    """Names of triples (last, first, suffix)."""
    names = []
    for one in parts if isinstance(parts, list) else ():
        if isinstance(one, list) and all(isinstance(part, str) for part in one):
            last, first, suffix = (*one, "", "", "")[:3]
            names.append(arxiv.author(first, last, suffix))
    return names
