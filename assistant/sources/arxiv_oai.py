"""Answers of OAI-PMH, by which arXiv (oaipmh.arxiv.org/oai) and other archives hand out all that they have: records in
the formats `arXiv`, `arXivRaw` and `oai_dc`, one or a list.

A list without records gives nothing and is no mistake. A record that was deleted has nothing left but its name, and is
a problem; a paper that its authors took back is a paper, marked as withdrawn.
"""

import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO
from xml.etree.ElementTree import Element

from assistant.cleaning import one_line
from assistant.errors import SourceError
from assistant.papers import Problem, Record, arxiv_id_in, doi_in
from assistant.sources import arxiv, days
from assistant.sources.elements import elements, text_of, texts_of
from assistant.sources.people import first_name_first, without_affiliations
from assistant.sources.pieces import Fields, papers

_ROOT = re.compile(rb"<(?:[\w-]+:)?(?:OAI-PMH|ListRecords|GetRecord)[\s>]|<record[\s>].*(?:oai:|<arXiv)", re.DOTALL)


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like such an answer, or records cut out of one."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") and _ROOT.search(head[:4_000]) is not None


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of an answer, or of many one after the other, in constant memory. `year` is not used.

    SourceError: the archive reports an error in the place of records, or the XML cannot be read.
    """
    yield from papers(elements(stream, ["record", "error"]), _fields)


def resumption_token(answer: bytes) -> str | None:
    """What to ask for the next part of the list that `answer` begins; None where this is all."""
    for piece in elements(io.BytesIO(answer), ["resumptionToken"]):
        return text_of(piece.record)
    return None


def _fields(record: Element) -> Fields:
    if record.tag == "error":
        if record.get("code") == "noRecordsMatch":
            return None
        words = one_line(text_of(record) or "")[:300]
        raise SourceError(
            f"the archive reports an error: {words} ({record.get('code')})", hint="Mend the question it was asked."
        )
    name = text_of(record, "header/identifier") or "a record without a name"
    header = record.find("header")
    if header is not None and header.get("status") == "deleted":
        return f"{one_line(name)[:100]} was deleted"
    metadata = record.find("metadata")
    inner = next(iter(metadata), None) if metadata is not None else None
    if inner is None:
        return f"{one_line(name)[:100]} has no metadata"
    form = _FORMS.get(inner.tag)
    return form(inner, record) if form else f"metadata in the form “{inner.tag[:40]}”, which is not read"


def _of_arxiv(paper: Element, record: Element) -> dict[str, Any]:
    """What the formats arXiv and arXivRaw have in common."""
    abstract, comment = text_of(paper, "abstract"), text_of(paper, "comments")
    return arxiv.named(text_of(paper, "id")) | {
        "title": text_of(paper, "title"),
        "abstract": abstract,
        "categories": text_of(paper, "categories"),
        "doi": arxiv.first_doi(text_of(paper, "doi")),
        "venue": text_of(paper, "journal-ref"),
        "withdrawn": arxiv.is_withdrawn(abstract, comment),
    }


def _arxiv(paper: Element, record: Element) -> dict[str, Any]:
    names = [
        arxiv.author(*(text_of(author, part) for part in ("forenames", "keyname", "suffix")))
        for author in paper.iterfind("authors/author")
    ]
    authors = [name for name in names if name]
    return _of_arxiv(paper, record) | {"authors": authors, "date": days.iso(text_of(paper, "created"))}


def _arxiv_raw(paper: Element, record: Element) -> dict[str, Any]:
    versions = {
        int(number[1]): text_of(version, "date")
        for version in paper.iterfind("version")
        if (number := re.fullmatch(r"v([0-9]{1,4})", version.get("version", "")))
    }
    return _of_arxiv(paper, record) | {
        "authors": arxiv.author(without_affiliations(text_of(paper, "authors") or "")),
        "version": max(versions, default=None),
        "date": arxiv.day_of(versions.get(1)),
    }


def _dublin_core(paper: Element, record: Element) -> dict[str, Any]:
    descriptions = texts_of(paper, "description")
    abstract = next((text for text in descriptions if not text.startswith("Comment:")), None)
    comment = next((text.removeprefix("Comment:") for text in descriptions if text.startswith("Comment:")), None)
    given = texts_of(paper, "identifier")
    name = text_of(record, "header/identifier") or next(iter(given), None)
    found = next((text for text in [name or "", *given] if arxiv_id_in(text)), None)
    sets = [_category(name) for name in texts_of(record, "header/setSpec")]
    return arxiv.named(found or name) | {
        "title": text_of(paper, "title"),
        "abstract": abstract,
        "authors": [first_name_first(name) for name in texts_of(paper, "creator")],
        "categories": sets if found and sets else texts_of(paper, "subject"),
        "doi": next((doi for text in given if (doi := doi_in(text)) and not arxiv_id_in(text)), None),
        "withdrawn": arxiv.is_withdrawn(abstract, comment),
        "date": days.iso(min(texts_of(paper, "date"), default=None)),
    }


def _category(name: str) -> str:
    """The category that a set of arXiv's is: `cs:cs:LG` is `cs.LG`, `physics:hep-th` is `hep-th`."""
    parts = name.split(":")
    return ".".join(parts[1:]) if len(parts) == 3 else parts[-1]


_FORMS = {"arXiv": _arxiv, "arXivRaw": _arxiv_raw, "dc": _dublin_core}
