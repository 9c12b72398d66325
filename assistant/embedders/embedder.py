"""What an embedder is, and what all of them do alike: vectors of length 1, a fingerprint of files."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


class Embedder(Protocol):
    """What the library asks of an embedder.

    `fingerprint` changes whenever the same text could get another vector; a library keeps it, so that vectors of
    two embedders are never mixed.
    """

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...
    @property
    def dimension(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, shape (len(texts), dimension), each of length 1 (0 where nothing is known of it).
        EmbedderError: it cannot be run."""
        ...


@runtime_checkable
class LateInteraction(Protocol):
    """An embedder that has vectors of words too, and so can read a text more closely than by its one vector."""

    def interaction(self, question: str, texts: Sequence[str]) -> Vectors:
        """How near the words of each text are to those of the question, shape (len(texts),), at most 1."""
        ...


def of_length_one(vectors: Vectors) -> Vectors:
    """`vectors`, shape (n, dimension), each scaled to length 1; the zero vector stays."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    return np.asarray(vectors / lengths, dtype=np.float32)


def digest(files: Iterable[Path]) -> str:
    """A fingerprint of the contents of `files`, in their order. OSError: one cannot be read."""
    found = hashlib.sha256()
    for file in files:
        if file.exists() and not file.is_file():
            raise OSError(f"{file} is no plain file")
        found.update(file.read_bytes())
    return found.hexdigest()[:16]
