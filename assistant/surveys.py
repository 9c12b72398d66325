"""Which of the papers found a “which papers …” question asks for: how probable it is of each, and what is missed. Pure.

The chance of a paper comes from what the search and the words of its abstract say, by a logistic regression over the
judged questions about the seeds (tools/fit_chances.py). A model reads every candidate above the floor itself; without
one, the papers that are likely enough are the matches.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.cleaning import clean
from assistant.evidence import logistic, nearness, words_of
from assistant.papers import Passage
from assistant.text import content_terms

POOL = 200  # papers of the search that are weighed
MOST = 100  # candidates at most: five prompts of twenty
# Least chance of a candidate: 84 % of the papers judged relevant have it, and 18 % of all that were weighed; and of a
# match where no model reads the candidates: with 0.2 half of the listed papers are relevant, with 0.3 three in five
# (tools/fit_chances.py, questions left out of the fit).
FLOOR = 0.02
MATCH = 0.3

# Intercept and weights of a paper's features, in the order of `features`: tools/fit_chances.py prints them.
INTERCEPT = -6.43
WEIGHTS = (3.22, 3.86, 2.27, 2.44)


@dataclass(frozen=True, slots=True)
class Candidates:
    """The papers to read for a survey, in the order of the search, the chance of each that it is asked for, and
    `passed_over`, the sum of the chances of the papers found that are not among them."""

    passages: tuple[Passage, ...]
    chances: tuple[float, ...]
    passed_over: float

    @property
    def likely(self) -> tuple[int, ...]:
        """Numbers (from 1) of the passages that are matches as far as can be told without reading, most probable
        first; never empty where there is a candidate."""
        order = sorted(range(len(self.chances)), key=lambda at: -self.chances[at])
        return tuple(at + 1 for rank, at in enumerate(order) if not rank or self.chances[at] >= MATCH)

    def recall(self, matched: Collection[str], *, read: bool) -> float:
        """The estimated share, among all papers found that are asked for, of those with a `matched` paper id.

        By the sums of chances: of the matched papers, or where a model has `read` every candidate of all of these, in
        relation to that of all papers found. So what the search did not find is not in it.
        """
        every = sum(self.chances)
        found = every if read else sum(self.chances[at] for at, one in enumerate(self.passages) if _id(one) in matched)
        return found / ((every + self.passed_over) or 1.0)


def candidates(question: str, pool: Sequence[Passage], *, rarity: Mapping[str, float]) -> Candidates:
    """Those of the `pool` that are worth reading, in its order: at least the one with the best chance."""
    weighed = chances(question, pool, rarity=rarity)
    least = min(FLOOR, max(weighed, default=0.0))
    best = sorted((at for at, chance in enumerate(weighed) if chance >= least), key=lambda at: -weighed[at])
    kept = sorted(best[:MOST])
    over = sum(weighed) - sum(weighed[at] for at in kept)
    return Candidates(tuple(pool[at] for at in kept), tuple(weighed[at] for at in kept), over)


def chances(question: str, pool: Sequence[Passage], *, rarity: Mapping[str, float]) -> list[float]:
    """How probable it is of each paper of the `pool` that the question asks for it, in [0, 1]."""
    return [logistic((INTERCEPT, *WEIGHTS), row) for row in features(question, pool, rarity=rarity)]


def features(
    question: str, pool: Sequence[Passage], *, rarity: Mapping[str, float]
) -> list[tuple[float, float, float, float]]:
    """Of each paper, all in [0, 1]: its nearness (`evidence.nearness`); its BM25 score and its cosine, each in relation
    to the best in the pool, so that they mean the same in libraries of any size; and the share of the question's
    neighbouring words that are neighbours in it too (sequential dependence, Metzler and Croft 2005)."""
    asked = content_terms(clean(question))
    pairs = {pair: min(rarity.get(term, 1.0) for term in pair) for pair in pairwise(asked)}
    lexical = max((one.lexical for one in pool), default=0.0) or 1.0
    vector = max((one.vector for one in pool), default=0.0) or 1.0
    return [
        (
            nearness(one, rarity=rarity),
            one.lexical / lexical,
            max(0.0, one.vector) / vector if vector > 0 else 0.0,
            sum(pairs[pair] for pair in pairs.keys() & set(pairwise(words_of(one.found.paper))))
            / (sum(pairs.values()) or 1.0),
        )
        for one in pool
    ]


def _id(passage: Passage) -> str:
    return passage.found.paper_id
