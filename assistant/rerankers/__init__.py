"""Rerankers: the best papers of a search read again, by a model, and put into a better order. Chosen by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant import embedders
from assistant.endpoint import Endpoint
from assistant.errors import EmbedderError, EndpointError, UsageError
from assistant.papers import Passage
from assistant.rerankers.cross_encoder import CrossEncoderReranker
from assistant.rerankers.encoder import EncoderReranker
from assistant.rerankers.listwise import ListwiseReranker
from assistant.writers import Writer

__all__ = [
    "DEPTH",
    "CrossEncoderReranker",
    "EncoderReranker",
    "ListwiseReranker",
    "Reranked",
    "Reranker",
    "load",
    "reranked",
]

DEPTH = 40  # papers that are read again; those after them keep their places
FORMS = ("none", "model", "cross-encoder", "cross-encoder:<name or folder>", *embedders.FORMS)


class Reranker(Protocol):
    """`name` is shown by `doctor`."""

    name: str

    def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """The same passages in a better order, with the scores that the search gave them. EndpointError: the model's
        endpoint failed; EmbedderError: an embedder did; RerankerError: a cross-encoder cannot be run."""
        ...


@dataclass(frozen=True, slots=True)
class Reranked:
    """Passages in the order to use; `failure` says why it is still the search's own, where another was asked for."""

    passages: tuple[Passage, ...]
    failure: str = ""


def load(
    name: str | None,
    *,
    model: Callable[[], Writer | None],
    prompts: str | None,
    max_tokens: int,
    endpoint: Endpoint | None = None,
) -> Reranker | None:
    """The reranker called `name`, if one is. `model` gives the model that writes answers; the templates in `prompts`
    and `max_tokens` for a reply are for it; `endpoint` is for an embedder that is asked over HTTP. UsageError: no such
    name, or no model; RerankerError, EmbedderError: it cannot be loaded.
    """
    kind, _, place = (name or "none").partition(":")
    if kind == "none" and not place:
        return None
    if kind == "model" and not place:
        writer = model()
        if writer is None:
            raise UsageError("reranking by a model needs one", hint="Name it with --model or ASSISTANT_MODEL.")
        return ListwiseReranker(writer, prompts=prompts, max_tokens=max_tokens)
    if kind == "cross-encoder":
        return CrossEncoderReranker(place) if place else CrossEncoderReranker()
    if name and kind in embedders.KINDS:
        return EncoderReranker(embedders.load(name, endpoint=endpoint))
    forms = ", ".join(f"“{form}”" for form in FORMS)
    raise UsageError(f"no reranker is called “{name}”", hint=f"Rerankers are {forms}.")


def reranked(question: str, passages: Sequence[Passage], reranker: Reranker | None) -> Reranked:
    """The first `DEPTH` passages in the reranker's order, the others after them as they were. Where its endpoint
    or embedder fails, all as they were. RerankerError."""
    if reranker is None or len(passages) < 2:
        return Reranked(tuple(passages))
    try:
        return Reranked((*reranker.rerank(question, passages[:DEPTH]), *passages[DEPTH:]))
    except (EndpointError, EmbedderError) as error:
        return Reranked(tuple(passages), failure=f"{error} ({error.hint})")
