"""`assistant export`, and references as a form of what other commands print."""

import gzip
import io
import json
import re
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from assistant import Assistant
from assistant.cli import app
from assistant.papers import Paper, Record, StoredPaper
from assistant.render import jsonform
from assistant.sources import jsonl, rows
from tests import inert
from tests.conftest import ROOT

QUESTION = "which papers reduce KV cache memory?"
FORMS = ("bibtex", "csl-json", "ris")
FULL = {
    "id": "mine-1", "arxiv_id": "2606.00467", "doi": "10.1000/X", "title": "Zorbium \u202e lattices {\\it at} 50\\%",
    "abstract": "They reduce memory by 40\\%.\n\tAnd \u2028 more \x07 of \x1b[2J it.", "authors": ["Ada L.", "張三"],
    "author_count": 0, "organization": "Zorb Inc", "date": "2026-06-22", "date_inferred": True,
    "url": "https://x.org/a", "categories": ["cs.LG"], "upvotes": 0, "venue": "J. Zorb", "version": 2,
    "withdrawn": True,
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_home(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def keys(form: str, said: str) -> list[str]:
    if form == "csl-json":
        return [item["id"] for item in json.loads(said)]
    return re.findall(r"^@\w+\{(.*),$" if form == "bibtex" else r"^ID  - (.*)$", said, re.MULTILINE)


def library(folder: Path) -> list[tuple[str, Paper]]:
    with Assistant.open(folder) as assistant:
        return [(one.paper_id, one.paper) for one in assistant.export()]


def again(folder: Path, tmp_path: Path) -> list[tuple[str, Paper]]:
    """What a new library holds after it ingested what was exported of another."""
    assert run("export", "-l", str(folder), "-o", str(tmp_path / "out.jsonl")).exit_code == 0
    done = run("ingest", str(tmp_path / "out.jsonl"), "-l", str(tmp_path / "again"), "-f", "json")
    assert done.exit_code == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    assert (file["problems"], file["new"]) == ([], file["records"])
    return library(tmp_path / "again")


# ---- export → ingest


def test_the_sample_comes_back_as_it_was(sample: Assistant, tmp_path: Path) -> None:
    found = again(sample.folder, tmp_path)
    assert len(found) == 333
    assert found == [(one.paper_id, one.paper) for one in sample.export()]


def test_hostile_papers_and_every_field_come_back_as_they_were(tmp_path: Path) -> None:
    corpus = (ROOT / "tests" / "hostile.jsonl").read_text(encoding="utf-8")
    (tmp_path / "in.jsonl").write_text(f"{corpus}{json.dumps(FULL)}\n", encoding="utf-8")
    run("ingest", str(tmp_path / "in.jsonl"), "-l", str(tmp_path / "first"))
    first = library(tmp_path / "first")
    assert len(first) > 100
    assert again(tmp_path / "first", tmp_path) == first
    inert.terminal((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    full = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    assert full == FULL | {"doi": "10.1000/x"}


def test_real_listings_come_back_as_they_were(shared: Path, tmp_path: Path) -> None:
    with gzip.open(shared / "arxiv-daily" / "papers.jsonl.gz") as file:
        (tmp_path / "in.jsonl").write_bytes(b"".join(islice(file, 0, 60_000, 500)))
    run("ingest", str(tmp_path / "in.jsonl"), "-l", str(tmp_path / "first"))
    first = library(tmp_path / "first")
    assert len(first) == 120
    assert again(tmp_path / "first", tmp_path) == first


def test_a_paper_that_got_a_better_id_keeps_its_own(tmp_path: Path) -> None:
    """It was known by its title when its arXiv id came."""
    bare = {"title": "Zorbium lattices", "abstract": "They reduce memory by 40%."}
    (tmp_path / "in.jsonl").write_text(f"{json.dumps(bare)}\n{json.dumps(bare | {'id': 'arxiv:2606.00467'})}\n")
    run("ingest", str(tmp_path / "in.jsonl"), "-l", str(tmp_path / "first"))
    ((paper_id, paper),) = library(tmp_path / "first")
    assert (paper_id, paper.arxiv_id) == ("zorbium-lattices", "2606.00467")
    assert again(tmp_path / "first", tmp_path) == [(paper_id, paper)]


TEXT = st.text(min_size=1, max_size=40)


@given(
    st.fixed_dictionaries(
        {"title": TEXT, "abstract": TEXT},
        optional={
            "id": TEXT, "arxiv_id": st.just("2606.00467v2"), "doi": TEXT.map("10.1000/{}".format),
            "authors": st.lists(TEXT), "author_count": st.integers(0, 9), "organization": TEXT,
            "date": st.dates().map(str), "date_inferred": st.booleans(), "url": TEXT.map("https://x.org/{}".format),
            "categories": st.lists(TEXT), "upvotes": st.integers(-9, 9), "venue": TEXT, "version": st.integers(1, 9),
            "withdrawn": st.booleans(), "known_as": TEXT,
        },
    )
)  # fmt: skip
def test_whatever_a_line_says_is_said_again(row: dict[str, object]) -> None:
    for item in rows.parsed(row, 1):
        if isinstance(item, Record):
            known_as = item.known_as or item.paper.paper_id
            line = jsonform.line(StoredPaper(known_as, item.paper))
            inert.terminal(line)
            assert len(line.splitlines()) == 1
            (back,) = jsonl.read(io.BytesIO(line.encode()))
            assert isinstance(back, Record)
            assert (back.paper, back.known_as or back.paper.paper_id) == (item.paper, known_as)


# ---- the command


def test_the_form_is_that_of_the_ending(tmp_path: Path) -> None:
    for name, begin in (("a.bib", "@misc{"), ("a.json", "[\n{"), ("a.ris", "TY  - "), ("a.jsonl", '{"t'), ("a", '{"t')):
        done = run("export", "-l", "sample", "-o", str(tmp_path / name))
        assert (done.exit_code, done.stdout) == (0, "")
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(begin)
    assert run("export", "-l", "sample", "-f", "ris").stdout == (tmp_path / "a.ris").read_text(encoding="utf-8")


def test_filters_choose_what_goes_out(sample: Assistant) -> None:
    done = run("export", "-l", "sample", "--since", "2025-01")
    listed = json.loads(run("list", "-l", "sample", "--since", "2025-01", "-n", "999", "-f", "json").stdout)
    titles = {json.loads(line)["title"] for line in done.stdout.splitlines()}
    assert 0 < len(titles) < 333
    assert titles == {paper["title"] for paper in listed["papers"]}
    assert "papers without a date are left out" in done.stderr
    nothing = run("export", "-l", "sample", "--author", "Nobody", "-f", "csl-json")
    assert (nothing.exit_code, json.loads(nothing.stdout)) == (0, [])
    assert "no paper meets the conditions" in nothing.stderr


def test_a_failure_midway_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out.jsonl").write_text("the old one")

    def full(found: StoredPaper) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(jsonform, "line", full)
    assert run("export", "-l", "sample", "-o", str(tmp_path / "out.jsonl")).exit_code == 1
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["out.jsonl"]
    assert (tmp_path / "out.jsonl").read_text() == "the old one"


def test_papers_are_held_a_few_at_a_time(sample: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.library.library.EACH", 10)
    read: list[int] = []
    stored = sample.library._catalog.stored

    def counted(numbers: Sequence[int]) -> dict[int, StoredPaper]:
        read.append(len(numbers))
        return stored(numbers)

    monkeypatch.setattr(sample.library._catalog, "stored", counted)
    papers = sample.export()
    next(papers)
    assert read == [10]
    assert sum(1 for _ in papers) == 332
    assert max(read) == 10


# ---- references of what commands say


@pytest.mark.parametrize("form", FORMS)
def test_an_answer_gives_its_references_in_order(form: str) -> None:
    done = run("ask", QUESTION, "-l", "sample", "-f", form)
    answer = json.loads(run("ask", QUESTION, "-l", "sample", "-f", "json").stdout)
    assert done.exit_code == 0
    given = keys(form, done.stdout)
    exported = dict(zip(keys(form, run("export", "-l", "sample", "-f", form).stdout), json_ids(), strict=True))
    assert [exported[key] for key in given] == [one["paper_id"] for one in answer["citations"]]


def json_ids() -> list[str]:
    with Assistant.open("sample") as assistant:
        return [one.paper_id for one in assistant.export()]


@pytest.mark.parametrize("form", FORMS)
def test_what_cannot_be_answered_has_no_references(form: str) -> None:
    nothing = "[]\n" if form == "csl-json" else ""
    for command in ("ask", "summarize", "search"):
        done = run(command, "qwertzuiop asdfghjkl", "-l", "sample", "-f", form)
        assert (done.exit_code, done.stdout) == (3, nothing)
        assert "no abstract in the library has any word" in done.stderr
    done = run("digest", "-l", "sample", "--week", "1999-W01", "--dry-run", "-f", form)
    assert (done.exit_code, done.stdout) == (3, nothing)
    assert "note: no references: " in done.stderr


def test_reports_lists_and_papers_have_references_too(tmp_path: Path) -> None:
    file = tmp_path / "references"
    made = run("summarize", "KV cache", "--papers", "3", "-l", "sample", "-o", str(file), "-f", "csl-json")
    assert (made.exit_code, len(keys("csl-json", file.read_text(encoding="utf-8")))) == (0, 3)
    digest = run("digest", "-l", "sample", "--since", "2025-01", "--dry-run", "-f", "ris")
    assert len(keys("ris", digest.stdout)) > 3
    assert len(keys("bibtex", run("search", "KV cache", "-k", "4", "-l", "sample", "-f", "bibtex").stdout)) == 4
    assert len(keys("csl-json", run("list", "-n", "5", "-l", "sample", "-f", "csl-json").stdout)) == 5
    assert len(keys("ris", run("show", "CSKV", "-l", "sample", "-f", "ris").stdout)) == 1


def test_the_ending_of_a_file_asks_for_references(tmp_path: Path) -> None:
    for name in ("a.bib", "a.ris"):
        assert run("summarize", "KV cache", "--papers", "2", "-l", "sample", "-o", str(tmp_path / name)).exit_code == 0
    assert (tmp_path / "a.bib").read_text().startswith("@misc{")
    assert (tmp_path / "a.ris").read_text().startswith("TY  - ")


def test_where_there_is_no_answer_references_are_wrong_usage() -> None:
    for words in (("--dry-run", QUESTION), ("--replay",)):
        done = run("ask", *words, "-f", "bibtex")
        assert (done.exit_code, done.stdout) == (2, "")
    replayed = run("ask", "--replay", QUESTION, "-f", "bibtex")
    assert replayed.stdout.startswith("@misc{")
