"""Killed at any moment the library keeps every paper: what tools/crash_test.py claims, with fewer kills and papers.

The processes are forked from one that has imported all that is heavy, so that the kills hit the work.
"""

import multiprocessing
import multiprocessing.process
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import crash_test
import pytest
from crash_test import Corpus, Process, Start

from assistant.papers import Paper, StoredPaper

KILLS = 20
TOPICS = ("caches", "grammars", "compilers", "proteins", "bees", "galaxies", "sorting", "vaccines")


def program(words: Sequence[str], environment: dict[str, str]) -> None:
    """The program, in a process that was forked for it."""
    os.environ.update(environment)
    sys.stdout = sys.stderr = open(os.devnull, "w")
    from assistant.cli import app
    from assistant.library import indexing

    indexing.BATCH = 16
    app(list(words))


class Forked:
    """A forked run, waited for as `subprocess.Popen` is."""

    def __init__(self, process: "multiprocessing.process.BaseProcess") -> None:
        self._process = process

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("assistant", timeout or 0.0)
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()


@pytest.fixture
def start(tmp_path: Path) -> Start:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["assistant.app", "assistant.cli", "chromadb", "rich.console", "tests.test_crash"])
    environment = {"ASSISTANT_HOME": str(tmp_path / "home")}

    def run(words: Sequence[str]) -> Process:
        process = context.Process(target=program, args=(words, environment))
        process.start()
        return Forked(process)

    return run


@pytest.fixture
def papers(tmp_path: Path) -> Corpus:
    made = [
        Paper(f"On {topic}, part {n}", f"We study {topic} in setting {n}. The {n}th result on {topic} is new.")
        for n in range(8)
        for topic in TOPICS
    ]
    return crash_test.corpus(tmp_path, [StoredPaper(one.paper_id, one) for one in made])


def test_no_kill_loses_a_paper_or_leaves_what_the_next_command_does_not_finish(
    tmp_path: Path, papers: Corpus, start: Start
) -> None:
    seed = date.today().toordinal()  # other moments every day; a failure names the seed
    tallies = crash_test.rounds(tmp_path, papers, start, kills=KILLS, seed=seed)
    assert sum(tally.kills for tally in tallies.values()) == KILLS
    assert {name: tally.failures for name, tally in tallies.items() if tally.failures} == {}, f"seed {seed}"
    table = list(crash_test.table(tallies))
    assert len(table) == 5


def test_the_crash_test_sees_what_is_lost(tmp_path: Path, papers: Corpus, start: Start) -> None:
    library = tmp_path / "library"
    assert start(["ingest", str(papers.base), "--library", str(library)]).wait() == 0
    missing = papers.expected("ingest")
    assert crash_test.faults_at_once(library, missing) == ["32 acknowledged papers are missing"]
    assert "32 papers are missing, 0 too many" in crash_test.faults_in_the_end(library, missing)
    next((library / "lexical").glob("*.idx")).unlink()
    assert any("lexical index" in fault for fault in crash_test.faults_in_the_end(library, papers.expected("reindex")))
