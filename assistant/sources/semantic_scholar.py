"""Semantic Scholar's JSON: answers of its API (searches, single papers, citations, recommendations), and papers one a
line.

A search that finds nothing gives nothing. An answer that was not asked for the field `abstract` has papers without one,
and each is a problem.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from assistant.papers import Problem, Record
from assistant.sources import days
from assistant.sources.markup import plain
from assistant.sources.objects import Object, keys, listed, names, objects, within
from assistant.sources.pieces import Fields, papers

_CITED = ("citingPaper", "citedPaper")
_ANSWER = {"total", "offset", "next", "token", "data"}


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like such an answer; one that found nothing does."""
    document, record = keys(head)
    found_nothing = record in (frozenset(), document) and {"total"} < document <= _ANSWER
    return bool(record & {"paperId", *_CITED}) or found_nothing


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of an answer, or of many one after the other, in constant memory. `year` is not used."""
    yield from papers(objects(stream), _fields)


def _fields(record: Object) -> Fields:
    paper = next((record[key] for key in _CITED if isinstance(record.get(key), dict)), record)
    if {"total"} < paper.keys() <= _ANSWER:
        return None  # the whole of an answer that found nothing
    given = within(paper, "externalIds")
    name = paper.get("paperId")
    fields = names(paper, "category", "s2FieldsOfStudy") or [one for one in listed(paper, "fieldsOfStudy") if one]
    return {
        "id": f"s2:{name}" if isinstance(name, str) and name else None,
        "arxiv_id": within(given, "ArXiv"),
        "doi": within(given, "DOI"),
        "title": _plain(paper.get("title")),
        "abstract": _plain(paper.get("abstract")),
        "authors": names(paper, "name", "authors"),
        "date": days.iso(paper.get("publicationDate")),
        "venue": _first(
            within(paper, "publicationVenue", "name"), within(paper, "journal", "name"), paper.get("venue")
        ),
        "url": paper.get("url"),
        "categories": list(dict.fromkeys(fields)) if all(isinstance(one, str) for one in fields) else fields,
    }


def _plain(text: Any) -> Any:
    return plain(text) if isinstance(text, str) else text


def _first(*found: Any) -> Any:
    return next((one for one in found if one), None)
