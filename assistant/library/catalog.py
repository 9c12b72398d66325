"""The catalog: every paper, where it came from, its chunks and their vectors, in one SQLite file.

It is the truth; the lexical and the vector index are derived from it. A row's `state` says whether both indexes
hold it; what is pending is finished by the next writer.
"""

import contextlib
import hashlib
import json
import operator
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from pathlib import Path
from typing import Any

from assistant.cleaning import one_line
from assistant.errors import LibraryDamaged
from assistant.library import filing, marking, origins, replies, selecting
from assistant.library.connecting import BUSY_SECONDS, connected, foreign
from assistant.library.filing import Added
from assistant.library.marking import Marking
from assistant.library.memory import Memory
from assistant.library.schema import INDEXED, OF_A_PAPER, PENDING, as_ours, columns, from_row, text, transaction
from assistant.papers import Chunk, Filters, Marks, Paper, Provenance, Record, Sort, StoredPaper
from assistant.results import Kept
from assistant.sources.resuming import FROM, Mark

FILE = "catalog.sqlite3"
SETTLE_SECONDS = 1.0
PAGES = 2_000  # copied at a time: 8 MB
VARIABLES = 30_000  # SQLite takes 32,766 values a statement

Advance = Callable[[int, int], None]  # (pages done, pages in all)


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk as the catalog keeps it; `number` is its name in the vector index."""

    number: int
    paper: int
    chunk: Chunk
    vector: bytes


class Catalog:
    """An opened catalog. Methods raise the `LibraryError` that fits; a write is one transaction."""

    def __init__(
        self, folder: Path, *, write: bool = False, create: bool = False, wait_s: float = BUSY_SECONDS
    ) -> None:
        self.path = folder / FILE
        with self._mapped():
            self._db = connected(self.path, write=write, create=create, wait_s=wait_s)

    def close(self) -> None:
        self._db.close()

    @property
    def memory(self) -> Memory:
        """What is remembered for digests."""
        return Memory(self._db, self.path)

    @property
    def marking(self) -> Marking:
        """The marks of its user."""
        return Marking(self._db, self.path)

    def settle(self, *, wait_s: float = SETTLE_SECONDS) -> None:
        """Move what the write-ahead log holds into the file itself, so that the file alone is the whole catalog; not
        while a reader keeps to what was there before: a later writer then does."""
        with self._mapped():
            self._db.execute(f"PRAGMA busy_timeout = {wait_s * 1_000:.0f}")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # ---- writing

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing: commits at the end, rolls back on any exception."""
        with self._mapped(), transaction(self._db):
            yield

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

    def set_mark(self, file: str, mark: Mark) -> None:
        """Remember how far a file was read, where that spares reading it again. Call it inside the transaction that
        files its records."""
        if mark.lines >= FROM:
            self._db.execute("INSERT OR REPLACE INTO reading VALUES (?, ?, ?)", (file, mark.lines, mark.digest))

    def mark(self, papers: Iterable[int], state: int) -> None:
        self._db.executemany("UPDATE papers SET state = ? WHERE number = ?", [(state, number) for number in papers])

    def remove(self, papers: Sequence[int]) -> list[int]:
        """Forget these papers and all that is known of them, and every kept reply, which may tell of them; the numbers
        of their chunks. Call it inside a transaction."""
        chunks = self.drop_chunks(papers)
        self._db.execute("DELETE FROM replies")
        self._db.execute("DELETE FROM reading")  # so that they come back where their files are read again
        for table in (*OF_A_PAPER, "origins", "papers"):
            self._db.executemany(f"DELETE FROM {table} WHERE number = ?", [(paper,) for paper in papers])
        return chunks

    def unindex(self, *, keep_chunks: bool) -> None:
        """Have every paper indexed anew. With `keep_chunks` those that are there count until they are replaced; others
        than those of papers never do. Call it inside a transaction."""
        self._db.execute(
            "DELETE FROM chunks WHERE paper NOT IN (SELECT number FROM papers)" if keep_chunks else "DELETE FROM chunks"
        )
        if not keep_chunks:
            self._db.execute("DELETE FROM meta WHERE key = 'dimension'")
        self._db.execute("UPDATE papers SET state = ?", (PENDING,))

    def let_go(self, papers: Sequence[int]) -> None:
        """Remember numbers of papers that became part of others, for the lexical index. For inside a transaction."""
        if papers:
            self.set_meta(absorbed=" ".join(map(str, (*self.absorbed(), *papers))))

    def absorbed(self) -> list[int]:
        """The numbers that the lexical index may still have to let go."""
        return [int(number) for number in (self.meta("absorbed") or "").split()]

    def keep(self, key: str, reply: Kept) -> None:
        """Keep a model's reply: see `replies.keep`. Call it inside a transaction."""
        replies.keep(self._db, key, reply)

    def set_meta(self, **values: str) -> None:
        with self._mapped():
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    def drop_meta(self, *keys: str) -> None:
        self._db.executemany("DELETE FROM meta WHERE key = ?", [(key,) for key in keys])

    def take(self, other: "Catalog", *, advance: Advance) -> None:
        """Become what `other` is, in one transaction."""
        with other._mapped(), self._mapped():
            other._db.backup(self._db, pages=PAGES, progress=lambda status, left, all_: advance(all_ - left, all_))

    # ---- reading

    def unmap(self) -> None:
        """From now on read what is looked up. A mapped file is quicker to read from end to end, and counts as memory
        of this process."""
        with self._mapped():
            self._db.execute("PRAGMA mmap_size = 0")

    def copy(self, path: Path, *, advance: Advance) -> None:
        """Write the catalog as it is now to the new file `path`, whatever is written to it meanwhile."""
        with self.snapshot(), contextlib.closing(sqlite3.connect(path)) as to:
            self.counts()  # from this first look on, the snapshot holds
            with self._mapped():
                self._db.backup(to, pages=PAGES, progress=lambda status, left, all_: advance(all_ - left, all_))
                to.execute("PRAGMA journal_mode = DELETE")  # so that the one file is all

    def foreign(self) -> str | None:
        """What the file holds that no writer of ours has put there, or None."""
        with self._mapped():
            return foreign(self._db)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """What is read inside is of one state of the catalog, whatever is written meanwhile."""
        if self._db.in_transaction:  # of a snapshot around this one
            yield
            return
        with self._mapped():
            self._db.execute("BEGIN")
        try:
            yield
        finally:
            with self._mapped():
                self._db.execute("ROLLBACK")

    def meta(self, key: str) -> str | None:
        with self._mapped():
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def mark_of(self, file: str) -> Mark | None:
        """How far a file was read, if that was remembered."""
        with self._mapped():
            row = self._db.execute("SELECT lines, digest FROM reading WHERE file = ?", (file,)).fetchone()
            return None if row is None else Mark(operator.index(row[0]), text(row[1]))

    def whole_number(self, key: str, default: int) -> int:
        """The value of `key` in the table `meta`, as a number. LibraryDamaged: it is none."""
        said = self.meta(key)
        if said is not None and not (said.isascii() and said.isdecimal() and len(said) < 10):
            raise LibraryDamaged(f"{self.path} has no number for “{key}”", hint="Restore a copy of it.")
        return default if said is None else int(said)

    def recall(self, key: str) -> Kept | None:
        """A model's reply that was kept: see `replies.recall`. LibraryDamaged, also where there is no table of them."""
        with self._mapped():
            return replies.recall(self._db, key)

    def chunk_numbers(self, *, after: int = 0) -> list[int]:
        """The numbers of the chunks above `after`, in order."""
        with self._mapped():
            rows = self._db.execute("SELECT number FROM chunks WHERE number > ? ORDER BY number", (after,))
            return [int(row[0]) for row in rows]

    def last_chunk(self) -> int:
        """The highest number of a chunk; 0 where there is none."""
        with self._mapped():
            return int(self._db.execute("SELECT coalesce(max(number), 0) FROM chunks").fetchone()[0])

    def counts(self) -> tuple[int, int, int]:
        """(papers, those pending, chunks)."""
        with self._mapped():
            papers = self._db.execute("SELECT count(*) FROM papers").fetchone()[0]
            pending = self._db.execute("SELECT count(*) FROM papers WHERE state = 0").fetchone()[0]
            chunks = self._db.execute("SELECT count(*) FROM chunks").fetchone()[0]
        return int(papers), int(pending), int(chunks)

    def pending(self, limit: int) -> list[tuple[int, Paper]]:
        with self._mapped():
            rows = self._db.execute(
                f"SELECT number, {columns(self._db)} FROM papers WHERE state = 0 ORDER BY number LIMIT ?", (limit,)
            ).fetchall()
        return [(int(row[0]), from_row(row[1:])) for row in rows]

    def stored(self, numbers: Sequence[int]) -> dict[int, StoredPaper]:
        """The papers of these numbers, in this order, with where each came from and what its user has put to it."""
        sources: dict[int, list[Provenance]] = {}
        with self._mapped():
            rows = self._among("SELECT number, rowid, source, file, line, day FROM sources WHERE number", numbers)
            for number, _, source, file, line, day in sorted(rows):
                sources.setdefault(number, []).append(Provenance(source, file, line, Date.fromisoformat(day)))
            papers = self._among(f"SELECT number, paper_id, {columns(self._db)} FROM papers WHERE number", numbers)
            marks = marking.of(lambda query: self._among(query, numbers)) if marking.there(self._db) else {}
            found = {
                number: StoredPaper(
                    paper_id, from_row(row), tuple(sources.get(number, ())), marks=marks.get(number, Marks())
                )
                for number, paper_id, *row in papers
            }
            return {number: found[number] for number in numbers}

    def origins(self, number: int) -> tuple[tuple[str, Provenance], ...]:
        """Where each field of a paper was read: see `origins.read`."""
        with self._mapped():
            return origins.read(self._db, number)

    def newest(self) -> int:
        """The highest number of a paper; 0 where there is none."""
        with self._mapped():
            return int(self._db.execute("SELECT coalesce(max(number), 0) FROM papers").fetchone()[0])

    def newer(self, number: int, *, dated_before: Date) -> list[int]:
        """The numbers above `number` of papers that are dated before a day."""
        query = "SELECT number FROM papers WHERE number > ? AND date < ? ORDER BY number"
        with self._mapped():
            return [int(row[0]) for row in self._db.execute(query, (number, f"{dated_before}"))]

    def days_of(self, numbers: Iterable[int]) -> list[Date]:
        """The dates of those of these papers that have one."""
        rows = self._among("SELECT date FROM papers WHERE date IS NOT NULL AND number", numbers)
        with self._mapped():
            return [Date.fromisoformat(text(day)) for (day,) in rows]

    def texts(self, numbers: Sequence[int]) -> list[tuple[str, str]]:
        """Title and abstract of each of these papers."""
        with self._mapped():
            rows = self._among("SELECT number, title, abstract FROM papers WHERE number", numbers)
            found = {number: (text(title), text(abstract)) for number, title, abstract in rows}
            return [found[number] for number in numbers]

    def resolve(self, name: str) -> int:
        """The number of the paper called `name`: see `selecting.resolve`."""
        with self._mapped():
            return selecting.resolve(self._db, name)

    def identified(self, names: Iterable[str]) -> dict[str, str]:
        """The paper id of each name that is wholly a paper's id, arXiv id, DOI or title; others are left out."""
        with self._mapped():
            numbers = {name: selecting.identified(self._db, one_line(name)) for name in names}
            known = [number for number in numbers.values() if number is not None]
            ids = dict(self._among("SELECT number, paper_id FROM papers WHERE number", known))
        return {name: text(ids[number]) for name, number in numbers.items() if number is not None}

    def fingerprint(self) -> str:
        """Of the papers as they are searched: ids, titles, abstracts, authors and dates."""
        seen = hashlib.sha256()
        with self._mapped():
            for row in self._db.execute(
                "SELECT paper_id, title, abstract, authors, date FROM papers ORDER BY paper_id"
            ):
                seen.update(json.dumps(row).encode())
        return seen.hexdigest()[:16]

    def count(self, filters: Filters) -> tuple[int, int]:
        """(papers that meet `filters`, undated papers that their dates left out)."""
        dated = filters.since or filters.until
        with self._mapped():
            where, values = selecting.conditions(self._db, filters)
            rest, rest_values = selecting.conditions(self._db, replace(filters, since=None, until=None))
            (met,) = self._db.execute(f"SELECT count(*) FROM papers WHERE {where}", values).fetchone()
            query = f"SELECT count(*) FROM papers WHERE {rest} AND date IS NULL"
            (undated,) = self._db.execute(query, rest_values).fetchone() if dated else (0,)
        return int(met), int(undated)

    def matching(
        self, filters: Filters, *, limit: int = -1, offset: int = 0, sort: Sort = "date", reverse: bool = False
    ) -> list[int]:
        """Numbers of the papers that meet `filters`, in the order of `selecting.ORDERS`; all of them for limit -1."""
        with self._mapped():
            where, values = selecting.conditions(self._db, filters)
            order = selecting.ORDERS[sort][reverse]
            rows = self._db.execute(
                f"SELECT number FROM papers WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
        return [int(row[0]) for row in rows]

    def following(self, number: int, filters: Filters, *, limit: int) -> list[int]:
        """The next `limit` numbers above `number` of papers that meet `filters`, in the order that they came in."""
        with self._mapped():
            where, values = selecting.conditions(self._db, filters, by_page=True)
            query = f"SELECT number FROM papers WHERE {where} AND number > ? ORDER BY number LIMIT ?"
            return [int(row[0]) for row in self._db.execute(query, (*values, number, limit))]

    def chunks_of(self, papers: Iterable[int] | None = None, *, after: int = 0) -> Iterator[ChunkRow]:
        """The chunks of these papers, or all numbered above `after` in the order of their numbers."""
        query = 'SELECT number, paper, start, "end", vector FROM chunks'
        with self._mapped():
            if papers is None:
                rows: Iterable[tuple[Any, ...]] = self._db.execute(
                    f"{query} WHERE number > ? ORDER BY number", (after,)
                )
            else:
                rows = self._among(f"{query} WHERE paper", papers)
            for number, paper, start, end, vector in rows:
                yield ChunkRow(number, paper, Chunk(start, end), vector)

    def vectors(self, block: int) -> Iterator[list[tuple[int, int, bytes]]]:
        """(number, paper, vector) of every chunk, up to `block` at a time."""
        with self._mapped():
            rows = self._db.execute("SELECT number, paper, vector FROM chunks")
            while some := rows.fetchmany(block):
                yield some

    def vectors_of(
        self, *, papers: Iterable[int] | None = None, chunks: Iterable[int] = ()
    ) -> list[tuple[int, int, bytes]]:
        """(number, paper, vector) of the chunks of these papers, or of these chunks; unknown ones are left out."""
        column, asked = ("number", chunks) if papers is None else ("paper", papers)
        return self._among(f"SELECT number, paper, vector FROM chunks WHERE {column}", asked)

    def numbers(self, *, indexed: bool) -> list[int]:
        """Numbers of all papers, or of those that were ever `indexed`."""
        only = f"WHERE state = {INDEXED} OR number IN (SELECT paper FROM chunks)" if indexed else ""
        with self._mapped():
            return [int(row[0]) for row in self._db.execute(f"SELECT number FROM papers {only} ORDER BY number")]

    def known(self, numbers: Iterable[int]) -> set[int]:
        """Those of the numbers that are papers: an index may still hold others, which were removed."""
        return {row[0] for row in self._among("SELECT number FROM papers WHERE number", numbers)}

    def data_version(self) -> int:
        """Changes when another connection has written to the file."""
        if not os.access(self.path.parent, os.W_OK):  # there SQLite takes every look for a change
            return hash(tuple(_state(file) for file in (self.path, self.path.with_name(f"{FILE}-wal"))))
        with self._mapped():
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def spans(self, chunks: Iterable[int]) -> dict[int, Chunk]:
        """The span of each of these chunks, by its paper."""
        rows = self._among('SELECT paper, start, "end" FROM chunks WHERE number', chunks)
        with self._mapped():
            return {paper: Chunk(operator.index(start), operator.index(end)) for paper, start, end in rows}

    def _among(self, query: str, numbers: Iterable[int]) -> list[tuple[Any, ...]]:
        """Rows of `query`, which ends in a column, that have one of the numbers there."""
        asked, rows = [int(number) for number in numbers], []
        with self._mapped():
            for at in range(0, len(asked), VARIABLES):
                part = asked[at : at + VARIABLES]
                rows += self._db.execute(f"{query} IN ({', '.join('?' * len(part))})", part).fetchall()
        return rows

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

    def last_read(self) -> str | None:
        """The last day on which something was read in."""
        if day := self.meta("ingested"):
            return day
        with self._mapped():  # as far as a library of before knows: the last day that brought something new
            (day,) = self._db.execute("SELECT max(day) FROM sources").fetchone()
        return None if day is None else str(day)

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


def _state(file: Path) -> tuple[int, int]:
    """When it was written last, and its size; of one that is not there (0, 0)."""
    try:
        found = file.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size
