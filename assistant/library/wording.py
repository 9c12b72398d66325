"""A question in the words of one library: misspelt words mended, and the other ways to write the rest.

A word is known if an abstract has it. One that none has is taken for a mistake, unless the bundled embedder's
vocabulary has it: that is a word of which this library happens to say nothing.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from assistant.acronyms import explained
from assistant.cleaning import clean
from assistant.embedders import BUNDLED
from assistant.evidence import holds, names_in
from assistant.library.lexical import LexicalIndex, Wanted
from assistant.spelling import BEGINNING, LONG, SHORTEST, distance, nearest
from assistant.text import Phrase, content_terms, phrase, respelt, terms, words_analyzer

# What counts, beside 1.0 for a word asked for: that two words stand together or as one, and long and short forms.
# From SciFact train and held-out titles (tools/bench_retrieval.py --train), where 0.25 and 0.5 for the first are alike.
TOGETHER, SPELT_OUT, SHORTENED = 0.5, 0.25, 0.25
USUAL = (
    50  # of so many papers with a word at least one joins it, or two words are not looked for together: it takes time
)
SHORT_FORMS = 2  # of a question's words that are looked for besides
MENDED = 8  # words of a question looked at for mistakes
LEAST_PART = 4  # letters of each part where one of two words written together is misspelt
LEAST_WORDS, LONGEST = 6, 40  # letters of words written together

RARER = 1_000  # times as rare as a word that is one edit away: then a word was misspelt in the abstracts that have it
LIKELY = 20  # words of one beginning, the most frequent, that such a word may be meant for
PARTS = 4  # words that may be written together
TRIED = 30  # ways to take a word apart that are looked up
RARE = 100  # papers with a word, up to which it is looked for apart too, where more write it so

_RUN = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


@dataclass(frozen=True, slots=True)
class Respelled:
    """A question with what was misspelt in it mended. `mended` pairs the words as typed with those put in their place,
    `doubted` has those of them that a few abstracts have; `known` is false where no abstract has any word that the
    question is about."""

    text: str
    mended: tuple[tuple[str, str], ...] = ()
    doubted: frozenset[str] = frozenset()
    known: bool = True

    @property
    def notices(self) -> tuple[str, ...]:
        return tuple(
            f"few abstracts have “{typed}”; searched for “{meant}” (as typed: in quotation marks)"
            if typed in self.doubted
            else f"no abstract has “{typed}”; searched for “{meant}”"
            for typed, meant in self.mended
        )


class Wording:
    """How one library writes what a question asks for."""

    def __init__(self, index: LexicalIndex) -> None:
        self._index = index
        self._apart_too = lru_cache(maxsize=64)(self._rather_apart)  # a search asks twice what is wanted

    # ---- mistakes

    def respelled(self, question: str, *, as_typed: Iterable[str] = ()) -> Respelled:
        """`question` with words that no abstract has replaced by what they were most likely meant for, if anything; so
        are words that hardly any has and a thousand times as many have with one letter other. What is in `as_typed`
        stays."""
        readable = clean(question)
        asked, names = set(content_terms(readable)), names_in(readable)
        kept = {word for phrase in as_typed for word in _RUN.findall(clean(phrase))}
        kept |= {word for *pair, _ in self._joined(readable, asked) for word in pair}
        distinct = [word for word in dict.fromkeys(_RUN.findall(readable)) if word not in kept]
        strange = [word for word in distinct if self._strange(word, asked)]
        meant = {word: self._meant(word, name=word in names) for word in strange[:MENDED]}
        doubted = {word: self._rather(word) for word in distinct if word not in strange and word not in names}
        mended = {word: other for word, other in (meant | doubted).items() if other}
        text = _RUN.sub(lambda match: mended.get(match[0], match[0]), readable) if mended else question
        readable = clean(text)
        about = set(content_terms(readable))
        words = [word for word in _RUN.findall(readable) if about.intersection(terms(word))]
        known = bool(kept) or any(self._has(word) for word in words)
        return Respelled(text, tuple(mended.items()), frozenset(doubted).intersection(mended), known)

    def _strange(self, word: str, asked: set[str]) -> bool:
        """Whether the question is about `word` and no abstract has it."""
        return bool(asked.intersection(terms(word))) and not self._has(word)

    def _has(self, word: str) -> bool:
        """Whether an abstract has `word`, another form of it or another spelling."""
        return any(self._index.frequency(term) for one in (word, *respelt(word)) for term in terms(one))

    def _rather(self, word: str) -> str:
        """The word that `word` was meant for, where those who wrote it in abstracts misspelt it too."""
        lower = word.lower()
        count = self._index.word_frequency(lower)
        rare = 0 < count * RARER <= len(self._index)
        if not rare or len(word) < SHORTEST or not word.isalpha() or lower in _vocabulary():
            return ""
        some = self._index.words(lower[:BEGINNING], limit=LIKELY)
        return next((one for one, papers in some if papers >= RARER * count and distance(lower, one) == 1), "")

    def _meant(self, word: str, *, name: bool) -> str:
        """What stands in abstracts and `word` may be: two words without their space, one misspelt, or both at once. A
        short name is only itself, but for a space between letters and digits."""
        fixed = word.isdigit() or (name and len(word) < LONG)
        if fixed or not word.isalpha():
            cuts = [at for at in range(1, len(word)) if not fixed or word[at - 1].isdigit() != word[at].isdigit()]
            return next(self._apart(word, cuts), "")
        lower = "".join(words_analyzer().analyze(word))
        if lower in _vocabulary():
            return ""
        mended = self._nearest(lower, 1) or self._parts(lower)
        return mended or ("" if name else self._nearest(lower, 2)) or self._parts_mended(lower)

    def _parts_mended(self, word: str) -> str:
        """`word` in two that stand together in an abstract, one of them misspelt."""
        return next(self._apart(word, range(LEAST_PART, len(word) - LEAST_PART + 1), mend=True), "")

    def _parts(self, word: str) -> str:
        """The words that stand together in an abstract and were written as one; of several ways to take `word` apart
        that of the most frequent words. Only the first of them may be a single letter, and two must be more than stop
        words."""
        known: dict[str, int] = {}

        def frequency(part: str) -> int:
            if part not in known:
                known[part] = self._index.word_frequency(part)
            return known[part]

        def ways(rest: str, most: int) -> Iterator[list[str]]:
            if frequency(rest):
                yield [rest]
            for cut in range(2, len(rest) - 1) if most > 1 else ():
                if frequency(rest[:cut]):
                    yield from ([rest[:cut], *more] for more in ways(rest[cut:], most - 1))

        if len(word) > LONGEST:
            return ""
        found = [way for way in ways(word, PARTS) if len(way) > 1]
        found += [[word[0], *way] for way in ways(word[1:], 1) if frequency(word[0])]
        found.sort(key=lambda way: (-min(map(frequency, way)), len(way)))
        tried = {text: phrase(text) for text in map(" ".join, found[:TRIED])}
        return next((text for text, words in tried.items() if len(words) > 1 and self._index.stands(words)), "")

    def _nearest(self, word: str, most: int) -> str:
        return nearest(
            word,
            frequency=self._index.word_frequency,
            beginning=lambda start, limit: self._index.words(start, limit=limit),
            most=most,
        )

    def _apart(self, word: str, cuts: Iterable[int], *, mend: bool = False) -> Iterator[str]:
        """`word` in two, cut at one of `cuts`, where the parts stand together in an abstract; with `mend`, one of them
        may be misspelt."""
        for cut in cuts:
            parts = [word[:cut], word[cut:]]
            known = [bool(self._index.word_frequency(part.lower())) for part in parts]
            if mend and known.count(False) == 1:
                wrong = known.index(False)
                parts[wrong] = self._nearest(parts[wrong], 1)
                known[wrong] = bool(parts[wrong])
            two = phrase(" ".join(parts))
            if all(known) and len(two) == 2 and self._index.stands(two):
                yield " ".join(parts)

    # ---- ways of writing

    def wanted(self, question: str, abstracts: Iterable[str] = ()) -> list[Wanted]:
        """What `question` is about with the ways to write it: its terms, FlashAttention also apart and its neighbours
        also joined, British words also as Americans write them, short and long forms also as each other, where
        `abstracts` explain them."""
        asked = content_terms(question)
        ways: dict[str, dict[Phrase, float]] = {term: {((0, term),): 1.0} for term in asked}
        whole = _whole(question)
        for word in whole:
            if (own := ways.get(_term(word))) is None:
                continue
            if len(apart := phrase(_CAMEL.sub(" ", word) if _CAMEL.search(word) else self._apart_too(word))) > 1:
                own[apart] = self._as_much(phrase(word), apart)
            others = [phrase(one) for one in respelt(word)]
            own.update({one: self._as_much(phrase(word), one) for one in others if self._index.stands(one)})
        together: list[Wanted] = []
        for left, right, one in self._joined(question, asked):  # which has both words
            for word in (left, right):
                ways.get(_term(word), {})[one] = self._as_much(phrase(word), one)
            pair = phrase(f"{left} {right}")
            if self._index.frequency(one[0][1]) * USUAL >= min(self._index.frequency(term) for _, term in pair):
                together.append({pair: TOGETHER, one: TOGETHER * self._as_much(pair, one)})
        spelt_out, shortened = _explained(question, whole, abstracts)
        for term, long in spelt_out.items():
            if term in ways:
                ways[term][long] = SPELT_OUT
        return [*ways.values(), *together, *({form: SHORTENED} for form in shortened)]

    def _as_much(self, words: Phrase, other: Phrase) -> float:
        """What another way to write `words` counts: no more than these themselves, or the few abstracts that write them
        so would be found first."""
        own, theirs = (sum(self._index.rarity([term]).get(term, 0.0) for _, term in way) for way in (words, other))
        return min(1.0, own / theirs) if theirs else 1.0

    def _rather_apart(self, word: str) -> str:
        """`word` as the words it is made of, where more abstracts write it so: fewshot. Not of a frequent word."""
        count = self._index.frequency(_term(word))
        if len(word) < LEAST_WORDS or not word.isalpha() or not word.islower() or not 0 < count <= RARE:
            return ""
        apart = self._parts(word)
        return apart if self._index.count(phrase(apart), count + 1) > count else ""

    def _joined(self, question: str, asked: Iterable[str]) -> Iterator[tuple[str, str, Phrase]]:
        """Neighbouring words of the question that an abstract writes as one, and that one."""
        runs = [match for match in _RUN.finditer(question) if set(asked).intersection(terms(match[0]))]
        for left, right in pairwise(runs):
            one = phrase(left[0] + right[0])
            if question[left.end() : right.start()] in (" ", "-") and len(one) == 1 and self._index.stands(one):
                yield left[0], right[0], one


@lru_cache(maxsize=1)
def _vocabulary() -> frozenset[str]:
    """Words that the bundled embedder knows whole, in lower case: the frequent ones of arXiv."""
    return frozenset(json.loads((BUNDLED / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"])


def _explained(question: str, whole: Sequence[str], abstracts: Iterable[str]) -> tuple[dict[str, Phrase], list[Phrase]]:
    """The long form that most abstracts give to each short form (its term) among the words of the question, and the
    short forms of the long ones in it."""
    there, short_here = terms(question), {_term(word): word for word in whole}
    spelt_out: dict[str, Phrase] = {}
    shortened: dict[Phrase, Phrase] = {}  # by the long form: one each, or an abstract could bring in many of its own
    pairs = Counter(pair for text in abstracts for pair in _pairs(text))
    for (short, long), count in pairs.most_common():
        form = phrase(short)
        typed = short_here.get(form[0][1], "") if len(form) == 1 else ""
        meant = bool(typed) and (count > 1 or typed in (short, short.removesuffix("s")))
        if len(form) != 1 or not (meant or holds(there, long)) or len(full := phrase(clean(long))) < 2:
            continue  # most have nothing to do with the question
        if meant:
            spelt_out.setdefault(form[0][1], full)
        else:
            shortened.setdefault(full, form)
    return spelt_out, list(shortened.values())[:SHORT_FORMS]


@lru_cache(maxsize=2_048)
def _pairs(abstract: str) -> tuple[tuple[str, str], ...]:
    """The short and long forms that an abstract explains, each once."""
    return tuple(dict.fromkeys(explained(abstract)))


def _whole(question: str) -> list[str]:
    """The words of the question that are no later part of a longer one: of “G-CSF”, not “CSF”."""
    return [match[0] for match in _RUN.finditer(question) if question[: match.start()][-1:] != "-"]


def _term(word: str) -> str:
    return "".join(terms(word))
