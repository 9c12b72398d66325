"""Negation and direction: whether a claim says the opposite of what a text says. Pure, over words alone.

Three things are compared, each where the words around it agree: a term that is negated on one side (“does not
reduce the memory”), a word of direction whose opposite stands on the other (“increases”, “decreases”), and the two
sides of a comparison (“A outperforms B”, “B outperforms A”). Opposites in other words, and what a negation far from its
word reaches, are not seen.
"""

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from assistant.opposites import AXES, MOVING
from assistant.text import terms

NEAR = 5  # places to each side of a word whose terms say what it speaks of
SCOPE = 2  # terms behind a negation that it reaches
SIDE = 7  # places to each side of a comparison that its sides reach
COMPARED = 0.6  # share of the terms of a claim's comparison that another must have to be about the same

_OUTDOES = "outperform underperform surpass exceed beat"  # compare without “than”

_WORD = re.compile(r"[^\W_]+(?:['’][a-z]+)?|[,;:.()—]")
_NOT = frozenset({
    "not", "cannot", "no", "never", "without", "neither", "nor", "none", "non", "unable", "fail", "fails", "failed",
    "failing", "lack", "lacks", "lacked", "lacking", "absence",
})  # fmt: skip
_NO_NEGATION_BEFORE = frozenset({"only", "just", "merely", "solely", "necessarily", "doubt"})
_ENDS_NEGATION = frozenset({"but", "although", "while", "whereas"})
_PASSIVE = frozenset({"is", "are", "was", "were", "been", "be", "being"})


Place = tuple[int, int]  # of a word: its sentence, and where it stands there


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its index term (empty for a stop word or a sign), and the negation that reaches it, if one does."""

    text: str
    term: str
    negation: str = ""

    def __str__(self) -> str:
        return f"{self.negation} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Opposition:
    """What a claim `said` against what stands `there`, in sentence `at` of the text. `strength`, 0 to 1: the share of
    the terms around the one that stand around the other too, less that of the nearest place that agrees with the
    claim. `turned` says that it is the two sides of a comparison that stand the other way round."""

    said: str
    there: str
    at: int
    strength: float
    turned: bool = False


class Words:
    """The words of some sentences, and where each term stands among them."""

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts` are cleaned sentences."""
        self.sentences = [_read(text) for text in texts]
        self.by_term: dict[str, list[Place]] = {}
        self.by_axis: dict[int, list[Place]] = {}
        for place, word in self:
            if word.term:
                self.by_term.setdefault(word.term, []).append(place)
            for axis in _signs().get(word.term, ()):
                self.by_axis.setdefault(axis, []).append(place)
        self._around: dict[Place, set[str]] = {}

    def __iter__(self) -> Iterator[tuple[Place, Word]]:
        for n, sentence in enumerate(self.sentences):
            for at, word in enumerate(sentence):
                yield (n, at), word

    def __getitem__(self, place: Place) -> Word:
        return self.sentences[place[0]][place[1]]

    def around(self, place: Place) -> set[str]:
        """The terms near a word, but for its own."""
        if place not in self._around:
            n, at = place
            near = self.sentences[n][max(0, at - NEAR) : at + NEAR + 1]
            self._around[place] = {word.term for word in near if word.term} - {self[place].term}
        return self._around[place]

    def terms(self, n: int) -> Iterator[str]:
        """The terms of sentence `n`."""
        return (word.term for word in self.sentences[n] if word.term)

    def negated(self, n: int) -> bool:
        """Whether anything in sentence `n` is negated."""
        return any(word.negation for word in self.sentences[n])


def oppositions(claim: Words, text: Words) -> list[Opposition]:
    """Where the claim says the opposite of the text, strongest first."""
    found = [*_negated(claim, text), *_turned(claim, text), *_compared(claim, text)]
    return sorted(found, key=lambda one: -one.strength)


def direction(claim: Words, text: Words) -> float:
    """Whether what the claim says moves up moves down in the text, -1 to 1: how like the places are that speak of the
    opposite direction, less how like those are that speak of the same. Words of all moving axes count."""
    best = {1: 0.0, -1: 0.0}
    moving = [place for axis in range(MOVING) for place in text.by_axis.get(axis, ())]
    for place, word in claim:
        if sign := _movement(word):
            here = claim.around(place)
            for there in moving:
                way = sign * _movement(text[there])
                best[way] = max(best[way], _alike(here, text.around(there)))
    return best[-1] - best[1]


def _negated(claim: Words, text: Words) -> Iterator[Opposition]:
    """A term negated in the claim and not in the text, or the other way round."""
    for place, word in claim:
        if word.term and not _agreed(claim, place, text):
            others = text.by_term.get(word.term, ())
            agreeing = [there for there in others if bool(text[there].negation) == bool(word.negation)]
            opposing = [there for there in others if bool(text[there].negation) != bool(word.negation)]
            yield from _stronger(claim, place, text, agreeing, opposing)


def _agreed(claim: Words, place: Place, text: Words) -> bool:
    """Whether a word stands beside one that is negated in both: “do not minimize cumulative regret” is no opposite of
    “do not minimize regret”, whatever stands elsewhere of “cumulative” and of “regret”."""
    n, at = place
    near = claim.sentences[n][max(0, at - SCOPE) : at + SCOPE + 1]
    return any(text[there].negation for word in near if word.negation for there in text.by_term.get(word.term, ()))


def _turned(claim: Words, text: Words) -> Iterator[Opposition]:
    """A word of direction whose opposite stands in the text, negated on both sides or on neither. “B is slower than A”
    is no opposite of “A is faster than B”."""
    same = {(ours.place, theirs.place) for ours, theirs in _alike_comparisons(claim, text) if ours.way(theirs) > 0}
    for place, word in claim:
        signs = _signs().get(word.term, {})
        agreeing, opposing = [], []
        for axis, sign in signs.items():
            for there in text.by_axis.get(axis, ()):
                same_sign = _signs()[text[there].term][axis] == sign
                same_sense = bool(text[there].negation) == bool(word.negation)
                if same_sign == same_sense or (place, there) in same:
                    agreeing.append(there)
                elif not same_sign:
                    opposing.append(there)
        yield from _stronger(claim, place, text, agreeing, opposing)


def _stronger(
    claim: Words,
    place: Place,
    text: Words,
    agreeing: Iterable[Place],
    opposing: Sequence[Place],
) -> Iterator[Opposition]:
    """The opposing place that is most like the claim's, if it is more so than every agreeing one."""
    if opposing:
        here = claim.around(place)
        same = max((_alike(here, text.around(there)) for there in agreeing), default=0.0)
        other = max(opposing, key=lambda there: _alike(here, text.around(there)))
        strength = _alike(here, text.around(other)) - same
        if strength > 0:
            yield Opposition(str(claim[place]), str(text[other]), other[0], strength)


def _compared(claim: Words, text: Words) -> Iterator[Opposition]:
    """A comparison of the same two things on the same axis that comes out the other way round."""
    for ours, theirs in _alike_comparisons(claim, text):
        if ours.way(theirs) < 0:
            said, there = claim[ours.place].text, text[theirs.place].text
            yield Opposition(said, there, theirs.place[0], ours.alike(theirs), turned=True)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A comparing word's place and axes, the terms of what comes out `above` in it and of what comes out `below`."""

    place: Place
    axes: frozenset[int]
    above: frozenset[str]
    below: frozenset[str]

    def alike(self, other: "_Comparison") -> float:
        return _alike(self.above | self.below, other.above | other.below)

    def way(self, other: "_Comparison") -> int:
        """1 where both come out the same way, -1 where a term of each side stands on the other side, whatever else
        stays (its qualities stay when a name moves), 0 where that cannot be told."""
        above, below = self.above - self.below, self.below - self.above
        over, under = other.above - other.below, other.below - other.above
        if above & under and below & over:
            return -1
        return 1 if above & over and below & under else 0


def _alike_comparisons(claim: Words, text: Words) -> Iterator[tuple[_Comparison, _Comparison]]:
    ours = list(_comparisons(claim))
    for theirs in _comparisons(text) if ours else ():
        yield from ((one, theirs) for one in ours if one.axes & theirs.axes and one.alike(theirs) >= COMPARED)


def _comparisons(words: Words) -> Iterator[_Comparison]:
    for (n, at), word in words:
        signs = _signs().get(word.term)
        if not signs or word.negation:
            continue
        sentence = words.sentences[n]
        then = at
        if word.term not in _outdoing():
            after = [one.text.lower() for one in sentence[at : at + SIDE]]
            if "than" not in after:
                continue
            then = at + after.index("than")
        left, right = _terms(sentence[max(0, at - SIDE) : at]), _terms(sentence[then + 1 : then + 1 + SIDE])
        passive = at > 0 and sentence[at - 1].text.lower() in _PASSIVE and _text_at(sentence, at + 1) == "by"
        above, below = (right, left) if passive != (min(signs.values()) < 0) else (left, right)
        yield _Comparison((n, at), frozenset(signs), above, below)


def _terms(words: Iterable[Word]) -> frozenset[str]:
    return frozenset(word.term for word in words if word.term)


def _text_at(sentence: Sequence[Word], at: int) -> str:
    return sentence[at].text.lower() if at < len(sentence) else ""


def _alike(here: Set[str], there: Set[str]) -> float:
    return len(here & there) / len(here) if here else 0.0


def _read(text: str) -> list[Word]:
    """The words of a sentence, in order, with what negates them."""
    words: list[Word] = []
    cue, reach = "", 0
    found = [match[0].replace("’", "'") for match in _WORD.finditer(text)]
    for at, word in enumerate(found):
        low = word.lower()
        term = _term(word)
        if _negates(low, found[at - 1].lower() if at else "", found[at + 1].lower() if at + 1 < len(found) else ""):
            cue, reach = low, SCOPE
            words.append(Word(word, ""))
            continue
        if not word[0].isalnum() or low in _ENDS_NEGATION:
            reach = 0
        words.append(Word(word, term, cue if term and reach > 0 else ""))
        reach -= bool(term)
    return words


def _negates(word: str, before: str, following: str) -> bool:
    """Whether a word negates what follows it. “No longer” and “correct or not” do not."""
    if following in _NO_NEGATION_BEFORE or (word, following) == ("no", "longer") or (before, word) == ("or", "not"):
        return False
    return word in _NOT or word.endswith("n't")


@lru_cache(maxsize=8_192)
def _term(word: str) -> str:
    return next(iter(terms(word)), "")


@lru_cache(maxsize=1)
def _signs() -> dict[str, dict[int, int]]:
    """The sign of a term on each axis that has it: 1 raises it, -1 lowers it."""
    signs: dict[str, dict[int, int]] = {}
    for axis, sides in enumerate(AXES):
        for sign, side in zip((1, -1), sides, strict=True):
            for word in side.split():
                signs.setdefault(_term(word), {})[axis] = sign
    return signs


@lru_cache(maxsize=1)
def _outdoing() -> frozenset[str]:
    return frozenset(terms(_OUTDOES))


def _movement(word: Word) -> int:
    """1 where the word says that something moves up, -1 down, 0 neither; a negation turns it round."""
    sign = next((sign for axis, sign in _signs().get(word.term, {}).items() if axis < MOVING), 0)
    return -sign if word.negation else sign
