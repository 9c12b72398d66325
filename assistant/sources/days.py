"""Dates as sources give them: whole, or in parts, with months by their names. A year or a month alone is no day."""

import re
from typing import Any

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WHOLE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])")
_NO_DAY = re.compile(r"(?:[0-9]{4}(?:[-/.]\s*[0-9]{1,2})?\D*)?")  # 2020, 2020/05//, 2020 Spring
_WORD = re.compile(r"[a-z]+")
_OF_MONTH = re.compile(r"\b([0-3]?[0-9])(?:st|nd|rd|th)?\b")


def day(year: Any, month: Any = None, day: Any = None) -> str | None:
    """The day that the parts of a date name as `YYYY-MM-DD`, the month as a number or a name, which may have the day
    beside it (`May 22`); None where they name no single day. What is no part of a date stays in it, to be reported."""
    year = f"{year:04}" if isinstance(year, int) else year
    year, month, day = map(_part, (year, month, day))
    name = _WORD.search(month.lower())
    if name and name[0][:3] in MONTHS:
        day = day or " ".join(_OF_MONTH.findall(month))
        month = str(MONTHS.index(name[0][:3]) + 1)
    days = _OF_MONTH.findall(day)
    if not (year and month and day) or len(days) > 1:
        return None
    return f"{year}-{month:0>2}-{(days or [day])[0]:0>2}"


def iso(text: Any) -> Any:
    """The day that a text begins with: `2020-03-02`, `2020/3/2`, `2020-03-02T18:59:59Z`; None for a year, a month or a
    season alone. Anything else is given back, to be reported."""
    if not isinstance(text, str):
        return text
    if match := _WHOLE.match(text.strip()):
        return day(*match.groups())
    return None if _NO_DAY.fullmatch(text.strip()) else text


def _part(given: Any) -> str:
    if given is None:
        return ""
    return str(given)[:40].strip() if isinstance(given, (str, int)) else "?"
