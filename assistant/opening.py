"""Which library is meant, and how it is opened: one by name or path, the default one, or the sample where none is."""

import contextlib
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

from assistant import embedders, places, sample
from assistant.embedders import Embedder
from assistant.errors import LibraryMissing, UsageError
from assistant.library import CATALOG, Library, Progress
from assistant.settings import Settings

DEFAULT = "default"
UNCHANGEABLE = "the sample library cannot be changed"
SHOWN = 5  # libraries that are named to who asks for the wrong one

Notice = Callable[[str], None]


class Opening:
    """The library that the settings mean, opened when it is first asked for. Where they name none and the default one
    is not there, or is empty, it is the sample: so its `name` and `folder` may change by opening, and by what is read
    in. `embedder` is called when vectors are first needed."""

    def __init__(
        self, chosen: Settings, *, embedder: Callable[[], Embedder], notice: Notice, progress: Progress
    ) -> None:
        self._chosen, self._embedder = chosen, embedder
        self._notice, self._progress = notice, progress
        self._library: Library | None = None
        self.name, self.folder = _place(chosen)

    @property
    def is_sample(self) -> bool:
        return self.name == sample.NAME

    @property
    def own_folder(self) -> Path:
        """Of the library that papers are read into, which is never the sample."""
        return _named(self._chosen.home, DEFAULT) if self.is_sample else self.folder

    def close(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None

    # ---- opened to be read, or changed

    def library(self, *, create: bool = False) -> Library:
        """The library, opened, or with `create` made. LibraryMissing: there is none, and it is not the sample that is
        asked for."""
        if self._library is None:
            if self.is_sample:
                self.folder = self._sample()
            try:
                self._library = self.made(self.folder, create=create)
            except LibraryMissing as error:
                raise LibraryMissing(str(error), hint=f"Make it: assistant ingest PATH{self._flag()}") from error
            if self._chosen.library is None and not create and not len(self._library):
                self.close()  # an ingest that read nothing left it empty
                self.name = sample.NAME
                return self.library()
        return self._library

    def changeable(self) -> Library:
        """The library, opened. UsageError: it is the sample."""
        library = self.library()  # opened first: it may turn out to be the sample
        if self.is_sample:
            raise UsageError(UNCHANGEABLE, hint=self._own())
        return library

    @contextlib.contextmanager
    def filling(self) -> Iterator[Callable[[], Library]]:
        """What opens the library that papers are read into. Where there is none yet, it makes the default one, which
        takes the place of the sample as soon as a paper is in it. UsageError: it is the sample that is asked for."""
        if self.is_sample and self._chosen.library == sample.NAME:
            raise UsageError("the sample library cannot be added to", hint=self._own())
        first = self.is_sample
        if first:
            self.close()
            self.name, self.folder = DEFAULT, self.own_folder
        yield lambda: self.library(create=True)
        if first and not (self._library and len(self._library)):  # the sample still answers
            self.close()
            self.name, self.folder = _place(self._chosen)
        elif first:
            self._notice("from now on your library answers; the sample is still there: --library sample")

    @contextlib.contextmanager
    def replacing(self) -> Iterator[Path]:
        """The folder of the library that a backup is put into, closed meanwhile. UsageError: it is the sample that is
        asked for."""
        if self._chosen.library == sample.NAME:
            raise UsageError(UNCHANGEABLE, hint=self._own())
        self.close()
        if self._chosen.library is None:
            self.name, self.folder = DEFAULT, _named(self._chosen.home, DEFAULT)
        try:
            yield self.folder
        finally:
            self.name, self.folder = _place(self._chosen)

    def made(self, folder: Path, *, create: bool) -> Library:
        """The library in a folder, opened with the settings, or with `create` made. LibraryMissing."""
        chosen = self._chosen
        return Library(
            folder,
            embedder=self._embedder,
            create=create,
            chunk_tokens=chosen.chunk_tokens,
            store=None if self.is_sample else chosen.store,  # the sample stays here
            store_key=chosen.store_key,
            wait_s=chosen.wait,
            notice=lambda text: self._notice(self.addressed(text)),
        )

    def _sample(self) -> Path:
        """The folder of the sample, built if need be; the user is told unless the sample was asked for."""
        chosen = self._chosen
        fingerprint = embedders.fingerprint(chosen.embedder)
        folder = sample.folder(chosen.home, fingerprint=fingerprint, chunk_tokens=chosen.chunk_tokens)
        unasked = chosen.library != sample.NAME
        if folder.is_dir():
            if unasked:
                self._notice("no library yet, so this uses the bundled sample; make yours with: assistant ingest PATH")
            return folder
        self._notice(f"{'no library yet: ' if unasked else ''}indexing the bundled sample, once")
        sample.build(folder, make=lambda aside: self.made(aside, create=True), progress=self._progress)
        return folder

    # ---- named in what a user is told

    def addressed(self, hint: str) -> str:
        """`hint` with the library in use named in the command that it gives."""
        commands = "reindex" if self._chosen.library == sample.NAME else "reindex|ingest PATH"  # the sample takes none
        return re.sub(rf"assistant (?:{commands})(?! --)", lambda command: f"{command[0]}{self._flag()}", hint)

    def _own(self) -> str:
        """How to come by a library of one's own."""
        there = sorted(catalog.parent.name for catalog in _named(self._chosen.home, "").glob(f"*/{CATALOG}"))
        names = f", or name one of yours with --library: {', '.join(there[:SHOWN])}" if there else ""
        return f"Make your own: assistant ingest PATH{names}"

    def _flag(self) -> str:
        return f" --library {shlex.quote(self._chosen.library)}" if self._chosen.library else ""


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
