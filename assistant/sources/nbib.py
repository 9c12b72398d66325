"""PubMed's text format (nbib, MEDLINE), as “Save” and “Send to citation manager” give it: tagged lines, a blank line
between records.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from assistant.papers import Problem, Record
from assistant.sources import days
from assistant.sources.markup import plain
from assistant.sources.people import first_name_first
from assistant.sources.pieces import MAX_RECORD, Fields, Piece, papers
from assistant.sources.pubmed import RETRACTED, address

MAX_LINE = 1_000_000  # bytes; the format breaks lines at 80

_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*PMID ?- ?\d")
_TAGGED = re.compile(rb"(?=.{4}-)([A-Z0-9]{2,4}) {0,2}- ?(.*)", re.DOTALL)

Lines = list[tuple[str, list[str]]]  # a tag, and the lines of its value


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like this format."""
    return _START.match(head[:4_000]) is not None


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of a file, in constant memory. `year` is not used."""
    yield from papers(_records(stream), _fields)


def _records(stream: BinaryIO) -> Iterator[Piece[Lines]]:
    """The records: tagged lines up to a blank one or the next PMID, continued on indented ones."""
    record: Lines = []
    begun = size = number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        match = _TAGGED.match(line)
        if record and (not line.strip() or (match and match[1] == b"PMID")):
            yield _piece(record, begun, size)
            record = []
        if not record:
            begun, size = number, 0
        size += len(line)
        if size > MAX_RECORD:
            continue
        if match:
            record.append((match[1].decode(), [match[2].decode(errors="replace").strip()]))
        elif record and line[:1].isspace():
            record[-1][1].append(line.decode(errors="replace").strip())
    if record:
        yield _piece(record, begun, size)


def _piece(record: Lines, line: int, size: int) -> Piece[Lines]:
    if size > MAX_RECORD:
        return Piece(line, None, f"longer than {MAX_RECORD // 1_000_000} MB")
    return Piece(line, record)


def _fields(record: Lines) -> Fields:
    values: dict[str, list[str]] = {}
    for tag, lines in record:
        if text := " ".join(lines).strip():
            values.setdefault(tag, []).append(text)

    def first(*tags: str) -> str | None:
        return next((values[tag][0] for tag in tags if tag in values), None)

    pmid = first("PMID")
    people = [first_name_first(name) for name in values.get("FAU", [])] or values.get("AU", [])
    dois = (text.removesuffix("[doi]").strip() for tag in ("LID", "AID") for text in values.get(tag, []))
    return {
        "id": f"pmid:{pmid}" if pmid else None,
        "title": plain(first("TI", "BTI", "TT") or ""),
        "abstract": plain(first("AB") or ""),
        "authors": people + values.get("CN", []),
        "doi": next((text for text in dois if text.startswith("10.")), None),
        "venue": first("JT", "TA"),
        "categories": [text.replace("*", "").partition("/")[0] for text in values.get("MH", [])],
        "url": address(pmid),
        "withdrawn": RETRACTED in values.get("PT", []) or None,
        "date": _day(first("DEP"), first("DP")),
    }


def _day(online: str | None, printed: str | None) -> str | None:
    """The day it appeared on the net (`20200115`), or in print (`2020 Jan 15`, but also `2020 Jan-Feb`)."""
    if online and re.fullmatch(r"[0-9]{8}", online):
        return days.day(online[:4], online[4:6], online[6:])
    return days.day(*(printed or "").split(None, 1)) if printed else None
