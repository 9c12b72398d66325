"""Sentences of abstracts picked for what they say: what was found, what stays open, what two papers dispute. Pure.

All of it is verbatim. That two sentences dispute is read off words: much in common, and one side says better where the
other says worse. A reader must judge; the pairs are told as what they are.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from assistant.cleaning import clean
from assistant.papers import Paper
from assistant.quantities import quantities
from assistant.roles import is_finding, is_link, leans, own_word
from assistant.text import content_terms, sentences

LONGEST = 300  # characters of a sentence that is picked
COMMON = 0.08  # share of the rarity of both that disputing sentences have in common; set by the handed-over tensions
SHARED = 2  # terms at least
OWN = 0.7  # how far a sentence that disputes must be its paper's own word

_ALSO = re.compile(r"\b(?:also|further|beyond|moreover)\b", re.IGNORECASE)  # what leans on a sentence before it
_OPEN = re.compile(
    r"\b(?:remains? (?:an? )?(?:open|unclear|unknown|unexplored|under-?explored|challenging|elusive|difficult)"
    r"|open (?:question|problem|challenge)s?|future (?:work|research|directions?)|not (?:yet )?well understood"
    r"|poorly understood|little is known|(?:largely|relatively) (?:unexplored|underexplored|unstudied)"
    r"|(?:still|yet) (?:far from|lack|limited|struggle)|significant (?:room|gap)s?|no consensus)\b",
    re.IGNORECASE,
)
_HOPES = re.compile(
    r"\b(?:releas\w+|hope|inspir\w+|accelerat\w+|facilitat\w+|foster\w*|possible future)\b", re.IGNORECASE
)
_AIM = re.compile(
    r"\b(?:we|this paper) (?:propose|introduce|present|develop|analy[sz]e|aim|design|describe|study|train)",
    re.IGNORECASE,
)
# What is said not to happen: “without harming accuracy”, “minimizes the risk of collapse”.
_SPARED = re.compile(
    r"\b(?:without|not|no|never|avoid\w*|minimi[sz]\w*|reduc\w+|mitigat\w+|prevent\w*|less|alleviat\w+)(?:\s+[\w-]+){1,5}",
    re.IGNORECASE,
)
_BETTER = re.compile(
    r"\b(?:improv\w+|outperform\w*|superior|better|benefit\w*|gains?|effective(?:ly|ness)?|surpass\w*|exceed\w*|boosts?|"
    r"enhanc\w+|essential|robust\w*|success\w*|importance|reliabl\w+|continues? to|pays? off)\b",
    re.IGNORECASE,
)
_WORSE = re.compile(
    r"\b(?:hinder\w*|degrad\w+|hurts?|harm(?:s|ed)?|worse\w*|overestimat\w+|suboptimal|diminish\w+|saturat\w+|fail\w*|"
    r"declin\w+|insufficient\w*|caution\w*|collaps\w+|unreliabl\w+|struggl\w+|misleading|overthink\w*|"
    r"inferior|plateau\w*|without (?:improv|benefit)\w*|marginal(?:ly)?|overstat\w+|challenge the assumption)\b",
    re.IGNORECASE,
)
_LONGER = re.compile(r"\b(?:longer|larger|bigger|grow(?:s|ing|th)?)\b", re.IGNORECASE)
_SHORTER = re.compile(r"\b(?:shorter|smaller|fewer)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Claim:
    """What a paper claims: its place, the sentence, its terms, whether it says better (1) or worse (-1), and of what is
    longer (1), shorter (-1) or neither alone (0)."""

    paper: int
    text: str
    terms: frozenset[str]
    sign: int
    size: int

    def is_against(self, other: "_Claim") -> bool:
        """Whether it says the opposite: worse where the other says better, but for what is longer and shorter; that
        longer is worse and that shorter is better agree."""
        turned = -1 if self.size * other.size < 0 else 1
        return self.sign != other.sign * turned


@dataclass(frozen=True, slots=True)
class Dispute:
    """Two sentences, each with the place of its paper, that say opposite things of what they have in common."""

    first: tuple[int, str]
    second: tuple[int, str]
    share: float


def found(paper: Paper) -> str:
    """The sentence that says best what was found, in numbers if it can; empty where none does."""
    best, chosen = 0.0, ""
    texts = _texts(paper)
    for at, text in enumerate(texts):
        own = own_word(text, at=at, of=len(texts))
        if is_finding(text) and own >= OWN and not _ALSO.search(text) and not leans(text) and _usable(text):
            worth = own + 0.5 * bool(quantities(text))
            if worth > best:
                best, chosen = worth, text
    return chosen


def left_open(paper: Paper) -> str:
    """The first sentence that says that something is open; empty where none does."""
    said = (text for text in _texts(paper) if _OPEN.search(text) and not _HOPES.search(text))
    return next((text for text in said if not leans(text) and _usable(text)), "")


def background(paper: Paper, wanted: Mapping[str, float]) -> str:
    """The sentence that holds most of the `wanted` terms' rarity before the paper's own word sets in; empty where none
    holds any."""
    texts = _texts(paper)
    best, chosen = 0.0, ""
    for at, text in enumerate(texts):
        if own_word(text, at=at, of=len(texts)) < 1 and not leans(text) and _usable(text):
            share = sum(wanted.get(term, 0.0) for term in set(content_terms(text)))
            if share > best:
                best, chosen = share, text
    return chosen


def disputes(papers: Sequence[Paper], *, rarity: Mapping[str, float], most: int) -> list[Dispute]:
    """Up to `most` pairs of sentences of different papers that dispute, the nearest to each other first, a paper in one
    at most. `rarity` weighs index terms."""
    claims = list(_claims(papers))
    pairs = []
    for one, other in combinations(claims, 2):
        both = one.terms & other.terms
        if one.paper == other.paper or not one.is_against(other) or len(both) < SHARED:
            continue
        share = _weight(both, rarity) / (_weight(one.terms | other.terms, rarity) or 1.0)
        if share >= COMMON:
            pairs.append(Dispute((one.paper, one.text), (other.paper, other.text), share))
    chosen: list[Dispute] = []
    for pair in sorted(pairs, key=lambda pair: -pair.share):
        taken = {n for one in chosen for n, _ in (one.first, one.second)}
        if not taken & {pair.first[0], pair.second[0]}:
            chosen.append(pair)
    return chosen[:most]


def _weight(terms: Collection[str], rarity: Mapping[str, float]) -> float:
    return sum(rarity.get(term, 1.0) for term in terms)


def _claims(papers: Sequence[Paper]) -> Iterator[_Claim]:
    """What papers claim themselves to be better or worse."""
    for n, paper in enumerate(papers):
        texts = _texts(paper)
        for at, text in enumerate(texts):
            said = _SPARED.sub(" ", text)
            sign = bool(_BETTER.search(said)) - bool(_WORSE.search(said))
            if sign and own_word(text, at=at, of=len(texts)) >= OWN and not _AIM.search(text) and _usable(text):
                first = said.partition(" than ")[0]  # “shorter ones do better than longer ones” is about shorter ones
                size = bool(_LONGER.search(first)) - bool(_SHORTER.search(first))
                yield _Claim(n, text, frozenset(content_terms(text)), sign, size)


def _texts(paper: Paper) -> list[str]:
    return [clean(paper.abstract[start:end]) for start, end in sentences(paper.abstract)]


def _usable(text: str) -> bool:
    return len(text) <= LONGEST and not is_link(text)
