"""The reading side of a library: a question in, ranked papers out, from both indexes.

Where the vector index is marked dirty, missing, broken or out of reach, exact search over the catalog's vectors
answers instead, slower and right, with a notice.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Literal

from assistant.cleaning import clean
from assistant.embedders import Embedder, Vectors
from assistant.errors import LibraryDamaged, LibraryError, LibraryFull, StoreError
from assistant.library.catalog import Catalog, ChunkRow
from assistant.library.fusion import Fused, fuse
from assistant.library.indexes import check_dimension, check_embedder, open_lexical
from assistant.library.lexical import LexicalIndex, Wanted
from assistant.library.shelf import Shelf
from assistant.library.vectors import VectorIndex, from_bytes, nearest_exactly
from assistant.library.wording import Respelled, Wording
from assistant.papers import Chunk, Filters, Passage, StoredPaper

CANDIDATES = 1_000  # papers or chunks asked of each side before fusion
READ = 50  # of the papers found first: their abstracts may explain the question's short forms
# Damaged, or being written by another process, or on a full disk, where Chroma cannot open: all the same from here.
UNUSABLE = "the vector index is not usable now, searching vectors one by one; if that stays: assistant reindex"

Notice = Callable[[str], None]
Side = Literal["fused", "lexical", "vector"]


class Searcher:
    """Searches a library as it was when this was made."""

    def __init__(
        self, folder: Path, catalog: Catalog, embedder: Callable[[], Embedder], shelf: Shelf, notice: Notice
    ) -> None:
        self._folder, self._catalog, self._shelf, self._notice = folder, catalog, shelf, notice
        self._load_embedder = embedder
        _, _, self._chunks = catalog.counts()

    @cached_property
    def _embedder(self) -> Embedder:
        embedder = self._load_embedder()
        check_embedder(self._catalog, embedder)
        return embedder

    @cached_property
    def _lexical(self) -> LexicalIndex | None:
        try:
            return open_lexical(self._folder, self._catalog)
        except (LibraryDamaged, LibraryFull):
            self._notice("the lexical index cannot be read, searching by vectors alone; mend it: assistant reindex")
            return None

    @cached_property
    def _chroma(self) -> VectorIndex | None:
        try:
            return self._shelf.open(chunks=self._chunks)
        except (LibraryDamaged, LibraryFull, StoreError) as error:
            self._tell_unusable(error)
            return None

    def _tell_unusable(self, error: LibraryError) -> None:
        told = f"{error}; searching vectors one by one. {error.hint}" if isinstance(error, StoreError) else UNUSABLE
        self._notice(told)

    @cached_property
    def _all_vectors(self) -> tuple[list[int], Vectors]:
        return self._matrix(list(self._catalog.chunks_of()))

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

        Each side gives its best thousand; a paper that only the lexical side found still gets its true cosine.
        """
        question = clean(question)
        allowed = self._allowed(filters, phrases, without)
        lexical = self._lexical_hits(question, allowed) if side != "vector" else {}
        vector, chunks = self._vector_hits(question, allowed, lexical) if side != "lexical" else ({}, {})
        ranked = fuse(lexical, vector)[:limit]
        found = self._catalog.stored([one.paper for one in ranked])
        return [_passage(one, found[one.paper], chunks.get(one.paper)) for one in ranked]

    def respelled(self, question: str) -> Respelled:
        """`question` in words that the library has (`Wording.respelled`); as it is where they cannot be looked up."""
        return self._wording.respelled(question) if self._wording else Respelled(question)

    def rarity(self, terms: Iterable[str]) -> dict[str, float]:
        """How rare each term is among the papers: its idf (`LexicalIndex.rarity`)."""
        return self._lexical.rarity(terms) if self._lexical else dict.fromkeys(terms, 1.0)

    def mentions(self, name: str) -> bool:
        """Whether a paper has this word or name; True where that cannot be looked up."""
        return self._lexical.mentions(name) if self._lexical else True

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
        return allowed.difference(*map(self._lexical.holding, without))

    def _lexical_hits(self, question: str, allowed: set[int] | None) -> dict[int, float]:
        if self._lexical is None or self._wording is None:
            return {}
        wanted = self._wording.wanted(question)
        hits = self._lexical_best(self._lexical, wanted, allowed)
        read = (found.paper.abstract for found in self._catalog.stored(list(hits)[:READ]).values())
        more = self._wording.wanted(question, read)
        return hits if more == wanted else self._lexical_best(self._lexical, more, allowed)

    def _lexical_best(
        self, index: LexicalIndex, wanted: Sequence[Wanted], allowed: set[int] | None
    ) -> dict[int, float]:
        """The best of the allowed papers, or of all that the catalog has: the index may still hold removed ones."""
        hits = index.search(wanted, limit=CANDIDATES if allowed is None else max(1, len(index)))
        kept = self._catalog.known(hits) if allowed is None else allowed
        return dict([(paper, score) for paper, score in hits.items() if paper in kept][:CANDIDATES])

    def _vector_hits(
        self, question: str, allowed: set[int] | None, lexical: Iterable[int]
    ) -> tuple[dict[int, float], dict[int, Chunk]]:
        """For every paper near the question, or found by the lexical side, its best cosine and chunk."""
        vectors = self._embedder.embed([question])
        check_dimension(self._catalog, self._embedder, vectors)
        query = vectors[0]
        if allowed is not None:
            hits = self._exact_hits(query, allowed)
        else:
            hits = self._index_hits(query)
            if self._chunks > len(hits):  # else every chunk is among the hits already
                hits |= self._exact_hits(query, lexical)
        best: dict[int, float] = {}
        chunks: dict[int, Chunk] = {}
        owners = self._catalog.chunk_owners(list(hits))
        for number, (paper, chunk) in owners.items():
            if hits[number] > best.get(paper, -2.0):
                best[paper], chunks[paper] = hits[number], chunk
        return best, chunks

    def _index_hits(self, query: Vectors) -> dict[int, float]:
        if self._chroma is not None:
            try:
                return self._chroma.nearest(query, limit=CANDIDATES)
            except (LibraryDamaged, LibraryFull, StoreError) as error:
                self._chroma.close()
                self.__dict__["_chroma"] = None
                self._tell_unusable(error)
        return nearest_exactly(*self._all_vectors, query, limit=CANDIDATES)

    def _exact_hits(self, query: Vectors, papers: Iterable[int]) -> dict[int, float]:
        numbers, vectors = self._matrix(list(self._catalog.chunks_of(sorted(papers))))
        return nearest_exactly(numbers, vectors, query, limit=max(1, len(numbers)))

    def _matrix(self, rows: Sequence[ChunkRow]) -> tuple[list[int], Vectors]:
        return [row.number for row in rows], from_bytes([row.vector for row in rows], self._embedder.dimension)

    def close(self) -> None:
        for index in ("_chroma", "_lexical"):
            if opened := self.__dict__.get(index):
                opened.close()


def _passage(fused: Fused, stored: StoredPaper, chunk: Chunk | None) -> Passage:
    chunk = chunk or Chunk(0, len(stored.paper.abstract))
    return Passage(stored, chunk, score=fused.score, lexical=fused.lexical, vector=fused.vector)
