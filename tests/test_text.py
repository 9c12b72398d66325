import hashlib
import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.text import (
    MAX_SENTENCE,
    chunk_spans,
    content_terms,
    count_tokens,
    encoding_is_local,
    estimate_tokens,
    is_title,
    respelt,
    sentences,
    spelled,
    terms,
)

PROSE = st.text(alphabet=st.sampled_from("ab AB.!?(1)2,'\"\n\t éΩ中。"), max_size=300)


def parts(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


def test_sentences_end_at_full_stops_but_not_at_abbreviations_or_decimals() -> None:
    text = "It uses e.g. KV caches (see Fig. 3). Smith et al. report 2.8x, i.e. more. Is it so? Yes."
    assert parts(text) == [
        "It uses e.g. KV caches (see Fig. 3).",
        "Smith et al. report 2.8x, i.e. more.",
        "Is it so?",
        "Yes.",
    ]


def test_a_sentence_may_begin_with_a_lower_case_name_or_a_glued_item() -> None:
    assert parts("We serve models. vLLM is faster.") == ["We serve models.", "vLLM is faster."]
    assert parts("Used on GPUs.(2) We design more.") == ["Used on GPUs.", "(2) We design more."]
    assert parts("It beats GPT-4.1. Our code is public.") == ["It beats GPT-4.1.", "Our code is public."]


@given(PROSE)
def test_sentences_hold_every_visible_character_once_and_in_order(text: str) -> None:
    spans = sentences(text)
    covered = "".join(text[start:end] for start, end in spans)
    assert "".join(covered.split()) == "".join(text.split())
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)


def test_text_without_full_stops_is_cut_at_spaces() -> None:
    assert all(end - start <= MAX_SENTENCE for start, end in sentences("word " * 2_000))


@given(PROSE, st.integers(1, 60))
def test_chunks_are_whole_sentences_and_hold_all_of_them(text: str, most: int) -> None:
    spans = chunk_spans(text, max_tokens=most)
    inside = [span for span in sentences(text) if any(a <= span[0] and span[1] <= b for a, b in spans)]
    assert inside == sentences(text)
    for start, end in spans:
        alone = [span for span in sentences(text) if start <= span[0] and span[1] <= end]
        assert len(alone) <= 1 or sum(estimate_tokens(text[a:b]) for a, b in alone) <= most


def test_terms_fold_case_accents_and_endings() -> None:
    assert terms("Mélange reduces KV-caches") == terms("melange REDUCE kv cache")


def test_asking_words_are_no_content_unless_there_is_nothing_else() -> None:
    assert content_terms("which papers reduce KV cache memory?") == terms("reduce kv cache memory")
    assert content_terms("how do you do?") == ["how", "do", "you"]


def test_token_estimate_is_never_below_four_characters_a_token() -> None:
    assert estimate_tokens("word " * 400) >= 500
    assert estimate_tokens("深度学习" * 10) >= 40


def test_tokens_are_estimated_while_tiktokens_file_is_absent_or_wrong(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    url = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
    wrong = tmp_path / hashlib.sha1(url.encode()).hexdigest()
    wrong.write_bytes(b"not a vocabulary")
    assert not encoding_is_local("o200k_base")
    assert count_tokens("some words", model="gpt-4o") == estimate_tokens("some words")
    assert wrong.exists()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LLMs", "LLM"),
        ("gpus", "GPU"),
        ("llms", "LLM"),
        ("SSMs", "ssm"),
        ("optimised", "optimized"),
        ("parallelisation", "parallelization"),
    ],
)
def test_spellings_of_one_word_are_one_term(one: str, other: str) -> None:
    assert terms(one) == terms(other)


@pytest.mark.parametrize("word", ["ms", "gas", "rise", "loss", "analysis", "precise", "unsupervised", "revised"])
def test_words_that_only_look_like_it_stay(word: str) -> None:
    assert spelled(word) == word


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("behaviour cloning", "behavior cloning"),
        ("the colour of a centre", "the color of a center"),
        ("neighbours", "neighbors"),
        ("misbehaviour", "misbehavior"),
        ("labelled fibres", "labeled fibers"),
    ],
)
def test_words_are_respelt_to_and_fro_across_the_atlantic(one: str, other: str) -> None:
    assert respelt(one) == {other}
    assert respelt(other) == {one}


@pytest.mark.parametrize("text", ["four hours of a tour", "parameters", "collaboration", "doctors or authors", ""])
def test_other_words_are_not_respelt(text: str) -> None:
    assert respelt(text) == set()


def test_a_title_is_the_whole_of_it_or_what_stands_before_its_colon() -> None:
    title = "The Illusion of Thinking: Understanding the Strengths"
    assert is_title("illusion of thinking", title)
    assert is_title(title.upper(), title)
    assert not is_title("illusion", title)
    assert not is_title("thinking of illusion", title)
    assert not is_title("", "")
    assert is_title("sam3", "SAM 3: Segment Anything")
    assert is_title("SAM3: segment anything", "SAM 3: Segment Anything")
