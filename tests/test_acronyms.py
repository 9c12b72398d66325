import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.acronyms import explained


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("We use retrieval-augmented generation (RAG).", ("RAG", "retrieval-augmented generation")),
        ("With large language models (LLMs) we", ("LLMs", "large language models")),
        ("of the key-value (KV) cache", ("KV", "key-value")),
        ("RAG (retrieval-augmented generation) helps", ("RAG", "retrieval-augmented generation")),
        ("heat shock transcription factor (HSF; see)", ("HSF", "heat shock transcription factor")),
        ("the sound of Chain of Thought (CoT)", ("CoT", "Chain of Thought")),
    ],
)
def test_a_short_form_and_what_it_stands_for(text: str, pair: tuple[str, str]) -> None:
    assert list(explained(text)) == [pair]


@pytest.mark.parametrize(
    "text", ["it is faster (see Fig. 3)", "in 2019 (80%)", "our method (XYZ) wins", "a model (M)", "(RAG) first"]
)
def test_other_brackets_explain_nothing(text: str) -> None:
    assert list(explained(text)) == []


@given(st.text(alphabet="aAbB (),-s", max_size=80))
def test_a_long_form_stands_in_the_text_and_is_longer(text: str) -> None:
    for short, long in explained(text):
        assert short in text
        assert long in text
        assert len(long) > len(short)
