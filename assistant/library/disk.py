"""A library's folder: made, seen to hold only its own files, and found full where that is why something failed."""

import os
import shutil
import stat
from pathlib import Path

from assistant.errors import LibraryDamaged, LibraryFull, LibraryReadOnly
from assistant.library.catalog import FILE as CATALOG

LITTLE = 2_000_000  # bytes; either index writes more than that at a time


def make_folder(folder: Path) -> None:
    """LibraryReadOnly where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryReadOnly(
            f"no library can be made in {folder}: {error.strerror}",
            hint="Name another place with --library, or set ASSISTANT_HOME.",
        ) from error


def check_links(folder: Path) -> None:
    """LibraryDamaged where anything under a library's folder is a link, a device or the like: what is opened there is
    written to, and must be the library's. What a writer removes meanwhile is passed over."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            try:
                mode = (part := Path(parent) / name).lstat().st_mode
            except FileNotFoundError:
                continue
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise LibraryDamaged(f"{part} is no plain file or folder", hint="Remove it, then: assistant reindex")


def around(file: Path) -> Path | None:
    """The folder of the library, whichever it is, that `file` lies in, or would; a link lies where it is put."""
    place = file.absolute().parent.resolve()
    return next((folder for folder in (place, *place.parents) if (folder / CATALOG).is_file()), None)


def full(folder: Path, said: str) -> LibraryFull | None:
    """The error for a full disk, if `said` or the free space under `folder` speaks of one: tantivy and Chroma do not
    always say so."""
    signs = ("No space left", "os error 28", "disk is full")
    try:
        free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    except OSError:
        free = LITTLE
    if free < LITTLE or any(sign in said for sign in signs):
        return LibraryFull("the disk is full", hint="Free some space and run the command again; nothing is lost.")
    return None
