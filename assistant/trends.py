"""`trends`: how many papers mention something, week by week, month by month or year by year."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date as Date
from datetime import timedelta

from assistant.ask import checked_question
from assistant.errors import UsageError
from assistant.library import Library
from assistant.papers import Filters
from assistant.queries import parse
from assistant.reports import By, Point, Trend
from assistant.text import terms

MOST = 600  # points


def trend(query: str, *, library: Library, by: By, today: Date, filters: Filters | None = None) -> Trend:
    """How many papers have every word and phrase of `query` in title or abstract, and how many there are, from the
    first that has them to the last dated one that meets the conditions, `today` at the latest. UsageError: no words,
    or too many points."""
    asked = parse(checked_question(query), today=today, filters=filters)
    words = [word for word in re.findall(r"\w[\w'-]*", asked.text) if terms(word)]
    if not words:
        raise UsageError("there is no word to count papers by", hint='Such as: trends "KV cache" --by month')
    everywhere = Counter(_start(day, by) for day in library.mentioning((), (), asked.filters) if day <= today)
    if not everywhere:
        return Trend(query, by, ())
    found = library.mentioning([*asked.phrases, *words], asked.without, asked.filters)
    counts = Counter(_start(day, by) for day in found if day <= today)
    if not counts:
        return Trend(query, by, ())
    starts = list(_starts(min(counts), max(everywhere), by))
    if len(starts) > MOST:
        raise UsageError(f"{len(starts):,} {by}s are too many to show", hint="Give --since, or a longer --by.")
    return Trend(query, by, tuple(Point(_label(one, by), one, counts[one], everywhere[one]) for one in starts))


def _start(day: Date, by: By) -> Date:
    if by == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if by == "month" else day.replace(month=1, day=1)


def _starts(first: Date, last: Date, by: By) -> Iterator[Date]:
    while first <= last:
        yield first
        if by == "week":
            first += timedelta(days=7)
        else:
            first = _start(first + timedelta(days=31 if by == "month" else 366), by)


def _label(start: Date, by: By) -> str:
    year, week, _ = start.isocalendar()
    return {"week": f"{year}-W{week:02}", "month": f"{start:%Y-%m}", "year": f"{start:%Y}"}[by]
