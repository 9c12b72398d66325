"""The sentence that stands for an abstract."""

from hypothesis import given
from hypothesis import strategies as st

from assistant.papers import Paper
from assistant.text import sentences
from assistant.tldr import tldr
from tests.examples import CSKV


def said(paper: Paper) -> str:
    span = tldr(paper, rarity={})
    assert span is not None
    return paper.abstract[span[0] : span[1]]


def test_it_is_what_the_paper_did_and_not_its_background() -> None:
    assert said(CSKV).startswith("We introduce CSKV")


def test_words_of_the_title_count_by_their_rarity() -> None:
    paper = Paper("Pruning of retinas", "We study many models here. We study pruning here. We study retinas here.")
    by_rarity = {"prune": 1.0, "retina": 9.0}
    span = tldr(paper, rarity=by_rarity)
    assert span is not None
    assert "retinas" in paper.abstract[slice(*span)]
    span = tldr(paper, rarity={"prune": 9.0, "retina": 1.0})
    assert span is not None
    assert "pruning" in paper.abstract[slice(*span)]


def test_a_link_stands_for_no_paper() -> None:
    paper = Paper("Our code", "Our code is available at https://example.org/our-code. Bees dance.")
    assert said(paper) == "Bees dance."


def test_an_abstract_that_says_nothing_has_none() -> None:
    assert tldr(Paper("Bees", "... --- ..."), rarity={}) is None
    assert tldr(Paper("Bees", "Code is available at https://example.org."), rarity={}) is None


@given(st.text(max_size=300), st.text(max_size=60))
def test_it_is_a_sentence_of_the_abstract(abstract: str, title: str) -> None:
    span = tldr(Paper(title, abstract), rarity={})
    assert span is None or span in sentences(abstract)
