"""The options that commands share, as types of their parameters, and what is made of them."""

import sys
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from assistant.cleaning import one_line
from assistant.console import CitedFormat, Format, PlainFormat
from assistant.errors import UsageError

if TYPE_CHECKING:
    from assistant.papers import Filters

F = TypeVar("F", bound=StrEnum)
ENDINGS = {"htm": ("html",), "bib": ("bibtex",), "json": ("json", "csl-json")}  # of files, that no form is called by
NAMED = "Id or its beginning, arXiv id, DOI, or title."
MAX_STDIN = 1_000_000  # characters; far more than a question may have
COMMON: dict[str, Any] = {
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,  # plain help loads in half the time
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def option(*names: str, **more: Any) -> Any:
    return typer.Option(*names, show_default=False, **more)


Question = Annotated[
    list[str],
    typer.Argument(metavar="QUESTION", help="In quotes or not; - reads it from standard input.", show_default=False),
]
MaybeQuestion = Annotated[
    list[str] | None,
    typer.Argument(metavar="QUESTION", help="In quotes or not; - reads it from standard input.", show_default=False),
]
Paper = Annotated[str, typer.Argument(metavar="ID", help=NAMED, show_default=False)]
Papers = Annotated[list[str], typer.Argument(metavar="ID", help=NAMED, show_default=False)]
LibraryName = Annotated[
    str | None,
    option(
        "--library",
        "-l",
        metavar="NAME|PATH",
        help="A name, or a path with a slash; “sample” is the bundled one.",
    ),
]
Store = Annotated[
    str | None,
    option(
        "--store",
        metavar="PLACE",
        help="Where the vectors are kept: “local”, http://HOST:PORT of a Chroma server, or cloud:TENANT/DATABASE.",
    ),
]
Form = Annotated[Format, typer.Option("--format", "-f", help="Form of the output.")]
Cited = Annotated[CitedFormat, typer.Option("--format", "-f", help="Form of the output; the last three: references.")]
Output = Annotated[Path | None, option("--output", "-o", metavar="FILE", help="Write it there, whole or not at all.")]
Plain = Annotated[PlainFormat, typer.Option("--format", "-f", help="Form of the output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
K = Annotated[int | None, option("-k", metavar="N", help="Papers to use, 1 to 200.  [default: 10]")]


def _day(text: str, *, last: bool = False) -> date:
    from assistant.queries import day

    try:
        return day(text, today=date.today(), last=last)
    except UsageError as error:
        raise typer.BadParameter(one_line(f"{error}. {error.hint}")) from None


def _last_day(text: str) -> date:
    return _day(text, last=True)


Since = Annotated[
    date | None,
    option("--since", metavar="DAY", parser=_day, help="Only papers of 2026-01-31, 2026-01, 2026 or 2w (ago) on."),
]
Until = Annotated[
    date | None, option("--until", metavar="DAY", parser=_last_day, help="Only papers of such a day or earlier.")
]
Day = Annotated[date | None, option("--date", metavar="DAY", parser=_day, help="Papers of this day.")]
SourceName = Annotated[
    str | None,
    option(
        "--source",
        metavar="NAME",
        help="Only papers of this source, such as bibtex or arxiv-atom; “assistant status” names those you have.",
    ),
]
Author = Annotated[str | None, option("--author", metavar="NAME", help="Only papers by an author of this name.")]
Category = Annotated[
    str | None, option("--category", metavar="NAME", help="Only papers of this category, such as cs.LG or cs.")
]
Tag = Annotated[str | None, option("--tag", metavar="TAG", help="Only papers that have this tag of yours.")]
ReadMark = Annotated[
    bool | None, option("--read/--unread", help="Only papers that you have marked as read, or have not.")
]
Model = Annotated[
    str | None,
    option("--model", "-m", metavar="NAME", help="Model that writes the answer; “extractive” for none."),
]
BaseUrl = Annotated[
    str | None, option("--base-url", metavar="URL", help="Address of an OpenAI-compatible API, ending in /v1.")
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Ask the model anew, whatever is kept, and keep nothing.")]
MaxTokens = Annotated[
    int | None, option("--max-tokens-total", metavar="N", help="Send nothing that could use more tokens.")
]
MaxCost = Annotated[
    float | None,
    option(
        "--max-cost",
        metavar="USD",
        help="Send nothing that could cost more dollars; where no price is known, ASSISTANT_PRICE=0.15/0.60 gives it.",
    ),
]
Jobs = Annotated[
    int | None, option("--jobs", "-j", metavar="N", help="Requests that the model has at once.  [default: 4]")
]
Rerank = Annotated[
    str | None,
    option(
        "--rerank",
        metavar="HOW",
        help="Order the best 40 anew: “model”, “cross-encoder[:NAME]”, an embedder’s name, or “none”.",
    ),
]
Judged = Annotated[
    bool | None,
    option("--judge/--no-judge", help="Have the model judge, too, whether each quote says what the sentence says."),
]


def columns_of(given: list[str]) -> "dict[str, str]":
    """Headings of a table by the fields they are for, as `title=Titel,abstract=Zusammenfassung` or one at a time."""
    from assistant.sources.csv_table import NAMES

    columns = {}
    for pair in (part for text in given for part in text.split(",")):
        field, equals, heading = (part.strip() for part in pair.partition("="))
        if field not in NAMES or not equals:
            raise UsageError(
                f"“{one_line(pair)}” names no column", hint=f"Write FIELD=HEADING; fields are {', '.join(NAMES)}."
            )
        if field in columns:
            raise UsageError(f"--columns names {field} twice", hint="Give one heading for each field.")
        columns[field] = heading
    return columns


def joined(words: list[str]) -> str:
    """A question given as words, or with - on standard input."""
    if words != ["-"]:
        return " ".join(words)
    if sys.stdin is None:
        raise UsageError("standard input is closed", hint="Give the question as words.")
    return sys.stdin.read(MAX_STDIN)


def filters_of(
    since: date | None,
    until: date | None,
    source: str | None,
    author: str | None,
    *,
    category: str | None = None,
    tag: str | None = None,
    read: bool | None = None,
) -> "Filters":
    from assistant.papers import Filters

    return Filters(since, until, source, author, category, tag=tag, read=read)


def limits_of(no_cache: bool, max_tokens_total: int | None, max_cost: float | None) -> dict[str, Any]:
    """The settings that these options are of."""
    return {"max_tokens_total": max_tokens_total, "max_cost": max_cost, "cache": "off" if no_cache else None}


def form_by_ending(output: Path | None, forms: type[F], *, default: F) -> F:
    """The form that the ending of a file names."""
    ending = output.suffix.lower().removeprefix(".") if output else ""
    return next((forms(name) for name in ENDINGS.get(ending, (ending,)) if name in {*forms}), default)
