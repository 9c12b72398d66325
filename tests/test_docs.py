"""The documents say what the program does."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from assistant.evaluations import Comparison, Difference, Evaluation, Measure, Outcome
from assistant.fetches import Fetched, FetchPlan, FetchReport
from assistant.holdings import Backup, Finding, IngestReport, Intake, LibraryStatus, Removal
from assistant.papers import Marks, Paper, Problem, Provenance
from assistant.periods import Period
from assistant.reports import (
    Digest,
    Duplicates,
    Entry,
    LeftOut,
    Point,
    Row,
    Section,
    Theme,
    Topic,
    TopicSummary,
    Trend,
    Twins,
)
from assistant.results import (
    Answer,
    Citation,
    Configured,
    DryRun,
    Exchange,
    Price,
    Quote,
    SearchResult,
    Sentence,
    Usage,
)
from assistant.services import SERVICES
from assistant.settings import VARIABLES
from tests.command import run
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").glob("*.md")),
    ROOT / "cassettes" / "README.md",
]


def block(language: str, holding: str) -> str:
    """The code block of a language in the README that holds some text."""
    found = [text for text in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if holding in text]
    assert len(found) == 1
    return str(found[0])


def test_the_readme_begins_with_a_sentence_and_a_real_run(sample_home: Path) -> None:
    pasted = block("console", "$ ask")
    command, expected = pasted.split("\n", 1)
    question = re.fullmatch(r'\$ ask "(.*)"', command)
    assert question is not None
    environment = os.environ | {
        "ASSISTANT_HOME": str(sample_home),
        "FORCE_COLOR": "1",
        "TERM": "dumb",  # without colour
        "COLUMNS": "80",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "ask", question[1]],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    timeless = re.compile(r"\d+\.\d s$", re.MULTILINE)
    assert timeless.sub("0.0 s", done.stdout) == timeless.sub("0.0 s", expected)


def test_the_two_commands_each_make_an_environment_of_their_own() -> None:
    commands = [line for line in README.splitlines() if line.startswith("python3.11 -m venv ")]
    assert len(commands) == 2
    folders = [command.split()[3] for command in commands]
    assert len(set(folders)) == 2
    assert commands[0].endswith('/bin/ask "which papers reduce KV cache memory?"')
    assert commands[1].endswith("/bin/pytest")


def test_the_python_example_runs(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(block("python", "Assistant.open("), {})
    lines = out.getvalue().splitlines()
    assert lines[0].split() == ["answered", "extractive"]
    assert lines[1].startswith("supported ")
    assert len(lines) >= 4


def test_the_commands_that_keep_papers_in_order_work_on_the_library_made_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made, kept = block("sh", "> mine.jsonl").splitlines()[:2], block("sh", "assistant tag add").splitlines()
    (tmp_path / "mine.jsonl").write_text(shlex.split(made[0])[1])
    for line in [made[1], *kept]:
        command, *words = shlex.split(line, comments=True)
        done = run(*(["ask"] if command == "ask" else []), *words)
        assert (done.exit_code, "sample" in done.output) == (0, False), line
        assert done.output, line


def test_the_pages_of_commands_are_what_the_program_prints() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "command_pages.py")], capture_output=True, text=True, check=True
    )
    assert done.stdout == (ROOT / "docs" / "commands.md").read_text(), "run tools/command_pages.py > docs/commands.md"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)\)", document.read_text()):
        if not target.startswith("http"):
            assert (document.parent / target).exists(), target


def test_every_file_named_in_a_document_exists() -> None:
    for document in DOCUMENTS:
        for name in re.findall(r"`((?:tests|tools|assistant|docs)/[\w./]+\.(?:py|md))`", document.read_text()):
            assert (ROOT / name).exists(), f"{document.name}: {name}"


@pytest.mark.parametrize(
    ("section", "nouns"),
    [
        ("ask", (Answer, Sentence, Quote, Citation, Usage)),
        ("dry-run", (DryRun, Exchange, Price)),
        ("search", (SearchResult,)),
        ("papers", (Provenance, Marks)),
        ("backup", (Backup,)),
        ("config", (Configured,)),
        ("ingest", (IngestReport, Intake, Problem)),
        ("fetch", (FetchReport, Fetched)),
        ("fetch-plan", (FetchPlan,)),
        ("remove", (Removal,)),
        ("dedupe", (Duplicates, Twins)),
        ("status", (LibraryStatus,)),
        ("doctor", (Finding,)),
        ("eval", (Evaluation, Measure, Outcome)),
        ("comparison", (Comparison, Difference)),
        ("digest", (Digest, Theme, Entry, Period, Topic)),
        ("summarize", (TopicSummary, Section, Row, LeftOut)),
        ("trends", (Trend, Point)),
    ],
)
def test_every_json_field_is_documented(section: str, nouns: tuple[type, ...]) -> None:
    page = (ROOT / "docs" / "json.md").read_text()
    text = re.search(rf"## `{section}/1`.*?(?=\n## |\Z)", page, re.DOTALL)
    assert text is not None
    for noun in nouns:
        for field in fields(noun):
            assert re.search(rf"\b{field.name}\b", text[0]), f"{section}: {field.name}"


def test_every_field_of_a_paper_is_in_its_json() -> None:
    text = (ROOT / "docs" / "json.md").read_text()
    assert all(f"{field.name}" in text for field in fields(Paper) if field.name != "source_id")


def test_every_setting_and_variable_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    for name, (variables, _) in VARIABLES.items():
        row = re.search(rf"^\| `{name}` \| (.*)$", page, re.MULTILINE)
        assert row is not None, name
        assert all(f"`{variable}`" in row[1] for variable in variables)


def test_every_service_is_documented_with_its_address_pace_and_overlap() -> None:
    page = (ROOT / "docs" / "fetch.md").read_text()
    for service in SERVICES:
        row = re.search(
            rf"^\| `{service.name}` \| `{service.address.removeprefix('https://')}` \| ([\d.]+) s", page, re.M
        )
        assert row is not None, service.name
        assert float(row[1]) == service.interval
        assert re.search(rf"\b{service.overlap} for\s+`{service.name}`|\b{service.overlap} for the others", page)


def test_no_document_waits_for_something_to_be_filled_in() -> None:
    pages = [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")]
    assert not [page.name for page in pages if re.search(r"@@|<!-- table|TODO|TBD", page.read_text(encoding="utf-8"))]
