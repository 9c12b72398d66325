"""The writer that needs no model: sentences of the abstracts, verbatim, chosen for relevance and diversity."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.cleaning import clean
from assistant.drafts import escape
from assistant.embedders import Vectors
from assistant.endpoint import OnText
from assistant.papers import Passage
from assistant.quantities import quantities
from assistant.questions import QuestionKind, kind_of
from assistant.text import content_terms, sentences, terms
from assistant.writers import Draft, Request

MAX_CHARACTERS = 1_300  # about twelve lines of a terminal
MAX_SENTENCE = 420  # characters; what is longer is mostly a list or a formula
NAME = "extractive"

# Relevance of a sentence: its share of the question's rarity, its cosine, its paper's rank, and whether it is the
# paper's own word. On SciFact train (which sentence of the abstract is the rationale?) the first alone finds 54 %,
# with the position 61 %; abstracts begin with background. ROLE was doubled after reading answers to “which papers …”:
# at 0.15 several bullets told other people's problem where 0.3 tells what the paper did; facts found stay 23 of 24.
SHARE, COSINE, PASSAGE, ROLE, NUMBER = 0.45, 0.3, 0.15, 0.3, 0.1
BACKGROUND = 0.4  # the share of an abstract over which its own word sets in
_OWN = re.compile(r"\b(?:we|our|this (?:paper|work|study|survey)|(?:experiment|evaluation|result)s?)\b", re.IGNORECASE)
_OTHERS = re.compile(
    r"\b(?:however|existing|prior|previous(?:ly)?|current(?:ly)?|recent(?:ly)?|traditional(?:ly)?|conventional|"
    r"challeng\w+|suffers?|struggles?|remains?|typically|often|although)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://|\bgithub\b|\b(?:code|data|models?|project page)\b.{0,40}\bavailable\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an answer of one kind is built: at most `papers` that are at least `floor` times as relevant as the best
    one, and of each at most `each` sentences."""

    papers: int
    each: int
    floor: float


SHAPES: dict[QuestionKind, _Shape] = {
    "which": _Shape(papers=8, each=1, floor=0.65),
    "number": _Shape(papers=2, each=2, floor=0.85),
    "prose": _Shape(papers=3, each=2, floor=0.75),
}
SECOND = 0.75  # a paper's second sentence must be worth this share of its first


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that could be used: of passage `n` (from 1), at position `at` in its abstract. `share` is how much
    of the question's rarity it holds, `score` how well it would do in an answer."""

    n: int
    at: int
    text: str
    share: float
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
        by_paper: dict[int, list[_Candidate]] = {}
        for candidate in self._candidates(request):
            by_paper.setdefault(candidate.n, []).append(candidate)
        relevance = {
            n: (max(one.share for one in group) + request.passages[n - 1].vector) / 2 for n, group in by_paper.items()
        }
        lines: list[str] = []
        length = 0
        for n in sorted(relevance, key=lambda n: -relevance[n])[: shape.papers]:
            chosen = _chosen(by_paper[n], shape.each)
            length += sum(len(one.text) for one in chosen)
            if relevance[n] >= shape.floor * max(relevance.values()) and (not lines or length <= MAX_CHARACTERS):
                lines.append("- " + " ".join(f"{escape(one.text)} [{n}]" for one in chosen))
        return Draft("\n".join(lines), self.name)

    def _candidates(self, request: Request) -> list[_Candidate]:
        """Every usable sentence of the passages with its relevance to the question."""
        wanted = {term: request.rarity.get(term, 1.0) for term in content_terms(clean(request.question))}
        total = sum(wanted.values()) or 1.0
        number = kind_of(request.question) == "number"
        found = [one for n, passage in enumerate(request.passages, 1) for one in _sentences(n, passage)]
        if not found:
            return []
        vectors = self._embed([request.question, *(one.text for one in found)])
        candidates = []
        for one, vector in zip(found, vectors[1:], strict=True):
            passage = request.passages[one.n - 1]
            title, here = set(terms(clean(passage.found.paper.title))), set(terms(one.text))
            share = sum(w * (1.0 if t in here else 0.5 if t in title else 0.0) for t, w in wanted.items()) / total
            score = SHARE * share + COSINE * max(0.0, float(vector @ vectors[0])) + PASSAGE * passage.score
            score += ROLE * one.role + (NUMBER if number and quantities(one.text) else 0.0)
            candidates.append(_Candidate(one.n, one.at, one.text, share, score, vector))
        return candidates


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of passage `n` at position `at`; `role` is 0 for background and 1 for what the paper itself says."""

    n: int
    at: int
    text: str
    role: float


def _sentences(n: int, passage: Passage) -> list[_Sentence]:
    abstract = passage.found.paper.abstract
    spans = sentences(abstract)
    found = []
    for at, (start, end) in enumerate(spans):
        text = clean(abstract[start:end])
        if not text or len(text) > MAX_SENTENCE or _LINK.search(text):
            continue
        role = min(1.0, at / (len(spans) * BACKGROUND))
        if _OWN.search(text):
            role = 1.0
        elif _OTHERS.search(text):
            role *= 0.5
        found.append(_Sentence(n, at, text, role))
    return found


def _chosen(candidates: Sequence[_Candidate], most: int) -> list[_Candidate]:
    """Up to `most` sentences of one paper, in its order: the best, and others that are nearly as good, each worth
    its score less what is already said (maximal marginal relevance, Carbonell and Goldstein 1998)."""
    chosen = [max(candidates, key=lambda one: one.score)]
    best = chosen[0].score
    while len(chosen) < most:
        rest = [one for one in candidates if one not in chosen and one.score >= SECOND * best]
        if not rest:
            break
        chosen.append(max(rest, key=lambda one: one.score - 0.3 * max(float(one.vector @ c.vector) for c in chosen)))
    return sorted(chosen, key=lambda one: one.at)
