import math
from dataclasses import replace

import pytest

from assistant.evidence import (
    LEAST,
    Assessment,
    assess,
    chance,
    counted_thing,
    covered,
    features,
    holds,
    named,
    names_in,
    nearness,
)
from assistant.papers import Paper, Passage
from assistant.text import content_terms, terms
from tests.examples import GRAMMAR, PASSAGES, QSERVE, passage


def rarity(question: str) -> dict[str, float]:
    return dict.fromkeys(content_terms(question), 1.0)


def weighed(question: str, pool: tuple[Passage, ...] = PASSAGES, absent: tuple[str, ...] = ()) -> Assessment:
    return assess(question, pool, rarity=rarity(question), mentioned=lambda name: name not in absent)


def enough(question: str, pool: tuple[Passage, ...] = PASSAGES, absent: tuple[str, ...] = ()) -> tuple[bool, str]:
    assessment = weighed(question, pool, absent)
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
    passed, why = enough("How much memory does the Medusa cache use?", absent=("Medusa",))
    assert not passed
    assert "mentions Medusa" in why


def test_one_unknown_name_among_known_ones_is_told_and_passes() -> None:
    assessment = weighed("How does Medusa compare with QServe for KV cache serving?", absent=("Medusa",))
    assert assessment.enough
    assert assessment.notices == ("no abstract in the library mentions Medusa",)


def test_a_number_is_never_given_of_something_unknown() -> None:
    passed, why = enough("How much faster is Medusa than QServe with a KV cache?", absent=("Medusa",))
    assert not passed
    assert "mentions Medusa" in why


def test_words_that_no_abstract_has_are_told() -> None:
    assessment = weighed("how is the KV cache memory reduced without hallucination?", absent=("hallucination",))
    assert assessment.notices == ("no abstract in the library mentions hallucination",)


def test_names_that_only_different_abstracts_have_are_told() -> None:
    assessment = weighed("is QServe combined with XGrammar faster with a small cache memory?")
    assert assessment.notices == ("no abstract found mentions QServe and XGrammar together",)


def test_a_year_is_told_to_narrow_nothing() -> None:
    assert weighed("which KV cache memory papers are from 2025?").notices == (
        "2025 narrows nothing here; use --since and --until for dates",
    )


@pytest.mark.parametrize("question", ["who wrote QServe?", "authors of QServe", "when was QServe published?"])
def test_what_stands_beside_an_abstract_is_not_answered_from_it(question: str) -> None:
    passed, why = enough(question)
    assert not passed
    assert why.startswith("authors, dates and venues are not in abstracts")


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
    assert names_in("is gpt5 or llama-4 better than flash attention 3?") == ["gpt5", "llama-4"]


def test_nearness_is_the_geometric_mean_of_cosine_and_coverage() -> None:
    weights = {**rarity("KV cache"), "bread": 2.0}
    assert nearness(passage(QSERVE, vector=0.4), rarity=weights) == pytest.approx((0.4 * 0.5) ** 0.5)
    assert nearness(passage(QSERVE, vector=-0.4), rarity=weights) == 0


def test_the_chance_of_an_answer_looks_at_the_best_passage_at_all_of_them_and_at_how_many_words_are_held() -> None:
    weights = {**rarity("KV cache"), "bread": 2.0}
    pool = [passage(GRAMMAR, vector=0.2), passage(QSERVE, vector=0.4)]
    assert features(pool, rarity=weights) == pytest.approx((0.4, 0.5, 0.3, math.log(2)))
    nothing = chance((), rarity=weights)
    assert nothing < chance(pool[:1], rarity=weights) < LEAST
    assert chance(pool[:1], rarity=weights) < chance(pool, rarity=weights)


def test_several_words_together_are_evidence_though_rarer_ones_are_in_no_abstract() -> None:
    known, unknown = content_terms("serving throughput quantization algorithm inference"), content_terms("zyx wvu tsr")
    weights = {**dict.fromkeys(known, 2.0), **dict.fromkeys(unknown, 5.0)}
    few = {known[0]: 10.0, unknown[0]: 15.0}  # the same share, by one word
    pool = [passage(QSERVE, vector=0.3)]
    assert chance(pool, rarity=few) < LEAST < chance(pool, rarity=weights)


def test_how_many_needs_a_number_beside_the_thing() -> None:
    wordy = passage(Paper("Heads", "The KV cache quantization algorithm has heads in it."))
    assert not enough("how many heads does the KV cache quantization algorithm use?", (wordy,))[0]


def test_asking_words_are_no_words_that_abstracts_should_have() -> None:
    nothing = ("please", "which", "papers", "list", "tell")
    assert weighed("please tell which papers reduce the KV cache memory?", absent=nothing).notices == ()


@pytest.mark.parametrize(
    ("text", "name", "there"),
    [
        ("FlashAttention2 is faster than vLLM", "FlashAttention-2", True),
        ("GPT-4 on 5 tasks", "GPT-5", False),
        ("GPT 4 is used", "GPT4", True),
        ("leverage", "RAG", False),
    ],
)
def test_a_name_is_held_in_any_of_its_spellings_and_no_other(text: str, name: str, there: bool) -> None:
    assert holds(terms(text), name) == there


def test_a_question_in_title_case_is_not_made_of_names() -> None:
    assert names_in("How Do Large Language Models Reason About GPT-4 And vLLM?") == ["GPT-4", "vLLM"]


def test_a_number_of_something_named_is_taken_from_no_abstract_without_it() -> None:
    asked = weighed("by how much does CSKV lower the training energy?")
    assert (asked.enough, asked.why) == (False, "no abstract that mentions CSKV gives that number")
    assert asked.named == (PASSAGES[0],)
    given = weighed("by how much does CSKV reduce the memory of the KV cache?")
    assert given.enough
    assert given.named[0] == PASSAGES[0]


def test_a_name_that_many_abstracts_have_names_no_paper() -> None:
    pool = tuple(passage(replace(QSERVE, title=f"Serving {n}")) for n in range(4))
    assert named(["A100"], pool) == {}
    assert named(["A100"], pool[:3]) == {"A100": pool[:3]}
    assert named(["QServe", "Medusa", "XGrammar"], PASSAGES) == {"QServe": PASSAGES[1:2], "XGrammar": PASSAGES[2:]}


def test_a_question_whose_words_one_abstract_has_passes_however_short_it_is() -> None:
    far = tuple(replace(one, vector=0.05) for one in PASSAGES)
    assert chance(far, rarity=rarity("what is QServe?")) < LEAST
    assert enough("what is QServe?", far)[0]
    assert not enough("what is QServe made of at home?", far)[0]


def test_words_are_covered_where_one_abstract_has_them_all() -> None:
    assert covered("quantization throughput?", PASSAGES)
    assert not covered("quantization of grammars?", PASSAGES)


def test_a_version_belongs_to_a_name() -> None:
    assert names_in("what is the context length of Qwen2.5-1M?") == ["Qwen2.5-1M"]
    assert names_in("what did Claude Opus 4.5 score?") == ["Claude", "Opus 4.5"]
    assert names_in("how accurate is AlphaFold 3 on docking?") == ["AlphaFold 3"]
    assert names_in("how many parameters are in the 7B model of Ada 80 %?") == ["Ada"]


def test_a_number_is_sought_with_all_the_names_it_is_asked_of() -> None:
    pool = (passage(QSERVE), passage(GRAMMAR))
    assert enough("how much does QServe improve throughput on A100?", pool)[0]
    passed, why = enough("how much does QServe speed up XGrammar?", pool)
    assert not passed
    assert why == "no abstract found that mentions QServe and XGrammar gives that number"


def test_a_question_without_content_is_not_answered() -> None:
    for question in ("what is?", "why do they do it?", "how many papers are there?"):
        assert enough(question) == (False, "the question has no word to look for")


def test_a_list_without_something_is_told_how_to_leave_it_out() -> None:
    notices = weighed("which papers reduce the memory of the KV cache without quantization?").notices
    assert any("write -word" in notice for notice in notices)
    assert not weighed("how is the memory of the KV cache reduced without quantization?").notices


def test_one_common_word_that_an_abstract_has_lets_nothing_through() -> None:
    assert covered("what is CSKV?", PASSAGES)
    assert not covered("what is memory?", PASSAGES)
