"""The writer that needs no model: sentences of the abstracts, verbatim, chosen for relevance and diversity."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.cleaning import clean
from assistant.drafts import escape
from assistant.embedders import Vectors
from assistant.quantities import quantities
from assistant.questions import QuestionKind, kind_of
from assistant.text import content_terms, sentences, terms
from assistant.writers import Draft, OnText, Request

MAX_CHARACTERS = 1_300  # about twelve lines of a terminal
MAX_SENTENCE = 420  # characters; what is longer is mostly a list or a formula
NAME = "extractive"


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an answer of one kind is built: at most `papers`, `each` sentences a paper; sentences that score below
    `floor` times the best are left out."""

    papers: int
    each: int
    floor: float


SHAPES: dict[QuestionKind, _Shape] = {
    "which": _Shape(papers=8, each=1, floor=0.55),
    "number": _Shape(papers=2, each=2, floor=0.75),
    "prose": _Shape(papers=3, each=2, floor=0.65),
}


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that could be used: of passage `n` (from 1), at position `at` in its abstract."""

    n: int
    at: int
    text: str
    score: float
    vector: Vectors


class ExtractiveWriter:
    """Writes with the abstracts' own sentences. `embed` gives vectors of length 1 for texts, as `Embedder.embed`."""

    name = NAME

    def __init__(self, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._embed = embed

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """One bullet a paper, its sentences in the order of the abstract, each with the paper's marker."""
        shape = SHAPES[kind_of(request.question)]
        chosen = _chosen(self._candidates(request), shape)
        by_paper: dict[int, list[_Candidate]] = {}
        for candidate in chosen:
            by_paper.setdefault(candidate.n, []).append(candidate)
        lines = [
            "- " + " ".join(f"{escape(one.text)} [{n}]" for one in sorted(group, key=lambda c: c.at))
            for n, group in by_paper.items()
        ]
        return Draft("\n".join(lines), self.name)

    def _candidates(self, request: Request) -> list[_Candidate]:
        """Every usable sentence of the passages with its relevance to the question."""
        wanted = {term: request.rarity.get(term, 1.0) for term in content_terms(clean(request.question))}
        total = sum(wanted.values()) or 1.0
        number = kind_of(request.question) == "number"
        found: list[tuple[int, int, str]] = []
        for n, passage in enumerate(request.passages, 1):
            abstract = passage.found.paper.abstract
            for at, (start, end) in enumerate(sentences(abstract)):
                text = clean(abstract[start:end])
                if text and len(text) <= MAX_SENTENCE:
                    found.append((n, at, text))
        if not found:
            return []
        vectors = self._embed([request.question, *(text for _, _, text in found)])
        candidates = []
        for (n, at, text), vector in zip(found, vectors[1:], strict=True):
            passage = request.passages[n - 1]
            title = set(terms(clean(passage.found.paper.title)))
            here = set(terms(text))
            share = sum(w * (1.0 if t in here else 0.5 if t in title else 0.0) for t, w in wanted.items()) / total
            score = 0.5 * share + 0.3 * max(0.0, float(vector @ vectors[0])) + 0.2 * passage.score
            score += 0.1 if number and quantities(text) else 0.0
            candidates.append(_Candidate(n, at, text, score, vector))
        return candidates


def _chosen(candidates: Sequence[_Candidate], shape: _Shape) -> list[_Candidate]:
    """The best sentences, one after the other, each worth its relevance less what is already said (maximal
    marginal relevance, Carbonell and Goldstein 1998), within the shape and the length."""
    chosen: list[_Candidate] = []
    rest = sorted(candidates, key=lambda c: -c.score)
    best = rest[0].score if rest else 0.0
    length = 0
    while rest:
        worth = [c.score - 0.2 * max((float(c.vector @ d.vector) for d in chosen), default=0.0) for c in rest]
        pick = rest.pop(int(np.argmax(worth)))
        papers = {c.n for c in chosen}
        if pick.score < shape.floor * best or (chosen and length + len(pick.text) > MAX_CHARACTERS):
            continue
        if sum(c.n == pick.n for c in chosen) >= shape.each or (pick.n not in papers and len(papers) >= shape.papers):
            continue
        chosen.append(pick)
        length += len(pick.text)
    return chosen
