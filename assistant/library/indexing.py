"""The writing side of a library: records into the catalog, pending rows into both indexes.

Rows go to the catalog as pending, then in batches into Chroma and tantivy, and are then marked indexed. While
Chroma is written to, the catalog says `vectors = dirty`; a writer that finds that mark builds the index anew from
the catalog's vectors, or where it lies on a server, goes on with it. So a kill at any point costs no paper: the next
writer finishes the rest.
"""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date as Date
from itertools import islice
from pathlib import Path
from typing import TypeVar

from assistant.cleaning import clean
from assistant.embedders import Embedder, Vectors
from assistant.errors import EmbedderMismatch, LibraryDamaged
from assistant.library.catalog import Catalog, ChunkRow
from assistant.library.filing import Outcome
from assistant.library.lexical import LexicalIndex
from assistant.library.schema import INDEXED
from assistant.library.shelf import Shelf
from assistant.library.vectors import VectorIndex, from_bytes, to_bytes
from assistant.papers import Chunk, Paper, Problem, Record, StoredPaper
from assistant.results import Intake
from assistant.text import chunk_spans

# Estimated tokens, about 2,100 characters: one chunk an abstract was best when fused (held-out titles, SciFact train).
CHUNK_TOKENS = 640
LISTED = 1_000  # problems and changed papers of a file that are named; further ones are counted
BATCH = 2_000  # papers filed, embedded and indexed at a time

Progress = Callable[[int, int], None]  # (done, total)
T = TypeVar("T")


def lexical_folder(folder: Path) -> Path:
    return folder / "lexical"


def check_embedder(catalog: Catalog, embedder: Embedder) -> None:
    """EmbedderMismatch where the library's vectors come from another embedder."""
    fingerprint = catalog.meta("fingerprint")
    if fingerprint and fingerprint != embedder.fingerprint:
        name = catalog.meta("embedder")
        other = f"“{name}”" if name != embedder.name else f"another version of “{name}”"
        raise EmbedderMismatch(
            f"the library's vectors were made by {other}, not by “{embedder.name}” as it is here",
            hint="Embed its papers anew with: assistant reindex",
        )


class Writer:
    """Files and indexes papers. Made by `Library.writing`, which holds the lock for as long as it is used."""

    def __init__(self, folder: Path, catalog: Catalog, embedder: Embedder, shelf: Shelf) -> None:
        self._folder, self._catalog, self._embedder, self._shelf = folder, catalog, embedder, shelf
        self._met: set[int] = set()

    # ---- records into the catalog

    def add(self, items: Iterable[Record | Problem], intake: Intake, *, day: Date, file: str = "") -> None:
        """File the records of one source and count them in `intake`; `index` then makes them findable. They are
        remembered as read from `file`, or where that is empty from the file of the intake.

        Batches are committed as they come: what was filed when an error or an interrupt ends this stays filed.
        """
        batch: list[Record] = []
        try:
            for item in items:
                if isinstance(item, Problem):
                    _report(item, intake)
                    continue
                batch.append(item)
                if len(batch) >= BATCH:
                    full, batch = batch, []
                    self._file(full, intake, day, file or intake.file)
        finally:
            self._file(batch, intake, day, file or intake.file)

    def _file(self, batch: Sequence[Record], intake: Intake, day: Date, file: str) -> None:
        with self._catalog.transaction():
            for record in batch:
                added = self._catalog.add(record, source=intake.source, file=file, day=day)
                intake.records += 1
                if added.changed and len(intake.changed_ids) < LISTED:
                    intake.changed_ids.append(added.changed)
                if added.outcome is Outcome.CONFLICT:
                    _report(Problem(record.line, added.reason), intake)
                elif added.number in self._met:
                    intake.repeated += 1
                else:
                    self._met.add(added.number)
                    intake.new += added.outcome is Outcome.NEW
                    intake.changed += added.outcome is Outcome.CHANGED
                    intake.known += added.outcome is Outcome.KNOWN

    # ---- the catalog into the indexes

    def index(self, *, progress: Progress = lambda done, total: None) -> int:
        """Chunk, embed and index what is pending, and repair what is not whole; the number of papers indexed.

        StoreError: the server that holds the vectors fails; what is filed stays pending.
        """
        papers, waiting, chunks = self._catalog.counts()
        self._claim_embedder()
        lexical = self._open_lexical(papers - waiting)
        with contextlib.closing(self._open_vectors(chunks)) as index:
            if not waiting and self._catalog.meta("vectors") == "clean":
                return 0
            self._shelf.begin(index)
            done = 0
            while batch := self._catalog.pending(BATCH):
                self._index_batch(batch, index, lexical)
                done += len(batch)
                progress(done, waiting)
            index.flush()
            if self._shelf.is_whole(index):
                self._shelf.finish(index)
                return done
        with contextlib.closing(self._build_vectors()) as index:
            self._shelf.finish(index)
        return done

    def _index_batch(self, batch: Sequence[tuple[int, Paper]], index: VectorIndex, lexical: LexicalIndex) -> None:
        numbers = [number for number, _ in batch]
        if stale := self._embed(batch):
            index.remove(stale)
        self._put(index, list(self._catalog.chunks_of(numbers)))
        lexical.put(batch)
        lexical.commit()
        with self._catalog.transaction():
            self._catalog.mark(numbers, INDEXED)

    def _embed(self, batch: Sequence[tuple[int, Paper]]) -> list[int]:
        """Replace the chunks of these papers in the catalog; the numbers of those that were there before."""
        max_tokens = self._catalog.whole_number("chunk_tokens", CHUNK_TOKENS)
        chunks = [
            (number, Chunk(start, end), f"{clean(paper.title)}. {clean(paper.abstract[start:end])}")
            for number, paper in batch
            for start, end in chunk_spans(paper.abstract, max_tokens=max_tokens)
        ]
        vectors = self._embedder.embed([text for _, _, text in chunks])
        with self._catalog.transaction():
            stale = self._catalog.drop_chunks([number for number, _ in batch])
            self._catalog.put_chunks(
                (number, chunk, to_bytes(vector)) for (number, chunk, _), vector in zip(chunks, vectors, strict=True)
            )
        return stale

    def _put(self, index: VectorIndex, rows: Sequence[ChunkRow]) -> None:
        stored = self._catalog.stored(sorted({row.paper for row in rows}))
        metadata = [_metadata(stored[row.paper]) for row in rows]
        index.put([row.number for row in rows], self._vectors(rows), metadata)

    def _vectors(self, rows: Sequence[ChunkRow]) -> Vectors:
        return from_bytes([row.vector for row in rows], self._embedder.dimension)

    def _claim_embedder(self) -> None:
        check_embedder(self._catalog, self._embedder)
        if not self._catalog.meta("fingerprint"):
            self._catalog.set_meta(
                embedder=self._embedder.name,
                fingerprint=self._embedder.fingerprint,
            )

    # ---- repair

    def _open_vectors(self, chunks: int) -> VectorIndex:
        """The vector index, built anew where it is missing, marked dirty, elsewhere, or does not hold every chunk. One
        that is marked and survives a kill is gone on with: what is pending is put again, and counted at the end."""
        state = self._catalog.meta("vectors")
        resumed = state == "dirty" and self._shelf.survives_a_kill()
        if not self._shelf.moves and self._shelf.is_there() and (state == "clean" or resumed):
            with contextlib.suppress(LibraryDamaged):
                return self._shelf.open(chunks=None if resumed else chunks)
        return self._build_vectors()

    def _build_vectors(self) -> VectorIndex:
        index = self._shelf.create()
        try:
            for rows in _batches(self._catalog.chunks_of()):
                self._put(index, rows)
        except BaseException:
            index.close()
            raise
        return index

    def _open_lexical(self, papers: int) -> LexicalIndex:
        """The lexical index, built anew where it is missing, damaged, or does not hold every indexed paper."""
        folder = lexical_folder(self._folder)
        with contextlib.suppress(LibraryDamaged):
            lexical = LexicalIndex(folder)
            if len(lexical) >= papers:
                return lexical
        lexical = LexicalIndex(folder, create=True)
        for numbers in _batches(self._catalog.indexed()):
            stored = self._catalog.stored(numbers)
            lexical.put((number, found.paper) for number, found in stored.items())
        lexical.commit()
        return lexical


def _report(problem: Problem, intake: Intake) -> None:
    if len(intake.problems) < LISTED:
        intake.problems.append(problem)
    else:
        intake.unlisted += 1


def _metadata(found: StoredPaper) -> dict[str, str | int]:
    """What Chroma keeps beside a vector; it refuses None, so an undated paper has no `date`."""
    known: dict[str, str | int] = {"paper": found.paper_id, "source": found.source}
    if day := found.paper.date:
        known["date"] = int(f"{day:%Y%m%d}")
    return known


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch
