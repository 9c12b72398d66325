"""Reranking as part of `search` and `ask`, on the sample library, with a server on loopback for the model."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant.app import Assistant
from assistant.cli import app
from tests.server import Reply, Server, completion, failure

QUESTION = "which papers reduce KV cache memory?"
TINY = f"onnx:{Path(__file__).parent.parent / 'tiny_onnx'}"


@pytest.fixture
def run(sample_home: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))

    def invoked(*words: str) -> Result:
        return CliRunner().invoke(app, [*words, "--library", "sample", "-m", "m", "--base-url", server.url])

    return invoked


def reversed_order(body: dict[str, Any]) -> Reply:
    """The abstracts in the opposite order; to a prompt for an answer, one that quotes the first abstract."""
    prompt = body["messages"][1]["content"]
    if "Order these" in prompt:
        count = len(re.findall(r"^=\w+ \[\d+\]$", prompt, re.MULTILINE))
        return completion(" > ".join(f"[{n}]" for n in range(count, 0, -1)))
    first = re.search(r"^=\w+ (\[\d+\])\n(?:.*\n)*?Abstract: (.*)$", prompt, re.MULTILINE)
    assert first is not None
    return completion(f"- {first[2].split('. ')[0]} {first[1]}.")


def ids(done: Result) -> list[str]:
    return [found["paper_id"] for found in json.loads(done.stdout)["results"]]


def test_search_gives_the_models_order_with_the_searchs_scores(run: Any, server: Server) -> None:
    server.replies = [reversed_order]
    plain = run("search", QUESTION, "-f", "json", "-k", "40")
    found = run("search", QUESTION, "-f", "json", "-k", "5", "--rerank", "model")
    assert (found.exit_code, len(server.bodies)) == (0, 3)
    assert len(ids(found)) == 5
    assert set(ids(found)) <= set(ids(plain))
    assert ids(found) != ids(plain)[:5]
    scores = {one["paper_id"]: one["score"] for one in json.loads(plain.stdout)["results"]}
    assert all(one["score"] == scores[one["paper_id"]] for one in json.loads(found.stdout)["results"])


def test_search_without_the_model_keeps_its_order_says_so_and_exits_with_4(run: Any, server: Server) -> None:
    server.replies = [failure(500, "out of memory")]
    plain = run("search", QUESTION, "-f", "json", "-k", "5")
    found = run("search", QUESTION, "-f", "json", "-k", "5", "--rerank", "model")
    assert (plain.exit_code, found.exit_code) == (0, 4)
    assert ids(found) == ids(plain)
    assert "out of memory" in json.loads(found.stdout)["failure"]
    assert "the model did not rerank" in found.stderr
    assert "search's own order" in found.stderr


def test_ask_writes_from_the_reranked_papers(run: Any, server: Server) -> None:
    server.replies = [reversed_order]
    plain, found = (
        json.loads(run("ask", QUESTION, "-f", "json", "-k", "3", *words).stdout)
        for words in ((), ("--rerank", "model"))
    )
    assert plain["writer"] == found["writer"] == "m"
    assert found["failure"] == ""
    assert plain["citations"][0]["paper_id"] != found["citations"][0]["paper_id"]


def test_ask_whose_reranking_fails_answers_all_the_same_and_exits_with_4(run: Any, server: Server) -> None:
    server.replies = [completion("I would rather not."), reversed_order]
    done = run("ask", QUESTION, "-f", "json", "--rerank", "model")
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["writer"], answer["status"]) == (4, "m", "answered")
    assert "sent no ranking" in answer["failure"]
    assert "the model did not rerank" in done.stderr
    assert "extractive instead" not in done.stderr


def test_nothing_is_asked_of_the_model_where_there_is_no_evidence(run: Any, server: Server) -> None:
    done = run("ask", "Who won the 2022 FIFA men's World Cup?", "--rerank", "model")
    assert (done.exit_code, server.bodies) == (3, [])


def test_reranking_by_a_model_without_one_is_wrong_usage(sample_home: Path) -> None:
    with Assistant.open("sample", home=str(sample_home), rerank="model") as assistant:
        found = {finding.what: finding for finding in assistant.doctor()}
    assert found["reranker"].level == "fault"
    assert "--model" in found["reranker"].hint


def test_an_embedder_orders_the_best_papers_anew(run: Any) -> None:
    plain = run("search", "cache attention graph", "-f", "json", "-k", "40")
    found = run("search", "cache attention graph", "-f", "json", "-k", "40", "--rerank", TINY)
    assert (found.exit_code, json.loads(found.stdout)["failure"]) == (0, "")
    assert sorted(ids(found)) == sorted(ids(plain))
    assert ids(found) != ids(plain)


def test_an_embedder_that_is_asked_over_http_and_fails_leaves_the_order_of_the_search(run: Any, server: Server) -> None:
    plain = run("search", QUESTION, "-f", "json", "-k", "5")
    server.replies = [failure(500, "out of memory")]
    found = run("search", QUESTION, "-f", "json", "-k", "5", "--rerank", "openai:nomic")
    assert (found.exit_code, ids(found)) == (4, ids(plain))
    assert "out of memory" in found.stderr
