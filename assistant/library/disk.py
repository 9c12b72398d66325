"""Whether a failure underneath was for want of room: tantivy and Chroma do not always say so."""

import shutil
from pathlib import Path

from assistant.errors import LibraryDamaged, LibraryFull

LITTLE = 2_000_000  # bytes; either index writes more than that at a time


def own(part: Path) -> Path:
    """`part` of a library, which is never a symbolic link: what is written and removed there must be the library's.
    LibraryDamaged."""
    if part.is_symlink():
        raise LibraryDamaged(f"{part} is a link to somewhere else", hint="Remove the link, then: assistant reindex")
    return part


def full(folder: Path, said: str) -> LibraryFull | None:
    """The error for a full disk, if `said` or the free space under `folder` speaks of one."""
    signs = ("No space left", "os error 28", "disk is full")
    try:
        free = shutil.disk_usage(next(place for place in (folder, *folder.parents) if place.exists())).free
    except OSError:
        free = LITTLE
    if free < LITTLE or any(sign in said for sign in signs):
        return LibraryFull("the disk is full", hint="Free some space and run the command again; nothing is lost.")
    return None
