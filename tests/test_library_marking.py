"""Tags, notes and read marks: kept by paper id, and conditions that really leave papers out, on both sides."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import Assistant
from assistant.cleaning import printable
from assistant.embedders import BUNDLED, Embedder, StaticEmbedder
from assistant.errors import UsageError
from assistant.library import Library
from assistant.library.catalog import Catalog
from assistant.library.marking import LONGEST_NOTE, MOST_TAGS, checked_tag, moved
from assistant.papers import Filters, Marks, Paper, tag_key
from tests.examples import CSKV, GRAMMAR, QSERVE
from tests.forked import FORKING
from tests.test_library import PAPERS, file, titles

DAY = date(2026, 11, 20)
Opened = Callable[[], Library]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return StaticEmbedder("bundled", BUNDLED)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    folder = tmp_path_factory.mktemp("built") / "lib"
    with Library(folder, embedder=lambda: embedder, create=True) as library:
        file(library, PAPERS)
    return folder


@pytest.fixture
def opened(built: Path, tmp_path: Path, embedder: Embedder) -> Opened:
    shutil.copytree(built, tmp_path / "lib")
    return lambda: Library(tmp_path / "lib", embedder=lambda: embedder)


def ids(library: Library, *names: str) -> list[str]:
    return [library.get(name).paper_id for name in names]


def test_what_is_put_to_a_paper_is_told_of_it(opened: Opened) -> None:
    with opened() as library:
        with library.marking() as marking:
            assert marking.tag("Thesis", ids(library, "cskv", "qserve")) == 2
            assert marking.tag("  THESIS ", ids(library, "cskv")) == 0
            assert marking.tag("a b", ids(library, "cskv")) == 1
            assert marking.note(ids(library, "cskv")[0], "Good.\n\x1b[31mRed\x07") == ""
            assert marking.note(ids(library, "cskv")[0], "More.", append=True) == "Good.\nRed"
            assert marking.read(ids(library, "cskv"), DAY) == 1
        assert library.get("cskv").marks == Marks(("a b", "thesis"), "Good.\nRed\nMore.", DAY)
        assert library.get("xgrammar").marks == Marks()
        assert library.tags() == {"a b": 1, "thesis": 2}
        with library.marking() as marking:
            assert marking.untag("thesis", ids(library, "cskv", "xgrammar")) == 1
            assert marking.untag("thesis", None) == 1
            assert marking.note(ids(library, "cskv")[0], "") == "Good.\nRed\nMore."
            assert marking.unread(ids(library, "cskv", "qserve")) == 1
            assert marking.counts() == (1, 0, 0)
        assert library.get("cskv").marks == Marks(("a b",))


def test_marks_stay_when_a_paper_is_read_in_again_changed_or_removed_between(opened: Opened) -> None:
    with opened() as library:
        with library.marking() as marking:
            marking.tag("thesis", ids(library, "cskv"))
        file(library, PAPERS, name="b.jsonl")
        assert library.get("cskv").marks.tags == ("thesis",)
        library.remove(["cskv"])
        assert library.tags() == {}
        assert library.count(Filters(tag="thesis")) == (0, 0)
        file(library, [CSKV])
        assert library.get("cskv").marks.tags == ("thesis",)


@pytest.mark.parametrize("side", ["closely", "fused", "lexical", "vector"])
def test_conditions_on_marks_hold_on_every_side_of_a_search(opened: Opened, side: str) -> None:
    with opened() as library:
        with library.marking() as marking:
            marking.tag("thesis", ids(library, "cskv", "xgrammar"))
            marking.tag("later", ids(library, "xgrammar"))
            marking.read(ids(library, "cskv"), DAY)
        question = "quantization of the KV cache, grammars"
        found = {
            "tag": titles(library, question, side=side, filters=Filters(tag="THESIS")),
            "both": titles(library, question, side=side, filters=Filters(tag="thesis; later")),
            "read": titles(library, question, side=side, filters=Filters(read=True)),
            "unread": titles(library, question, side=side, filters=Filters(read=False)),
            "none": titles(library, question, side=side, filters=Filters(tag="nothing")),
        }
    assert set(found["tag"]) == {CSKV.title, GRAMMAR.title}
    assert found["both"] == [GRAMMAR.title]
    assert found["read"] == [CSKV.title]
    assert set(found["unread"]) == {QSERVE.title, GRAMMAR.title}
    assert found["none"] == []


def test_a_mark_put_by_another_is_met_by_the_next_search(opened: Opened) -> None:
    with opened() as library, opened() as other:
        assert len(titles(library, "KV cache", filters=Filters(read=False))) == 3
        with other.marking() as marking:
            marking.read(ids(other, "cskv"), DAY)
        assert CSKV.title not in titles(library, "KV cache", filters=Filters(read=False))


def test_a_library_of_before_there_were_marks_has_none(opened: Opened) -> None:
    with opened() as library:
        folder = library.folder
    with closing(sqlite3.connect(folder / "catalog.sqlite3")) as db:
        for table in ("tags", "notes", "reads"):
            db.execute(f"DROP TABLE {table}")
    with opened() as library:
        assert library.get("cskv").marks == Marks()
        assert library.tags() == {}
        counts = [library.count(one)[0] for one in (Filters(tag="x"), Filters(read=True), Filters(read=False))]
        assert counts == [0, 0, 3]
        with library.marking() as marking:
            marking.tag("x", ids(library, "cskv"))
        assert library.count(Filters(tag="x"))[0] == 1


def test_papers_can_be_marked_while_another_process_holds_the_library(opened: Opened) -> None:
    with opened() as library, opened() as writer, writer.writing():
        with library.marking() as marking:
            marking.tag("thesis", ids(library, "cskv"))
        assert library.tags() == {"thesis": 1}


def tag_often(folder: str, tag: str) -> None:
    with Assistant.open(folder) as assistant:
        for _ in range(20):
            assistant.curator.tag(tag, ["cskv", "qserve", "xgrammar"])
            assistant.curator.untag(tag, ["cskv"])
            assistant.curator.note("cskv", tag, append=True)


def test_two_processes_that_mark_at_once_lose_nothing(opened: Opened) -> None:
    with opened() as library:
        folder = library.folder
    both = [FORKING.Process(target=tag_often, args=(str(folder), tag)) for tag in ("one", "two")]
    for process in both:
        process.start()
    for process in both:
        process.join(60)
    assert [process.exitcode for process in both] == [0, 0]
    with opened() as library:
        assert library.tags() == {"one": 2, "two": 2}
        assert sorted(library.get("cskv").marks.note.split()) == ["one"] * 20 + ["two"] * 20


@pytest.mark.parametrize("tag", ["", " ", "\x00", "x" * 61, "a;b", 'a"b', "“a”", "a\x1b[31mb", "a\u202eb", "a\u200bb"])
def test_what_cannot_be_a_tag_is_refused_and_nothing_is_put(opened: Opened, tag: str) -> None:
    with opened() as library, library.marking() as marking:
        with pytest.raises(UsageError):
            marking.tag(tag, ids(library, "cskv"))
        assert library.tags() == {}


@given(st.text(max_size=70))
def test_a_tag_that_is_taken_is_found_again_by_what_was_typed(tag: str) -> None:
    try:
        key = checked_tag(tag)
    except UsageError:
        return
    assert tag_key(tag) == tag_key(key) == key
    assert printable(key) == key
    assert key == " ".join(key.split())


def test_a_paper_has_only_so_many_tags_and_one_too_many_leaves_those_it_has(opened: Opened) -> None:
    with opened() as library, library.marking() as marking:
        (paper,) = ids(library, "cskv")
        for n in range(MOST_TAGS):
            marking.tag(f"t{n}", [paper])
        with pytest.raises(UsageError, match="at most"):
            marking.tag("more", [*ids(library, "qserve"), paper])
        assert "more" not in library.tags()
        assert len(library.get("cskv").marks.tags) == MOST_TAGS


def test_an_enormous_note_is_refused_and_the_one_before_stays(opened: Opened) -> None:
    with opened() as library, library.marking() as marking:
        (paper,) = ids(library, "cskv")
        marking.note(paper, "x" * LONGEST_NOTE)
        for more in ("y", "z" * LONGEST_NOTE * 2):
            with pytest.raises(UsageError, match="100,000 characters at most"):
                marking.note(paper, more, append=True)
        assert library.get("cskv").marks.note == "x" * LONGEST_NOTE


def test_the_marks_of_a_paper_that_turns_out_to_be_another_are_put_to_that(opened: Opened) -> None:
    with opened() as library:
        kept, gone = ids(library, "cskv", "qserve")
        with library.marking() as marking:
            marking.tag("thesis", [kept, gone])
            marking.tag("later", [gone])
            marking.note(kept, "One.")
            marking.note(gone, "Other.")
            marking.read([gone], DAY)
        with closing(sqlite3.connect(library.folder / "catalog.sqlite3")) as db, db:
            moved(db, gone, kept)
        assert library.get("cskv").marks == Marks(("later", "thesis"), "One.\nOther.", DAY)
        assert library.get("qserve").marks == Marks()


# ---- lists

LISTED = (
    Paper("Beta", "On bees.", upvotes=3, date=date(2026, 1, 2), authors=("José Müller",), categories=("cs.LG",)),
    Paper("alpha", "On ants.", upvotes=9, date=date(2026, 1, 1), authors=('Jim "J" O\\Neil',), categories=("cs.LGX",)),
    Paper("Gamma", "On gnats.", authors=("Ada Lovelace",), categories=("math.CO", "cs.LG.x")),
    Paper("Delta", "On dogs.", upvotes=0, date=date(2026, 1, 2), authors=("ADA B",), categories=("Cs.lg",)),
)


@pytest.fixture
def listed(tmp_path: Path) -> Catalog:
    from assistant.papers import Record

    catalog = Catalog(tmp_path, create=True)
    with catalog.transaction():
        for line, paper in enumerate(LISTED, 1):
            catalog.add(Record(paper, line), source="jsonl", file="a", day=DAY)
    return catalog


@pytest.mark.parametrize(
    ("sort", "first", "reversed_"),
    [
        ("date", "Beta Delta alpha Gamma", "alpha Beta Delta Gamma"),
        ("title", "alpha Beta Delta Gamma", "Gamma Delta Beta alpha"),
        ("added", "Delta Gamma alpha Beta", "Beta alpha Gamma Delta"),
        ("upvotes", "alpha Beta Delta Gamma", "Delta Beta alpha Gamma"),
    ],
)
def test_papers_are_listed_in_an_order_either_way_and_what_has_no_value_is_last(
    listed: Catalog, sort: str, first: str, reversed_: str
) -> None:
    for reverse, expected in ((False, first), (True, reversed_)):
        numbers = listed.matching(Filters(), sort=sort, reverse=reverse)  # type: ignore[arg-type]
        assert " ".join(one.paper.title for one in listed.stored(numbers).values()) == expected
        part = listed.matching(Filters(), sort=sort, reverse=reverse, limit=2, offset=1)  # type: ignore[arg-type]
        assert part == numbers[1:3]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(author="muller"), "Beta"),
        (Filters(author="MÜLLER"), "Beta"),
        (Filters(author="ada"), "Delta Gamma"),
        (Filters(author='"J" o\\n'), "alpha"),
        (Filters(author="%"), ""),
        (Filters(author="_"), ""),
        (Filters(category="cs.lg"), "Beta Delta Gamma"),
        (Filters(category="CS"), "Beta Delta alpha Gamma"),
        (Filters(category="lg"), ""),
    ],
)
def test_the_quick_look_at_names_leaves_nobody_out_and_lets_nobody_in(
    listed: Catalog, filters: Filters, expected: str
) -> None:
    found = listed.stored(listed.matching(filters))
    assert " ".join(one.paper.title for one in found.values()) == expected
    assert listed.count(filters)[0] == len(expected.split())
