"""Embedders behind an OpenAI-compatible API: `openai:<model>`. Texts are sent to the endpoint of the settings."""

import hashlib
import math
from collections.abc import Iterator, Sequence

import numpy as np

from assistant.embedders.embedder import Vectors, of_length_one
from assistant.endpoint import Endpoint
from assistant.errors import ContextOverflow, EmbedderError, EndpointError
from assistant.text import count_tokens

INPUTS = 128  # texts a request: their vectors of 4,096 numbers written out are 12 MB; endpoint.MAX_BYTES is 16
REQUEST_TOKENS = 300_000  # the most that OpenAI takes in one request
INPUT_TOKENS = 8_191  # … and in one text


class HostedEmbedder:
    """A model behind an endpoint. Its dimension is learned from its first reply.

    The fingerprint is of the model's name alone: the same model at another address is the same embedder.
    """

    def __init__(self, name: str, model: str, endpoint: Endpoint) -> None:
        self.name, self.fingerprint = name, fingerprint(model)
        self._model, self._endpoint, self._dimension = model, endpoint, 0

    @property
    def dimension(self) -> int:
        """Numbers of a vector; asking for it may send one word to the endpoint. EmbedderError."""
        if not self._dimension:
            self.embed(["dimension"])
        return self._dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = [row for batch in _batches([self._cut(text) for text in texts]) for row in self._asked(batch)]
        if not rows:
            return np.zeros((0, self.dimension), dtype=np.float32)
        return of_length_one(np.array(rows, dtype=np.float32))

    def _asked(self, texts: Sequence[str]) -> list[list[float]]:
        try:
            rows = self._endpoint.embed(self._model, texts)
        except ContextOverflow as error:
            raise EmbedderError(
                f"{self.name}: {error}", hint="Set ASSISTANT_CHUNK_TOKENS lower, then: assistant reindex"
            ) from None
        except EndpointError as error:
            raise EmbedderError(f"{self.name}: {error}", hint=error.hint) from None  # causes can carry the key
        self._dimension = self._dimension or len(rows[0])
        if any(len(row) != self._dimension or not all(map(math.isfinite, row)) for row in rows):
            raise EmbedderError(
                f"{self.name}: the endpoint sent vectors that are not of {self._dimension} finite numbers",
                hint="Is this endpoint well, and the model one for embeddings?",
            )
        return rows

    def _cut(self, text: str) -> str:
        """`text` within what the API takes; it refuses empty ones."""
        while (tokens := count_tokens(text, model=self._model)) > INPUT_TOKENS:
            text = text[: len(text) * INPUT_TOKENS // tokens]
        return text if text.strip() else "-"


def load(name: str, place: str, endpoint: Endpoint | None) -> HostedEmbedder:
    """The model `place` at `endpoint`. EmbedderError: there is none."""
    if endpoint is None:
        raise EmbedderError(f"“{name}” needs an endpoint", hint="Use it through `Assistant`, whose settings have one.")
    return HostedEmbedder(name, place, endpoint)


def fingerprint(place: str) -> str:
    return hashlib.sha256(f"openai\0{place}".encode()).hexdigest()[:16]


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    """`texts` in requests of at most INPUTS texts and REQUEST_TOKENS tokens (estimated, so rather fewer)."""
    batch: list[str] = []
    size = 0
    for text in texts:
        tokens = count_tokens(text)
        if batch and (len(batch) == INPUTS or size + tokens > REQUEST_TOKENS):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += tokens
    if batch:
        yield batch
