"""Embedders behind an OpenAI-compatible API, against a server on loopback."""

import json
from pathlib import Path

import numpy as np
import pytest

from assistant import embedders
from assistant.app import Assistant
from assistant.embedders import hosted, load
from assistant.embedders.hosted import HostedEmbedder
from assistant.endpoint import Endpoint
from assistant.errors import EmbedderError, EmbedderMismatch
from assistant.text import count_tokens
from tests.server import Reply, Server, embedded, failure, vectors


@pytest.fixture
def embedder(server: Server) -> HostedEmbedder:
    server.replies = [embedded]
    return HostedEmbedder("openai:m", "m", server.endpoint())


def test_vectors_come_in_the_order_of_the_texts_and_with_length_one(embedder: HostedEmbedder, server: Server) -> None:
    found = embedder.embed(["eee", "a much longer text"])
    assert found == pytest.approx(np.array([[3, 3, 1] / np.sqrt(19), [18, 2, 1] / np.sqrt(329)]), abs=1e-6)
    assert server.bodies == [{"input": ["eee", "a much longer text"], "model": "m", "encoding_format": "float"}]


def test_the_dimension_is_learned_from_the_first_reply(embedder: HostedEmbedder, server: Server) -> None:
    assert embedder.embed(["one text"]).shape == (1, 3)
    assert embedder.dimension == 3
    assert embedder.embed([]).shape == (0, 3)
    assert len(server.bodies) == 1


def test_many_texts_are_several_requests_and_long_ones_are_cut(embedder: HostedEmbedder, server: Server) -> None:
    assert len(embedder.embed([f"text {n}" for n in range(300)])) == 300
    assert [len(body["input"]) for body in server.bodies] == [128, 128, 44]
    server.bodies.clear()
    embedder.embed(["word " * 9_000] * 40)
    assert all(count_tokens(text) <= hosted.INPUT_TOKENS for body in server.bodies for text in body["input"])
    sizes = [sum(map(count_tokens, body["input"])) for body in server.bodies]
    assert len(sizes) == 2
    assert max(sizes) <= hosted.REQUEST_TOKENS


def test_an_empty_text_is_not_sent_as_such(embedder: HostedEmbedder, server: Server) -> None:
    assert embedder.embed(["", "  "]).shape == (2, 3)
    assert all(text.strip() for text in server.bodies[0]["input"])


def test_a_busy_server_is_asked_again(embedder: HostedEmbedder, server: Server) -> None:
    server.replies = [failure(429, "slow down"), failure(500, "restarting"), embedded]
    assert embedder.embed(["text"]).shape == (1, 3)


def test_the_fingerprint_is_of_the_model_wherever_it_runs(embedder: HostedEmbedder) -> None:
    elsewhere = load("openai:m", endpoint=Endpoint(base_url="http://other/v1", api_key=None, timeout_s=1))
    assert elsewhere.fingerprint == embedder.fingerprint == embedders.fingerprint("openai:m")
    assert embedders.fingerprint("openai:n") != embedder.fingerprint


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (failure(404, "not found"), "has no model “m” or no such address"),
        (failure(401, "bad key"), "refused the API key"),
        (failure(400, "maximum context length is 512 tokens"), "too long for m"),
        ((200, "text/html", b"<html>Welcome</html>"), "not embeddings"),
        ((200, "application/json", b"{broken"), "not embeddings"),
        ((200, "application/json", b'{"data": null}'), "0 vectors for 2 texts"),
        (vectors([[1.0, 2.0]]), "1 vectors for 2 texts"),
        (vectors([[1.0]] * 3), "3 vectors for 2 texts"),
        (vectors([[1.0], []]), "without numbers"),
        (vectors([[1.0], "text"]), "not embeddings"),
        (vectors([[1.0], {"a": 1}]), "not embeddings"),
        (vectors([[1.0], [None]]), "not embeddings"),
        (vectors([[1.0], [1.0, 2.0]]), "not of 1 finite numbers"),
        (vectors([[1.0], [float("nan")]]), "not of 1 finite numbers"),
    ],
)
def test_every_failure_is_one_clear_embedder_error(
    embedder: HostedEmbedder, server: Server, reply: Reply, said: str
) -> None:
    server.replies = [reply]
    with pytest.raises(EmbedderError, match=said) as caught:
        embedder.embed(["one", "two"])
    assert str(caught.value).startswith("openai:m: ")
    assert caught.value.hint
    assert "sk-secret-0123" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    assert "\n" not in str(caught.value)


# ---- in a library


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    lines = [json.dumps({"title": f"Paper {n}", "abstract": f"Abstract {'e' * n} of caches."}) for n in range(5)]
    (tmp_path / "papers.jsonl").write_text("\n".join(lines))
    return tmp_path / "papers.jsonl"


def opened(tmp_path: Path, server: Server) -> Assistant:
    return Assistant.open(embedder="openai:m", base_url=server.url, library=None, home=str(tmp_path / "home"))


def test_an_ingest_that_fails_keeps_what_was_embedded_and_the_next_embeds_the_rest(
    papers: Path, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library.indexing.BATCH", 2)
    server.replies = [embedded, embedded, failure(500, "out of memory")]
    with opened(tmp_path, server) as assistant, pytest.raises(EmbedderError, match="out of memory"):
        assistant.ingest(papers)
    server.bodies.clear()
    server.replies = [embedded]
    with opened(tmp_path, server) as assistant:
        assert assistant.ingest(papers).indexed == 1
        sent = [text for body in server.bodies for text in body["input"] if text != "dimension"]
        assert sent == ["Paper 4. Abstract eeee of caches."]
        assert len(assistant.search("caches", k=10)) == 5


def test_a_model_whose_vectors_have_another_length_now_is_told_and_reindex_mends_it(
    papers: Path, tmp_path: Path, server: Server
) -> None:
    server.replies = [embedded]
    with opened(tmp_path, server) as assistant:
        assistant.ingest(papers)
    server.replies = [lambda body: vectors([1.0, 2.0, 3.0, float(len(text))] for text in body["input"])]
    with opened(tmp_path, server) as assistant:
        with pytest.raises(EmbedderMismatch, match="have 3 numbers, those of “openai:m” have 4 now"):
            assistant.search("caches")
        papers.write_text('{"title": "Another", "abstract": "One more."}')
        with pytest.raises(EmbedderMismatch, match="have 4 now") as error:
            assistant.ingest(papers)
        assert "assistant reindex" in error.value.hint
        assert assistant.reindex() == 6
        assert len(assistant.search("caches", k=10)) == 6


def test_nothing_is_sent_for_an_embedder_that_was_not_named(papers: Path, tmp_path: Path, server: Server) -> None:
    with Assistant.open(base_url=server.url, api_key="sk-secret-0123", home=str(tmp_path / "home")) as assistant:
        assistant.ingest(papers)
        assert assistant.search("caches")
    assert server.bodies == []


def test_doctor_says_whether_the_embedder_answers_and_of_which_dimension(
    papers: Path, tmp_path: Path, server: Server
) -> None:
    server.replies = [embedded]
    with opened(tmp_path, server) as assistant:
        assistant.ingest(papers)
        found = {finding.what: finding for finding in assistant.doctor()}
    assert (found["embedder"].level, found["embedder"].detail.split(",")[:2]) == ("ok", ["openai:m", " 3 dimensions"])
    server.replies = [failure(404, "no route")]
    with opened(tmp_path, server) as assistant:
        found = {finding.what: finding for finding in assistant.doctor()}
    assert found["embedder"].level == "fault"
    assert "/v1/embeddings" in found["embedder"].hint
