"""The command line with a model behind it: what is kept, what it costs, what stops it, what an interrupt leaves."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant.app import Assistant
from assistant.cli import app
from assistant.errors import BudgetError
from tests.conftest import ROOT
from tests.server import Reply, Server, completion, failure, stream

QUESTION = "how does CSKV reduce KV cache memory?"
TEXT = "CSKV can reduce the memory overhead of the KV cache by 80% [1]."
USAGE = {"prompt_tokens": 4_000, "completion_tokens": 30}
KEY = "sk-secret-0123456789"


@pytest.fixture
def home(sample_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a sample of its own, to keep replies in."""
    copy = Path(shutil.copytree(sample_home, tmp_path / "sample-home"))
    monkeypatch.setenv("ASSISTANT_HOME", str(copy))
    return copy


@pytest.fixture
def ask(home: Path, server: Server) -> Callable[..., Result]:
    def run(*words: str) -> Result:
        where = ("--library", "sample", "--model", "m", "--base-url", server.url)
        return CliRunner().invoke(app, ("ask", QUESTION, *where, *words))

    server.replies = [completion(TEXT, usage=USAGE)]
    return run


def test_an_answer_is_kept_and_says_so_the_next_time(ask: Callable[..., Result], server: Server) -> None:
    first, again = json.loads(ask("-f", "json").stdout), json.loads(ask("-f", "json").stdout)
    assert len(server.bodies) == 1
    assert (first["cached"], first["cached_on"], again["cached"]) == (False, None, True)
    assert len(again["cached_on"]) == 10
    assert again["sentences"] == first["sentences"]
    assert (first["usage"]["prompt_tokens"], again["usage"]["prompt_tokens"], again["usage"]["cost"]) == (4_000, 0, 0)
    assert f"from the cache of {again['cached_on']}" in ask().stdout.splitlines()[-1]
    assert "4,000 + 30 tokens" in ask("--no-cache").stdout.splitlines()[-1]
    assert len(server.bodies) == 2


def test_a_kept_draft_goes_through_the_check_again(ask: Callable[..., Result], home: Path) -> None:
    ask()
    with Assistant.open("sample", home=str(home)) as assistant:
        catalog = assistant.library.folder / "catalog.sqlite3"
    code = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); "
        "db.execute(\"UPDATE replies SET text = 'CSKV reduces memory by 99% [1].'\"); db.commit()"
    )
    subprocess.run([sys.executable, "-c", code, str(catalog)], check=True)
    done = ask()
    assert "! not supported: says 99%" in done.stdout
    assert done.exit_code == 3


def test_another_library_state_that_changes_the_passages_asks_anew(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_MODEL", "m")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.replies = [completion("We reduce the KV cache memory by 80% [1].")]
    paper = {"title": "CSKV shrinks caches", "abstract": "We reduce the KV cache memory by 80%."}
    other = {"title": "Others shrink caches", "abstract": "Others reduce the KV cache memory by 9%."}

    def asked(*papers: dict[str, str]) -> int:
        (tmp_path / "papers.jsonl").write_text("\n".join(map(json.dumps, papers)))
        runner = CliRunner()
        assert runner.invoke(app, ["ingest", str(tmp_path / "papers.jsonl")]).exit_code == 0
        runner.invoke(app, ["ask", QUESTION])
        return len(server.bodies)

    assert [asked(paper), asked(paper), asked(paper, other), asked(paper, other)] == [1, 1, 2, 2]


def test_usage_and_cost_are_told_for_all_exchanges(
    ask: Callable[..., Result], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_PRICE", "1/10")
    assert ask().stdout.splitlines()[-1].count("4,000 + 30 tokens · about $0.0043") == 1
    reranked = json.loads(ask("--rerank", "model", "--no-cache", "-f", "json").stdout)["usage"]
    assert len(server.bodies) == 1 + 4
    assert reranked == {"prompt_tokens": 16_000, "completion_tokens": 120, "estimated": False, "cost": 0.0172}


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (("--max-tokens-total", "1000"), "1,000 are allowed, and 0 were used"),
        (("--max-cost", "0.001"), "$0.0010 is allowed, and $0.0000 was spent"),
    ],
)
def test_a_limit_stops_before_sending(
    ask: Callable[..., Result], server: Server, limit: tuple[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_PRICE", "1/10")
    done = ask(*limit)
    assert (done.exit_code, done.stdout, server.asked) == (1, "", [])
    assert said in done.stderr
    assert ask(limit[0], "100000").exit_code == 0


def test_a_limit_holds_for_all_that_one_assistant_asks(home: Path, server: Server) -> None:
    server.replies = [completion(TEXT, usage=USAGE)]
    with Assistant.open(
        "sample", home=str(home), model="m", base_url=server.url, max_tokens_total=12_000, cache="off"
    ) as assistant:
        for _ in range(2):
            usage = assistant.ask(QUESTION).usage
            assert usage is not None
            assert usage.prompt_tokens == 4_000  # of this question, not of all
        with pytest.raises(BudgetError):
            assistant.ask(QUESTION)
    assert len(server.bodies) == 2


@pytest.mark.parametrize("words", [("--max-cost", "dear"), ("--max-tokens-total", "0"), ("--max-cost", "-1")])
def test_a_limit_that_is_none_is_wrong_usage(ask: Callable[..., Result], words: tuple[str, str]) -> None:
    assert ask(*words).exit_code == 2


@pytest.mark.parametrize("reply", [completion(f"The key is {KEY} [1]."), failure(401, f"bad key {KEY}")])
def test_secrets_reach_neither_output_nor_cache(
    home: Path, server: Server, reply: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.replies = [reply]
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ASSISTANT_MODEL", "m")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url_with("me:hunter2") + "?token=hunter3")
    for words in (("-f", "json"), ("-f", "md"), ("--max-tokens-total", "9"), ("--max-cost", "9"), ("--debug",)):
        done = CliRunner().invoke(app, ("ask", QUESTION, "--library", "sample", *words))
        assert not any(secret in done.stdout + done.stderr for secret in (KEY, "hunter2", "hunter3"))
    stored = b"".join(file.read_bytes() for file in home.rglob("catalog.sqlite3*"))
    assert not any(secret in stored for secret in (KEY.encode(), b"hunter2", b"hunter3"))


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_an_interrupt_shows_what_came_as_incomplete_and_exits_130(home: Path, server: Server) -> None:
    server.replies, server.headers = [stream(TEXT, " And more", finish=None)], {"Content-Length": "1000000"}
    server.held = threading.Event()
    words = ("ask", QUESTION, "--library", "sample", "--model", "m", "--base-url", server.url)
    code = (  # a worker of the tests ignores the signal, and what it starts does too
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from assistant.cli import main; main()"
    )
    environment = os.environ | {"FORCE_COLOR": "1", "TERM": "xterm", "PYTHONPATH": str(ROOT), "COLUMNS": "400"}
    with subprocess.Popen(
        [sys.executable, "-c", code, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        seen = b""
        while b"And more" not in seen:  # the draft as it is written
            part = os.read(process.stderr.fileno(), 10_000)
            assert part, seen
            seen += part
        process.send_signal(signal.SIGINT)
        shown = process.stdout.read().decode()
        server.held.set()
        assert process.wait(60) == 130
    assert "CSKV can reduce the memory overhead of the KV cache by 80%." in shown
    assert "Incomplete: it was interrupted here." in shown
    assert "incomplete: interrupted while m wrote" in shown


def test_a_survey_whose_endpoint_fails_midway_says_so_and_ends_with_4(
    home: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_CONTEXT_TOKENS", "4000")
    server.replies = [completion(f"- {TEXT}", usage=USAGE), failure(401, "no such key")]
    where = ("--library", "sample", "--model", "m", "--base-url", server.url)
    done = CliRunner().invoke(app, ("ask", "which papers reduce KV cache memory?", *where))
    assert done.exit_code == 4
    assert "the model failed midway: " in done.stderr
    assert "The rest of the answer is extractive." in done.stderr
    assert "written by m, then extractive" in " ".join(done.stdout.split())
    assert "CSKV can reduce the memory overhead" in done.stdout
