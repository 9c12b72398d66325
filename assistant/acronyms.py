"""Short forms that a text explains: “retrieval-augmented generation (RAG)”. Pure.

The algorithm is that of A. S. Schwartz and M. A. Hearst, A Simple Algorithm for Identifying Abbreviation Definitions
in Biomedical Text, Pacific Symposium on Biocomputing 8 (2003), pages 451-462.
"""

import re
from collections.abc import Iterator

_IN_BRACKETS = re.compile(r"\s\(([^()\n]{2,120})\)")
_WORD = re.compile(r"\S+")
_CLAUSE = re.compile(r"[,;:]\s")
MOST_LETTERS = 10  # of a short form, which has two words at most
REACH = 200  # characters before a bracket that are looked at


def explained(text: str) -> Iterator[tuple[str, str]]:
    """The (short form, long form) pairs that `text` explains, in order, as they are written there."""
    for match in _IN_BRACKETS.finditer(text):
        inside = _CLAUSE.split(match[1])[0].strip()
        before = text[max(0, match.start() - REACH) : match.start()]
        if _is_short(inside):
            short, candidate = inside, before
        else:  # “RAG (retrieval-augmented generation)”
            short, candidate = (before.split() or [""])[-1], inside
        if _is_short(short) and (long := _long_form(short, _nearest_words(short, candidate))):
            yield short, long


def _is_short(text: str) -> bool:
    """Whether `text` can be a short form: begins with a letter or digit, and has a capital."""
    return (
        2 <= len(text) <= MOST_LETTERS
        and len(text.split()) <= 2
        and text[0].isalnum()
        and any(letter.isupper() for letter in text)
    )


def _nearest_words(short: str, before: str) -> str:
    """The last words of `before`, as many as `short` may stand for."""
    words = list(_WORD.finditer(before))
    most = min(len(short) + 5, 2 * len(short))
    return before[words[-most:][0].start() :].rstrip() if words else ""


def _long_form(short: str, candidate: str) -> str:
    """The shortest end of `candidate` that holds the letters of `short` in order, the first of them at the beginning
    of a word; empty if none does. A plural's s stands for none."""
    letters = [letter for letter in short.removesuffix("s").lower() if letter.isalnum()]
    at, text = len(candidate), candidate.lower()
    for n, letter in reversed(list(enumerate(letters))):
        at -= 1
        while at >= 0 and (text[at] != letter or (n == 0 and at > 0 and text[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return ""
    long = candidate[at:].strip()
    words = re.findall(r"\w+", long)
    return long if len(words) > 1 and len(long) > len(short) and short not in words else ""
