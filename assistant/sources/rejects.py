"""Reject files: records that could not be read, kept as they are, to be mended and ingested again.

    {"file": "refs.bib", "line": 865, "reason": "no abstract", "raw": "@article{schank80, …}"}

One record a line. Whoever mends one edits `raw` in its place; ingesting the reject file then reads each `raw` as a file
of its own, whatever its format, and what can be read now comes in.
"""

import contextlib
import errno
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, BinaryIO

from assistant.errors import LibraryFull, SourceError, UsageError
from assistant.papers import Problem, Record
from assistant.sources import jsonl

NAME = "rejects.jsonl"
FETCHED = "fetched-rejects.jsonl"  # a sync at night must not take away what is being mended by day
MAX_RAW = 100_000  # characters; a longer record is named in the report and not kept
MAX_KEPT = 100_000  # records of one ingest
HELD = 1_000  # records of a file, to which more reasons may be added

_SNIFF = re.compile(rb'\s*\{\s*"file"\s*:.*"reason"\s*:.*"raw"\s*:')

Opener = Callable[[bytes], Callable[[BinaryIO], Iterator[Record | Problem]]]  # the reader of what begins so


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like a reject file."""
    return bool(_SNIFF.match(head.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]))


def check_place(file: Path) -> None:
    """UsageError: a reject file cannot be put there, or would take the place of another that is none."""
    if file.is_dir() or not file.absolute().parent.is_dir():
        raise UsageError(f"{file} cannot be a reject file", hint="Name a file in a folder that is there.")
    if file.exists() and not _may_go(file):
        raise UsageError(f"{file} is there, and is no reject file", hint="Name another file, or remove it.")
    with _writing(file), tempfile.NamedTemporaryFile(dir=file.parent):  # better now than at the first bad record
        pass


@contextlib.contextmanager
def _writing(file: Path) -> Iterator[None]:
    """UsageError: the reject file cannot be written there. LibraryFull."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            hint = "Free some space and run the command again; nothing is lost."
            raise LibraryFull(f"the disk is full: {file} cannot be written", hint=hint) from error
        hint = "Name a file in a folder that you may write in, or let this one be written."
        raise UsageError(f"the reject file {file} cannot be written: {error.strerror}", hint=hint) from error


def _may_go(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        with open(file, "rb") as there:
            head = there.read(MAX_RAW)
    except OSError:
        return False
    return not head or sniff(head)


def read(stream: BinaryIO, *, opener: Opener, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of records that were mended, and what is still wrong with others; `year` is not used. `line` is that
    of the reject file."""
    for number, line in jsonl.lines(stream):
        whole = (line or b"").decode(errors="replace")
        raw = _raw(whole)
        if raw is None:
            yield Problem(number, "not a line of a reject file", whole)
            continue
        found: list[Record | Problem] = []
        try:
            found += opener(raw.encode(errors="replace"))(io.BytesIO(raw.encode(errors="replace")))
        except SourceError as error:
            if not found:
                found.append(Problem(number, str(error)))
        for item in found:
            yield replace(item, line=number) if isinstance(item, Record) else Problem(number, item.reason, whole)


def _raw(line: str) -> str | None:
    try:
        given = json.loads(line)
    except (ValueError, RecursionError):
        return None
    raw = given.get("raw") if isinstance(given, dict) else None
    return raw if isinstance(raw, str) and raw.strip() else None


class Rejects:
    """A reject file that is being written; it takes the place of an older one when it is closed, if it has anything.
    Methods raise UsageError: it cannot be written; LibraryFull."""

    def __init__(self, path: Path) -> None:
        self.path, self.count = path, 0
        self._held: dict[bytes, tuple[dict[str, Any], list[str]]] = {}  # records, with reasons, by their digests
        self._written: set[bytes] = set()  # of the same file
        self._out: IO[str] | None = None
        self._settled = (0, 0)  # where the records end of files that are done with, and how many these are

    def add(self, problem: Problem, *, file: str) -> None:
        """Keep a record, if it is there and not too long. What is said again of one of the same file is another reason,
        or where that one is written already, nothing: a reject file that is read again does not grow."""
        if not problem.raw.strip() or len(problem.raw) > MAX_RAW:
            return
        row: dict[str, Any] = {"file": file, "line": problem.line, "reason": "", "raw": problem.raw}
        if sniff(problem.raw.encode(errors="replace")) and _raw(problem.raw) is not None:
            row = json.loads(problem.raw)  # keeps its first file
        record = hashlib.sha256(row["raw"].encode(errors="replace")).digest()
        if record in self._held:
            self._held[record][1].append(problem.reason)
        elif record not in self._written and self.count + len(self._held) < MAX_KEPT:
            if len(self._held) >= HELD:
                self._write()
            self._held[record] = (row, [problem.reason])

    def settle(self, *, dropping: bool = False) -> None:
        """Have what was added of a file written, or forgotten: it is no source of papers."""
        if dropping:
            self._held.clear()
        self._write()
        self._written.clear()
        if self._out is not None:
            with _writing(self.path):
                if dropping:
                    end, self.count = self._settled
                    self._out.seek(end)
                    self._out.truncate()
                self._settled = (self._out.tell(), self.count)

    def _write(self) -> None:
        with _writing(self.path):
            if self._held and self._out is None:
                handle, _ = self._aside = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name[:100]}.")
                self._out = open(handle, "w", encoding="utf-8", errors="replace")
            for row, reasons in self._held.values():
                row["reason"] = "; ".join(dict.fromkeys(reasons))
                print(json.dumps(row, ensure_ascii=False), file=self._out)
        self.count += len(self._held)
        self._written.update(self._held)
        self._held.clear()

    def close(self) -> None:
        if self._out is None:
            return
        out, self._out = self._out, None
        with _writing(self.path):
            try:
                out.close()
                if self.count:
                    os.replace(self._aside[1], self.path)  # noqa: PTH105
            finally:
                Path(self._aside[1]).unlink(missing_ok=True)
