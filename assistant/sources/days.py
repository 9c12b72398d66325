"""Dates as sources give them: whole, or in parts, with months by their names. A year or a month alone is no day."""

import re
from typing import Any

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ISO = re.compile(r"([0-9]{4})(?:[-/]([0-9]{1,2})(?:[-/]([0-9]{1,2}))?)?(?![-/0-9])")


def day(year: Any, month: Any = None, day: Any = None) -> str | None:
    """The day that the parts of a date name as `YYYY-MM-DD`; None where one of them is not given. What is no part of a
    date stays in it, to be reported."""
    if isinstance(month, str) and month.strip()[:3].lower() in _MONTHS:
        month = _MONTHS.index(month.strip()[:3].lower()) + 1
    if any(part in (None, "") for part in (year, month, day)):
        return None
    return f"{_number(year, 4)}-{_number(month, 2)}-{_number(day, 2)}"


def iso(text: Any) -> Any:
    """The day of `2020-03-02`, `2020/3/2` or `2020-03-02T18:59:59Z`; None for `2020` and `2020-03`. Anything else is
    given back, to be reported."""
    match = _ISO.match(text.strip()) if isinstance(text, str) else None
    return day(*match.groups()) if match else text


def _number(given: Any, digits: int) -> str:
    return str(given)[:40].strip().zfill(digits) if isinstance(given, (str, int)) else "?"
