"""Texts to tokens, as the package tokenizers makes them, in less time: what of a text is plain is looked up here.

A tokenizer notes where in the text each token came from, which takes longer than all else it does for us.
"""

import json
import re
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer, normalizers

Ids = NDArray[np.int64]
REMEMBERED = 1 << 16  # words that are kept with their tokens

# What BERT's tokenizer takes for words in plain text: runs of letters and digits, and every other sign by itself.
_WORDS = re.compile(r"[A-Za-z0-9]+|[!-/:-@\[-`{-~]")


class Tokens:
    """A tokenizer's file. `last` is its highest token id. Exceptions of any kind where it cannot be read."""

    def __init__(self, file: Path, *, most: int) -> None:
        """Of a text, the first `most` tokens count."""
        said = json.loads(file.read_text(encoding="utf-8"))
        self._tokenizer = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._normalized = _normalizer_of(self._tokenizer)
        self._unknown, self.last = _unknown_and_last(said)
        self._words = _Words(_whole_words(said), self._found)
        self._most = most

    def __call__(self, texts: Sequence[str]) -> list[Ids]:
        """The known tokens of each text."""
        return [np.array(self._ids(self._normalized(text))[: self._most], dtype=np.int64) for text in texts]

    def _ids(self, text: str) -> list[int]:
        if self._words.whole and text.isascii() and text.isprintable():
            return list(chain.from_iterable(map(self._words.__getitem__, _WORDS.findall(text))))
        return self._found(text)

    def _found(self, text: str) -> list[int]:
        """What the tokenizer finds. An unknown token stands for what it does not know, and has no meaning."""
        ids = self._tokenizer.encode(text, add_special_tokens=False).ids
        return [token for token in ids if token != self._unknown]


class _Words(dict[str, Sequence[int]]):
    """Tokens by word, of those met so far: one where the word is in `whole`, else what `parts` says."""

    def __init__(self, whole: dict[str, int], parts: Callable[[str], Sequence[int]]) -> None:
        super().__init__()
        self.whole, self._parts = whole, parts

    def __missing__(self, word: str) -> Sequence[int]:
        if len(self) >= REMEMBERED:
            self.clear()
        token = self.whole.get(word)
        self[word] = tokens = tuple(self._parts(word)) if token is None else (token,)
        return tokens


def _normalizer_of(tokenizer: Tokenizer) -> Callable[[str], str]:
    """What normalizes texts for `tokenizer`, taken out of it: in there it also notes where every character came from
    (0.25 of 0.45 ms an abstract). A tokenizer that has added tokens, which it looks for in the text as it came, stays
    as it is."""
    own = tokenizer.normalizer
    if own is None or tokenizer.get_added_tokens_decoder():
        return str
    tokenizer.normalizer = normalizers.Sequence([])
    lowers = isinstance(own, normalizers.BertNormalizer) and own.lowercase

    def normalized(text: str) -> str:
        if lowers and text.isascii() and text.isprintable():
            return text.lower()  # all that is left to do
        return str(own.normalize_str(text))

    return normalized


def _whole_words(said: Any) -> dict[str, int]:
    """The words that are one token each, where `_WORDS` finds the words of a text that the tokenizer would; else none.
    WordPiece takes the longest piece first, so that a word which its vocabulary has is that token."""
    model, before = said["model"], said.get("pre_tokenizer") or {}
    if (model.get("type"), before.get("type")) != ("WordPiece", "BertPreTokenizer") or said.get("added_tokens"):
        return {}
    unknown, longest = model.get("unk_token"), model.get("max_input_chars_per_word", 100)
    return {word: token for word, token in model["vocab"].items() if word != unknown and len(word) <= longest}


def _unknown_and_last(said: Any) -> tuple[int, int]:
    """The id of the token that stands for what the tokenizer does not know (-1 without one); and the highest id."""
    model, more = said["model"], [int(token["id"]) for token in said.get("added_tokens") or ()]
    vocabulary = model["vocab"]
    if isinstance(vocabulary, dict):
        return int(vocabulary.get(model.get("unk_token"), -1)), max([*vocabulary.values(), *more])
    unknown = model.get("unk_id")  # a Unigram model, whose vocabulary is a list
    return -1 if unknown is None else int(unknown), max([len(vocabulary) - 1, *more])
