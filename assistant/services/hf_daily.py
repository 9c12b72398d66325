"""Hugging Face Daily Papers: a JSON list for each day, the days one after the other."""

import json
import re
from datetime import date as Date
from datetime import timedelta

from assistant.errors import UsageError
from assistant.services.wanted import Page, Wanted

SIZE = 100  # papers of a page; few days have as many


def check(wanted: Wanted) -> None:
    """UsageError: days are all that can be asked for, and these are needed."""
    if wanted.query or wanted.category:
        raise UsageError("Daily Papers are asked for by day only", hint="Leave out the query and the category.")
    if not wanted.since or not wanted.until:
        raise UsageError("Daily Papers want a first day", hint="Give --date DAY, or --since DAY.")


def first(wanted: Wanted) -> str:
    return f"{wanted.since}/0"


def about(wanted: Wanted, cursor: str) -> dict[str, str]:
    return {"date": cursor.partition("/")[0]}


def asked(wanted: Wanted, cursor: str, most: int) -> dict[str, str]:
    day, _, page = cursor.partition("/")
    return {"date": day, "limit": str(SIZE)} | ({} if page == "0" else {"p": page})


def read(body: bytes, wanted: Wanted, cursor: str) -> Page:
    """ValueError: it is no list of papers."""
    papers = json.loads(body)
    if not isinstance(papers, list):
        raise ValueError("not a list of papers")
    day, _, page = cursor.partition("/")
    if len(papers) >= SIZE:
        return Page(len(papers), None, f"{day}/{int(page) + 1}")
    return Page(len(papers), None, after(wanted, cursor), whole=page == "0")


def gives(wanted: Wanted, cursor: str) -> bool:
    if not wanted.since or not wanted.until or not re.fullmatch(r"[0-9]{4}(-[0-9]{2}){2}/[0-9]{1,4}", cursor):
        return False
    try:
        return wanted.since <= Date.fromisoformat(cursor.partition("/")[0]) <= wanted.until
    except ValueError:
        return False


def after(wanted: Wanted, cursor: str) -> str | None:
    """The first page of the next day, if there is one."""
    following = Date.fromisoformat(cursor.partition("/")[0]) + timedelta(days=1)
    return f"{following}/0" if wanted.until and following <= wanted.until else None
