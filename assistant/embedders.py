"""Text to vectors. An embedder is chosen by name: `bundled`, or `model2vec:<folder>`."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.errors import EmbedderError
from assistant.places import expanded

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

        self.name, self.fingerprint = name, _digest(folder)
        try:
            self._model = StaticModel.from_pretrained(folder)
        except Exception as error:  # safetensors and tokenizers raise Exceptions of no narrower kind
            raise EmbedderError(f"the model in {folder} cannot be loaded: {error}", hint="Is it whole?") from error
        self.dimension = int(self._model.dim)

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors: Vectors = np.asarray(self._model.encode(list(texts), use_multiprocessing=False), dtype=np.float32)
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        lengths[lengths == 0] = 1  # a text of unknown tokens only keeps the zero vector
        return np.asarray(vectors / lengths, dtype=np.float32)


def load(name: str) -> Embedder:
    """The embedder called `name`. EmbedderError: no such name, or its files cannot be used."""
    return StaticEmbedder(name, _folder(name))


def fingerprint(name: str) -> str:
    """The fingerprint of the embedder called `name`, without loading it. EmbedderError as for `load`."""
    return _digest(_folder(name))


def _folder(name: str) -> Path:
    kind, _, place = name.partition(":")
    if name == "bundled" or (kind == "model2vec" and place):
        return expanded(place) if place else BUNDLED
    raise EmbedderError(f"no embedder is called “{name}”", hint="Use “bundled” or “model2vec:<folder>”.")


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    try:
        for file in ("model.safetensors", "tokenizer.json", "config.json"):
            digest.update((folder / file).read_bytes())
    except OSError as error:
        raise EmbedderError(
            f"no Model2Vec model in {folder}",
            hint="The folder must hold model.safetensors, tokenizer.json and config.json.",
        ) from error
    return digest.hexdigest()[:16]
