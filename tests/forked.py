"""The program in processes of its own that start at once: forked from one that has imported what is heavy."""

import multiprocessing
import multiprocessing.process
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

FORKING = multiprocessing.get_context("forkserver")
HEAVY = ["chromadb", "rich.console", "sklearn.cluster"]
FORKING.set_forkserver_preload(["assistant.app", "assistant.cli", *HEAVY, "tests.forked"])


class Forked:
    """A forked run, waited for as `subprocess.Popen` is; `said` is where its standard error goes."""

    def __init__(self, process: "multiprocessing.process.BaseProcess", said: Path) -> None:
        self._process, self._said = process, said
        process.start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    @property
    def said(self) -> str:
        return self._said.read_text()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("assistant", timeout or 0.0)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


def starter(folder: Path, *, batch: int = 2_000, **environment: str) -> Callable[[Sequence[str]], Forked]:
    """What starts the program with some words, its data folder and what it says in `folder`."""
    environment = {"ASSISTANT_HOME": str(folder / "home")} | environment
    numbers = iter(range(1_000_000))

    def start(words: Sequence[str]) -> Forked:
        said = folder / f"said-{next(numbers)}"
        said.touch()
        return Forked(FORKING.Process(target=_program, args=(list(words), environment, batch, str(said))), said)

    return start


def _program(words: list[str], environment: dict[str, str], batch: int, said: str) -> None:
    os.environ.update(environment)
    sys.stdout = open(os.devnull, "w")
    sys.stderr = open(said, "w", buffering=1)
    from assistant.cli import app
    from assistant.library import indexing

    indexing.BATCH = batch
    app(words)
