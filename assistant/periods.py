"""The days a digest covers: `--week 2026-W26`, `--since 7d`, two dates. Pure."""

import re
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta

from assistant.errors import UsageError

_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `since` to `until`, both inclusive."""

    since: Date
    until: Date

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def label(self) -> str:
        """`2026-W26` for a week from Monday to Sunday, else its days: `2026-06-01 to 2026-06-30`."""
        year, week, weekday = self.since.isocalendar()
        if self.days == 7 and weekday == 1:
            return f"{year}-W{week:02}"
        return str(self.since) if self.days == 1 else f"{self.since} to {self.until}"

    def before(self, count: int) -> list["Period"]:
        """The `count` periods of this length before this one, the nearest first; fewer where the calendar begins."""
        fit = (self.since - Date.min).days // self.days
        length = timedelta(days=self.days)
        return [Period(self.since - n * length, self.until - n * length) for n in range(1, min(count, fit) + 1)]


def week(text: str) -> Period:
    """The ISO week `text` names, Monday to Sunday. UsageError: it names none."""
    if match := _WEEK.fullmatch(text.strip()):
        try:
            monday = Date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return Period(monday, monday + timedelta(days=6))
        except (ValueError, OverflowError):
            pass
    raise UsageError(f"“{text}” is not a week", hint="Give one such as 2026-W26.")


def period(*, since: Date | None, until: Date | None, today: Date, last: Date | None = None) -> Period:
    """From `since`, else from the `last` day that was covered, of which there may be more by now, else for the last
    seven days; up to `until`, else to `today`. UsageError: it has no day, or begins in the future."""
    end = until or today
    start = since or (min(last, end) if last else max(Date.min + timedelta(days=6), end) - timedelta(days=6))
    if start > end:
        raise UsageError(f"no day is both since {start} and until {end}", hint="Swap them.")
    if start > today:
        raise UsageError(f"{start} is in the future", hint="A digest covers days that have been.")
    return Period(start, end)


def covered(
    named: str | None, *, since: Date | None, until: Date | None, today: Date, last: Date | None = None
) -> Period:
    """The week that is `named`, else the `period` of the days. UsageError: there is none, or it is in the future."""
    days = week(named) if named is not None else period(since=since, until=until, today=today, last=last)
    if days.since > today:
        raise UsageError(f"{days.label} is in the future", hint="A digest covers days that have been.")
    return days
