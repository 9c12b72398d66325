"""Semantic Scholar's bulk search: JSON pages of a thousand, each with the token of the next."""

import json
import re

from assistant.errors import UsageError
from assistant.services.wanted import Page, Wanted

FIELDS = "title,abstract,authors,externalIds,url,venue,publicationVenue,journal,publicationDate,s2FieldsOfStudy"


def check(wanted: Wanted) -> None:
    """UsageError: there are no words to look for, or a category, which it does not know."""
    if not wanted.query.strip():
        raise UsageError("Semantic Scholar wants a query", hint="Give --query WORDS.")
    if wanted.category:
        raise UsageError("Semantic Scholar knows no arXiv categories", hint="Leave the category out.")


def first(wanted: Wanted) -> str:
    return ""


def about(wanted: Wanted, cursor: str) -> dict[str, str]:
    return {"query": wanted.query.strip()}


def asked(wanted: Wanted, cursor: str, most: int) -> dict[str, str]:
    days = {"publicationDateOrYear": f"{wanted.since or ''}:{wanted.until or ''}"}
    dated = days if wanted.since or wanted.until else {}
    return (
        about(wanted, cursor)
        | {"fields": FIELDS, "sort": "publicationDate:desc"}
        | dated
        | ({"token": cursor} if cursor else {})
    )


def read(body: bytes, wanted: Wanted, cursor: str) -> Page:
    """ValueError: it is no page of search results."""
    reply = json.loads(body)
    records = reply.get("data") if isinstance(reply, dict) else None
    if not isinstance(records, list):
        raise ValueError("not a page of search results")
    total, token = reply.get("total"), reply.get("token")
    following = token if records and isinstance(token, str) and token else None
    return Page(
        len(records), total if isinstance(total, int) else None, following, whole=not cursor and following is None
    )


def gives(wanted: Wanted, cursor: str) -> bool:
    return re.fullmatch(r"[\w+/=~.-]{1,2000}", cursor, re.ASCII) is not None
