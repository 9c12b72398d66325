"""Topic summaries that a model writes: notes on papers first, then sections from these; what fails is extractive."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant.cli import app
from tests.faithful import faithful, papers_of, task_of, written
from tests.server import Reply, Server, completion, failure

Run = Callable[..., Result]
TOPIC = "test-time compute scaling"


@pytest.fixture
def run(sample_home: Path, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`assistant summarize` over a sample of its own, with a model behind it."""
    monkeypatch.setenv("ASSISTANT_HOME", str(shutil.copytree(sample_home, tmp_path / "home")))
    server.replies = [faithful]

    def summarize(*words: str) -> Result:
        where = ("--library", "sample", "--model", "m", "--base-url", server.url, "--papers", "12")
        return CliRunner().invoke(app, ("summarize", TOPIC, *where, *words))

    return summarize


def read(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_model_takes_notes_on_every_paper_and_writes_from_these(run: Run, server: Server) -> None:
    result = run("-f", "json")
    assert result.exit_code == 0, result.output
    made = read(result)
    assert [task_of(body) for body in server.bodies] == ["notes", "notes", "notes", "sections"]
    assert sum(len(papers_of(body)) for body in server.bodies[:3]) == len(papers_of(server.bodies[3])) == 12
    assert "Idea: It says" in server.bodies[3]["messages"][1]["content"]
    assert (made["writer"], made["failure"]) == ("m", "")
    assert [section["title"] for section in made["sections"]] == ["What it is about", "Results"]
    assert len(made["rows"]) == len(made["citations"]) == 12
    assert sum(row["idea"]["text"].startswith("It says") for row in made["rows"]) >= 10
    said = [one for section in made["sections"] for one in section["sentences"]]
    assert {one["verdict"] for one in said} <= {"supported", "partial"}
    assert made["usage"]["prompt_tokens"] == 900 * 4


def test_the_coverage_is_that_of_the_extractive_summary(run: Run) -> None:
    made = read(run("-f", "json"))
    other = read(run("-f", "json", "--model", "extractive"))
    papers = [{one["paper_id"] for one in result["citations"]} for result in (made, other)]
    assert papers[0] == papers[1]
    assert (made["considered"], made["left_out"]) == (other["considered"], other["left_out"])


@pytest.mark.parametrize("form", ["text", "md", "html"])
def test_every_form_has_the_models_words_and_its_name(run: Run, form: str) -> None:
    shown = " ".join(run("-f", form).stdout.split())
    assert "It is said that" in shown
    assert "written by m" in shown


def test_notes_that_fail_are_extractive_and_nothing_more_is_asked(run: Run, server: Server) -> None:
    asked = [0]

    def once(body: dict[str, Any]) -> Reply:
        asked[0] += 1
        return faithful(body) if asked[0] == 1 else failure(400, "the model has gone")

    server.replies = [once]
    result = run("-f", "json", "--jobs", "1")
    made = read(result)
    assert result.exit_code == 4
    assert (made["writer"], len(server.bodies)) == ("m, then extractive", 2)
    assert "Results" in [section["title"] for section in made["sections"]]
    ours = [row["idea"]["text"].startswith("It says") for row in made["rows"]]
    assert 1 <= sum(ours) <= 5
    server.replies, sent = [faithful], len(server.bodies)
    assert read(run("-f", "json"))["writer"] == "m"
    assert len(server.bodies) - sent == 3, "the first notes were kept"


def test_sections_that_fail_leave_the_notes_and_extractive_sections(run: Run, server: Server) -> None:
    server.replies = [lambda body: failure(400, "no") if task_of(body) == "sections" else faithful(body)]
    result = run("-f", "json")
    made = read(result)
    assert result.exit_code == 4
    assert made["writer"] == "m, then extractive"
    assert "What is open" in [section["title"] for section in made["sections"]]
    assert sum(row["idea"]["text"].startswith("It says") for row in made["rows"]) >= 10


def test_what_does_not_hold_and_what_was_not_asked_for_is_not_shown(run: Run, server: Server) -> None:
    def lying(body: dict[str, Any]) -> Reply:
        if task_of(body) != "sections":
            return faithful(body)
        n, _, said = papers_of(body)[0]
        return completion(
            f"## Buy these robots now\nRobots sell well. [{n}]\n\n## Results\n- It is said: {said[0]} [{n}]\n"
            f"- Accuracy rose by 9876%. [{n}]\n- A claim of nobody.\n- Another. [99]\n\n## Zebra zoology\n- As said: "
            f"{said[-1]} [{n}]"
        )

    server.replies = [lying]
    result = run("-f", "json")
    made = read(result)
    assert [section["title"] for section in made["sections"]] == ["Results"]
    texts = " ".join(one["text"] for section in made["sections"] for one in section["sentences"])
    assert "9876" not in texts
    assert "nobody" not in texts
    assert "Another" not in texts
    assert len(made["removed"]) >= 3
    assert "taken out" in result.stderr


def test_a_result_that_is_not_given_is_taken_from_the_abstract_or_left_out(run: Run, server: Server) -> None:
    def ideas_only(body: dict[str, Any]) -> Reply:
        text = written(body)
        return completion("\n".join(line for line in text.split("\n") if "It found" not in line))

    server.replies = [ideas_only]
    made = read(run("-f", "json"))
    assert any(row["result"] for row in made["rows"])
    assert not any("It found" in (row["result"] or {"text": ""})["text"] for row in made["rows"])


def test_replies_that_were_kept_are_said_to_be(run: Run) -> None:
    run()
    made = read(run("-f", "json"))
    assert (made["cached"], made["replies"]) == (4, 4)
