"""The reading side of a library: a question in, ranked papers out, from words and from vectors.

Vectors are first read one by one from the catalog, which is exact; who goes on asking gets the vector index. Where that
is marked dirty, missing, broken or out of reach, the reading goes on, slower and right, with a notice.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from assistant.cleaning import clean, whole
from assistant.embedders import Embedder, LateInteraction, Vectors
from assistant.errors import LibraryDamaged, LibraryError, LibraryFull, StoreError
from assistant.library.catalog import Catalog
from assistant.library.fusion import Fused, fuse, reordered
from assistant.library.indexes import check_dimension, check_embedder, open_lexical
from assistant.library.lexical import LexicalIndex, Wanted
from assistant.library.shelf import LOCAL, Shelf
from assistant.library.vectors import Block, Near, VectorIndex, from_bytes, held, nearest_exactly
from assistant.library.wording import Respelled, Wording
from assistant.papers import Chunk, Filters, Passage, StoredPaper
from assistant.text import is_title, terms

CANDIDATES = 300  # papers or chunks asked of each side before fusion
CLOSELY = 20  # papers whose words are held against the question's one by one; more gained nothing
CLOSE_WEIGHT = 0.5  # what that counts, beside 1.0 for the fused score; as CLOSELY, from tools/bench_retrieval.py --tune
FEW = 5_000  # papers that meet the conditions, up to which the lexical index is asked for them by number
READ = 50  # of the papers found first: their abstracts may explain the question's short forms
# Damaged, or being written by another process, or on a full disk, where Chroma cannot open: all the same from here.
UNUSABLE = "the vector index is not usable now, searching vectors one by one; if that stays: assistant reindex"

# Vectors read one by one before the vector index is opened: that costs about as much as reading these does, and most
# processes ask once. (The rule of ski rental: buy when renting has cost the price.)
SCANNED = 1_000_000
KEPT = 100_000  # vectors that stay in memory between two scans
BLOCK = 2_000  # vectors read at a time: what fits the cache

Notice = Callable[[str], None]
Side = Literal["closely", "fused", "lexical", "vector"]


class Searcher:
    """Searches a library as it was when this was made."""

    def __init__(
        self, folder: Path, catalog: Catalog, embedder: Callable[[], Embedder], shelf: Shelf, notice: Notice
    ) -> None:
        self._folder, self._catalog, self._shelf, self._notice = folder, catalog, shelf, notice
        self._load_embedder = embedder
        _, _, self._chunks = catalog.counts()
        self._scanned = 0  # vectors read one by one so far
        self._lexical = self._open_lexical()  # here, where the marks of a writer that begins now are still seen

    @cached_property
    def _embedder(self) -> Embedder:
        embedder = self._load_embedder()
        check_embedder(self._catalog, embedder)
        return embedder

    def _open_lexical(self) -> LexicalIndex | None:
        try:
            return open_lexical(self._folder, self._catalog)
        except (LibraryDamaged, LibraryFull):
            self._notice("the lexical index cannot be read, searching by vectors alone; mend it: assistant reindex")
            return None

    @cached_property
    def _index(self) -> VectorIndex | None:
        try:
            return self._shelf.open(chunks=self._chunks)
        except (LibraryDamaged, LibraryFull, StoreError) as error:
            self._tell_unusable(error)
            return None

    def _tell_unusable(self, error: LibraryError) -> None:
        told = f"{error}; searching vectors one by one. {error.hint}" if isinstance(error, StoreError) else UNUSABLE
        self._notice(told)

    @cached_property
    def _kept(self) -> list[Block]:
        return list(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        """The vectors of all chunks, read from the catalog; while some are used, the next ones are made ready."""
        dimension = self._embedder.dimension  # looked up here: the catalog is this thread's own
        with ThreadPoolExecutor(max_workers=1) as aside:
            ready: Future[Block] | None = None
            for rows in self._catalog.vectors(BLOCK):
                coming = aside.submit(_block, rows, dimension)
                if ready:
                    yield ready.result()
                ready = coming
            if ready:
                yield ready.result()

    def search(
        self,
        question: str,
        *,
        limit: int,
        filters: Filters | None,
        phrases: Sequence[str],
        without: Sequence[str],
        side: Side,
    ) -> list[Passage]:
        """The `limit` papers nearest to `question` that meet the conditions, best first.

        Each side gives its best 300; a paper that only the lexical side found still gets its true cosine.
        """
        question = clean(question)
        allowed = self._allowed(filters, phrases, without)
        lexical = self._lexical_hits(question, allowed) if side != "vector" else {}
        near = self._vector_hits(question, allowed, lexical) if side != "lexical" else {}
        cosines = {paper: one.cosine for paper, one in near.items()}
        ranked = fuse(lexical, cosines, limit=max(limit, CLOSELY))
        if side == "closely":
            ranked = self._reordered(question, ranked)
        ranked = ranked[:limit]
        found = self._catalog.stored([one.paper for one in ranked])
        chunks = self._catalog.spans([near[one.paper].chunk for one in ranked if one.paper in near])
        return [_passage(one, found[one.paper], chunks.get(one.paper)) for one in ranked]

    def respelled(self, question: str, *, as_typed: Iterable[str] = ()) -> Respelled:
        """`question` in words that the library has (`Wording.respelled`); as it is where they cannot be looked up."""
        return self._wording.respelled(question, as_typed=as_typed) if self._wording else Respelled(question)

    def rarity(self, terms: Iterable[str]) -> dict[str, float]:
        """How rare each term is among the papers: its idf (`LexicalIndex.rarity`)."""
        return self._lexical.rarity(terms) if self._lexical else dict.fromkeys(terms, 1.0)

    def mentions(self, name: str) -> bool:
        """Whether a paper has this word or name; True where that cannot be looked up."""
        return self._lexical.mentions(name) if self._lexical else True

    def meeting(self, filters: Filters, phrases: Sequence[str], without: Sequence[str]) -> set[int]:
        """The papers that meet the conditions, all of them where there is none."""
        allowed = self._allowed(filters, phrases, without)
        return set(self._catalog.matching(filters)) if allowed is None else allowed

    @cached_property
    def _wording(self) -> Wording | None:
        return Wording(self._lexical) if self._lexical else None

    def _allowed(self, filters: Filters | None, phrases: Sequence[str], without: Sequence[str]) -> set[int] | None:
        """The papers that meet the conditions; None for all of them, where there is no condition."""
        if not (filters or phrases or without):
            return None
        allowed = set(self._catalog.matching(filters or Filters()))
        if not (phrases or without):
            return allowed
        if self._lexical is None:
            raise LibraryDamaged("phrases cannot be looked up: no lexical index", hint="Mend it: assistant reindex")
        for phrase in phrases:
            allowed &= self._lexical.holding(phrase)
        return allowed.difference(*(self._lexical.holding(name) for name in without if terms(name)))

    def _lexical_hits(self, question: str, allowed: set[int] | None) -> dict[int, float]:
        if self._lexical is None or self._wording is None:
            return {}
        wanted = self._wording.wanted(question)
        hits = self._lexical_best(self._lexical, wanted, allowed)
        read = (abstract for _, abstract in self._catalog.texts(list(hits)[:READ]))
        more = self._wording.wanted(question, read)
        return hits if more == wanted else self._lexical_best(self._lexical, more, allowed)

    def _lexical_best(
        self, index: LexicalIndex, wanted: Sequence[Wanted], allowed: set[int] | None
    ) -> dict[int, float]:
        """The best of the allowed papers, or of all that the catalog has: the index may still hold removed ones."""
        if allowed is not None and len(allowed) <= FEW:
            return index.search(wanted, limit=CANDIDATES, among=allowed)
        limit = CANDIDATES
        while True:
            hits = index.search(wanted, limit=limit)
            kept = self._catalog.known(hits) if allowed is None else allowed
            found = [(paper, score) for paper, score in hits.items() if paper in kept]
            if allowed is None or len(found) >= CANDIDATES or len(hits) < limit:
                return dict(found[:CANDIDATES])
            limit *= 8  # most of the best do not meet the conditions

    def _reordered(self, question: str, ranked: Sequence[Fused]) -> list[Fused]:
        """`ranked`, its first papers by how near their words are to each of the question's, where the embedder has
        vectors of words; before them what the question is the title of."""
        first = self._catalog.texts([one.paper for one in ranked[:CLOSELY]])
        called = {one.paper for one, (title, _) in zip(ranked, first, strict=False) if is_title(question, clean(title))}
        if isinstance(self._embedder, LateInteraction):
            texts = [whole(title, abstract) for title, abstract in first]
            ranked = reordered(ranked, self._embedder.interaction(question, texts).tolist(), weight=CLOSE_WEIGHT)
        return [replace(one, score=1.0) for one in ranked if one.paper in called] + [
            one for one in ranked if one.paper not in called
        ]

    def _vector_hits(self, question: str, allowed: set[int] | None, lexical: Collection[int]) -> dict[int, Near]:
        """For every paper near the question, or found by the lexical side, its nearest chunk."""
        vectors = self._embedder.embed([question])
        check_dimension(self._catalog, self._embedder, vectors)
        query = vectors[0]
        if allowed is not None:
            return self._scan(query, limit=CANDIDATES, also=lexical, only=allowed)
        indexed = self._shelf.place != LOCAL or self._scanned >= SCANNED
        if indexed and (near := self._indexed(query)) is not None:
            return self._scan(query, limit=CANDIDATES, only=set(lexical) - near.keys()) | near
        return self._scan(query, limit=CANDIDATES, also=lexical)

    def _indexed(self, query: Vectors) -> dict[int, Near] | None:
        """For every paper near the question, by the vector index, its nearest chunk, nearest first; None where that
        cannot be used."""
        if "_index" not in self.__dict__:
            self.__dict__.pop("_kept", None)  # before it takes as much again; only conditions have all read from now on
            self._catalog.unmap()
        if self._index is not None:
            try:
                numbers = self._index.nearest(held(query[None])[0], limit=CANDIDATES)
                return nearest_exactly(
                    [_block(self._catalog.vectors_of(chunks=numbers), len(query))], query, limit=CANDIDATES
                )
            except (LibraryDamaged, LibraryFull, StoreError) as error:
                self._index.close()
                self.__dict__["_index"] = None
                self._tell_unusable(error)
        return None

    def _scan(
        self, query: Vectors, *, limit: int, also: Collection[int] = (), only: Collection[int] | None = None
    ) -> dict[int, Near]:
        """What the vector index approximates, by reading vectors one by one: `vectors.nearest_exactly`."""
        few = only is not None and (len(only) <= FEW or len(only) < self._chunks / 50)
        if only is not None and few:
            return nearest_exactly(
                [_block(self._catalog.vectors_of(papers=sorted(only)), len(query))], query, limit=limit, also=also
            )
        self._scanned += self._chunks
        blocks = self._kept if self._chunks <= KEPT else self._blocks()
        return nearest_exactly(blocks, query, limit=limit, also=also, only=only)

    def close(self) -> None:
        for index in ("_index", "_lexical"):
            if opened := self.__dict__.get(index):
                opened.close()


def _passage(fused: Fused, stored: StoredPaper, chunk: Chunk | None) -> Passage:
    chunk = chunk or Chunk(0, len(stored.paper.abstract))
    return Passage(stored, chunk, score=fused.score, lexical=fused.lexical, vector=fused.vector)


def _block(rows: Sequence[tuple[int, int, bytes]], dimension: int) -> Block:
    numbers, papers, vectors = zip(*rows, strict=True) if rows else ((), (), ())
    return Block(np.array(numbers, np.int64), np.array(papers, np.int64), from_bytes(vectors, dimension))
