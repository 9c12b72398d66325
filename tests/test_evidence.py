from dataclasses import replace

import pytest

from assistant.evidence import NEAR, assess, counted_thing, names_in, nearness
from assistant.papers import Passage
from assistant.text import content_terms
from tests.examples import PASSAGES, QSERVE, passage


def rarity(question: str) -> dict[str, float]:
    return dict.fromkeys(content_terms(question), 1.0)


def enough(question: str, pool: tuple[Passage, ...] = PASSAGES, absent: tuple[str, ...] = ()) -> tuple[bool, str]:
    assessment = assess(question, pool, rarity=rarity(question), absent=absent)
    return assessment.enough, assessment.why


def test_a_question_in_the_words_of_an_abstract_passes() -> None:
    assert enough("which papers reduce the memory of the KV cache?") == (True, "")


def test_a_question_far_from_every_abstract_is_stopped() -> None:
    far = tuple(replace(one, vector=0.1) for one in PASSAGES)
    passed, why = enough("which vegetables grow well in winter gardens?", far)
    assert not passed
    assert "near enough" in why


def test_without_any_paper_there_is_no_evidence() -> None:
    assert enough("anything?", ())[0] is False


def test_a_question_about_names_nobody_mentions_is_stopped_with_the_name() -> None:
    passed, why = enough("How much memory does the Medusa cache use?", absent=("medusa",))
    assert not passed
    assert "mentions Medusa" in why


def test_one_unknown_name_among_known_ones_is_reported_and_passes() -> None:
    question = "How does Medusa compare with QServe for KV cache serving?"
    assessment = assess(question, PASSAGES, rarity=rarity(question), absent={"medusa"})
    assert assessment.enough
    assert assessment.unknown == ("Medusa",)


def test_a_number_is_asked_of_something_no_abstract_counts() -> None:
    passed, why = enough("how many heads does the KV cache quantization algorithm use?")
    assert not passed
    assert why == "none of the nearest abstracts gives a number of heads"
    assert enough("how many bits does the KV cache quantization algorithm use?", (passage(QSERVE),))[0]


@pytest.mark.parametrize(
    ("question", "thing"),
    [
        ("How many GPU days did training take?", "GPU days"),
        ("how many tokens does it have?", "tokens"),
        ("Up to how many cores were used?", "cores"),
        ("how fast is it?", ""),
    ],
)
def test_the_thing_counted_is_found(question: str, thing: str) -> None:
    assert counted_thing(question) == thing


def test_names_are_capitals_that_begin_no_sentence_or_stand_inside_a_word() -> None:
    assert names_in("Does Medusa beat vLLM on an H100? However small, LTX-Video does.") == [
        "Medusa",
        "vLLM",
        "H100",
        "LTX-Video",
    ]


def test_nearness_is_the_mean_of_cosine_and_coverage() -> None:
    question = "KV cache"
    assert nearness(question, [passage(QSERVE, vector=0.4)], rarity=rarity(question)) == pytest.approx(0.7)
    assert 0 < NEAR < 0.5
