"""Reranking by a cross-encoder that reads question and abstract together, through the library `rerankers`.

It is an extra, since it brings torch. What it prints goes to standard error: it reports some failures by printing.
"""

import contextlib
import sys
from collections.abc import Sequence
from typing import Any

from assistant.cleaning import whole
from assistant.errors import RerankerError
from assistant.papers import Passage

DEFAULT = "cross-encoder/ms-marco-MiniLM-L6-v2"
_INSTALL = "Install it: pip install 'paper-assistant[rerank]'"


class CrossEncoderReranker:
    """The cross-encoder `model`: a folder, or a name of the Hugging Face hub, from where it is then fetched."""

    def __init__(self, model: str = DEFAULT) -> None:
        self.name = f"cross-encoder {model}"
        try:
            import rerankers
        except ImportError as error:
            raise RerankerError("the library “rerankers” is not installed", hint=_INSTALL) from error
        self._model: Any
        try:
            with contextlib.redirect_stdout(sys.stderr):
                self._model = rerankers.Reranker(model, model_type="cross-encoder", verbose=0)
        except Exception as error:  # whatever loading can meet: no network, no such model, files that are none
            raise RerankerError(
                f"the cross-encoder {model} cannot be loaded: {_line(error)}",
                hint="Check its name and the network, or download it elsewhere and name its folder.",
            ) from error
        if self._model is None:  # it has printed which packages it misses
            raise RerankerError("the library “rerankers” misses what a cross-encoder needs", hint=_INSTALL)

    def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """As `Reranker.rerank`. RerankerError."""
        texts = [whole(one.found.paper.title, one.found.paper.abstract) for one in passages]
        numbers = list(range(len(texts)))
        try:
            with contextlib.redirect_stdout(sys.stderr):
                ranked = self._model.rank(query=question, docs=texts, doc_ids=numbers)
            order = [int(result.document.doc_id) for result in ranked.results]
        except Exception as error:  # torch and transformers raise Exceptions of no narrower kind
            raise RerankerError(f"the {self.name} failed: {_line(error)}", hint="Try another model.") from error
        if sorted(order) != numbers:
            raise RerankerError(f"the {self.name} lost papers", hint="Try another model.")
        return [passages[n] for n in order]


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
