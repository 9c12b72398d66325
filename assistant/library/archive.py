"""A backup as one file: a zip of a manifest and the catalog, which `unzip` opens too.

It is written whole or not at all, and read as a file that anybody may have made: nothing in it names a place, and what
it unpacks to is bounded.
"""

import contextlib
import errno
import hashlib
import io
import json
import os
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from assistant.cleaning import one_line
from assistant.errors import BackupError, LibraryFull, LibraryTooNew, UsageError
from assistant.holdings import Backup
from assistant.library.catalog import FILE as CATALOG

MANIFEST = "manifest.json"
FORMAT, FORM = "paper-assistant backup", 1
BLOCK = 1 << 20  # bytes read and written at a time
LEVEL = 1  # of deflate; 6 takes three times as long, for a tenth less
MOST_MANIFEST = 64_000  # bytes
# A catalog is vectors and prose: 2,000 papers pack to a half, an empty one of 130 kB to a hundredth. What claims to be
# smaller by far is no catalog.
LEAST, RATIO = 100_000_000, 50
NO_BACKUP = "Name a file that assistant backup has written."

Advance = Callable[[int, int], None]  # (bytes done, bytes in all)


@contextlib.contextmanager
def beside(file: Path) -> Iterator[Path]:
    """A folder beside `file` for what is to become it, gone afterwards. LibraryFull, BackupError."""
    with _mapped(file, "written"):
        folder = Path(tempfile.mkdtemp(dir=file.parent, prefix=f".{file.name[:100]}."))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def check_place(file: Path, *, library: Path) -> None:
    """UsageError: a backup of the library in this folder cannot be put there."""
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}", hint="Make it, or name another file.")
    if file.is_dir():
        raise UsageError(f"{file} is a folder", hint="Name a file in it.")
    if file.is_relative_to(library.resolve()):
        raise UsageError(f"{file} lies in the library itself", hint="Name a file elsewhere, best on another disk.")
    if file.exists() and not _is_backup(file):
        raise UsageError(f"{file} is there, and is no backup", hint="Name another file, or remove it.")


def _is_backup(file: Path) -> bool:
    with contextlib.suppress(BackupError, LibraryTooNew):
        return bool(read(file))
    return False


def pack(catalog: Path, file: Path, backup: Backup, *, advance: Advance) -> Backup:
    """Make the zip of a catalog's file in its place, `file`; what `backup` says of it, with size and sum."""
    with _mapped(file, "written"):
        packed = catalog.with_name("packed")
        size, seen = catalog.stat().st_size, hashlib.sha256()
        with (
            packed.open("xb") as out,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as made,
        ):
            with catalog.open("rb") as whole, made.open(CATALOG, "w", force_zip64=True) as into:
                for done, part in _parts(whole, size):
                    seen.update(part)
                    into.write(part)
                    advance(done, size)
            backup = Backup(**asdict(backup) | {"bytes": size, "sha256": seen.hexdigest()})
            said = {"format": FORMAT, "form": FORM} | {k: v for k, v in asdict(backup).items() if k != "file"}
            made.writestr(MANIFEST, json.dumps(said, indent=2))
            made.close()
            out.flush()
            os.fsync(out.fileno())
        packed.replace(file)
    return backup


def read(file: Path) -> Backup:
    """What a backup says of itself. BackupError: it is none; LibraryTooNew: a newer version made it."""
    with _opened(file) as archive:
        return _manifest(archive, file)


def unpack(file: Path, catalog: Path, *, advance: Advance) -> Backup:
    """Put the catalog in a backup into the new file `catalog`. BackupError: it is none, or is damaged; LibraryTooNew;
    LibraryFull."""
    with _opened(file) as archive:
        backup = _manifest(archive, file)
        entry = archive.getinfo(CATALOG)
        if entry.file_size != backup.bytes or backup.bytes > LEAST + RATIO * entry.compress_size:
            raise BackupError(f"{file} says wrongly how large its catalog is", hint=NO_BACKUP)
        if backup.bytes > shutil.disk_usage(catalog.parent).free:
            raise BackupError(
                f"{file} unpacks to {backup.bytes:,} bytes, for which there is no room in {catalog.parent}",
                hint="Free some space and run the command again; nothing was changed.",
            )
        seen = hashlib.sha256()
        with archive.open(entry) as whole, catalog.open("xb") as out:
            for done, part in _parts(whole, backup.bytes):
                seen.update(part)
                out.write(part)
                advance(done, backup.bytes)
    if seen.hexdigest() != backup.sha256:
        raise BackupError(f"{file} is damaged: its catalog is not as it was written", hint="Take another backup.")
    return backup


def _parts(whole: IO[bytes], size: int) -> Iterator[tuple[int, bytes]]:
    """The bytes of a file, no more than `size`, each part with how many there are until then."""
    done = 0
    while part := whole.read(min(BLOCK, size - done)):
        done += len(part)
        yield done, part


class _Bounded(io.FileIO):
    """A file of which no more than BLOCK is read at once: `zipfile` reads the list of what a zip holds whole, however
    long somebody has made it."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = os.fstat(self.fileno()).st_size - self.tell()
        if size > BLOCK:
            raise zipfile.BadZipFile("it lists too many files")
        return super().read(max(size, 0)) or b""


@contextlib.contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    if file.exists() and not file.is_file():  # a pipe would be waited for
        raise BackupError(f"{file} is no plain file", hint=NO_BACKUP)
    with _mapped(file, "read"), _Bounded(file) as opened, zipfile.ZipFile(opened) as archive:
        yield archive


def _manifest(archive: zipfile.ZipFile, file: Path) -> Backup:
    entries = {entry.filename: entry for entry in archive.infolist()}
    if len(archive.infolist()) != 2 or entries.keys() != {MANIFEST, CATALOG}:
        raise BackupError(f"{file} is a zip of something else, not a backup", hint=NO_BACKUP)
    with archive.open(entries[MANIFEST]) as opened:
        said = json.loads(opened.read(MOST_MANIFEST).decode())
    if not isinstance(said, dict) or said.get("format") != FORMAT or type(said.get("form")) is not int:
        raise BackupError(f"{file} does not say that it is a backup", hint=NO_BACKUP)
    if said["form"] > FORM:
        raise LibraryTooNew(
            f"{file} was made by a newer version (form {said['form']}, this one reads up to {FORM})",
            hint="Update: pip install --upgrade paper-assistant",
        )
    return Backup(
        file=str(file),
        bytes=_number(said, "bytes"),
        papers=_number(said, "papers"),
        **{name: _text(said, name) for name in ("library", "made", "program", "embedder", "sha256")},
    )


def _number(said: dict[str, Any], name: str) -> int:
    value = said[name]
    if type(value) is not int or not 0 <= value < 1 << 53:
        raise ValueError(f"no number: {name}")
    return value


def _text(said: dict[str, Any], name: str) -> str:
    value = said[name]
    if not isinstance(value, str) or len(value) > 500:
        raise ValueError(f"no text: {name}")
    return one_line(value)


@contextlib.contextmanager
def _mapped(file: Path, what: str) -> Iterator[None]:
    """What goes wrong with a file that is `written` or `read`, as an error of ours."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise LibraryFull("the disk is full", hint="Free some space and run it again; nothing is lost.") from error
        raise BackupError(
            f"{file} cannot be {what}: {error.strerror or error}", hint="Check the path and its permissions."
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise BackupError(f"{file} is damaged, or is no backup: {one_line(str(error))}", hint=NO_BACKUP) from error
    except (ValueError, LookupError, OverflowError, RuntimeError, struct.error) as error:  # also of another packing
        raise BackupError(f"{file} is no backup: what it says of itself cannot be read", hint=NO_BACKUP) from error
