"""What a vector index does, whichever holds it; exact search without one; and how the catalog keeps a vector.

Every vector index is derived from the catalog, which keeps every vector too, and is rebuilt from there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.embedders import Vectors
from assistant.embedders.embedder import of_length_one
from assistant.errors import LibraryDamaged
from assistant.library.seals import MEND

# Numbers of a vector that an index holds, the first: half of the bundled embedder's take half the memory and time of an
# index. What it finds is held against the whole vectors in the catalog, of which the first 30 by 256 have 98.5 % of the
# exact ten (74,728 papers, 200 questions).
HELD = 256
# Vectors that an HNSW index looks at for a question: with 1,200 it finds .967 of the exact ten of a million papers,
# with 1,600 .973, with 2,000 .977, in 10, 13 and 15 ms (400 questions).
LOOKED_AT = 1_600


class VectorIndex(Protocol):
    """Chunk vectors by chunk number, with small metadata beside them. They have the form that `held` gives them.

    Methods raise LibraryDamaged where the index is not what it was left as, and StoreError where the server that
    holds it fails.
    """

    def __len__(self) -> int: ...

    def put(self, numbers: Sequence[int], vectors: Vectors, metadata: Sequence[Mapping[str, str | int]]) -> None:
        """Add chunks, or replace those of the same numbers. `vectors`: shape (len(numbers), at most HELD)."""

    def remove(self, numbers: Sequence[int]) -> None:
        """Drop chunks; numbers that are not there are passed over."""

    def flush(self) -> None:
        """Have what was put written out, so that the next one to open the index need not wait for it."""

    def nearest(self, vector: Vectors, *, limit: int) -> list[int]:
        """Numbers of the `limit` chunks nearest to `vector` (shape (at most HELD,)), nearest first; fewer where a
        server gives fewer at a time."""

    def close(self) -> None:
        """Give files and connections back."""


@dataclass(frozen=True, slots=True)
class Near:
    """A paper's nearest chunk, and its cosine."""

    cosine: float
    chunk: int


@dataclass(frozen=True, slots=True)
class Block:
    """Chunks as arrays: their numbers and papers, shape (n,), and vectors of length 1, shape (n, dimension)."""

    numbers: NDArray[np.int64]
    papers: NDArray[np.int64]
    vectors: Vectors


def nearest_exactly(
    blocks: Iterable[Block],
    query: Vectors,
    *,
    limit: int,
    also: Collection[int] = (),
    only: Collection[int] | None = None,
) -> dict[int, Near]:
    """The nearest chunk of each paper that has one of the `limit` chunks nearest to `query` (shape (dimension,)), or
    is in `also`; of the papers in `only`, if it is given. What a vector index approximates, without one."""
    besides, allowed = np.fromiter(also, np.int64), None if only is None else np.fromiter(only, np.int64)
    chunks, papers, cosines = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for block in blocks:
        if allowed is not None:
            inside = np.flatnonzero(np.isin(block.papers, allowed))
            block = Block(block.numbers[inside], block.papers[inside], block.vectors[inside])
        scores = np.einsum("ij,j->i", block.vectors, query)  # no threads, which cost more than they bring here
        best = np.argpartition(-scores, limit - 1)[:limit] if limit < len(scores) else np.arange(len(scores))
        rows = np.union1d(best, np.flatnonzero(np.isin(block.papers, besides)))
        chunks.append(block.numbers[rows])
        papers.append(block.papers[rows])
        cosines.append(scores[rows])
    owners, near = np.concatenate(papers), np.concatenate(cosines)
    numbers, order = np.concatenate(chunks), np.argsort(-near, kind="stable")
    found: dict[int, Near] = {}
    for row in order[(np.arange(len(order)) < limit) | np.isin(owners[order], besides)]:
        found.setdefault(int(owners[row]), Near(float(near[row]), int(numbers[row])))
    return found


def held(vectors: Vectors) -> Vectors:
    """What an index holds of these vectors, of length 1 again; shape (len(vectors), at most HELD)."""
    return of_length_one(vectors[:, :HELD])


def mean_vectors(rows: Sequence[tuple[int, bytes]], count: int, dimension: int) -> Vectors:
    """The mean, of length 1, of the vectors (as `to_bytes` keeps them) of each of `count` places; shape
    (count, dimension), zeros where a place has none."""
    total = np.zeros((count, dimension), dtype=np.float32)
    places = np.array([place for place, _ in rows], dtype=np.int64)
    np.add.at(total, places, from_bytes([vector for _, vector in rows], dimension))
    return of_length_one(total)


def to_bytes(vector: Vectors) -> bytes:
    """A vector as the catalog keeps it: half precision, little-endian."""
    return vector.astype("<f2").tobytes()


def from_bytes(rows: Sequence[bytes], dimension: int) -> Vectors:
    """Vectors kept by `to_bytes`, shape (len(rows), dimension)."""
    if any(not isinstance(row, bytes) or len(row) != 2 * dimension for row in rows):
        raise LibraryDamaged("the catalog's vectors are not whole", hint=MEND)
    flat: Any = np.frombuffer(b"".join(rows), dtype="<f2")
    return np.ascontiguousarray(flat.astype(np.float32).reshape(len(rows), dimension))
