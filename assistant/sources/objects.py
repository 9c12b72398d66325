"""The objects of a JSON document one by one: of a list, of a list that an answer wraps (`{"data": […]}`), of JSON
lines, or a single one.

The document is cut into objects by its brackets and only these are parsed, so that any length is read in constant
memory, every object has its line, and a broken one is passed over. (ijson was looked at: it stops at the first error,
gives no lines, and holds a text of any length.)
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, BinaryIO

from assistant.sources.pieces import MAX_DEPTH, Piece
from assistant.sources.rejects import MAX_RAW
from assistant.sources.rows import loaded

CHUNK = 65_536
MAX_OBJECT = 4_000_000  # bytes; as many empty lists take a hundred megabytes of memory once they are parsed
BOM = b"\xef\xbb\xbf"

Object = dict[str, Any]
# A line break ends a string that was never closed, so that it cannot swallow the records behind it.
_INSIDE = rb'[^"\\\n]*+(?:\\.[^"\\\n]*+)*+'
_REST = re.compile(_INSIDE + rb'("?)', re.DOTALL)
_TOKEN = re.compile(rb'"' + _INSIDE + rb'"|[\[\]{}]', re.DOTALL)
# The same, but the next bracket, or string that is not closed, or the end.
_NEXT = re.compile(rb'(?:[^"\[\]{}]++|"' + _INSIDE + rb'")*+([\[\]{}]|"' + _INSIDE + rb"|\Z)", re.DOTALL)
_WRAPPED = re.compile(rb'"(?:data|results|items|recommendedPapers)"\s*:\s*$')  # Semantic Scholar, OpenAlex, Zotero
_OPEN, _LIST, _QUOTE = b"{"[0], b"["[0], b'"'[0]


def objects(stream: BinaryIO) -> Iterator[Piece[Object]]:
    """The objects of a document with their lines; what stands between them (`null` for “not found”) is passed over."""
    first = stream.readline(MAX_OBJECT).removeprefix(BOM)
    line = 1
    while first and not first.strip():
        line, first = line + 1, stream.readline(MAX_OBJECT)
    second = stream.readline(MAX_OBJECT)
    if _is_a_line(first, second):
        yield from _lines(stream, line, first, second)
        return
    cutter = _Cutter(line)
    for chunk in (first, second):
        yield from cutter.feed(chunk)
    while chunk := stream.read(CHUNK):
        yield from cutter.feed(chunk)
    if cutter.held is not None:
        yield _bad(cutter.begun, "cut short, or not closed", cutter.held)


@lru_cache(maxsize=1)  # every reader of JSON asks about the same beginning
def keys(head: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """The keys of a document that begins with `head`, and those of its first record, as far as `head` goes; the same
    where the document is a record, none of the document where it is a list."""
    found: dict[int, set[str]] = {1: set(), 2: set(), 3: set()}
    depth, level = 0, 1
    for match in _TOKEN.finditer(head):
        mark = head[match.start()]
        if mark == _QUOTE:
            if depth in found and head[match.end() : match.end() + 20].lstrip().startswith(b":"):
                found[depth].add(match[0][1:-1].decode(errors="replace"))
        elif mark in b"{[":
            if mark == _LIST and depth == 0:
                level = 2
            elif mark == _LIST and depth == 1 and _WRAPPED.search(head[: match.start()][-100:]):
                level = 3
            depth += 1
        else:
            depth -= 1
            if depth <= 0 or (level > 1 and depth < level and found[level]):
                break
    return frozenset(found[1]), frozenset(found[level])


def within(record: Any, *path: str) -> Any:
    """What `record` has under the keys of `path`, one inside the other; None where it has no such thing."""
    for key in path:
        record = record.get(key) if isinstance(record, dict) else None
    return record


def listed(record: Any, *path: str) -> list[Any]:
    """The list that `record` has under `path`; empty where that is no list."""
    found = within(record, *path)
    return found if isinstance(found, list) else []


def names(record: Any, key: str, *path: str) -> list[str]:
    """The texts that the entries of the list under `path` have for `key`: `[{"name": "Ada"}]` gives `Ada`."""
    return [found for entry in listed(record, *path) if isinstance(found := within(entry, key), str) and found]


def _is_a_line(first: bytes, second: bytes) -> bool:
    """Whether `first`, followed by `second`, is one of JSON lines, not the beginning of a document."""
    if not first.lstrip().startswith(b"{"):
        return False
    if second.startswith(b"{"):
        return True
    document, record = keys(first[:CHUNK])
    return document == record and _loaded(first, 1).record is not None


def _lines(stream: BinaryIO, number: int, *lines: bytes) -> Iterator[Piece[Object]]:
    ahead = list(lines)
    while line := ahead.pop(0) if ahead else stream.readline(MAX_OBJECT):
        if len(line) >= MAX_OBJECT and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_OBJECT)) and not rest.endswith(b"\n"):
                pass
            yield Piece(number, None, _too_long())
        elif line.strip():
            yield _loaded(line, number)
        number += 1


def _too_long() -> str:
    return f"longer than {MAX_OBJECT // 1_000_000} MB"


def _loaded(data: bytes | bytearray, line: int) -> Piece[Object]:
    try:
        found = loaded(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _bad(line, f"not UTF-8 (byte {data[error.start]:#04x})", data)
    except json.JSONDecodeError as error:
        return _bad(line, f"not JSON: {error.msg[0].lower()}{error.msg[1:]} at character {error.pos}", data)
    except (ValueError, RecursionError):  # a number of more than 4,300 digits; brackets without end
        return _bad(line, "not JSON that can be read", data)
    return Piece(line, found) if isinstance(found, dict) else _bad(line, "not a JSON object", data)


def _bad(line: int, reason: str, data: bytes | bytearray) -> Piece[Object]:
    return Piece(line, None, reason, data.decode(errors="replace").strip() if len(data) <= MAX_RAW else "")


class _Cutter:
    """Cuts chunks of a document into objects. `held` is what there is of the object that began on line `begun`."""

    def __init__(self, line: int) -> None:
        self.held: bytearray | None = None
        self.begun = self._line = line
        self._depth = 0  # of the brackets now open
        self._level = 0  # of those around a record; -1 behind a wrapped list, where no more records come
        self._deepest = 0  # of those of the object
        self._string = self._escaped = False  # the last chunk ended inside a string; behind its backslash

    def feed(self, chunk: bytes) -> Iterator[Piece[Object]]:
        counted = kept = 0  # lines counted up to; what lies before is in `held` or passed over
        for start, mark in self._brackets(chunk):
            if mark in b"{[":
                if self.held is None and mark == _OPEN and self._depth == self._level:
                    self._line += chunk.count(b"\n", counted, start)
                    counted = kept = start
                    self.held, self.begun, self._deepest = bytearray(), self._line, 0
                elif mark == _LIST and self._depth == 0:
                    self._level = 1
                elif mark == _LIST and self._depth == 1 and self._level == 0 and self._wraps(chunk[kept:start]):
                    self.held, self._level = None, 2
                self._depth += 1
                self._deepest = max(self._deepest, self._depth - self._level)
                continue
            self._depth = max(0, self._depth - 1)
            if self.held is not None and self._depth == self._level:
                yield self._object(chunk[kept : start + 1])
                kept = start + 1
            elif self._depth == 0:
                self._level = 0
            elif self._depth < self._level:
                self._level = -1
        self._line += chunk.count(b"\n", counted)
        if self.held is not None and len(self.held) <= MAX_OBJECT:
            self.held += chunk[kept:]

    def _wraps(self, last: bytes) -> bool:
        """Whether a list that begins behind `last`, in an object that began at the top, is a list of records."""
        return self.held is not None and bool(_WRAPPED.search((self.held[-100:] + last)[-100:]))

    def _object(self, last: bytes) -> Piece[Object]:
        held, self.held = (self.held or bytearray()) + last, None
        if len(held) > MAX_OBJECT:
            return Piece(self.begun, None, _too_long())
        if self._deepest > MAX_DEPTH:
            return _bad(self.begun, f"nested deeper than {MAX_DEPTH} levels", held)
        return _loaded(held, self.begun)

    def _brackets(self, chunk: bytes) -> Iterator[tuple[int, int]]:
        """The brackets of a chunk that are in no string, with their places."""
        at = 0
        if self._string and (match := _REST.match(chunk, min(len(chunk), int(self._escaped)))):
            self._open_string(chunk, match.end(), closed=bool(match[1]))
            at = match.end()
        for match in _NEXT.finditer(chunk, at):
            start = match.start(1)
            if start == len(chunk):
                break
            if chunk[start] == _QUOTE:
                self._open_string(chunk, match.end())
            else:
                yield start, chunk[start]

    def _open_string(self, chunk: bytes, end: int, *, closed: bool = False) -> None:
        """Remember whether a string that was read up to `end` goes on in the next chunk, and behind a backslash."""
        self._escaped = not closed and chunk[end:] == b"\\"
        self._string = not closed and (end == len(chunk) or self._escaped)
