"""A catalog that anybody may have made, checked, and put in the place of a library's own.

That is done by SQLite's own backup into the file that is there, in one transaction: who reads goes on with what was
there, and where the process dies on the way, the old library stays.
"""

import contextlib
import shutil
from pathlib import Path

from assistant.errors import BackupError, LibraryError, LibraryTooNew
from assistant.library.catalog import Advance, Catalog
from assistant.library.indexes import put_in_place
from assistant.library.shelf import UNBUILT

ANOTHER = "Restore another backup, or update: pip install --upgrade paper-assistant"
# What the table `meta` has of indexes, which do not come with a catalog, and of where they lay.
_OF_INDEXES = (
    "vectors", "generation", "vectors_seal", "vectors_last", "lexical_seal", "store", "collection", "stamp",
    "leftovers", "library_id", "absorbed",
)  # fmt: skip


def check(folder: Path) -> None:
    """BackupError: the catalog in `folder` is none that this program has made, or is damaged. LibraryTooNew."""
    try:
        with contextlib.closing(Catalog(folder)) as catalog:
            fault = catalog.foreign() or catalog.faults()
            catalog.counts()
    except LibraryTooNew:
        raise
    except LibraryError as error:
        raise BackupError(f"it holds no catalog of a library: {error}", hint=ANOTHER) from error
    if fault:
        raise BackupError(f"it holds no sound catalog of a library: {fault}", hint=ANOTHER)


def forget_indexes(folder: Path, *, generation: int) -> None:
    """Have both indexes of the library in `folder` built anew, the vectors in a generation after this one."""
    with contextlib.closing(Catalog(folder, write=True)) as catalog:
        with catalog.transaction():
            catalog.drop_meta(*_OF_INDEXES)
            catalog.set_meta(vectors=UNBUILT, generation=str(generation))
        catalog.settle()


def generation(folder: Path) -> int:
    """The highest number that a vector index in `folder` has, or has had."""
    with contextlib.closing(Catalog(folder)) as catalog:
        built = [int(one.name[1:]) for one in folder.glob("chroma/g*") if one.name[1:].isdecimal()]
        return max(catalog.whole_number("generation", 0), *built, 0)


def exchange(staged: Path, folder: Path, *, advance: Advance) -> None:
    """Put the library in `staged` in the place of the one in `folder`, whose writer's lock is held."""
    with contextlib.closing(Catalog(folder, write=True)) as live, contextlib.closing(Catalog(staged)) as other:
        vectors = folder / "chroma"
        vectors.mkdir(exist_ok=True)
        old = set(vectors.iterdir())
        for built in staged.glob("chroma/g*"):  # of a number that none here has
            built.rename(vectors / built.name)
        live.take(other, advance=advance)
        # Until here it is the old library, and from here on the new one: an index of the other has not its seal.
        put_in_place(folder, staged / "lexical")
        for generation in old:
            shutil.rmtree(generation, ignore_errors=True)
        live.settle()


def described(folder: Path) -> tuple[int, str]:
    """(papers, embedder) of the library in `folder`."""
    with contextlib.closing(Catalog(folder)) as catalog:
        return catalog.counts()[0], catalog.meta("embedder") or "none yet"
