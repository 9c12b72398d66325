"""Several processes over one library: one writes, the others read or wait, and nobody is told of a locked database."""

import json
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.errors import LibraryBusy
from assistant.library.catalog import Catalog
from tests.forked import FORKING, Forked, starter

Start = Callable[[Sequence[str]], Forked]
DEADLINE = 60.0  # seconds until a process that should have ended fails the test


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return starter(tmp_path, batch=8)


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of twenty papers."""
    with Assistant.open(home=str(tmp_path / "home"), library=None) as assistant:
        assistant.ingest(papers(tmp_path, "bees", 20))
        return assistant.folder


def papers(folder: Path, topic: str, count: int) -> Path:
    path = folder / f"{topic}.jsonl"
    lines = [{"title": f"{topic} {n}", "abstract": f"We count {n} {topic} and find them well."} for n in range(count)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def hold(folder: str, signed: Connection) -> None:
    """A writer that begins a transaction, says so, and then waits to be told how to go on."""
    with Assistant.open(folder) as assistant, assistant.library.writing() as writer:
        with writer._catalog.transaction():
            writer._catalog.set_meta(vectors="dirty")
            signed.send("in the middle")
            signed.recv()
        writer.index()


@contextmanager
def stopped_writer(library: Path) -> Iterator[int]:
    """A writer that was stopped (SIGSTOP) in the middle of a transaction, and then goes on: its process."""
    ours, theirs = FORKING.Pipe()
    process = FORKING.Process(target=hold, args=(str(library), theirs))
    process.start()
    assert ours.poll(DEADLINE)
    assert ours.recv() == "in the middle"
    os.kill(process.pid or 0, signal.SIGSTOP)
    try:
        yield process.pid or 0
    finally:
        with suppress(ProcessLookupError, BrokenPipeError):  # a test may have killed it
            os.kill(process.pid or 0, signal.SIGCONT)
            ours.send("go on")
        process.join(DEADLINE)
        assert process.exitcode in (0, -signal.SIGKILL)


def test_two_ingests_at_once_both_end_well(start: Start, library: Path, tmp_path: Path) -> None:
    both = [start(["ingest", str(papers(tmp_path, topic, 24))]) for topic in ("caches", "grammars")]
    assert [one.wait(DEADLINE) for one in both] == [0, 0]
    with Assistant.open(library) as assistant:
        assert assistant.status().papers == 20 + 24 + 24
        assert {finding.level for finding in assistant.library.check()} == {"ok"}


def test_ten_readers_search_while_a_writer_writes(start: Start, library: Path, tmp_path: Path) -> None:
    writer = start(["ingest", str(papers(tmp_path, "caches", 48))])
    readers = [start(["search", "bees"]) for _ in range(10)]
    assert [one.wait(DEADLINE) for one in (writer, *readers)] == [0] * 11
    for reader in readers:
        assert set(reader.said.splitlines()) <= {
            "note: another process is writing to this library; what it has not indexed yet is not found",
            "note: the vector index is not usable now, searching vectors one by one; if that stays: assistant reindex",
        }


def test_a_reader_of_an_old_state_keeps_it_and_holds_up_no_writer(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library.catalog.SETTLE_SECONDS", 0.0)
    with closing(Catalog(library)) as reader:
        with reader.snapshot():
            assert reader.counts()[0] == 20
            with Assistant.open(library) as assistant:
                assert assistant.ingest(papers(tmp_path, "caches", 3)).papers == 23
                assert assistant.search("caches", k=1)[0].title.startswith("caches")
            assert reader.counts()[0] == 20
        assert reader.counts()[0] == 23


def test_beside_a_stopped_writer_readers_search_and_writers_are_told_who_it_is(
    start: Start, library: Path, tmp_path: Path
) -> None:
    with stopped_writer(library) as pid:
        with Assistant.open(library, wait=0) as assistant:
            assert len(assistant.search("bees", k=3)) == 3
            with pytest.raises(LibraryBusy, match=f"is being written by process {pid}, since "):
                assistant.ingest(papers(tmp_path, "caches", 3))
        impatient = starter(tmp_path / "home", ASSISTANT_WAIT="0", ASSISTANT_HOME=str(tmp_path / "home"))
        for words in (["ingest", str(papers(tmp_path, "caches", 3))], ["reindex"], ["remove", "bees-3", "--yes"]):
            refused = impatient(words)
            assert refused.wait(DEADLINE) == 1
            error, hint = refused.said.splitlines()
            assert error.startswith(f"error: the library in {library} is being written by process {pid}")
            assert hint.startswith("       Wait for it to finish, or stop it")
    with Assistant.open(library) as assistant:
        assert {finding.level for finding in assistant.library.check()} == {"ok"}


def test_a_writer_that_was_killed_leaves_no_lock_behind(start: Start, library: Path, tmp_path: Path) -> None:
    with stopped_writer(library) as pid:
        os.kill(pid, signal.SIGKILL)
        assert start(["ingest", str(papers(tmp_path, "caches", 3))]).wait(DEADLINE) == 0
        assert not (library / "writer").exists()
