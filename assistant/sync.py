"""`sync`: what the configuration file follows, as questions to services that take up where the last sync began."""

from dataclasses import replace
from datetime import date as Date
from datetime import timedelta

from assistant.errors import SettingsError, UsageError
from assistant.fetch import Asking, Notice, asking
from assistant.fetches import MOST
from assistant.journal import Journal
from assistant.queries import day
from assistant.services import Wanted, named

FIRST_DAYS = 7  # that the first sync goes back where nothing else is said


def due(
    *,
    source: str,
    query: str,
    category: str,
    since: str,
    max: int | None,  # noqa: A002 (its name in the file)
    journal: Journal,
    today: Date,
    notice: Notice = lambda text: None,
) -> Asking:
    """What to ask now: from the day on which the last sync of this began that went well, and as many days before it as
    the service adds papers late; the first time from `since` on, else for a week. SettingsError: it cannot be asked."""
    try:
        wanted, service = Wanted(source, query, category), named(source)
        last = journal.last(str(wanted))
        if last is not None:
            begin = min(last, today) - timedelta(days=service.overlap)
        else:
            begin = day(since, today=today) if since else today - timedelta(days=FIRST_DAYS - 1)
        one = asking(replace(wanted, since=begin), journal=journal, today=today, most=max or MOST, notice=notice)
        return replace(one, follows=True)
    except UsageError as error:
        said = " ".join(filter(None, (source, category, query)))
        raise SettingsError(f"[[sync]] {said}: {error}", hint=error.hint) from None
