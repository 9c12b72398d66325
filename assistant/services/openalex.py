"""OpenAlex: JSON pages of works, each with the cursor of the next (developers.openalex.org)."""

import json
import re

from assistant.errors import UsageError
from assistant.services.wanted import Page, Wanted

SIZE = 100  # works of a page, the most it gives since 2026
FIRST = "*"
FIELDS = (
    "id,doi,title,display_name,abstract_inverted_index,authorships,publication_date,publication_year,"
    "primary_location,locations,topics,is_retracted"
)


def check(wanted: Wanted) -> None:
    """UsageError: there are no words to look for, or a category, which it does not know."""
    if not wanted.query.strip():
        raise UsageError("OpenAlex wants a query", hint="Give --query WORDS.")
    if wanted.category:
        raise UsageError("OpenAlex knows no arXiv categories", hint="Leave the category out.")


def first(wanted: Wanted) -> str:
    return FIRST


def about(wanted: Wanted, cursor: str) -> dict[str, str]:
    return {"search": wanted.query.strip()}


def asked(wanted: Wanted, cursor: str, most: int) -> dict[str, str]:
    conditions = ["has_abstract:true"]  # without one a work cannot be kept
    conditions += [f"from_publication_date:{wanted.since}"] if wanted.since else []
    conditions += [f"to_publication_date:{wanted.until}"] if wanted.until else []
    paging = {"select": FIELDS, "per_page": str(min(SIZE, most)), "cursor": cursor}
    return about(wanted, cursor) | {"filter": ",".join(conditions)} | paging


def read(body: bytes, wanted: Wanted, cursor: str) -> Page:
    """ValueError: it is no page of works."""
    reply = json.loads(body)
    works = reply.get("results") if isinstance(reply, dict) else None
    meta = reply.get("meta") if isinstance(reply, dict) else None
    if not isinstance(works, list) or not isinstance(meta, dict):
        raise ValueError("not a page of works")
    total, onward = meta.get("count"), meta.get("next_cursor")
    following = onward if works and isinstance(onward, str) and onward else None
    return Page(
        len(works), total if isinstance(total, int) else None, following, whole=cursor == FIRST and following is None
    )


def gives(wanted: Wanted, cursor: str) -> bool:
    return re.fullmatch(r"[\w+/=~.-]{1,2000}", cursor, re.ASCII) is not None
