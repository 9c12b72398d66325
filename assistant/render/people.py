"""Names of authors taken apart, as reference managers want them: family and given name, or one name that is whole."""

import re
from dataclasses import dataclass

from assistant.cleaning import clean, one_line
from assistant.sources.people import SUFFIX

_PARTICLES = frozenset({
    "af", "al", "av", "bin", "da", "das", "de", "degli", "dei", "del", "della", "den", "der", "des", "di", "do", "dos",
    "du", "el", "ibn", "la", "las", "le", "lo", "los", "op", "te", "ten", "ter", "van", "vom", "von", "zu", "zum",
    "zur",
})  # fmt: skip
# Authors that are no person. Names of people have no digit and none of these signs.
_GROUP = re.compile(
    r"^the |[\d&/@:(){}\[\]]|\b(?:collaboration|teams?|consortium|group|project|committee|initiative|network|society"
    r"|association|institute|university|laborator(?:y|ies)|labs|hospital|company|corporation|inc|ltd|llc|gmbh|foundation"
    r"|council|alliance|community|contributors|others|and)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A person, or with `whole` a group, or a person of one name. `particle` stands before the family name (`van der`),
    `suffix` behind the name (`III`)."""

    family: str = ""
    given: str = ""
    particle: str = ""
    suffix: str = ""
    whole: str = ""


def taken_apart(author: str) -> Name | None:
    """The name of an author, as `First Last` or as `Last, First`; None where there is nothing to be read."""
    name = clean(author) or one_line(author)
    if _GROUP.search(name) or not name.strip(" ,"):
        return Name(whole=name) if name.strip(" ,") else None
    last, *rest = (part.strip() for part in name.split(","))
    if len(rest) == 1 and SUFFIX.fullmatch(rest[0]) and " " in last:  # Jane Doe, Jr.
        last, rest = f"{last} {rest[0]}", []
    if rest:
        return _sorted(name, last, rest)
    words = last.split()
    suffix = words.pop() if len(words) > 2 and SUFFIX.fullmatch(words[-1]) else ""
    if len(words) < 2:
        return Name(whole=last)
    at = len(words) - 1
    for begin in range(1, at):
        if words[begin] in _PARTICLES:
            end = next(i for i in range(begin, at + 1) if i == at or words[i] not in _PARTICLES)
            return Name(" ".join(words[end:]), " ".join(words[:begin]), " ".join(words[begin:end]), suffix)
    return Name(words[at], " ".join(words[:at]), "", suffix)


def _sorted(name: str, last: str, rest: list[str]) -> Name:
    """The name where the family name comes first: `van Beethoven, Ludwig`; `Daumé, III, Hal`; `Daumé, Hal, III`."""
    suffixes = [part for part in rest if SUFFIX.fullmatch(part)]
    given = [part for part in rest if part not in suffixes]
    if len(given) != 1 or len(suffixes) > 1 or not (last and given[0]):
        return Name(whole=name)
    words = last.split()
    end = next(i for i, word in enumerate(words) if i == len(words) - 1 or word not in _PARTICLES)
    return Name(" ".join(words[end:]), given[0], " ".join(words[:end]), "".join(suffixes))
