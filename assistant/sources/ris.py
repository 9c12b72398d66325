"""RIS, as reference managers and databases export it, and the tagged format of Web of Science.

A record runs from `TY` (`PT`) to `ER`, or to the next record where that is missing; a line without a tag goes on with
the line before. The reference id (`ID`) is no identity: it is a number that every export begins anew. rispy was looked
at: it has no line numbers and no types, reads a whole file at once, and drops a record without `ER` unsaid.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from assistant.papers import Problem, Record, arxiv_id_in
from assistant.sources import days
from assistant.sources.people import first_name_first
from assistant.sources.plain import MAX_RECORD, Lines, told
from assistant.sources.rows import parsed

HINT = "A record needs a title (TI) and an abstract (AB); some databases export abstracts only when asked to."
_RIS = re.compile(r"([A-Z][A-Z0-9]) {1,2}-(?: (.*))?$")
_WOS = re.compile(r"([A-Z][A-Z0-9])(?: (.*))?$")
_SNIFF = re.compile(rb"^TY {1,2}- ?\w|^PT [A-Z]\r?$", re.MULTILINE)
_BEFORE = 4_000  # bytes in which the first record must begin: some exports have a preface


@dataclass(slots=True)
class _Tagged:
    """A record as it stands: values by tag, each in the lines it came in; all lines, and the size."""

    line: int
    values: dict[str, list[list[str]]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    size: int = 0
    last: str = ""

    def add(self, tag: str, value: str) -> None:
        self.values.setdefault(tag, []).append([value])
        self.last = tag

    def go_on(self, value: str) -> None:
        if self.last:
            self.values[self.last][-1].append(value)

    def all(self, *tags: str) -> list[str]:
        """The values of the first of `tags` that has any."""
        for tag in tags:
            joined = (" ".join(filter(None, value)) for value in self.values.get(tag, ()))
            if found := list(filter(None, joined)):
                return found
        return []

    def first(self, *tags: str) -> str:
        return next(iter(self.all(*tags)), "")


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like RIS."""
    return bool(_SNIFF.search(head[:_BEFORE].removeprefix(b"\xef\xbb\xbf")))


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of the records and what could not be read. `year` is not used. SourceError: no record is a paper."""
    lines = Lines(stream)
    yield from told(lines, map(_paper, _records(lines)), what="record", hint=HINT)


def _records(lines: Lines) -> Iterator[_Tagged]:
    record: _Tagged | None = None
    wos = False
    for number, given in lines:
        line = given.rstrip()
        found = (_WOS if wos else _RIS).match(line)
        starts = _starts(line, found)
        if starts or (record is not None and found and found[1] == "ER"):
            if record is not None:
                yield record
            wos = wos or starts == "PT"
            record = _Tagged(number) if starts else None
        if record is None:
            continue
        record.size += len(given)
        if record.size > MAX_RECORD:
            continue
        record.lines.append(line)
        if starts:
            record.add(starts, "")
        elif found:
            record.add(found[1], (found[2] or "").strip())
        else:
            _go_on(record, line, wos=wos)
    if record is not None:
        yield record


def _starts(line: str, found: re.Match[str] | None) -> str:
    """The tag with which a line begins a record, or nothing."""
    if found and found[1] == "TY":
        return "TY"
    return "PT" if re.fullmatch(r"PT [A-Z]", line) else ""


def _go_on(record: _Tagged, line: str, *, wos: bool) -> None:
    """What a line without a tag adds: to a list of Web of Science an entry, else words."""
    if wos and record.last in ("AU", "AF"):
        record.add(record.last, line.strip())
    else:
        record.go_on(line.strip())


def _paper(record: _Tagged) -> Iterator[Record | Problem]:
    if record.size > MAX_RECORD:
        yield Problem(record.line, f"a record longer than {MAX_RECORD:,} characters")
        return
    row = _wos_row(record) if "PT" in record.values else _ris_row(record)
    for item in parsed(row, record.line):
        raw = "\n".join((*record.lines, "ER" if "PT" in record.values else "ER  - "))
        yield replace(item, raw=raw) if isinstance(item, Problem) else item


def _ris_row(record: _Tagged) -> dict[str, object]:
    addresses = [one.strip() for value in record.all("UR", "LK") for one in re.split(r";\s*(?=https?:)|\s+", value)]
    doi = record.first("DO", "DI")
    given = [days.iso(record.first(tag).rstrip("/")) for tag in ("DA", "Y1", "PY")]
    return {
        "title": record.first("TI", "T1", "CT"),
        "abstract": record.first("AB", "N2"),
        "arxiv_id": _arxiv(doi, *addresses, *record.all("M1", "AN", "C1")),
        "doi": doi,
        "authors": list(map(first_name_first, record.all("AU", "A1"))) or None,
        "date": next(filter(None, given), None),
        "venue": record.first("JF", "JO", "T2", "BT", "JA", "J2") or None,
        "url": next(filter(None, addresses), None),
        "categories": _words(record.all("KW"), r"[;\n]"),
    }


def _wos_row(record: _Tagged) -> dict[str, object]:
    doi = record.first("DI")
    return {
        "title": record.first("TI"),
        "abstract": record.first("AB"),
        "arxiv_id": _arxiv(doi, record.first("AR")),
        "doi": doi,
        "authors": list(map(first_name_first, record.all("AF", "AU"))) or None,
        "date": days.day(record.first("PY"), record.first("PD")),
        "venue": record.first("SO") or None,
        "categories": _words(record.all("DE", "ID"), ";"),
    }


def _arxiv(*named: str) -> str | None:
    return next(filter(None, map(arxiv_id_in, named)), None)


def _words(values: Sequence[str], between: str) -> list[str] | None:
    words = (word.strip() for value in values for word in re.split(between, value))
    return list(dict.fromkeys(filter(None, words))) or None
