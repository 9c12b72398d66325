"""Hugging Face Daily Papers, as text copied from the page (huggingface.co/papers/trending and its like).

After a short header a title line and an abstract line alternate. An entry may end with three more lines:
`• 16 authors` (or the name of an organization), `·`, and a date with the number of upvotes behind it.
Because nothing but the order tells a title from an abstract, a page that breaks the order is refused as a whole:
one line read wrongly would shift every paper after it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date as Date
from typing import BinaryIO

from assistant.cleaning import one_line
from assistant.errors import SourceError
from assistant.papers import MAX_ABSTRACT, Paper, Problem, Record
from assistant.sources.days import MONTHS

MAX_BYTES = 8_000_000  # the largest page seen has 300,000
MAX_TITLE = 400  # characters; the longest title seen has 136
MIN_ABSTRACT = 80  # characters; the shortest abstract seen has 602

_INVITATION = "Get trending papers in your email inbox"
_HEADER = re.compile(rf"new|{_INVITATION}.*|Subscribe|Daily Papers|by\s*AK and the research community")
_MONTHS = tuple(month.title() for month in MONTHS)
_DATE = re.compile(rf"({'|'.join(_MONTHS)}) (\d{{1,2}})(?:, (\d{{4}}))?(?: (\d{{1,9}}))?")
_AUTHORS = re.compile(r"•\s*(\d{1,9}) authors?")
_DOT = "·"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a page: `lines` non-blank lines, the first at `line` and the last at `last` (1-based)."""

    line: int
    last: int
    lines: int
    title: str
    abstract: str
    byline: str | None = None
    dateline: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page taken apart. `header_lines` plus every entry's `lines` is the number of non-blank lines."""

    header_lines: int
    page_date: str | None
    entries: tuple[Entry, ...]


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like such a page."""
    return any(line.strip().startswith(_INVITATION.encode()) for line in head[:2_000].split(b"\n"))


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of a page and what could not be read of them.

    `year` dates the entries that give none; without it the year after the latest one given is taken, since the
    page leaves out the year it was made in. SourceError: not such a page, or not UTF-8.
    """
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SourceError(
            f"larger than {MAX_BYTES // 1_000_000} MB, so not a Daily Papers page",
            hint="Ingest it as JSON lines instead.",
        )
    try:
        page = parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SourceError(
            f"not UTF-8 text (byte {data[error.start]:#04x} at offset {error.start})",
            hint="Save the page's text as UTF-8 and ingest it again.",
        ) from error
    years = [int(match[3]) for entry in page.entries if (match := _dated(entry)) and match[3]]
    fallback = year or (max(years) + 1 if years else None)
    for entry in page.entries:
        yield from _record(entry, fallback)


def parse(text: str) -> Page:
    """The header and entries of a page's text. SourceError where the order of lines breaks, with the line."""
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not any(line.startswith(_INVITATION) for _, line in lines[:10]):
        raise SourceError("not a Daily Papers page", hint=f"Such a page begins with “{_INVITATION}!”.")
    # 1. the header; in one form of the page `Subscribe` is glued to the first title
    at = 0
    while at < len(lines) and _HEADER.fullmatch(lines[at][1]):
        at += 1
    if at < len(lines) and lines[at][1].startswith("Subscribe"):
        number, line = lines[at]
        lines[at] = (number, line.removeprefix("Subscribe").strip())
    page_date = None
    if at < len(lines) and _DATE.fullmatch(lines[at][1]):
        page_date, at = lines[at][1], at + 1
    header_lines = at
    # 2. the entries
    entries = []
    while at < len(lines):
        entries.append(_entry(lines, at))
        at += entries[-1].lines
    if not entries:
        raise SourceError("a Daily Papers page without any paper", hint="Copy the whole page and try again.")
    return Page(header_lines, page_date, tuple(entries))


def _entry(lines: list[tuple[int, str]], at: int) -> Entry:
    number, title = lines[at]
    if len(title) > MAX_TITLE:
        raise _broken(number, f"a title was due here, this line has {len(title):,} characters")
    if at + 1 == len(lines):
        raise _broken(number, "the last title has no abstract")
    below, abstract = lines[at + 1]
    if not max(MIN_ABSTRACT, len(title)) <= len(abstract) <= MAX_ABSTRACT:
        raise _broken(below, f"an abstract was due here, this line has {len(abstract):,} characters")
    if at + 3 < len(lines) and lines[at + 3][1] == _DOT:
        dateline = lines[at + 4][1] if at + 4 < len(lines) else ""
        if not _DATE.fullmatch(dateline):
            raise _broken(lines[at + 3][0], "no date follows this line")
        return Entry(number, lines[at + 4][0], 5, title, abstract, lines[at + 2][1], dateline)
    return Entry(number, below, 2, title, abstract)


def _broken(line: int, reason: str) -> SourceError:
    return SourceError(
        f"line {line}: {reason}", hint="The page was refused as a whole; mend that line and ingest it again."
    )


def _dated(entry: Entry) -> re.Match[str] | None:
    return _DATE.fullmatch(entry.dateline) if entry.dateline else None


def _record(entry: Entry, fallback: int | None) -> Iterator[Record | Problem]:
    date, inferred, upvotes = None, False, None
    if match := _dated(entry):
        month, day, year = _MONTHS.index(match[1]) + 1, int(match[2]), int(match[3] or fallback or 0)
        upvotes = int(match[4]) if match[4] else None
        inferred = not match[3]
        try:
            date = Date(year, month, day)
        except ValueError:
            why = "no year to go with it: pass --year" if not year else f"no such day in {year}"
            yield Problem(entry.last, f"date “{entry.dateline}” left out, {why}")
    count = _AUTHORS.fullmatch(entry.byline or "")
    paper = Paper(
        title=entry.title,
        abstract=entry.abstract,
        author_count=int(count[1]) if count else None,
        organization=_organization(entry.byline) if not count else None,
        date=date,
        date_inferred=inferred and date is not None,
        upvotes=upvotes,
    )
    yield Record(paper, entry.line)


def _organization(byline: str | None) -> str | None:
    """The name in a byline such as `google Google`: the account's name is glued before the display name."""
    return one_line(byline).split(" ", 1)[-1] if byline else None
