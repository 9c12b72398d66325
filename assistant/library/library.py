"""The `Library` facade: one folder on disk, opened; papers in, passages out."""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date as Date
from functools import cached_property
from pathlib import Path

from assistant.cleaning import clean, one_line
from assistant.embedders import Embedder, LateInteraction, Vectors
from assistant.errors import LibraryBusy, LibraryError, LibraryFull, LibraryMissing, LibraryReadOnly, StoreError
from assistant.holdings import Finding, LibraryStatus
from assistant.library import checking, describing, lock
from assistant.library.catalog import Advance, Catalog
from assistant.library.disk import check_links, make_folder
from assistant.library.indexes import lexical_folder
from assistant.library.indexing import CHUNK_TOKENS, Progress, Writer
from assistant.library.marking import Marking
from assistant.library.memory import Memory
from assistant.library.reasons import why_none
from assistant.library.searching import Notice, Searcher, Side
from assistant.library.shelf import Shelf
from assistant.library.vectors import mean_vectors
from assistant.papers import Filters, Found, Passage, Sort, StoredPaper
from assistant.queries import Query
from assistant.results import Kept
from assistant.text import terms
from assistant.weighing import Nearness

WAIT_SECONDS = 60.0
EACH = 500  # papers that are read at once where all are gone through
HEAL_LIMIT = 20_000  # chunks up to which a search itself finishes what a killed writer left; it takes seconds


class Library:
    """An opened library. Close it, or use it as a context manager. Not for use by several threads at once."""

    def __init__(
        self,
        folder: Path,
        *,
        embedder: Callable[[], Embedder],
        create: bool = False,
        chunk_tokens: int = CHUNK_TOKENS,
        store: str | None = None,
        store_key: str | None = None,
        wait_s: float = WAIT_SECONDS,
        notice: Notice = lambda text: None,
    ) -> None:
        """Open the library in `folder`; with `create`, make one where there is none.

        `embedder` is called when vectors are first needed; `chunk_tokens` is for a new library; `store` is where its
        user wants the vector index, and `store_key` the key for it (see `Shelf`); `wait_s` is how long to wait for
        another process that writes; `notice` gets what a user should know but need not act on. LibraryMissing,
        LibraryDamaged, LibraryTooNew.
        """
        self.folder, self._notice, self._wait_s = folder.absolute(), notice, wait_s
        self._store, self._store_key = store, store_key
        self._load_embedder = embedder
        check_links(self.folder)
        try:
            self._catalog = Catalog(self.folder)
        except LibraryMissing:
            if not create:
                raise
            self._make(chunk_tokens)
            self._catalog = Catalog(self.folder)
        self._searcher: Searcher | None = None
        self._seen = -1
        self._replies = threading.Lock()
        self._closed = False

    def _make(self, chunk_tokens: int) -> None:
        make_folder(self.folder)
        with (
            lock.held(self.folder, wait_s=self._wait_s, notice=self._notice),
            contextlib.closing(Catalog(self.folder, create=True)) as catalog,
        ):
            if catalog.meta("chunk_tokens") is None:
                catalog.set_meta(chunk_tokens=str(chunk_tokens))

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._drop_searcher()
        with self._replies:  # a thread may be keeping one
            self._closed = True
            self._catalog.close()

    @cached_property
    def _embedder(self) -> Embedder:
        return self._load_embedder()

    def _shelf(self, catalog: Catalog) -> Shelf:
        return Shelf(self.folder, catalog, store=self._store, key=self._store_key, notice=self._notice)

    # ---- writing

    @contextlib.contextmanager
    def writing(self, *, wait_s: float | None = None) -> Iterator[Writer]:
        """A writer, alone in the library for as long as the context lasts.

        LibraryBusy: another process kept writing for longer than `wait_s` seconds, or those the library was opened
        with. LibraryReadOnly. StoreError: its vectors lie on a server that was not named.
        """
        with lock.held(self.folder, wait_s=self._wait_s if wait_s is None else wait_s, notice=self._notice):
            self._drop_searcher()
            catalog = Catalog(self.folder, write=True)
            try:
                shelf = self._shelf(catalog)
                shelf.check_named()
                yield Writer(self.folder, catalog, self._embedder, shelf)
                catalog.settle()
            finally:
                catalog.close()

    def reindex(
        self,
        *,
        chunk_tokens: int | None = None,
        pending: bool = False,
        progress: Progress = lambda what, done, total: None,
    ) -> int:
        """Chunk, embed and index every paper anew with the embedder at hand; the number of papers it did.

        An interrupted reindex is finished by the next command that writes, or gone on with by the next reindex. With
        `pending`, only finish what an interrupted command left. StoreError: the server that is to hold the vectors
        fails; if it does so from the beginning, nothing is changed.
        """
        with self.writing() as writer:
            if pending:
                return writer.index(progress=progress)
            if writer.resumes(chunk_tokens):
                papers, waiting, _ = self._catalog.counts()
                self._notice(f"going on with the reindex that was interrupted: {papers - waiting:,} of {papers:,} done")
            return writer.reindex(chunk_tokens=chunk_tokens, progress=progress)

    def remove(self, names: Sequence[str], *, progress: Progress = lambda what, done, total: None) -> list[StoredPaper]:
        """Take the papers of these names out, and give them back as they were. PaperNotFound: a name is of none, or
        of more than one; then nothing is removed. Nor is it where the server of the vectors fails before the papers
        are gone from the catalog; later, that is a notice."""
        with self.writing() as writer:
            leaving = self.named(names)
            try:
                writer.remove(list(leaving), progress=progress)
            except StoreError as error:
                if self._catalog.known(leaving):
                    raise
                self._notice(f"{error}; the papers are removed, and the next command that writes finishes the index")
            return list(leaving.values())

    def _heal(self) -> None:
        """Finish what a killed writer left and make a lost index anew, if that is quick and nobody is writing; else
        say what is missing."""
        _, pending, chunks = self._catalog.counts()
        shelf = self._shelf(self._catalog)
        if not pending and shelf.is_clean and shelf.is_there() and lexical_folder(self.folder).is_dir():
            return
        if chunks + pending <= HEAL_LIMIT:
            try:
                with self.writing(wait_s=0) as writer:
                    writer.index()
                return
            except LibraryBusy:
                self._notice("another process is writing to this library; what it has not indexed yet is not found")
                return
            except StoreError as error:
                self._notice(f"{error}; what was filed but not indexed yet may not be found. {error.hint}")
                return
            except (LibraryReadOnly, LibraryFull):
                pass
        if pending:
            self._notice(f"{pending:,} papers are filed but not all searchable; finish: assistant reindex --pending")

    # ---- searching

    def search(
        self,
        question: str,
        *,
        limit: int,
        filters: Filters | None = None,
        phrases: Sequence[str] = (),
        without: Sequence[str] = (),
        side: Side = "closely",
    ) -> list[Passage]:
        """The `limit` papers nearest to `question` that meet `filters`, mention every one of `phrases` and none of
        `without`, best first.

        `side` is `closely`, or `lexical`, `vector` or `fused` to see a part of the work alone. EmbedderMismatch.
        LibraryDamaged: phrases are given and there is no lexical index.
        """
        while True:
            searcher = self._fresh_searcher()
            with self._catalog.snapshot():
                if self._seen == self._catalog.data_version():  # else something was written in between
                    return searcher.search(
                        question, limit=limit, filters=filters, phrases=phrases, without=without, side=side
                    )

    def find(self, query: Query, *, limit: int) -> Found:
        """What the library has for a question as it was typed: its words mended where no abstract has them, the
        `limit` papers nearest to it that meet its conditions; or why there is nothing to look for."""
        query, notices = self._by_title(query)
        if why := self._why_not_asked(query):
            return Found(query.text, notices=notices, why_nothing=why)
        respelled = self._fresh_searcher().respelled(query.text, as_typed=query.phrases)
        if not respelled.known:
            why = "no abstract in the library has any word of the question"
            return Found(query.text, notices=notices, why_nothing=why)
        passages = self.search(
            respelled.text, limit=limit, filters=query.filters, phrases=query.phrases, without=query.without
        )
        why = "" if passages else why_none(query, count=self.count, days=self._catalog.dates)
        notices = (*notices, *respelled.notices, *self._left_out(query.filters))
        return Found(respelled.text, tuple(passages), notices, why)

    def _why_not_asked(self, query: Query) -> str:
        """Why there is nothing to look for; empty where there is."""
        if not len(self):
            return "the library is empty; fill it with: assistant ingest PATH"
        if not terms(query.text) and not any(letter.isalpha() and not letter.isascii() for letter in query.text):
            return "the question has no word to look for"
        absent = [phrase for phrase in query.phrases if not self.mentions(phrase)]
        others = [self._fresh_searcher().respelled(phrase).text for phrase in absent]
        known = [
            other for phrase, other in zip(absent, others, strict=True) if other != phrase and self.mentions(other)
        ]
        has = f"; some have {' and '.join(f'“{one}”' for one in known)}" if known else ""
        return f"no abstract in the library has {' or '.join(f'“{one}”' for one in absent)}{has}" if absent else ""

    def _by_title(self, query: Query) -> tuple[Query, tuple[str, ...]]:
        """A question that is nothing but the id of a paper as one for its title, and what to tell of it."""
        name = query.text
        if len(name.split()) == 1 and any(letter.isdigit() for letter in name):
            for known in self.identified([name]).values():
                title = clean(self._catalog.texts([self._catalog.resolve(known)])[0][0])
                told = f"{one_line(name)} is “{title}”; searched for its title (to read it: assistant show {known})"
                return replace(query, text=title), (told,)
        return query, ()

    def _left_out(self, filters: Filters) -> Iterator[str]:
        """What a reader should know of papers that conditions leave out unseen."""
        if (filters.since or filters.until) and (undated := self.count(filters)[1]):
            yield f"{undated:,} papers without a date are left out by the days asked for"

    def rarity(self, terms: Iterable[str]) -> dict[str, float]:
        """How rare each index term is among the library's papers: its idf, at least 0."""
        return self._fresh_searcher().rarity(terms)

    def mentions(self, name: str) -> bool:
        """Whether the title or abstract of a paper has this word or name, in any spelling of it."""
        return self._fresh_searcher().mentions(name)

    @property
    def nearness(self) -> Nearness | None:
        """How near words are by the bundled embedder, which the check was fitted with; None where the library has
        another, which might cost a request for every sentence."""
        embedder = self._embedder
        return embedder.interaction if embedder.name == "bundled" and isinstance(embedder, LateInteraction) else None

    def _fresh_searcher(self) -> Searcher:
        if self._searcher is None or self._seen != self._catalog.data_version():
            self._drop_searcher()
            self._heal()
            self._seen = self._catalog.data_version()  # before anything is opened: what is written then is met anew
            shelf = self._shelf(self._catalog)
            self._searcher = Searcher(self.folder, self._catalog, lambda: self._embedder, shelf, self._notice)
        return self._searcher

    def _drop_searcher(self) -> None:
        if self._searcher is not None:
            self._searcher.close()
            self._searcher = None

    # ---- models' replies

    def recall(self, key: str) -> Kept | None:
        """The reply that is kept under `key`. One that cannot be read counts as none: the model can be asked again.
        This and `keep` may be called by several threads, while the library's own does nothing with it but close it."""
        with self._replies, contextlib.suppress(LibraryError):
            return None if self._closed else self._catalog.recall(key)
        return None

    def keep(self, key: str, reply: Kept) -> None:
        """Keep a reply, if that can be done at once: not while another process writes, nor where nothing can be."""
        with self._replies:
            if not self._closed:
                self._keep(key, reply)

    def _keep(self, key: str, reply: Kept) -> None:
        with (
            contextlib.suppress(LibraryError),
            contextlib.closing(Catalog(self.folder, write=True, wait_s=0)) as catalog,
        ):
            with catalog.transaction():
                others = catalog.data_version()
                fresh = self._seen == self._catalog.data_version()
                catalog.keep(key, reply)
            catalog.settle(wait_s=0)
            if fresh:  # to the searcher this is no news, unless something else was written as well
                self._seen = self._catalog.data_version()
                self._seen = self._seen if catalog.data_version() == others else -1

    # ---- looking things up

    def __len__(self) -> int:
        return self._catalog.counts()[0]

    def get(self, name: str) -> StoredPaper:
        """The paper called `name`: paper id, arXiv id, DOI, title, or an unambiguous beginning of its id.

        PaperNotFound: none, or more than one.
        """
        with self._catalog.snapshot():
            number = self._catalog.resolve(name)
            return replace(self._catalog.stored([number])[number], origins=self._catalog.origins(number))

    def named(self, names: Sequence[str]) -> dict[int, StoredPaper]:
        """The papers of these names, by their number in the catalog, each once. PaperNotFound."""
        with self._catalog.snapshot():
            return self._catalog.stored([self._catalog.resolve(name) for name in names])

    def identified(self, names: Iterable[str]) -> dict[str, str]:
        """The paper id of each name that is wholly a paper's id, arXiv id, DOI or title; others are left out."""
        with self._catalog.snapshot():
            return self._catalog.identified(names)

    def fingerprint(self) -> str:
        """Of the papers: the same for libraries that hold the same ones, however they came in."""
        return self._catalog.fingerprint()

    def count(self, filters: Filters | None = None) -> tuple[int, int]:
        """(papers that meet `filters`, undated papers that their dates left out)."""
        return self._catalog.count(filters or Filters())

    def papers(
        self,
        filters: Filters | None = None,
        *,
        limit: int = -1,
        offset: int = 0,
        sort: Sort = "date",
        reverse: bool = False,
    ) -> list[StoredPaper]:
        """Papers that meet `filters`, newest first or by another order (`selecting.ORDERS`); all for limit -1."""
        with self._catalog.snapshot():
            numbers = self._catalog.matching(
                filters or Filters(), limit=limit, offset=offset, sort=sort, reverse=reverse
            )
            return list(self._catalog.stored(numbers).values())

    def each(self, filters: Filters | None = None) -> Iterator[StoredPaper]:
        """Papers that meet `filters`, in the order that they came in; some are held at a time, whatever their number.
        Those that come or go meanwhile may be among them or not."""
        last = 0
        while True:
            with self._catalog.snapshot():
                found = self._catalog.stored(self._catalog.following(last, filters or Filters(), limit=EACH))
            if not found:
                return
            yield from found.values()
            last = max(found)

    def matching(self, filters: Filters, *, limit: int = -1) -> list[int]:
        """The numbers in the catalog of papers that meet `filters`, newest first; of all of them for limit -1."""
        return self._catalog.matching(filters, limit=limit)

    def mentioning(self, phrases: Sequence[str], without: Sequence[str], filters: Filters) -> list[Date]:
        """The days of the dated papers that meet `filters` and have every one of `phrases` and none of `without` in
        title or abstract. LibraryDamaged: there is no lexical index."""
        numbers = self._fresh_searcher().meeting(filters, phrases, without)
        return self._catalog.days_of(numbers)

    def days(self) -> tuple[str | None, str | None]:
        """The earliest and the latest date of a paper."""
        return self._catalog.dates()[:2]

    def newest(self) -> int:
        """The highest number of a paper in the catalog: what is read later gets higher ones."""
        return self._catalog.newest()

    def newer(self, number: int, *, dated_before: Date) -> list[int]:
        """The numbers above `number` of papers that are dated before a day."""
        return self._catalog.newer(number, dated_before=dated_before)

    def stored(self, numbers: Sequence[int]) -> dict[int, StoredPaper]:
        """The papers of these numbers, in this order."""
        with self._catalog.snapshot():
            return self._catalog.stored(numbers)

    def numbers(self) -> list[int]:
        """The numbers of all papers in the catalog, in order."""
        return self._catalog.numbers(indexed=False)

    def texts(self, numbers: Sequence[int]) -> list[tuple[str, str]]:
        """Title and abstract of each of these papers, as their sources gave them."""
        return self._catalog.texts(numbers)

    def unchanging(self) -> contextlib.AbstractContextManager[None]:
        """What is looked up inside is of one state of the catalog, whatever is written meanwhile."""
        return self._catalog.snapshot()

    def vectors(self, numbers: Sequence[int]) -> Vectors:
        """A vector of length 1 for each of these papers, the mean of its chunks'; shape (len(numbers), dimension),
        zeros for a paper that is not embedded yet."""
        dimension = self._catalog.whole_number("dimension", 1)
        rows = self._catalog.vectors_of(papers=numbers)
        at = {number: row for row, number in enumerate(numbers)}
        return mean_vectors([(at[paper], vector) for _, paper, vector in rows], len(numbers), dimension)

    # ---- what is remembered for digests

    @property
    def memory(self) -> Memory:
        """The topics and digests, to be read."""
        return self._catalog.memory

    @contextlib.contextmanager
    def remembering(self) -> Iterator[Memory]:
        """The topics and digests, to be changed, by nobody else meanwhile. LibraryBusy, LibraryReadOnly."""
        with lock.held(self.folder, wait_s=self._wait_s, notice=self._notice):
            catalog = Catalog(self.folder, write=True)
            try:
                yield catalog.memory
            finally:
                catalog.close()

    # ---- backups

    def copy(self, path: Path, *, advance: Advance) -> None:
        """Write the catalog as it is now to the new file `path`, whatever is written to it meanwhile."""
        self._catalog.copy(path, advance=advance)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Alone among writers. LibraryBusy, LibraryReadOnly."""
        with lock.held(self.folder, wait_s=self._wait_s, notice=self._notice):
            yield

    # ---- what its user has put to papers

    @contextlib.contextmanager
    def marking(self) -> Iterator[Marking]:
        """The tags, notes and read marks, to be changed, also while another process writes. LibraryReadOnly."""
        with contextlib.closing(Catalog(self.folder, write=True)) as catalog:
            yield catalog.marking
            catalog.settle(wait_s=0)

    def tags(self) -> dict[str, int]:
        """Every tag, by name, with how many papers have it."""
        return self._catalog.marking.tags()

    # ---- what it is, and whether it is well

    def status(self, name: str) -> LibraryStatus:
        """What the library holds: see `describing.status`."""
        return describing.status(name, self.folder, self._catalog, self._shelf(self._catalog))

    def check(self) -> list[Finding]:
        """What is right and wrong with the files: see `checking.findings`."""
        return checking.findings(self.folder, self._catalog, self._shelf(self._catalog), lambda: self._embedder)
