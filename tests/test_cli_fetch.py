"""The commands fetch and sync, as a user types them."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant.cli import app
from tests.services.publisher import Asked, Publisher, Told, arxiv_of, as_json, daily, feed, ids

DAY = ("fetch", "hf-daily", "--date", "2026-06-12")


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSISTANT_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path / "config.toml"


def test_a_day_is_fetched_and_then_known(publisher: Publisher) -> None:
    publisher.told = [as_json(daily(*ids(30)))]
    first = run(*DAY)
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines() == ["hf-daily 2026-06-12: 30 new, 0 known", "The library holds 30 papers."]
    again = run(*DAY)
    assert again.stdout.splitlines()[0] == "hf-daily 2026-06-12: 0 new: all 30 known"
    assert run("show", "2606.00003").exit_code == 0


def test_days_ago_and_a_category_are_asked_of_arxiv(publisher: Publisher) -> None:
    publisher.tell = arxiv_of(ids(3))
    done = run("fetch", "arxiv", "--category", "cs.LG", "--since", "7d")
    assert done.exit_code == 0, done.output
    assert re.fullmatch(
        r"cat:cs\.LG AND submittedDate:\[\d{8}0000 TO \d{8}2359\]", publisher.asked[0].query["search_query"]
    )
    assert re.match(r"arxiv cs\.LG since \d{4}-\d\d-\d\d: 3 new, 0 known\n", done.stdout)


def test_a_weekend_without_papers_is_no_failure(publisher: Publisher) -> None:
    publisher.told = [as_json([])]
    done = run("fetch", "hf-daily", "--since", "2026-06-13", "--until", "2026-06-14")
    assert (done.exit_code, done.stdout) == (
        0,
        "hf-daily since 2026-06-13 until 2026-06-14: 0 new: weekend, feed empty\n",
    )


def test_the_limit_is_said_where_it_is_reached(publisher: Publisher) -> None:
    publisher.tell = arxiv_of(ids(300))
    done = run("fetch", "arxiv", "--query", "bees", "--max", "5")
    assert done.stdout.startswith(
        "arxiv “bees”: 5 new, 0 known; stopped at the limit, after 5 of 300 records: --max sets it"
    )


def test_a_dry_run_says_what_would_be_asked_and_sends_nothing(publisher: Publisher, tmp_path: Path) -> None:
    done = run("fetch", "s2", "--query", "bees", "--since", "2026-06", "--dry-run")
    assert done.exit_code == 0, done.output
    assert f"GET {publisher.url}/s2?query=bees&fields=title,abstract," in done.stdout
    assert "publicationDateOrYear=2026-06-01:" in done.stdout
    assert "a page every 1 s, to the end or to 5,000 records" in done.stdout
    assert publisher.asked == []
    assert not (tmp_path / "home").exists()


def test_a_service_that_fails_is_one_line_and_exit_status_1(publisher: Publisher) -> None:
    tell = arxiv_of(ids(300))
    publisher.tell = lambda asked: tell(asked) if asked.query["start"] == "0" else Told(status=503)
    done = run("fetch", "arxiv", "--category", "cs.LG")
    assert done.exit_code == 1
    assert done.stdout.splitlines() == ["arxiv cs.LG: 200 new, 0 known", "The library holds 200 papers."]
    assert done.stderr.splitlines()[-2:] == [
        "error: arxiv cs.LG: arXiv failed (503)",
        "       200 records were read and are kept; the same command goes on after them.",
    ]
    publisher.tell = tell
    assert "The library holds 300 papers." in run("fetch", "arxiv", "--category", "cs.LG").stdout


def test_what_cannot_be_asked_is_wrong_usage(publisher: Publisher) -> None:
    for words in (
        ("fetch", "arxiv"),
        ("fetch", "s2"),
        ("fetch", "hf-daily"),
        ("fetch", "hf-daily", "--date", "2026-06-12", "--until", "2026-06-01"),
        ("fetch", "arxiv", "--query", "bees", "--max", "0"),
        ("sync",),
    ):
        done = run(*words)
        assert done.exit_code == 2, words
        assert "Traceback" not in done.output
    assert publisher.asked == []


def test_what_a_service_says_does_not_reach_the_terminal_as_it_is(publisher: Publisher) -> None:
    publisher.told = [as_json({"error": "no\x1b[2J\nerror: all is lost"}, status=400)]
    done = run(*DAY)
    assert "\x1b" not in done.output
    assert sum(line.startswith("error:") for line in done.stderr.splitlines()) == 1


def test_json_has_what_came_and_what_would_be_asked(publisher: Publisher) -> None:
    publisher.told = [feed(ids(2), total=2)]
    done = json.loads(run("fetch", "arxiv", "--query", "bees", "--format", "json").stdout)
    assert (done["schema"], done["papers"], done["fetches"][0]["pages"][0]["new"]) == ("fetch/1", 2, 2)
    plan = json.loads(run("fetch", "arxiv", "--query", "bees", "--dry-run", "--format", "json").stdout)
    assert (plan["schema"], plan["plans"][0]["most"]) == ("fetch-plan/1", 5_000)


def test_a_sync_says_for_each_what_came_and_goes_on_after_a_failure(publisher: Publisher, config: Path) -> None:
    config.write_text(
        '[[sync]]\nsource = "arxiv"\ncategory = "cs.LG"\n\n[[sync]]\nsource = "hf-daily"\n\n'
        '[[sync]]\nsource = "arxiv"\nquery = "bees"\n'
    )

    def tell(asked: Asked) -> Told:
        if asked.path == "/hf-daily":
            return as_json([])
        return Told(status=500) if "cs.LG" in asked.query["search_query"] else feed(ids(2), total=2)

    publisher.tell = tell
    done = run("sync")
    assert done.exit_code == 1
    lines = [re.sub(r" since [\d-]+", "", line) for line in done.stdout.splitlines()]
    assert lines == ["hf-daily: 0 new: feed empty", "arxiv “bees”: 2 new, 0 known", "The library holds 2 papers."]
    assert [line for line in done.stderr.splitlines() if line.startswith("error")] == [
        re.search(r"error: arxiv cs\.LG since [\d-]+: arXiv failed \(500\)", done.stderr)[0]  # type: ignore[index]
    ]
    publisher.tell = lambda asked: as_json([]) if asked.path == "/hf-daily" else feed([], total=0)
    assert run("sync").exit_code == 0
    assert run("sync", "--dry-run").stdout.count("GET ") == 3


def test_fetching_is_in_the_help_without_loading_what_it_needs(publisher: Publisher) -> None:
    said = run("fetch", "--help").stdout
    assert all(name in said for name in ("arxiv", "arxiv-oai", "hf-daily", "s2", "openalex"))
