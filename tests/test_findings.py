"""Sentences of abstracts picked for what they say."""

from hypothesis import given
from hypothesis import strategies as st

from assistant import findings
from assistant.cleaning import clean
from assistant.papers import Paper
from tests.examples import CSKV, GRAMMAR

LONGER = Paper(
    "Longer chains",
    "Reasoning models think before they answer. We find that longer reasoning chains improve accuracy on hard "
    "questions.",
)
SHORTER = Paper(
    "Shorter chains",
    "Reasoning models are popular. Our results show that accuracy declines as reasoning chains grow longer. It remains "
    "unclear why longer chains mislead a model. Code is available at https://example.org.",
)


def test_what_was_found_is_a_finding_with_a_number_where_there_is_one() -> None:
    assert findings.found(CSKV).startswith("Experiments show that CSKV reduces the memory of the KV cache by 80%")
    assert findings.found(LONGER).startswith("We find that longer reasoning chains improve")
    assert findings.found(GRAMMAR) == ""


def test_what_stays_open_is_said_so() -> None:
    stays = Paper("Open", "Bees dance. Why longer dances mislead a bee remains unclear. We watch them.")
    assert findings.left_open(stays) == "Why longer dances mislead a bee remains unclear."
    assert findings.left_open(SHORTER) == ""  # “It …” leans on the sentence before
    assert findings.left_open(CSKV) == ""


def test_background_is_said_before_the_papers_own_word() -> None:
    wanted = {"reason": 2.0, "chain": 1.0}
    assert findings.background(LONGER, wanted) == "Reasoning models think before they answer."
    assert findings.background(CSKV, wanted) == ""


def test_papers_that_say_better_and_worse_of_the_same_may_dispute() -> None:
    (pair,) = findings.disputes([LONGER, CSKV, SHORTER], rarity={}, most=3)
    assert {pair.first[0], pair.second[0]} == {0, 2}
    assert "improve accuracy" in pair.first[1]
    assert "accuracy declines" in pair.second[1]


def test_what_is_said_not_to_happen_is_no_dispute() -> None:
    spared = Paper("Spared", "We show that reasoning chains grow longer without hurting accuracy on hard questions.")
    assert findings.disputes([LONGER, spared], rarity={}, most=3) == []


def test_papers_that_agree_or_speak_of_other_things_do_not() -> None:
    again = Paper("Chains again", "We find that longer reasoning chains improve accuracy on easy questions too.")
    assert findings.disputes([LONGER, again], rarity={}, most=3) == []
    assert findings.disputes([CSKV, GRAMMAR], rarity={}, most=3) == []


def test_that_longer_is_worse_and_shorter_is_better_agrees() -> None:
    worse = Paper("Worse", "We find that longer reasoning chains hurt accuracy on questions.")
    better = Paper("Better", "We find that shorter reasoning chains improve accuracy on questions.")
    assert findings.disputes([worse, better], rarity={}, most=3) == []
    (pair,) = findings.disputes([LONGER, better], rarity={}, most=3)
    assert {pair.first[0], pair.second[0]} == {0, 1}


def test_a_paper_disputes_once() -> None:
    assert len(findings.disputes([LONGER, SHORTER, SHORTER], rarity={}, most=3)) == 1


@given(st.text(max_size=400))
def test_what_is_picked_stands_in_the_abstract(abstract: str) -> None:
    paper = Paper("t", abstract)
    for picked in (findings.found(paper), findings.left_open(paper), findings.background(paper, {"a": 1.0})):
        assert picked in clean(abstract)
