"""A dry run shows what would be sent, what it costs at most, and sends nothing."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant.app import Assistant
from assistant.cli import app
from assistant.errors import UsageError
from tests.server import Server, completion

QUESTION = "how does CSKV reduce KV cache memory?"
KEY = "sk-secret-0123456789"


@pytest.fixture
def dry(sample_home: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A server that the settings name, with a key and a password."""
    server.replies = [completion("It is so [1].")]
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))
    monkeypatch.setenv("OPENAI_BASE_URL", server.url_with("me:hunter2"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ASSISTANT_MODEL", "m")
    return server


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ("ask", *words, "--library", "sample", "--dry-run"))


@pytest.mark.parametrize("form", ["text", "md", "json"])
@pytest.mark.parametrize("more", [(), ("--rerank", "model")])
def test_nothing_is_sent_and_nothing_secret_is_shown(dry: Server, form: str, more: tuple[str, ...]) -> None:
    done = run(QUESTION, "--format", form, *more)
    assert done.exit_code == 0
    assert dry.asked == []
    assert "CSKV: Training-Efficient Channel Shrinking" in done.stdout
    assert "You answer questions about research papers." in done.stdout
    assert not any(secret in done.stdout + done.stderr for secret in (KEY, "hunter2"))


def test_what_is_shown_is_what_is_sent_then(dry: Server) -> None:
    shown = json.loads(run(QUESTION, "-k", "3", "--format", "json").stdout)
    (exchange,) = shown["exchanges"]
    CliRunner().invoke(app, ["ask", QUESTION, "-k", "3", "--library", "sample", "--no-cache"])
    (body,) = dry.bodies
    assert [message["content"] for message in body["messages"]] == [exchange["system"], exchange["prompt"]]
    assert body["max_tokens"] == exchange["completion_tokens"] == shown["completion_tokens"]
    assert (shown["schema"], shown["model"], shown["address"]) == ("dry-run/1", "m", dry.url)
    assert [paper["n"] for paper in exchange["passages"]] == [1, 2, 3]
    assert (shown["price"], shown["cost"]) == (None, None)


def test_a_reranking_is_part_of_it(dry: Server) -> None:
    plain = json.loads(run(QUESTION, "--format", "json").stdout)
    shown = json.loads(run(QUESTION, "--rerank", "model", "--format", "json").stdout)
    assert [len(one["passages"]) for one in shown["exchanges"]] == [20, 20, 20, 10]
    assert shown["exchanges"][-1]["prompt"] == plain["exchanges"][-1]["prompt"]
    assert shown["prompt_tokens"] == sum(one["prompt_tokens"] for one in shown["exchanges"])


def test_that_the_judge_is_not_part_of_it_is_told(dry: Server) -> None:
    assert "the judge's requests are not counted" in run(QUESTION, "--judge").stderr
    assert "judge" not in run(QUESTION).stderr


def test_a_price_makes_a_cost(dry: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "price: ?" in run(QUESTION).stdout
    monkeypatch.setenv("ASSISTANT_PRICE", "1/2")
    shown = json.loads(run(QUESTION, "--format", "json").stdout)
    assert shown["cost"] == pytest.approx((shown["prompt_tokens"] + 2 * shown["completion_tokens"]) / 1e6)
    assert "($1/$2 per million, your price)" in run(QUESTION).stdout
    monkeypatch.delenv("ASSISTANT_PRICE")
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert "list price of 20" in run(QUESTION, "--model", "gpt-4o-mini").stdout


def test_without_a_model_it_says_that_nothing_would_be_sent(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))
    done = run(QUESTION)
    assert done.stdout.startswith("no model is chosen, so that nothing would be sent")
    assert f"Question: {QUESTION}" in done.stdout


def test_a_question_that_the_gate_stops_would_send_nothing(dry: Server) -> None:
    done = run("Who won the 2022 FIFA men's World Cup?")
    assert done.exit_code == 3
    assert done.stdout.startswith("Nothing would be sent: ")
    assert json.loads(run("Who won the 2022 FIFA men's World Cup?", "-f", "json").stdout)["exchanges"] == []


def test_papers_that_are_found_by_asking_an_endpoint_are_not_looked_for(dry: Server) -> None:
    with pytest.raises(UsageError, match="the question is sent to openai:e"):
        Assistant.open(embedder="openai:e").rehearse(QUESTION)
    with pytest.raises(UsageError, match="the question is sent to openai:r"):
        Assistant.open(rerank="openai:r").rehearse(QUESTION)
    assert dry.asked == []
