"""Damaged files through every reader, as tools/fuzz_sources.py does at length; here a few hundred of our own files."""

import random
from collections.abc import Iterator
from pathlib import Path

import fuzz_sources
import pytest

from assistant.papers import Problem, Record
from assistant.sources import SOURCES, Source, recognise
from tests.conftest import ROOT

VECTORS = sorted((ROOT / "tests" / "vectors").iterdir())


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_damaged_files_are_papers_problems_or_refused(source: Source) -> None:
    files = [(path.name, path.read_bytes()) for path in [*VECTORS, next((ROOT / "seeds").glob("000*"))]]
    own = [(name, data) for name, data in files if recognise(data) is source]
    chosen = random.Random(source.name)
    for _ in range(150):
        name, data = chosen.choice(own or files)
        damaged = fuzz_sources.mutated(data[:6_000], chosen.choice(files)[1], chosen)
        assert not fuzz_sources.outcome(source, damaged).startswith("!"), (name, damaged)


def test_a_reader_that_fails_is_told() -> None:
    def read(stream: object, *, year: int | None = None) -> Iterator[Record | Problem]:
        raise KeyError("x")

    assert fuzz_sources.outcome(Source("broken", lambda head: True, read), b"") == "!KeyError: 'x'"


def test_a_run_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "recorded.json").write_text('{"url": "", "status_code": 200, "body": "[]"}')
    options = ["--data", str(tmp_path / "data"), "--inputs", "20", "--failures", str(tmp_path / "failures")]
    assert fuzz_sources.main(options) == 0
    assert "20 inputs from" in capsys.readouterr().out
