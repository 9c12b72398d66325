"""Which known word a misspelt one was meant for. Pure: what is known is asked of the caller.

Two words are one edit apart by a letter more, less or other, or by two neighbours exchanged (Damerau 1964, the
restricted distance). All words here are in lower case without accents.
"""

from collections.abc import Callable
from itertools import chain
from string import ascii_lowercase

SHORTEST = 5  # letters; a shorter word has too many neighbours: of four, most were words put in place of words
LONG = 8  # letters from which two edits are allowed
BEGINNING = 3  # letters that must be right where two others are wrong
READ = 2_000  # words of one beginning that are looked at, the most frequent first


def nearest(
    word: str,
    *,
    frequency: Callable[[str], int],
    beginning: Callable[[str, int], list[tuple[str, int]]],
    most: int = 2,
) -> str:
    """The known word that `word` was most likely meant for, at most `most` edits away; empty if there is none.

    It begins with the same letter, or with the first two exchanged. One edit is better than two, then the more
    frequent word, where one that is shorter counts a third: letters are forgotten more often than added. `frequency`
    counts the papers with a word, 0 where unknown; `beginning` gives so many of the words with a beginning, and their
    counts.
    """
    if len(word) < SHORTEST:
        return ""
    near = (one for one in edits(word) if one[0] == word[0] or one[:2] == word[1::-1])
    known = [(one, count) for one in near if (count := frequency(one))]
    if not known and len(word) >= LONG and most > 1:
        some = beginning(word[:BEGINNING], READ)
        known = [(one, count) for one, count in some if abs(len(one) - len(word)) <= 2 and distance(word, one) == 2]
    return max(known, key=lambda one: (one[1] / (3 if len(one[0]) < len(word) else 1), one[0]), default=("", 0))[0]


def edits(word: str) -> set[str]:
    """Every word that is one edit from `word`, by the letters a to z."""
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    less = (head + tail[1:] for head, tail in cuts if tail)
    exchanged = (head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1)
    other = (head + letter + tail[1:] for head, tail in cuts if tail for letter in ascii_lowercase)
    more = (head + letter + tail for head, tail in cuts for letter in ascii_lowercase)
    return set(chain(less, exchanged, other, more)) - {word}


def distance(one: str, other: str) -> int:
    """The least number of edits that make `one` into `other`, no letter being edited twice."""
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        row = [i]
        for j, against in enumerate(other, 1):
            least = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                least = min(least, before[j - 2] + 1)
            row.append(least)
        before, last = last, row
    return last[-1]
