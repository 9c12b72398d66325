"""Reranking by an embedder, here the tiny encoder whose outputs can be told without running it (tools/tiny_onnx.py)."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.embedders import load as embedder
from assistant.errors import EmbedderError
from assistant.papers import Paper
from assistant.rerankers import EncoderReranker, load, reranked
from tests.examples import passage

TINY = f"onnx:{Path(__file__).parent.parent / 'tiny_onnx'}"
GRAPH, CACHE = (
    passage(Paper(title=word, abstract=f"{word} {word}"), score=score)
    for word, score in (("graph", 0.5), ("cache", 0.2))
)


def test_the_nearer_abstract_comes_first_and_keeps_the_score_of_the_search() -> None:
    reranker = EncoderReranker(embedder(TINY))
    assert reranker.rerank("cache", [GRAPH, CACHE]) == [CACHE, GRAPH]
    assert reranker.rerank("graph", [GRAPH, CACHE]) == [GRAPH, CACHE]


def test_the_score_of_the_search_counts_too() -> None:
    far = replace(GRAPH, score=1.0)
    near = replace(CACHE, score=0.0)
    # [CLS], [SEP] and the unknown full stop are near to anything: the cosines differ by less than 1.0
    assert EncoderReranker(embedder(TINY)).rerank("cache", [far, near]) == [far, near]


def test_any_embedder_is_a_reranker_by_its_name() -> None:
    reranker = load(TINY, model=lambda: None, prompts=None, max_tokens=900)
    assert isinstance(reranker, EncoderReranker)
    assert reranker.name == f"embedder {TINY}"
    with pytest.raises(EmbedderError, match="no ONNX model"):
        load("onnx:/nowhere", model=lambda: None, prompts=None, max_tokens=900)


def test_where_the_embedder_fails_the_order_of_the_search_stands_and_the_reason_is_told() -> None:
    class Failing:
        name, fingerprint, dimension = "failing", "f", 8

        def embed(self, texts: object) -> object:
            raise EmbedderError("out of memory", hint="Take another.")

    found = reranked("cache", [GRAPH, CACHE], EncoderReranker(Failing()))  # type: ignore[arg-type]
    assert found.passages == (GRAPH, CACHE)
    assert found.failure == "out of memory (Take another.)"
