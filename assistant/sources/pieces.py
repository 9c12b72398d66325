"""From the records of a document, one by one, to papers and problems: what the XML and JSON readers have in common."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from xml.etree.ElementTree import Element, tostring

from assistant.papers import Problem, Record
from assistant.sources.rejects import MAX_RAW
from assistant.sources.rows import parsed

MAX_RECORD = 16_000_000  # bytes; a paper of a physics collaboration with 5,000 authors has 6,000,000 in PubMed's form
MAX_DEPTH = 100  # levels; the deepest record seen has 9

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Piece(Generic[T]):
    """A record as it lies in a document and the line it begins on (1-based); or None, why it cannot be read, and `raw`,
    its text, where that is at hand and not too long to be kept."""

    line: int
    record: T | None
    reason: str = ""
    raw: str = ""


Fields = Mapping[str, Any] | str | None


def papers(pieces: Iterable[Piece[T]], fields: Callable[[T], Fields]) -> Iterator[Record | Problem]:
    """The papers of the records. `fields` gives the fields of a record (see `rows.FIELDS`; None for what is not known),
    or a text that says why it is no paper, or None where it is no record at all.

    Many records may lie on one line, so a problem also names the record by its place in the document: `record 3: …`.
    """
    number = 0
    for piece in pieces:
        found = piece.reason if piece.record is None else fields(piece.record)
        if found is None:
            continue
        number += 1
        if isinstance(found, str):
            raw = piece.raw if piece.record is None else _text(piece.record)
            yield Problem(piece.line, f"record {number}: {found}", raw)
            continue
        for item in parsed({name: value for name, value in found.items() if value is not None}, piece.line):
            yield replace(item, reason=f"record {number}: {item.reason}") if isinstance(item, Problem) else item


def _text(record: Any) -> str:
    text = tostring(record, "unicode") if isinstance(record, Element) else json.dumps(record, ensure_ascii=False)
    return text if len(text) <= MAX_RAW else ""
