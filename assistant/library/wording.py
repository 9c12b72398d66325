"""A question in the words of one library: misspelt words mended, other ways to write the rest.

The library's own abstracts are the only dictionary: a word is known if one of them has it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.acronyms import explained
from assistant.cleaning import clean
from assistant.evidence import holds, names_in
from assistant.library.lexical import LexicalIndex
from assistant.spelling import nearest
from assistant.text import Phrase, content_terms, phrase, terms, words_analyzer

# What a match with another way of writing counts, beside a match with the words asked for (1.0).
JOINED, SPLIT, LONG, SHORT = 1.0, 0.5, 0.5, 1.0
MENDED = 8  # words of a question looked at for mistakes
PART = 3  # letters of the shorter part of a known word that is tried in two

_RUN = re.compile(r"[^\W_]+")


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

    def respelled(self, question: str) -> Respelled:
        """`question` with words that no abstract has replaced by what they were most likely meant for, if anything."""
        typed, question = question, clean(question)
        asked, named = set(content_terms(question)), names_in(question)
        mended: dict[str, str] = {}
        strange = [word for word in _RUN.findall(question) if self._strange(word, asked)]
        for word in list(dict.fromkeys(strange))[:MENDED]:
            if meant := self._meant(word, most=1 if word in named else 2):
                mended[word] = meant
        text = _RUN.sub(lambda match: mended.get(match[0], match[0]), question)
        known = any(self._index.frequency(term) for term in content_terms(text))
        return Respelled(text if mended else typed, tuple(mended.items()), known)

    def variants(self, question: str) -> dict[Phrase, float]:
        """Neighbouring words joined and words split, where abstracts write them so, with their weights."""
        asked = set(content_terms(question))
        runs = [match for match in _RUN.finditer(question) if asked.intersection(terms(match[0]))]
        found: dict[Phrase, float] = {}
        for left, right in zip(runs, runs[1:], strict=False):
            between = question[left.end() : right.start()]
            joined = phrase(left[0] + right[0])
            if between in (" ", "-") and len(joined) == 1 and self._index.stands(joined):
                found[joined] = JOINED
        for run in runs:
            for parts in self._parts(run[0], PART):
                found[phrase(parts)] = SPLIT
        return found

    def explained(self, question: str, abstracts: Iterable[str]) -> dict[Phrase, float]:
        """The long forms of short forms in `question`, and the short ones of long ones, as `abstracts` explain them."""
        pairs = Counter(pair for text in abstracts for pair in set(explained(text)))
        there, typed = terms(question), set(_RUN.findall(question))
        short_forms: dict[Phrase, float] = {}
        long_forms: dict[Phrase, Phrase] = {}  # by short form; the one that most abstracts give
        for (short, long), count in pairs.most_common():
            form, spelt_out = phrase(short), phrase(clean(long))
            if not form or len(spelt_out) < 2:
                continue
            if holds(there, long):
                short_forms[form] = SHORT
            elif holds(there, short) and (count > 1 or typed & {short, short.removesuffix("s")}):
                long_forms.setdefault(form, spelt_out)
        return short_forms | dict.fromkeys(long_forms.values(), LONG)

    def _strange(self, word: str, asked: set[str]) -> bool:
        """Whether the question is about `word` and no abstract has it, nor another form of it."""
        mine = asked.intersection(terms(word))
        return bool(mine) and not any(self._index.frequency(term) for term in mine)

    def _meant(self, word: str, *, most: int) -> str:
        """What stands in abstracts and `word` may be: two words without their space, one misspelt, or both at once."""
        if apart := next(self._parts(word, 1), ""):
            return apart
        if not word.isalpha():
            return ""
        lower = "".join(words_analyzer().analyze(word))
        return self._nearest(lower, most) or next(self._parts(lower, 4, mend=True), "")

    def _nearest(self, word: str, most: int) -> str:
        return nearest(
            word,
            frequency=self._index.word_frequency,
            beginning=lambda start, limit: self._index.words(start, limit=limit),
            most=most,
        )

    def _parts(self, word: str, least: int, *, mend: bool = False) -> Iterator[str]:
        """`word` cut in two parts of `least` letters that stand together in an abstract; with `mend`, one part may be
        misspelt."""
        for cut in range(least, len(word) - least + 1):
            parts = [word[:cut], word[cut:]]
            known = [bool(self._index.word_frequency(part.lower())) for part in parts]
            if mend and known.count(False) == 1:
                wrong = known.index(False)
                parts[wrong] = self._nearest(parts[wrong], 1)
                known[wrong] = bool(parts[wrong])
            two = phrase(" ".join(parts))
            if all(known) and len(two) == 2 and self._index.stands(two):
                yield " ".join(parts)

