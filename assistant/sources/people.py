"""Names of authors as sources give them, in parts or turned round, as they are read: first name first."""

import re
from typing import Any

_AFFILIATION = re.compile(r"\s*\([^()]*\)")


def full_name(*parts: Any) -> str | None:
    """The parts of a name that are there, with a space between; None where there are none."""
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip()) or None


def first_name_first(name: str) -> str:
    """`Lovelace, Ada` as `Ada Lovelace`, `King, Martin Luther, Jr` as `Martin Luther King Jr`; others as they are."""
    last, *rest = (part.strip() for part in name.split(",", 2))
    return full_name(*rest[:1], last, *rest[1:]) or name


def without_affiliations(names: str) -> str:
    """`Ada L. (1), Bob K. (MIT (CSAIL))` as `Ada L., Bob K.`"""
    for _ in range(4):  # brackets in brackets
        names = _AFFILIATION.sub("", names)
    return names
