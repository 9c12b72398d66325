"""Plain JSON lines, one paper a line: the form `export` writes, BEIR corpora, arXiv listings.

    {"id": "arxiv:2606.00467", "title": …, "abstract": …, "authors": […], "date": "2026-06-22",
     "url": …, "categories": […], "upvotes": …}

Only `title` and `abstract` are required; `_id` and `text` are read for `id` and `abstract`. A bad line is
reported and passed over; a bad optional field is reported and left out.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from assistant.errors import NotPapers, SourceError
from assistant.papers import Problem, Record
from assistant.sources.rows import parsed

MAX_LINE = 8_000_000  # bytes; an abstract has 2,000, so a longer line is not a paper
GIVE_UP_AFTER = 20  # lines with no paper among them

Parse = Callable[[bytes, int], Iterator[Record | Problem]]


class Reads(Protocol):
    """What lines are read from."""

    def readline(self, size: int, /) -> bytes: ...


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like JSON lines."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def read(
    stream: Reads, *, year: int | None = None, after: int = 0, parse: Parse = parsed
) -> Iterator[Record | Problem]:
    """The papers of the lines and what could not be read, in constant memory. `year` is not used; `after` is how many
    lines before the stream were read already, `parse` makes papers of one line.

    SourceError: the first lines hold no paper at all, so the file is something else.
    """
    papers, first = 0, None
    for number, line in lines(stream, after=after):
        for item in _too_long(number) if line is None else parse(line, number):
            papers += isinstance(item, Record)
            first = first or item
            if isinstance(item, Problem) and not papers and number >= GIVE_UP_AFTER and not after:
                raise _no_papers(first, f"none of the first {number} lines is a paper")
            yield item
    if not papers and not after:
        raise _no_papers(first, "no line is a paper")


def _no_papers(first: Record | Problem | None, what: str) -> SourceError:
    why = f" (line {first.line}: {first.reason})" if isinstance(first, Problem) else ""
    return NotPapers(what + why, hint="Each line must be a JSON object with at least “title” and “abstract”.")


def lines(stream: Reads, *, after: int = 0) -> Iterator[tuple[int, bytes | None]]:
    """Numbered non-blank lines; None for one that is too long to be held."""
    number = after
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line := line.removeprefix(b"\xef\xbb\xbf").strip():
            yield number, line


def _too_long(number: int) -> Iterator[Problem]:
    yield Problem(number, f"longer than {MAX_LINE // 1_000_000} MB")
