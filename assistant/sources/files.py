"""From paths to byte streams: folders are walked, gzip is undone, what is no text is refused."""

import gzip
import io
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, cast

from assistant.errors import NotPapers, SourceError
from assistant.places import expanded

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

HEAD = 65_536  # bytes looked at to recognise a format
STDIN = "-"


@dataclass(frozen=True, slots=True)
class Input:
    """An opened source: its first bytes, the stream from its beginning, its size in bytes on disk (None when
    not known) and how many of those have been read."""

    head: bytes
    stream: BinaryIO
    size: int | None
    position: Callable[[], int]


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


@contextmanager
def opened(path: str) -> Iterator[Input]:
    """A file (or standard input for `-`) opened for reading; compressed files (gzip) come out plain.

    SourceError: cannot be opened, empty, binary; also later, from the stream, where it cannot be read on.
    """
    if path == STDIN and sys.stdin is None:
        raise SourceError("standard input is closed", hint="Name a file, or pipe one in.")
    try:
        file = cast(BinaryIO, sys.stdin.buffer) if path == STDIN else open(path, "rb")
    except OSError as error:
        raise SourceError(f"cannot be opened: {error.strerror}", hint="Check that you may read it.") from error
    try:
        size = None if path == STDIN else os.fstat(file.fileno()).st_size
        counted = _Joined(b"", file)
        start = _read_head(counted)
        plain: io.RawIOBase = _Joined(start, counted)
        if start.startswith(b"\x1f\x8b"):
            unpacked = gzip.GzipFile(fileobj=io.BufferedReader(plain))
            start = _read_head(_Joined(b"", cast(BinaryIO, unpacked)))
            plain = _Joined(start, cast(BinaryIO, unpacked))
        if not start.strip():
            raise NotPapers("empty", hint="There is nothing in it to ingest.")
        if b"\0" in start:
            raise NotPapers("a binary file, not text", hint="Papers come as Daily Papers page text or JSON lines.")
        yield Input(start, cast(BinaryIO, io.BufferedReader(plain, HEAD)), size, lambda: counted.count)
    finally:
        if path != STDIN:
            file.close()


def _read_head(raw: io.RawIOBase) -> bytes:
    """The first HEAD bytes, also from a pipe that gives them a line at a time."""
    parts, size = [], 0
    while size < HEAD and (part := raw.read(HEAD - size)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


class _Joined(io.RawIOBase):
    """`head`, then what `rest` still holds; counts the bytes given, and maps what can go wrong underneath."""

    def __init__(self, head: bytes, rest: "BinaryIO | io.RawIOBase") -> None:
        self._head, self._rest, self.count = head, rest, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        if self._head:
            part, self._head = self._head[: len(view)], self._head[len(view) :]
        else:
            try:
                part = self._rest.read(len(view)) or b""
            except (OSError, EOFError, zlib.error) as error:
                raise SourceError(f"cannot be read to its end: {error}", hint="It is damaged or cut short.") from error
        view[: len(part)] = part
        self.count += len(part)
        return len(part)
