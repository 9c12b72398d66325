"""The days a digest covers."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.periods import Period, covered, period, week

TODAY = date(2026, 6, 30)


def test_a_week_is_monday_to_sunday() -> None:
    found = week("2026-W26")
    assert (found.since, found.until, found.label) == (date(2026, 6, 22), date(2026, 6, 28), "2026-W26")
    assert week("2026w01").since == date(2025, 12, 29)


@pytest.mark.parametrize(
    "text", ["", "26", "2026-26", "2026-W00", "2026-W54", "2025-W53", "0000-W01", "２０２６-W26", "last"]
)
def test_what_is_no_week_is_said_to_be_none(text: str) -> None:
    with pytest.raises(UsageError, match="is not a week"):
        week(text)


def test_without_days_it_goes_on_from_the_last_digest_or_covers_seven_days() -> None:
    assert period(since=None, until=None, today=TODAY) == Period(date(2026, 6, 24), TODAY)
    assert period(since=None, until=None, today=TODAY, last=date(2026, 6, 27)) == Period(date(2026, 6, 27), TODAY)
    assert period(since=None, until=None, today=TODAY, last=TODAY) == Period(TODAY, TODAY)
    assert period(since=None, until=date(1, 1, 3), today=TODAY).since == date(1, 1, 1)
    assert period(since=date(2026, 6, 1), until=None, today=TODAY, last=TODAY) == Period(date(2026, 6, 1), TODAY)


def test_days_in_the_wrong_order_or_the_future_are_no_period() -> None:
    with pytest.raises(UsageError, match="no day is both since"):
        period(since=date(2026, 6, 2), until=date(2026, 6, 1), today=TODAY)
    with pytest.raises(UsageError, match="in the future"):
        period(since=date(2026, 7, 2), until=date(2026, 7, 9), today=TODAY)


def test_a_period_is_called_by_its_week_or_its_days() -> None:
    assert Period(date(2026, 6, 1), date(2026, 6, 30)).label == "2026-06-01 to 2026-06-30"
    assert Period(date(2026, 6, 23), date(2026, 6, 29)).label == "2026-06-23 to 2026-06-29"
    assert Period(TODAY, TODAY).label == "2026-06-30"


@given(st.dates(), st.integers(0, 60), st.integers(1, 6))
def test_the_periods_before_lie_side_by_side_and_are_as_long(since: date, more: int, count: int) -> None:
    since = min(since, date.max - timedelta(days=60))
    covered = Period(since, since + timedelta(days=more))
    following = covered
    for one in covered.before(count):
        assert one.days == covered.days
        assert one.until + timedelta(days=1) == following.since
        following = one


def test_a_named_week_weighs_more_than_days_and_the_future_has_no_digest() -> None:
    assert covered("2026-W25", since=None, until=None, today=TODAY) == week("2026-W25")
    assert covered(None, since=date(2026, 6, 1), until=None, today=TODAY) == Period(date(2026, 6, 1), TODAY)
    with pytest.raises(UsageError, match="2026-W30 is in the future"):
        covered("2026-W30", since=None, until=None, today=TODAY)
