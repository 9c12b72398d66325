"""An evaluation on disk: what is finished of a running one, line by line, and the whole as one JSON document."""

import contextlib
import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO, get_args

from assistant.errors import EvaluationError
from assistant.evaluations import Evaluation, Outcome
from assistant.render import jsonform
from assistant.results import Status, Usage

Value = str | int | None
Run = dict[str, Value]

SCHEMA = "eval/1"
UNFINISHED = "eval-part/1"
HEAD = f'{{"schema": "{UNFINISHED}"'.encode()  # how an unfinished one begins
MAX_BYTES = 500_000_000  # of a kept evaluation; one of 62 questions has 60,000
_ABOUT = {"judged": "other judged questions", "library": "another state of the library", "prompts": "other prompts"}


class Keeper:
    """The file of an evaluation, and beside it, until that is whole, `FILE.part`, from which a run that was interrupted
    goes on. `kept` has the finished outcomes by key; `whole` says that the run was finished before. Without a file they
    are kept as long as the process lasts."""

    def __init__(self, file: Path | None, run: Run) -> None:
        """EvaluationError: the file holds something else, or a run with other settings."""
        self._file, self._run = file, run
        self._lines: BinaryIO | None = None
        self.kept: dict[str, Outcome] = {}
        self.whole = file is not None and os.path.lexists(file)
        if file is None:
            return
        if not file.parent.is_dir():
            raise EvaluationError(f"there is no folder {file.parent}", hint="Make it first, or name another file.")
        if self.whole:
            self._take(file, *read(file))
        else:
            self._go_on(self._part(file))

    @staticmethod
    def _part(file: Path) -> Path:
        return file.with_name(f"{file.name}.part")

    def _take(self, place: Path, held: Run, outcomes: Sequence[Outcome]) -> None:
        """Count what is held as done, if it is of this run."""
        if told := [_told(name, *values) for name, values in differing(held, self._run).items()]:
            raise EvaluationError(
                f"{place} holds a run {', '.join(told)}", hint="Name another file, or remove that one to begin anew."
            )
        self.kept = {one.key: one for one in reversed(outcomes)}  # of two lines for a question the first counts

    def _go_on(self, part: Path) -> None:
        """Take what the unfinished file holds, and write on behind its last whole line."""
        held, outcomes, length = _unfinished(part) if os.path.lexists(part) else ({}, [], 0)
        if length:
            self._take(part, held, outcomes)
        self._lines = part.open("ab")
        self._lines.truncate(length)
        if not length:
            self._write({"schema": UNFINISHED, "run": self._run})

    def add(self, outcome: Outcome) -> None:
        """Keep a question that is finished."""
        self._write(asdict(outcome))
        self.kept[outcome.key] = outcome

    def _write(self, row: Mapping[str, Any]) -> None:
        if self._lines:
            self._lines.write(json.dumps(row).encode() + b"\n")
            self._lines.flush()
            os.fsync(self._lines.fileno())

    def finish(self, evaluation: Evaluation) -> None:
        """Put the whole into the place of its parts, at once."""
        if self._file is None or self.whole:
            return
        aside = self._file.with_name(f"{self._file.name}.new")
        aside.write_text(jsonform.evaluation(evaluation) + "\n", encoding="utf-8")
        aside.replace(self._file)
        self.close()
        self._part(self._file).unlink()

    def close(self) -> None:
        if self._lines:
            self._lines.close()


def differing(first: Run, second: Run) -> dict[str, tuple[Value, Value]]:
    """What is not the same in two runs, as (first, second)."""
    names = dict.fromkeys((*first, *second))
    return {name: (first.get(name), second.get(name)) for name in names if first.get(name) != second.get(name)}


def _told(name: str, there: Value, here: Value) -> str:
    """What a reader is told of a setting that a held run has otherwise."""
    if name in _ABOUT:
        return f"over {_ABOUT[name]}"
    return f"with {name} {'none' if there is None else there}, not {'none' if here is None else here}"


def read(file: Path) -> tuple[Run, tuple[Outcome, ...]]:
    """Settings and outcomes of a finished evaluation. EvaluationError: there is none in `file`."""
    with _reading(file) as data:
        document = json.loads(data)
        if document["schema"] != SCHEMA:
            raise ValueError("another kind of document")
        return _run(document["run"]), tuple(_outcome(row) for row in document["questions"])


def _unfinished(file: Path) -> tuple[Run, Sequence[Outcome], int]:
    """Settings and outcomes of an unfinished evaluation, and the bytes up to the end of its last whole line: a process
    that was killed may have left half a one behind it."""
    with _reading(file) as data:
        if not HEAD.startswith(data[: len(HEAD)]):
            raise ValueError("another kind of file")
        length = data.rfind(b"\n") + 1
        head, *rows = [json.loads(line) for line in data[:length].split(b"\n") if line] or [{"run": {}}]
        return _run(head["run"]), [_outcome(row) for row in rows], length


@contextlib.contextmanager
def _reading(file: Path) -> Iterator[bytes]:
    """The bytes of the file; whatever in them is not as we write it is an EvaluationError."""
    if not file.is_file():
        raise EvaluationError(f"there is no file {file}", hint="Keep a run in one: assistant eval FOLDER -o FILE.json")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise ValueError("too long to be one")
        yield file.read_bytes()
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise EvaluationError(
            f"{file} holds no evaluation that can be read", hint="Name another file; this one is left as it is."
        ) from error


def _run(value: Any) -> Run:
    return {name: _of(said, str, int, type(None)) for name, said in value.items()}


def _outcome(row: Any) -> Outcome:
    """The outcome that a JSON object says. ValueError, TypeError, LookupError: it is none of ours."""
    values = {name: float(_of(value, int, float)) for name, value in row["values"].items()}
    if not all(map(math.isfinite, values.values())) or row["status"] not in (None, *get_args(Status)):
        raise ValueError("no figures of ours")
    return Outcome(
        **{name: _of(row[name], str) for name in ("key", "kind", "question", "failure")},
        **{name: _of(row[name], str, type(None)) for name in ("writer", "answer")},
        values=values,
        status=row["status"],
        usage=None if row["usage"] is None else _usage(row["usage"]),
    )


def _usage(row: Any) -> Usage:
    prompt, completion = (_of(row[name], int) for name in ("prompt_tokens", "completion_tokens"))
    return Usage(prompt, completion, _of(row["estimated"], bool), _of(row["cost"], int, float, type(None)))


def _of(value: Any, *types: type) -> Any:
    """`value`, if it is of one of the types, exactly. TypeError."""
    if type(value) not in types:
        raise TypeError(f"{value!r:.40}")
    return value
