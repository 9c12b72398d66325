import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.evaluate import interval, ndcg, recall

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
