"""Model servers on this machine: found with one bare question each, and what they say is taken with care."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant import discovery
from assistant.cli import app
from assistant.discovery import Found, found
from tests.server import Server, failure, hinting, models


@pytest.fixture
def places(server: Server) -> list[tuple[str, int]]:
    return [("Ollama", server.server.server_port)]


def test_a_server_that_lists_models_is_found_beside_ports_where_nobody_is(
    server: Server, places: list[tuple[str, int]]
) -> None:
    server.replies = [models("nomic-embed-text", "qwen3:8b")]
    (one,) = found([("nobody", 9), *places])
    assert one == Found("Ollama", server.url, ("nomic-embed-text", "qwen3:8b"))
    assert one.commands == f"export OPENAI_BASE_URL={server.url}; export ASSISTANT_MODEL=qwen3:8b"


def test_it_is_one_bare_get_of_the_list(
    server: Server, places: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123456789")
    server.replies = [models("m")]
    assert found(places)
    ((path, headers),) = server.asked
    assert path == "/v1/models"
    assert server.bodies == [{}]
    assert not {"Authorization", "Cookie"} & headers.keys()
    assert "sk-secret" not in str(headers)


@pytest.mark.parametrize(
    "reply",
    [
        failure(401, "a key is wanted"),
        failure(404, "not found"),
        (200, "text/html", b"<html>It works!</html>"),
        (200, "application/json", b"{broken"),
        (200, "application/json", b"[" * 100_000),
        (200, "application/json", b"[1]"),
        (200, "application/json", b'{"data": 5}'),
        (200, "application/json", b'{"data": null}'),
        (200, "application/json", b"\xff\xfe"),
    ],
)
def test_who_is_no_model_server_is_none(
    server: Server, places: list[tuple[str, int]], reply: tuple[int, str, bytes]
) -> None:
    server.replies = [reply]
    assert found(places) == []


def test_a_redirect_is_not_followed(server: Server, places: list[tuple[str, int]]) -> None:
    server.replies = [(302, "text/plain", b""), models("m")]
    server.headers = {"Location": f"{server.url}/models"}
    assert found(places) == []
    assert len(server.asked) == 1


def test_names_that_could_do_harm_are_not_repeated(server: Server, places: list[tuple[str, int]]) -> None:
    server.replies = [models("x; rm -rf ~", "$(id)", "\x1b[2J", "-rf", "a\nb", 5, None, "ok", "m" * 500)]
    (one,) = found(places)
    assert one.models == ("ok",)
    server.replies = [models("`id`")]
    (nameless,) = found(places)
    assert nameless.commands.endswith("ASSISTANT_MODEL=NAME")


def test_a_reply_without_end_is_given_up(
    server: Server, places: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.bounds.MAX_BYTES", 10_000)
    server.replies = [models(*["m"] * 5_000)]
    assert found(places) == []


def test_a_server_that_never_comes_to_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.discovery.SECONDS", 0.1)
    with hinting() as url:
        assert found([("slow", int(url.rpartition(":")[2]))]) == []


@pytest.fixture
def looked(server: Server, sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Server:
    assert not discovery.LOCAL  # the tests look nowhere else
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))
    monkeypatch.setattr("assistant.discovery.LOCAL", [("Ollama", server.server.server_port)])
    server.replies = [models("qwen3:8b", "evil\x1b[2J")]
    return server


def test_doctor_says_how_to_use_what_it_found_and_does_not_use_it(looked: Server) -> None:
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 0
    assert f"note  local server: {looked.url} answers, where Ollama usually does, and offers qwen3:8b" in done.stdout
    assert f"export OPENAI_BASE_URL={looked.url}; export ASSISTANT_MODEL=qwen3:8b" in done.stdout
    assert "\x1b[2J" not in done.stdout
    findings = json.loads(CliRunner().invoke(app, ["doctor", "-f", "json"]).stdout)["findings"]
    assert [one["level"] for one in findings if one["what"] == "local server"] == ["note"]
    asked = CliRunner().invoke(app, ["ask", "which papers reduce KV cache memory?"])
    assert "extractive" in asked.stdout
    assert {path for path, _ in looked.asked} == {"/v1/models"}


@pytest.mark.parametrize("chosen", [{"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, {"ASSISTANT_MODEL": "extractive"}])
def test_who_has_chosen_is_not_looked_for_others(
    looked: Server, chosen: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in chosen.items():
        monkeypatch.setenv(name, value)
    assert "local server" not in CliRunner().invoke(app, ["doctor"]).stdout
    assert looked.asked == []
