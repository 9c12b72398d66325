"""Dates as sources give them in parts: a year, a year and a month, a month by its name."""

from typing import Any

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def dated(year: Any, month: Any = None, day: Any = None) -> dict[str, Any]:
    """The fields `date` and `date_inferred` for the parts of a date; empty without a year. What is not given counts as
    the first, and the date as inferred. What is no part of a date is kept as it is, to be reported."""
    if year in (None, ""):
        return {}
    parts = [_number(year, 4), _number(_month(month) or 1, 2), _number(day or 1, 2)]
    return {"date": "-".join(parts), "date_inferred": not (month and day) or None}


def _month(given: Any) -> Any:
    """The number of a month: `Jun`, `June` and `06` are 6; a season is none."""
    name = str(given).strip()[:3].lower() if isinstance(given, str) else None
    if name in MONTHS:
        return MONTHS.index(name) + 1
    return given if name is None or name.isdigit() else None


def _number(given: Any, digits: int) -> str:
    text = str(given)[:40].strip() if isinstance(given, (str, int)) else "?"
    return text.zfill(digits)
