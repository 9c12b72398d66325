"""`Assistant`: the Python API. Every verb is here; each has its work done by the module of its use case.

The library is opened by `opening`, and what else the settings choose is made by `wiring`.
"""

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from datetime import date as Date
from pathlib import Path

from assistant import backups, doctor, periods, places, rehearsal, replaying, settings, topics
from assistant.ask import ask, checked_question
from assistant.curating import Curator
from assistant.digest import digest
from assistant.duplicates import ALIKE, LEAST, duplicates
from assistant.endpoint import OnText
from assistant.errors import SettingsError, UsageError
from assistant.fetch import Asking, Fetcher, asking
from assistant.fetches import MOST, FetchPlan, FetchReport
from assistant.holdings import Backup, Finding, IngestReport, LibraryStatus, Removal
from assistant.ingest import ingest
from assistant.journal import Journal
from assistant.judging import Judge
from assistant.library import Library, Progress
from assistant.listing import exported, listed
from assistant.opening import Opening
from assistant.papers import Filters, Sort, StoredPaper, tag_key
from assistant.queries import parse
from assistant.rehearsal import Rehearsal
from assistant.reports import By, Digest, Duplicates, Topic, TopicSummary, Trend
from assistant.rerankers import Reranker
from assistant.results import Answer, Citation, DryRun, Recorded, SearchResult, Usage
from assistant.search import search
from assistant.services import Wanted
from assistant.settings import Settings
from assistant.summary import CONSIDERED, summarize
from assistant.sync import due
from assistant.trends import trend
from assistant.wiring import Parts
from assistant.writers import Writer

Notice = Callable[[str], None]


def _silent(text: str) -> None:
    pass


def build(
    flags: Mapping[str, object],
    environment: Mapping[str, str],
    *,
    notice: Notice = _silent,
    progress: Progress | None = None,
) -> "Assistant":
    """An assistant from flags and environment. SettingsError."""
    return Assistant(settings.load(flags, environment), notice=notice, progress=progress)


class Assistant:
    """Questions to a library of papers. Nothing is opened before it is needed.

    `notice` gets what a user should know but need not act on; `progress` hears of long work.
    """

    def __init__(self, chosen: Settings, *, notice: Notice = _silent, progress: Progress | None = None) -> None:
        self.settings = chosen
        self._notice = notice
        self._progress: Progress = progress or (lambda what, done, total: None)
        self._keeps_replies = chosen.cache == "on"
        self._parts = Parts(chosen, memory=lambda: self.library if self._keeps_replies else None, notice=notice)
        self._opening = Opening(chosen, embedder=lambda: self._parts.embedder, notice=notice, progress=self._progress)

    @classmethod
    def open(cls, library: str | Path | None = None, *, notice: Notice = _silent, **flags: object) -> "Assistant":
        """An assistant over a library given by name or path; with none, the default one or the sample.

        Other settings as keywords: `model`, `base_url`, `api_key`, `embedder`, `store`, `k`, `home`, …; what is not
        given comes from the environment and the configuration file. LibraryMissing: there is no such library.
        """
        assistant = build({**flags, "library": str(library) if library else None}, os.environ, notice=notice)
        if library:
            assistant._opening.library()
        return assistant

    def __enter__(self) -> "Assistant":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._opening.close()

    # ---- the library in use

    @property
    def library(self) -> Library:
        """The library, opened. LibraryMissing: there is none, and it is not the sample that is asked for."""
        return self._opening.library()

    @property
    def library_name(self) -> str:
        """Its name, or its path where it was given by one."""
        return self._opening.name

    @property
    def folder(self) -> Path:
        """Where it lies. This and the name are of the sample while there is no library yet."""
        return self._opening.folder

    def addressed(self, hint: str) -> str:
        """`hint` with the library in use named in the command that it gives."""
        return self._opening.addressed(hint)

    def status(self) -> LibraryStatus:
        """What the library holds."""
        return self.library.status(self.library_name)

    # ---- papers into it

    def ingest(
        self,
        paths: Sequence[str | Path] | str | Path,
        *,
        year: int | None = None,
        columns: Mapping[str, str] | None = None,
        rejects: str | Path | None = None,
    ) -> IngestReport:
        """Read papers from files, folders, archives or `-` into the library, which is made if there is none. `columns`
        names columns of tables by fields of a paper; records that cannot be read are kept in the file `rejects`, else
        in the library's folder."""
        if isinstance(paths, str | Path):
            paths = [paths]
        if not all(str(path).strip() for path in paths):
            raise UsageError("a path is empty", hint="Name files or folders of papers; - is standard input.")
        with self._opening.filling() as library:
            return ingest(
                [str(path) for path in paths],
                library=library,
                day=Date.today(),
                year=year,
                columns=columns,
                reject_file=None if rejects is None else places.expanded(str(rejects)),
                label=places.written,
                progress=self._progress,
            )

    def fetch(self, wanted: Wanted, *, most: int = MOST, again: bool = False) -> FetchReport:
        """Read at most `most` records of a service into the library, which is made if there is none. A fetch that was
        cut goes on, unless it is to begin `again`. What goes wrong at the service is in the report. UsageError: it
        cannot be asked this."""
        return self._fetched(lambda journal: [self._asking(wanted, journal, most=most, again=again)])

    def plan_fetch(self, wanted: Wanted, *, most: int = MOST, again: bool = False) -> FetchPlan:
        """What `fetch` would ask; nothing is sent."""
        return self._asking(wanted, self._journal, most=most, again=again).plan(self._parts.services.agent)

    def sync(self) -> FetchReport:
        """Fetch what the configuration file says, each from where its last sync that went well began, and some days
        before. What fails is in the report, and the others are fetched. SettingsError: there is nothing to fetch, or
        it cannot be asked."""
        return self._fetched(self._due)

    def plan_sync(self) -> Sequence[FetchPlan]:
        """What `sync` would ask; nothing is sent."""
        return [one.plan(self._parts.services.agent) for one in self._due(self._journal)]

    def _fetched(self, questions: Callable[[Journal], Sequence[Asking]]) -> FetchReport:
        with self._opening.filling() as library, contextlib.closing(self._parts.services) as client:
            fetcher = Fetcher(client, self._journal, library, Date.today(), self._notice, self._progress)
            return fetcher.fetch_all(questions(fetcher.journal))

    def _asking(self, wanted: Wanted, journal: Journal, *, most: int, again: bool) -> Asking:
        return asking(
            wanted, journal=journal, today=datetime.now(UTC).date(), most=most, again=again, notice=self._notice
        )

    def _due(self, journal: Journal) -> list[Asking]:
        if not self.settings.sync:
            raise SettingsError("there is nothing to sync", hint="Name it in the configuration file: docs/fetch.md.")
        today = datetime.now(UTC).date()
        return [due(**asdict(one), journal=journal, today=today, notice=self._notice) for one in self.settings.sync]

    @property
    def _journal(self) -> Journal:
        """Of the library that `fetch` reads into."""
        return Journal(self._opening.own_folder)

    # ---- questions to it

    def search(
        self,
        question: str,
        *,
        k: int | None = None,
        filters: Filters | None = None,
        on_failure: Notice | None = None,
        on_notice: Notice | None = None,
    ) -> list[SearchResult]:
        """The `k` papers nearest to the question, best first; it may have operators (`queries.parse`). Where a model
        was to rerank them and failed, `on_failure` (else the notice) is told, and the order is the search's own.
        `on_notice` (else the notice) gets what a reader should know of the question."""
        query = parse(checked_question(question), today=Date.today(), filters=filters)
        k, reranker, on_notice = self._k(k), self._parts.reranker, on_notice or self._notice
        return search(
            query,
            library=self.library,
            k=k,
            reranker=reranker,
            on_notice=lambda text: on_notice(self.addressed(text)),
            on_failure=on_failure or self._notice,
        )

    def ask(
        self,
        question: str,
        *,
        k: int | None = None,
        filters: Filters | None = None,
        strict: bool = False,
        on_text: OnText | None = None,
    ) -> Answer:
        """An answer with every sentence checked; the question may have operators (`queries.parse`). It never raises
        for a failing model: see `Answer.failure`. BudgetError: a limit of the settings would be passed."""
        before = self._parts.asked
        answer = self._asked(
            question,
            k,
            filters,
            model=self._parts.model,
            reranker=self._parts.reranker,
            judge=self._parts.judge,
            strict=strict,
            on_text=on_text,
        )
        if answer.usage or self._parts.asked > before:
            answer = replace(answer, usage=self._parts.spent(since=before))
        return answer

    def rehearse(self, question: str, *, k: int | None = None, filters: Filters | None = None) -> DryRun:
        """What `ask` would send to the model for this question, as if nothing were kept; nothing is sent. UsageError:
        finding papers for it would send something already."""
        chosen = self.settings
        for hosted in (chosen.embedder, chosen.rerank or ""):
            if hosted.startswith("openai:"):
                raise UsageError(
                    f"a dry run sends nothing, but to find papers the question is sent to {hosted}",
                    hint="See what is found with: assistant search",
                )
        parts = self._parts
        name = parts.model.name if parts.model else None
        writer = Rehearsal(name or "")
        reranker = parts.reranker_asking(lambda: writer if name else None)
        answer = self._asked(question, k, filters, model=writer, reranker=reranker)
        return rehearsal.dry_run(
            answer,
            writer,
            model=name,
            address=parts.endpoint.address,
            price=parts.price_of(writer.name),
            judged=lambda: parts.judge is not None,
        )

    def _asked(
        self,
        question: str,
        k: int | None,
        filters: Filters | None,
        *,
        model: Writer | None,
        reranker: Reranker | None,
        judge: Judge | None = None,
        strict: bool = False,
        on_text: OnText | None = None,
    ) -> Answer:
        today = Date.today()
        parse(checked_question(question), today=today, filters=filters)  # before a library is opened, or built, for it
        answer = ask(
            question,
            library=self.library,
            desk=self._parts.desk(model),
            k=self._k(k),
            today=today,
            reranker=reranker,
            judge=judge,
            filters=filters,
            strict=strict,
            on_text=on_text,
        )
        return replace(answer, why=self.addressed(answer.why))

    def _k(self, given: int | None) -> int:
        return self.settings.k if given is None else settings.in_range("k", given)

    @contextlib.contextmanager
    def asking_anew(self) -> Iterator[None]:
        """Inside, models are asked whatever is kept, and nothing is kept: for figures of what they say and take."""
        before, self._keeps_replies = self._keeps_replies, False
        try:
            yield
        finally:
            self._keeps_replies = before

    def recorded(self) -> Sequence[Recorded]:
        """The questions about the sample to which an answer of a model is recorded."""
        return [one.recorded for one in replaying.recordings()]

    def replay(self, question: str, *, strict: bool = False) -> Answer:
        """The recorded answer to one of these, checked as any. UsageError: there is none, or the library in use is not
        the sample."""
        recording = replaying.recording(question)
        if not self._opening.is_sample:
            raise UsageError("recorded answers are about the sample library", hint="Leave out --library.")
        return replaying.replay(recording, library=self.library, strict=strict)

    # ---- reports on it

    def digest(
        self,
        *,
        since: Date | None = None,
        until: Date | None = None,
        week: str | None = None,
        again: bool = False,
        tag: str | None = None,
    ) -> Digest:
        """What a period brought: from `since` (else after the last digest, else seven days) to `until` (else today), or
        an ISO week (`2026-W26`); for the saved topics, if there are any. What an earlier digest carried or is marked as
        read is left out, unless it is to come `again`. It counts as sent when it is given to `record`; one of a `tag`
        never does, and has what was sent before. A model writes it where one is chosen; it never raises for one that
        fails: see `Digest.failure`. UsageError: no such period. BudgetError."""
        today = Date.today()
        if week is not None and (since or until):
            raise UsageError("a week has its own first and last day", hint="Give --week, or --since and --until.")
        last = self.library.memory.last()
        covered = periods.covered(week, since=since, until=until, today=today, last=last and min(last[0], today))
        before = self._parts.asked
        made = digest(
            library=self.library,
            desk=self._parts.desk(self._parts.model),
            period=covered,
            topics=self.library.memory.topics(),
            again=again,
            tag=tag_key(tag) if tag is not None else None,
            known=last[1] if last and not (week or since or tag) else None,
            progress=self._progress,
        )
        return replace(made, usage=self._spent(before))

    def record(self, made: Digest) -> Digest:
        """Remember the papers of a digest as sent. LibraryBusy: another digest was recorded since it was made."""
        said = self.as_recorded(made)
        if said.recorded:
            papers = [(one.paper_id, self.library.get(one.paper_id).paper) for one in made.citations]
            with self.library.remembering() as memory:
                memory.record(made.period, papers, known=made.follows, newest=made.newest)
        return said

    def as_recorded(self, made: Digest) -> Digest:
        """The digest as it is once it is recorded: the sample library remembers none, nor any an empty one, or one of a
        tag, after which the rest of its days is still to come."""
        kept = made.citations and not made.tag and not self._opening.is_sample
        return replace(made, recorded=bool(kept))

    def summarize(self, topic: str, *, papers: int = 20, filters: Filters | None = None) -> TopicSummary:
        """What the library has on a topic, from at most `papers` of it; it may have operators (`queries.parse`).
        It never raises for a failing model: see `TopicSummary.failure`. BudgetError."""
        if not 1 <= papers <= CONSIDERED:
            raise UsageError(f"a summary reads 1 to {CONSIDERED} papers, not {papers}", hint="Choose fewer, or more.")
        today = Date.today()
        parse(checked_question(topic), today=today, filters=filters)  # before a library is opened, or built, for it
        before = self._parts.asked
        made = summarize(
            topic,
            library=self.library,
            desk=self._parts.desk(self._parts.model),
            papers=papers,
            today=today,
            filters=filters,
            progress=self._progress,
        )
        return replace(made, why=self.addressed(made.why), usage=self._spent(before))

    def _spent(self, before: int) -> Usage | None:
        """What was asked of a model after the first `before` exchanges; None where nothing was."""
        return self._parts.spent(since=before) if self._parts.asked > before else None

    def trend(self, query: str, *, by: By = "month", filters: Filters | None = None) -> Trend:
        """How many papers mention all words and phrases of `query`, over time. UsageError: there are none."""
        return trend(query, library=self.library, by=by, today=Date.today(), filters=filters)

    def topics(self) -> Sequence[Topic]:
        """The saved topics."""
        return self.library.memory.topics()

    def add_topic(
        self, name: str, *, query: str | None = None, author: str | None = None, category: str | None = None
    ) -> Topic:
        """Save a topic, by which digests then choose. UsageError."""
        topic = topics.made(name, query=query, author=author, category=category, today=Date.today())
        with self._opening.changeable().remembering() as memory:
            memory.add_topic(topic)
        return topic

    def remove_topic(self, name: str) -> Topic:
        """Forget a topic. UsageError: there is none of this name."""
        with self._opening.changeable().remembering() as memory:
            return memory.remove_topic(name)

    def try_topic(self, name: str) -> Sequence[tuple[StoredPaper, float]]:
        """The papers of the last month that a topic, saved or not, would have caught, nearest first."""
        today = Date.today()
        saved = {one.name.casefold(): one for one in self.topics()}
        topic = saved.get(name.casefold()) or topics.made(name, query=None, author=None, category=None, today=today)
        return topics.tried(self.library, topic, today=today)

    # ---- its papers, one by one

    def show(self, name: str) -> StoredPaper:
        """One paper: by id, arXiv id, DOI, title, or a beginning of its id. PaperNotFound."""
        return self.library.get(name)

    def list(
        self,
        *,
        filters: Filters | None = None,
        limit: int = -1,
        offset: int = 0,
        sort: Sort = "date",
        reverse: bool = False,
    ) -> Sequence[StoredPaper]:
        """Papers of the library, newest first; by title from A, by what was added last, by most upvotes; or `reverse`,
        where what has no date or upvotes still comes last."""
        return listed(
            self.library, filters, limit=limit, offset=offset, sort=sort, reverse=reverse, notice=self._notice
        )

    def papers_of(self, cited: Iterable[Citation | SearchResult]) -> Sequence[StoredPaper]:
        """The papers that citations or results are of, in this order, each once."""
        return list(self.library.named([one.paper_id for one in cited]).values())

    def export(self, *, filters: Filters | None = None) -> Iterator[StoredPaper]:
        """Papers of the library, in the order that they came in, a few held at a time."""
        yield from exported(self.library, filters, notice=self._notice, progress=self._progress)

    def tags(self) -> dict[str, int]:
        """Every tag, by name, with how many papers have it."""
        return self.library.tags()

    @property
    def curator(self) -> Curator:
        """Who puts tags, notes and read marks to papers. UsageError, when it does: the library is the sample."""
        return Curator(self._opening.changeable)

    def duplicates(self, *, alike: float | None = None) -> Duplicates:
        """Papers of the library that are nearly the same, in groups; nothing is changed. UsageError: `alike`, the least
        likeness, is not from 0.4 to 1."""
        least = ALIKE if alike is None else alike
        if not LEAST <= least <= 1:
            raise UsageError(f"near duplicates are {LEAST} to 1 alike, not {least:g}", hint="Choose between these.")
        return duplicates(library=self.library, alike=least, progress=self._progress)

    def remove(self, names: Sequence[str] | str, *, dry_run: bool = True) -> Removal:
        """Take papers out of the library, by id, arXiv id, DOI, title, or a beginning of their id.
        With `dry_run`, only say which those are. PaperNotFound: a name is of none, or of more than one; then nothing
        is removed."""
        if isinstance(names, str):
            names = [names]
        library = self._opening.changeable()
        if not dry_run:
            Journal(library.folder).forget_seen()
        found = library.named(names).values() if dry_run else library.remove(names, progress=self._progress)
        return Removal(tuple(found), removed=not dry_run, left=len(library))

    # ---- its upkeep

    def reindex(self, *, pending: bool = False) -> int:
        """Chunk, embed and index every paper anew with the settings that hold, or with `pending` only those that an
        interrupted command left; the number of papers."""
        return self.library.reindex(chunk_tokens=self.settings.chunk_tokens, pending=pending, progress=self._progress)

    def backup(self, file: str | Path) -> Backup:
        """Write all that the library holds at this moment to one file; others may read and write meanwhile.
        UsageError: what is there is no backup. BackupError, LibraryFull: it cannot be written."""
        return backups.backup(self._opening.changeable(), str(file), name=self.library_name, progress=self._progress)

    def restore(self, file: str | Path, *, force: bool = False) -> Backup:
        """Put what is in a backup into the library, which is made if there is none; with `force` over the papers of the
        one that is there. UsageError: there are some. BackupError, LibraryTooNew: the file cannot be used; then nothing
        is changed."""
        with self._opening.replacing() as folder:
            return backups.restore(
                str(file),
                folder,
                make=lambda place: self._opening.made(place, create=True),
                force=force,
                progress=self._progress,
                notice=self._notice,
            )

    def check_backup(self, file: str | Path) -> Backup:
        """What a backup holds, when it was unpacked and found to be sound. BackupError, LibraryTooNew."""
        return backups.check(str(file), progress=self._progress)

    def doctor(self, *, download: bool = False) -> Sequence[Finding]:
        """What is right and what is wrong with installation, settings and library."""
        chosen = self.settings
        findings = doctor.examine(
            library=lambda: (self.library, self.library_name),  # in this order: opening it may make it the sample
            embedder=lambda: self._parts.embedder,
            reranker=lambda: self._parts.reranker,
            home=chosen.home,
            prompt_folder=chosen.prompts,
            model=chosen.model,
            base_url=chosen.base_url,
            api_key=chosen.api_key,
            download=download,
        )
        return [replace(finding, hint=self.addressed(finding.hint)) for finding in findings]
