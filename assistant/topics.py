"""`topics`: the subjects that a user follows; saved, listed, taken out, and tried on what the library has."""

from datetime import date as Date
from datetime import timedelta

from assistant.ask import checked_question
from assistant.cleaning import one_line
from assistant.digest import caught
from assistant.errors import UsageError
from assistant.library import Library
from assistant.papers import Filters, StoredPaper
from assistant.queries import parse
from assistant.reports import Topic

LONGEST = 120  # characters of a name
TRIED_DAYS = 30


def made(name: str, *, query: str | None, author: str | None, category: str | None, today: Date) -> Topic:
    """A topic: `name` is what is looked for where no `query` is given. UsageError: nothing to look for, or conditions
    that cannot be used."""
    name = one_line(name)
    if not name or len(name) > LONGEST:
        raise UsageError(f"a topic's name has 1 to {LONGEST} characters", hint='Such as: topics add "KV cache"')
    words = [query or name]
    words += [
        f'{key}:"{value}"' for key, given in (("author", author), ("category", category)) if (value := _bare(given))
    ]
    asked = checked_question(" ".join(words))
    parse(asked, today=today)
    return Topic(name, asked)


def tried(library: Library, topic: Topic, *, today: Date) -> tuple[tuple[StoredPaper, float], ...]:
    """The papers of the last TRIED_DAYS days that a topic would have caught, nearest first, with how near each is."""
    covered = Filters(today - timedelta(days=TRIED_DAYS - 1), today, read_days=True)
    return tuple(caught(library, topic, covered).values())


def _bare(text: str | None) -> str:
    return one_line(text or "").replace('"', "")
