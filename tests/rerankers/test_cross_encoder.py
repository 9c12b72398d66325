"""The adapter of the library `rerankers`, which brings torch and so is not installed for tests: a stand-in has the few
names of its 0.10 that are used.
"""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from assistant.errors import RerankerError
from assistant.rerankers import CrossEncoderReranker, load
from tests.examples import PASSAGES


def installed(monkeypatch: pytest.MonkeyPatch, made: Any) -> None:
    """The library as if installed, its `Reranker` being `made`."""
    module = ModuleType("rerankers")
    module.Reranker = made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rerankers", module)


class Longest:
    """A model that finds long texts good; like the library, it says things on standard output."""

    def __init__(self, name: str, *, model_type: str, verbose: int) -> None:
        print("Loading")
        self.made = (name, model_type, verbose)

    def rank(self, query: str, docs: list[str], doc_ids: list[int]) -> object:
        print("ranking")
        best = sorted(doc_ids, key=lambda n: -len(docs[n]))
        return SimpleNamespace(results=[SimpleNamespace(document=SimpleNamespace(doc_id=n)) for n in best])


def test_passages_come_in_the_models_order(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    installed(monkeypatch, Longest)
    reranker = load("cross-encoder:some/model", model=lambda: None, prompts=None, max_tokens=900)
    assert reranker is not None
    found = reranker.rerank("a question", PASSAGES)
    assert sorted(PASSAGES, key=lambda one: -len(one.found.paper.title + one.found.paper.abstract)) == found
    assert reranker.name == "cross-encoder some/model"
    assert capsys.readouterr().out == ""  # standard output is for results


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rerankers", None)
    with pytest.raises(RerankerError, match="not installed") as error:
        CrossEncoderReranker()
    assert "pip install 'paper-assistant[rerank]'" in error.value.hint


def test_a_library_without_torch_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, lambda name, **more: None)  # it prints what it misses
    with pytest.raises(RerankerError, match="misses what a cross-encoder needs") as error:
        CrossEncoderReranker()
    assert "paper-assistant[rerank]" in error.value.hint


def test_a_model_that_cannot_be_loaded_or_run_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **more: object) -> None:
        raise OSError("no such model\nand a long tale")

    installed(monkeypatch, broken)
    with pytest.raises(RerankerError, match=r"cannot be loaded: no such model$"):
        CrossEncoderReranker("nobody/nothing")
    installed(monkeypatch, lambda name, **more: SimpleNamespace(rank=broken))
    with pytest.raises(RerankerError, match=r"failed: no such model$"):
        CrossEncoderReranker().rerank("q", PASSAGES)


def test_a_model_that_loses_papers_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, lambda name, **more: SimpleNamespace(rank=lambda **asked: SimpleNamespace(results=[])))
    with pytest.raises(RerankerError, match="lost papers"):
        CrossEncoderReranker().rerank("q", PASSAGES)
