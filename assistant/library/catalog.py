"""The catalog: every paper, where it came from, its chunks and their vectors, in one SQLite file.

It is the truth; the lexical and the vector index are derived from it. A row's `state` says whether both indexes
hold it; what is pending is finished by the next writer.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from pathlib import Path

from assistant.errors import LibraryDamaged, LibraryMissing, LibraryReadOnly, LibraryTooNew
from assistant.library import filing, selecting
from assistant.library.filing import Added
from assistant.library.schema import (
    FIELDS,
    INDEXED,
    PENDING,
    SCHEMA,
    VERSION,
    as_ours,
    from_row,
    primary_code,
    read_paper,
)
from assistant.papers import Chunk, Filters, Paper, Provenance, Record, StoredPaper

FILE = "catalog.sqlite3"
BUSY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as the catalog keeps it; `number` is its name in the vector index."""

    number: int
    paper: int
    chunk: Chunk
    vector: bytes


class Catalog:
    """An opened catalog. Methods raise the `LibraryError` that fits; a write is one transaction."""

    def __init__(self, folder: Path, *, write: bool = False, create: bool = False) -> None:
        self.path = folder / FILE
        if not create and _is_blank(self.path):
            raise LibraryMissing(f"there is no library in {folder}", hint="Make one: assistant ingest PATH")
        with self._mapped():
            self._db = self._connected(write=write or create)
            try:
                self._prepare(write=write or create)
                self._check_version(create=create)
            except BaseException:
                self._db.close()
                raise

    def _connected(self, *, write: bool) -> sqlite3.Connection:
        modes = ("rwc",) if write else ("ro", "ro&immutable=1")  # the latter where the folder is read-only
        for mode in modes:
            if "immutable" in mode:
                self._check_log()
            uri = f"{self.path.absolute().as_uri()}?mode={mode}"
            db = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                db.execute("PRAGMA user_version").fetchone()
                break
            except sqlite3.Error as error:
                db.close()
                if mode == modes[-1] or primary_code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                    raise
        return db

    def _prepare(self, *, write: bool) -> None:
        if write:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA trusted_schema = OFF")
        self._db.create_function("folded", 1, selecting.folded, deterministic=True)

    def _check_log(self) -> None:
        """An immutable file is read without its log; what a killed writer left there would be missing unseen."""
        log = self.path.with_name(f"{FILE}-wal")
        if log.exists() and log.stat().st_size:
            raise LibraryReadOnly(
                f"the library in {self.path.parent} has changes that cannot be read while its folder is read-only",
                hint="Open it once where the folder can be written.",
            )

    def _check_version(self, *, create: bool) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise LibraryTooNew(
                f"the library in {self.path.parent} was written by a newer version (form {version}, this one reads "
                f"up to {VERSION})",
                hint="Update: pip install --upgrade paper-assistant",
            )
        if self._db.execute("SELECT 1 FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchone():
            raise LibraryDamaged(f"{self.path} holds what no library's catalog does", hint="Do not use it.")
        if version == 0:
            if self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise LibraryDamaged(f"{self.path} is not a library's catalog", hint="Move it away and ingest again.")
            if not create:  # its maker was killed, or had no room, before the tables were there
                raise LibraryMissing(
                    f"there is no library in {self.path.parent} yet", hint="Make it: assistant ingest PATH"
                )
            self._db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")

    def close(self) -> None:
        self._db.close()

    def settle(self) -> None:
        """Move what the write-ahead log holds into the file itself, so that the file alone is the whole catalog."""
        with self._mapped():
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # ---- writing

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commits at the end, rolls back on any exception."""
        with self._mapped():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # SQLite has rolled back by itself where the disk is full
                    self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def add(self, record: Record, *, source: str, file: str, day: Date) -> Added:
        """File a record: see `filing.add`. Call it inside a transaction."""
        return filing.add(self._db, record, source=source, file=file, day=day)

    def put_chunks(self, chunks: Iterable[tuple[int, Chunk, bytes]]) -> None:
        """Keep (paper number, chunk, vector) rows. Call it inside a transaction."""
        self._db.executemany(
            'INSERT INTO chunks(paper, start, "end", vector) VALUES (?, ?, ?, ?)',
            [(paper, chunk.start, chunk.end, vector) for paper, chunk, vector in chunks],
        )

    def drop_chunks(self, papers: Sequence[int]) -> list[int]:
        """Forget the chunks of these papers; their numbers, which are never used again."""
        gone = []
        for paper in papers:
            gone += [row[0] for row in self._db.execute("SELECT number FROM chunks WHERE paper = ?", (paper,))]
            self._db.execute("DELETE FROM chunks WHERE paper = ?", (paper,))
        return gone

    def mark(self, papers: Iterable[int], state: int) -> None:
        self._db.executemany("UPDATE papers SET state = ? WHERE number = ?", [(state, number) for number in papers])

    def forget_index(self, *, chunk_tokens: int | None) -> None:
        """Drop all chunks and what is known of the indexes, so that every paper is indexed anew."""
        with self.transaction():
            self._db.execute("DELETE FROM chunks")
            self._db.execute("UPDATE papers SET state = ?", (PENDING,))
            self._db.execute("DELETE FROM meta WHERE key IN ('vectors', 'embedder', 'fingerprint', 'dimension')")
        if chunk_tokens is not None:
            self.set_meta(chunk_tokens=str(chunk_tokens))

    def set_meta(self, **values: str) -> None:
        with self._mapped():
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    # ---- reading

    def meta(self, key: str) -> str | None:
        with self._mapped():
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def whole_number(self, key: str, default: int) -> int:
        """The value of `key` in the table `meta`, as a number. LibraryDamaged: it is none."""
        said = self.meta(key)
        if said is not None and not (said.isascii() and said.isdecimal() and len(said) < 10):
            raise LibraryDamaged(f"{self.path} has no number for “{key}”", hint="Restore a copy of it.")
        return default if said is None else int(said)

    def counts(self) -> tuple[int, int, int]:
        """(papers, those pending, chunks)."""
        with self._mapped():
            papers = self._db.execute("SELECT count(*) FROM papers").fetchone()[0]
            pending = self._db.execute("SELECT count(*) FROM papers WHERE state = 0").fetchone()[0]
            chunks = self._db.execute("SELECT count(*) FROM chunks").fetchone()[0]
        return int(papers), int(pending), int(chunks)

    def pending(self, limit: int) -> list[tuple[int, Paper]]:
        columns = ", ".join(FIELDS)
        with self._mapped():
            rows = self._db.execute(
                f"SELECT number, {columns} FROM papers WHERE state = 0 ORDER BY number LIMIT ?", (limit,)
            ).fetchall()
        return [(int(row[0]), from_row(row[1:])) for row in rows]

    def stored(self, numbers: Sequence[int]) -> dict[int, StoredPaper]:
        """The papers of these numbers, with where each came from."""
        return {n: self._stored(n) for n in numbers}

    def _stored(self, number: int) -> StoredPaper:
        with self._mapped():
            (paper_id,) = self._db.execute("SELECT paper_id FROM papers WHERE number = ?", (number,)).fetchone()
            rows = self._db.execute(
                "SELECT source, file, line, day FROM sources WHERE number = ? ORDER BY rowid", (number,)
            ).fetchall()
            paper = read_paper(self._db, number)
            sources = tuple(Provenance(source, file, line, Date.fromisoformat(day)) for source, file, line, day in rows)
        return StoredPaper(paper_id, paper, sources)

    def resolve(self, name: str) -> int:
        """The number of the paper called `name`: see `selecting.resolve`."""
        with self._mapped():
            return selecting.resolve(self._db, name)

    def count(self, filters: Filters) -> tuple[int, int]:
        """(papers that meet `filters`, undated papers that their dates left out)."""
        where, values = selecting.conditions(filters)
        rest, rest_values = selecting.conditions(replace(filters, since=None, until=None))
        dated = filters.since or filters.until
        with self._mapped():
            (met,) = self._db.execute(f"SELECT count(*) FROM papers WHERE {where}", values).fetchone()
            query = f"SELECT count(*) FROM papers WHERE {rest} AND date IS NULL"
            (undated,) = self._db.execute(query, rest_values).fetchone() if dated else (0,)
        return int(met), int(undated)

    def matching(self, filters: Filters, *, limit: int = -1, offset: int = 0) -> list[int]:
        """Numbers of the papers that meet `filters`, newest first, undated ones last; all of them for limit -1."""
        where, values = selecting.conditions(filters)
        with self._mapped():
            rows = self._db.execute(
                f"SELECT number FROM papers WHERE {where} ORDER BY date IS NULL, date DESC, number LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
        return [int(row[0]) for row in rows]

    def chunks_of(self, papers: Iterable[int] | None = None) -> Iterator[ChunkRow]:
        """The chunks of these papers, or of all."""
        query = 'SELECT number, paper, start, "end", vector FROM chunks'
        with self._mapped():
            if papers is None:
                rows: Iterable[tuple[int, int, int, int, bytes]] = self._db.execute(f"{query} ORDER BY number")
            else:
                rows = (row for one in papers for row in self._db.execute(f"{query} WHERE paper = ?", (one,)))
            for number, paper, start, end, vector in rows:
                yield ChunkRow(number, paper, Chunk(start, end), vector)

    def indexed(self) -> list[int]:
        """Numbers of the papers that both indexes hold."""
        with self._mapped():
            return [int(row[0]) for row in self._db.execute("SELECT number FROM papers WHERE state = ?", (INDEXED,))]

    def data_version(self) -> int:
        """Changes when another connection has written to the file."""
        with self._mapped():
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def chunk_owners(self, numbers: Sequence[int]) -> dict[int, tuple[int, Chunk]]:
        """The paper number and span of each of these chunks; unknown numbers are left out."""
        found: dict[int, tuple[int, Chunk]] = {}
        with self._mapped():
            for at in range(0, len(numbers), 30_000):  # SQLite takes 32,766 values a statement
                part = [int(number) for number in numbers[at : at + 30_000]]
                marks = ", ".join("?" * len(part))
                rows = self._db.execute(
                    f'SELECT number, paper, start, "end" FROM chunks WHERE number IN ({marks})', part
                )
                found |= {number: (paper, Chunk(start, end)) for number, paper, start, end in rows}
        return found

    def tally(self) -> dict[str, int]:
        """How many papers each source brought."""
        with self._mapped():
            rows = self._db.execute("SELECT source, count(DISTINCT number) FROM sources GROUP BY source").fetchall()
        return {source: int(count) for source, count in rows}

    def dates(self) -> tuple[str | None, str | None, int]:
        """(earliest date, latest date, papers without a date)."""
        with self._mapped():
            first, last, total, dated = self._db.execute(
                "SELECT min(date), max(date), count(*), count(date) FROM papers"
            ).fetchone()
        return first, last, int(total) - int(dated)

    def faults(self) -> str | None:
        """What SQLite's own check finds wrong with the file, or None."""
        with self._mapped():
            said = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        return None if said == "ok" else str(said)

    @contextlib.contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise as_ours(error, self.path) from error
        except (ValueError, TypeError, LookupError) as error:  # what a row that no writer of ours wrote is read as
            raise LibraryDamaged(
                f"{self.path} holds a row that cannot be read", hint="Restore a copy of it."
            ) from error


def _is_blank(path: Path) -> bool:
    """Whether nothing is there, or a file that nothing was written to. LibraryReadOnly: one may not look."""
    try:
        return path.stat().st_size == 0
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        raise LibraryReadOnly(
            f"{path} cannot be opened: {error.strerror}", hint="Check the path and its permissions."
        ) from error
