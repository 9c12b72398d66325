"""arXiv's OAI-PMH: all that was submitted, replaced or withdrawn in some days, in pages with a token of the next
(info.arxiv.org/help/oa)."""

import io
import re

from assistant.cleaning import one_line
from assistant.errors import FetchRefused, SourceError, UsageError
from assistant.services import arxiv
from assistant.services.wanted import Page, Wanted
from assistant.sources.elements import elements, text_of

LIST = {"verb": "ListRecords"}
FORM = {"metadataPrefix": "arXivRaw"}  # the one that has the numbers of versions
_GROUPS = ("cs", "econ", "eess", "math", "q-bio", "q-fin", "stat")  # all other archives lie under physics


def check(wanted: Wanted) -> None:
    """UsageError: there are words, which it does not know, no such category can be, or the first day is missing."""
    if wanted.query:
        raise UsageError("arXiv's OAI-PMH is asked by category and day", hint="Take fetch arxiv for --query.")
    if not wanted.category or not wanted.since:
        raise UsageError("arXiv's OAI-PMH wants a category and a first day", hint="Give --category cs.LG --since 7d.")
    arxiv.check(wanted)


def first(wanted: Wanted) -> str:
    return ""


def about(wanted: Wanted, cursor: str) -> dict[str, str]:
    return LIST | FORM | {"set": _set(wanted.category)}


def asked(wanted: Wanted, cursor: str, most: int) -> dict[str, str]:
    if cursor:
        return LIST | {"resumptionToken": cursor}
    days = {"from": f"{wanted.since}"} | ({"until": f"{wanted.until}"} if wanted.until else {})
    return about(wanted, cursor) | days


def read(body: bytes, wanted: Wanted, cursor: str) -> Page:
    """FetchRefused: it is an error. ValueError: it is no answer of OAI-PMH."""
    count, total, token, answered = 0, None, None, False
    try:
        for piece in elements(io.BytesIO(body), ["record", "resumptionToken", "error"]):
            found, answered = piece.record, True
            if found is None or found.tag == "record":
                count += 1
            elif found.tag == "resumptionToken":
                token, size = text_of(found), found.get("completeListSize", "")
                total = int(size) if re.fullmatch(r"[0-9]{1,12}", size) else None
            elif found.get("code") != "noRecordsMatch":
                said = one_line(text_of(found) or found.get("code") or "it does not say why")
                raise FetchRefused(f"arXiv refused: {said[:200]}", hint="Check what it was asked for.")
    except SourceError as error:
        raise ValueError(str(error)) from None
    if not answered:
        raise ValueError("no records")
    return Page(count, total, token if count else None)


def gives(wanted: Wanted, cursor: str) -> bool:
    return re.fullmatch(r"(?!https?:)[!-~]{1,2000}", cursor) is not None


def _set(category: str) -> str:
    """`cs.LG` is in the set `cs:cs:LG`, `hep-th` in `physics:hep-th`, and `cs` is a set."""
    archive = category.partition(".")[0]
    group = archive if archive in _GROUPS else "physics"
    return group if category == group else f"{group}:{category.replace('.', ':')}"
