"""Named things: CamelCase, acronyms, words with digits, and whether a text holds them. Pure."""

import re
import unicodedata
from collections.abc import Collection
from functools import cached_property

from assistant.quantities import is_unit, plain

RUN = 8  # pieces of words a name is at most made of: FlashAttention-2 has 3

_NAME = re.compile(
    r"\b(?:[A-Za-z]*[A-Z][a-z]*[A-Z][\w-]*|[A-Z]{2,}[\w-]*|[A-Za-z]+-?\d(?:[\w.-]*\w)?|[a-z]+[A-Z]\w*"
    r"|[\w-]*[^\W\d_a-zA-Z][\w-]*)"  # whatever has letters of another script, which may look like Latin ones
)
# Upper-case runs, capitalised and lower-case words, numbers: `YOLOv8` is YOLO, v, 8.
_PIECE = re.compile(r"[^\W\d_a-z]+(?![a-z])|[^\W\d_a-z]?[a-z]+|\d+|[^\W\d_]")
_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")  # between the numbers of a name: Qwen2.5 is not Qwen25
# Ends of compounds such as `M2-like`, `KV-aware`, that are no part of the name.
_COMPOUND = frozenset({
    "activated", "agnostic", "augmented", "aware", "based", "bound", "centric", "class", "compatible", "deficient",
    "dependent", "driven", "enabled", "enhanced", "expressing", "family", "focused", "free", "friendly", "generated",
    "guided", "induced", "intensive", "level", "like", "mediated", "native", "negative", "only", "optimized",
    "oriented", "positive", "powered", "related", "scale", "specific", "style", "supported", "trained", "tuned",
    "type", "wise",
})  # fmt: skip


class Names:
    """What a text can be said to name."""

    def __init__(self, text: str) -> None:
        """`text` is cleaned."""
        self._text = text

    @cached_property
    def _runs(self) -> set[str]:
        """Every run of up to RUN pieces of words, joined and folded: what a name can be written as."""
        pieces = [piece.casefold() for piece in _PIECE.findall(_letters(self._text))]
        return {
            _DIGITS.sub(".", " ".join(pieces[at:end])).replace(" ", "")
            for at in range(len(pieces))
            for end in range(at + 1, at + RUN + 1)
        }

    def hold(self, name: str) -> bool:
        """Whether the text has the name, as written or as the first letters of consecutive words; or all the words that
        hyphens make one of in it (RANK-RANKL), the end of a compound (M2-like) aside."""
        wanted = _folded(name.rstrip("s") if name.rstrip("s").isupper() else name)
        if len(wanted) < 2 or {wanted, f"{wanted}s"} & self._runs or _initials(wanted, self._text):
            return True
        first, _, last = name.rpartition("-")
        if first and last in _COMPOUND:
            return self.hold(first)
        words = name.split("-")
        return len(words) > 1 and all(len(word) > 2 and word.isalpha() and self.hold(word) for word in words)


def missing(text: str, known: Collection[Names]) -> list[str]:
    """The names in `text` (CamelCase, acronyms, words with digits) that none of the `known` texts holds, and that
    do not stand for words of the sentence itself."""
    text = _letters(text)
    return [
        name
        for name in dict.fromkeys(found for found in _NAME.findall(text) if not is_unit(found))
        if not any(one.hold(name) for one in known) and not _initials(name, text.replace(name, ""))
    ]


def _letters(text: str) -> str:
    """`text` with accents dropped and every letter and digit in its usual form."""
    apart = unicodedata.normalize("NFD", plain(text))
    return "".join(c for c in apart if not unicodedata.combining(c))


def _folded(text: str) -> str:
    return re.sub(r"[^\w.]+|_|\.(?!\d)|(?<!\d)\.", "", _DIGITS.sub(".", text)).casefold()


def _initials(acronym: str, text: str) -> bool:
    letters = "".join(word[0] for word in re.findall(r"[^\W_]+", text)).casefold()
    acronym = _folded(acronym).removesuffix("s")
    return 1 < len(acronym) <= 6 and acronym.isalpha() and acronym in letters
