"""The library on real parts: SQLite, Chroma, tantivy and the bundled embedder, in a temporary folder."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tantivy

from assistant.embedders import BUNDLED, Embedder, StaticEmbedder, Vectors
from assistant.errors import (
    EmbedderMismatch,
    LibraryBusy,
    LibraryDamaged,
    LibraryMissing,
    LibraryReadOnly,
    LibraryTooNew,
    PaperNotFound,
)
from assistant.holdings import Intake
from assistant.library import Library, searching
from assistant.library.fusion import Fused, reordered
from assistant.library.vectors import nearest_exactly
from assistant.papers import Filters, Paper, Problem, Record
from assistant.results import Kept
from tests.examples import CSKV, GRAMMAR, QSERVE

DAY = date(2026, 11, 20)
PAPERS = (CSKV, QSERVE, GRAMMAR)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return StaticEmbedder("bundled", BUNDLED)


Opened = Callable[..., Library]


@pytest.fixture
def opened(tmp_path: Path, embedder: Embedder) -> Opened:
    def library(*, notices: list[str] | None = None, other: Embedder | None = None, create: bool = True) -> Library:
        said = notices if notices is not None else []
        return Library(tmp_path / "lib", embedder=lambda: other or embedder, create=create, notice=said.append)

    return library


def file(library: Library, papers: Sequence[Paper], *, source: str = "jsonl", name: str = "a.jsonl") -> Intake:
    intake = Intake(name, source)
    with library.writing() as writer:
        writer.add((Record(paper, line) for line, paper in enumerate(papers, 1)), intake, day=DAY)
        writer.index()
    return intake


def titles(library: Library, question: str, **options: object) -> list[str]:
    return [one.found.paper.title for one in library.search(question, limit=5, **options)]  # type: ignore[arg-type]


def still_open(folder: Path) -> list[Path]:
    """The files below `folder` that this process has open."""
    files = []
    for one in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            files.append(one.readlink())
    return [file for file in files if file.is_relative_to(folder)]


def well(library: Library) -> bool:
    return all(finding.level == "ok" for finding in library.check())


def test_papers_are_found_by_words_and_by_meaning(opened: Opened) -> None:
    with opened() as library:
        assert file(library, PAPERS).new == 3
        assert titles(library, "shrinking the KV cache")[0] == CSKV.title
        assert titles(library, "structured decoding with grammars", side="vector")[0] == GRAMMAR.title
        assert titles(library, "W4A8KV4", side="lexical") == [QSERVE.title]
        assert well(library)


def test_reading_the_same_again_changes_nothing(opened: Opened, tmp_path: Path) -> None:
    with opened() as library:
        file(library, PAPERS)
        before = (tmp_path / "lib" / "catalog.sqlite3").stat().st_size
        again = file(library, PAPERS)
        assert (again.new, again.changed, again.known) == (0, 0, 3)
        assert len(library) == 3
        assert (tmp_path / "lib" / "catalog.sqlite3").stat().st_size == before


def test_the_same_paper_from_two_sources_is_one_with_both_remembered(opened: Opened) -> None:
    with opened() as library:
        file(library, [CSKV], source="hf-page", name="page.txt")
        richer = replace(
            CSKV, title="CSKV - Channel shrinking for KV cache!", arxiv_id="2409.10593", date=None, url="https://x"
        )
        intake = file(library, [richer], name="b.jsonl")
        assert (intake.new, intake.changed) == (0, 1)
        found = library.get("arxiv:2409.10593")
        assert found == library.get("2409.10593v2") == library.get("cskv-channel")
        assert found.paper.date == CSKV.date
        assert found.paper.url == "https://x"
        assert [(one.source, one.file, one.line) for one in found.sources] == [
            ("hf-page", "page.txt", 1),
            ("jsonl", "b.jsonl", 1),
        ]
        file(library, [CSKV], source="hf-page", name="page.txt")
        assert library.get(CSKV.paper_id).paper.url == "https://x"


def test_equal_titles_with_different_ids_stay_two_papers(opened: Opened) -> None:
    with opened() as library:
        twins = [replace(CSKV, arxiv_id="2409.00001"), replace(CSKV, arxiv_id="2409.00002", abstract="Other text.")]
        assert file(library, twins).new == 2


def test_a_plain_id_of_another_corpus_overwrites_nothing(opened: Opened) -> None:
    with opened() as library:
        file(library, [replace(CSKV, source_id="7")])
        intake = file(library, [replace(GRAMMAR, source_id="7")])
        assert (intake.new, intake.changed) == (0, 0)
        assert "already names “CSKV" in intake.problems[0].reason
        assert library.get("7").paper.title == CSKV.title


def test_an_id_that_is_the_title_of_another_paper_gets_a_name_of_its_own(opened: Opened) -> None:
    with opened() as library:
        file(library, [CSKV, replace(GRAMMAR, source_id=CSKV.paper_id)])
        assert len(library) == 2
        assert library.get(CSKV.paper_id).paper.title == CSKV.title
        assert library.get(f"id:{CSKV.paper_id}").paper.title == GRAMMAR.title


def test_a_changed_abstract_is_indexed_anew(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        changed = replace(CSKV, abstract=CSKV.abstract.replace("FlashAttention-2", "zebras grazing in the savanna"))
        assert file(library, [changed]).changed == 1
        assert titles(library, "zebra savanna", side="lexical") == [CSKV.title]
        assert titles(library, "zebras in the savanna", side="vector")[0] == CSKV.title
        assert titles(library, "FlashAttention", side="lexical") == []
        assert well(library)


def test_long_abstracts_are_several_chunks_and_one_paper(tmp_path: Path, embedder: Embedder) -> None:
    long = replace(CSKV, abstract=" ".join(f"Sentence {n} speaks of topic number {n}." for n in range(60)))
    with Library(tmp_path / "lib", embedder=lambda: embedder, create=True, chunk_tokens=64) as library:
        file(library, [long, GRAMMAR])
        assert library.status("x").chunks > 5
        (first, second) = library.search("topic number 40", limit=5)
        assert first.found.paper.title == CSKV.title
        assert "topic number" in long.abstract[first.chunk.start : first.chunk.end]
        assert second.found.paper.title == GRAMMAR.title


def test_filters_filter_on_both_sides(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        file(library, [replace(QSERVE, date=date(2025, 1, 2))], source="hf-page", name="p.txt")
        question = "KV cache quantization grammars"
        assert titles(library, question, filters=Filters(author="lovelace")) == [GRAMMAR.title]
        assert titles(library, question, filters=Filters(since=date(2024, 1, 1), until=date(2024, 12, 31))) == [
            CSKV.title
        ]
        assert titles(library, question, filters=Filters(source="hf-page")) == [QSERVE.title]
        assert titles(library, question, filters=Filters(author="nobody")) == []
        file(library, [replace(CSKV, authors=("Jo Müller",))])
        assert titles(library, question, filters=Filters(author="muller")) == [CSKV.title]
        assert library.count(Filters(since=date(2024, 1, 1), until=date(2024, 12, 31))) == (1, 1)
        assert [one.paper.title for one in library.papers()] == [QSERVE.title, CSKV.title, GRAMMAR.title]


def test_names_are_resolved_or_refused_with_what_they_could_be(opened: Opened) -> None:
    with opened() as library:
        file(library, [CSKV, replace(CSKV, title="CSKV: Channel Shrinking again"), GRAMMAR])
        assert library.get("XGrammar: Structured Generation").paper == GRAMMAR
        assert library.get("xgram").paper == GRAMMAR
        with pytest.raises(PaperNotFound, match="begins more than one id: cskv-channel-shrinking-again, cskv-channel"):
            library.get("cskv")
        file(library, [replace(QSERVE, arxiv_id="2405.04532")])
        assert library.get("2405").paper.title == QSERVE.title
        assert library.get("QServe: W4").paper.title == QSERVE.title
        with pytest.raises(PaperNotFound, match="no paper is called “”"):
            library.get(" ")
        with pytest.raises(PaperNotFound, match="no paper is called “100%_”"):
            library.get("100%_")


def test_two_papers_of_one_title_are_not_made_one(opened: Opened) -> None:
    first = Paper("Introduction", "We speak of bees and how they dance to tell where flowers are.")
    second = Paper("Introduction", "Compilers translate programs; ours emits smaller binaries than before.")
    with opened() as library:
        intake = file(library, [first, second])
        assert (intake.new, intake.problems[0].line) == (1, 2)
        assert "another paper is known as “Introduction”" in intake.problems[0].reason
        assert library.get("Introduction").paper.abstract == first.abstract


def test_a_file_that_contradicts_itself_brings_no_news_the_second_time(opened: Opened) -> None:
    versions = [CSKV, replace(CSKV, abstract=f"{CSKV.abstract} We add a sentence.")]
    with opened() as library:
        assert file(library, versions).new == 1
        again = file(library, versions)
        assert (again.new, again.changed, again.known) == (0, 0, 1)
        assert library.get("cskv").paper.abstract.endswith("We add a sentence.")


def test_changed_papers_are_named(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        assert file(library, [replace(CSKV, upvotes=5), QSERVE]).changed_ids == [CSKV.paper_id]


def test_ids_made_to_collide_get_names_of_their_own(opened: Opened) -> None:
    abstracts = ("Bees dance to tell where flowers are.", "Compilers emit binaries.", "Proteins fold at random.")
    ids = (None, "id:foo", "foo")
    papers = [Paper("foo" if not i else f"t{i}", a, source_id=i) for i, a in zip(ids, abstracts, strict=True)]
    with opened() as library:
        assert file(library, papers).new == 3
        assert sorted(one.paper_id for one in library.papers()) == ["foo", "id:foo", "id:foo~2"]


def test_problems_beyond_the_first_thousand_are_counted(opened: Opened) -> None:
    intake = Intake("a.jsonl", "jsonl")
    with opened() as library, library.writing() as writer:
        writer.add((Problem(line, "bad") for line in range(1, 1_501)), intake, day=DAY)
    assert (len(intake.problems), intake.unlisted) == (1_000, 500)


def test_a_paper_changed_by_a_later_record_of_the_same_file_is_named(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        intake = file(library, [CSKV, replace(CSKV, abstract=f"{CSKV.abstract} We add a sentence.")], name="b.jsonl")
        assert intake.changed_ids == [CSKV.paper_id]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"source_id": "1", "arxiv_id": "2401.00001"}, {"source_id": "1", "arxiv_id": "2402.00002"}),
        ({"doi": "10.1/x", "arxiv_id": "2401.00001"}, {"doi": "10.1/x", "arxiv_id": "2402.00002"}),
    ],
)
def test_different_arxiv_ids_are_different_papers_whatever_else_agrees(
    opened: Opened, one: dict[str, Any], other: dict[str, Any]
) -> None:
    with opened() as library:
        assert file(library, [replace(CSKV, **one), replace(GRAMMAR, **other)]).new == 2
        assert library.get("2401.00001").paper.abstract == CSKV.abstract


def test_a_title_alone_neither_replaces_nor_keeps_out_a_paper_that_names_an_id(opened: Opened) -> None:
    named = replace(CSKV, arxiv_id="2401.00001")
    hostile = replace(CSKV, source_id="evil", abstract=f"{CSKV.abstract} And this is not true at all.")
    with opened() as library:
        file(library, [named, hostile])
        assert library.get("2401.00001").paper.abstract == CSKV.abstract
    squatter = Paper(GRAMMAR.title, "Nothing of the kind is ever said in here, only something else.")
    with opened() as library:
        assert file(library, [squatter, replace(GRAMMAR, arxiv_id="2402.00002")]).new == 2
        assert library.get("2402.00002").paper.abstract == GRAMMAR.abstract


def test_abstracts_in_scripts_without_spaces_can_be_revised(opened: Opened) -> None:
    with opened() as library:
        file(library, [Paper("蜜蜂", "我们研究蜜蜂如何跳舞来告诉同伴花在哪里。第一版")])
        assert file(library, [Paper("蜜蜂", "我们研究蜜蜂如何跳舞来告诉同伴花在哪里。第二版")]).changed == 1


def test_a_library_named_by_a_relative_path_is_one(
    tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Library(Path("here"), embedder=lambda: embedder, create=True) as library:
        file(library, PAPERS)
        assert titles(library, "KV cache")[0] == CSKV.title
        assert well(library)


# ---- crashes and damage


def test_a_catalog_without_tables_is_no_library_yet(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    path = tmp_path / "lib" / "catalog.sqlite3"
    path.write_bytes(b"")
    with pytest.raises(LibraryMissing):
        opened(create=False)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA journal_mode = WAL")
    db.close()
    assert path.stat().st_size
    with pytest.raises(LibraryMissing):
        opened(create=False)
    with opened() as library:
        assert file(library, PAPERS).new == 3


def test_a_file_that_is_a_link_is_not_written_through(opened: Opened, tmp_path: Path) -> None:
    with opened() as library:
        file(library, PAPERS)
    precious = tmp_path / "precious"
    precious.write_text("mine")
    for inside in ("catalog.sqlite3", "write.lock", next((tmp_path / "lib").rglob("link_lists.bin"))):
        part = tmp_path / "lib" / inside
        kept = part.read_bytes()
        part.unlink()
        part.symlink_to(precious)
        with pytest.raises(LibraryDamaged, match="no plain file"):
            opened()
        part.unlink()
        part.write_bytes(kept)
    assert precious.read_text() == "mine"
    opened().close()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE meta SET value = 'x/../..' WHERE key = 'generation'; UPDATE papers SET state = 0",
        "UPDATE meta SET value = 'abc' WHERE key = 'chunk_tokens'; UPDATE papers SET state = 0",
        "UPDATE chunks SET vector = x'00'; UPDATE meta SET value = 'dirty' WHERE key = 'vectors'",
        "UPDATE papers SET authors = '5'",
        "UPDATE papers SET authors = '[1,null]'",
        "UPDATE papers SET abstract = x'80'",  # a number would become a text
        "UPDATE chunks SET start = 'a'",
        "UPDATE papers SET date = 'someday'",
        "UPDATE sources SET day = 'x'",
        "CREATE TRIGGER t AFTER UPDATE ON papers BEGIN DELETE FROM papers; END",
        "CREATE VIEW v AS SELECT 1",
    ],
)
def test_a_catalog_that_no_writer_of_ours_wrote_is_called_damaged(
    opened: Opened, tmp_path: Path, tampering: str
) -> None:
    with opened() as library:
        file(library, PAPERS)
    with sqlite3.connect(tmp_path / "lib" / "catalog.sqlite3") as db:
        db.executescript(tampering)
    db.close()
    with pytest.raises(LibraryDamaged), opened() as library:
        library.search("KV cache", limit=3)


def test_a_lexical_index_that_lacks_papers_is_built_anew(opened: Opened, tmp_path: Path) -> None:
    with opened() as library:
        file(library, [CSKV])
    shutil.copytree(tmp_path / "lib" / "lexical", tmp_path / "old")
    with opened() as library:
        file(library, PAPERS)
    shutil.rmtree(tmp_path / "lib" / "lexical")
    shutil.copytree(tmp_path / "old", tmp_path / "lib" / "lexical")
    with opened() as library:
        file(library, [replace(CSKV, upvotes=1)])
        assert titles(library, "W4A8KV4", side="lexical") == [QSERVE.title]
        assert well(library)


@pytest.mark.parametrize("part", ["chroma", "lexical"])
def test_a_part_that_is_a_link_is_neither_followed_nor_removed(opened: Opened, tmp_path: Path, part: str) -> None:
    with opened() as library:
        file(library, PAPERS)
    elsewhere = tmp_path / "precious"
    (elsewhere / "g0").mkdir(parents=True)
    shutil.rmtree(tmp_path / "lib" / part)
    (tmp_path / "lib" / part).symlink_to(elsewhere)
    with sqlite3.connect(tmp_path / "lib" / "catalog.sqlite3") as db:
        db.execute("UPDATE meta SET value = 'dirty' WHERE key = 'vectors'")
    db.close()
    with pytest.raises(LibraryDamaged, match="no plain file or folder"):
        opened()
    assert [one.name for one in elsewhere.iterdir()] == ["g0"]


def test_a_file_that_a_writer_removes_meanwhile_is_no_fault(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened() as library:
        file(library, PAPERS)
        listed = [(str(library.folder), ["gone"], ["catalog.sqlite3", "writer"])]
    monkeypatch.setattr("assistant.library.disk.os.walk", lambda folder: listed)
    opened().close()


def test_only_generations_of_the_vector_index_are_cleared_away(opened: Opened, tmp_path: Path) -> None:
    with opened() as library:
        file(library, PAPERS)
        kept = library.folder / "chroma" / "notes"
        kept.mkdir()
        library.reindex()
    assert kept.is_dir()


def test_the_note_of_who_writes_does_not_follow_a_link(opened: Opened, tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    with opened() as library:
        (library.folder / "writer").symlink_to(precious)
        file(library, PAPERS)
    assert precious.read_text() == "mine"


def test_a_lexical_index_of_another_version_is_built_anew(opened: Opened, tmp_path: Path) -> None:
    with opened() as library:
        file(library, PAPERS)
    folder = tmp_path / "lib" / "lexical"
    shutil.rmtree(folder)
    folder.mkdir()
    tantivy.Index(tantivy.SchemaBuilder().add_unsigned_field("number", indexed=True, fast=True).build(), str(folder))
    notices: list[str] = []
    with opened(notices=notices) as library:
        assert titles(library, "KV cache")
        assert "lexical index cannot be read" in notices[0]
        library.reindex()
        assert titles(library, "W4A8KV4", side="lexical") == [QSERVE.title]
        assert well(library)


def test_vectors_of_another_embedder_are_a_fault(opened: Opened, embedder: Embedder) -> None:
    class Other:
        name, fingerprint, dimension = "other", "another", embedder.dimension

        def embed(self, texts: Sequence[str]) -> Vectors:
            return embedder.embed(texts)

    with opened() as library:
        file(library, PAPERS)
    with opened(other=Other()) as library:
        assert [finding.what for finding in library.check() if finding.level == "fault"] == ["vectors"]


def test_only_the_bundled_embedder_says_how_near_words_are(opened: Opened, embedder: Embedder) -> None:
    class Hosted:
        name, fingerprint, dimension = "openai:some-model", "another", embedder.dimension

        def embed(self, texts: Sequence[str]) -> Vectors:
            raise AssertionError("a sentence was sent over the network")

    with opened() as library:
        assert library.nearness is not None
        same, other = library.nearness("cache memory", ["the memory of a cache", "bananas"])
        assert same > other
    with opened(other=Hosted()) as library:
        assert library.nearness is None


class Killed(BaseException):
    pass


@pytest.mark.parametrize("step", ["_embed", "_put", "_index_batch", "chroma", "lexical", "flush"])
def test_a_writer_that_dies_at_any_step_costs_no_paper(
    opened: Opened, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with opened() as library:
        file(library, [GRAMMAR])

    def die(*args: object, **more: object) -> None:
        raise Killed

    with monkeypatch.context() as patch, opened() as library:
        targets = {
            "chroma": "chroma.ChromaIndex.put",
            "flush": "chroma.ChromaIndex.flush",
            "lexical": "lexical.LexicalIndex.commit",
        }
        patch.setattr(f"assistant.library.{targets.get(step, f'indexing.Writer.{step}')}", die)
        with pytest.raises(Killed):
            file(library, [replace(GRAMMAR, abstract=f"{GRAMMAR.abstract} Now it speaks of zebras."), CSKV, QSERVE])
    with opened() as library:
        assert titles(library, "zebras")[0] == GRAMMAR.title
        assert set(titles(library, "KV cache")) == {CSKV.title, QSERVE.title, GRAMMAR.title}
        assert well(library)


@pytest.mark.usefixtures("index_at_once")
@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc tells which files are open")
@pytest.mark.parametrize("harm", [False, True])
def test_a_closed_library_keeps_none_of_its_files_open(opened: Opened, harm: bool) -> None:
    with opened() as library:
        file(library, PAPERS)
        folder = library.folder
        if harm:
            with sqlite3.connect(next(folder.glob("chroma/*/chroma.sqlite3"))) as db:
                db.execute("DELETE FROM collections")
            db.close()
        assert titles(library, "quantized KV cache", side="vector")[0] == CSKV.title
    deadline = time.monotonic() + 10
    while left := still_open(folder):  # Chroma closes its database in threads of its own
        assert time.monotonic() < deadline, left


MAPS = Path("/proc/self/maps")


def mapped(library: Library) -> bool:
    """Whether the catalog counts as memory of this process, as far as the system tells."""
    return MAPS.exists() and str(library.folder / "catalog.sqlite3\n") in MAPS.read_text()


def test_vectors_that_were_kept_for_scans_make_room_for_the_index(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library.searching.SCANNED", 1)
    with opened() as library:
        file(library, PAPERS)
        scanned = titles(library, "quantized KV cache", side="vector")
        searcher = library._fresh_searcher()
        assert ("_kept" in searcher.__dict__, "_index" in searcher.__dict__) == (True, False)
        assert mapped(library) or not MAPS.exists()
        assert titles(library, "quantized KV cache", side="vector") == scanned
        assert ("_kept" in searcher.__dict__, "_index" in searcher.__dict__) == (False, True)
        assert not mapped(library)
        assert searcher is library._fresh_searcher()


@pytest.mark.usefixtures("index_at_once")
def test_what_a_crash_left_is_searched_exactly_while_another_process_writes(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        expected = titles(library, "quantization of the KV cache")
    notices: list[str] = []
    with opened() as writer, writer.writing(), opened(notices=notices) as reader:
        with sqlite3.connect(reader.folder / "catalog.sqlite3") as db:
            db.execute("UPDATE meta SET value = 'dirty' WHERE key = 'vectors'")
        db.close()
        assert titles(reader, "quantization of the KV cache") == expected
    assert any("one by one" in notice for notice in notices)
    assert any("another process is writing" in notice for notice in notices)


@pytest.mark.usefixtures("index_at_once")
@pytest.mark.parametrize("harm", ["hnsw gone", "chroma gone", "database garbled"])
def test_a_damaged_vector_index_is_seen_and_exact_search_stands_in(opened: Opened, harm: str) -> None:
    with opened() as library:
        file(library, PAPERS)
        expected = titles(library, "quantization of the KV cache")
        (chroma,) = (library.folder / "chroma").iterdir()
    if harm == "chroma gone":
        shutil.rmtree(chroma)
    elif harm == "database garbled":
        (chroma / "chroma.sqlite3").write_bytes(b"garbage" * 1000)
    else:
        for inner in chroma.iterdir():
            if inner.is_dir():
                shutil.rmtree(inner)
    notices: list[str] = []
    with opened(notices=notices) as library:
        assert titles(library, "quantization of the KV cache") == expected
        if harm == "database garbled":
            assert notices
            assert not well(library)
        elif harm == "chroma gone":  # which a search sees before it begins, and mends
            assert notices == []
            assert well(library)
        assert library.reindex() == 3
        assert titles(library, "quantization of the KV cache") == expected
        assert well(library)


@pytest.mark.parametrize("harm", ["gone", "garbled"])
def test_a_lexical_index_that_is_lost_is_built_anew(opened: Opened, harm: str) -> None:
    with opened() as library:
        file(library, PAPERS)
        if harm == "gone":
            shutil.rmtree(library.folder / "lexical")
        else:
            (library.folder / "lexical" / "meta.json").write_text("{")
    notices: list[str] = []
    with opened(notices=notices) as library:
        assert titles(library, "KV cache")[0] in (CSKV.title, QSERVE.title)
        if harm == "garbled":
            assert "lexical index cannot be read" in notices[0]
            file(library, PAPERS)
        assert titles(library, "W4A8KV4", side="lexical") == [QSERVE.title]
        assert well(library)


def test_a_newer_library_is_refused_and_left_alone(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        path = library.folder / "catalog.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(LibraryTooNew, match="form 99"):
        opened()


def test_a_library_from_before_there_were_venues_is_read_and_then_written(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        path = library.folder / "catalog.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as db:
        for column in ("venue", "version", "withdrawn"):
            db.execute(f"ALTER TABLE papers DROP COLUMN {column}")
    with opened() as library:
        assert library.get(CSKV.paper_id).paper.venue is None
        file(library, [replace(CSKV, arxiv_id="2409.10593", venue="NeurIPS", version=2, withdrawn=True)])
        read = library.get(CSKV.paper_id).paper
    assert (read.venue, read.version, read.withdrawn) == ("NeurIPS", 2, True)


def test_a_damaged_catalog_is_named_and_left_alone(opened: Opened, tmp_path: Path) -> None:
    content = b"not a database at all" * 100
    opened().close()
    path = tmp_path / "lib" / "catalog.sqlite3"
    for extra in path.parent.glob("catalog.sqlite3-*"):
        extra.unlink()
    path.write_bytes(content)
    with pytest.raises(LibraryDamaged, match="catalog"):
        opened(create=False).search("x", limit=1)
    assert path.read_bytes() == content


def test_there_is_no_library_until_one_is_made(opened: Opened) -> None:
    with pytest.raises(LibraryMissing) as error:
        opened(create=False)
    assert "ingest" in error.value.hint


def test_another_embedder_is_an_error_that_names_reindex(opened: Opened, embedder: Embedder) -> None:
    class Other:
        name, fingerprint, dimension = "other", "another", embedder.dimension

        def embed(self, texts: Sequence[str]) -> Vectors:
            return np.asarray(-embedder.embed(texts), dtype=np.float32)

    with opened() as library:
        file(library, PAPERS)
    with opened(other=Other()) as library:
        with pytest.raises(EmbedderMismatch) as error:
            library.search("KV cache", limit=1)
        assert "assistant reindex" in error.value.hint
        with pytest.raises(EmbedderMismatch):
            file(library, PAPERS)
        library.reindex()
        assert titles(library, "KV cache quantization")
        assert library.status("x").embedder == "other"


def test_a_second_writer_is_told_who_holds_the_library(opened: Opened) -> None:
    notices: list[str] = []
    with opened() as first, first.writing(), opened(notices=notices) as second:
        held_by = pytest.raises(LibraryBusy, match=f"being written by process {os.getpid()}")
        with held_by, second.writing(wait_s=0.01):
            pass
    assert "waiting for process" in notices[0]


def test_chromas_variables_and_env_file_do_not_decide_where_vectors_go(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MIGRATIONS=true\nCHROMA_API_IMPL=chromadb.api.fastapi.FastAPI\n")
    code = (
        "import sys; from pathlib import Path; from tests.test_library import *\n"
        "library = Library(Path(sys.argv[1]), embedder=lambda: StaticEmbedder('bundled', BUNDLED), create=True)\n"
        "file(library, PAPERS)\n"
        "assert titles(library, 'structured decoding with grammars')[0] == GRAMMAR.title\n"
        "assert all(finding.level == 'ok' for finding in library.check())\n"
        "library.close()\n"
    )
    root = Path(__file__).parent.parent
    environment = os.environ | {
        "PYTHONPATH": str(root),
        "MIGRATIONS": "true",
        "CHROMA_SERVER_HOST": "example.org",
        "CHROMA_API_IMPL": "chromadb.api.fastapi.FastAPI",
        "PERSIST_DIRECTORY": str(tmp_path / "elsewhere"),
    }
    command = [sys.executable, "-c", code, str(tmp_path / "lib")]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} >= {".env", "lib"}
    assert not (tmp_path / "elsewhere").exists()
    assert not (tmp_path / "chroma").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_read_only_folder_can_be_searched_and_refuses_to_be_written(tmp_path: Path, opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        library.keep("old", Kept(date(2026, 1, 31), "reply"))
        folder = library.folder
    code = (
        "import os, sys; from pathlib import Path; from tests.test_library import *\n"
        "from assistant.library import searching\n"
        "embed = lambda: StaticEmbedder('bundled', BUNDLED)\n"
        "with Library(Path(sys.argv[2]), embedder=embed, create=True) as warm:  # imports, while we still may\n"
        "    file(warm, PAPERS); titles(warm, 'KV cache')\n"
        "try:\n"
        "    if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "except OSError: sys.exit(77)\n"
        "notices = []\n"
        "searching.SCANNED = 0\n"
        "library = Library(Path(sys.argv[1]), embedder=embed, notice=notices.append)\n"
        "assert titles(library, 'structured decoding with grammars')[0] == GRAMMAR.title\n"
        "assert any('one by one' in notice for notice in notices)\n"
        "assert library._fresh_searcher() is library._fresh_searcher()\n"
        "with pytest.raises(LibraryReadOnly): file(library, [CSKV])\n"
        "with pytest.raises(LibraryReadOnly), library.marking() as marks: marks.tag('x', ['y'])\n"
        "assert library.count(Filters(read=False))[0] == len(library)\n"
        "library.keep('new', Kept(date(2026, 1, 31), 'reply'))\n"
        "assert library.recall('old') and not library.recall('new')\n"
        "library.close()\n"
    )
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for parent in (tmp_path, *tmp_path.parents):
        if os.access(parent, os.W_OK) and parent != Path("/") and parent != Path("/tmp"):
            parent.chmod(0o755)
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder), str(tmp_path / "warm")],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
        )
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    if done.returncode == 77:
        pytest.skip("root of a name space without other users")
    assert done.returncode == 0, done.stderr
    assert LibraryReadOnly.exit_code == 1


def test_chroma_finds_what_exact_search_finds(sample_home: Path, embedder: Embedder) -> None:
    (folder,) = (sample_home / "samples").iterdir()
    with Library(folder, embedder=lambda: embedder) as library:
        searcher = library._fresh_searcher()
        for question in ("KV cache memory", "quantization", "compiler fuzzing", "code generation benchmarks"):
            query = embedder.embed([question])[0]
            exact = nearest_exactly(searcher._blocks(), query, limit=10)
            assert searcher._index is not None
            indexed = searcher._indexed(query)
            assert indexed is not None
            assert list(indexed)[:10] == list(exact)
            assert all(indexed[paper].cosine == pytest.approx(near.cosine) for paper, near in exact.items())


def test_who_asks_once_opens_no_vector_index_and_who_goes_on_asking_finds_the_same(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "SCANNED", 2 * len(PAPERS))
    question = "quantization of the KV cache"
    with opened() as library:
        file(library, PAPERS)
        searcher = library._fresh_searcher()
        found, index_opened = [], []
        for _ in range(3):
            found.append([(one.found.paper_id, round(one.vector, 2)) for one in library.search(question, limit=3)])
            index_opened.append("_index" in vars(searcher))
        assert index_opened == [False, False, True]
        assert found[0] == found[1] == found[2]


def test_reading_closely_reorders_the_first_papers_and_leaves_scores_falling() -> None:
    fused = [Fused(number, 1 - number / 10, 0.0, 0.0) for number in range(6)]
    ranked = reordered(fused, [0.0, 0.9, 0.1], weight=0.5)
    assert [one.paper for one in ranked] == [1, 0, 2, 3, 4, 5]
    assert ranked[0].score == pytest.approx((0.9 + 0.5 * 0.9) / 1.5)
    assert all(1 >= one.score >= other.score >= 0 for one, other in pairwise(ranked))
    assert [one.paper for one in reordered(fused, [], weight=0.5)] == list(range(6))


def test_the_first_papers_are_read_closely(opened: Opened) -> None:
    cache = Paper("One", "The cache. A cache in a cache. Caches of caches, and a model of a cache.")
    both = Paper("Two", "Quantization of weights makes a language model small, and its cache too.")
    with opened() as library:
        file(library, [cache, both, *PAPERS])
        closely = {one.found.paper.title: one.score for one in library.search("cache quantization model", limit=9)}
        fused = library.search("cache quantization model", limit=9, side="fused")
        assert {one.found.paper.title: one.score for one in fused} != closely
        assert closely["Two"] > closely["One"]


@pytest.mark.parametrize("few", [0, 5_000])
def test_conditions_leave_the_scores_of_the_papers_that_meet_them(
    sample_home: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(searching, "FEW", few)
    monkeypatch.setattr(searching, "CANDIDATES", 20)  # so that one round does not find all that meet them
    (folder,) = (sample_home / "samples").iterdir()
    filters, question = Filters(since=date(2024, 12, 1)), "how do longer reasoning chains affect accuracy?"
    with Library(folder, embedder=lambda: embedder) as library:
        there = {one.paper_id for one in library.papers(filters)}
        narrowed = library.search(question, limit=5, filters=filters, side="lexical")
        monkeypatch.setattr(searching, "CANDIDATES", 400)
        every = library.search(question, limit=400, side="lexical")
    best = [one for one in every if one.found.paper_id in there][:5]
    assert len(best) == 5
    assert [one.found.paper_id for one in narrowed] == [one.found.paper_id for one in best]
    assert [one.lexical for one in narrowed] == pytest.approx([one.lexical for one in best])


def test_a_condition_that_every_paper_meets_changes_nothing(
    sample_home: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "CANDIDATES", 20)  # fewer than meet it
    (folder,) = (sample_home / "samples").iterdir()
    with Library(folder, embedder=lambda: embedder) as library:
        plain = library.search("KV cache memory", limit=30)
        narrowed = library.search("KV cache memory", limit=30, filters=Filters(source="hf-page"))
    assert [(one.found.paper_id, round(one.score, 6)) for one in narrowed] == [
        (one.found.paper_id, round(one.score, 6)) for one in plain
    ]
    assert all(one.vector for one in narrowed)


def test_an_exclusion_that_means_nothing_leaves_nothing_out(opened: Opened) -> None:
    with opened() as library:
        file(library, PAPERS)
        for nothing in ("the", "...", "+"):
            assert len(library.search("KV cache", limit=3, without=[nothing])) == 3, nothing


def test_a_reader_meets_what_is_written_while_it_opens_the_library(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as library:
        file(library, [CSKV])
    opening = searching.Searcher._open_lexical
    written: list[bool] = []

    def written_meanwhile(self: searching.Searcher) -> object:
        index = opening(self)
        if not written:
            written.append(True)
            with opened() as writer:
                file(writer, [GRAMMAR])
        return index

    monkeypatch.setattr(searching.Searcher, "_open_lexical", written_meanwhile)
    with opened() as reader:
        assert GRAMMAR.title in titles(reader, "structured decoding with grammars")


def test_a_removal_beside_a_reader_that_has_the_vectors_in_memory_is_met(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as library:
        file(library, PAPERS)
    with opened() as reader:
        assert len(titles(reader, "KV cache")) == 3
        fresh = Library._fresh_searcher
        removed: list[bool] = []

        def removed_then(self: Library) -> searching.Searcher:
            searcher = fresh(self)
            if self is reader and not removed:
                removed.append(True)
                with opened() as writer:
                    writer.remove([CSKV.title])
            return searcher

        monkeypatch.setattr(Library, "_fresh_searcher", removed_then)
        assert set(titles(reader, "KV cache")) == {QSERVE.title, GRAMMAR.title}
