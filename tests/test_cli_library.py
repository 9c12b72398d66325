"""The commands that fill a library, look into it and keep it whole, as a user meets them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from tests.command import SEED, run


def test_ingest_explains_what_it_did_and_twice_changes_nothing() -> None:
    first = run("ingest", SEED)
    assert first.exit_code == 0
    assert "64 records, 64 new" in first.stdout
    again = run("ingest", SEED)
    assert "64 known, 0 new" in again.stdout
    assert "The library holds 64 papers." in again.stdout
    assert run("ingest", SEED, "-f", "json").exit_code == 0


def test_ingest_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"title": "Grammars", "abstract": "Context-free grammars constrain decoding."}\n'
    done = CliRunner().invoke(app, ["ingest", "-"], input=line + b"{broken\n")
    assert "1 record, 1 new" in done.stdout
    assert "line 2: not JSON" in done.stdout
    assert done.exit_code == 0


def test_one_bad_file_does_not_stop_the_others_and_costs_exit_1(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    done = run("ingest", str(tmp_path / "missing"), str(tmp_path / "empty.txt"), SEED)
    assert done.exit_code == 1
    assert "64 records, 64 new" in done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert [line.split(": ", 2)[2] for line in errors] == ["no such file or folder", "empty"]


def test_show_prints_one_paper_by_the_beginning_of_its_id(home: Path) -> None:
    done = run("show", "cskv")
    assert done.exit_code == 0
    assert "CSKV: Training-Efficient Channel Shrinking" in done.stdout
    assert "from seeds/001" in done.stdout or "from seeds/00" in done.stdout
    missing = run("show", "no-such-paper")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "error: no paper is called “no-such-paper”" in missing.stderr
    assert run("show", "cskv", "-f", "md").stdout.startswith("# CSKV")


def test_list_is_newest_first_and_pages(home: Path) -> None:
    document = json.loads(run("list", "-n", "3", "-f", "json").stdout)
    dates = [one["date"] for one in document["papers"]]
    assert dates == sorted(dates, reverse=True)
    second = json.loads(run("list", "-n", "1", "--offset", "1", "-f", "json").stdout)
    assert second["papers"][0]["id"] == document["papers"][1]["id"]
    assert run("list", "-n", "2", "-f", "md").stdout.count("\n- ") == 1
    assert len(run("list", "-n", "2").stdout.splitlines()) == 4


def test_status_and_doctor_speak_of_the_library(home: Path) -> None:
    assert "333" in run("status").stdout
    assert json.loads(run("status", "-f", "json").stdout)["papers"] == 333
    done = run("doctor")
    assert done.exit_code == 0, done.stdout
    assert "vector index: " in done.stdout
    assert "answers are extractive" in done.stdout
    assert {one["level"] for one in json.loads(run("doctor", "-f", "json").stdout)["findings"]} <= {"ok", "note"}


def test_doctor_finds_what_is_wrong(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PROMPTS", "/nowhere")
    monkeypatch.setenv("CHROMA_SERVER_HOST", "example.org")
    monkeypatch.setenv("ASSISTANT_MODEL", "m")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    done = run("doctor")
    assert done.exit_code == 1
    assert "fault prompts: no prompt templates in /nowhere" in done.stdout
    assert "note  environment: CHROMA_SERVER_HOST set; not used" in done.stdout
    assert "fault endpoint: http://127.0.0.1:9/v1 cannot be reached" in done.stdout


def test_doctor_checks_the_library_beside_an_embedder_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    run("ingest", SEED)
    monkeypatch.setenv("ASSISTANT_EMBEDDER", "model2vec:/nowhere/at/all")
    done = run("doctor")
    assert done.exit_code == 1
    assert "fault embedder: no Model2Vec model in /nowhere/at/all" in done.stdout
    assert "ok    library: default" in done.stdout
    assert "ok    catalog" in done.stdout


def test_reindex_makes_the_indexes_anew() -> None:
    run("ingest", SEED)
    done = run("reindex")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "64 papers indexed anew" in done.stderr


def test_list_says_what_it_leaves_out(home: Path) -> None:
    assert "20 of 333 papers; more with --offset 20" in run("list").stderr
    some = run("list", "--since", "2025-06-01")
    assert "272 papers without a date are left out" in some.stderr
    nothing = run("list", "--author", "nobody")
    assert (nothing.stdout, nothing.exit_code) == ("", 0)
    assert "no paper meets the conditions" in nothing.stderr


def test_the_first_ingest_tells_where_the_sample_went() -> None:
    assert "--library sample" in run("ingest", SEED).stderr
    assert run("ingest", SEED).stderr == ""


def test_an_ingest_of_nothing_makes_no_library(tmp_path: Path) -> None:
    done = run("ingest", str(tmp_path / "missing"), "--library", str(tmp_path / "lib"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert not (tmp_path / "lib").exists()


def test_files_of_a_folder_that_hold_no_papers_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}\n')
    (tmp_path / "notes.txt").write_text("words\n")
    (tmp_path / "p.jsonl").write_text('{"title": "T", "abstract": "A."}\n')
    done = run("ingest", str(tmp_path))
    assert (done.exit_code, "1 new" in done.stdout) == (0, True)
    assert "2 other files passed over: not papers" in done.stdout
