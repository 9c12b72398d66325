"""Citation keys: `lovelace2026channel-3fa9c`, the first author's family name, the year, the first telling word of the
title, and five digits of the paper's permanent id.

A key is made of the paper alone, so that it is the same in every export, whatever else is in it. Without the digits
9.5 % of 74,728 arXiv papers of two years would share theirs with another, and keep it only as long as that one is not
cited too.
"""

import hashlib
import re
import unicodedata

from assistant.cleaning import clean
from assistant.papers import StoredPaper
from assistant.render.people import taken_apart

DIGITS = 5
MOST = 24  # letters of a name or word
_STOP = frozenset({
    "a", "an", "the", "on", "of", "for", "in", "to", "with", "and", "or", "from", "by", "is", "are", "at", "as", "via",
    "towards", "toward", "do", "does", "can", "how", "what", "when", "where", "why", "which", "who", "its", "it", "we",
    "using", "into", "be", "not",
})  # fmt: skip
_LATIN = str.maketrans({
    "ß": "ss", "ẞ": "ss", "ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "þ": "th", "æ": "ae",
    "Æ": "ae", "œ": "oe", "Œ": "oe", "ı": "i",
})  # fmt: skip


class Keys:
    """The keys of one document. Two papers never get the same: where the five digits are, later ones get more."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def __call__(self, found: StoredPaper) -> str:
        digest = hashlib.sha256(found.paper_id.encode(errors="replace")).hexdigest()
        key = next(
            key
            for digits in range(DIGITS, len(digest) + 1)
            if (key := f"{_stem(found)}-{digest[:digits]}") not in self._given
        )
        self._given.add(key)
        return key


def _stem(found: StoredPaper) -> str:
    paper = found.paper
    author = next(iter(map(taken_apart, paper.authors)), None)
    name = _first_word((author.family or author.whole) if author else "")
    year, word = paper.date.year if paper.date else "", _first_word(clean(paper.title))
    return (f"{name}{year}{word}" if name else f"{word}{year}") or "paper"


def _first_word(text: str) -> str:
    """The first word that says something, in small ASCII letters and digits; of other scripts nothing is left."""
    words = [_folded(word) for word in re.findall(r"[^\W_]+(?:['’][^\W_]+)*", text)]
    return next((word for word in words if word and word not in _STOP), next(filter(None, words), ""))[:MOST]


def _folded(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.translate(_LATIN))
    return "".join(letter for letter in apart if letter.isascii() and letter.isalnum()).lower()
