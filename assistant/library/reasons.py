"""Why a library has nothing for a question: which of its conditions no paper meets. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import fields

from assistant.papers import Filters
from assistant.queries import Query

Count = Callable[[Filters], tuple[int, int]]  # how many papers meet some conditions, and undated ones left out
Days = Callable[[], tuple[str | None, str | None, int]]  # the first and last day of a library, and its undated papers


def why_none(query: Query, *, count: Count, days: Days) -> str:
    """Why no paper was found. `count` and `days` are the catalog's; empty where there are no conditions."""
    given = query.filters
    if missed := [reason for one, reason in _each(given, days) if not count(one)[0]]:
        return f"no paper of the library is {' or '.join(missed)}"
    if given and not count(given)[0]:
        return "no paper of the library meets all the conditions together"
    if query.phrases or query.without or given:
        return "no paper of the library meets the conditions and has a word of the question"
    return ""


def _each(given: Filters, days: Days) -> Iterator[tuple[Filters, str]]:
    """Every condition by itself, and what a paper that meets it is."""
    said = {
        "author": f"by “{given.author}”",
        "source": f"from the source “{given.source}”",
        "category": f"of the category “{given.category}”",
        "tag": f"tagged “{given.tag}”",
        "read": "marked as read" if given.read else "unread",
        "since": f"of {given.since} or later",
        "until": f"of {given.until} or earlier",
    }
    for name in (field.name for field in fields(given) if field.name in said):
        value = getattr(given, name)
        if value is None:
            continue
        reason = said[name]
        if name in ("since", "until"):
            first, last, _ = days()
            reason += f" (they are of {first} to {last})" if first else " (none has a date)"
        yield Filters(**{name: value}, read_days=given.read_days), reason
