from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import UsageError
from assistant.papers import Filters
from assistant.queries import Query, day, parse

TODAY = date(2026, 3, 31)


def parsed(question: str, filters: Filters | None = None) -> Query:
    return parse(question, today=TODAY, filters=filters)


def test_a_question_is_taken_apart_into_words_and_conditions() -> None:
    query = parsed('"test-time compute" scaling -vision -"toy task" author:"Ada Lovelace" since:2025-06 source:jsonl?')
    assert query == Query(
        "test-time compute scaling?",
        ("test-time compute",),
        ("vision", "toy task"),
        Filters(since=date(2025, 6, 1), source="jsonl", author="Ada Lovelace"),
    )


@pytest.mark.parametrize(
    "question",
    [
        "W4A8-KV4 at 2-bit - or -5 % - of memory",
        "see https://example.org/a-b?since:2026 and arXiv:2401.1",
        "C++ -- what is k:v caching, open-source: yes",
        'a 5" disk and a 6" disk',
        "models -small- and large",
        'an "unclosed quote',
    ],
)
def test_what_only_looks_like_an_operator_is_text(question: str) -> None:
    assert parsed(question) == Query(question)


@given(st.text(alphabet=st.sampled_from('ab -":“”().?5é中\n'), max_size=60))
def test_no_text_without_a_key_is_refused_but_for_want_of_words(question: str) -> None:
    try:
        query = parsed(question)
    except UsageError as error:
        assert str(error) == "there are conditions, and nothing to look for"  # noqa: PT017
        return
    assert not query.filters
    assert sorted(filter(str.isalnum, query.text + "".join(query.without))) == sorted(filter(str.isalnum, question))


@given(st.lists(st.sampled_from(["kv", "cache", "x-ray", "2-bit", "C++", "k:v", "GPT-4?"]), min_size=1))
def test_words_alone_stay_as_they_are(words: list[str]) -> None:
    assert parsed(" ".join(words)) == Query(" ".join(words))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-02-03", date(2026, 2, 3), date(2026, 2, 3)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2025", date(2025, 1, 1), date(2025, 12, 31)),
        ("7d", date(2026, 3, 24), date(2026, 3, 24)),
        ("2w", date(2026, 3, 17), date(2026, 3, 17)),
        ("1m", date(2026, 2, 28), date(2026, 2, 28)),
        ("3m", date(2025, 12, 31), date(2025, 12, 31)),
        ("1y", date(2025, 3, 31), date(2025, 3, 31)),
    ],
)
def test_a_day_is_a_date_the_end_of_a_span_or_so_long_ago(text: str, first: date, last: date) -> None:
    assert day(text, today=TODAY) == first
    assert day(text, today=TODAY, last=True) == last


@pytest.mark.parametrize("value", ["yesterday-ish", "2026-13", "2026-02-30", "9999y", "٣d", "20260601", "7"])
def test_a_day_that_is_none_is_named(value: str) -> None:
    with pytest.raises(UsageError, match=f"“since:{value}” is not a day") as error:
        parsed(f"caches since:{value}")
    assert "2026-06-01" in error.value.hint


@pytest.mark.parametrize("question", ["-vision", "author:ada", "since:2026 -vision ?", 'x author:""'])
def test_conditions_without_words_are_wrong_usage(question: str) -> None:
    with pytest.raises(UsageError):
        parsed(question)


def test_conditions_of_question_and_flags_must_all_hold() -> None:
    query = parsed("caches author:ada since:2025 until:2w", Filters(since=date(2025, 6, 1), author="bob"))
    assert query.filters == Filters(date(2025, 6, 1), date(2026, 3, 17), author="bob; ada")
    with pytest.raises(UsageError, match="no day is both since 2026-03-30 and until 2025-12-31"):
        parsed("caches until:2025", Filters(since=date(2026, 3, 30)))


def test_marks_are_conditions() -> None:
    query = parsed('caches tag:Thesis tag:"to read" is:unread?')
    assert query == Query("caches?", filters=Filters(tag="Thesis; to read", read=False))
    assert parsed("is:read caches").filters == Filters(read=True)
    assert parsed("caches is:read", Filters(tag="a")).filters == Filters(tag="a", read=True)
    for question in ("what is:this", "caches is:reading", "is:unread-able", "this:is:read x"):
        assert parsed(question) == Query(question)
    with pytest.raises(UsageError, match="both read and unread"):
        parsed("caches is:read", Filters(read=False))
    with pytest.raises(UsageError, match="tag: names nothing"):
        parsed('caches tag:""')


@pytest.mark.parametrize("minus", ["-", "\u2212", "\u2013"])
def test_a_minus_sign_or_dash_of_a_word_processor_is_a_minus(minus: str) -> None:
    query = parse(f'cache {minus}vision {minus}"toy task" 2{minus}bit {minus} 5', today=date(2026, 1, 1))
    assert (query.without, query.text) == (("vision", "toy task"), f"cache 2{minus}bit {minus} 5")
