from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sources import days


@pytest.mark.parametrize(
    ("text", "day"),
    [("2020-5-3", "2020-05-03"), ("2020/05/03/", "2020-05-03"), (" 2020.05.03", "2020-05-03")]
    + [("2020-05-03T18:59:59Z", "2020-05-03"), ("2020-05-03/2020-05-06", "2020-05-03")]
    + [(part, None) for part in ("2020", "2020-05", "2020/05//", "1948/07", "2020-05-", "2020 Spring", "2020 Jun", "")]
    + [(other, other) for other in ("May 2020", "20200503", "soon", "2020-05-033", "2020-2021", 2020, None)],
)
def test_a_day_is_a_whole_day_and_what_is_no_date_is_given_back(text: object, day: object) -> None:
    assert days.iso(text) == day


@pytest.mark.parametrize(
    ("parts", "day"),
    [
        ((2020, 3, 2), "2020-03-02"),
        (("2020", "03", "2"), "2020-03-02"),
        (("2020", "sept", "3"), "2020-09-03"),
        (("2020", "JUL 18"), "2020-07-18"),
        (("2020", "18 July"), "2020-07-18"),
        (("2020", "5", "1st"), "2020-05-01"),
    ],
)
def test_a_day_may_come_in_parts(parts: tuple[Any, ...], day: str) -> None:
    assert days.day(*parts) == day


@pytest.mark.parametrize(
    "parts",
    [("2020",), ("2020", "May"), ("2020", "JUL-AUG"), ("2020", "SPR"), ("", "may", "1"), ("2020", "may", "1-3")],
)
def test_parts_that_name_no_single_day_are_no_day(parts: tuple[Any, ...]) -> None:
    assert days.day(*parts) is None


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((2020, 13, 2), "2020-13-02"),
        (("2020", "5", "45"), "2020-05-45"),
        (("20", "5", "3"), "20-05-03"),
        ((2020, [], {}), "2020-0?-0?"),
        (("2020", "Hot", "2"), "2020-Hot-02"),
    ],
)
def test_what_is_no_part_of_a_date_stays_to_be_reported(parts: tuple[Any, ...], said: str) -> None:
    assert days.day(*parts) == said


@given(st.dates(), st.sampled_from(("%Y-%m-%d", "%Y/%m/%d", "%Y-%m-%dT00:00:00+01:00")))
def test_any_day_is_read_as_itself(date: Any, form: str) -> None:
    text = date.strftime(form).zfill(10 if len(form) < 10 else 25)  # years before 1000 have no zeros everywhere
    assert days.iso(text) == date.isoformat() == days.day(date.year, date.month, date.day)
