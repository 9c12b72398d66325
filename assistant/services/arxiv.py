"""arXiv's query API: Atom pages by start and size, newest first (info.arxiv.org/help/api/user-manual.html)."""

import re
from xml.etree import ElementTree

from assistant.errors import FetchError, UsageError
from assistant.services.wanted import Page, Wanted

SIZE = 200  # records of a page; larger ones come back cut short more often
MOST = 30_000  # that arXiv gives for one query
FIRST = "0"
_ATOM = "{http://www.w3.org/2005/Atom}"
_TOTAL = "{http://a9.com/-/spec/opensearch/1.1/}totalResults"
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
    try:
        feed = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise ValueError(f"not Atom: {error}") from None
    entries, total = feed.findall(f"{_ATOM}entry"), feed.findtext(_TOTAL)
    if feed.tag != f"{_ATOM}feed" or not re.fullmatch(r"\s*\d{1,12}\s*", total or "", re.ASCII):
        raise ValueError("not an Atom feed of arXiv")
    for entry in entries:
        if "/api/errors" in (entry.findtext(f"{_ATOM}id") or ""):
            raise FetchError(f"arXiv refused: {entry.findtext(f'{_ATOM}summary')}", hint="Check the query.")
    there, end = int(total or 0), int(cursor) + len(entries)
    following = None if end >= min(there, MOST) else str(end)
    return Page(len(entries), there, following, whole=cursor == FIRST and following is None, missing=there - end)


def _expression(wanted: Wanted) -> str:
    parts = [f"({wanted.query.strip()})"] if wanted.query.strip() else []
    if wanted.category:
        parts.append(f"cat:{wanted.category}" if re.search(r"[.-]", wanted.category) else f"cat:{wanted.category}.*")
    if wanted.since or wanted.until:
        start = f"{wanted.since:%Y%m%d}0000" if wanted.since else "199107010000"
        end = f"{wanted.until:%Y%m%d}2359" if wanted.until else "209912312359"
        parts.append(f"submittedDate:[{start} TO {end}]")
    return " AND ".join(parts)
