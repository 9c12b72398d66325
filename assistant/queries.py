"""What a question says beside its words: quoted phrases, exclusions, authors, days, sources, marks. Pure.

    "test-time compute" scaling -vision author:"Ada Lovelace" since:2026-06 until:2w source:jsonl tag:thesis is:unread

Everything else is text, also what only looks like it: `W4A8-KV4`, ` - `, `-5`, `arXiv:2401.1`, a web address.
"""

import re
from calendar import monthrange
from dataclasses import dataclass, field, replace
from datetime import date as Date
from datetime import timedelta

from assistant.errors import UsageError
from assistant.papers import Filters

DAYS = "such as 2026-06-01, 2026-06, 2026, or 7d, 2w, 3m, 1y (ago)"

_QUOTED = r'"[^"]*"|“[^”]*”'
_MINUS = "[-\u2212\u2013]"  # word processors make a minus sign or a dash of a hyphen
_OPERATOR = re.compile(
    rf"(?<![^\s(])(?:(?P<key>author|since|until|source|category|tag):(?P<value>{_QUOTED}|\S+)"
    rf"|is:(?P<un>un)?read(?![\w-])"
    rf"|(?P<minus>{_MINUS}?)(?P<phrase>{_QUOTED})(?!\w)"
    rf"|{_MINUS}(?P<word>[^\W\d_]\S*)(?<!-)(?!\S))",
    re.IGNORECASE,
)
_CLOSING = ",;?!)"  # what ends a clause, not a value
_DAY = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
_AGO = re.compile(r"(\d{1,4})([dwmy])", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """A question taken apart. `text` is what is asked, without operators (a quoted phrase keeps its words);
    every one of `phrases` must stand in a paper's title or abstract, none of `without` may."""

    text: str
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    filters: Filters = field(default_factory=Filters)


def parse(question: str, *, today: Date, filters: Filters | None = None) -> Query:
    """`question` taken apart; its conditions and those of `filters` must all hold, days ago are counted from `today`.

    UsageError: a value that cannot be used, conditions that contradict each other, or no words left to look for.
    """
    query = Query("", filters=filters or Filters())
    text, end = "", 0
    for match in _OPERATOR.finditer(question):
        query, kept = _with(query, match, today)
        text, end = f"{text}{question[end : match.start()]}{kept}", match.end()
    text = re.sub(r"\s+(?=[,;?!)])", "", " ".join((text + question[end:]).split()))
    if not any(letter.isalnum() for letter in text) and any(letter.isalnum() for letter in question):
        raise UsageError(
            "there are conditions, and nothing to look for",
            hint="Add words; papers by author or date alone: assistant list --author NAME --since DAY",
        )
    return replace(query, text=text)


def _with(query: Query, operator: re.Match[str], today: Date) -> tuple[Query, str]:
    """`query` with one operator more, and what of it stays in the text."""
    if phrase := operator["phrase"]:
        words = phrase[1:-1].strip()
        if operator["minus"]:
            return (replace(query, without=(*query.without, words)) if words else query), ""
        return (replace(query, phrases=(*query.phrases, words)) if words else query), words
    if word := operator["word"]:
        bare = word.rstrip(_CLOSING + ".")
        return replace(query, without=(*query.without, bare)), word[len(bare) :]
    if not operator["key"]:
        return replace(query, filters=query.filters.both(Filters(read=not operator["un"]))), ""
    key, given = operator["key"].lower(), operator["value"]
    value = given if given[0] in '"“' else given.rstrip(_CLOSING)
    kept, value = given[len(value) :], value.strip('"“”').strip()
    if not value:
        raise UsageError(f"{key}: names nothing", hint=f"Write {key}:VALUE, without a space.")
    match key:
        case "since":
            one = Filters(since=day(value, today=today, key="since:"))
        case "until":
            one = Filters(until=day(value, today=today, key="until:", last=True))
        case "source":
            one = Filters(source=value)
        case "category":
            one = Filters(category=value)
        case "tag":
            one = Filters(tag=value)
        case _:
            one = Filters(author=value)
    return replace(query, filters=query.filters.both(one)), kept


def day(text: str, *, today: Date, key: str = "", last: bool = False) -> Date:
    """The day that `text` names: a date, the first (or `last`) day of a month or year, or so long before `today`.

    UsageError: it names none; the message puts `key` before it.
    """
    try:
        if ago := _AGO.fullmatch(text):
            return _before(today, int(ago[1]), ago[2].lower())
        if named := _DAY.fullmatch(text):
            year, month = int(named[1]), int(named[2] or (12 if last else 1))
            return Date(year, month, int(named[3] or (monthrange(year, month)[1] if last else 1)))
    except (ValueError, OverflowError):
        pass
    raise UsageError(f"“{key}{text}” is not a day", hint=f"Give one {DAYS}.")


def _before(today: Date, count: int, unit: str) -> Date:
    if unit in "dw":
        return today - timedelta(days=count * (7 if unit == "w" else 1))
    years, month = divmod(today.year * 12 + today.month - 1 - count * (12 if unit == "y" else 1), 12)
    return Date(years, month + 1, min(today.day, monthrange(years, month + 1)[1]))
