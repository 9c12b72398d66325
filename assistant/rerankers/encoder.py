"""Reranking by an embedder that would be too slow for every paper of a library: it reads the best ones alone."""

from collections.abc import Sequence

from assistant.cleaning import clean, whole
from assistant.embedders import Embedder
from assistant.papers import Passage

# What the cosine counts beside the score of the search, chosen on SciFact train with MiniLM: docs/embedders.md.
WEIGHT = 1.0


class EncoderReranker:
    """Orders by the score of the search and the cosine of question and abstract by `embedder`, added up."""

    def __init__(self, embedder: Embedder) -> None:
        self.name = f"embedder {embedder.name}"
        self._embedder = embedder

    def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """As `Reranker.rerank`. EmbedderError."""
        texts = [whole(one.found.paper.title, one.found.paper.abstract) for one in passages]
        vectors = self._embedder.embed([clean(question), *texts])
        cosines = vectors[1:] @ vectors[0]
        scored = [(one.score + WEIGHT * float(near), one) for one, near in zip(passages, cosines, strict=True)]
        return [one for _, one in sorted(scored, key=lambda pair: -pair[0])]
