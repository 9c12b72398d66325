"""The metrics, against values worked out by hand."""

import math
from collections.abc import Callable, Collection

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.evaluate import interval, ndcg, paired, recall
from assistant.evaluate.metrics import LOOKED_AT, citation_support, hit, plain, says, wilson
from assistant.results import Quote, Sentence

JUDGED = {"a": 2, "b": 1, "c": 0}


def test_ndcg_is_that_of_trec_eval() -> None:
    ideal = 2 / math.log2(2) + 1 / math.log2(3)
    assert ndcg(["b", "x", "a"], JUDGED, k=10) == pytest.approx((1 / math.log2(2) + 2 / math.log2(4)) / ideal)
    assert ndcg(["x", "a"], JUDGED, k=1) == 0
    assert ndcg(["a"], {}, k=10) == 0


def test_recall_counts_relevant_names_only() -> None:
    assert recall(["a", "c", "x"], JUDGED, k=2) == 0.5
    assert recall(["a", "b"], JUDGED, k=2) == 1.0
    assert recall(["a"], {"a": 0}, k=1) == 0


@given(st.permutations(["a", "b", "c", "d"]))
def test_no_ranking_is_better_than_the_ideal_one(ranking: list[str]) -> None:
    assert ndcg(ranking, JUDGED, k=4) <= ndcg(["a", "b", "c", "d"], JUDGED, k=4) == pytest.approx(1.0)


def test_an_interval_is_around_the_mean_and_as_wide_as_the_queries_differ() -> None:
    low, high = interval([0.0, 1.0] * 50)
    assert 0.38 < low < 0.45 < 0.55 < high < 0.62  # 0.5 with a standard error of 0.05
    assert list(interval([0.7] * 10)) == pytest.approx([0.7, 0.7])
    assert interval([0.0, 1.0] * 50) == (low, high)  # the same every time


def test_the_interval_of_a_share_is_that_of_wilson() -> None:
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)  # as R's prop.test(8, 10, correct=FALSE) gives it
    assert wilson(24, 24) == pytest.approx((0.8620, 1.0), abs=1e-4)
    assert wilson(0, 24) == pytest.approx((0.0, 0.1380), abs=1e-4)


@given(st.integers(1, 200), st.data())
def test_the_interval_of_a_share_is_around_it(of: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, of))
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-9
    assert hits / of - 1e-9 <= high <= 1
    assert wilson(of - hits, of) == pytest.approx((1 - high, 1 - low))


# ---- two runs


def test_a_difference_that_chance_explains_is_told_from_one_that_it_does_not() -> None:
    worse = [0.2, 0.4, 0.3, 0.5, 0.6, 0.1, 0.3, 0.2, 0.4, 0.5, 0.3, 0.2]
    low, high, p = paired(worse, [value + 0.1 + 0.02 * (n % 2) for n, value in enumerate(worse)])
    assert 0.1 < low < 0.11 < high < 0.12
    assert p is not None
    assert p < 0.001
    low, high, p = paired([0, 1] * 10, [1, 0] * 10)
    assert low < 0 < high
    assert p == 1.0  # the means are equal: no resample is nearer to 0


def test_a_p_value_is_that_of_the_exact_distribution_of_the_resamples() -> None:
    """Of ten questions 7 are won and 3 lost by 1: a resample wins X of them, which is binomial."""
    exact = sum(math.comb(10, x) * 0.7**x * 0.3 ** (10 - x) for x in range(11) if abs(2 * (x - 7)) >= 4)
    _, _, p = paired([0.0] * 7 + [1.0] * 3, [1.0] * 7 + [0.0] * 3)
    assert p == pytest.approx(exact, abs=0.02)


def test_too_few_questions_have_no_p_value() -> None:
    assert paired([0.0] * 9, [1.0] * 9)[2] is None


scores = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=10, max_size=30)


@settings(max_examples=20, deadline=None)
@given(scores)
def test_exchanging_two_runs_only_turns_the_difference(pairs: list[tuple[float, float]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    low, high, p = paired(first, second, samples=400)
    other_low, other_high, other_p = paired(second, first, samples=400)
    assert (-other_high, -other_low) == pytest.approx((low, high), abs=0.1)
    assert other_p == p
    assert low - 1e-9 <= high
    assert 0 < (p or 0) <= 1
    assert paired(first, first, samples=50) == (0.0, 0.0, 1.0)


# ---- facts


@pytest.mark.parametrize(
    ("wanted", "text", "there"),
    [
        ("2.85 bits", "We achieve 2.85-bit for each weight.", True),
        ("2 seconds", "It makes 24 fps video in 2 s.", True),
        ("2 seconds", "It makes 24 fps video in 20 seconds.", False),
        ("1,466", "a benchmark of 1466 programs", True),
        ("80%", r"by 80\% on average", True),
        ("80%", "80 GB", False),
        ("OpenQASM", "circuits in openQASM language", True),
        ("OpenQASM", "circuits in QASM", False),
        ("up to 48 times", "48times faster checkpointing", True),
    ],
)
def test_an_answer_is_found_in_another_spelling_but_not_in_another_number(wanted: str, text: str, there: bool) -> None:
    assert says(text, wanted) is there


def test_a_marker_is_no_number_of_the_text() -> None:
    assert not says(plain([Sentence("It is fast [2].", (2,))]), "2")


@pytest.mark.parametrize(
    ("quote", "is_hit"),
    [((0, 100), True), ((40, 60), True), ((60, 140), True), ((0, 40), False), ((90, 140), False), ((0, 55), False)],
)
def test_a_quote_hits_a_span_that_it_shares_half_with(quote: tuple[int, int], is_hit: bool) -> None:
    assert hit([Quote(1, "", *quote)], 50, 100) is is_hit


# ---- citations, by hand after ALCE


def support(*enough: set[int]) -> Callable[[Collection[int]], bool]:
    """A check that is content with just these citations, and not, as ours may be, with more than those."""
    return lambda some: set(some) in enough


@pytest.mark.parametrize(
    ("cited", "invented", "enough", "expected"),
    [
        ([], 0, (), (False, 0)),  # no citation
        ([1], 0, ({1},), (True, 1)),
        ([1], 0, (), (False, 0)),
        ([1], 1, ({1},), (False, 0)),  # one out of range
        ([1, 2], 0, ({1},), (True, 1)),  # 2 is idle
        ([1, 2], 0, ({1}, {2}), (True, 2)),  # each alone
        ([1, 2], 0, ({1, 2},), (True, 2)),  # only together
        ([1, 2, 3], 0, ({1, 2},), (True, 2)),  # 3 is idle, and together with it the check is not content
        ([1, 2, 3], 0, ({1, 2}, {3}), (True, 1)),  # neither alone nor needed: 1, 2
        ([2, 2, 1], 0, ({2},), (True, 1)),
    ],
)
def test_citations_of_a_sentence_support_it_together_and_each_is_to_the_point_or_not(
    cited: list[int], invented: int, enough: tuple[set[int], ...], expected: tuple[bool, int]
) -> None:
    assert citation_support(cited, invented, support(*enough)) == expected


@given(st.lists(st.integers(1, 9), max_size=9), st.sets(st.frozensets(st.integers(1, 9), max_size=3), max_size=4))
def test_there_are_never_more_citations_to_the_point_than_citations(
    cited: list[int], enough: set[frozenset[int]]
) -> None:
    asked = 0

    def supported(some: Collection[int]) -> bool:
        nonlocal asked
        asked += 1
        return frozenset(some) in enough

    together, good = citation_support(cited, 0, supported)
    assert asked < 2**LOOKED_AT
    assert 0 <= good <= min(len(set(cited)), LOOKED_AT)
    assert together or not good
    assert together == any(some and some <= set(list(dict.fromkeys(cited))[:LOOKED_AT]) for some in enough)
