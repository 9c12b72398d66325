"""Where a library's vector index lies, in its folder or on the Chroma server that its user has named; and its state.

The catalog remembers the place in its table `meta` (`store`, and for a server `collection`, `stamp`, `leftovers`), so
that another place than the one remembered is never taken for it. What the catalog says is only ever compared with what
the user has named: a library that somebody else made leads the program to no server.

`vectors` says there how far the index is to be trusted: `clean`, finished, and in a folder sealed; `behind`, as it was
sealed, while a copy is written to; `dirty`, being written to; `unbuilt`, not to be used again. A writer that was killed
leaves one of the last three, and searches then do without. The next writer gives an index that is behind what it lacks,
and goes on with a dirty one on a server, which keeps what it has answered for; a dirty one in a folder, where there was
no room for a copy, is built anew.
"""

import contextlib
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from assistant.errors import LibraryDamaged, StoreError
from assistant.library.catalog import Catalog
from assistant.library.chroma import ChromaIndex
from assistant.library.remote import ServerIndex
from assistant.library.seals import MEND, seal
from assistant.library.server import Connection, Server
from assistant.library.vectors import VectorIndex

LOCAL = "local"  # the place that is the library's own folder
CLEAN, BEHIND, DIRTY, UNBUILT = "clean", "behind", "dirty", "unbuilt"  # states of the index
ROOM = 2  # sizes of a vector index that must be free for a copy of it: the copy, and what both indexes grow by
_PLACE = re.compile(
    r"local|https?://[\w.:/\[\]-]{1,200}|cloud:(?!\.{1,2}/)[\w.-]{1,100}/(?!\.{1,2}$)[\w.-]{1,100}", re.ASCII
)
_COLLECTION = re.compile(r"papers-[0-9a-f]{32}-g\d{1,9}-[0-9a-f]{8}")


class Shelf:
    """Opens the vector index where it lies, makes the next one where it is wanted, and marks in the catalog when one is
    begun and finished.

    `store` is what the user has named: `local`, a server's address in the form `Server` takes, or None for no word
    about it; `key` is for Chroma Cloud.
    """

    def __init__(
        self,
        folder: Path,
        catalog: Catalog,
        *,
        store: str | None = None,
        key: str | None = None,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._folder, self._catalog, self._notice = folder / "chroma", catalog, notice
        self._store = store
        self._server = Server(store, key) if store not in (None, LOCAL) else None

    # ---- where it is

    @property
    def place(self) -> str:
        """Where the index lies, as the catalog remembers it. LibraryDamaged: that is no place."""
        known = self._catalog.meta("store") or LOCAL
        if not _PLACE.fullmatch(known):
            raise LibraryDamaged("the catalog names no place of its vectors", hint="Restore a copy of it.")
        return known

    @property
    def moves(self) -> bool:
        """Whether the user has named another place than where the index lies."""
        return self._store not in (None, self.place)

    def check_named(self) -> None:
        """StoreError: the index lies on a server, and the user has named no place."""
        if self._store is None and self.place != LOCAL:
            raise self._unnamed()

    def check_reached(self) -> None:
        """StoreError: the server that was named does not answer."""
        self.check_named()
        if self._server:
            with Connection(self._server) as connection:
                connection.ask("GET", f"{self._server.database}/collections/{LOCAL}")  # there is none; it may say so

    @property
    def is_clean(self) -> bool:
        """Whether the index was finished, and not begun to be written to since."""
        return self._catalog.meta("vectors") == CLEAN

    @property
    def survives_a_kill(self) -> bool:
        """Whether an index that was being written to when its writer died can be written on. A server's can."""
        return self.place != LOCAL

    def is_there(self) -> bool:
        """Whether the index lies where it should, as far as can be seen without opening it."""
        return self.place != LOCAL or self._generation().is_dir()

    def _generation(self, after: int = 0) -> Path:
        """The folder of the current generation, or of one after it. What is built or written goes to a new one: readers
        of the old one are not disturbed, and a half-built one is never mistaken for whole."""
        return self._folder / f"g{self._catalog.whole_number('generation', 0) + after}"

    def _seal(self) -> str:
        """Of the HNSW files, where Chroma has written them out: it reads them only where there is
        `index_metadata.pickle`, and searches then leave them as they are. `chroma.sqlite3`, which they do not, is
        checked by SQLite."""
        folder = self._generation()
        written = any(folder.glob("*/index_metadata.pickle"))
        return seal(folder.glob("*/*") if written else (), folder)

    def on_server(self) -> int | None:
        """Chunks that the server of the vectors holds; None where there is no server, or it does not tell."""
        if self.place == LOCAL:
            return None
        with contextlib.suppress(StoreError, LibraryDamaged), contextlib.closing(self._open()) as index:
            return len(index)
        return None

    # ---- opening and making

    def open(self, *, chunks: int | None = None) -> VectorIndex:
        """The index of the current generation, where it lies, holding so many `chunks`.

        LibraryDamaged: it is marked unfinished, is missing, or is not as this library left it; then no file of it is
        opened by Chroma. StoreError: it lies on a server that fails, or that the user has not named.
        """
        if not self.is_clean:
            raise LibraryDamaged("the vector index is unfinished", hint=MEND)
        index = self._open()
        try:
            if chunks is not None and (held := len(index)) != chunks:
                raise LibraryDamaged(f"the vector index holds {held:,} of {chunks:,} chunks", hint=MEND)
        except BaseException:
            index.close()
            raise
        return index

    def reopened(self) -> VectorIndex | None:
        """The index for a writer to go on with; None where one is to be built anew, since it is wanted elsewhere, or is
        not as it must be. StoreError: the server that holds it, or is to, does not answer."""
        if not self.moves:
            with contextlib.suppress(LibraryDamaged):
                if self.is_clean:
                    return self.open(chunks=self._catalog.counts()[2])
                state = self._catalog.meta("vectors")
                if state == BEHIND or (state == DIRTY and self.survives_a_kill):
                    return self._open()  # what it lacks is put again, and counted at the end
        self.check_reached()
        return None

    def _open(self) -> VectorIndex:
        if self.place == LOCAL:
            return self._open_folder(self._generation())
        if self._server is None or self.moves:
            raise self._unnamed()
        return self._open_collection(self._server)

    def _open_folder(self, folder: Path) -> ChromaIndex:
        if self._catalog.meta("vectors_seal") not in (None, self._seal()):
            raise LibraryDamaged(f"the vector index in {folder} is not as it was written", hint=MEND)
        return ChromaIndex(folder)

    def _open_collection(self, server: Server) -> ServerIndex:
        name = self._catalog.meta("collection") or ""
        if not _COLLECTION.fullmatch(name):
            raise LibraryDamaged("the catalog names no collection", hint=MEND)
        index = ServerIndex(server, name)
        if index.stamp not in self._stamps():
            index.close()
            raise LibraryDamaged(
                f"the vectors on {server.address} were changed by another copy of this library", hint=MEND
            )
        return index

    def create(self) -> VectorIndex:
        """An empty index of the next generation, where the user wants it; `unbuilt` until it is finished."""
        self.check_named()
        if self.moves and self._catalog.meta("generation"):
            self._tell_move()
        generation = str(self._catalog.whole_number("generation", 0) + 1)
        if self._server is not None:
            return self._create_collection(self._server, generation)
        with self._catalog.transaction():
            self._catalog.set_meta(vectors=UNBUILT, generation=generation, store=LOCAL)
        return ChromaIndex(self._generation(), create=True)

    def _create_collection(self, server: Server, generation: str) -> ServerIndex:
        leftovers = self._leftovers()
        name, stamp = f"papers-{self._library_id()}-g{generation}-{secrets.token_hex(4)}", secrets.token_hex(8)
        self._catalog.set_meta(leftovers=" ".join([*leftovers, name]))  # for one who is killed while it is made
        index = ServerIndex(server, name, create_with=stamp)
        with self._catalog.transaction():
            self._catalog.set_meta(vectors=UNBUILT, generation=generation, store=server.address)
            self._catalog.set_meta(collection=name, stamp=stamp, leftovers=" ".join(leftovers))
        return index

    # ---- writing

    @property
    def lacking(self) -> int | None:
        """The number after which the index lacks chunks, since who wrote them into its copy was killed; None where it
        lacks none."""
        return self._catalog.whole_number("vectors_last", 0) if self._catalog.meta("vectors") == BEHIND else None

    def begin(self, index: VectorIndex | None) -> VectorIndex | None:
        """Mark the catalog: the index is being written to; or with None, one is to be built anew. What to write to: for
        an index in a folder, whose files survive no kill, a copy, which takes its place when it is finished."""
        if isinstance(index, ServerIndex):
            stamp = secrets.token_hex(8)
            self._catalog.set_meta(vectors=DIRTY, stamp=f"{stamp} {index.stamp}")  # until it is there, the old may be
            index.claim(stamp)
            return index
        if index is None:
            self._catalog.set_meta(vectors=UNBUILT)
            return None
        index.close()
        old, new = self._generation(), self._generation(after=1)
        try:
            copied = _copied(old, new)
            self._catalog.set_meta(vectors=BEHIND if copied else DIRTY)
            return ChromaIndex(new if copied else old)
        except LibraryDamaged:  # a seal does not say all
            self.give_up()
            return None

    def give_up(self) -> None:
        """Have the next writer build an index anew, since this one cannot be written to."""
        self._catalog.set_meta(vectors=UNBUILT)

    def gone(self, index: VectorIndex) -> list[int]:
        """The chunks that an index which was behind still has, and the catalog no more."""
        if not isinstance(index, ChromaIndex) or len(index) == self._catalog.counts()[2]:
            return []
        return sorted(set(index.numbers()).difference(self._catalog.chunk_numbers()))

    def is_whole(self, index: VectorIndex) -> bool:
        """Whether the index holds as many chunks as the catalog, and was written to by this library alone."""
        if isinstance(index, ServerIndex):
            mine = index.stamp
            index.refresh()
            if index.stamp != mine:
                return False
        return len(index) == self._catalog.counts()[2]

    def finish(self, index: VectorIndex) -> None:
        """Mark the catalog: the index, which is closed now, is whole. Call it inside a transaction."""
        if isinstance(index, ServerIndex):
            self._catalog.set_meta(vectors=CLEAN, stamp=index.stamp)
            return
        if isinstance(index, ChromaIndex):
            self._catalog.set_meta(generation=index.folder.name[1:])
        self._catalog.set_meta(vectors=CLEAN, vectors_seal=self._seal(), vectors_last=str(self._catalog.last_chunk()))

    def clear_old(self) -> None:
        """Remove every generation but the current one, as far as they can be reached."""
        self.clear_folders()
        if self._server and (names := self._catalog.meta("leftovers")):
            self._catalog.set_meta(leftovers=" ".join(n for n in names.split() if not _dropped(self._server, n)))

    def clear_folders(self) -> None:
        """Remove the folders of generations before the current one, and those that a killed or failed writer left. Not
        while another one is open."""
        current = self._generation() if self.place == LOCAL else None
        for folder in self._folder.glob("g[0-9]*"):
            if folder != current:
                shutil.rmtree(folder, ignore_errors=True)

    # ---- what the catalog remembers

    def _stamps(self) -> list[str]:
        return (self._catalog.meta("stamp") or "").split()

    def _library_id(self) -> str:
        """The random id that begins the names of this library's collections, made on first use."""
        known = self._catalog.meta("library_id") or ""
        if not re.fullmatch("[0-9a-f]{32}", known):
            known = secrets.token_hex(16)
            self._catalog.set_meta(library_id=known)
        return known

    def _leftovers(self) -> list[str]:
        """Names of the collections that a new one makes superfluous; not one that another copy of the library has
        made its own."""
        known = (self._catalog.meta("leftovers") or "").split()
        if self.place != LOCAL and not self.moves:
            with contextlib.suppress(LibraryDamaged):
                self._open().close()
                known.append(self._catalog.meta("collection") or "")
        return known

    def _unnamed(self) -> StoreError:
        return StoreError(
            f"this library's vectors lie on {self.place}",
            hint=f"If you trust that server, name it: --store {self.place}; to have them here: --store local",
        )

    def _tell_move(self) -> None:
        self._notice(f"moving the vectors from {self.place} to {self._store}")
        if self.place != LOCAL:
            name = self._catalog.meta("collection") or "?"
            self._notice(f"the collection {name} on {self.place} is no longer used; it may be deleted there")


def _copied(old: Path, new: Path) -> bool:
    """Whether `old` was copied to `new`: not where it cannot be, or where there is no room for it to grow, too."""
    shutil.rmtree(new, ignore_errors=True)
    try:
        size = sum(file.stat().st_size for file in old.rglob("*") if file.is_file())
        if shutil.disk_usage(old).free < ROOM * size:
            return False
        shutil.copytree(old, new)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        return False
    return True


def _dropped(server: Server, name: str) -> bool:
    """Whether this collection is not on the server any more."""
    if not _COLLECTION.fullmatch(name):
        return True
    try:
        with contextlib.closing(ServerIndex(server, name)) as index:
            index.drop()
    except LibraryDamaged:  # it was not there
        return True
    except StoreError:
        return False
    return True
