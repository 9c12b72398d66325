"""What a hostile record can do to the papers of a catalog, and what it cannot."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.library.catalog import Catalog
from assistant.library.filing import Added, Outcome
from assistant.papers import MAX_VERSION, Paper, Problem, Record, arxiv_version_in
from assistant.sources import rows

DAY = date(2026, 11, 20)
DANCE = (
    "Bees dance to tell where distant flowers are. We measure the dance of forty hives in spring and find that the "
    "angle tells the direction in 93 percent of dances."
)
BEES = Paper(
    "Bees dance for distant flowers",
    DANCE,
    arxiv_id="2401.01234",
    authors=("Ada Lovelace",),
    date=date(2024, 1, 5),
    url="https://arxiv.org/abs/2401.01234",
    upvotes=1,
)
ANTS = Paper(
    "Ants follow scent trails home",
    "Ants follow scent trails home. Wind of more than four metres a second breaks the trail for many colonies.",
    doi="10.1234/ants.1",
)
FALSE = Paper(
    "BEES dance for distant flowers",
    DANCE.replace("93", "3").replace("dance to", "never dance to"),
    authors=("Mallory",),
    date=date(2020, 1, 1),
    url="https://evil.example/x",
)


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    with contextlib.closing(Catalog(tmp_path, create=True)) as made:
        yield made


def put(catalog: Catalog, paper: Paper, *, stands: bool = False) -> Added:
    with catalog.transaction():
        return catalog.add(Record(paper, 1, stands=stands), source="jsonl", file="a.jsonl", day=DAY)


def known(catalog: Catalog, name: str = "2401.01234") -> Paper:
    number = catalog.resolve(name)
    return catalog.stored([number])[number].paper


# ---- what a title alone can do


@pytest.mark.parametrize(
    "ids",
    [
        {},
        {"doi": "10.6666/evil"},
        {"doi": "10.6666/evil", "version": 999},
        {"source_id": "zz1"},
        {"source_id": "zz1", "withdrawn": True},
    ],
)
def test_a_title_alone_adds_what_is_missing_and_replaces_nothing_whatever_ids_the_record_invents(
    catalog: Catalog, ids: dict[str, Any]
) -> None:
    put(catalog, BEES)
    put(catalog, replace(FALSE, **ids, venue="Nature", upvotes=7))
    found = known(catalog)
    assert replace(found, doi=None, source_id=None) == replace(BEES, venue="Nature", upvotes=7)
    assert found.doi == ids.get("doi")


def test_nor_does_a_second_record_that_names_the_invented_doi(catalog: Catalog) -> None:
    put(catalog, BEES)
    put(catalog, replace(FALSE, doi="10.6666/evil"))
    put(catalog, Paper("Buy this", "Nothing of animals.", doi="10.6666/evil", url="https://evil.example/"))
    assert replace(known(catalog), doi=None) == BEES


def test_nor_does_it_make_the_paper_part_of_an_invented_one(catalog: Catalog) -> None:
    put(catalog, BEES)
    put(catalog, replace(FALSE, title="Bees dance, too", doi="10.6666/evil"))
    assert put(catalog, replace(FALSE, doi="10.6666/evil")).absorbed == ()
    assert known(catalog) == BEES


def test_a_paper_known_by_a_corpus_alone_is_not_replaced_by_its_title_either(catalog: Catalog) -> None:
    put(catalog, replace(BEES, arxiv_id=None, source_id="4983"))
    put(catalog, replace(FALSE, arxiv_id="2401.01234"))
    assert known(catalog) == replace(BEES, source_id="4983")


def test_the_doi_of_a_journal_reaches_the_preprint_of_that_title(catalog: Catalog) -> None:
    put(catalog, BEES)
    put(catalog, replace(BEES, arxiv_id=None, doi="10.1234/bees", venue="J. Bees", url="https://doi.org/10.1234/bees"))
    assert known(catalog) == replace(BEES, doi="10.1234/bees", venue="J. Bees")
    assert known(catalog, "10.1234/bees") == known(catalog)


@pytest.mark.parametrize(
    ("url", "is_kept"), [("https://evil.example/x", False), ("https://arxiv.org/pdf/2401.01234v2", True)]
)
def test_a_title_alone_gives_a_paper_with_an_id_no_address_but_its_own(
    catalog: Catalog, url: str, is_kept: bool
) -> None:
    put(catalog, replace(BEES, url=None))
    put(catalog, replace(FALSE, url=url))
    assert known(catalog).url == (url if is_kept else None)


# ---- withdrawals


@pytest.mark.parametrize("ids", [{}, {"source_id": "zz1"}, {"doi": "10.6666/evil"}])
def test_a_title_alone_marks_no_paper_as_withdrawn(catalog: Catalog, ids: dict[str, Any]) -> None:
    put(catalog, BEES)
    assert not put(catalog, replace(FALSE, **ids, withdrawn=True)).withdrawn
    assert not known(catalog).withdrawn


def test_what_a_record_without_an_id_said_does_not_stick_to_the_paper_that_has_one(catalog: Catalog) -> None:
    put(catalog, replace(FALSE, withdrawn=True))
    put(catalog, BEES)
    assert not known(catalog).withdrawn


@pytest.mark.parametrize("told", [BEES, replace(ANTS, title="As published")])
def test_an_arxiv_id_or_doi_is_believed(catalog: Catalog, told: Paper) -> None:
    put(catalog, replace(BEES, doi=ANTS.doi))
    assert put(catalog, replace(told, withdrawn=True)).withdrawn
    assert known(catalog).withdrawn


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_withdrawal_is_lifted_by_who_says_so_outright_in_any_order_of_reading_again(
    catalog: Catalog, order: tuple[int, ...]
) -> None:
    read = [(replace(BEES, version=2, withdrawn=True), False), (replace(BEES, version=2), True)]
    for at in (*order, *order, *reversed(order)):
        put(catalog, read[at][0], stands=read[at][1])
    assert not known(catalog).withdrawn


def test_a_lower_version_or_a_title_lifts_nothing(catalog: Catalog) -> None:
    put(catalog, replace(BEES, version=2, withdrawn=True))
    put(catalog, replace(BEES, version=1), stands=True)
    put(catalog, replace(FALSE, withdrawn=False), stands=True)
    assert known(catalog).withdrawn


@pytest.mark.parametrize(("row", "stands"), [({}, False), ({"withdrawn": True}, False), ({"withdrawn": False}, True)])
def test_only_what_is_written_out_is_said_outright(row: dict[str, object], stands: bool) -> None:
    (record,) = rows.parsed({"title": "A", "abstract": "B."} | row, 1)
    assert isinstance(record, Record)
    assert record.stands is stands


# ---- versions


def test_a_version_that_arxiv_cannot_have_is_left_out() -> None:
    assert arxiv_version_in("2401.01234v9999") is None
    assert arxiv_version_in(f"2401.01234v{MAX_VERSION}") == MAX_VERSION
    problem, record = rows.parsed({"title": "A", "abstract": "B.", "id": "2401.01234", "version": 1000}, 1)
    assert isinstance(problem, Problem)
    assert problem.reason.startswith("version left out")
    assert isinstance(record, Record)
    assert record.paper.version is None


def test_a_version_is_of_an_arxiv_id() -> None:
    (record,) = rows.parsed({"title": "A", "abstract": "B.", "doi": "10.1234/x", "version": 99}, 1)
    assert isinstance(record, Record)
    assert record.paper.version is None


# ---- names


@pytest.mark.parametrize(
    "name",
    [
        *("2401.01234", "arXiv:2401.01234", "arxiv:9", "10.1234/ants.1", "DOI:x", "id:7", "arxiv:2401.01234~2"),
        *("../../etc/passwd", "a b", "--help", ".x", "a/b", "a\tb"),
    ],
)
def test_a_record_cannot_take_the_name_of_another_paper(name: str) -> None:
    problem, record = rows.parsed({"title": "Evil X", "abstract": "B.", "known_as": name}, 1)
    assert isinstance(problem, Problem)
    assert problem.reason.startswith("known_as left out: “")
    assert isinstance(record, Record)
    assert record.known_as is None


@pytest.mark.parametrize("name", ["doi:10.1234/ants.1", "doi:10.1234/ants.1~2", "4983", "a b/c", "ants-follow", "蟻~2"])
def test_a_name_of_its_own_is_kept(name: str) -> None:
    row = {"title": "A", "abstract": "B.", "doi": ANTS.doi, "arxiv_id": "2401.01234", "id": "a b/c"}
    (record,) = rows.parsed(row | {"known_as": name}, 1)
    assert isinstance(record, Record)
    assert record.known_as == name


@pytest.mark.parametrize("name", ["2401.01234", "10.1234/ants.1"])
def test_an_arxiv_id_or_doi_leads_to_its_paper_whatever_another_is_called(catalog: Catalog, name: str) -> None:
    evil = Paper("Evil X", "Another thing.", source_id="evil")
    with catalog.transaction():
        catalog.add(Record(evil, 1, known_as=name), source="jsonl", file="a.jsonl", day=DAY)
    put(catalog, Paper(name, "A title that is an id."))
    for paper in (BEES, ANTS):
        put(catalog, paper)
    assert known(catalog, name) in (BEES, ANTS)


# ---- papers that become one


def test_a_new_arxiv_id_with_the_doi_and_not_the_words_of_a_paper_does_not_take_it_over(catalog: Catalog) -> None:
    put(catalog, ANTS)
    evil = Paper("Buy this", "Totally other text on coins.", doi=ANTS.doi, arxiv_id="2409.99999", withdrawn=True)
    added = put(catalog, evil)
    assert (added.outcome, added.reason) == (Outcome.NEW, f"its DOI is left out: it is that of “{ANTS.title}”")
    assert known(catalog, "10.1234/ants.1") == ANTS
    assert known(catalog, "2409.99999") == replace(evil, doi=None)
    put(catalog, evil)
    assert put(catalog, evil).outcome is Outcome.KNOWN
    assert known(catalog, "10.1234/ants.1") == ANTS


ROWS: list[dict[str, Any]] = [
    {"title": BEES.title, "abstract": BEES.abstract, "arxiv_id": "2401.01234"},
    {"title": ANTS.title, "abstract": ANTS.abstract, "doi": ANTS.doi},
]
STOLEN = {"title": BEES.title, "abstract": ANTS.abstract, "arxiv_id": "2401.01234v998"}
HOSTILE = [STOLEN, {**STOLEN, "abstract": f"{ANTS.abstract}!", "arxiv_id": "2401.01234v999", "doi": ANTS.doi}]


def run(*words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--library", "w"])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_an_ingest_names_what_it_merged_and_removing_it_is_the_way_back(tmp_path: Path) -> None:
    for name, lines in (("true.jsonl", ROWS), ("evil.jsonl", HOSTILE), ("evil2.jsonl", HOSTILE)):
        (tmp_path / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    run("ingest", str(tmp_path / "true.jsonl"))
    run("note", "2401.01234", "mine")
    said = run("ingest", str(tmp_path / "evil.jsonl"))
    assert "doi:10.1234/ants.1 was found to be arxiv:2401.01234, and merged with it\n" in said
    assert said.count("changed: arxiv:2401.01234") == 1
    run("remove", "2401.01234", "--yes")
    assert "2 new" in run("ingest", str(tmp_path / "true.jsonl"))
    for row, name in zip(ROWS, ("2401.01234", "10.1234/ants.1"), strict=True):
        (paper,) = json.loads(run("show", name, "--format", "json"))["papers"]
        assert (paper["title"], paper["abstract"], paper["version"]) == (row["title"], row["abstract"], None)
    assert "mine" in run("note", "2401.01234")
    report = json.loads(run("ingest", str(tmp_path / "evil2.jsonl"), "--format", "json"))
    assert report["files"][0]["merged_ids"] == [{"gone": "doi:10.1234/ants.1", "kept": "arxiv:2401.01234"}]
