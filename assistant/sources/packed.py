"""What is packed comes out plain: gzip, Zstandard and zip, told by their first bytes, and never without bounds.

A small packed file can unpack to any size. Streams are read on as they are needed, so memory is no matter; time and
disk are, so what unpacks to far more than its size is not read on.
"""

import gzip
import importlib
import io
import lzma
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from assistant.errors import NotPapers, SourceError
from assistant.places import is_file

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP, ZSTD, ZIP = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"
NO_ZIP = b"PK\x05\x06"  # a zip without members
MAX_RATIO = 200  # of unpacked to packed bytes; JSON lines of arXiv have 3, all-equal lines of papers 100
FREE = 64_000_000  # bytes that any file may unpack to
MAX_MEMBERS = 100_000  # files of one zip
HEADER = 30  # bytes at least before the data of a member
HINT = "It is damaged or cut short."


def unpacked(head: bytes, raw: io.RawIOBase, packed: Callable[[], int]) -> io.RawIOBase:
    """The plain bytes of a stream that begins with `head`; itself where it is not packed. `packed` counts the bytes
    that were read of the file underneath."""
    if head.startswith(GZIP):
        return Bounded(cast(io.RawIOBase, gzip.GzipFile(fileobj=io.BufferedReader(raw))), packed)
    if head.startswith(ZSTD):
        return Bounded(cast(io.RawIOBase, _zstandard().ZstdFile(io.BufferedReader(raw))), packed)
    if head.startswith((ZIP, NO_ZIP)):
        raise NotPapers("a zip archive inside another, or from a pipe", hint="Name the zip file itself.")
    return raw


def _zstandard() -> Any:
    """The module for Zstandard: Python's own from 3.14 on."""
    return importlib.import_module("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


class Checked(io.RawIOBase):
    """`head`, then what `rest` still holds; counts the bytes given, and says as ours what goes wrong underneath."""

    def __init__(self, head: bytes, rest: "BinaryIO | io.RawIOBase") -> None:
        self._head, self._rest, self.count = head, rest, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer)
        if self._head:
            part, self._head = self._head[: len(view)], self._head[len(view) :]
        else:
            given = self._read(len(view))  # what gives text anew may give more than was asked for
            part, self._head = given[: len(view)], given[len(view) :]
        view[: len(part)] = part
        self.count += len(part)
        return len(part)

    def _read(self, size: int) -> bytes:
        try:
            return self._rest.read(size) or b""
        except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
            raise SourceError(f"cannot be read to its end: {error}", hint=HINT) from error
        except Exception as error:
            if type(error).__name__ != "ZstdError":  # its module is loaded only where something needs it
                raise
            raise SourceError(f"cannot be read to its end: {error}", hint=HINT) from error


class Bounded(Checked):
    """An unpacked stream that is not read on where it has become far larger than what it was packed in."""

    def __init__(self, rest: io.RawIOBase, packed: Callable[[], int]) -> None:
        super().__init__(b"", rest)
        self._packed = packed

    def _read(self, size: int) -> bytes:
        if self.count > FREE + MAX_RATIO * self._packed():
            raise SourceError(f"unpacks to more than {MAX_RATIO} times its size", hint="Unpack it yourself to read it.")
        return super()._read(size)


def is_zip(path: str) -> bool:
    """Whether a file, which may not be there, begins as a zip archive does. A pipe is not looked into: what is read of
    it is gone."""
    if not is_file(Path(path)):
        return False
    try:
        with open(path, "rb") as file:
            return file.read(len(ZIP)) in (ZIP, NO_ZIP)
    except OSError:
        return False


def members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files of a zip, in its order; folders and hidden files left out. SourceError: it is empty,
    or a bomb."""
    found = [info for info in archive.infolist() if not info.is_dir() and not _is_hidden(info.filename)]
    if not found:
        raise SourceError("an empty archive", hint="Name one that holds papers.")
    if len(found) > MAX_MEMBERS:
        raise SourceError(f"an archive of more than {MAX_MEMBERS:,} files", hint="Unpack it, and name the folder.")
    if sum(info.file_size for info in found) > FREE + MAX_RATIO * sum(info.compress_size for info in found):
        raise SourceError(f"unpacks to more than {MAX_RATIO} times its size", hint="Unpack it yourself to read it.")
    if _overlap(found):
        raise SourceError("an archive whose files lie in one another", hint="Unpack it yourself to read it.")
    yield from found


def _overlap(found: list[zipfile.ZipInfo]) -> bool:
    """Whether the bytes of one member are those of another too, so that a small archive could hold any number."""
    places = sorted((info.header_offset, info.compress_size) for info in found)
    return any(at + HEADER + size > onward for (at, size), (onward, _) in pairwise(places))


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> BinaryIO:
    """A member of a zip, opened. SourceError: it is encrypted, or packed in a way that is not read here."""
    if info.flag_bits & 0x1:
        raise SourceError("encrypted", hint="Unpack the archive with its password, and name the folder.")
    try:
        return cast(BinaryIO, archive.open(info))
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        raise SourceError(f"cannot be unpacked: {error}", hint=HINT) from error
