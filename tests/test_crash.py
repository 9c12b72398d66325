"""Killed at any moment the library keeps every paper: what tools/crash_test.py claims, with fewer kills and papers.

The processes are forked from one that has imported all that is heavy, so that the kills hit the work.
"""

from datetime import date
from pathlib import Path

import crash_test
import pytest
from crash_test import Corpus, Start

from assistant.papers import Paper, StoredPaper
from tests.forked import starter

KILLS = 20
TOPICS = ("caches", "grammars", "compilers", "proteins", "bees", "galaxies", "sorting", "vaccines")


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return starter(tmp_path, batch=16)


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
    assert len(table) == 6


def test_the_crash_test_sees_what_is_lost(tmp_path: Path, papers: Corpus, start: Start) -> None:
    library = tmp_path / "library"
    assert start(["ingest", str(papers.base), "--library", str(library)]).wait() == 0
    missing = papers.expected("ingest")
    assert crash_test.faults_at_once(library, missing, set()) == ["32 acknowledged papers are missing"]
    assert "32 papers are missing, 0 too many" in crash_test.faults_in_the_end(library, missing)
    next((library / "lexical").glob("*.idx")).unlink()
    assert any("lexical index" in fault for fault in crash_test.faults_in_the_end(library, papers.expected("reindex")))


def test_the_crash_test_sees_what_counts_as_sent_and_was_never_shown(
    tmp_path: Path, papers: Corpus, start: Start
) -> None:
    library = tmp_path / "library"
    for words in (["ingest", str(papers.base)], papers.words("digest")):
        assert start([*words, "--library", str(library)]).wait() == 0
    assert crash_test.faults_at_once(library, set(), crash_test._shown(papers.digest)) == []
    (fault,) = crash_test.faults_at_once(library, set(), set())
    assert fault.endswith("papers count as sent and are in no digest")
