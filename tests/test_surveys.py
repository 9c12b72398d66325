"""Which papers a question asks for: how probable it is of each, and what a survey misses."""

from dataclasses import replace

import pytest

from assistant.papers import Paper, Passage
from assistant.surveys import FLOOR, MATCH, MOST, candidates, chances, features
from assistant.text import content_terms
from tests.examples import CSKV, GRAMMAR, PASSAGES, QSERVE, passage

QUESTION = "which papers reduce KV cache memory?"
RARITY = dict.fromkeys(content_terms(QUESTION), 1.0)


def found(paper: Paper, *, lexical: float, vector: float) -> Passage:
    return replace(passage(paper, vector=vector), lexical=lexical)


POOL = (
    found(CSKV, lexical=9.0, vector=0.6),
    found(QSERVE, lexical=3.0, vector=0.2),
    found(GRAMMAR, lexical=0.0, vector=0.05),
)


def test_a_paper_that_says_more_of_what_is_asked_has_the_better_chance() -> None:
    first, second, third = chances(QUESTION, POOL, rarity=RARITY)
    assert 1 > first > MATCH > second > third > 0
    assert third < FLOOR


def test_a_chance_does_not_depend_on_the_scale_of_the_lexical_scores() -> None:
    larger = [replace(one, lexical=10 * one.lexical) for one in POOL]
    assert chances(QUESTION, larger, rarity=RARITY) == pytest.approx(chances(QUESTION, POOL, rarity=RARITY))


def test_words_that_are_neighbours_in_the_question_count_more_where_they_are_in_the_paper() -> None:
    apart = replace(CSKV, title="KV", abstract="A cache. It needs memory. KV: we reduce it.")
    near = replace(apart, abstract="It needs memory. We reduce the KV cache.")
    (*_, without), (*_, with_them) = features(QUESTION, [passage(apart), passage(near)], rarity=RARITY)
    assert without < with_them


def test_candidates_keep_the_order_of_the_search_and_leave_out_what_has_no_chance() -> None:
    read = candidates(QUESTION, POOL[::-1], rarity=RARITY)
    assert read.passages == (POOL[1], POOL[0])
    assert read.likely == (2,)
    assert 0 < read.passed_over < FLOOR


def test_the_best_is_read_even_where_no_paper_has_a_chance() -> None:
    far = [replace(one, vector=-0.1, lexical=0.0) for one in PASSAGES]
    read = candidates("what is the price of bread?", far, rarity={"price": 1.0, "bread": 1.0})
    assert len(read.passages) >= 1
    assert len(read.likely) == 1
    assert candidates(QUESTION, (), rarity=RARITY).likely == ()


def test_no_more_candidates_are_read_than_five_batches() -> None:
    assert len(candidates(QUESTION, POOL[:1] * 200, rarity=RARITY).passages) == MOST


def test_the_best_are_read_wherever_the_search_put_them() -> None:
    weak = [
        replace(passage(Paper(f"KV cache {n}", "A cache of memory."), vector=0.4), lexical=1.0) for n in range(2 * MOST)
    ]
    best = replace(passage(CSKV, vector=0.9), lexical=9.0)
    found = candidates(QUESTION, [*weak, best], rarity=RARITY)
    assert len(found.passages) <= MOST
    assert found.passages[-1].found.paper_id == best.found.paper_id


def test_the_estimate_of_recall_is_the_share_of_the_chances() -> None:
    read = candidates(QUESTION, POOL, rarity=RARITY)
    first, second, third = chances(QUESTION, POOL, rarity=RARITY)
    assert read.recall({CSKV.paper_id}, read=False) == pytest.approx(first / (first + second + third))
    assert read.recall(set(), read=True) == pytest.approx((first + second) / (first + second + third))
    assert read.recall(set(), read=False) == 0
