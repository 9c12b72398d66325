"""The Python API, as a user meets it."""

import os
from pathlib import Path

import pytest

import assistant
from assistant import Assistant
from assistant.errors import LibraryMissing, UsageError
from assistant.papers import Filters

LINES = (
    '{"id": "2409.10593", "title": "CSKV shrinks caches", "abstract": "We reduce the KV cache memory by 80%.", '
    '"date": "2024-09-16"}\n'
    '{"title": "Grammars", "abstract": "Context-free grammars constrain decoding.", "authors": ["Ada Lovelace"]}\n'
)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    (tmp_path / "papers.jsonl").write_text(LINES)
    return tmp_path / "papers.jsonl"


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


def test_a_library_is_made_by_ingest_and_opened_by_name_or_path(papers: Path, tmp_path: Path) -> None:
    with assistant.Assistant.open() as first:
        assert first.library_name == "sample"
        report = first.ingest(papers)
        assert (report.papers, report.total("new"), first.library_name) == (2, 2, "default")
        assert first.folder == Path(os.environ["ASSISTANT_HOME"]) / "libraries" / "default"
        again = first.ingest([papers])
        assert (again.total("new"), again.total("known"), again.indexed) == (0, 2, 0)
    with Assistant.open() as second:
        assert second.library_name == "default"
        assert second.show("2409.10593v1").paper.title == "CSKV shrinks caches"
        assert [one.paper_id for one in second.list(filters=Filters(author="ada"))] == ["grammars"]
    with Assistant.open(second.folder) as third:
        assert third.status().papers == 2


def test_a_library_that_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing) as error:
        Assistant.open("nothing")
    assert error.value.hint == "Make it: assistant ingest PATH --library nothing"
    with pytest.raises(LibraryMissing):
        Assistant.open(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_the_sample_cannot_be_added_to(sample: Assistant, papers: Path) -> None:
    with pytest.raises(UsageError, match="sample library"):
        sample.ingest(papers)


def test_the_sample_is_built_once_and_told_of(tmp_path: Path) -> None:
    notices: list[str] = []
    home = str(tmp_path / "fresh")
    with Assistant.open(home=home, notice=notices.append) as first:
        assert first.status().papers == 333
    with Assistant.open(home=home, notice=notices.append) as second:
        assert second.status().papers == 333
    assert notices == [
        "no library yet: indexing the bundled sample, once",
        "no library yet, so this uses the bundled sample; make yours with: assistant ingest PATH",
    ]
    assert len(list((tmp_path / "fresh").iterdir())) == 1


def test_the_seeds_again_are_333_known_0_new(tmp_path: Path) -> None:
    seeds = Path(__file__).parent.parent / "seeds"
    with Assistant.open(home=str(tmp_path / "home")) as mine:
        first = mine.ingest(seeds)
        again = mine.ingest(seeds)
    assert (first.total("records"), first.total("new"), first.total("repeated")) == (406, 333, 73)
    assert (again.total("new"), again.total("changed"), again.total("known")) == (0, 0, 333)
    assert again.indexed == 0


def test_a_key_without_a_model_asks_no_model(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something")
    notices: list[str] = []
    with Assistant.open("sample", home=str(sample_home), notice=notices.append) as keyed:
        assert keyed.ask("which papers reduce KV cache memory?").writer == "extractive"
    assert any("no model is asked" in notice for notice in notices)


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
