"""arXiv's query API: Atom pages by start and size, newest first (info.arxiv.org/help/api/user-manual.html)."""

import io
import re
from datetime import date as Date

from assistant.cleaning import one_line
from assistant.errors import FetchError, SourceError, UsageError
from assistant.services.wanted import Page, Wanted
from assistant.sources.elements import elements, text_of

SIZE = 200  # records of a page; larger ones come back cut short more often
MOST = 30_000  # that arXiv gives for one query
FIRST = "0"
_CATEGORY = re.compile(r"[a-z][a-z-]{1,20}(\.[A-Za-z-]{2,20})?", re.ASCII)


def check(wanted: Wanted) -> None:
    """UsageError: there is nothing to ask for, or no such category can be."""
    if not wanted.query.strip() and not wanted.category:
        raise UsageError("arXiv wants a category or a query", hint="Give --category cs.LG, or --query WORDS.")
    if wanted.category and not _CATEGORY.fullmatch(wanted.category):
        raise UsageError(f"“{wanted.category}” is no arXiv category", hint="They look like cs.LG, cs or hep-th.")


def first(wanted: Wanted) -> str:
    return FIRST


def about(wanted: Wanted, cursor: str) -> dict[str, str]:
    """The query without days and pages: what a paper is remembered to have come from."""
    return {"search_query": _expression(wanted.undated)}


def asked(wanted: Wanted, cursor: str, most: int) -> dict[str, str]:
    return {
        "search_query": _expression(wanted),
        "sortBy": "submittedDate",
        "sortOrder": "descending",
        "start": cursor,
        "max_results": str(min(SIZE, most)),
    }


def read(body: bytes, wanted: Wanted, cursor: str) -> Page:
    """FetchError: it is an error in the form of a feed. ValueError: it is no feed of arXiv."""
    there, count = None, 0
    try:
        for piece in elements(io.BytesIO(body), ["totalResults", "entry"]):
            if piece.record is not None and piece.record.tag == "totalResults":
                there = int((text_of(piece.record) or "")[:12])
                continue
            if "/api/errors" in (text_of(piece.record, "id") or ""):
                said = one_line(text_of(piece.record, "summary") or "it does not say why")
                raise FetchError(f"arXiv refused: {said[:200]}", hint="Check the query.")
            count += 1
    except SourceError as error:
        raise ValueError(str(error)) from None
    if there is None:
        raise ValueError("no number of results")
    end = int(cursor) + count
    following = None if end >= min(there, MOST) else str(end)
    return Page(count, there, following, whole=cursor == FIRST and following is None, missing=there - end)


def gives(wanted: Wanted, cursor: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,5}", cursor) is not None and int(cursor) < MOST


def _expression(wanted: Wanted) -> str:
    parts = [f"({wanted.query.strip()})"] if wanted.query.strip() else []
    if wanted.category:
        parts.append(f"cat:{wanted.category}" if re.search(r"[.-]", wanted.category) else f"cat:{wanted.category}.*")
    if wanted.since or wanted.until:
        start = _day(wanted.since) + "0000" if wanted.since else "199107010000"
        end = _day(wanted.until) + "2359" if wanted.until else "209912312359"
        parts.append(f"submittedDate:[{start} TO {end}]")
    return " AND ".join(parts)


def _day(day: Date) -> str:
    return day.isoformat().replace("-", "")  # strftime leaves out the zeros of early years
