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

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from assistant.cleaning import clean
from assistant.papers import Problem, Record
from assistant.sources import jsonl
from assistant.sources.plain import day_of
from assistant.sources.rows import parsed

MARK = b'"authors_parsed"'
_CREATED = re.compile(r"(?:\w{3}, )?(\d{1,2}) (\w{3}) (\d{4})\b")
_PAPER = r"(?:paper|article|submission|manuscript|preprint|work|version|note|letter|thesis|draft)s?"
# As authors say it in comments or abstract; “replaces a withdrawn paper” is another matter.
_WITHDRAWN = re.compile(
    rf"^\W*withdrawn\b|(?:^\W*|\bthis )(?:\w+ )?{_PAPER} (?:(?:has been|have been|is|was) )?"
    r"(?:now |being |temporarily )?withdrawn\b",
    re.IGNORECASE,
)


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like the snapshot."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return first.startswith(b"{") and (MARK in first or (b'"versions"' in first and b'"update_date"' in first))


def _papers(line: bytes, number: int) -> Iterator[Record | Problem]:
    try:
        given = json.loads(line)
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
    title, arxiv_id = given.get("title"), given.get("id")
    versions = given.get("versions")
    first = versions[0] if isinstance(versions, list) and versions else None
    row = {
        "title": " ".join(title.split()) if isinstance(title, str) else title,
        "abstract": given.get("abstract"),
        "arxiv_id": arxiv_id,
        "doi": _first_word(given.get("doi")),
        "authors": _authors(given.get("authors_parsed")) or given.get("authors"),
        "date": _day(first.get("created")) if isinstance(first, dict) else None,
        "url": f"https://arxiv.org/abs/{arxiv_id}" if isinstance(arxiv_id, str) and arxiv_id else None,
        "categories": given.get("categories"),
        "venue": given.get("journal-ref") or None,
        "version": len(versions) if isinstance(versions, list) and versions else None,
        "withdrawn": _withdrawn(given.get("comments"), given.get("abstract")),
    }
    return {name: value for name, value in row.items() if value is not None}


def _first_word(value: Any) -> Any:
    """The first of several DOIs with white space between."""
    return next(iter(value.split()), None) if isinstance(value, str) else value


def _authors(parts: Any) -> list[str]:
    """Names of triples (last, first, suffix)."""
    if not isinstance(parts, list):
        return []
    names = []
    for one in parts:
        if isinstance(one, list) and all(isinstance(part, str) for part in one):
            last, first, suffix = (*one, "", "", "")[:3]
            names.append(clean(" ".join(filter(None, (first, last, suffix)))))
    return names


def _day(created: Any) -> str | None:
    match = _CREATED.match(created) if isinstance(created, str) else None
    return day_of(match[3], match[2], match[1]) if match else None


def _withdrawn(comments: Any, abstract: Any) -> bool:
    return any(isinstance(said, str) and bool(_WITHDRAWN.search(said[:300])) for said in (comments, abstract))
