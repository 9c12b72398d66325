"""The pages of what is wanted of a service, one after the other to the end, whatever it makes of paging."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from assistant.errors import FetchError
from assistant.services import Page, Service, Wanted, address
from assistant.services.client import Client, Reply, Seen

UNREADY = 3  # times that a page that should have records and has none is asked for again
UNREADY_PAUSE = 5.0  # seconds before that
SPARE = 0.01  # share of the records a service says it has that it may not give in the end
_LATER = "Try again later."


@dataclass(frozen=True, slots=True)
class Got:
    """A page as it came: where it lies, what is remembered as its place, and its body, None where that is still the one
    that was seen there."""

    address: str
    about: str
    page: Page
    body: bytes | None
    seen: Seen


def pages(
    service: Service,
    wanted: Wanted,
    *,
    client: Client,
    cursor: str,
    most: int,
    seen: Callable[[str], Seen],
) -> Iterator[Got]:
    """The pages from `cursor` on, until there is no more or they have `most` records. FetchError."""
    before, body = set[str](), None
    onward: str | None = cursor
    while onward is not None and most > 0:
        got = _ready(service, wanted, client=client, cursor=onward, most=most, seen=seen)
        before.add(onward)
        if got.page.next in before or (got.page.count and got.body == body):
            raise FetchError(f"{service.title} sends the same page again and again", hint=_LATER)
        yield got
        most, onward, body = most - got.page.count, got.page.next, got.body


def _ready(
    service: Service, wanted: Wanted, *, client: Client, cursor: str, most: int, seen: Callable[[str], Seen]
) -> Got:
    """A page, asked for again while it should have records and has none, as arXiv's do at times."""
    where = address(service, service.asked(wanted, cursor, most))
    about = address(service, service.about(wanted, cursor))
    for tried in range(UNREADY + 1):
        reply = client.get(service, where, seen=seen(where))
        page = _read(service, wanted, cursor, reply)
        if page.count or page.next != cursor:
            return Got(where, about, page, reply.body, reply.seen)
        if tried < UNREADY:
            client.pause(UNREADY_PAUSE)
    if page.missing > SPARE * (page.total or 0):
        raise FetchError(f"{service.title} sends an empty page instead of {page.missing:,} records", hint=_LATER)
    return Got(where, about, replace(page, next=None), reply.body, reply.seen)


def _read(service: Service, wanted: Wanted, cursor: str, reply: Reply) -> Page:
    """FetchError: it is nothing of this service."""
    try:
        if reply.body is None:
            return Page(0, None, service.after(wanted, cursor))
        return service.read(reply.body, wanted, cursor)
    except (ValueError, RecursionError):
        kind = f" but {reply.kind}" if reply.kind else ""
        raise FetchError(f"{service.title} sent no page of papers{kind}", hint=_LATER) from None
