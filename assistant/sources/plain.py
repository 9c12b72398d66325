"""What formats of plain text share: numbered lines in whatever encoding, and what is told of them."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from assistant.errors import NotPapers
from assistant.papers import Problem, Record

MAX_LINE = 1_000_000  # bytes; a longer line comes in pieces
MAX_RECORD = 300_000  # characters; more is not a paper
NOT_UTF_8 = "not UTF-8 from here on: read as Windows-1252 (Latin-1)"
_BOM = b"\xef\xbb\xbf"


class Lines:
    """The lines of a stream as (number, text with its line break), 1-based. Bytes that are not UTF-8 are read as
    Windows-1252; `fallback` is the first line where that was so, or None."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.fallback: int | None = None

    def __iter__(self) -> Iterator[tuple[int, str]]:
        number, fresh = 0, True
        while line := self._stream.readline(MAX_LINE):
            number += fresh
            if number == 1 and fresh:
                line = line.removeprefix(_BOM)
            fresh = line.endswith(b"\n")
            if not fresh:
                line += _rest_of_character(line, self._stream)
            yield number, self._decoded(line, number)

    def _decoded(self, line: bytes, number: int) -> str:
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.fallback = self.fallback or number
            return line.decode("cp1252", errors="ignore")


def _rest_of_character(piece: bytes, stream: BinaryIO) -> bytes:
    """What is missing of the character that a piece of a long line ends in."""
    for back in range(1, min(4, len(piece)) + 1):
        lead = piece[-back]
        if lead >= 0xC0:
            wanted = 2 + (lead >= 0xE0) + (lead >= 0xF0)
            return stream.read(max(0, wanted - back))
        if lead < 0x80:
            break
    return b""


def told(
    lines: Lines, records: Iterable[Iterable[Record | Problem]], *, what: str, hint: str
) -> Iterator[Record | Problem]:
    """What each of the records gives that were read from `lines`; and, once, from where on these are not UTF-8.
    NotPapers: none of them is a paper, whether `what` is an entry or a row."""
    papers, first, said = 0, None, False
    for record in records:
        if lines.fallback and not said:
            said = True
            yield Problem(lines.fallback, NOT_UTF_8)
        for item in record:
            papers += isinstance(item, Record)
            first = first or item
            yield item
    if not papers:
        why = f" (line {first.line}: {first.reason})" if isinstance(first, Problem) else ""
        raise NotPapers(f"no {what} is a paper{why}", hint=hint)
