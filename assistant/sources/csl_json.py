"""CSL-JSON, the form in which Zotero and its like export references, and in which doi.org answers.

A reference's `id` is kept only where it means the same everywhere (an address, a DOI): a key such as `smith2020` may be
another paper in another file.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from assistant.papers import Problem, Record, arxiv_id_in
from assistant.sources import days
from assistant.sources.markup import plain
from assistant.sources.objects import Object, keys, listed, objects, within
from assistant.sources.people import full_name
from assistant.sources.pieces import Fields, papers

_MARKS = {"issued", "container-title", "DOI", "author", "accessed", "citation-key", "publisher-place", "URL"}
_ARXIV_NOTE = re.compile(r"\barxiv:\s*([a-z.-]*/?[0-9.]{7,10}(?:v[0-9]+)?)", re.IGNORECASE)  # of Zotero's field Extra


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like CSL-JSON."""
    _, record = keys(head)
    return "type" in record and "abstract_inverted_index" not in record and len(record & _MARKS) >= 1


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of a list of references, or of one, in constant memory. `year` is not used."""
    yield from papers(objects(stream), _fields)


def _fields(item: Object) -> Fields:
    name, pmid = item.get("id"), item.get("PMID")
    note = _ARXIV_NOTE.search(item["note"][:10_000]) if isinstance(item.get("note"), str) else None
    given = [item.get("number"), item.get("archive_location"), item.get("URL"), item.get("DOI"), note and note[1]]
    everywhere = isinstance(name, str) and "/" in name
    return {
        "id": name if everywhere else f"pmid:{pmid}" if isinstance(pmid, (str, int)) and pmid else None,
        "arxiv_id": next((one for one in given if isinstance(one, str) and arxiv_id_in(one)), None),
        "doi": item.get("DOI"),
        "title": _text(item.get("title")),
        "abstract": _text(item.get("abstract")),
        "authors": [found for author in listed(item, "author") if (found := _name(author))],
        "date": _day(item.get("issued")),
        "venue": _text(item.get("container-title")),
        "url": item.get("URL"),
    }


def _text(value: Any) -> Any:
    """Plain text; the first of several, as Crossref gives titles."""
    if isinstance(value, list):
        value = next(iter(value), None)
    return plain(value) if isinstance(value, str) else value


def _name(author: Any) -> str | None:
    parts = ("given", "dropping-particle", "non-dropping-particle", "family", "suffix")
    return full_name(*(within(author, part) for part in parts)) or full_name(within(author, "literal"))


def _day(issued: Any) -> Any:
    parts = next(iter(listed(issued, "date-parts")), None)
    if isinstance(parts, list):
        return days.day(*parts[:3]) if parts else None
    raw = within(issued, "raw") or within(issued, "literal")
    return days.iso(raw) if isinstance(raw, str) and re.match(r"\d{4}-\d", raw) else None
