"""What the catalog keeps of its user's marks: tags, notes, and what is read.

They are kept by paper id, as what digests have carried is: a paper that is read in again, or removed and read in again,
still has them.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from datetime import date as Date
from pathlib import Path
from typing import Any

from assistant.cleaning import printable
from assistant.errors import UsageError
from assistant.library.schema import as_ours, text, transaction
from assistant.papers import Marks, tag_key

TABLES = """
CREATE TABLE IF NOT EXISTS tags(
    tag TEXT NOT NULL,                  -- as `papers.tag_key` makes it
    paper_id TEXT NOT NULL,
    PRIMARY KEY(tag, paper_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tags_paper ON tags(paper_id);
CREATE TABLE IF NOT EXISTS notes(paper_id TEXT PRIMARY KEY, note TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reads(
    paper_id TEXT PRIMARY KEY,
    day TEXT NOT NULL                   -- when it was marked as read, YYYY-MM-DD
) WITHOUT ROWID;
"""
LONGEST_TAG = 60  # characters
LONGEST_NOTE = 100_000
MOST_TAGS = 100  # of a paper

# Numbers, so that a query which only orders papers by date need not look at each.
_NUMBERS = "number {} (SELECT number FROM {} JOIN papers USING (paper_id){})"
TAGGED = _NUMBERS.format("IN", "tags", " WHERE tag = ?")
READ, UNREAD = (_NUMBERS.format(among, "reads", "") for among in ("IN", "NOT IN"))


class Marking:
    """The marks of an opened catalog. A change is one transaction, which needs no writer's lock: a tag can be put
    while papers are being read in."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db, self._path = db, path

    def tag(self, tag: str, papers: Sequence[str]) -> int:
        """Put a tag to the papers of these ids; how many did not have it. UsageError: it cannot be a tag, or one of
        them has too many."""
        key = checked_tag(tag)
        with self._transaction():
            put = [self._changed("INSERT OR IGNORE INTO tags VALUES (?, ?)", key, paper) for paper in papers]
            for paper in papers:
                if self._count("SELECT count(*) FROM tags WHERE paper_id = ?", paper) > MOST_TAGS:
                    raise UsageError(f"a paper has {MOST_TAGS} tags at most", hint="Take some out: assistant tag rm")
        return sum(put)

    def untag(self, tag: str, papers: Sequence[str] | None) -> int:
        """Take a tag from the papers of these ids, or with None from all; how many had it. UsageError: there is no
        such tag."""
        key = tag_key(tag)
        with self._transaction():
            if not self._count("SELECT count(*) FROM tags WHERE tag = ?", key):
                raise UsageError(f"no paper has the tag “{key}”", hint="See which there are: assistant tag list")
            if papers is None:
                return self._changed("DELETE FROM tags WHERE tag = ?", key)
            return sum(self._changed("DELETE FROM tags WHERE tag = ? AND paper_id = ?", key, one) for one in papers)

    def note(self, paper: str, note: str, *, append: bool = False) -> str:
        """Put a note to the paper of this id, in the place of the one it had or, with `append`, below it; with an
        empty one it has none. The one it had. UsageError: it is too long."""
        said = printable(note).strip()
        with self._transaction():
            row = self._db.execute("SELECT note FROM notes WHERE paper_id = ?", (paper,)).fetchone()
            before = text(row[0]) if row else ""
            whole = f"{before}\n{said}" if append and before else said
            if len(whole) > LONGEST_NOTE:
                raise UsageError(
                    f"a note has {LONGEST_NOTE:,} characters at most, not {len(whole):,}", hint="Keep it in a file."
                )
            if whole:
                self._db.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (paper, whole))
            else:
                self._db.execute("DELETE FROM notes WHERE paper_id = ?", (paper,))
        return before

    def read(self, papers: Sequence[str], day: Date) -> int:
        """Mark the papers of these ids as read; how many were not."""
        with self._transaction():
            return sum(self._changed("INSERT OR IGNORE INTO reads VALUES (?, ?)", one, f"{day}") for one in papers)

    def unread(self, papers: Sequence[str]) -> int:
        """Mark the papers of these ids as not read; how many were."""
        with self._transaction():
            return sum(self._changed("DELETE FROM reads WHERE paper_id = ?", one) for one in papers)

    def tags(self) -> dict[str, int]:
        """Every tag of a paper in the library, by name, with how many have it."""
        query = "SELECT tag, count(*) FROM tags JOIN papers USING (paper_id) GROUP BY tag ORDER BY tag"
        with self._mapped():
            rows = self._db.execute(query).fetchall() if there(self._db) else []
            return {text(tag): int(count) for tag, count in rows}

    def counts(self) -> tuple[int, int, int]:
        """How many papers of the library have a tag, have a note, are read."""
        query = "SELECT count(DISTINCT number) FROM {} JOIN papers USING (paper_id)"
        with self._mapped():
            if not there(self._db):
                return 0, 0, 0
            tagged, noted, read = (self._count(query.format(table)) for table in ("tags", "notes", "reads"))
        return tagged, noted, read

    def _count(self, query: str, *values: str) -> int:
        return int(self._db.execute(query, values).fetchone()[0])

    def _changed(self, statement: str, *values: str) -> int:
        return self._db.execute(statement, values).rowcount

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._mapped(), transaction(self._db):
            yield

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise as_ours(error, self._path) from error


def there(db: sqlite3.Connection) -> bool:
    """Whether the catalog has tables of marks; one that was made before there were any, and is only read, has none."""
    return db.execute("SELECT 1 FROM sqlite_master WHERE name = 'reads'").fetchone() is not None


def of(among: Callable[[str], list[tuple[Any, ...]]]) -> dict[int, Marks]:
    """The marks of papers, by number. `among` gives the rows of a query that ends in the number's column."""
    joined = "FROM papers CROSS JOIN {} USING (paper_id) WHERE number"
    tags: dict[int, list[str]] = {}
    for number, tag in among(f"SELECT number, tag {joined.format('tags')}"):
        tags.setdefault(number, []).append(text(tag))
    notes = {number: text(note) for number, note in among(f"SELECT number, note {joined.format('notes')}")}
    days = {number: Date.fromisoformat(day) for number, day in among(f"SELECT number, day {joined.format('reads')}")}
    return {
        number: Marks(tuple(sorted(tags.get(number, ()))), notes.get(number, ""), days.get(number))
        for number in tags.keys() | notes.keys() | days.keys()
    }


def moved(db: sqlite3.Connection, gone: str, kept: str) -> None:
    """Give the marks of the paper `gone`, which turned out to be `kept`, to that one. Call it inside a transaction."""
    db.execute("INSERT OR IGNORE INTO tags SELECT tag, ? FROM tags WHERE paper_id = ?", (kept, gone))
    db.execute("INSERT OR IGNORE INTO reads SELECT ?, day FROM reads WHERE paper_id = ?", (kept, gone))
    db.execute(
        "INSERT INTO notes SELECT ?, note FROM notes WHERE paper_id = ? "
        "ON CONFLICT DO UPDATE SET note = note || char(10) || excluded.note",
        (kept, gone),
    )
    for table in ("tags", "reads", "notes"):
        db.execute(f"DELETE FROM {table} WHERE paper_id = ?", (gone,))


def checked_tag(tag: str) -> str:
    """`tag` as it is kept. UsageError: it is empty or too long, or could not be written in a condition."""
    key = tag_key(tag)
    if not key or len(key) > LONGEST_TAG:
        raise UsageError(f"a tag has 1 to {LONGEST_TAG} characters", hint="Such as: assistant tag add to-read ID")
    if printable(tag) != tag or any(sign in key for sign in ';"“”'):
        raise UsageError(
            f"“{key}” cannot be a tag: it holds a quotation mark, a semicolon, or what cannot be seen",
            hint="Letters, digits, blanks and other signs will do.",
        )
    return key
