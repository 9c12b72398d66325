"""What records mean to a catalog: which are one paper, what then is known of it, and where that was read."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.embedders import BUNDLED, StaticEmbedder
from assistant.errors import LibraryDamaged
from assistant.holdings import Intake
from assistant.library import Library
from assistant.library.catalog import Catalog
from assistant.library.filing import Added, Outcome
from assistant.library.memory import fingerprint
from assistant.library.shelf import Shelf
from assistant.papers import Filters, Paper, Provenance, Record, StoredPaper, said
from tests.examples import CSKV, GRAMMAR, QSERVE

DAY = date(2026, 11, 20)
X = replace(CSKV, arxiv_id="2409.10593")
Y = replace(CSKV, title="CSKV, as published", doi="10.1145/cskv", abstract=f"{CSKV.abstract} In proceedings.")
BOTH = replace(Y, arxiv_id="2409.10593", venue="NeurIPS")


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with contextlib.closing(Catalog(tmp_path, create=True)) as made:
        yield made


def put(catalog: Catalog, paper: Paper, *, file: str = "a.jsonl", line: int = 1, day: date = DAY) -> Added:
    with catalog.transaction():
        return catalog.add(Record(paper, line), source="jsonl", file=file, day=day)


def papers(catalog: Catalog) -> list[StoredPaper]:
    return list(catalog.stored(catalog.numbers(indexed=False)).values())


def only(catalog: Catalog) -> StoredPaper:
    (found,) = papers(catalog)
    return found


def rows(catalog: Catalog, query: str) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(catalog.path)) as db:
        return db.execute(query).fetchall()


# ---- versions, and what an ingest tells of them


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_versions_in_any_order_end_with_the_highest(catalog: Catalog, order: Sequence[int]) -> None:
    added = [
        put(catalog, replace(X, version=n, abstract=f"{CSKV.abstract} Version {n}.", withdrawn=n == 2)) for n in order
    ]
    found = only(catalog).paper
    assert (found.version, found.withdrawn) == (3, False)
    assert found.abstract.endswith("Version 3.")
    rising = [n for at, n in enumerate(order) if at and n > max(order[:at])]
    assert [n for n, one in zip(order, added, strict=True) if one.replaced] == rising


def test_a_withdrawal_is_noticed_once(catalog: Catalog) -> None:
    assert not put(catalog, replace(X, version=1)).withdrawn
    gone = put(catalog, replace(X, version=2, withdrawn=True))
    assert (gone.withdrawn, gone.replaced, gone.outcome) == (True, True, Outcome.CHANGED)
    assert not put(catalog, replace(X, version=2, withdrawn=True, url="https://x.org")).withdrawn
    assert put(catalog, replace(QSERVE, withdrawn=True)).withdrawn


# ---- one paper under several names


def test_one_arxiv_id_is_one_paper_whatever_doi_is_named(catalog: Catalog) -> None:
    put(catalog, replace(X, doi="10.1000/old"))
    assert put(catalog, replace(X, doi="10.1000/new")).outcome is Outcome.CHANGED
    assert only(catalog).paper.doi == "10.1000/new"
    assert put(catalog, replace(CSKV, title="Other words", doi="10.1000/old")).outcome is not Outcome.NEW
    assert only(catalog).paper.arxiv_id == "2409.10593"


def test_arxivs_own_doi_and_spellings_of_the_title_name_the_same_paper(catalog: Catalog) -> None:
    put(catalog, replace(X, title=r"$\beta$-CSKV: Channels"))
    put(catalog, replace(CSKV, title="Quite another title", doi="10.48550/arxiv.2409.10593"))
    put(catalog, replace(CSKV, title="Beta-CSKV -- channels."))
    assert only(catalog).paper.arxiv_id == "2409.10593"
    assert catalog.resolve("beta cskv channels") == catalog.resolve("quite another title")


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_record_that_names_two_known_papers_makes_them_one_in_any_order(
    catalog: Catalog, order: Sequence[int]
) -> None:
    for at in order:
        put(catalog, (X, Y, BOTH)[at], file=f"{at}.jsonl")
    found = only(catalog)
    assert (found.paper.arxiv_id, found.paper.doi, found.paper.venue) == ("2409.10593", "10.1145/cskv", "NeurIPS")
    assert [one.file for one in found.sources] == [f"{at}.jsonl" for at in order]
    names = ("2409.10593", "doi:10.1145/cskv", "arxiv:2409.10593", CSKV.title, Y.title)
    assert len({catalog.resolve(name) for name in names}) == 1
    for at in order:
        assert put(catalog, (X, Y, BOTH)[at], file=f"{at}.jsonl").outcome is Outcome.KNOWN


def test_a_name_that_a_paper_lost_leads_to_it_and_is_given_to_no_other(catalog: Catalog) -> None:
    put(catalog, replace(Y, source_id="s2-1", doi=None))
    put(catalog, X)
    added = put(catalog, replace(BOTH, doi=None, source_id="s2-1"))
    assert added.absorbed
    assert catalog.resolve("s2-1") == catalog.resolve("s2-") == added.number
    again = replace(GRAMMAR, title=Y.title, source_id="s2-1", arxiv_id="2401.00001")
    put(catalog, again)
    put(catalog, replace(QSERVE, title="S2: 1"))
    assert [one.paper_id for one in papers(catalog)] == ["arxiv:2409.10593", "arxiv:2401.00001", "title:s2-1"]
    assert catalog.resolve("s2-1") == added.number


def test_papers_that_speak_of_something_else_stay_apart_and_that_is_said(catalog: Catalog) -> None:
    put(catalog, X)
    other = replace(GRAMMAR, doi="10.1145/cskv")
    put(catalog, other)
    added = put(catalog, BOTH)
    assert (len(papers(catalog)), added.absorbed) == (2, ())
    assert added.reason == "its DOI is left out: it is that of “XGrammar: Structured Generation”"
    kept, apart = papers(catalog)
    assert (kept.paper.venue, kept.paper.doi, apart.paper) == ("NeurIPS", None, other)
    assert put(catalog, BOTH).reason == ""


def test_a_title_that_two_papers_share_makes_them_one_only_if_their_abstracts_are_alike(catalog: Catalog) -> None:
    put(catalog, replace(GRAMMAR, title="Introduction", arxiv_id="2401.00001"))
    put(catalog, replace(CSKV, title="Introduction", doi="10.1145/cskv"))
    assert len(papers(catalog)) == 2
    put(catalog, replace(QSERVE, title="Introduction"))
    assert len(papers(catalog)) == 2


def test_what_a_digest_carried_under_a_lost_name_does_not_come_again(catalog: Catalog) -> None:
    put(catalog, X)
    put(catalog, Y)
    with contextlib.closing(sqlite3.connect(catalog.path)) as db, db:
        db.execute("INSERT INTO digests VALUES (1, '2026-11-01', '2026-11-07', 2)")
        db.execute("INSERT INTO sent VALUES ('doi:10.1145/cskv', ?, 1)", (fingerprint(Y),))
    put(catalog, replace(BOTH, abstract=X.abstract))
    assert catalog.memory.sent() == {"arxiv:2409.10593": fingerprint(only(catalog).paper)}


def test_nothing_is_left_of_a_paper_that_became_part_of_another(catalog: Catalog) -> None:
    put(catalog, X)
    gone = put(catalog, Y).number
    put(catalog, BOTH)
    for table in ("papers", "identities", "sources", "records", "origins"):
        assert not rows(catalog, f"SELECT * FROM {table} WHERE number = {gone}"), table
    with catalog.transaction():
        catalog.remove([catalog.resolve("2409.10593")])
    for table in ("papers", "identities", "sources", "records", "origins"):
        assert not rows(catalog, f"SELECT * FROM {table}"), table


# ---- where each field was read


def origin(catalog: Catalog) -> dict[str, tuple[str, int, date]]:
    number = catalog.resolve("2409.10593")
    return {field: (place.file, place.line, place.day) for field, place in catalog.origins(number)}


def test_every_field_knows_where_it_was_read(catalog: Catalog) -> None:
    later = date(2026, 11, 21)
    put(catalog, X, line=7)
    assert origin(catalog) == dict.fromkeys(said(X), ("a.jsonl", 7, DAY))
    put(catalog, replace(X, venue="NeurIPS"), file="b.bib", line=3, day=later)
    put(catalog, replace(X, upvotes=4), file="a.jsonl", line=9, day=later)
    put(catalog, X, file="c.jsonl")
    expected = dict.fromkeys(said(X), ("a.jsonl", 7, DAY))
    assert origin(catalog) == expected | {"venue": ("b.bib", 3, later), "upvotes": ("a.jsonl", 9, later)}


def test_fields_of_two_papers_that_became_one_keep_where_they_were_read(catalog: Catalog) -> None:
    put(catalog, X, file="x.jsonl", line=2)
    put(catalog, replace(Y, venue="NeurIPS", url="https://x.org"), file="y.bib", line=5)
    put(catalog, replace(Y, arxiv_id=X.arxiv_id, url="https://y.org"), file="z.jsonl", line=8)
    found = origin(catalog)
    assert {found[field] for field in ("arxiv_id", "date")} == {("x.jsonl", 2, DAY)}
    assert {found[field] for field in ("doi", "venue")} == {("y.bib", 5, DAY)}
    assert {found[field] for field in ("title", "abstract", "url")} == {("z.jsonl", 8, DAY)}


def test_a_single_source_costs_no_row(catalog: Catalog) -> None:
    put(catalog, X)
    put(catalog, X)
    put(catalog, QSERVE)
    assert not rows(catalog, "SELECT * FROM origins")


def test_a_further_source_that_brings_nothing_new_is_cheap(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    put(catalog, X)
    monkeypatch.setattr("assistant.library.origins.save", None)  # nothing to work out
    monkeypatch.setattr("assistant.library.schema.columns", None)  # nor to ask what a writer knows
    put(catalog, X, file="b.jsonl")
    put(catalog, X, file="c.jsonl")
    monkeypatch.undo()
    assert origin(catalog) == dict.fromkeys(said(X), ("a.jsonl", 1, DAY))


def test_a_page_of_a_source_costs_no_look_at_all_sources(catalog: Catalog) -> None:
    put(catalog, X)
    asked: list[str] = []
    catalog._db.set_trace_callback(asked.append)
    assert catalog.following(0, Filters(source="jsonl"), limit=5) == [1]
    assert catalog.following(0, Filters(source="bibtex"), limit=5) == []
    catalog._db.set_trace_callback(None)
    plans = [str(row) for query in asked for row in rows(catalog, f"EXPLAIN QUERY PLAN {query}")]
    assert any("SEARCH sources" in plan for plan in plans)
    assert not any("SCAN sources" in plan for plan in plans)


def test_of_a_library_from_before_nothing_is_claimed_that_is_not_known(catalog: Catalog) -> None:
    put(catalog, X, file="a.jsonl")
    put(catalog, replace(X, venue="NeurIPS"), file="b.jsonl")
    with contextlib.closing(sqlite3.connect(catalog.path)) as db, db:
        db.execute("DELETE FROM origins")
    assert origin(catalog) == {}
    put(catalog, replace(X, upvotes=3), file="c.jsonl")
    assert origin(catalog) == {"upvotes": ("c.jsonl", 1, DAY)}
    with contextlib.closing(sqlite3.connect(catalog.path)) as db, db:
        db.execute("DROP TABLE origins")
    assert origin(catalog) == {}


@pytest.mark.parametrize(
    "junk", ["x", "[1]", '[[9,1,"2026-01-01","title"]]', '[[0,1,"soon","title"]]', '[[0,"x","2026-01-01","title"]]', 7]
)
def test_a_row_that_no_writer_of_ours_wrote_is_damage(catalog: Catalog, junk: object) -> None:
    put(catalog, X)
    with contextlib.closing(sqlite3.connect(catalog.path)) as db, db:
        db.execute("INSERT INTO origins VALUES (1, ?)", (junk,))
    with pytest.raises(LibraryDamaged):
        catalog.origins(1)


def test_a_field_that_there_is_not_has_no_origin(catalog: Catalog) -> None:
    put(catalog, X)
    with contextlib.closing(sqlite3.connect(catalog.path)) as db, db:
        db.execute("INSERT INTO origins VALUES (1, ?)", ('[[0,5,"2026-01-01","title evil"]]',))
    assert origin(catalog)["title"] == ("a.jsonl", 5, date(2026, 1, 1))
    assert "evil" not in origin(catalog)


# ---- any records in any order

HOSTILE = [
    "<i></i>",
    "$?$",
    "' OR 1=1 --",
    "alias:7",
    "id:7",
    "\x1b[31mred\x07",
    "\u202egnp.exe",
    "a" * 2_000,
    "%_…",
    "β^_",
]
TITLES = st.sampled_from([CSKV.title, CSKV.title.upper(), Y.title, "Introduction", *HOSTILE])
RECORDS = st.lists(
    st.builds(
        replace,
        st.sampled_from([CSKV, Y, GRAMMAR]),
        title=TITLES,
        arxiv_id=st.sampled_from([None, "2409.10593", "2401.00001"]),
        doi=st.sampled_from([None, "10.1145/cskv", "10.1145/other", "10.48550/arxiv.2409.10593"]),
        source_id=st.sampled_from([None, "7", "s2-1"]),
        version=st.none() | st.integers(1, 3),
        withdrawn=st.booleans(),
    ),
    max_size=7,
)


@settings(max_examples=30, deadline=None)
@given(RECORDS)
def test_whatever_comes_every_paper_is_found_by_every_name_it_ever_had(records: list[Paper]) -> None:
    with TemporaryDirectory() as folder, contextlib.closing(Catalog(Path(folder), create=True)) as catalog:
        names: dict[str, int] = {}
        filed: list[Record] = []
        for line, paper in enumerate(records, 1):
            added = put(catalog, paper, line=line, file=f"{line % 3}.jsonl")
            for number in added.absorbed:
                names = {name: added.number if one == number else one for name, one in names.items()}
            if added.outcome is not Outcome.CONFLICT:
                filed.append(Record(paper, line))
                names[catalog.stored([added.number])[added.number].paper_id] = added.number
        assert {name: catalog.resolve(name) for name in names} == names
        assert set(names.values()) == set(catalog.numbers(indexed=False))
        for number, one in catalog.stored(catalog.numbers(indexed=False)).items():
            assert one.sources
            assert {place for _, place in catalog.origins(number)} <= {
                Provenance("jsonl", f"{line % 3}.jsonl", line, DAY) for line in range(1, len(records) + 1)
            }
            assert [field for field, _ in catalog.origins(number)] == list(said(one.paper))
        before = papers(catalog)
        for record in filed:
            again = put(catalog, record.paper, line=record.line, file=f"{record.line % 3}.jsonl")
            assert again.outcome is not Outcome.NEW
        assert [one.paper_id for one in papers(catalog)] == [one.paper_id for one in before]


# ---- and the indexes of a library follow


Opened = Callable[[], Library]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    embedder = StaticEmbedder("bundled", BUNDLED)
    return lambda: Library(tmp_path / "lib", embedder=lambda: embedder, create=True)


def file(library: Library, *records: Paper) -> Intake:
    intake = Intake("a.jsonl", "jsonl")
    with library.writing() as writer:
        writer.add((Record(paper, line) for line, paper in enumerate(records, 1)), intake, day=DAY)
        writer.index()
    return intake


def test_the_indexes_let_go_of_what_became_part_of_another_paper(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as library:
        file(library, X, replace(Y, abstract=f"{Y.abstract} Zebras."), QSERVE)
        monkeypatch.setattr(Shelf, "create", lambda self: pytest.fail("the vector index is built anew for that"))
        intake = file(library, replace(BOTH, abstract=X.abstract))
        assert (intake.merged, intake.changed, len(library)) == (1, 1, 2)
        assert all(finding.level == "ok" for finding in library.check())
        assert library.status("x").chunks == 2
        assert not library.search("zebras", limit=5, side="lexical")
        assert [one.found.paper_id for one in library.search("CSKV channel shrinking", limit=1)] == ["arxiv:2409.10593"]


def test_a_writer_that_dies_before_it_indexes_leaves_nothing_of_a_merged_paper(opened: Opened) -> None:
    with opened() as library:
        file(library, X, replace(Y, abstract=f"{Y.abstract} Zebras."), QSERVE)
        with library.writing() as writer:
            writer.add([Record(replace(BOTH, abstract=X.abstract), 1)], Intake("a.jsonl", "jsonl"), day=DAY)
    with opened() as library, library.writing() as writer:
        assert writer.index() == 1
    with opened() as library:
        assert all(finding.level == "ok" for finding in library.check())
        assert not library.search("zebras", limit=5, side="lexical")
