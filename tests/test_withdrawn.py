"""A withdrawn paper is marked wherever a reader meets it; `show` says where fields were read. By the command line."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.holdings import IngestReport, Intake
from assistant.papers import Provenance
from assistant.render import holdings, markdown, terminal
from tests import inert
from tests.test_render import HOSTILE, STORED, screen, shown

ABSTRACT = (
    "Honey bees tell each other where flowers are. We show that waggle dances of honey bees tell how far flowers are, "
    "within 40 metres. Dances in the dark tell the direction as well as dances in the light."
)
PAPER = {"arxiv_id": "2606.00001", "title": "Waggle dances of honey bees", "abstract": ABSTRACT, "date": "2026-06-24"}
OTHER = {"id": "2606.00002v3", "title": "Stairs for robots", "abstract": "Robots fall down stairs. We build ramps."}


def run(*words: str, status: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(app, [*words])
    assert result.exit_code == status, result.output
    return result.stdout, result.stderr


@pytest.fixture
def ingest(tmp_path: Path) -> Callable[..., str]:
    """Read rows from a file into the library `w`; what is said of that."""

    def read(name: str, *rows: dict[str, object]) -> str:
        file = tmp_path / name
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return run("ingest", str(file), "--library", "w")[0]

    return read


MARKED = "Waggle dances of honey bees (withdrawn)"


def test_a_withdrawn_paper_is_marked_in_every_output(ingest: Callable[..., str]) -> None:
    ingest("a.jsonl", PAPER | {"version": 1}, OTHER)
    said = ingest("b.jsonl", PAPER | {"version": 2, "withdrawn": True}, OTHER | {"id": "arXiv:2606.00002v4"})
    assert "1 withdrawn, 2 replaced by a newer version\n" in said
    question = "what do waggle dances of honey bees tell?"
    asked, notes = run("ask", question, "--library", "w")
    assert f"[1] {MARKED}" in asked
    assert "withdrawn by their authors: [1]" in notes
    for words in (
        ("search", question),
        ("list",),
        ("show", "2606.00001"),
        ("digest", "--week", "2026-W26", "--dry-run"),
    ):
        for form in ("text", "md"):
            out = run(*words, "--library", "w", "--format", form)[0]
            assert MARKED in out.replace("\\(", "(").replace("\\)", ")"), (words, form)
            assert "Stairs for robots (withdrawn)" not in out
    page = run("digest", "--week", "2026-W26", "--dry-run", "--library", "w", "--format", "html")[0]
    assert MARKED in page
    answer = json.loads(run("ask", question, "--library", "w", "--format", "json")[0])
    assert [one["withdrawn"] for one in answer["citations"]] == [True]
    found = json.loads(run("search", question, "--library", "w", "--format", "json")[0])
    assert {one["paper_id"]: one["withdrawn"] for one in found["results"]}["arxiv:2606.00001"] is True


def test_a_paper_that_is_no_longer_withdrawn_is_marked_no_more(ingest: Callable[..., str]) -> None:
    ingest("a.jsonl", PAPER | {"version": 2, "withdrawn": True})
    assert MARKED in run("list", "--library", "w")[0]
    ingest("b.jsonl", PAPER | {"version": 3})
    ingest("c.jsonl", PAPER | {"version": 1, "withdrawn": True})
    assert "(withdrawn)" not in run("list", "--library", "w")[0]


def test_known_papers_that_turn_out_to_be_one_are_told_of(ingest: Callable[..., str]) -> None:
    ingest("a.jsonl", PAPER, {**PAPER, "title": "Waggle dances, published", "arxiv_id": "", "doi": "10.1145/WAGGLE."})
    said = ingest("b.jsonl", PAPER | {"doi": "https://doi.org/10.1145/waggle"})
    assert "1 known paper found to be another known one, and merged with it" in said
    assert "The library holds 1 paper." in said
    assert run("show", "10.1145/waggle", "--library", "w") == run("show", "2606.00001", "--library", "w")


def test_show_says_which_fields_each_source_gave(ingest: Callable[..., str]) -> None:
    ingest("a.jsonl", OTHER, PAPER)
    one_source = run("show", "2606.00001", "--library", "w")[0]
    assert one_source.rstrip().endswith("a.jsonl, line 2 (jsonl)")
    ingest("b.jsonl", PAPER | {"venue": "Journal of Bees", "doi": "10.1000/bees"})
    ingest("c.jsonl", PAPER)
    shown = run("show", "2606.00001", "--library", "w")[0].splitlines()
    assert [line.partition("): ")[2] for line in shown if line.startswith("read ")] == [
        "title, abstract, arxiv id, date",
        "doi, venue",
        "nothing that is still said",
    ]
    (paper,) = json.loads(run("show", "2606.00001", "--library", "w", "--format", "json")[0])["papers"]
    assert {field: Path(place["file"]).name for field, place in paper["origins"].items()} == {
        "title": "a.jsonl",
        "abstract": "a.jsonl",
        "arxiv_id": "a.jsonl",
        "date": "a.jsonl",
        "doi": "b.jsonl",
        "venue": "b.jsonl",
    }
    assert set(paper["origins"]["doi"]) == {"source", "file", "line", "day"}


def test_hostile_names_of_files_are_shown_as_text() -> None:
    evil = Provenance("jsonl", HOSTILE, 3, date(2026, 11, 21))
    one = replace(STORED, sources=(*STORED.sources, evil), origins=(("title", STORED.sources[0]), ("venue", evil)))
    console = screen(80, tty=False)
    terminal.paper(one, console)
    inert.terminal(shown(console))
    inert.markdown(markdown.paper(one))


def test_an_ingest_in_which_nothing_was_noticed_says_nothing_of_it() -> None:
    console = screen(80)
    holdings.ingest(IngestReport((Intake("a.jsonl", "jsonl", records=1, new=1),), 1, 1, 0.1), console)
    assert "withdrawn" not in shown(console)
    assert "merged" not in shown(console)
