"""The commands digest, topics, summarize and trends, as a user types them."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from assistant import Assistant
from assistant.cli import app
from tests.test_digest import BEES, built, record

__all__ = ["built"]


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "home")
    return tmp_path / "home"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_digest_is_printed_and_remembered(home: Path) -> None:
    first = run("digest", "--week", "2026-W26")
    assert first.exit_code == 0, first.output
    assert "Papers of 2026-W26" in first.stdout
    assert "recorded as sent" in first.stdout
    again = run("digest", "--week", "2026-W26")
    assert again.exit_code == 3
    assert "--again repeats it" in again.stdout
    assert run("digest", "--week", "2026-W26", "--again").exit_code == 0


def test_a_dry_run_and_one_that_cannot_be_written_are_not_remembered(home: Path, tmp_path: Path) -> None:
    assert "not recorded as sent" in run("digest", "--week", "2026-W26", "--dry-run").stdout
    missing = run("digest", "--week", "2026-W26", "-o", str(tmp_path / "nowhere" / "x.html"))
    assert missing.exit_code == 2
    assert "there is no folder" in missing.stderr
    folder = run("digest", "--week", "2026-W26", "-o", str(tmp_path))
    assert folder.exit_code == 2
    assert run("digest", "--week", "2026-W26").exit_code == 0


def test_a_full_disk_leaves_the_old_file_and_nothing_recorded(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    page.write_text("the old one")

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    failed = run("digest", "--week", "2026-W26", "-o", str(page), "-f", "html")
    assert failed.exit_code == 1
    assert "No space left" in failed.stderr
    monkeypatch.undo()
    assert page.read_text() == "the old one"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []
    with Assistant.open(home=str(home)) as assistant:
        assert assistant.library.memory.sent() == {}


@pytest.mark.parametrize("form", ["text", "md", "html", "json", "atom"])
def test_every_form_goes_into_a_file_whole(home: Path, tmp_path: Path, form: str) -> None:
    file = tmp_path / "digest"
    done = run("digest", "--week", "2026-W26", "-f", form, "-o", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    said = file.read_text()
    assert "Dancing bees of Ulm" in said
    assert file.stat().st_mode & 0o444
    if form == "json":
        read = json.loads(said)
        assert (read["schema"], read["label"], read["papers_considered"]) == ("digest/1", "2026-W26", 14)
        assert read["themes"][0]["entries"][0]["tldr"]["verdict"] == "supported"
    if form == "atom":
        assert len(ElementTree.fromstring(said)) > 14


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--week", "yesterday"), "is not a week"),
        (("--week", "2999-W01"), "in the future"),
        (("--week", "2026-W26", "--since", "2026-06-01"), "a week has its own"),
        (("--since", "2026-07-01", "--until", "2026-06-01"), "no day is both"),
        (("--since", "2999-01-01"), "2999-01-01"),
        (("--since", "last tuesday"), "is not a day"),
    ],
)
def test_periods_that_are_none_are_wrong_usage(home: Path, words: tuple[str, ...], said: str) -> None:
    done = run("digest", *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""


def test_topics_are_added_listed_tried_and_taken_out(home: Path) -> None:
    assert "No topics are saved" in run("topics", "list").stdout
    added = run("topics", "add", "Bees", "--query", "dancing bees", "--category", "cs.LG")
    assert (added.exit_code, added.stdout) == (0, "")
    assert 'Bees · dancing bees category:"cs.LG"' in run("topics", "list").stdout
    assert json.loads(run("topics", "list", "-f", "json").stdout)["topics"][0]["name"] == "Bees"
    assert run("topics", "add", "bees").exit_code == 2
    tried = run("topics", "test", "Bees")
    assert tried.exit_code == 3
    assert "0 papers of the last 30 days" in tried.stdout
    assert run("topics", "rm", "bees").exit_code == 0
    assert run("topics", "rm", "bees").exit_code == 2


def test_a_topic_is_summarized_with_its_coverage(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))
    done = run("summarize", "test-time", "compute", "scaling", "--papers", "8", "--library", "sample")
    assert done.exit_code == 0
    assert "60 papers considered · 8 cited · 52 left out" in done.stdout
    read = json.loads(run("summarize", "test-time compute", "--papers", "3", "-l", "sample", "-f", "json").stdout)
    assert (read["schema"], len(read["citations"]), len(read["rows"])) == ("summarize/1", 3, 3)
    nothing = run("summarize", "sourdough bread hydration", "--library", "sample")
    assert nothing.exit_code == 3
    assert "No summary" in nothing.stdout


def test_a_trend_is_counted_and_drawn(home: Path, tmp_path: Path) -> None:
    done = run("trends", "bees", "dance", "--by", "week")
    assert done.exit_code == 0
    assert "2026-W25  3 of 3" in done.stdout
    assert "no dated paper mentions it" in run("trends", "volcano").stdout
    assert "2026-W26 5 of 14" in done.stdout
    assert run("trends", "volcano").exit_code == 3
    assert run("trends", "the").exit_code == 2
    file = tmp_path / "trend.html"
    assert run("trends", "bees", "-f", "html", "-o", str(file)).exit_code == 0
    assert "<svg" in file.read_text()


def test_a_digest_of_what_was_just_read_needs_no_days(home: Path, tmp_path: Path) -> None:
    (tmp_path / "undated.jsonl").write_text(record("Undated bees", BEES.format("no year"), None))
    assert run("ingest", str(tmp_path / "undated.jsonl")).exit_code == 0
    assert "Undated bees" in run("digest").stdout
