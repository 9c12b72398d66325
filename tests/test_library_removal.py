"""Removing papers and indexing anew, on real parts, and what a kill in the middle of either leaves."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from assistant import Assistant
from assistant.cli import app
from assistant.embedders import BUNDLED, Embedder, StaticEmbedder, Vectors
from assistant.errors import LibraryDamaged, PaperNotFound
from assistant.holdings import Intake
from assistant.library import Library
from assistant.library.chroma import ChromaIndex
from assistant.library.lexical import LexicalIndex
from assistant.library.shelf import Shelf
from assistant.library.vectors import VectorIndex
from assistant.papers import Record
from tests.examples import CSKV, GRAMMAR, QSERVE
from tests.test_library import DAY, PAPERS, Killed, file, titles, well


class Counting:
    """The bundled embedder, which remembers what it was given, and dies when it has been asked too often."""

    def __init__(self, inner: Embedder) -> None:
        self.name, self.fingerprint, self.dimension = inner.name, inner.fingerprint, inner.dimension
        self._inner = inner
        self.texts: list[str] = []
        self.dies_after: int | None = None

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.texts += texts
        if self.dies_after is not None and len(self.texts) > self.dies_after:
            raise Killed
        return self._inner.embed(texts)


@pytest.fixture(scope="module")
def bundled() -> Embedder:
    return StaticEmbedder("bundled", BUNDLED)


@pytest.fixture
def embedder(bundled: Embedder) -> Counting:
    return Counting(bundled)


Opened = Callable[..., Library]


@pytest.fixture
def opened(tmp_path: Path, embedder: Counting) -> Opened:
    def library(notices: list[str] | None = None) -> Library:
        said = notices if notices is not None else []
        return Library(tmp_path / "lib", embedder=lambda: embedder, create=True, notice=said.append)

    return library


# ---- removing


def test_a_removed_paper_is_found_by_nothing_and_the_others_are(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        (gone,) = library.remove(["XGrammar: Structured"])
        assert gone.paper == GRAMMAR
        with pytest.raises(PaperNotFound):
            library.get(gone.paper_id)
        for side in ("lexical", "vector", "fused"):
            assert GRAMMAR.title not in titles(library, "XGrammar structured generation", side=side)
        assert {one.paper.title for one in library.papers()} == {CSKV.title, QSERVE.title}
        assert library.status("x").by_source == {"jsonl": 2}
        assert well(library)


def test_a_removed_paper_comes_back_under_its_name_when_it_is_ingested_again(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        before = library.get("cskv")
        library.remove(["cskv", "cskv"])
        assert file(library, PAPERS).new == 1
        assert library.get("cskv") == before
        assert titles(library, "channel shrinking", side="vector")[0] == CSKV.title
        assert well(library)


def test_all_papers_can_be_removed_and_ingested_again(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        library.remove([one.paper_id for one in library.papers()])
        assert (len(library), titles(library, "KV cache")) == (0, [])
        assert well(library)
        assert file(library, PAPERS).new == 3
        assert titles(library, "W4A8KV4")[0] == QSERVE.title


def test_a_name_of_no_paper_removes_none_of_those_beside_it(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        with pytest.raises(PaperNotFound, match="nothing-of-the-kind"):
            library.remove(["cskv", "nothing-of-the-kind"])
        assert len(library) == 3
        assert well(library)


@pytest.mark.parametrize(
    "step", ["chroma.ChromaIndex.remove", "lexical.LexicalIndex.remove", "chroma.ChromaIndex.flush"]
)
def test_a_removal_that_dies_at_any_step_is_finished_by_the_next_command(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*args: object) -> None:
        raise Killed

    with opened() as library:
        file(library, PAPERS)
        with monkeypatch.context() as patch:
            patch.setattr(f"assistant.library.{step}", die)
            with pytest.raises(Killed):
                library.remove(["cskv"])
        assert CSKV.title not in titles(library, "channel shrinking of the KV cache")
        assert (len(library), well(library)) == (2, True)


def test_what_only_an_index_still_holds_is_not_shown(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*args: object) -> None:
        raise Killed

    with opened() as library:
        file(library, PAPERS)
        monkeypatch.setattr("assistant.library.lexical.LexicalIndex.remove", die)
        with pytest.raises(Killed):
            library.remove(["cskv"])
        with opened() as writer, writer.writing(), opened() as reader:  # which so cannot finish the removal
            assert titles(reader, "KV cache", side="lexical") == [QSERVE.title]
            assert {one.level for one in reader.check()} == {"ok", "note"}


def test_remove_lists_what_would_go_and_removes_with_yes(tmp_path: Path) -> None:
    lines = [{"id": f"2401.0000{n}", "title": f"On {n} bees", "abstract": f"{n} bees dance."} for n in (1, 2, 3)]
    runner = CliRunner()
    runner.invoke(app, ["ingest", "-"], input="".join(json.dumps(line) + "\n" for line in lines))
    dry = runner.invoke(app, ["remove", "2401.00001", "On 2 bees"])
    assert dry.exit_code == 0
    assert "On 1 bees" in dry.stdout
    assert "2 papers would go, none has; remove with --yes. The library holds 3 papers." in dry.stdout
    done = json.loads(runner.invoke(app, ["remove", "2401.00001", "On 2 bees", "--yes", "-f", "json"]).stdout)
    assert (done["schema"], done["removed"], done["left"]) == ("remove/1", True, 1)
    assert [one["id"] for one in done["papers"]] == ["arxiv:2401.00001", "arxiv:2401.00002"]
    again = runner.invoke(app, ["remove", "2401.00001", "--yes"])
    assert (again.exit_code, again.stdout) == (1, "")
    assert "no paper is called “2401.00001”" in again.stderr


def test_nothing_is_removed_from_the_sample(sample: Assistant) -> None:
    done = CliRunner().invoke(
        app, ["remove", "cskv", "--library", "sample"], env={"ASSISTANT_HOME": str(sample.settings.home)}
    )
    assert done.exit_code == 2
    assert "the sample library cannot be changed" in done.stderr


# ---- indexing anew


def test_a_reindex_that_was_killed_goes_on_where_it_stopped(
    opened: Opened, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library.indexing.BATCH", 1)
    notices: list[str] = []
    with opened(notices) as library:
        file(library, PAPERS)
        embedder.texts, embedder.dies_after = [], 2
        with pytest.raises(Killed):
            library.reindex()
        embedder.texts, embedder.dies_after = [], None
        assert library.reindex() == 1
        assert len(embedder.texts) == 1
        assert notices == ["going on with the reindex that was interrupted: 2 of 3 done"]
        assert well(library)
        assert library.reindex() == 3
        assert library.reindex(chunk_tokens=64) == 3


def test_any_writer_finishes_a_reindex_that_was_killed(
    opened: Opened, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library.indexing.BATCH", 1)
    with opened() as library:
        file(library, PAPERS)
        embedder.texts, embedder.dies_after = [], 1
        with pytest.raises(Killed):
            library.reindex()
        embedder.texts, embedder.dies_after = [], None
        file(library, [replace(CSKV, upvotes=3)])
        assert len(embedder.texts) == 3  # what was left, and what has changed
        assert library.status("x").pending == 0
        assert well(library)


def test_papers_are_found_while_a_reindex_is_not_done(
    opened: Opened, embedder: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as library:
        file(library, PAPERS)
        embedder.texts, embedder.dies_after = [], 0
        with pytest.raises(Killed):
            library.reindex()
        embedder.dies_after = None
        with opened() as writer, writer.writing(), opened() as reader:
            assert titles(reader, "structured decoding with grammars", side="vector")[0] == GRAMMAR.title
            assert titles(reader, "W4A8KV4", side="lexical") == [QSERVE.title]


def test_only_what_is_pending_can_be_indexed(opened: Opened, embedder: Counting) -> None:
    with opened() as library:
        file(library, [CSKV, QSERVE])
        embedder.texts, embedder.dies_after = [], 0
        with pytest.raises(Killed):
            file(library, [GRAMMAR])
        embedder.texts, embedder.dies_after = [], None
        assert library.reindex(pending=True) == 1
        assert len(embedder.texts) == 1
        assert well(library)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One item for every time that a vector index is built anew."""
    create, built = Shelf.create, []

    def counted(self: Shelf) -> VectorIndex:
        built.append("again")
        return create(self)

    monkeypatch.setattr(Shelf, "create", counted)
    return built


MORE = [replace(CSKV, title=f"Bees, part {n}", abstract=f"We count {n} bees on a meadow.") for n in (1, 2, 3)]


@pytest.mark.usefixtures("index_at_once")
def test_an_interrupted_ingest_has_the_vector_index_given_what_it_lacks_not_built_anew(
    opened: Opened, embedder: Counting, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library.indexing.BATCH", 1)
    with opened() as library:
        file(library, PAPERS)
        (before,) = (library.folder / "chroma").glob("g*")
        embedder.texts, embedder.dies_after = [], 2
        with pytest.raises(Killed):
            file(library, MORE)  # two are indexed, into a copy that is lost
        embedder.texts, embedder.dies_after = [], None
        assert [one.level for one in library.check() if one.what == "vector index"] == ["note"]
        built.clear()
        assert library.reindex(pending=True) == 1
        assert (built, len(embedder.texts)) == ([], 1)
        assert well(library)
        assert {*titles(library, "bees on a meadow", side="vector")[:3]} == {one.title for one in MORE}
        (after,) = (library.folder / "chroma").glob("g*")
        assert after != before


def test_an_interrupted_removal_is_finished_in_the_vector_index(
    opened: Opened, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: LexicalIndex, papers: object) -> None:
        raise Killed

    with opened() as library:
        file(library, PAPERS)
        with monkeypatch.context() as patch:
            patch.setattr(LexicalIndex, "remove", killed)
            with pytest.raises(Killed):
                library.remove(["XGrammar: Structured"])
        built.clear()
        file(library, MORE[:1])  # as many are in as the index had held
        assert built == []
        assert well(library)
        assert GRAMMAR.title not in titles(library, "structured decoding with grammars", side="vector")


def test_an_interrupted_ingest_of_changed_papers_is_finished_in_the_vector_index(
    opened: Opened, embedder: Counting, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library.indexing.BATCH", 1)
    with opened() as library:
        file(library, PAPERS)
        embedder.texts, embedder.dies_after = [], 1
        with pytest.raises(Killed):
            file(library, [replace(CSKV, abstract=f"{CSKV.abstract} And more."), *MORE])
        embedder.texts, embedder.dies_after = [], None
        built.clear()
        library.reindex(pending=True)
        assert (built, well(library)) == ([], True)


def test_a_vector_index_that_cannot_be_written_to_is_built_anew_by_the_next_writer(
    opened: Opened, built: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: ChromaIndex, *given: object) -> None:
        raise LibraryDamaged("the vector index cannot be used")

    with opened() as library:
        file(library, PAPERS)
        with monkeypatch.context() as patch:
            patch.setattr(ChromaIndex, "put", broken)
            with pytest.raises(LibraryDamaged):
                file(library, MORE)
        assert [one.name for one in (library.folder / "chroma").iterdir()] == ["g1"]  # the copy is not left
        built.clear()
        assert titles(library, "bees on a meadow")[0] in {one.title for one in MORE}
        assert (built, well(library)) == (["again"], True)


def test_a_copy_that_a_killed_writer_left_is_removed_by_the_next(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        shutil.copytree(library.folder / "chroma" / "g1", library.folder / "chroma" / "g2")
        file(library, PAPERS)
        assert [one.name for one in (library.folder / "chroma").iterdir()] == ["g1"]
        assert well(library)


@pytest.mark.parametrize("told_by", ["copytree", "disk_usage"])
def test_where_there_is_no_room_for_a_copy_the_vector_index_is_written_to_in_place(
    opened: Opened, embedder: Counting, built: list[str], monkeypatch: pytest.MonkeyPatch, told_by: str
) -> None:
    def no_room(old: Path, new: Path | None = None) -> SimpleNamespace:
        if new is None:
            return SimpleNamespace(free=1_000)
        new.mkdir()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"assistant.library.shelf.shutil.{told_by}", no_room)
    with opened() as library:
        file(library, PAPERS)
        built.clear()
        file(library, MORE[:1])
        assert (built, [one.name for one in (library.folder / "chroma").iterdir()]) == ([], ["g1"])
        assert well(library)
        embedder.texts, embedder.dies_after = [], 0
        with pytest.raises(Killed):
            file(library, MORE[1:])
        embedder.dies_after = None
        library.reindex(pending=True)
        assert built == ["again"]
        assert well(library)


@pytest.mark.usefixtures("index_at_once")
@pytest.mark.parametrize("room", [True, False])
def test_who_has_the_vector_index_open_in_the_same_process_sees_what_a_writer_adds(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, room: bool
) -> None:
    if not room:
        monkeypatch.setattr("assistant.library.shelf.shutil.disk_usage", lambda folder: SimpleNamespace(free=1_000))
    with opened() as reader:
        file(reader, PAPERS)
        for paper in MORE:
            assert paper.title not in titles(reader, paper.title, side="vector")
            with opened() as writer:
                file(writer, [paper])
            assert titles(reader, paper.title, side="vector")[0] == paper.title
        assert well(reader)


def test_a_file_of_deletions_that_a_killed_commit_left_is_no_hindrance(opened: Opened, embedder: Counting) -> None:
    with opened() as library:
        file(library, PAPERS)
        meta = library.folder / "lexical" / "meta.json"
        before = meta.read_bytes()
        embedder.texts, embedder.dies_after = [], None
        changed = replace(CSKV, abstract=f"{CSKV.abstract} And more.")
        with library.writing() as writer:
            writer.add([Record(changed, 1)], Intake("b.jsonl", "jsonl"), day=DAY)
            writer._catalog.set_meta(vectors="dirty")
            lexical = LexicalIndex(library.folder / "lexical")
            lexical.put([(1, changed)])
            lexical.commit()
        meta.write_bytes(before)  # as if the commit had been killed before its last step
        file(library, [changed])
        assert titles(library, "W4A8KV4", side="lexical") == [QSERVE.title]
        assert well(library)


def test_a_vector_index_that_does_not_find_all_is_built_once_more(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearest, asked = ChromaIndex.nearest, []

    def forgetful(self: ChromaIndex, vector: Vectors, *, limit: int) -> list[int]:
        asked.append(limit)
        if len(asked) == 1:
            raise LibraryDamaged("the vector index has lost records")
        return nearest(self, vector, limit=limit)

    with opened() as library:
        monkeypatch.setattr(ChromaIndex, "nearest", forgetful)
        file(library, PAPERS)
        assert len(asked) == 2
        assert library._catalog.meta("generation") == "2"
        assert well(library)


def test_progress_is_told_before_the_first_paper_is_embedded(opened: Opened, embedder: Counting) -> None:
    told: list[tuple[str, int, int, int]] = []
    with opened() as library:
        file(library, PAPERS)
        embedder.texts = []
        library.reindex(progress=lambda what, done, total: told.append((what, done, total, len(embedder.texts))))
    assert told == [
        ("building the lexical index", 0, 3, 0),
        ("indexing", 0, 3, 0),
        ("building the vector index", 0, 3, 3),
    ]
