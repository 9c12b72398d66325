"""`backup` and `restore`: a library's catalog into one file, and out of one into a library, whole or not at all.

A backup holds the catalog: papers, vectors, marks, topics, digests, kept replies. Both indexes are derived from it.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from assistant import __version__
from assistant.errors import EmbedderError, EmbedderMismatch, LibraryDamaged, LibraryTooNew, StoreError, UsageError
from assistant.holdings import Backup
from assistant.journal import Journal
from assistant.library import CATALOG, Library, Progress, archive, restoring
from assistant.places import exists, expanded

STAGED = "restoring"  # folder in a library's own, for what is to become it

Notice = Callable[[str], None]


def backup(library: Library, file: str, *, name: str, progress: Progress) -> Backup:
    """Write what the library holds at this moment to `file`, in the place of the backup that is there, if one is.
    UsageError: something else is there. BackupError, LibraryFull: it cannot be written; then what was there stays."""
    place = expanded(file).absolute().resolve()
    archive.check_place(place, library=library.folder)
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    with archive.beside(place) as aside:
        library.copy(aside / CATALOG, advance=partial(progress, "copying"))
        papers, embedder = restoring.described(aside)
        said = Backup(str(expanded(file).absolute()), name, made, __version__, papers, embedder)
        return archive.pack(aside / CATALOG, place, said, advance=partial(progress, "packing"))


def restore(
    file: str,
    folder: Path,
    *,
    make: Callable[[Path], Library],
    force: bool,
    progress: Progress,
    notice: Notice,
) -> Backup:
    """Put what is in the backup `file` into the library in `folder`, which `make` opens or makes; with `force` also
    over papers that are there. It is unpacked, checked and indexed aside, and then takes its place at once. UsageError:
    there are papers; BackupError, LibraryTooNew: the file cannot be used. Then, and where it is interrupted, the
    library stays as it was."""
    place = expanded(file).absolute()
    archive.read(place)
    with _target(folder, make=make, force=force, notice=notice):
        staged = folder / STAGED
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        try:
            said = archive.unpack(place, staged / CATALOG, advance=partial(progress, "unpacking"))
            restoring.check(staged)
            restoring.forget_indexes(staged, generation=restoring.generation(folder))
            _index(staged, make=make, progress=progress, notice=notice)
            Journal(folder).forget()  # before: a sync that goes on from a journal of other papers would miss some
            restoring.exchange(staged, folder, advance=partial(progress, "putting it in place"))
        finally:
            shutil.rmtree(staged, ignore_errors=True)
    return said


def check(file: str, *, progress: Progress) -> Backup:
    """What a backup says of itself, when its catalog was unpacked, for a moment, and found to be sound. BackupError,
    LibraryTooNew, LibraryFull."""
    with tempfile.TemporaryDirectory() as aside:
        place = Path(aside)
        said = archive.unpack(expanded(file).absolute(), place / CATALOG, advance=partial(progress, "unpacking"))
        restoring.check(place)
    return said


@contextlib.contextmanager
def _target(folder: Path, *, make: Callable[[Path], Library], force: bool, notice: Notice) -> Iterator[None]:
    """Alone among writers in the library to be restored into. Where there was none, or with `force` one that cannot be
    opened and is set aside, it is made, and where the restoring fails, it is as it was before."""
    fresh, aside = not exists(folder), folder.with_name(f"{folder.name}.before-{datetime.now():%Y%m%d-%H%M%S}")
    try:
        library = make(folder)
    except (LibraryDamaged, LibraryTooNew):
        if not force:
            raise
        folder.rename(aside)
        fresh, library = True, make(folder)
    with library, library.locked():
        try:
            if len(library) and not force:
                raise UsageError(
                    f"the library in {folder} holds {len(library):,} papers",
                    hint="Put the backup in their place with --force, or into another library: --library NAME",
                )
            yield
        except BaseException:
            if fresh and not len(library):  # and so nobody else's
                shutil.rmtree(folder, ignore_errors=True)
            if exists(aside) and not exists(folder):
                aside.rename(folder)
            raise
    if exists(aside):
        notice(f"the library that was there could not be opened, and now lies in {aside}")


def _index(staged: Path, *, make: Callable[[Path], Library], progress: Progress, notice: Notice) -> None:
    """Build both indexes, from the vectors that the catalog has; what it has none of yet is embedded."""
    try:
        with make(staged) as library, library.writing() as writer:
            writer.index(progress=progress)
    except (EmbedderError, EmbedderMismatch, StoreError) as error:
        shutil.rmtree(staged / "lexical", ignore_errors=True)
        shutil.rmtree(staged / "chroma", ignore_errors=True)
        restoring.forget_indexes(staged, generation=restoring.generation(staged))
        notice(f"it is restored, but not indexed: {error}. {error.hint}")
