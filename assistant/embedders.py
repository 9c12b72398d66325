"""Text to vectors. An embedder is chosen by name: `bundled`, or `model2vec:<folder>`."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import EmbedderError

Vectors = NDArray[np.float32]

BUNDLED = Path(__file__).parent / "static_model"


class Embedder(Protocol):
    """What the library asks of an embedder.

    `fingerprint` changes whenever the same text could get another vector; a library keeps it, so that vectors of
    two embedders are never mixed.
    """

    name: str
    fingerprint: str
    dimension: int

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Vectors of `texts`, shape (len(texts), dimension), each of length 1 (0 where nothing is known of it)."""
        ...


class StaticEmbedder:
    """A Model2Vec model in a folder: the mean of token vectors, thousands of abstracts a second on one core."""

    def __init__(self, name: str, folder: Path) -> None:
        from model2vec import StaticModel

        if not (folder / "model.safetensors").is_file():
            raise EmbedderError(
                f"no Model2Vec model in {folder}",
                hint="The folder must hold model.safetensors, tokenizer.json and config.json.",
            )
        try:
            self._model = StaticModel.from_pretrained(folder)
        except (OSError, ValueError, KeyError) as error:
            raise EmbedderError(f"the model in {folder} cannot be loaded: {error}", hint="Is it whole?") from error
        self.name = name
        self.dimension = int(self._model.dim)
        digest = hashlib.sha256()
        for file in ("model.safetensors", "tokenizer.json"):
            digest.update((folder / file).read_bytes())
        self.fingerprint = digest.hexdigest()[:16]

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = np.asarray(self._model.encode(list(texts), use_multiprocessing=False), dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        lengths[lengths == 0] = 1  # a text of unknown tokens only keeps the zero vector
        return np.asarray(vectors / lengths, dtype=np.float32)


def load(name: str) -> Embedder:
    """The embedder called `name`. EmbedderError: no such name, or its files cannot be used."""
    if name == "bundled":
        return StaticEmbedder(name, BUNDLED)
    kind, _, place = name.partition(":")
    if kind == "model2vec" and place:
        return StaticEmbedder(name, Path(place).expanduser())
    raise EmbedderError(f"no embedder is called “{name}”", hint="Use “bundled” or “model2vec:<folder>”.")
