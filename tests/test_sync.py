"""Syncs: what the configuration file follows, from where the last one that went well began."""

import json
from datetime import date as Date
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.errors import SettingsError
from assistant.services import Wanted
from tests.services.publisher import Asked, Publisher, Told, arxiv_of, as_json, ids
from tests.test_fetch import only


def following(*tables: str) -> Assistant:
    config = Path.cwd() / "config.toml"
    config.write_text("\n".join(f"[[sync]]\n{table}" for table in tables))
    return Assistant.open(notice=lambda text: None)


@pytest.fixture
def configured(publisher: Publisher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Publisher:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSISTANT_CONFIG", str(tmp_path / "config.toml"))
    return publisher


LG, DAILY = 'source = "arxiv"\ncategory = "cs.LG"', 'source = "hf-daily"'


def test_a_sync_fetches_what_is_followed_also_where_one_fails(configured: Publisher) -> None:
    def tell(asked: Asked) -> Told:
        return as_json([]) if asked.path == "/hf-daily" else Told(status=400)

    configured.tell = tell
    lg, days = following(LG, DAILY).sync().fetches
    assert (lg.failure, lg.source) == ("arXiv refused (400)", "arxiv")
    assert (days.failure, days.requests) == ("", 7)


def test_a_sync_begins_some_days_before_the_last_one_that_went_well(configured: Publisher) -> None:
    today, file = Date(2026, 6, 20), "fetched.json"

    def asked_since() -> str:
        with following(LG) as mine:
            assert not only(mine.sync()).failure
            return configured.asked[-1].query["search_query"].partition(":[")[2][:8]

    configured.tell = arxiv_of(ids(3))
    asked_since()
    (journal,) = Path(str(Assistant.open().folder)).glob(file)
    kept = json.loads(journal.read_text())
    assert list(kept["synced"]) == ["arxiv cs.LG"]
    kept["synced"]["arxiv cs.LG"] = f"{today}"
    journal.write_text(json.dumps(kept))
    assert asked_since() == "20260613"
    kept["synced"]["arxiv cs.LG"] = f"{today}"
    journal.write_text(json.dumps(kept))
    configured.tell = lambda asked: Told(status=500)
    with following(LG) as mine:
        assert only(mine.sync()).failure == "arXiv failed (500)"
    configured.tell = arxiv_of(ids(3))
    assert asked_since() == "20260613"


def test_a_fetch_of_other_days_is_no_sync(configured: Publisher) -> None:
    configured.tell = arxiv_of(ids(3))
    with following(LG) as mine:
        mine.fetch(Wanted("arxiv", category="cs.LG", since=Date(2015, 1, 1), until=Date(2015, 1, 2)))
        (before,) = mine.plan_sync()
        assert not (mine.folder / "fetched.json").exists()
        mine.sync()
        (after,) = mine.plan_sync()
    assert before.address != after.address


def test_a_sync_that_the_limit_cut_is_not_taken_as_done(configured: Publisher) -> None:
    configured.tell = arxiv_of(ids(30))
    with following(LG + "\nmax = 10") as mine:
        assert only(mine.sync()).capped
        assert not (mine.folder / "fetched.json").exists()


def test_the_first_sync_begins_where_the_table_says(configured: Publisher) -> None:
    (plan,) = following(LG + '\nsince = "2026-01-31"').plan_sync()
    assert "submittedDate:%5B202601310000" in plan.address
    assert configured.asked == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('source = "scholar"', "no papers can be fetched from “scholar”"),
        ('source = "arxiv"', "wants a category or a query"),
        (LG + '\nsince = "soon"', "“soon” is not a day"),
    ],
)
def test_a_table_that_cannot_be_asked_is_named(table: str, said: str, configured: Publisher) -> None:
    with pytest.raises(SettingsError, match=said) as wrong:
        following(DAILY, table).sync()
    assert str(wrong.value).startswith("[[sync]] ")
    assert configured.asked == []


def test_nothing_to_sync_is_said(configured: Publisher) -> None:
    with pytest.raises(SettingsError, match="nothing to sync"):
        following().sync()


def test_a_day_that_no_sync_began_on_is_not_gone_by(configured: Publisher) -> None:
    mine = following(LG, DAILY)
    fresh = [plan.address for plan in mine.plan_sync()]
    folder = Path(str(mine.settings.home)) / "libraries" / "default"
    folder.mkdir(parents=True)
    for day in ("0001-01-01", "1989-12-31", "9999-99-99", "x"):
        (folder / "fetched.json").write_text(json.dumps({"synced": {"hf-daily": day, "arxiv cs.LG": day}}))
        assert [plan.address for plan in mine.plan_sync()] == fresh


def test_days_to_come_are_not_synced(configured: Publisher) -> None:
    with pytest.raises(SettingsError, match="still to come"):
        following(LG + '\nsince = "2999-01-01"').plan_sync()
