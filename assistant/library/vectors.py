"""What a vector index does, whichever holds it; exact search without one; and how the catalog keeps a vector.

Every vector index is derived from the catalog, which keeps every vector too, and is rebuilt from there.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from assistant.embedders import Vectors
from assistant.errors import LibraryDamaged


class VectorIndex(Protocol):
    """Chunk vectors by chunk number, with small metadata beside them.

    Methods raise LibraryDamaged where the index is not what it was left as, and StoreError where the server that
    holds it fails.
    """

    def __len__(self) -> int: ...

    def put(self, numbers: Sequence[int], vectors: Vectors, metadata: Sequence[Mapping[str, str | int]]) -> None:
        """Add chunks, or replace those of the same numbers. `vectors`: shape (len(numbers), dimension)."""

    def remove(self, numbers: Sequence[int]) -> None:
        """Drop chunks; numbers that are not there are passed over."""

    def flush(self) -> None:
        """Have what was put written out, so that the next one to open the index need not wait for it."""

    def nearest(self, vector: Vectors, *, limit: int) -> dict[int, float]:
        """Cosines of the `limit` chunks nearest to `vector` (shape (dimension,)), by chunk number; fewer where a
        server gives fewer at a time."""

    def close(self) -> None:
        """Give files and connections back."""


def nearest_exactly(numbers: Sequence[int], vectors: Vectors, vector: Vectors, *, limit: int) -> dict[int, float]:
    """Cosines of the `limit` rows of `vectors` (shape (n, dimension), rows of length 1) nearest to `vector`, by the
    row's entry in `numbers`. What Chroma approximates, without an index."""
    if not len(numbers):
        return {}
    scores = vectors @ vector
    best = np.argpartition(-scores, min(limit, len(scores)) - 1)[:limit]
    best = best[np.argsort(-scores[best], kind="stable")]
    return {int(numbers[row]): float(scores[row]) for row in best}


def to_bytes(vector: Vectors) -> bytes:
    """A vector as the catalog keeps it: half precision, little-endian."""
    return vector.astype("<f2").tobytes()


def from_bytes(rows: Sequence[bytes], dimension: int) -> Vectors:
    """Vectors kept by `to_bytes`, shape (len(rows), dimension)."""
    if any(not isinstance(row, bytes) or len(row) != 2 * dimension for row in rows):
        raise LibraryDamaged("the catalog's vectors are not whole", hint="Run: assistant reindex")
    flat: Any = np.frombuffer(b"".join(rows), dtype="<f2")
    return np.ascontiguousarray(flat.astype(np.float32).reshape(len(rows), dimension))
