"""The Python API, as a user meets it."""

from pathlib import Path

import pytest

from assistant import Assistant
from assistant.errors import UsageError


def test_an_answer_from_python_is_the_answer_of_the_command_line(sample: Assistant) -> None:
    answer = sample.ask("which papers reduce KV cache memory?")
    assert answer.status == "answered"
    assert answer.writer == "extractive"
    assert answer.citations[0].title.startswith("CSKV")
    assert {sentence.verdict for sentence in answer.sentences} == {"supported"}


def test_search_gives_results_with_title_id_and_score(sample: Assistant) -> None:
    first, *rest = sample.search("KV cache memory", k=5)
    assert first.rank == 1
    assert "KV Cache" in first.title
    assert sample.show(first.paper_id).paper_id == first.paper_id
    assert len(rest) == 4
    assert [one.score for one in (first, *rest)] == sorted((one.score for one in (first, *rest)), reverse=True)


def test_the_seeds_again_are_333_known_0_new(tmp_path: Path) -> None:
    seeds = Path(__file__).parent.parent / "seeds"
    with Assistant.open(home=str(tmp_path / "home")) as mine:
        first = mine.ingest(seeds)
        again = mine.ingest(seeds)
    assert (first.total("records"), first.total("new"), first.total("repeated")) == (406, 333, 73)
    assert (again.total("new"), again.total("changed"), again.total("known")) == (0, 0, 333)
    assert again.indexed == 0


def test_an_endpoint_that_cannot_be_reached_leaves_an_extractive_answer(sample_home: Path) -> None:
    with Assistant.open("sample", home=str(sample_home), model="m", base_url="http://127.0.0.1:9/v1") as offline:
        answer = offline.ask("which papers reduce KV cache memory?")
    assert answer.failure.startswith("http://127.0.0.1:9/v1 cannot be reached (Is the server running?")
    assert (answer.status, answer.writer) == ("answered", "extractive")


@pytest.mark.parametrize("path", ["", "  "])
def test_an_empty_path_is_not_the_working_folder(path: str) -> None:
    with Assistant.open() as assistant, pytest.raises(UsageError, match="a path is empty"):
        assistant.ingest([path])


def test_a_summary_reads_as_many_papers_as_it_can(sample: Assistant) -> None:
    for papers in (0, -1, 10_000):
        with pytest.raises(UsageError, match="a summary reads 1 to"):
            sample.summarize("KV cache", papers=papers)
