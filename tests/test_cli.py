"""The command line as a user meets it: what holds for every command, its streams and exit statuses."""

import io
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant import __version__
from assistant.cli import app
from assistant.console import lenient_output
from tests.command import QUESTION, SEED, run


@pytest.mark.parametrize("flag", ["--author", "--source"])
def test_more_names_than_a_condition_takes_are_wrong_usage(home: Path, flag: str) -> None:
    names = ";".join(f"name {n}" for n in range(101))
    for words in (("list",), ("search", "memory"), ("ask", QUESTION)):
        done = run(*words, flag, names)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "101 names in one condition; 100 is the most" in done.stderr


def test_version_and_help_name_the_program_and_its_commands() -> None:
    assert run("--version").stdout == f"paper-assistant {__version__}\n"
    page = run("--help").stdout
    for command in ("ask", "search", "ingest", "show", "list", "remove", "status", "reindex", "doctor"):
        assert f" {command} " in page
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("ask",),
        ("ask", ""),
        ("ask", "x" * 100_000),
        ("ask", "\x1b[0m\x00"),
        ("ask", QUESTION, "-k", "0"),
        ("ask", QUESTION, "-k", "many"),
        ("ask", QUESTION, "--since", "yesterday"),
        ("ask", QUESTION, "--since", "2026-01-02", "--until", "2026-01-01"),
        ("ask", QUESTION, "--format", "pdf"),
        ("ask", f"{QUESTION} since:yesterday-ish"),
        ("search", "caches since:2026", "--until", "2025"),
        ("search", "author:lovelace"),
        ("search", " "),
        ("ingest",),
        ("list", "-n", "0"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_2_and_prints_nothing_on_standard_output(home: Path, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_exits_130_and_says_what_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.app.ask", interrupted)
    done = run("ask", QUESTION)
    assert done.exit_code == 130
    assert "what was stored until now is kept" in done.stderr


def test_a_bug_is_one_line_and_a_traceback_only_on_demand(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **more: object) -> None:
        raise ZeroDivisionError("secret of the trade")

    monkeypatch.setattr("assistant.app.ask", broken)
    done = run("ask", QUESTION)
    assert done.exit_code == 1
    assert "error: unexpected ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    traced = run("ask", QUESTION, "--debug")
    assert traced.exit_code == 1
    assert "Traceback" in traced.stderr
    assert "error: unexpected ZeroDivisionError" in traced.stderr


def test_hostile_text_reaches_the_terminal_as_text() -> None:
    hostile = {
        "title": "Evil \x1b]0;owned\x07",
        "abstract": "KV cache memory \x1b[2J\u202e is reduced [7] by <script>9%</script>.",
        "id": "x:\x1b[8m1\n",
        "url": "https://example.org/\x1b[2J",
        "authors": ["Eve \x1b]8;;http://evil\x07link", "Bob\nid  forged"],
    }
    CliRunner().invoke(app, ["ingest", "-"], input=json.dumps(hostile))
    for words in (("ask", "who reduces KV cache memory?"), ("search", "KV cache"), ("show", "x:1"), ("list",)):
        for form in ("text", "md", "json"):
            out = run(*words, "--format", form).stdout
            assert "Evil" in out or "reduced" in out
            assert not set(out) & set("\x1b\x07\u202e")


def test_output_survives_a_terminal_without_unicode(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    lenient_output()
    print("• é")
    narrow.seek(0)
    assert narrow.read() == "? ?\n"


def test_a_day_that_is_none_is_wrong_usage(home: Path) -> None:
    done = run("list", "--since", "soon")
    assert done.exit_code == 2
    assert "“soon” is not a day" in done.stderr


def test_a_remedy_names_the_library_that_is_ill(tmp_path: Path) -> None:
    place = str(tmp_path / "lib")
    run("ingest", SEED, "--library", place)
    (tmp_path / "lib" / "lexical" / "meta.json").write_text("{")
    assert f"assistant reindex --library {place}" in run("search", "x", "--library", place).stderr
    assert f"assistant reindex --library {place}" in run("doctor", "--library", place).stdout
    (tmp_path / "lib" / "lexical" / "link").symlink_to(tmp_path)
    assert f"assistant reindex --library {place}" in run("search", "x", "--library", place).stderr
