"""`Assistant`: the Python API, and the only place where settings become working parts."""

import contextlib
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from datetime import date as Date
from functools import cached_property
from pathlib import Path

from assistant import (
    backups,
    doctor,
    embedders,
    periods,
    places,
    rehearsal,
    replaying,
    rerankers,
    sample,
    settings,
    topics,
)
from assistant.ask import ask, checked_question
from assistant.cleaning import clean
from assistant.curating import Curator
from assistant.desk import Desk
from assistant.digest import digest
from assistant.duplicates import ALIKE, LEAST, duplicates
from assistant.embedders import Embedder
from assistant.endpoint import Completions, Endpoint, OnText
from assistant.errors import LibraryMissing, SettingsError, UsageError
from assistant.extractive import ExtractiveWriter
from assistant.fetch import MOST, Asking, Fetcher, asking
from assistant.fetches import FetchPlan, FetchReport
from assistant.ingest import ingest
from assistant.journal import Journal
from assistant.judging import Judge
from assistant.library import CATALOG, Library, Progress
from assistant.papers import Filters, Passage, Sort, StoredPaper, tag_key
from assistant.queries import parse
from assistant.rehearsal import Rehearsal
from assistant.remembering import Remembering
from assistant.reports import By, Digest, Duplicates, Topic, TopicSummary, Trend
from assistant.rerankers import Reranker, reranked
from assistant.results import (
    EXTRACTIVE,
    Answer,
    Backup,
    Citation,
    DryRun,
    Finding,
    IngestReport,
    LibraryStatus,
    Price,
    Recorded,
    Removal,
    SearchResult,
    Usage,
)
from assistant.services import Wanted
from assistant.services.client import Client
from assistant.settings import Settings
from assistant.spending import Limits, Metered, listed
from assistant.summary import CONSIDERED, summarize
from assistant.sync import due
from assistant.trends import trend
from assistant.writers import OpenAIWriter, Writer

DEFAULT = "default"
UNREHEARSED = "the judge's requests are not counted: what it is asked depends on what the model writes"

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
        self._library: Library | None = None
        self._keeps_replies = chosen.cache == "on"
        self.library_name, self.folder = _place(chosen)

    @classmethod
    def open(cls, library: str | Path | None = None, *, notice: Notice = _silent, **flags: object) -> "Assistant":
        """An assistant over a library given by name or path; with none, the default one or the sample.

        Other settings as keywords: `model`, `base_url`, `api_key`, `embedder`, `store`, `k`, `home`, …; what is not
        given comes from the environment and the configuration file. LibraryMissing: there is no such library.
        """
        assistant = build({**flags, "library": str(library) if library else None}, os.environ, notice=notice)
        if library:
            assistant._opened()
        return assistant

    def __enter__(self) -> "Assistant":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None

    # ---- use

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
        with self._filling() as library:
            return ingest(
                [str(path) for path in paths],
                library=library,
                day=Date.today(),
                year=year,
                columns=columns,
                reject_file=None if rejects is None else places.expanded(str(rejects)),
                label=_label,
                progress=self._progress,
            )

    @contextlib.contextmanager
    def _filling(self) -> Iterator[Callable[[], Library]]:
        """What opens the library that papers are read into. Where there is none yet, it makes the default one, which
        takes the place of the sample as soon as a paper is in it. UsageError: it is the sample that is asked for."""
        if self.library_name == sample.NAME and self.settings.library == sample.NAME:
            raise UsageError("the sample library cannot be added to", hint="Name another: --library NAME")
        first = self.library_name == sample.NAME
        if first:
            self.close()
            self.library_name, self.folder = DEFAULT, _named(self.settings.home, DEFAULT)
        yield lambda: self._opened(create=True)
        if first and not (self._library and len(self._library)):  # the sample still answers
            self.close()
            self.library_name, self.folder = _place(self.settings)
        elif first:
            self._notice("from now on your library answers; the sample is still there: --library sample")

    def fetch(self, wanted: Wanted, *, most: int = MOST, again: bool = False) -> FetchReport:
        """Read at most `most` records of a service into the library, which is made if there is none. A fetch that was
        cut goes on, unless it is to begin `again`. What goes wrong at the service is in the report. UsageError: it
        cannot be asked this."""
        return self._fetched(lambda journal: [self._asking(wanted, journal, most=most, again=again)])

    def plan_fetch(self, wanted: Wanted, *, most: int = MOST, again: bool = False) -> FetchPlan:
        """What `fetch` would ask; nothing is sent."""
        return self._asking(wanted, self._journal, most=most, again=again).plan(self._services.agent)

    def sync(self) -> FetchReport:
        """Fetch what the configuration file says, each from where its last sync that went well began, and some days
        before. What fails is in the report, and the others are fetched. SettingsError: there is nothing to fetch, or
        it cannot be asked."""
        return self._fetched(self._due)

    def plan_sync(self) -> Sequence[FetchPlan]:
        """What `sync` would ask; nothing is sent."""
        return [one.plan(self._services.agent) for one in self._due(self._journal)]

    def _fetched(self, questions: Callable[[Journal], Sequence[Asking]]) -> FetchReport:
        with self._filling() as library, contextlib.closing(self._services) as client:
            fetcher = Fetcher(client, self._journal, library, Date.today(), self._notice, self._progress)
            return fetcher.fetch_all(questions(fetcher.journal))

    def _asking(self, wanted: Wanted, journal: Journal, *, most: int, again: bool) -> Asking:
        return asking(wanted, journal=journal, today=datetime.now(UTC).date(), most=most, again=again)

    def _due(self, journal: Journal) -> list[Asking]:
        if not self.settings.sync:
            raise SettingsError("there is nothing to sync", hint="Name it in the configuration file: docs/fetch.md.")
        today = datetime.now(UTC).date()
        return [due(**asdict(one), journal=journal, today=today) for one in self.settings.sync]

    @property
    def _journal(self) -> Journal:
        """Of the library that `fetch` reads into."""
        return Journal(self.folder if self.library_name != sample.NAME else _named(self.settings.home, DEFAULT))

    @property
    def _services(self) -> Client:
        chosen = self.settings
        keys = {"s2": chosen.s2_key, "openalex": chosen.openalex_key}
        return Client(contact=chosen.contact, keys=keys, notice=self._notice)

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
        k, reranker = self._k(k), self._reranker
        found = self.library.find(query, limit=max(k, rerankers.DEPTH) if reranker else k)
        for notice in filter(None, (*found.notices, found.why_nothing)):
            (on_notice or self._notice)(self.addressed(notice))
        ranked = reranked(found.question, found.passages, reranker)
        if ranked.failure:
            (on_failure or self._notice)(ranked.failure)
        return [_result(rank, passage) for rank, passage in enumerate(ranked.passages[:k], 1)]

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
        before = len(self._metered.exchanges)
        answer = self._asked(
            question,
            k,
            filters,
            model=self._model,
            reranker=self._reranker,
            judge=self._judge,
            strict=strict,
            on_text=on_text,
        )
        if answer.usage or len(self._metered.exchanges) > before:
            answer = replace(answer, usage=self._metered.spent(since=before))
        return answer

    def rehearse(self, question: str, *, k: int | None = None, filters: Filters | None = None) -> DryRun:
        """What `ask` would send to the model for this question, as if nothing were kept; nothing is sent. UsageError:
        finding papers for it would send something already."""
        chosen = self.settings
        if chosen.embedder.startswith("openai:"):
            raise UsageError(
                f"a dry run sends nothing, but to find papers the question is sent to {chosen.embedder}",
                hint="See what is found with: assistant search",
            )
        name = self._model.name if self._model else None
        writer = Rehearsal(name or "")
        answer = self._asked(
            question, k, filters, model=writer, reranker=self._loaded_reranker(lambda: writer if name else None)
        )
        price = self._price or listed(writer.name, self._endpoint.address)
        asked = rehearsal.exchanges(writer.asked, model=writer.name, price=price)
        notices = (*answer.notices, *([UNREHEARSED] if asked and self._judge else []))
        return DryRun(
            question=answer.question,
            model=name,
            address=self._endpoint.address,
            exchanges=asked,
            prompt_tokens=sum(one.prompt_tokens for one in asked),
            completion_tokens=sum(one.completion_tokens for one in asked),
            price=price,
            cost=sum(one.cost or 0.0 for one in asked) if price else None,
            why="" if asked else answer.why,
            notices=notices,
        )

    @contextlib.contextmanager
    def asking_anew(self) -> Iterator[None]:
        """Inside, models are asked whatever is kept, and nothing is kept: for figures of what they say and take."""
        before, self._keeps_replies = self._keeps_replies, False
        try:
            yield
        finally:
            self._keeps_replies = before

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
            desk=self._desk(model),
            k=self._k(k),
            today=today,
            reranker=reranker,
            judge=judge,
            filters=filters,
            strict=strict,
            on_text=on_text,
        )
        return replace(answer, why=self.addressed(answer.why))

    def recorded(self) -> Sequence[Recorded]:
        """The questions about the sample to which an answer of a model is recorded."""
        return [one.recorded for one in replaying.recordings()]

    def replay(self, question: str, *, strict: bool = False) -> Answer:
        """The recorded answer to one of these, checked as any. UsageError: there is none, or the library in use is not
        the sample."""
        recording = replaying.recording(question)
        if self.library_name != sample.NAME:
            raise UsageError("recorded answers are about the sample library", hint="Leave out --library.")
        return replaying.replay(recording, library=self.library, strict=strict)

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
        covered = periods.week(week) if week is not None else None
        covered = covered or periods.period(since=since, until=until, today=today, last=last and min(last[0], today))
        if covered.since > today:
            raise UsageError(f"{covered.label} is in the future", hint="A digest covers days that have been.")
        before = len(self._metered.exchanges)
        made = digest(
            library=self.library,
            desk=self._desk(self._model),
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
        kept = made.citations and not made.tag and self.library_name != sample.NAME
        return replace(made, recorded=bool(kept))

    def summarize(self, topic: str, *, papers: int = 20, filters: Filters | None = None) -> TopicSummary:
        """What the library has on a topic, from at most `papers` of it; it may have operators (`queries.parse`).
        It never raises for a failing model: see `TopicSummary.failure`. BudgetError."""
        if not 1 <= papers <= CONSIDERED:
            raise UsageError(f"a summary reads 1 to {CONSIDERED} papers, not {papers}", hint="Choose fewer, or more.")
        today = Date.today()
        parse(checked_question(topic), today=today, filters=filters)  # before a library is opened, or built, for it
        before = len(self._metered.exchanges)
        made = summarize(
            topic,
            library=self.library,
            desk=self._desk(self._model),
            papers=papers,
            today=today,
            filters=filters,
            progress=self._progress,
        )
        return replace(made, why=self.addressed(made.why), usage=self._spent(before))

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
        with self._changeable().remembering() as memory:
            memory.add_topic(topic)
        return topic

    def remove_topic(self, name: str) -> Topic:
        """Forget a topic. UsageError: there is none of this name."""
        with self._changeable().remembering() as memory:
            return memory.remove_topic(name)

    def try_topic(self, name: str) -> Sequence[tuple[StoredPaper, float]]:
        """The papers of the last month that a topic, saved or not, would have caught, nearest first."""
        today = Date.today()
        saved = {one.name.casefold(): one for one in self.topics()}
        topic = saved.get(name.casefold()) or topics.made(name, query=None, author=None, category=None, today=today)
        return topics.tried(self.library, topic, today=today)

    def _changeable(self) -> Library:
        library = self.library  # opened first: it may turn out to be the sample
        if self.library_name == sample.NAME:
            raise UsageError("the sample library cannot be changed", hint="Name another: --library NAME")
        return library

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
        found = self.library.papers(filters, limit=limit, offset=offset, sort=sort, reverse=reverse)
        met, undated = self.library.count(filters)
        if not found:
            self._notice("no paper meets the conditions" if not met else f"there are only {met:,} papers")
        elif offset + len(found) < met:
            self._notice(f"{len(found):,} of {met:,} papers; more with --offset {offset + len(found)}, or --limit")
        if undated:
            self._notice(f"{undated:,} papers without a date are left out by --since or --until")
        return found

    @property
    def curator(self) -> Curator:
        """Who puts tags, notes and read marks to papers. UsageError, when it does: the library is the sample."""
        return Curator(self._changeable)

    def tags(self) -> dict[str, int]:
        """Every tag, by name, with how many papers have it."""
        return self.library.tags()

    def backup(self, file: str | Path) -> Backup:
        """Write all that the library holds at this moment to one file; others may read and write meanwhile.
        UsageError: what is there is no backup. BackupError, LibraryFull: it cannot be written."""
        return backups.backup(self._changeable(), str(file), name=self.library_name, progress=self._progress)

    def restore(self, file: str | Path, *, force: bool = False) -> Backup:
        """Put what is in a backup into the library, which is made if there is none; with `force` over the papers of the
        one that is there. UsageError: there are some. BackupError, LibraryTooNew: the file cannot be used; then nothing
        is changed."""
        if self.settings.library == sample.NAME:
            raise UsageError("the sample library cannot be changed", hint="Name another: --library NAME")
        self.close()
        if self.settings.library is None:
            self.library_name, self.folder = DEFAULT, _named(self.settings.home, DEFAULT)
        try:
            return backups.restore(
                str(file),
                self.folder,
                make=lambda folder: self._made(folder, create=True),
                force=force,
                progress=self._progress,
                notice=self._notice,
            )
        finally:
            self.library_name, self.folder = _place(self.settings)

    def check_backup(self, file: str | Path) -> Backup:
        """What a backup holds, when it was unpacked and found to be sound. BackupError, LibraryTooNew."""
        return backups.check(str(file), progress=self._progress)

    def papers_of(self, cited: Iterable[Citation | SearchResult]) -> Sequence[StoredPaper]:
        """The papers that citations or results are of, in this order, each once."""
        return list(self.library.named([one.paper_id for one in cited]).values())

    def export(self, *, filters: Filters | None = None) -> Iterator[StoredPaper]:
        """Papers of the library, in the order that they came in, a few held at a time."""
        met, undated = self.library.count(filters)
        if not met:
            self._notice("no paper meets the conditions" if filters else "the library is empty")
        if undated:
            self._notice(f"{undated:,} papers without a date are left out by --since or --until")
        for count, found in enumerate(self.library.each(filters)):
            if count % 1_000 == 0:
                self._progress("exporting", count, met)
            yield found

    def status(self) -> LibraryStatus:
        """What the library holds."""
        return self.library.status(self.library_name)

    def remove(self, names: Sequence[str] | str, *, dry_run: bool = True) -> Removal:
        """Take papers out of the library, by id, arXiv id, DOI, title, or a beginning of their id.
        With `dry_run`, only say which those are. PaperNotFound: a name is of none, or of more than one; then nothing
        is removed."""
        if isinstance(names, str):
            names = [names]
        library = self._changeable()
        found = library.named(names).values() if dry_run else library.remove(names, progress=self._progress)
        return Removal(tuple(found), removed=not dry_run, left=len(library))

    def duplicates(self, *, alike: float | None = None) -> Duplicates:
        """Papers of the library that are nearly the same, in groups; nothing is changed. UsageError: `alike`, the least
        likeness, is not from 0.3 to 1."""
        least = ALIKE if alike is None else alike
        if not LEAST <= least <= 1:
            raise UsageError(f"near duplicates are {LEAST} to 1 alike, not {least:g}", hint="Choose between these.")
        return duplicates(library=self.library, alike=least, progress=self._progress)

    def reindex(self, *, pending: bool = False) -> int:
        """Chunk, embed and index every paper anew with the settings that hold, or with `pending` only those that an
        interrupted command left; the number of papers."""
        return self.library.reindex(chunk_tokens=self.settings.chunk_tokens, pending=pending, progress=self._progress)

    def doctor(self, *, download: bool = False) -> Sequence[Finding]:
        """What is right and what is wrong with installation, settings and library."""
        chosen = self.settings
        findings = doctor.examine(
            library=lambda: (self.library, self.library_name),  # in this order: opening it may make it the sample
            embedder=lambda: self._embedder,
            reranker=lambda: self._reranker,
            home=chosen.home,
            prompt_folder=chosen.prompts,
            model=chosen.model,
            base_url=chosen.base_url,
            api_key=chosen.api_key,
            download=download,
        )
        return [replace(finding, hint=self.addressed(finding.hint)) for finding in findings]

    def _spent(self, before: int) -> Usage | None:
        """What was asked of a model after the first `before` exchanges; None where nothing was."""
        return self._metered.spent(since=before) if len(self._metered.exchanges) > before else None

    def _desk(self, model: Writer | None) -> Desk:
        chosen = self.settings
        return Desk(
            self._extractive,
            model,
            prompts=chosen.prompts,
            context_tokens=chosen.context_tokens,
            max_tokens=chosen.answer_tokens,
            jobs=chosen.jobs,
        )

    def _k(self, given: int | None) -> int:
        return self.settings.k if given is None else settings.in_range("k", given)

    # ---- parts

    @property
    def library(self) -> Library:
        """The library, opened. LibraryMissing: there is none, and it is not the sample that is asked for."""
        return self._opened()

    @cached_property
    def _embedder(self) -> Embedder:
        return embedders.load(self.settings.embedder, endpoint=self._endpoint)

    @cached_property
    def _endpoint(self) -> Endpoint:
        chosen = self.settings
        return Endpoint(base_url=chosen.base_url, api_key=chosen.api_key, timeout_s=chosen.timeout, notice=self._notice)

    @cached_property
    def _metered(self) -> Metered:
        limits = Limits(self.settings.max_tokens_total, self.settings.max_cost)
        return Metered(self._endpoint, price=self._price, limits=limits)

    @cached_property
    def _completions(self) -> Completions:
        return Remembering(self._metered, lambda: self.library if self._keeps_replies else None, today=Date.today)

    @property
    def _price(self) -> Price | None:
        return Price(*self.settings.price) if self.settings.price else None

    @cached_property
    def _extractive(self) -> ExtractiveWriter:
        return ExtractiveWriter(lambda texts: self._embedder.embed(texts))

    @cached_property
    def _model(self) -> Writer | None:
        chosen = self.settings
        if chosen.model is None and (chosen.base_url or chosen.api_key):
            self._notice("no model is asked, since none is named; choose one with --model or ASSISTANT_MODEL")
        if chosen.model is None or chosen.model == EXTRACTIVE:
            return None
        return OpenAIWriter(chosen.model, self._completions)

    @cached_property
    def _reranker(self) -> Reranker | None:
        return self._loaded_reranker(lambda: self._model)

    def _loaded_reranker(self, model: Callable[[], Writer | None]) -> Reranker | None:
        chosen = self.settings
        return rerankers.load(chosen.rerank, model=model, prompts=chosen.prompts, max_tokens=chosen.answer_tokens)

    @cached_property
    def _judge(self) -> Judge | None:
        chosen = self.settings
        if not chosen.judge:
            return None
        if self._model is None:
            raise UsageError("judging by a model needs one", hint="Name it with --model or ASSISTANT_MODEL.")
        return Judge(self._model.name, self._completions, prompts=chosen.prompts, max_tokens=chosen.answer_tokens)

    def _opened(self, *, create: bool = False) -> Library:
        if self._library is None:
            if self.library_name == sample.NAME:
                self.folder = self._sample()
            try:
                self._library = self._made(self.folder, create=create)
            except LibraryMissing as error:
                raise LibraryMissing(str(error), hint=f"Make it: assistant ingest PATH{self._flag()}") from error
            if self.settings.library is None and not create and not len(self._library):
                self.close()  # an ingest that read nothing left it empty
                self.library_name = sample.NAME
                return self._opened()
        return self._library

    def _made(self, folder: Path, *, create: bool) -> Library:
        return Library(
            folder,
            embedder=lambda: self._embedder,
            create=create,
            chunk_tokens=self.settings.chunk_tokens,
            store=None if self.library_name == sample.NAME else self.settings.store,  # the sample stays here
            store_key=self.settings.store_key,
            wait_s=self.settings.wait,
            notice=lambda text: self._notice(self.addressed(text)),
        )

    def addressed(self, hint: str) -> str:
        """`hint` with the library in use named in the command that it gives."""
        return re.sub(r"assistant (?:reindex|ingest PATH)(?! --)", lambda command: f"{command[0]}{self._flag()}", hint)

    def _flag(self) -> str:
        return f" --library {shlex.quote(self.settings.library)}" if self.settings.library else ""

    def _sample(self) -> Path:
        """The folder of the sample, built if need be; the user is told unless the sample was asked for."""
        chosen = self.settings
        fingerprint = embedders.fingerprint(chosen.embedder)
        folder = sample.folder(chosen.home, fingerprint=fingerprint, chunk_tokens=chosen.chunk_tokens)
        unasked = chosen.library != sample.NAME
        if folder.is_dir():
            if unasked:
                self._notice("no library yet, so this uses the bundled sample; make yours with: assistant ingest PATH")
            return folder
        self._notice(f"{'no library yet: ' if unasked else ''}indexing the bundled sample, once")
        sample.build(folder, make=lambda aside: self._made(aside, create=True), progress=self._progress)
        return folder


def _place(chosen: Settings) -> tuple[str, Path]:
    """Name and folder of the library that the settings ask for. The sample's folder is worked out when it is used."""
    if chosen.library is None:
        default = _named(chosen.home, DEFAULT)
        return (DEFAULT, default) if places.exists(default / CATALOG) else (sample.NAME, chosen.home)
    if chosen.library == sample.NAME:
        return sample.NAME, chosen.home
    path = places.expanded(chosen.library)
    if len(path.parts) > 1 or chosen.library.startswith((".", "~")):
        return str(path), path.absolute()
    return chosen.library, _named(chosen.home, chosen.library)


def _named(home: Path, name: str) -> Path:
    return home / "libraries" / name


def _label(file: str) -> str:
    """A file's full name as text; bytes of it that are no UTF-8 are replaced."""
    return file if file == "-" else os.fsencode(Path(file).absolute()).decode(errors="replace")


def _result(rank: int, passage: Passage) -> SearchResult:
    found, chunk = passage.found, passage.chunk
    return SearchResult(
        rank=rank,
        paper_id=found.paper_id,
        title=clean(found.paper.title),
        date=found.paper.date,
        source=found.source,
        url=found.paper.url,
        score=passage.score,
        lexical=passage.lexical,
        vector=passage.vector,
        passage=clean(found.paper.abstract[chunk.start : chunk.end]),
        withdrawn=found.paper.withdrawn,
    )
