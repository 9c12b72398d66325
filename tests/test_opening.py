"""Which library is meant, what opening it makes, and when the sample stands in."""

import os
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.embedders import Embedder
from assistant.errors import BackupError, LibraryMissing, UsageError
from assistant.opening import Opening
from assistant.papers import Filters
from assistant.settings import load

LINES = (
    '{"id": "2409.10593", "title": "CSKV shrinks caches", "abstract": "We reduce the KV cache memory by 80%.", '
    '"date": "2024-09-16"}\n'
    '{"title": "Grammars", "abstract": "Context-free grammars constrain decoding.", "authors": ["Ada Lovelace"]}\n'
)


def opening(**flags: object) -> Opening:
    def unneeded() -> Embedder:
        raise AssertionError("no vector is needed")

    def unheard(*args: object) -> None:
        pass

    return Opening(load(flags, os.environ), embedder=unneeded, notice=unheard, progress=unheard)


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    (tmp_path / "papers.jsonl").write_text(LINES)
    return tmp_path / "papers.jsonl"


def test_a_library_is_made_by_ingest_and_opened_by_name_or_path(papers: Path, tmp_path: Path) -> None:
    with Assistant.open() as first:
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


def test_a_word_is_a_name_in_the_data_folder_and_a_slash_or_dot_makes_it_a_path(tmp_path: Path) -> None:
    libraries = Path(os.environ["ASSISTANT_HOME"]) / "libraries"
    for given, folder in (
        ("mine", libraries / "mine"),
        (f"{tmp_path}/mine", tmp_path / "mine"),
        ("./mine", Path.cwd() / "mine"),
        (".mine", Path.cwd() / ".mine"),
    ):
        assert opening(library=given).folder == folder
    assert opening(library="mine").name == "mine"


def test_what_the_sample_stands_in_for_is_the_default_library() -> None:
    asked = opening()
    assert asked.is_sample
    assert asked.own_folder == Path(os.environ["ASSISTANT_HOME"]) / "libraries" / "default"
    with asked.filling():
        assert (asked.name, asked.folder) == ("default", asked.own_folder)
    assert asked.is_sample  # nothing was read in


def test_a_restore_that_fails_leaves_the_library_that_was_meant(tmp_path: Path) -> None:
    with Assistant.open() as mine:
        (tmp_path / "none.zip").write_text("no backup")
        with pytest.raises(BackupError):
            mine.restore(tmp_path / "none.zip")
        assert mine.library_name == "sample"


def test_a_hint_names_the_library_in_the_commands_it_gives_unless_it_is_the_default() -> None:
    assert opening(library="my own").addressed("Mend it: assistant reindex") == (
        "Mend it: assistant reindex --library 'my own'"
    )
    assert opening(library="a").addressed("assistant reindex --pending") == "assistant reindex --pending"
    assert opening().addressed("Mend it: assistant reindex") == "Mend it: assistant reindex"
