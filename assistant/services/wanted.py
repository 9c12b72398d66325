"""What papers are asked for, of which service, and one page of what it gives. Pure."""

from dataclasses import dataclass, replace
from datetime import date as Date

from assistant.cleaning import one_line
from assistant.errors import UsageError

SATURDAY = 5
MAX_QUERY = 1_000  # characters; addresses must stay short


@dataclass(frozen=True, slots=True)
class Wanted:
    """Papers of a service: by words or its own query language, by category, by days, which are inclusive. UsageError:
    the days leave none, or the query is too long."""

    source: str
    query: str = ""
    category: str = ""
    since: Date | None = None
    until: Date | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise UsageError(f"no day is both since {self.since} and until {self.until}", hint="Swap them.")
        if len(self.query) > MAX_QUERY:
            raise UsageError(f"a query may have {MAX_QUERY:,} characters, not {len(self.query):,}", hint="Shorten it.")

    def __str__(self) -> str:
        """As a user would say it, which also tells one query from another."""
        parts = [self.source, self.category, f"“{one_line(self.query)}”" if self.query else ""]
        if self.since and self.since == self.until:
            parts.append(f"{self.since}")
        else:
            parts.append(f"since {self.since}" if self.since else "")
            parts.append(f"until {self.until}" if self.until else "")
        return " ".join(filter(None, parts))

    @property
    def undated(self) -> "Wanted":
        return replace(self, since=None, until=None)

    def until_at_most(self, today: Date) -> "Wanted":
        """The same, ending with `today` where it would have no end."""
        return self if self.until or not self.since else replace(self, until=max(today, self.since))

    @property
    def is_weekend(self) -> bool:
        """Whether every day asked for is a Saturday or Sunday."""
        if not self.since or not self.until or (self.until - self.since).days > 1:
            return False
        return self.since.weekday() >= SATURDAY and self.ends_on_weekend

    @property
    def ends_on_weekend(self) -> bool:
        """Whether the last day asked for is a Saturday or Sunday."""
        return self.until is not None and self.until.weekday() >= SATURDAY


@dataclass(frozen=True, slots=True)
class Page:
    """A reply as far as paging must know it: how many records it has, how many the service says there are in all, and
    the cursor of the page after it. One without records that is its own `next` is not ready yet, and `missing` are the
    records that should still come; one that is `whole` has an address that stands for all there is."""

    count: int
    total: int | None
    next: str | None
    whole: bool = False
    missing: int = 0
