"""The writing side of a library: records into the catalog, pending rows into both indexes, and papers out of all three.

Rows go to the catalog as pending, then in batches into Chroma and tantivy, and are then marked indexed. What is
removed leaves the catalog at once, and then the indexes. While these are written to, the catalog says so; a writer
that finds that mark builds the lexical index anew, and gives the vector index what it lacks. So a kill at any point
costs no paper: the next writer finishes the rest.
"""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date as Date
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

from assistant.cleaning import whole
from assistant.embedders import Embedder, Vectors
from assistant.errors import LibraryDamaged, LibraryError
from assistant.holdings import Intake, Merger
from assistant.library.catalog import Catalog, ChunkRow
from assistant.library.filing import Outcome
from assistant.library.indexes import build_lexical, check_dimension, check_embedder, lexical_seal, open_lexical
from assistant.library.lexical import LexicalIndex
from assistant.library.schema import INDEXED
from assistant.library.shelf import Shelf
from assistant.library.vectors import VectorIndex, from_bytes, held, to_bytes
from assistant.papers import Chunk, Paper, Problem, Record, StoredPaper
from assistant.sources.resuming import Mark
from assistant.sources.rows import row_of
from assistant.text import chunk_spans

# Estimated tokens, about 2,100 characters: one chunk an abstract was best when fused (held-out titles, SciFact train).
CHUNK_TOKENS = 640
LISTED = 1_000  # problems, changed and merged papers of a file that are named; further ones are counted
BATCH = 2_000  # papers filed, embedded and indexed at a time
ASKED = 1_000  # chunks of a new vector index that must be found
BUILDS = 3  # of a vector index that does not give them; then exact search stands in
STEP = 200  # papers embedded between two reports of progress

Reject = Callable[[Problem], None]
Progress = Callable[[str, int, int], None]  # (what is being done, done, total; total 0 where it is not known)
T = TypeVar("T")


class Writer:
    """Files and indexes papers. Made by `Library.writing`, which holds the lock for as long as it is used."""

    def __init__(self, folder: Path, catalog: Catalog, embedder: Embedder, shelf: Shelf) -> None:
        self._folder, self._catalog, self._embedder, self._shelf = folder, catalog, embedder, shelf
        self._met = _Numbers()

    # ---- records into the catalog

    def add(
        self,
        items: Iterable[Record | Problem],
        intake: Intake,
        *,
        day: Date,
        file: str = "",
        reject: Reject = lambda problem: None,
        mark: Callable[[], Mark] | None = None,
    ) -> None:
        """File the records of one source and count them in `intake`; `index` then makes them findable. They are
        remembered as read from `file`, or where that is empty from the file of the intake. `reject` gets every problem,
        with its record; `mark` says how far the file is read, which is remembered with what is filed until
        there is a problem.

        Batches are committed as they come: what was filed when an error or an interrupt ends this stays filed.
        """
        batch: list[Record] = []
        filed = partial(self._file, intake=intake, day=day, file=file or intake.file, reject=reject)
        try:
            for item in items:
                if isinstance(item, Problem):
                    _report(item, intake, reject)
                    continue
                batch.append(item)
                if len(batch) >= BATCH:
                    full, batch = batch, []
                    filed(full, mark=mark)
        except BaseException:
            filed(batch)  # the last line that was read may not be among them, so how far it was is not remembered
            raise
        filed(batch, mark=mark)

    def mark_of(self, file: str) -> Mark | None:
        """How far a file was read, if it is known."""
        return self._catalog.mark_of(file)

    def _file(
        self,
        batch: Sequence[Record],
        *,
        intake: Intake,
        day: Date,
        file: str,
        reject: Reject,
        mark: Callable[[], Mark] | None = None,
    ) -> None:
        with self._catalog.transaction():
            absorbed: list[int] = []
            self._catalog.set_meta(ingested=f"{day}")
            for record in batch:
                added = self._catalog.add(record, source=intake.source, file=file, day=day)
                absorbed += added.absorbed
                intake.records += 1
                intake.withdrawn += added.withdrawn
                intake.replaced += added.replaced
                intake.merged += len(added.absorbed)
                if added.changed and added.changed not in intake.changed_ids and len(intake.changed_ids) < LISTED:
                    intake.changed_ids.append(added.changed)
                room = LISTED - len(intake.merged_ids)
                intake.merged_ids += [Merger(gone, added.changed) for gone in added.gone][:room]
                if added.reason:
                    raw = json.dumps(row_of(record.paper), ensure_ascii=False)
                    _report(Problem(record.line, added.reason, raw), intake, reject)
                if added.outcome is Outcome.CONFLICT:
                    continue
                if not self._met.add(added.number):
                    intake.repeated += 1
                else:
                    intake.new += added.outcome is Outcome.NEW
                    intake.changed += added.outcome is Outcome.CHANGED
                    intake.known += added.outcome is Outcome.KNOWN
            self._catalog.let_go(absorbed)
            if mark is not None and not intake.problems:  # else what is wrong with it would not be told again
                self._catalog.set_mark(file, mark())

    # ---- the catalog into the indexes

    def index(self, *, progress: Progress = lambda what, done, total: None) -> int:
        """Chunk, embed and index what is pending, and repair what is not whole; the number of papers indexed.

        StoreError: the server that is to hold the vectors fails; what is filed stays filed.
        """
        waiting = self._catalog.counts()[1]
        with self._indexes(progress) as (lexical, vectors):
            if vectors is not None and self._shelf.is_clean and not waiting:
                self._shelf.clear_folders()
                return 0
            done = 0
            with self._writing_to(vectors, progress) as vectors:
                lexical.remove(self._catalog.absorbed())
                while batch := self._catalog.pending(BATCH):
                    self._index_batch(batch, vectors, lexical, partial(_onwards, progress, done, waiting))
                    done += len(batch)
                self._finish(vectors, progress)
        return done

    def reindex(self, *, chunk_tokens: int | None = None, progress: Progress = lambda what, done, total: None) -> int:
        """Chunk, embed and index every paper anew with the embedder at hand; the number of papers still to do. What
        an earlier reindex to the same end has done is not done again. Old chunks are searched until they are
        replaced, unless they come from another embedder. StoreError: as `index`; nothing is changed where the server
        fails from the beginning."""
        self._shelf.check_reached()
        if not self.resumes(chunk_tokens):
            embedder = self._embedder
            known = self._catalog.whole_number("dimension", embedder.dimension)
            same = (self._catalog.meta("fingerprint"), known) == (embedder.fingerprint, embedder.dimension)
            with self._catalog.transaction():
                self._catalog.unindex(keep_chunks=same)
                self._shelf.begin(None)
                self._catalog.set_meta(reindexing=self._goal(chunk_tokens))
                self._catalog.set_meta(embedder=embedder.name, fingerprint=embedder.fingerprint)
                if chunk_tokens is not None:
                    self._catalog.set_meta(chunk_tokens=str(chunk_tokens))
        return self.index(progress=progress)

    def resumes(self, chunk_tokens: int | None) -> bool:
        """Whether a reindex with these chunks would go on with one that was interrupted."""
        return self._catalog.meta("reindexing") == self._goal(chunk_tokens)

    def _goal(self, chunk_tokens: int | None) -> str:
        return f"{self._embedder.fingerprint} {self._embedder.dimension} {chunk_tokens}"

    def remove(self, papers: Sequence[int], *, progress: Progress = lambda what, done, total: None) -> None:
        """Take papers out of the library. From the catalog they go in one transaction, which is what counts."""
        self.index(progress=progress)  # what another command left; else `_finish` below would pass it over
        with self._indexes(progress) as (lexical, vectors), self._writing_to(vectors, progress) as vectors:
            with self._catalog.transaction():
                chunks = self._catalog.remove(papers)
            if vectors is not None:
                vectors.remove(chunks)
            lexical.remove(papers)
            lexical.commit()
            self._finish(vectors, progress)

    def _index_batch(
        self,
        batch: Sequence[tuple[int, Paper]],
        vectors: VectorIndex | None,
        lexical: LexicalIndex,
        progress: Callable[[int], None],
    ) -> None:
        numbers = [number for number, _ in batch]
        stale = self._embed(batch, progress)
        if vectors is not None:
            vectors.remove(stale)
            self._put(vectors, list(self._catalog.chunks_of(numbers)))
        lexical.put(batch)
        lexical.commit()
        with self._catalog.transaction():
            self._catalog.mark(numbers, INDEXED)

    def _embed(self, batch: Sequence[tuple[int, Paper]], progress: Callable[[int], None]) -> list[int]:
        """Replace the chunks of these papers in the catalog; the numbers of those that were there before."""
        max_tokens = self._catalog.whole_number("chunk_tokens", CHUNK_TOKENS)
        rows: list[tuple[int, Chunk, bytes]] = []
        for at in range(0, len(batch), STEP):
            progress(at)
            chunks = [
                (number, Chunk(start, end), whole(paper.title, paper.abstract[start:end]))
                for number, paper in batch[at : at + STEP]
                for start, end in chunk_spans(paper.abstract, max_tokens=max_tokens)
            ]
            vectors = self._embedder.embed([text for _, _, text in chunks])
            check_dimension(self._catalog, self._embedder, vectors)
            rows += [(number, chunk, to_bytes(one)) for (number, chunk, _), one in zip(chunks, vectors, strict=True)]
        with self._catalog.transaction():
            self._catalog.set_meta(dimension=str(vectors.shape[1]))
            stale = self._catalog.drop_chunks([number for number, _ in batch])
            self._catalog.put_chunks(rows)
        return stale

    def _put(self, index: VectorIndex, rows: Sequence[ChunkRow]) -> None:
        stored = self._catalog.stored(sorted({row.paper for row in rows}))
        metadata = [_metadata(stored[row.paper]) for row in rows]
        index.put([row.number for row in rows], self._held(rows), metadata)

    def _held(self, rows: Sequence[ChunkRow]) -> Vectors:
        return held(from_bytes([row.vector for row in rows], self._embedder.dimension))

    def _claim_embedder(self) -> None:
        check_embedder(self._catalog, self._embedder)
        if not self._catalog.meta("fingerprint"):
            self._catalog.set_meta(
                embedder=self._embedder.name,
                fingerprint=self._embedder.fingerprint,
            )

    # ---- both indexes: opened, written to, finished

    @contextlib.contextmanager
    def _indexes(self, progress: Progress) -> Iterator[tuple[LexicalIndex, VectorIndex | None]]:
        """Both indexes, the lexical one built anew where it is not whole; None for a vector index that is not: it is
        built by `_finish`, when the catalog has all vectors."""
        papers, waiting, _ = self._catalog.counts()
        self._claim_embedder()
        vectors = self._shelf.reopened()
        with contextlib.closing(vectors) if vectors is not None else contextlib.nullcontext():
            yield self._open_lexical(papers - waiting, progress), vectors

    @contextlib.contextmanager
    def _writing_to(self, vectors: VectorIndex | None, progress: Progress) -> Iterator[VectorIndex | None]:
        """What stands for this vector index while it is written to (`Shelf.begin`), with all that it lacked."""
        lacking = self._shelf.lacking  # before `begin`, which marks the index as being written to
        vectors = self._shelf.begin(vectors)
        try:
            if vectors is not None and lacking is not None:
                self._fill(vectors, progress, after=lacking)
                vectors.remove(self._shelf.gone(vectors))
            yield vectors
        except BaseException as error:
            if vectors is not None:
                vectors.close()
            with contextlib.suppress(LibraryError):  # what went wrong first is what is told
                if isinstance(error, LibraryDamaged) and not self._shelf.survives_a_kill:
                    self._shelf.give_up()
                self._shelf.clear_folders()  # a copy that is not finished takes room, and the disk may be full
            raise

    def _finish(self, vectors: VectorIndex | None, progress: Progress) -> None:
        """Have the vector index written out, and built anew where it does not give what it must; then seal both."""
        if vectors is not None:
            vectors.flush()
        builds = 0
        while vectors is None or (builds < BUILDS and not self._gives_all(vectors)):
            if vectors is not None:
                vectors.close()
            vectors, builds = self._build_vectors(progress), builds + 1
        vectors.close()
        with self._catalog.transaction():
            self._shelf.finish(vectors)
            self._catalog.set_meta(reindexing="", absorbed="", lexical_seal=lexical_seal(self._folder))
        self._shelf.clear_old()

    def _gives_all(self, vectors: VectorIndex) -> bool:
        """Whether the vector index holds every chunk, and finds as many as are asked for: of vectors that are nearly
        the same HNSW may link one to no other (seen in 2 of some 200 builds, of 32 vectors, on two busy cores)."""
        rows = list(islice(self._catalog.chunks_of(), 1))
        with contextlib.suppress(LibraryDamaged):
            found = not rows or vectors.nearest(self._held(rows)[0], limit=ASKED)
            return bool(found) and self._shelf.is_whole(vectors)
        return False

    def _build_vectors(self, progress: Progress) -> VectorIndex:
        vectors = self._shelf.create()
        try:
            self._fill(vectors, progress)
            vectors.flush()
        except BaseException:
            vectors.close()
            raise
        return vectors

    def _fill(self, vectors: VectorIndex, progress: Progress, *, after: int = 0) -> None:
        """Put the catalog's chunks numbered above `after` into the vector index."""
        done, total = 0, len(self._catalog.chunk_numbers(after=after))
        for rows in _batches(self._catalog.chunks_of(after=after)):
            progress("building the vector index", done, total)
            self._put(vectors, rows)
            done += len(rows)

    def _open_lexical(self, papers: int, progress: Progress) -> LexicalIndex:
        """The lexical index, built anew where it is marked dirty, is missing, damaged, or does not hold every indexed
        paper. Dirty, it may hold removed papers, and a file that a killed commit left makes the next one fail."""
        if self._shelf.is_clean:
            with contextlib.suppress(LibraryDamaged):
                lexical = open_lexical(self._folder, self._catalog)
                if len(lexical) >= papers:
                    return lexical
        return build_lexical(self._folder, self._catalog, self._all_papers(progress))

    def _all_papers(self, progress: Progress) -> Iterator[list[tuple[int, Paper]]]:
        """What the lexical index must hold before pending papers are put: all of a library that is being reindexed."""
        numbers = self._catalog.numbers(indexed=not self._catalog.meta("reindexing"))
        for done in range(0, len(numbers), BATCH):
            progress("building the lexical index", done, len(numbers))
            stored = self._catalog.stored(numbers[done : done + BATCH])
            yield [(number, found.paper) for number, found in stored.items()]


def _onwards(progress: Progress, done: int, total: int, more: int) -> None:
    progress("indexing", done + more, total)


class _Numbers:
    """A set of whole numbers in a bit each: of millions of papers, a set of Python's would take hundreds of
    megabytes."""

    def __init__(self) -> None:
        self._bits = bytearray()

    def add(self, number: int) -> bool:
        """Put a number in; whether it is new there."""
        at, bit = number >> 3, 1 << (number & 7)
        if at >= len(self._bits):
            self._bits.extend(bytes(at + 4_096 - len(self._bits)))
        new = not self._bits[at] & bit
        self._bits[at] |= bit
        return new


def _report(problem: Problem, intake: Intake, reject: Reject) -> None:
    reject(problem)
    if len(intake.problems) < LISTED:
        intake.problems.append(replace(problem, raw=""))
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
