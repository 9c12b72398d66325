"""How far a long file of lines was read, so that the next ingest of it goes on there.

A mark is a number of lines and a digest of all bytes up to there, taken when the records of these lines are filed. The
next time the same bytes are passed over without being parsed; where they are others, the file is read from its
beginning. So a file may have grown, and one that was changed is never taken for what it was.
"""

import hashlib
from dataclasses import dataclass

from assistant import __version__
from assistant.sources.jsonl import Reads

FROM = 10_000  # lines; less is read again in a second, and its problems are told again
LINE = 8_000_000  # bytes read at a time


@dataclass(frozen=True, slots=True)
class Mark:
    """The first `lines` lines of a file, and the digest of their bytes."""

    lines: int
    digest: str


class Followed:
    """A stream that is read by lines and knows how far: `mark` is what was read until now, for a reader of this
    name."""

    def __init__(self, stream: Reads, *, reader: str) -> None:
        self._stream, self._lines, self._fresh = stream, 0, True
        self._digest = hashlib.blake2b(f"{reader} {__version__}".encode(), digest_size=16)

    def readline(self, size: int, /) -> bytes:
        line = self._stream.readline(size)
        if line:
            self._lines += self._fresh
            self._fresh = line.endswith(b"\n")
            self._digest.update(line)
        return line

    @property
    def mark(self) -> Mark:
        return Mark(self._lines, self._digest.hexdigest())

    def goes_on(self, mark: Mark) -> bool:
        """Pass over the lines of a mark; whether they are what they were. If not, the stream is of no more use."""
        while (self._lines < mark.lines or not self._fresh) and self.readline(LINE):
            pass
        return self.mark == mark
