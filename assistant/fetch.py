"""`fetch`: pages of a service into the library, each filed as it comes, so that what was read is kept."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta

from assistant.errors import FetchError, FetchRefused, UsageError
from assistant.fetches import MOST, Fetched, FetchPlan, FetchReport
from assistant.holdings import Intake
from assistant.ingest import ingest_page
from assistant.journal import Journal, Place
from assistant.library import Library, Progress
from assistant.services import Service, Wanted, address, named
from assistant.services.client import Client, Seen
from assistant.services.paging import Got, pages
from assistant.sources.rejects import FETCHED, Rejects

Notice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Asking:
    """A question to a service: as the user put it, with its last day filled in, and where to begin. `again` goes by
    nothing that is remembered; one that `follows` is of a sync, which remembers when it went well."""

    service: Service
    said: str
    wanted: Wanted
    place: Place
    most: int = MOST
    again: bool = False
    follows: bool = False

    @property
    def anew(self) -> "Asking":
        """From the beginning."""
        return replace(self, place=Place(self.service.first(self.wanted), 0, self.place.begun))

    def plan(self, agent: str) -> FetchPlan:
        """What it would ask first, as `agent`."""
        asked = self.service.asked(self.wanted, self.place.cursor, self.most - self.place.read)
        return FetchPlan(
            asked=self.said,
            source=self.service.name,
            address=address(self.service, asked),
            agent=agent,
            interval=self.service.interval,
            most=self.most,
            resumed=self.place.read,
        )


def asking(
    wanted: Wanted,
    *,
    journal: Journal,
    today: Date,
    most: int = MOST,
    again: bool = False,
    notice: Notice = lambda text: None,
) -> Asking:
    """The question, beginning where the same one was cut. `today` is the day of Greenwich, by which services count.
    UsageError: there is no such service, or it cannot be asked this."""
    if wanted.since and wanted.since > today + timedelta(days=1):  # which has begun in the east
        raise UsageError(f"{wanted.since} is still to come", hint=f"Ask for days until {today}.")
    service, whole = named(wanted.source), wanted.until_at_most(today)
    service.check(whole)
    place = None if again else journal.place(str(wanted))
    if place and (place.read < 1 or not service.gives(whole, place.cursor)):
        notice(f"{wanted}: the place where it was cut is none of {service.title}'s, so it begins anew")
        place = None
    if place is None or place.read >= most:
        place = Place(service.first(whole), 0, today)
    return Asking(service, str(wanted), whole, place, most, again)


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Asks services and files what they give. `library` is called, and so made, only for a page with records; `day` is
    remembered as the day of reading. Methods raise LibraryError: the library cannot be written; what was filed until
    then stays filed. What goes wrong at a service is in the result."""

    client: Client
    journal: Journal
    library: Callable[[], Library]
    day: Date
    notice: Notice = lambda text: None
    progress: Progress = lambda what, done, total: None

    def fetch_all(self, questions: Sequence[Asking], *, clock: Callable[[], float] = time.perf_counter) -> FetchReport:
        """Ask one after the other, also where one fails, and index what came."""
        started, made = clock(), list[Fetched]()
        rejected = Rejects(self.journal.folder / FETCHED)
        try:
            for one in questions:
                done = self._fetch(one, rejected)
                if one.follows and not done.failure and not done.capped:
                    self.journal.synced(str(one.wanted.undated), one.place.begun)
                made.append(done)
        finally:
            rejected.close()
        if not any(done.pages for done in made):
            return FetchReport(tuple(made), 0, None, clock() - started)
        with self.library().writing() as writer:
            indexed = writer.index(progress=self.progress)
        papers, kept_in = len(self.library()), str(rejected.path) if rejected.count else ""
        return FetchReport(tuple(made), indexed, papers, clock() - started, rejected.count, kept_in)

    def _fetch(self, one: Asking, rejected: Rejects) -> Fetched:
        """Read all pages into the library; they are not indexed yet."""
        place, taken, failure = one.place, _Taken(), None
        if place.read:
            self.notice(f"{one.said}: going on after the {place.read:,} records that were read before")
        try:
            for got in self._pages(one):
                left = one.most - place.read
                taken.count(got, left)
                if got.page.count:
                    taken.pages.append(self._filed(got, left, one.service, rejected))
                if got.page.whole and not taken.capped:
                    self.journal.saw(got.address, got.seen)
                place = Place(got.page.next or "", place.read + min(left, got.page.count), place.begun)
                self.progress(f"fetching from {one.service.title}", place.read, min(taken.total or 0, one.most))
                onward = got.page.next and place.read and not taken.capped
                self.journal.cut(one.said, place if onward else None)
        except FetchError as error:
            if isinstance(error, FetchRefused) and one.place.read and not taken.requests:
                self.notice(f"{one.said}: {one.service.title} has forgotten where we were, so it begins anew")
                return self._fetch(one.anew, rejected)
            failure = error
        except KeyboardInterrupt:
            self.notice(f"{one.said}: {_kept(place.read)}")
            raise
        return taken.report(one, failure, _kept(place.read) if place.read else "")

    def _pages(self, one: Asking) -> Iterator[Got]:
        return pages(
            one.service,
            one.wanted,
            client=self.client,
            cursor=one.place.cursor,
            most=one.most - one.place.read,
            seen=(lambda where: Seen()) if one.again else self.journal.seen,
        )

    def _filed(self, got: Got, left: int, service: Service, rejected: Rejects) -> Intake:
        """The records of a page, in the library, which others may write to between two pages. FetchError: they cannot
        be read."""
        with self.library().writing() as writer:
            intake = ingest_page(got.body or b"", got.about, writer, day=self.day, most=left, rejected=rejected)
        if intake.refused:
            raise FetchError(f"{service.title} sent what cannot be read: {intake.refused}", hint=intake.hint)
        return intake


def _kept(read: int) -> str:
    return f"{read:,} records were read and are kept; the same command goes on after them."


class _Taken:
    """What came until now."""

    def __init__(self) -> None:
        self.pages: list[Intake] = []
        self.requests = self.unchanged = 0
        self.total: int | None = None
        self.missing = 0
        self.capped = False

    def count(self, got: Got, left: int) -> None:
        self.requests += 1
        self.unchanged += got.body is None
        self.total = self.total if got.page.total is None else got.page.total
        self.capped = got.page.count > left or (got.page.count == left and got.page.next is not None)
        self.missing = max(0, got.page.missing) if got.page.next is None and not self.capped else 0

    def report(self, one: Asking, failure: FetchError | None, kept: str) -> Fetched:
        made = Fetched(
            asked=one.said,
            source=one.service.name,
            pages=tuple(self.pages),
            requests=self.requests,
            unchanged=self.unchanged,
            total=self.total,
            missing=self.missing,
            resumed=one.place.read,
            capped=self.capped,
            failure=str(failure or ""),
            hint=(kept or failure.hint) if failure else "",
        )
        return made if failure or made.count("new") else replace(made, why=self._why(one, made))

    def _why(self, one: Asking, made: Fetched) -> str:
        """Why nothing is new."""
        rests = one.service.rests
        if records := made.count("records"):
            changed = made.count("changed")
            said = f"{changed:,} changed, {records - changed:,} known" if changed else f"all {records:,} known"
            return f"{said}, weekend" if rests and one.wanted.ends_on_weekend else said
        if self.unchanged:
            return "not modified"
        if any(page.problems for page in self.pages):
            return "no record could be read"
        if rests and one.wanted.is_weekend:
            return "weekend, feed empty"
        return "feed empty" if not one.wanted.query else "nothing found"
