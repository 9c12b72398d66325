"""Names of authors as sources give them, in parts or turned round, as they are read: first name first."""

import re
from typing import Any

SUFFIX = re.compile(r"(?:jr|sr)\.?|ii|iii|iv", re.IGNORECASE)
_AFFILIATION = re.compile(r"\s*\([^()]*\)")


def full_name(*parts: Any) -> str | None:
    """The parts of a name that are there, with a space between; None where there are none."""
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip()) or None


def first_name_first(name: str) -> str:
    """`Lovelace, Ada` as `Ada Lovelace`; `King, Martin, Jr`, as RIS has it, and `King, Jr, Martin`, as BibTeX, both as
    `Martin King Jr`; others as they are. Empty where there is no name."""
    parts = [part for part in (" ".join(part.split()) for part in name.split(",")) if part]
    if not 2 <= len(parts) <= 3:
        return ", ".join(parts)
    last, *rest = parts
    suffixes = [part for part in rest if SUFFIX.fullmatch(part)]
    given = [part for part in rest if part not in suffixes]
    return " ".join((*given[:1], last, *given[1:], *suffixes))


def names_in(text: str) -> list[str]:
    """Names with `;` or `and` between, each as “Last, First” or “First Last”; else with commas between, but that one
    comma behind a single word, as in `Shannon, Claude`, stands in a name."""
    text = " ".join(text.split())
    if ";" in text:
        names = text.split(";")
    elif " and " in text:
        names = re.split(r",? and ", text)
        if len(names) == 2 and "," in names[0] and "," not in names[1]:  # Ada L., Bob K. and Carl
            names = [*names[0].split(","), names[1]]
    else:
        names = [text] if re.fullmatch(r"\S+,[^,]*", text) else text.split(",")
    return [name for name in map(first_name_first, names) if name]


def without_affiliations(names: str) -> str:
    """`Ada L. (1), Bob K. (MIT (CSAIL))` as `Ada L., Bob K.`"""
    for _ in range(4):  # brackets in brackets
        names = _AFFILIATION.sub("", names)
    return names
