"""The catalog's tables, how a paper becomes a row, and SQLite's errors as ours."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date as Date
from pathlib import Path

from assistant.errors import LibraryBusy, LibraryDamaged, LibraryError, LibraryFull, LibraryReadOnly
from assistant.papers import Paper

VERSION = 1  # PRAGMA user_version; a migration raises it

SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE papers(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    paper_id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL,
    abstract TEXT NOT NULL,
    arxiv_id TEXT, doi TEXT, source_id TEXT,
    authors TEXT NOT NULL,              -- JSON list
    author_count INTEGER,
    organization TEXT,
    date TEXT,                          -- YYYY-MM-DD
    date_inferred INTEGER NOT NULL,
    url TEXT,
    categories TEXT NOT NULL,           -- JSON list
    upvotes INTEGER,
    venue TEXT,
    version INTEGER,                    -- of the arXiv listing
    withdrawn INTEGER NOT NULL DEFAULT 0,
    state INTEGER NOT NULL              -- 0 pending, 1 in both indexes
);
CREATE INDEX papers_pending ON papers(number) WHERE state = 0;
CREATE INDEX papers_date ON papers(date);
CREATE TABLE identities(key TEXT PRIMARY KEY, number INTEGER NOT NULL REFERENCES papers) WITHOUT ROWID;
CREATE TABLE sources(
    number INTEGER NOT NULL REFERENCES papers,
    source TEXT NOT NULL,               -- the reader's name
    file TEXT NOT NULL,
    line INTEGER NOT NULL,
    day TEXT NOT NULL,                  -- when it was first read there
    PRIMARY KEY(number, source, file)
);
CREATE TABLE records(                   -- every record that was ever filed; what is in here brings no news
    number INTEGER NOT NULL REFERENCES papers,
    digest TEXT NOT NULL,
    PRIMARY KEY(number, digest)
) WITHOUT ROWID;
CREATE TABLE chunks(
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    paper INTEGER NOT NULL REFERENCES papers,
    start INTEGER NOT NULL,
    "end" INTEGER NOT NULL,
    vector BLOB NOT NULL
);
CREATE INDEX chunks_paper ON chunks(paper);
"""
# What the first libraries of this version lack; a reader does without. The index makes removing a paper quick; the
# tables have what models replied, by a digest of what they were asked (`remembering.py`), and where fields of a paper
# were read (`origins.py`).
LATER = (
    "CREATE INDEX IF NOT EXISTS identities_number ON identities(number)",
    """CREATE TABLE IF NOT EXISTS replies(
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        day TEXT NOT NULL,              -- when it came
        text TEXT NOT NULL,
        prompt_tokens INTEGER, completion_tokens INTEGER
    )""",
    """CREATE TABLE IF NOT EXISTS reading(  -- how far a long file was read: `resuming.Mark`
        file TEXT PRIMARY KEY,
        lines INTEGER NOT NULL,
        digest TEXT NOT NULL
    ) WITHOUT ROWID""",
    "CREATE TABLE IF NOT EXISTS origins(number INTEGER PRIMARY KEY REFERENCES papers, given TEXT NOT NULL)",
)
OF_A_PAPER = (
    "identities",
    "sources",
    "records",
)  # tables whose rows belong to a paper, by its `number`, and move with it
ALIAS = "alias:"  # begins the identity that is the paper id of one that turned out to be another
PENDING, INDEXED = 0, 1  # papers.state
FIELDS = (
    "title", "abstract", "arxiv_id", "doi", "source_id", "authors", "author_count", "organization", "date",
    "date_inferred", "url", "categories", "upvotes", "venue", "version", "withdrawn",
)  # fmt: skip
ALL_FIELDS = ", ".join(FIELDS)
# Columns of `papers` that the first libraries of this version lack; a reader takes them as empty.
LATER_COLUMNS = {"venue": "TEXT", "version": "INTEGER", "withdrawn": "INTEGER NOT NULL DEFAULT 0"}


def primary_code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one


def as_ours(error: sqlite3.Error, path: Path) -> LibraryError:
    folder = path.parent
    match primary_code(error):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return LibraryBusy(f"the library in {folder} is in use", hint="Try again in a moment.")
        case sqlite3.SQLITE_FULL:
            return LibraryFull("the disk is full", hint="Free some space and run the command again; nothing is lost.")
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return LibraryReadOnly(
                f"the library in {folder} cannot be opened for this: {error}",
                hint="Check the folder's permissions, or name another with --library.",
            )
        case sqlite3.SQLITE_IOERR:
            return LibraryFull(f"the disk failed or is full: {error}", hint="Check the disk, then run it again.")
    return LibraryDamaged(
        f"the catalog {path} is damaged: {error}",
        hint="Move the folder away and ingest your files again, or restore a copy; nothing was changed.",
    )


def to_row(paper: Paper) -> tuple[object, ...]:
    return (
        paper.title, paper.abstract, paper.arxiv_id, paper.doi, paper.source_id, json.dumps(paper.authors),
        paper.author_count, paper.organization, paper.date.isoformat() if paper.date else None,
        int(paper.date_inferred), paper.url, json.dumps(paper.categories), paper.upvotes, paper.venue,
        paper.version, int(paper.withdrawn),
    )  # fmt: skip


def from_row(row: Sequence[object]) -> Paper:
    values = dict(zip(FIELDS, row, strict=True))
    values["title"], values["abstract"] = text(values["title"]), text(values["abstract"])
    for field in ("authors", "categories"):
        values[field] = tuple(text(name) for name in json.loads(text(values[field])))
    values["date"] = Date.fromisoformat(str(values["date"])) if values["date"] else None
    values["date_inferred"], values["withdrawn"] = bool(values["date_inferred"]), bool(values["withdrawn"])
    return Paper(**values)  # type: ignore[arg-type]


def text(value: object) -> str:
    """`value`, which must be text. TypeError: no writer of ours wrote it."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def columns(db: sqlite3.Connection) -> str:
    """What to select of `papers` for `from_row`."""
    there = _there(db)
    return ", ".join(field if field in there else f"NULL AS {field}" for field in FIELDS)


def add_columns(db: sqlite3.Connection) -> None:
    """Give a library of before the columns it lacks."""
    for field in LATER_COLUMNS.keys() - _there(db):
        db.execute(f"ALTER TABLE papers ADD COLUMN {field} {LATER_COLUMNS[field]}")


def _there(db: sqlite3.Connection) -> set[str]:
    return {str(row[0]) for row in db.execute("SELECT name FROM pragma_table_info('papers')")}


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing: commits at the end, rolls back on any exception."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if db.in_transaction:  # SQLite has rolled back by itself where the disk is full
            db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def paper_id(db: sqlite3.Connection, number: int) -> str:
    return str(db.execute("SELECT paper_id FROM papers WHERE number = ?", (number,)).fetchone()[0])


def read_paper(db: sqlite3.Connection, number: int, *, selecting: str | None = None) -> Paper:
    """The paper of this number. A writer, whose library has every column, spares a look with `selecting` ALL_FIELDS."""
    selecting = selecting or columns(db)
    return from_row(db.execute(f"SELECT {selecting} FROM papers WHERE number = ?", (number,)).fetchone())
