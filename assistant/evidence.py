"""Whether a library holds evidence for a question at all. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.papers import Passage


@dataclass(frozen=True, slots=True)
class Assessment:
    """`enough`, or `why` not, in a clause a reader understands."""

    enough: bool
    why: str = ""


def assess(question: str, pool: Sequence[Passage], *, rarity: Mapping[str, float]) -> Assessment:
    if not pool:
        return Assessment(False, "the library holds no paper that shares a word with the question")
    return Assessment(True)
