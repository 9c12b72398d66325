from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import NOT_SAID, Checked, check
from assistant.cleaning import clean
from assistant.drafts import escape, parse
from assistant.results import Sentence
from assistant.text import sentences
from tests.examples import CSKV, GRAMMAR, PASSAGES, QSERVE, passage


def checked(draft: str) -> Checked:
    return check(parse(draft), PASSAGES, rarity={})


def only(draft: str) -> Sentence:
    (sentence,) = checked(draft).sentences
    return sentence


def test_a_sentence_of_the_abstract_is_supported_with_the_span_it_came_from() -> None:
    sentence = only("CSKV reduces the memory of the KV cache by 80% [1].")
    assert (sentence.verdict, sentence.reasons, sentence.citations) == ("supported", (), (1,))
    (quote,) = sentence.quotes
    assert quote.text == CSKV.abstract[quote.start : quote.end]
    assert quote.text.startswith("Experiments show that CSKV")


@pytest.mark.parametrize(
    ("draft", "firm"),
    [
        ("CSKV reduces the memory of the KV cache by 80% [1].", False),
        ("Bananas turn yellow in the memory of elephants [1].", False),
        ("CSKV reduces the memory of the KV cache by 90% [1].", True),
        ("GSKV reduces the memory of the KV cache by 80% [1].", True),
        ("CSKV reduces the memory of the KV cache by 80% [1][9].", True),
    ],
)
def test_a_verdict_is_firm_unless_it_rests_on_the_share_of_words(draft: str, firm: bool) -> None:
    assert only(draft).firm is firm


@pytest.mark.parametrize("paper", [CSKV, QSERVE, GRAMMAR])
def test_every_verbatim_sentence_is_supported_by_itself(paper: object) -> None:
    n = [passage.found.paper for passage in PASSAGES].index(paper)  # type: ignore[arg-type]
    abstract = PASSAGES[n].found.paper.abstract
    for start, end in sentences(abstract):
        sentence = only(f"{escape(clean(abstract[start:end]))} [{n + 1}]")
        assert sentence.verdict == "supported", sentence
        assert (sentence.quotes[0].start, sentence.quotes[0].end) == (start, end)


def test_unknown_citation_is_reported_and_never_shown() -> None:
    result = checked("CSKV reduces the memory of the KV cache by 80% [1][9]. It is great [7].")
    first, second = result.sentences
    assert result.invented == ("[9]", "[7]")
    assert (first.citations, first.verdict) == ((1,), "partial")
    assert (second.citations, second.verdict) == ((), "unsupported")
    assert second.reasons == ("[7] was not among the passages",)
    assert not any("[9]" in sentence.text or "[7]" in sentence.text for sentence in result.sentences)


def test_a_claim_without_citation_is_unsupported() -> None:
    sentence = only("CSKV reduces the memory of the KV cache by 80%.")
    assert (sentence.verdict, sentence.reasons) == ("unsupported", ("no citation",))


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ("CSKV reduces the memory of the KV cache by 90% [1].", "says 90%, the abstract says 80%"),
        ("CSKV is 1.8x faster than FlashAttention-2 [1].", "says 1.8x, the abstract says 2.8×"),
        (
            "Experiments show that GSKV reduces the memory of the KV cache by 80% [1].",
            "names GSKV, which is not in [1]",
        ),
        ("CSKV is 2.8x faster than FlashAttention-3 [1].", "names FlashAttention-3, which is not in [1]"),
        ("CSKV reduces the memory of the KV cache by 80% [3].", "names CSKV, which is not in [1]"),
    ],
)
def test_changed_numbers_names_and_sources_are_unsupported_with_a_reason(draft: str, reason: str) -> None:
    sentence = only(draft)
    assert sentence.verdict == "unsupported"
    assert reason in sentence.reasons


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ("Experiments show that CSKV does not reduce the memory of the KV cache by 80% [1].", "says not reduce, the"),
        ("Experiments show that CSKV increases the memory of the KV cache by 80% [1].", "says increases, the abstract"),
        (
            "QServe degrades the serving throughput of Llama-3-8B by 1.2x on A100 [2].",
            "says degrades, the abstract says",
        ),
    ],
)
def test_the_opposite_of_what_the_abstract_says_is_unsupported_and_shown(draft: str, reason: str) -> None:
    sentence = only(draft)
    assert sentence.verdict == "unsupported"
    assert sentence.reasons[0].startswith(reason)
    assert "“" in sentence.reasons[0]


def test_what_is_the_most_is_not_said_to_be_so_always() -> None:
    sentence = only("XGrammar is 100x faster than existing solutions [3].")
    assert (sentence.verdict, sentence.reasons) == ("partial", ("says 100x, the abstract says up to 100x",))
    assert only("XGrammar is up to 100x faster than existing solutions [3].").verdict == "supported"


def test_nearness_is_asked_for_only_where_words_are_not_the_abstracts_own() -> None:
    asked: list[str] = []

    def nearness(text: str, others: Sequence[str]) -> list[float]:
        asked.append(text)
        return [0.9 for _ in others]

    own = escape(clean(CSKV.abstract[slice(*sentences(CSKV.abstract)[0])]))
    check(parse(f"{own} [1]"), PASSAGES, rarity={}, nearness=nearness)
    assert asked == []
    check(parse("CSKV saves 80% of the memory of the KV cache [1]."), PASSAGES, rarity={}, nearness=nearness)
    assert asked == ["CSKV saves 80% of the memory of the KV cache."]


def test_numbers_agree_across_spellings() -> None:
    assert only("CSKV reduces the memory of the KV cache by 80 percent [1].").verdict == "supported"
    assert only("CSKV is 2.8 times faster than FlashAttention-2 [1].").verdict == "supported"


def test_an_acronym_may_be_spelled_out_in_the_abstract() -> None:
    assert only("Quantization accelerates LLM inference [2].").verdict == "supported"
    assert only("Constrained decoding uses CFG grammars [3].").verdict == "supported"


def test_what_shares_few_words_is_not_supported() -> None:
    sentence = only("Bananas are a healthy and popular breakfast fruit [3].")
    assert sentence.verdict == "unsupported"
    assert "only" in sentence.reasons[0]


def test_a_long_sentence_may_condense_several_of_the_abstract() -> None:
    condensed = (
        "QServe introduces QoQ, a W4A8KV4 quantization algorithm with 4-bit weight, 8-bit activation and 4-bit KV "
        "cache, to accelerate large language model inference, and improves serving throughput of Llama-3-8B by 1.2x "
        "on A100 [2]."
    )
    sentence = only(condensed)
    assert sentence.verdict == "supported"
    assert len(sentence.quotes) >= 2


def test_a_quotation_of_the_agreed_sentence_is_no_abstention() -> None:
    hostile = passage(replace(CSKV, abstract=f"{NOT_SAID} {CSKV.abstract}"))
    quoted = check(parse(f"{NOT_SAID} [1] CSKV reduces the memory of the KV cache by 80% [1]."), [hostile], rarity={})
    assert not quoted.not_said
    assert len(quoted.sentences) == 2
    assert check(parse(f"{NOT_SAID} [1]"), PASSAGES, rarity={}).not_said  # a model that marks it abstains all the same
    assert check(parse(NOT_SAID), [hostile], rarity={}).not_said


def test_a_second_citation_that_adds_nothing_makes_it_partial() -> None:
    sentence = only("CSKV reduces the memory of the KV cache by 80% [1][3].")
    assert sentence.verdict == "partial"
    assert sentence.reasons == ("little of it is found in [2]",)


def test_headings_questions_and_lead_ins_are_no_claims() -> None:
    result = checked("## Memory\n\nThese papers reduce memory:\n\n- CSKV reduces the memory of the KV cache [1].")
    assert [sentence.verdict for sentence in result.sentences] == ["not a claim", "not a claim", "supported"]


@pytest.mark.parametrize(
    ("draft", "reason"),
    [
        ("# CSKV cuts the memory by 99%", "says 99%, which is not in any abstract read"),
        ("# SnapKV is better", "names SnapKV, which is not in any abstract read"),
        ("SnapKV is better than everything:", "names SnapKV, which is not in any abstract read"),
        ("# CSKV cures cancer in most of the patients who were given it [1]", "only"),
        ("Is it so that CSKV cures cancer in most patients [1]?", "only"),
        ("# CSKV reduces the memory of the KV cache by 80% [9]", "[9] was not among the passages"),
        ("## Vaccines cause autism and the moon is made of cheese", "only 0% of what it says is found in any abstract"),
        ("Everybody should stop taking insulin because it kills patients:", "only"),
    ],
)
def test_a_heading_or_lead_in_that_says_more_than_the_abstracts_is_flagged(draft: str, reason: str) -> None:
    sentence = only(draft)
    assert sentence.verdict == "unsupported"
    assert sentence.reasons[0].startswith(reason)


@pytest.mark.parametrize(
    "draft", ["# Top 5 papers", "Three of these 3 papers shrink the KV cache:", "# CSKV and QServe"]
)
def test_a_heading_may_count_and_name_what_was_read(draft: str) -> None:
    assert only(draft).verdict == "not a claim"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("SSM makes long contexts need much memory [1].", "unsupported"),  # the letters stand in no word of their own
        ("CSKV reduces the memory of the KV-cache by 80% [1].", "supported"),
        ("CSKVs reduce the memory of the KV cache by 80% [1].", "supported"),
        ("Experiments show that CSKV is 2.8x faster than Flash-Attention-2 [1].", "supported"),
        ("CHA reduces the memory of the KV cache by 80% [1].", "unsupported"),  # as in channel
        ("CSKV is 2.8x faster than FlashAttention-3 and memory is much [1].", "unsupported"),
        ("Llama-7 improves the serving throughput of QServe by 1.2x on A100 [2].", "unsupported"),
        ("Qwen3 improves the serving throughput of QServe by 1.2x on A100 [2].", "unsupported"),
        ("\u0421SK\u0412 reduces the memory of the KV cache by 80% [1].", "unsupported"),  # Cyrillic
        ("CSKV-pro reduces the memory of the KV cache by 80% [1].", "unsupported"),
        ("CSKV-based methods reduce the memory of the KV cache by 80% [1].", "supported"),
        ("ＣＳＫＶ reduces the memory of the KV cache by ８０％ [1].", "supported"),
    ],
)
def test_a_name_is_found_as_words_not_inside_of_words(said: str, verdict: str) -> None:
    assert only(said).verdict == verdict


def test_citations_are_renumbered_in_order_of_first_use() -> None:
    result = checked("XGrammar is up to 100x faster [3]. In [2] and [3], QServe improves Llama-3-8B throughput [1].")
    assert [citation.title for citation in result.citations] == [
        "XGrammar: Structured Generation",
        "QServe: W4A8KV4 Quantization for LLM Serving",
        "CSKV: Channel Shrinking for KV Cache",
    ]
    assert [citation.n for citation in result.citations] == [1, 2, 3]
    second = result.sentences[1]
    assert second.text.startswith("In [2] and [1], QServe")
    assert (second.citations, second.trailing) == ((2, 1, 3), (3,))
    assert {quote.n for quote in second.quotes} <= {1, 2, 3}


def test_the_sentence_of_abstention_is_no_claim() -> None:
    result = checked(f"XGrammar is up to 100x faster [3]. {NOT_SAID}")
    assert result.not_said
    assert len(result.sentences) == 1


def test_a_marker_that_an_abstract_wrote_is_text() -> None:
    sentence = only(f"{escape('QServe improves throughput of Llama-3-8B by 1.2x on A100, as shown in [3].')} [2]")
    assert sentence.citations == (1,)
    assert "(3)" in sentence.text


@given(st.lists(st.integers(1, 12), max_size=6), st.text(max_size=80))
def test_every_citation_shown_is_in_the_list_and_every_other_is_reported(numbers: list[int], text: str) -> None:
    draft = f"{escape(' '.join(text.split()))} word {''.join(f'[{n}]' for n in numbers)}"
    result = checked(draft)
    listed = {citation.n for citation in result.citations}
    shown = {n for sentence in result.sentences for n in sentence.citations}
    assert shown == listed == set(range(1, len(listed) + 1))
    assert {int(mark[1:-1]) for mark in result.invented} == {n for n in numbers if n > len(PASSAGES)}
    for sentence in result.sentences:
        for quote in sentence.quotes:
            paper = next(c for c in result.citations if c.n == quote.n)
            abstract = next(p.found.paper.abstract for p in PASSAGES if p.found.paper_id == paper.paper_id)
            assert quote.text == abstract[quote.start : quote.end]


@given(st.text(max_size=300))
def test_any_draft_is_checked(draft: str) -> None:
    for sentence in checked(draft).sentences:
        assert sentence.verdict in ("supported", "partial", "unsupported", "not a claim")
        assert sentence.verdict != "supported" or sentence.citations
