"""How many papers mention something, over time."""

import json
from collections.abc import Iterator
from datetime import date

import pytest

from assistant import Assistant
from assistant.errors import UsageError
from assistant.papers import Filters
from assistant.trends import trend

TODAY = date(2026, 6, 30)
DAYS = ("2025-12-29", "2026-01-04", "2026-01-05", "2026-02-28", "2026-04-01")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("trends")
    rows = [
        {"title": f"Bees {n}", "abstract": f"A cache of honey, number {n}.", "date": day} for n, day in enumerate(DAYS)
    ]
    rows.append({"title": "Robots", "abstract": "A cache of oil.", "date": "2026-02-01"})
    rows.append({"title": "Undated bees", "abstract": "A cache of honey."})
    (folder / "papers.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with Assistant.open(home=str(folder / "home")) as assistant:
        assistant.ingest(folder / "papers.jsonl")
        yield assistant


def test_papers_are_counted_by_month_without_a_gap(library: Assistant) -> None:
    found = trend("honey cache", library=library.library, by="month", today=TODAY)
    counts = [(point.label, point.papers, point.total) for point in found.points]
    assert counts == [("2025-12", 1, 1), ("2026-01", 2, 2), ("2026-02", 1, 2), ("2026-03", 0, 0), ("2026-04", 1, 1)]
    assert found.papers == 5


def test_a_week_begins_on_monday_and_a_year_in_january(library: Assistant) -> None:
    weeks = trend("honey", library=library.library, by="week", today=TODAY).points
    assert [(point.label, point.papers) for point in weeks[:2]] == [("2026-W01", 2), ("2026-W02", 1)]
    years = trend("honey", library=library.library, by="year", today=TODAY).points
    assert [(point.label, point.papers) for point in years] == [("2025", 1), ("2026", 4)]


def test_every_word_must_be_there_and_conditions_hold(library: Assistant) -> None:
    assert trend("honey oil", library=library.library, by="year", today=TODAY).papers == 0
    assert trend('"cache of oil"', library=library.library, by="year", today=TODAY).papers == 1
    assert trend("cache -robots", library=library.library, by="year", today=TODAY).papers == 5
    some = trend("honey", library=library.library, by="month", today=TODAY, filters=Filters(since=date(2026, 2, 1)))
    assert [point.label for point in some.points] == ["2026-02", "2026-03", "2026-04"]
    assert [point.label for point in trend("oil", library=library.library, by="month", today=TODAY).points] == [
        "2026-02", "2026-03", "2026-04",
    ]  # fmt: skip
    assert trend("honey since:2030", library=library.library, by="month", today=TODAY).points == ()


def test_what_is_dated_in_the_future_is_not_counted(library: Assistant) -> None:
    early = trend("honey", library=library.library, by="month", today=date(2026, 1, 31))
    assert [point.label for point in early.points] == ["2025-12", "2026-01"]


@pytest.mark.parametrize("query", ["", "the of", "   "])
def test_nothing_to_count_is_wrong_usage(library: Assistant, query: str) -> None:
    with pytest.raises(UsageError):
        trend(query, library=library.library, by="week", today=TODAY)


def test_the_points_of_a_trend_follow_each_other(sample: Assistant) -> None:
    for by in ("week", "month", "year"):
        points = trend("attention", library=sample.library, by=by, today=TODAY).points
        assert [point.since for point in points] == sorted({point.since for point in points})
        assert sum(point.total for point in points) == len(
            [p for p in sample.list() if p.paper.date and p.paper.date >= points[0].since]
        )
