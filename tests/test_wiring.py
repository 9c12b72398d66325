"""What the settings choose becomes parts, each when it is first needed."""

import os
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.errors import UsageError
from assistant.settings import load
from assistant.wiring import Parts


def parts(notices: list[str], **flags: object) -> Parts:
    return Parts(load(flags, os.environ), memory=lambda: None, notice=notices.append)


def test_nothing_is_made_or_told_before_it_is_needed_and_then_once() -> None:
    notices: list[str] = []
    made = parts(notices, embedder="no-such", rerank="no-such", base_url="http://127.0.0.1:9/v1")
    assert notices == []
    assert (made.model, made.model) == (None, None)
    assert len(notices) == 1
    with pytest.raises(UsageError):
        _ = made.reranker
    assert made.endpoint is made.endpoint


def test_a_judge_needs_a_model_and_without_one_asked_for_there_is_none() -> None:
    assert parts([]).judge is None
    with pytest.raises(UsageError, match="judging by a model needs one"):
        _ = parts([], judge=True).judge


def test_the_users_own_price_weighs_more_than_the_list() -> None:
    own = parts([], price="1/2").price_of("gpt-4o")
    assert own is not None
    assert (own.prompt, own.completion, own.as_of) == (1.0, 2.0, "")
    assert parts([], base_url="http://127.0.0.1:9/v1").price_of("no-such-model") is None


def test_a_key_without_a_model_asks_no_model(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something")
    notices: list[str] = []
    with Assistant.open("sample", home=str(sample_home), notice=notices.append) as keyed:
        assert keyed.ask("which papers reduce KV cache memory?").writer == "extractive"
    assert any("no model is asked" in notice for notice in notices)
