import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.embedders import BUNDLED, LateInteraction, StaticEmbedder
from assistant.embedders.interaction import max_sim
from assistant.embedders.onnx import OnnxEmbedder

TABLE = np.random.default_rng(3).normal(size=(30, 8)).astype(np.float32)
TABLE[7] = 0  # a token of which nothing is known
TOKENS = st.lists(st.integers(0, 29), max_size=12)


def plainly(question: list[int], text: list[int]) -> float:
    """The definition, a token at a time."""
    if not question or not text:
        return 0.0
    lengths = np.linalg.norm(TABLE, axis=1, keepdims=True)
    unit = TABLE / np.where(lengths, lengths, 1)
    weights = [float(np.linalg.norm(TABLE[token])) for token in question]
    best = [max(float(unit[token] @ unit[other]) for other in text) for token in question]
    return sum(weight * one for weight, one in zip(weights, best, strict=True)) / (sum(weights) or 1)


@given(TOKENS, st.lists(TOKENS, max_size=5))
def test_it_is_the_weighted_mean_of_each_question_tokens_best_match(
    question: list[int], texts: list[list[int]]
) -> None:
    found = max_sim(np.array(question, int), [np.array(text, int) for text in texts], TABLE)
    assert found.tolist() == pytest.approx([plainly(question, text) for text in texts], abs=1e-5)


def test_a_text_with_the_questions_words_is_nearer_than_one_with_some_of_them_many_times() -> None:
    embedder = StaticEmbedder("bundled", BUNDLED)
    both, one = "Quantization shrinks the cache of a language model.", "The cache. A cache. Every cache caches a cache."
    near = embedder.interaction("cache quantization", [both, one, "", "知识"])
    assert near[0] > near[1] > near[2] == near[3] == 0


def test_only_embedders_with_vectors_of_words_read_closely() -> None:
    assert isinstance(StaticEmbedder("bundled", BUNDLED), LateInteraction)
    assert not issubclass(OnnxEmbedder, LateInteraction)
