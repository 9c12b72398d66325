"""Plain JSON lines, one paper a line: the form `export` writes, BEIR corpora, arXiv listings.

    {"id": "arxiv:2606.00467", "title": …, "abstract": …, "authors": […], "date": "2026-06-22",
     "url": …, "categories": […], "upvotes": …}

Only `title` and `abstract` are required; `_id` and `text` are read for `id` and `abstract`. A bad line is
reported and passed over; a bad optional field is reported and left out.
"""

import re
from collections.abc import Iterator
from datetime import date as Date
from typing import Annotated, Any, BinaryIO

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from assistant.cleaning import one_line
from assistant.errors import NotPapers, SourceError
from assistant.papers import MAX_ABSTRACT, Paper, Problem, Record, arxiv_id_in, doi_in

MAX_LINE = 8_000_000  # bytes; an abstract has 2,000, so a longer line is not a paper
MAX_TITLE = 2_000  # characters
MAX_NAME = 300  # characters of an id, an author, a category, an organization
MAX_NAMES = 10_000  # authors or categories; collaborations in physics have 5,000
MAX_URL = 2_000  # characters
MAX_COUNT = 1_000_000_000
GIVE_UP_AFTER = 20  # lines with no paper among them


def _authors(value: Any) -> Any:
    """A list from a list, or from a string such as `Ada Lovelace, B. Author and C. Author`."""
    return re.split(r" ?, ?(?:and )?| and ", " ".join(value.split())) if isinstance(value, str) else value


def _categories(value: Any) -> Any:
    """A list from a list, or from a string such as `cs.LG cs.CL`."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _day(value: Any) -> Any:
    """The day of `2024-05-03` or `2024-05-03T18:59:59Z`; a year or a number of seconds is no day."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d(?!\d)", value):
        raise ValueError(f"“{str(value)[:40]}” is not YYYY-MM-DD")
    return value[:10]


def _doi(value: Any) -> Any:
    if isinstance(value, str) and value.strip() and not doi_in(value):
        raise ValueError(f"“{one_line(value)[:40]}” is no DOI")
    return value


def _arxiv(value: Any) -> Any:
    if isinstance(value, str) and value.strip() and not arxiv_id_in(value):
        raise ValueError(f"“{one_line(value)[:40]}” is no arXiv id")
    return value


_SCHEME = re.compile(r"\s*(?!https?://)[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def _address(value: Any) -> Any:
    """No address that a browser would run or open on this machine, and none that shows one host and goes to another."""
    if isinstance(value, str) and not arxiv_id_in(value) and not doi_in(value):
        if _SCHEME.match(value):
            raise ValueError(f"“{one_line(value)[:40]}” is no web address")
        if "@" in value.partition("://")[2].partition("/")[0]:
            raise ValueError("an address with a user name")
    return value


def _seen(value: Any) -> Any:
    """A text, if a reader can see something of it."""
    if isinstance(value, str) and value.strip() and not one_line(value):
        raise ValueError("nothing of it can be seen")
    return value


def _plain(value: Any) -> Any:
    """Names and ids go to terminals and into addresses: nothing invisible in them, one line each."""
    return one_line(value) if isinstance(value, str) else value


_Name = Annotated[str, Field(max_length=MAX_NAME), BeforeValidator(_plain)]
_Address = Annotated[str, Field(max_length=MAX_URL), BeforeValidator(_address), BeforeValidator(_plain)]
_Names = Annotated[tuple[_Name, ...], Field(max_length=MAX_NAMES, fail_fast=True)]  # else a report on each of millions


class _Row(BaseModel):
    """What is read of a line; other keys are passed over."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, coerce_numbers_to_str=True)

    title: Annotated[str, BeforeValidator(_seen)] = Field(min_length=1, max_length=MAX_TITLE)
    abstract: Annotated[str, BeforeValidator(_seen)] = Field(
        validation_alias=AliasChoices("abstract", "text"), min_length=1, max_length=MAX_ABSTRACT
    )
    id: _Name | None = Field(None, validation_alias=AliasChoices("id", "_id"))
    arxiv_id: Annotated[_Name | None, BeforeValidator(_arxiv)] = None
    doi: Annotated[_Name | None, BeforeValidator(_doi)] = None
    authors: Annotated[_Names | None, BeforeValidator(_authors)] = None
    author_count: int | None = Field(None, ge=0, le=MAX_COUNT)
    organization: _Name | None = None
    date: Annotated[Date | None, BeforeValidator(_day)] = Field(
        None, validation_alias=AliasChoices("date", "published", "first_seen")
    )
    date_inferred: bool | None = None
    url: _Address | None = Field(None, validation_alias=AliasChoices("url", "abs"))
    categories: Annotated[_Names | None, BeforeValidator(_categories)] = None
    upvotes: int | None = Field(None, ge=-MAX_COUNT, le=MAX_COUNT)


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like JSON lines."""
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of the lines and what could not be read, in constant memory. `year` is not used.

    SourceError: the first lines hold no paper at all, so the file is something else.
    """
    papers, first = 0, None
    number = 0
    for number, line in _lines(stream):
        for item in _parsed(line, number):
            papers += isinstance(item, Record)
            first = first or item
            if isinstance(item, Problem) and not papers and number >= GIVE_UP_AFTER:
                raise _no_papers(first, f"none of the first {number} lines is a paper")
            yield item
    if not papers:
        raise _no_papers(first, "no line is a paper")


def _no_papers(first: Record | Problem | None, what: str) -> SourceError:
    why = f" (line {first.line}: {first.reason})" if isinstance(first, Problem) else ""
    return NotPapers(what + why, hint="Each line must be a JSON object with at least “title” and “abstract”.")


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered non-blank lines; None for one that is too long to be held."""
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        elif line := line.removeprefix(b"\xef\xbb\xbf").strip():
            yield number, line


def _parsed(line: bytes | None, number: int) -> Iterator[Record | Problem]:
    if line is None:
        yield Problem(number, f"longer than {MAX_LINE // 1_000_000} MB")
        return
    try:
        row = _Row.model_validate_json(line)
    except ValidationError as error:
        wrong = {
            str(part["loc"][0]) if part["loc"] else "": part["msg"].removeprefix("Value error, ")
            for part in error.errors()
        }
        if wrong.keys() & {"", "title", "abstract", "text"}:
            yield Problem(number, _reason(wrong))
            return
        row = _without(line, wrong)
        for field, message in wrong.items():
            yield Problem(number, f"{field} left out: {message[0].lower()}{message[1:]}")
    yield Record(_paper(row), number)


def _without(line: bytes, wrong: dict[str, str]) -> _Row:
    import json

    left_out = set(wrong)
    for name, field in _Row.model_fields.items():
        names = {name, *(str(choice) for choice in getattr(field.validation_alias, "choices", ()))}
        if names & wrong.keys():
            left_out |= names
    return _Row.model_validate({key: value for key, value in json.loads(line).items() if key not in left_out})


def _reason(wrong: dict[str, str]) -> str:
    if "" in wrong:
        return "not a JSON object" if "JSON" not in wrong[""] else wrong[""].replace("Invalid JSON", "not JSON")
    field = "title" if "title" in wrong else "abstract"
    message = wrong.get("title") or wrong.get("abstract") or wrong["text"]
    return (
        f"no {field}"
        if message.startswith(("Field required", "String should have at least"))
        else (f"{field}: {message[0].lower()}{message[1:]}")
    )


def _paper(row: _Row) -> Paper:
    name = row.id or ""
    arxiv_id = arxiv_id_in(row.arxiv_id or "") or arxiv_id_in(name) or arxiv_id_in(row.url or "")
    doi = doi_in(name) or doi_in(row.doi or "")
    return Paper(
        title=row.title,
        abstract=row.abstract,
        arxiv_id=arxiv_id,
        doi=doi,
        source_id=name if name and not arxiv_id_in(name) and not doi_in(name) else None,
        authors=row.authors or (),
        author_count=row.author_count,
        organization=row.organization or None,
        date=row.date,
        date_inferred=bool(row.date_inferred and row.date),
        url=row.url or None,
        categories=row.categories or (),
        upvotes=row.upvotes,
    )
