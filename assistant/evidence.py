"""Whether a library holds evidence for a question at all, and what a reader should know of it. Pure.

A question is stopped where nothing found is near enough to it and no abstract has all its words; where every name in
it is one that no abstract mentions, or any is and a number is asked for; where it counts something that none of the
nearest abstracts counts; where it asks for a number of something named that no abstract which mentions it gives; and
where it asks for what is not in abstracts.
"""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

from assistant.cleaning import clean, whole
from assistant.papers import Paper, Passage
from assistant.quantities import quantities
from assistant.questions import kind_of, untold, year_in
from assistant.text import content_terms, only_asks, sentences, spellings, terms

LOOKED_AT = 10  # passages
# The chance that a question has its answer here: intercept, and weights of what `features` gives; and the least chance
# let through. tools/fit_gate.py fits them on the handed-over questions and on halves of everyday, medical and
# biological ones, and shows what other thresholds would do.
WEIGHTS = (-5.42, 3.29, 3.54, 2.49, 2.14)
LEAST = 0.39
COUNTED_IN = 5  # passages looked at for a number of what is asked for
# Least share of what a number is asked of, by rarity, in a sentence with a number of a paper that the question names.
# None of the 24 handed-over facts is stopped by it; where the sentence with the answer is taken out, 17 are.
TELLS = 0.2
NAMED = 3  # papers found that mention a name; what more do is no paper's name
ON_TOPIC = 0.3  # nearness of a paper that is on a topic: all must-cover papers of the handed-over topics have it
UNTOLD = "authors, dates and venues are not in abstracts; try assistant show ID, --author or --since"
WORDS_TOLD = 4  # words that no abstract mentions, told of at most

# A version belongs to a name: `Qwen2.5-1M`, `AlphaFold 3`, `Opus 4.5`.
_NAME = re.compile(
    r"\b[A-Z][\w-]*(?:\.\d[\w-]*)*(?:(?<=[A-Za-z]) \d(?:\.\d+)?(?![\w.%+×/-]))?|\b[a-z]+[A-Z]\w*|\b[a-z]+-?\d[\w-]*"
)
_NEGATED = re.compile(r"\b(?:not|without|never|don['’]t|doesn['’]t|no longer)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_][\w-]{3,}")
_SENTENCE_START = re.compile(r"(?:^|[.?!:]\s+)[\"'“‘(]*$")
_HOW_MANY = re.compile(
    r"\bhow many (?P<thing>[\w\s/-]+?)\s+(?:do|does|did|is|are|was|were|has|have|had|can|could|went|goes?|per|in|on|of|"
    r"for|from|to|with|by|use[sd]?|need(?:s|ed)?|\?|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Assessment:
    """`enough`, or `why` not; `notices` say what a reader of an answer should know about the question; `named` are the
    passages that mention what it names, whose papers may tell in full what their abstracts do not."""

    enough: bool
    why: str = ""
    notices: tuple[str, ...] = ()
    named: tuple[Passage, ...] = ()


def assess(
    question: str, pool: Sequence[Passage], *, rarity: Mapping[str, float], mentioned: Callable[[str], bool]
) -> Assessment:
    """Weigh the passages found, best first. `rarity` weighs the question's terms; `mentioned` says of a word or name
    whether any abstract of the library has it."""
    names = names_in(question)
    unknown = [name for name in names if not mentioned(name)]
    if not pool:
        return Assessment(False, "the library holds no paper that meets the conditions")
    if only_asks(question):
        return Assessment(False, "the question has no word to look for")
    if untold(question):
        return Assessment(False, UNTOLD)
    if unknown and (len(unknown) == len(names) or kind_of(question) == "number"):
        return Assessment(False, f"no abstract in the library mentions {' or '.join(unknown)}")
    if chance(pool, rarity=rarity) < LEAST and not covered(question, pool):
        return Assessment(False, "no abstract in the library is near enough to the question")
    known = named(names, pool)
    about = tuple(dict.fromkeys(passage for found in known.values() for passage in found))
    if (thing := counted_thing(question)) and not any(_counts(thing, passage) for passage in pool[:COUNTED_IN]):
        return Assessment(False, f"none of the nearest abstracts gives a number of {thing}", named=about)
    if about and kind_of(question) == "number" and not any(_tells(passage, list(known), rarity) for passage in about):
        return Assessment(False, f"no abstract that mentions {' or '.join(known)} gives that number", named=about)
    if names and kind_of(question) == "number":
        having = [passage for passage in pool if all(mentions(passage, name) for name in names)]
        telling = [passage for passage in having if _tells(passage, names, rarity)]
        if not any(_counts(thing, passage) for passage in telling) if thing else not telling:
            return Assessment(
                False, f"no abstract found that mentions {' and '.join(names)} gives that number", named=about
            )
    return Assessment(True, notices=tuple(_notices(question, pool, names, mentioned)), named=about)


def _notices(
    question: str, pool: Sequence[Passage], names: Sequence[str], mentioned: Callable[[str], bool]
) -> Iterator[str]:
    about = set(content_terms(question))
    words = dict.fromkeys([*names, *(word for word in _WORD.findall(question) if about & set(terms(word)))])
    if foreign := [word for word in words if not mentioned(word)]:
        yield f"no abstract in the library mentions {', '.join(foreign[:WORDS_TOLD])}"
    known = [name for name in names if mentioned(name)]
    if len(known) > 1 and not any(all(mentions(passage, name) for name in known) for passage in pool):
        yield f"no abstract found mentions {' and '.join(known)} together"
    if kind_of(question) == "which" and _NEGATED.search(question):
        yield "“not” and “without” are looked for as words; to leave papers out, write -word"
    if year := year_in(question):
        yield f"{year} narrows nothing here; use --since and --until for dates"


def covered(question: str, pool: Sequence[Passage]) -> bool:
    """Whether one of the first passages has every word that the question is about; a single one must be a name: of
    “what is GRPO?”, that one."""
    wanted = dict.fromkeys(content_terms(question), 1.0)
    return (len(wanted) > 1 or bool(names_in(question))) and any(
        len(_held(passage, wanted)) == len(wanted) for passage in pool[:LOOKED_AT]
    )


def mentions(passage: Passage, name: str) -> bool:
    """Whether the passage's paper has `name` in its title or abstract, in any of its spellings."""
    return holds(words_of(passage.found.paper), name)


def holds(there: Sequence[str], name: str) -> bool:
    """Whether the terms of `name` stand one after the other among those `there`, in any of its spellings."""
    text = f" {' '.join(there)} "
    return any(f" {' '.join(words)} " in text for words in spellings(name))


@lru_cache(maxsize=1_000)
def words_of(paper: Paper) -> tuple[str, ...]:
    """The index terms of title and abstract, in order."""
    return tuple(terms(whole(paper.title, paper.abstract)))


def chance(pool: Sequence[Passage], *, rarity: Mapping[str, float]) -> float:
    """How probable it is, by the passages found, that the question whose terms `rarity` weighs has its answer here."""
    return logistic(WEIGHTS, features(pool, rarity=rarity))


def logistic(weights: Sequence[float], row: Sequence[float]) -> float:
    """The probability that a logistic regression gives a row of features; `weights` begin with the intercept."""
    return 1 / (1 + math.exp(-sum(w * x for w, x in zip(weights, (1.0, *row), strict=True))))


def features(pool: Sequence[Passage], *, rarity: Mapping[str, float]) -> tuple[float, float, float, float]:
    """Of the first passages: the best cosine; the most of the question's rarity that one covers, 0 to 1; their mean
    cosine, which tells whether the library is about such things at all; and the logarithm of how many of the question's
    terms are in one, since in a long question the rare words that an abstract has others for weigh too much."""
    looked_at = pool[:LOOKED_AT]
    cosines = [passage.vector for passage in looked_at]
    held = [_held(passage, rarity) for passage in looked_at]
    most = max((len(terms) for terms in held), default=0)
    return (
        max(cosines, default=0.0),
        max((_share(terms, rarity) for terms in held), default=0.0),
        fmean(cosines) if cosines else 0.0,
        math.log(max(1, most)),
    )


def nearness(passage: Passage, *, rarity: Mapping[str, float]) -> float:
    """How near a passage is to the question whose terms `rarity` weighs, 0 to 1: the geometric mean of its cosine and
    of the share of the rarity that its words cover, so that neither words alone nor meaning alone will do."""
    return math.sqrt(_share(_held(passage, rarity), rarity) * max(0.0, passage.vector))


def _held(passage: Passage, rarity: Mapping[str, float]) -> set[str]:
    return rarity.keys() & set(words_of(passage.found.paper))


def _share(held: Collection[str], rarity: Mapping[str, float]) -> float:
    return sum(rarity[term] for term in held) / (sum(rarity.values()) or 1.0)


def names_in(question: str) -> list[str]:
    """Words that are written as names: a capital that begins no sentence, or capitals inside."""
    found = []
    words = re.findall(r"[^\W\d_]{4,}", question)
    titled = len(words) > 2 and sum(word[0].isupper() for word in words) > len(words) / 2  # In Title Case, or CAPITALS
    for match in _NAME.finditer(question):
        name = match[0]
        inner = any(letter.isupper() or letter.isdigit() for letter in name[1:])
        if titled and not re.search(r"\d|[a-z][A-Z]", name):
            continue
        if inner or (len(name) > 1 and not _SENTENCE_START.search(question[: match.start()])):
            found.append(name)
    return list(dict.fromkeys(found))


def named(names: Sequence[str], pool: Sequence[Passage]) -> dict[str, tuple[Passage, ...]]:
    """The passages that mention each of the `names`, but for names that none or more than `NAMED` passages mention."""
    having = {name: tuple(passage for passage in pool if mentions(passage, name)) for name in names}
    return {name: found for name, found in having.items() if 0 < len(found) <= NAMED}


def _tells(passage: Passage, names: Sequence[str], rarity: Mapping[str, float]) -> bool:
    """Whether a sentence of the abstract has a quantity and, with the title, some of what is asked of the names."""
    paper = passage.found.paper
    wanted = {term: weight for term, weight in rarity.items() if term not in terms(" ".join(names))}
    texts = [clean(paper.abstract[start:end]) for start, end in sentences(paper.abstract)]
    shares = [
        _share(wanted.keys() & set(terms(f"{clean(paper.title)} {text}")), wanted) for text in texts if quantities(text)
    ]
    return any(share >= TELLS or not wanted for share in shares)


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
