"""What every structured source gives: named fields of a paper, checked one by one; a bad one is left out and said."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import date as Date
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from assistant.cleaning import one_line
from assistant.papers import (
    MAX_ABSTRACT,
    MAX_VERSION,
    Paper,
    Problem,
    Record,
    arxiv_id_in,
    arxiv_version_in,
    doi_in,
)
from assistant.sources.people import names_in

MAX_TITLE = 2_000  # characters
MAX_NAME = 300  # characters of an id, an author, a category, an organization
MAX_NAMES = 10_000  # authors or categories; collaborations in physics have 5,000
MAX_URL = 2_000  # characters
MAX_COUNT = 1_000_000_000
# An id that a library gave: no path, no option of a command, nothing that is written with blanks.
_KNOWN_AS = re.compile(r"\w[\w.:~+-]*")


def _authors(value: Any) -> Any:
    """A list from a list, or from a string such as `Ada Lovelace, B. Author and C. Author`."""
    return names_in(value) if isinstance(value, str) else value


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
    if isinstance(value, str) and not one_line(value[:100]) and value.strip() and not one_line(value):
        raise ValueError("nothing of it can be seen")
    return value


_PREPRINTS = re.compile(r"\s*(?:arxiv\b.*|corr)\s*", re.IGNORECASE | re.DOTALL)


def _venue(value: Any) -> Any:
    """A journal or conference; `arXiv preprint arXiv:1706.03762` and `CoRR` are none."""
    return None if isinstance(value, str) and _PREPRINTS.fullmatch(value) else value


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
    venue: Annotated[_Name | None, BeforeValidator(_venue)] = None
    version: int | None = Field(None, ge=1, le=MAX_VERSION)
    withdrawn: bool | None = None
    known_as: _Name | None = None


FIELDS = tuple(_Row.model_fields)


def row_of(paper: Paper) -> dict[str, Any]:
    """The row that `parsed` makes this paper of."""
    given = {"id": paper.source_id, **asdict(paper), "date": paper.date.isoformat() if paper.date else None}
    return {name: value for name, value in given.items() if name in FIELDS and value not in (None, (), False)}


def parsed(row: bytes | Mapping[str, Any], line: int) -> Iterator[Record | Problem]:
    """The paper of a row, a JSON object as it stands in a file or its fields, which begins on `line` of the source.

    Without title or abstract there is only a problem; a bad optional field is a problem, and the paper is without it.
    `FIELDS` are read, others are passed over. A problem has the row as JSON.
    """
    for item in _parsed(row, line):
        yield replace(item, raw=_written(row)) if isinstance(item, Problem) else item


def _written(row: bytes | Mapping[str, Any]) -> str:
    return row.decode(errors="replace") if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False, default=str)


_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def loaded(text: str) -> Any:
    """What a JSON text says, with a replacement character for each half of one, as `"\\ud800"` is: it could not be
    written anywhere. ValueError, RecursionError: it is not JSON that can be read."""
    found = json.loads(text)
    if _HALF.search(text):
        whole = json.dumps(found, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        found = json.loads(whole)
    return found


def _with_whole_characters(row: bytes) -> dict[str, Any] | None:
    """The fields of a row that has half a character; None where it has none, or is no JSON object even so."""
    text = row.decode(errors="replace")
    try:
        found = loaded(text) if _HALF.search(text) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _parsed(row: bytes | Mapping[str, Any], line: int) -> Iterator[Record | Problem]:
    try:
        found = _Row.model_validate_json(row) if isinstance(row, bytes) else _Row.model_validate(row)
    except ValidationError as error:
        if isinstance(row, bytes) and (mended := _with_whole_characters(row)) is not None:
            yield from _parsed(mended, line)
            return
        wrong = {
            str(part["loc"][0]) if part["loc"] else "": part["msg"].removeprefix("Value error, ")
            for part in error.errors()
        }
        if wrong.keys() & {"", "title", "abstract", "text"}:
            yield Problem(line, _reason(wrong))
            return
        found = _without(row, wrong)
        for field, message in wrong.items():
            yield Problem(line, f"{field} left out: {message[0].lower()}{message[1:]}")
    paper, known_as = _paper(found), found.known_as or None
    if known_as and (why := _no_name_of(paper, known_as)):
        yield Problem(line, f"known_as left out: “{known_as[:40]}” {why}")
        known_as = None
    yield Record(paper, line, known_as, stands=found.withdrawn is False)


def _no_name_of(paper: Paper, known_as: str) -> str:
    """Why a library cannot have called `paper` by this name, if it cannot: an id that names one paper in the world is
    taken from that paper alone."""
    if {known_as, known_as.rpartition("~")[0]} & {*paper.identities, paper.source_id}:
        return ""
    if arxiv_id_in(known_as) or doi_in(known_as) or known_as.casefold().startswith(("arxiv:", "doi:", "id:")):
        return "is an id that the paper does not have"
    return "" if _KNOWN_AS.fullmatch(known_as) else "is no id that a library gives"


def _without(row: bytes | Mapping[str, Any], wrong: dict[str, str]) -> _Row:
    given = json.loads(row) if isinstance(row, bytes) else row
    left_out = set(wrong)
    for name, field in _Row.model_fields.items():
        names = {name, *(str(choice) for choice in getattr(field.validation_alias, "choices", ()))}
        if names & wrong.keys():
            left_out |= names
    return _Row.model_validate({key: value for key, value in given.items() if key not in left_out})


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
    name, url = row.id or "", row.url or ""
    named = next((text for text in (row.arxiv_id or "", name, url) if arxiv_id_in(text)), "")
    return Paper(
        title=row.title,
        abstract=row.abstract,
        arxiv_id=arxiv_id_in(named),
        doi=doi_in(name) or doi_in(row.doi or "") or doi_in(url),
        source_id=name if name and not arxiv_id_in(name) and not doi_in(name) else None,
        authors=row.authors or (),
        author_count=row.author_count,
        organization=row.organization or None,
        date=row.date,
        date_inferred=bool(row.date_inferred and row.date),
        url=row.url or None,
        categories=row.categories or (),
        upvotes=row.upvotes,
        venue=row.venue or None,
        version=(row.version or arxiv_version_in(named)) if named else None,  # it is that of an arXiv listing
        withdrawn=bool(row.withdrawn),
    )
