"""How the tests of the readers read: bytes or text in, records and problems out."""

import io
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from bodies import bodies

from assistant.errors import NotPapers
from assistant.papers import Paper, Problem, Record
from assistant.sources import recognise

Read = Callable[..., Iterator[Record | Problem]]


def items(read: Read, data: bytes | str) -> list[Record | Problem]:
    return list(read(io.BytesIO(data.encode() if isinstance(data, str) else data)))


def papers(read: Read, data: bytes | str) -> list[Paper]:
    """The papers of `data`, which must have no problem."""
    found = items(read, data)
    assert [item for item in found if isinstance(item, Problem)] == []
    return [item.paper for item in found if isinstance(item, Record)]


def reasons(read: Read, data: bytes | str) -> list[str]:
    return [item.reason for item in items(read, data) if isinstance(item, Problem)]


def recorded(folder: Path, source: str) -> Iterator[tuple[str, list[Record | Problem]]]:
    """What the recorded files of `folder` that are recognised as `source` give, by their names."""
    for name, body in bodies(folder):
        with suppress(NotPapers):
            reader = recognise(body[:65_536])
            if reader.name == source:
                yield name, items(reader.read, body)


def counted(folder: Path, source: str) -> tuple[int, int, int]:
    """Files, records and problems of a folder."""
    found = [found for _, found in recorded(folder, source)]
    records = sum(isinstance(item, Record) for one in found for item in one)
    return len(found), records, sum(map(len, found)) - records


class _Parts(io.RawIOBase):
    def __init__(self, parts: Iterable[bytes]) -> None:
        self.parts, self.rest = iter(parts), b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.rest = self.rest or next(self.parts, b"")
        size = min(len(buffer), len(self.rest))
        buffer[:size], self.rest = self.rest[:size], self.rest[size:]
        return size


def joined(parts: Iterable[bytes]) -> BinaryIO:
    """A stream of `parts`, of which no more than one is held at a time."""
    return cast(BinaryIO, io.BufferedReader(_Parts(parts)))


def peak(work: Callable[[], object]) -> int:
    """The bytes that `work` held at once, at most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
