"""From paths to byte streams: folders and archives are walked, what is packed is undone, what is no text is refused."""

import codecs
import io
import os
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from assistant.errors import NotPapers, SourceError
from assistant.places import expanded
from assistant.sources import packed

HEAD = 65_536  # bytes looked at to recognise a format
STDIN = "-"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Input:
    """An opened source: its first bytes, the stream from its beginning, its size in bytes on disk (None for
    a pipe, which gives other bytes the next time) and how many of those have been read."""

    head: bytes
    stream: BinaryIO
    size: int | None
    position: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that may hold papers, or a member of an archive, then `archive.zip/member`; and how it is opened."""

    name: str
    open: Callable[[], AbstractContextManager[Input]]
    packed: bool = False


def expand(path: str) -> list[str]:
    """The files that `path` stands for: itself, or what lies under a folder, sorted, hidden files left out.

    SourceError: nothing there, or an empty folder.
    """
    if path == STDIN:
        return [path]
    here = expanded(path)
    try:
        if not stat.S_ISDIR(here.stat().st_mode):
            return [str(here)]
        inside = (p for p in here.rglob("*") if p.is_file())
        files = sorted(p for p in inside if not any(part.startswith(".") for part in p.relative_to(here).parts))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise SourceError("no such file or folder", hint="Check the spelling, or the folder you are in.") from error
    except OSError as error:
        raise SourceError(f"cannot be opened: {error.strerror}", hint="Check that you may read it.") from error
    if not files:
        raise SourceError("an empty folder", hint="Name a file or folder that holds papers.")
    return [str(file) for file in files]


def entries(path: str) -> Iterator[Entry]:
    """What one file of `expand` holds: itself, or the members of a zip archive, each to be opened before the next is
    asked for. SourceError: an archive that cannot be read."""
    if path == STDIN or not packed.is_zip(path):
        yield Entry(path, partial(opened, path))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for info in packed.members(archive):
                yield Entry(f"{path}/{info.filename}", partial(_opened_member, archive, info), packed=True)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise SourceError(f"a damaged zip archive: {error}", hint=packed.HINT) from error


@contextmanager
def opened(path: str) -> Iterator[Input]:
    """A file (or standard input for `-`) opened for reading; what is packed (gzip, Zstandard) comes out plain, UTF-16
    as UTF-8.

    SourceError: cannot be opened, empty, binary; also later, from the stream, where it cannot be read on.
    """
    if path == STDIN and sys.stdin is None:
        raise SourceError("standard input is closed", hint="Name a file, or pipe one in.")
    try:
        file = cast(BinaryIO, sys.stdin.buffer) if path == STDIN else open(path, "rb")
    except OSError as error:
        raise SourceError(f"cannot be opened: {error.strerror}", hint="Check that you may read it.") from error
    try:
        yield _input(file, None if path == STDIN else _size(file))
    finally:
        if path != STDIN:
            file.close()


@contextmanager
def _opened_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[Input]:
    with packed.member(archive, info) as file:
        yield _input(file, info.file_size)


def _size(file: BinaryIO) -> int | None:
    found = os.fstat(file.fileno())
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def _input(file: BinaryIO, size: int | None) -> Input:
    counted = packed.Checked(b"", file)
    start = _read_head(counted)
    plain: io.RawIOBase = packed.Checked(start, counted)
    if (inner := packed.unpacked(start, plain, lambda: counted.count)) is not plain:
        start = _read_head(inner)
        plain = packed.Checked(start, inner)
    if start.startswith(UTF_16):
        recoded = cast(io.RawIOBase, codecs.EncodedFile(cast(BinaryIO, plain), "utf-8", "utf-16", errors="replace"))
        start = _read_head(recoded)
        plain = packed.Checked(start, recoded)
    if not start.strip():
        raise NotPapers("empty", hint="There is nothing in it to ingest.")
    if b"\0" in start:
        raise NotPapers("a binary file, not text", hint="Papers come as text: JSON, BibTeX, RIS, CSV and others.")
    return Input(start, cast(BinaryIO, io.BufferedReader(plain, HEAD)), size, lambda: counted.count)


def _read_head(raw: io.RawIOBase) -> bytes:
    """The first HEAD bytes, also from a pipe that gives them a line at a time."""
    parts, size = [], 0
    while size < HEAD and (part := raw.read(HEAD - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)
