import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.names import Names, missing

TEXT = "QServe serves Llama-3-8B; large language models (LLMs) with FlashAttention-2 and NF-kB."


@pytest.mark.parametrize(
    "name", ["QServe", "Llama-3-8B", "Llama 3 8B", "LLM", "LLMs", "FlashAttention2", "NF-kB-dependent"]
)
def test_a_name_is_held_however_it_is_spelled(name: str) -> None:
    assert missing(f"It is about {name}.", [Names(TEXT)]) == []


@pytest.mark.parametrize("name", ["QServer", "Llama-3-80B", "FlashAttention-3", "GPT-4", "QServe-pro"])
def test_another_name_is_missing(name: str) -> None:
    assert missing(f"It is about {name}.", [Names(TEXT)]) == [name]


def test_any_of_several_texts_may_hold_it() -> None:
    assert missing("GPT-4 and QServe", [Names(TEXT), Names("We ask GPT-4.")]) == []


@given(st.text(max_size=200))
def test_a_text_holds_its_own_names(text: str) -> None:
    assert missing(text, [Names(text)]) == [] or not text.isascii()
