"""What the formats of arXiv have in common: ids, DOIs, names, days of versions, and papers that were taken back."""

import re
from typing import Any

from assistant.cleaning import clean
from assistant.papers import arxiv_id_in, doi_in
from assistant.sources import days
from assistant.sources.people import full_name

SHORT = 200  # characters; an abstract of fewer may be but a word on what became of the paper
_CREATED = re.compile(r"\s*(?:\w{3}, )?([0-9]{1,2}) (\w{3}) ([0-9]{4})\b")
_PAPER = r"(?:paper|article|submission|manuscript|preprint|e-?print|work|note|letter|report|version|thesis|draft)"
_WAS = r"(?:has|have|is|was)\s+(?:(?:been|being|now|since|temporarily|voluntarily|hereby)\s+){0,3}"
# As authors say it; a paper that “replaces a withdrawn paper”, or says what else was withdrawn, is another matter.
_TAKEN_BACK = re.compile(rf"\b(?:this|our|the present)\s+(?:\w+\s+)?{_PAPER}\s+{_WAS}withdrawn\b", re.IGNORECASE)
_BEGINS = re.compile(
    rf"^\W*(?:(?:(?:the|this|our)\s+)?{_PAPER}\s+)?(?:{_WAS})?(?:(?:now|temporarily)\s+)?withdrawn\b", re.IGNORECASE
)


def named(name: Any) -> dict[str, Any]:
    """The fields that an arXiv id or address gives: `1605.08386v1` has an id, a version and a place to read it."""
    found = arxiv_id_in(name) if isinstance(name, str) else None
    return {"arxiv_id": name, "url": f"https://arxiv.org/abs/{found}"} if found else {"id": name}


def first_doi(given: Any) -> Any:
    """The first of several DOIs with blanks between them, as authors gave them, or what they gave."""
    parts = given.split() if isinstance(given, str) else ()
    return next((doi for part in parts if (doi := doi_in(part.rstrip(",;")))), given)


def author(*parts: Any) -> str:
    """The parts of a name together, without the LaTeX that authors wrote in it; empty where there is nothing."""
    return clean(full_name(*parts) or "")


def day_of(created: Any) -> str | None:
    """The day of a version, which says `Mon, 2 Apr 2007 19:18:42 GMT`."""
    match = _CREATED.match(created) if isinstance(created, str) else None
    return days.day(match[3], match[2], match[1]) if match else None


def is_withdrawn(abstract: Any, comment: Any = None) -> bool | None:
    """True where the abstract or the authors' comment says that the paper was taken back; else None, nothing known."""
    abstract, comment = (text if isinstance(text, str) else "" for text in (abstract, comment))
    notes = [comment] if len(abstract) > SHORT else [comment, abstract]
    said = any(map(_TAKEN_BACK.search, (abstract, comment))) or any(map(_BEGINS.match, notes))
    return said or None
