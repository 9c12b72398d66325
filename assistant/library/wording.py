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
from assistant.spelling import LONG, nearest
from assistant.text import Phrase, content_terms, phrase, terms, words_analyzer

# What a match with another way of writing counts, beside 1.0 for the words asked for; chosen on SciFact train and
# held-out titles (tools/bench_retrieval.py --train).
JOINED, SPLIT, SPELT_OUT, SHORTENED = 0.5, 0.5, 0.25, 0.25
SHORT_FORMS = 2  # of a question's words that are looked for besides
MENDED = 8  # words of a question looked at for mistakes
LEAST_PART = 4  # letters of each part where one of two words written together is misspelt

_RUN = re.compile(r"[^\W_]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Respelled:
    """A question with what was misspelt in it mended. `mended` pairs the words as typed with those put in their place;
    `known` is false where no abstract has any word that the question is about."""

    text: str
    mended: tuple[tuple[str, str], ...] = ()
    known: bool = True

    @property
    def notices(self) -> tuple[str, ...]:
        return tuple(f"no abstract has “{typed}”; searched for “{meant}”" for typed, meant in self.mended)


class Wording:
    """How one library writes what a question asks for."""

    def __init__(self, index: LexicalIndex) -> None:
        self._index = index

    # ---- mistakes

    def respelled(self, question: str) -> Respelled:
        """`question` with words that no abstract has replaced by what they were most likely meant for, if anything."""
        readable = clean(question)
        asked, names = set(content_terms(readable)), names_in(readable)
        together = {word for *pair, _ in self._joined(readable, asked) for word in pair}
        distinct = dict.fromkeys(_RUN.findall(readable))
        strange = [word for word in distinct if word not in together and self._strange(word, asked)]
        meant = {word: self._meant(word, name=word in names) for word in strange[:MENDED]}
        mended = {word: other for word, other in meant.items() if other}
        text = _RUN.sub(lambda match: mended.get(match[0], match[0]), readable) if mended else question
        known = bool(together) or any(self._index.frequency(term) for term in content_terms(clean(text)))
        return Respelled(text, tuple(mended.items()), known)

    def _strange(self, word: str, asked: set[str]) -> bool:
        """Whether the question is about `word` and no abstract has it, nor another form of it."""
        mine = asked.intersection(terms(word))
        return bool(mine) and not any(self._index.frequency(term) for term in mine)

    def _meant(self, word: str, *, name: bool) -> str:
        """What stands in abstracts and `word` may be: two words without their space, one misspelt, or both at once. A
        short name is only itself, but for a space between letters and digits."""
        fixed = word.isdigit() or (name and len(word) < LONG)
        cuts = [at for at in range(1, len(word)) if not fixed or word[at - 1].isdigit() != word[at].isdigit()]
        apart = next(self._apart(word, cuts), "")
        if apart or fixed or not word.isalpha():
            return apart
        lower = "".join(words_analyzer().analyze(word))
        if lower in _vocabulary():
            return ""
        cuts = list(range(LEAST_PART, len(lower) - LEAST_PART + 1))
        return self._nearest(lower, 1 if name else 2) or next(self._apart(lower, cuts, mend=True), "")

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
        also joined, short and long forms also as each other, where `abstracts` explain them."""
        asked = content_terms(question)
        ways: dict[str, dict[Phrase, float]] = {term: {((0, term),): 1.0} for term in asked}
        whole = _whole(question)
        for word in whole:
            if len(apart := phrase(_CAMEL.sub(" ", word))) > 1 and _term(word) in ways:
                ways[_term(word)][apart] = SPLIT
        more = {one: JOINED for _, _, one in self._joined(question, asked)}
        spelt_out, shortened = _explained(question, whole, abstracts)
        for term, long in spelt_out.items():
            if term in ways:
                ways[term][long] = SPELT_OUT
        more |= dict.fromkeys(shortened, SHORTENED)
        return [*ways.values(), *({form: weight} for form, weight in more.items())]

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
