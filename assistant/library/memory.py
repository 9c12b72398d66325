"""What the catalog remembers for digests: the topics a user follows, and which papers a digest has carried.

A paper is remembered by its id, which it keeps also where it is removed and comes again, with a fingerprint of the
abstract it had.
"""

import contextlib
import hashlib
import operator
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date as Date
from pathlib import Path
from typing import Any

from assistant.errors import LibraryBusy, LibraryDamaged, UsageError
from assistant.library.schema import as_ours, text, transaction
from assistant.papers import Paper
from assistant.periods import Period
from assistant.reports import Topic

TABLES = """
CREATE TABLE IF NOT EXISTS topics(name TEXT PRIMARY KEY COLLATE NOCASE, query TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS digests(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    since TEXT NOT NULL,                -- YYYY-MM-DD
    until TEXT NOT NULL,
    newest INTEGER NOT NULL             -- the highest number of a paper when it was made
);
CREATE TABLE IF NOT EXISTS sent(
    paper_id TEXT PRIMARY KEY,
    abstract TEXT NOT NULL,             -- a fingerprint of what it was when it was sent
    digest INTEGER NOT NULL REFERENCES digests
) WITHOUT ROWID;
"""
MOST_TOPICS = 100


class Memory:
    """Topics and digests of an opened catalog. Writing needs the writer lock: see `Library.remembering`."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db, self._path = db, path

    def topics(self) -> list[Topic]:
        """The saved topics, by name."""
        rows = self._rows("SELECT name, query FROM topics ORDER BY name")
        with self._mapped():
            return [Topic(text(name), text(query)) for name, query in rows]

    def add_topic(self, topic: Topic) -> None:
        """Save a topic. UsageError: there is one of this name, or there are too many."""
        known = self.topics()
        if any(one.name.casefold() == topic.name.casefold() for one in known):
            raise UsageError(f"there is a topic “{topic.name}” already", hint="Take it out first: assistant topics rm")
        if len(known) >= MOST_TOPICS:
            raise UsageError(f"{MOST_TOPICS} topics are the most", hint="Take some out: assistant topics rm")
        with self._mapped():
            self._db.execute("INSERT INTO topics VALUES (?, ?)", (topic.name, topic.query))

    def remove_topic(self, name: str) -> Topic:
        """Forget the topic of this name, and give it back. UsageError: there is none."""
        for topic in self.topics():
            if topic.name.casefold() == name.casefold():
                with self._mapped():
                    self._db.execute("DELETE FROM topics WHERE name = ?", (topic.name,))
                return topic
        raise UsageError(f"there is no topic “{name}”", hint="See which there are: assistant topics list")

    def last(self) -> tuple[Date, int] | None:
        """The last day that a digest has covered, and the highest number of a paper that one has known."""
        rows = self._rows("SELECT max(until), max(newest) FROM digests")
        with self._mapped():
            return (Date.fromisoformat(rows[0][0]), operator.index(rows[0][1])) if rows and rows[0][0] else None

    def number(self) -> int:
        """The number of the last digest; 0 where there is none."""
        rows = self._rows("SELECT coalesce(max(number), 0) FROM digests")
        return int(rows[0][0]) if rows else 0

    def sent(self) -> dict[str, str]:
        """The fingerprint of the abstract of every paper that was sent, by paper id."""
        rows = self._rows("SELECT paper_id, abstract FROM sent")
        with self._mapped():
            return {text(paper): text(said) for paper, said in rows}

    def record(self, period: Period, papers: Sequence[tuple[str, Paper]], *, known: int, newest: int) -> None:
        """Remember these papers as sent in a digest of `period`, when the highest number of a paper was `newest`.
        LibraryBusy: when the digest was made, number `known` was the last one, and now another is."""
        with self._mapped(), transaction(self._db):
            if self.number() != known:
                raise LibraryBusy("another digest of this library was written meanwhile", hint="Make this one again.")
            cursor = self._db.execute(
                "INSERT INTO digests(since, until, newest) VALUES (?, ?, ?)",
                (f"{period.since}", f"{period.until}", newest),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO sent VALUES (?, ?, ?)",
                [(paper_id, fingerprint(paper), cursor.lastrowid) for paper_id, paper in papers],
            )

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query; none in a library that was made before there were digests and is only read."""
        with self._mapped():
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sent'").fetchone():
                return []
            return self._db.execute(query).fetchall()

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise as_ours(error, self._path) from error
        except (ValueError, TypeError) as error:
            raise LibraryDamaged(
                f"{self._path} holds a row that cannot be read", hint="Restore a copy of it."
            ) from error


def fingerprint(paper: Paper) -> str:
    """What tells one abstract from another; spacing and case do not."""
    return hashlib.sha256(" ".join(paper.abstract.casefold().split()).encode(errors="replace")).hexdigest()[:32]
