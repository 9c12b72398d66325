"""Texts to tokens: the same as the package tokenizers finds, whatever the text and the tokenizer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from assistant.embedders import BUNDLED, load
from assistant.embedders import tokens as module
from assistant.embedders.static import FILES, MAX_TOKENS
from assistant.embedders.tokens import Tokens

FILE = BUNDLED / "tokenizer.json"
UNKNOWN = 0  # the bundled tokenizer's token for what it does not know
VOCABULARY = sorted(json.loads(FILE.read_text())["model"]["vocab"])

WORDS = st.sampled_from([*VOCABULARY, "Quantization", "k-mediods", "W4A8KV4", "unk", "snake_case", "x" * 101])
TEXTS = (
    st.text()
    | st.text(st.characters(max_codepoint=0x24F))
    | st.text(st.characters(max_codepoint=0x7F))
    | st.lists(WORDS | st.text(max_size=3)).map(" ".join)
    | st.lists(WORDS).map("".join)
    | st.just("A [MASK] of BERT.")
)


def plainly(file: Path, texts: list[str]) -> list[list[int]]:
    """What the tokenizer finds, left to itself."""
    encodings = Tokenizer.from_file(str(file)).encode_batch(texts, add_special_tokens=False)
    return [[token for token in encoding.ids if token != UNKNOWN][:MAX_TOKENS] for encoding in encodings]


def found(file: Path, texts: list[str]) -> list[list[int]]:
    return [list(ids) for ids in Tokens(file, most=MAX_TOKENS)(texts)]


@given(st.lists(TEXTS, max_size=4))
def test_tokens_are_those_that_the_tokenizer_alone_finds(texts: list[str]) -> None:
    assert found(FILE, texts) == plainly(FILE, texts)


def test_words_that_were_met_are_let_go_where_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    tokens = Tokens(FILE, most=MAX_TOKENS)
    text = "Quantization of the key-value cache of large language models. " * 2
    assert [list(ids) for ids in tokens([text])] == plainly(FILE, [text])
    assert len(tokens._words) <= 3


def added(said: dict[str, Any]) -> None:
    own = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    said["added_tokens"] = [{"id": UNKNOWN, "content": "[UNK]", **own}]


def short_words(said: dict[str, Any]) -> None:
    said["model"]["max_input_chars_per_word"] = 5


def at_spaces(said: dict[str, Any]) -> None:
    said["pre_tokenizer"] = {"type": "WhitespaceSplit"}


def as_written(said: dict[str, Any]) -> None:
    said["normalizer"] = None


@pytest.mark.parametrize("change", [added, short_words, at_spaces, as_written])
def test_a_tokenizer_of_another_make_is_left_to_find_what_it_would(
    tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    said = json.loads(FILE.read_text())
    change(said)
    (tmp_path / "tokenizer.json").write_text(json.dumps(said))
    texts = ["[UNK] The quantization of a cache, as Long Words are.", "A [MASK] of BERT (2-bit); snake_case", ""]
    assert found(tmp_path / "tokenizer.json", texts) == plainly(tmp_path / "tokenizer.json", texts)


def test_tokens_of_its_own_are_found_in_a_text_as_it_came(tmp_path: Path) -> None:
    for file in FILES:
        (tmp_path / file).write_bytes((BUNDLED / file).read_bytes())
    said = json.loads(FILE.read_text())
    added(said)
    (tmp_path / "tokenizer.json").write_text(json.dumps(said))
    assert not load(f"model2vec:{tmp_path}").embed(["[UNK]"]).any()
    assert load("bundled").embed(["[UNK]"]).any()
