"""The writing side of a library: records into the catalog, pending rows into both indexes.

Rows go to the catalog as pending, then in batches into Chroma and tantivy, and are then marked indexed. While
Chroma is written to, the catalog says `vectors = dirty`; a writer that finds that mark builds the index anew from
the catalog's vectors. So a kill at any point costs no paper: the next writer finishes the rest.
"""

import contextlib
import shutil
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
from assistant.library.vectors import ChromaIndex, from_bytes, to_bytes
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


def chroma_folder(folder: Path, catalog: Catalog) -> Path:
    """Where the vector index of the current generation lies. A rebuild goes to a new folder: readers of the old
    one are not disturbed, and a half-built one is never mistaken for whole."""
    return folder / "chroma" / f"g{catalog.whole_number('generation', 0)}"


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


def check_dimension(catalog: Catalog, embedder: Embedder, vectors: Vectors) -> None:
    """EmbedderMismatch where `vectors` are of another length than the library's: an endpoint can change what it runs
    under a name."""
    dimension = vectors.shape[1]
    if (known := catalog.whole_number("dimension", dimension)) != dimension:
        raise EmbedderMismatch(
            f"the library's vectors have {known} numbers, those of “{embedder.name}” have {dimension} now",
            hint="Embed its papers anew with: assistant reindex",
        )


class Writer:
    """Files and indexes papers. Made by `Library.writing`, which holds the lock for as long as it is used."""

    def __init__(self, folder: Path, catalog: Catalog, embedder: Embedder) -> None:
        self._folder, self._catalog, self._embedder = folder, catalog, embedder
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
        """Chunk, embed and index what is pending, and repair what is not whole; the number of papers indexed."""
        papers, waiting, chunks = self._catalog.counts()
        self._claim_embedder()
        lexical = self._open_lexical(papers - waiting)
        chroma = self._open_chroma(chunks)
        if not waiting and self._catalog.meta("vectors") == "clean":
            chroma.close()
            return 0
        self._catalog.set_meta(vectors="dirty")
        done = 0
        while batch := self._catalog.pending(BATCH):
            self._index_batch(batch, chroma, lexical)
            done += len(batch)
            progress(done, waiting)
        chroma.flush()
        if len(chroma) != self._catalog.counts()[2]:
            chroma = self._build_chroma()
        self._catalog.set_meta(vectors="clean")
        chroma.close()
        return done

    def _index_batch(self, batch: Sequence[tuple[int, Paper]], chroma: ChromaIndex, lexical: LexicalIndex) -> None:
        numbers = [number for number, _ in batch]
        if stale := self._embed(batch):
            chroma.remove(stale)
        self._put(chroma, list(self._catalog.chunks_of(numbers)))
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
        check_dimension(self._catalog, self._embedder, vectors)
        with self._catalog.transaction():
            self._catalog.set_meta(dimension=str(vectors.shape[1]))
            stale = self._catalog.drop_chunks([number for number, _ in batch])
            self._catalog.put_chunks(
                (number, chunk, to_bytes(vector)) for (number, chunk, _), vector in zip(chunks, vectors, strict=True)
            )
        return stale

    def _put(self, chroma: ChromaIndex, rows: Sequence[ChunkRow]) -> None:
        stored = self._catalog.stored(sorted({row.paper for row in rows}))
        metadata = [_metadata(stored[row.paper]) for row in rows]
        chroma.put([row.number for row in rows], self._vectors(rows), metadata)

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

    def _open_chroma(self, chunks: int) -> ChromaIndex:
        """The vector index, built anew where it is marked dirty, is missing, or does not hold every chunk."""
        folder = chroma_folder(self._folder, self._catalog)
        if self._catalog.meta("vectors") == "clean" and folder.is_dir():
            with contextlib.suppress(LibraryDamaged):
                chroma = ChromaIndex(folder)
                if len(chroma) == chunks:
                    return chroma
        return self._build_chroma()

    def _build_chroma(self) -> ChromaIndex:
        generation = self._catalog.whole_number("generation", 0) + 1
        self._catalog.set_meta(vectors="dirty", generation=str(generation))
        folder = chroma_folder(self._folder, self._catalog)
        chroma = ChromaIndex(folder, create=True)
        for rows in _batches(self._catalog.chunks_of()):
            self._put(chroma, rows)
        for old in folder.parent.glob("g[0-9]*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
        return chroma

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
