"""What formats of plain text share: numbered lines in whatever encoding, names as “First Last”, days."""

import re
from collections.abc import Iterator
from typing import BinaryIO

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


_DAY = re.compile(r"\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_PART_OF_DAY = re.compile(r"\s*(?:\d{4}(?:[-/.]\s*(?:\d{1,2})?(?:[-/.]\D*)?)?)?\s*")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_OF_MONTH = re.compile(r"\b([0-3]?\d)\b")
_WORD = re.compile(r"[a-z]+")


def day_in(text: str) -> str | None:
    """`text` as `YYYY-MM-DD` where it begins with a whole day (`2020/5/3`, `2020-05-03/2020-05-06`). A year or a month
    is no day: None. Anything else is given back, to be reported."""
    if match := _DAY.match(text):
        return f"{match[1]}-{int(match[2]):02}-{int(match[3]):02}"
    return None if _PART_OF_DAY.fullmatch(text) else text


def day_of(year: str, month: str, day: str = "") -> str | None:
    """`YYYY-MM-DD` of fields of their own, the month as a number or a name, which may have the day beside it (`May
    22`); None where they name no single day."""
    word = _WORD.search(month.casefold())
    number = _MONTHS.index(word[0][:3]) + 1 if word and word[0][:3] in _MONTHS else 0
    if not number and month.strip().isdecimal() and month.isascii():
        number, month = int(month), ""
    days = _DAY_OF_MONTH.findall(day.strip() or month)
    if not re.fullmatch(r"\s*[0-9]{4}\s*", year) or not 1 <= number <= 12 or len(days) != 1:
        return None
    return f"{int(year):04}-{number:02}-{int(days[0]):02}"


def first_last(name: str, *, suffix_last: bool = False) -> str:
    """`Last, First` and `Last, Jr, First` as “First Last Jr”; with `suffix_last`, `Last, First, Jr`. Others stay."""
    parts = [part for part in (" ".join(part.split()) for part in name.split(",")) if part]
    if len(parts) == 3:
        last, second, third = parts
        return " ".join((second, last, third) if suffix_last else (third, last, second))
    return " ".join(reversed(parts)) if len(parts) == 2 else ", ".join(parts)


_ARXIV_VENUE = re.compile(r"arxiv\b.*|corr", re.IGNORECASE)


def venue_in(text: str) -> str | None:
    """The journal or conference that `text` is; `arXiv preprint arXiv:1706.03762` and `CoRR` are none."""
    text = " ".join(text.split())
    return None if _ARXIV_VENUE.fullmatch(text) else text or None
