"""What the formats of arXiv have in common: addresses, versions, and papers that were taken back."""

import re
from typing import Any

from assistant.papers import MAX_ID, arxiv_id_in

_VERSION = re.compile(r"v(\d{1,4})(?:\.pdf)?$")
_PAPER = r"(?:paper|article|submission|manuscript|preprint|e-?print|work|note|letter|report|version|thesis)"
_TAKEN_BACK = re.compile(
    rf"\b(?:this|the present|our)\s+(?:\w+\s+)?{_PAPER}\s+(?:has|have|is|was)\s+(?:\w+\s+){{0,2}}withdrawn\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(rf"^\W*(?:(?:the\s+)?{_PAPER}\s+(?:\w+\s+)?)?(?:temporarily\s+)?withdrawn\b", re.IGNORECASE)


def named(name: Any) -> dict[str, Any]:
    """The fields that an arXiv id or address gives: `1605.08386v1` has an id, a version and a place to read it."""
    found = arxiv_id_in(name) if isinstance(name, str) else None
    if not found:
        return {"id": name}
    version = _VERSION.search(name.strip()[:MAX_ID])
    return {
        "arxiv_id": found,
        "version": int(version[1]) or None if version else None,
        "url": f"https://arxiv.org/abs/{found}",
    }


def is_withdrawn(abstract: Any, comment: Any = None) -> bool | None:
    """True where the abstract or the authors' comment says that the paper was taken back; else None, nothing known."""
    abstract, comment = (text if isinstance(text, str) else "" for text in (abstract, comment))
    said = _TAKEN_BACK.search(abstract) or _TAKEN_BACK.search(comment) or _COMMENT.search(comment)
    return True if said else None
