"""Whether a library holds evidence for a question at all. Pure.

Three things stop a question: nothing found is near enough to it; every name in it is one that no abstract mentions;
it asks for a number of something, and none of the nearest abstracts gives a number of that.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assistant.cleaning import clean
from assistant.papers import Passage
from assistant.quantities import quantities
from assistant.text import content_terms, sentences, terms

NEAR = 0.21  # least nearness let through; tools/bench_answers.py shows what other values would do
LOOKED_AT = 10  # passages
COUNTED_IN = 5  # passages looked at for a number of what is asked for

_NAME = re.compile(r"\b[A-Z][\w-]*|\b[a-z]+[A-Z]\w*")
_SENTENCE_START = re.compile(r"(?:^|[.?!:]\s+)[\"'“‘(]*$")
_HOW_MANY = re.compile(
    r"\bhow many (?P<thing>[\w\s/-]+?)\s+(?:do|does|did|is|are|was|were|has|have|had|can|could|went|goes?|per|in|on|of|"
    r"for|from|to|with|by|use[sd]?|need(?:s|ed)?|\?|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """`enough`, or `why` not; `unknown` are names in the question that no abstract of the library mentions."""

    enough: bool
    why: str = ""
    unknown: tuple[str, ...] = ()


def assess(
    question: str, pool: Sequence[Passage], *, rarity: Mapping[str, float], absent: Collection[str]
) -> Assessment:
    """Weigh the passages found, best first. `rarity` weighs the question's terms, `absent` are those that stand in
    no abstract of the library."""
    names = names_in(question)
    unknown = tuple(name for name in names if (parts := terms(name)) and all(part in absent for part in parts))
    if not pool:
        return Assessment(False, "the library holds no paper that meets the conditions", unknown)
    if unknown and len(unknown) == len(names):
        return Assessment(False, f"no abstract in the library mentions {' or '.join(unknown)}", unknown)
    if nearness(question, pool, rarity=rarity) < NEAR:
        return Assessment(False, "no abstract in the library is near enough to the question", unknown)
    if (thing := counted_thing(question)) and not any(_counts(thing, passage) for passage in pool[:COUNTED_IN]):
        return Assessment(False, f"none of the nearest abstracts gives a number of {thing}", unknown)
    return Assessment(True, unknown=unknown)


def nearness(question: str, pool: Sequence[Passage], *, rarity: Mapping[str, float]) -> float:
    """How near the best passage is to the question, about 0 to 1: the mean of its cosine and of the share of the
    question's rarity that its words cover."""
    total = sum(rarity.values()) or 1.0
    best = 0.0
    for passage in pool[:LOOKED_AT]:
        paper = passage.found.paper
        here = set(terms(f"{clean(paper.title)} {clean(paper.abstract)}"))
        covered = sum(weight for term, weight in rarity.items() if term in here) / total
        best = max(best, (covered + passage.vector) / 2)
    return best


def names_in(question: str) -> list[str]:
    """Words that are written as names: a capital that begins no sentence, or capitals inside."""
    found = []
    for match in _NAME.finditer(question):
        name = match[0]
        inner = any(letter.isupper() for letter in name[1:])
        if inner or (len(name) > 1 and not _SENTENCE_START.search(question[: match.start()])):
            found.append(name)
    return list(dict.fromkeys(found))


def counted_thing(question: str) -> str:
    """What a “how many …” question counts: `GPU days`; empty for other questions."""
    match = _HOW_MANY.search(question)
    return match["thing"].strip() if match else ""


def _counts(thing: str, passage: Passage) -> bool:
    """Whether a sentence of the passage has a quantity and the head of `thing` (its last word)."""
    head = content_terms(thing)[-1:]
    abstract = passage.found.paper.abstract
    for start, end in sentences(abstract):
        text = clean(abstract[start:end])
        if set(head) <= set(terms(text)) and quantities(text):
            return True
    return False
