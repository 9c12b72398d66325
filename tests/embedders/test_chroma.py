"""Chroma's own model: used where Chroma has put it, fetched by Chroma where it is not."""

import shutil
from pathlib import Path

import pytest

from assistant.embedders import load
from assistant.errors import EmbedderError
from tests.embedders.test_onnx import TINY


def test_a_model_that_chroma_has_fetched_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    shutil.copytree(TINY, tmp_path / ".cache" / "chroma" / "onnx_models" / "all-MiniLM-L6-v2" / "onnx")
    assert load("chroma-default").dimension == 8


def test_a_model_that_cannot_be_fetched_says_where_to_put_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    with pytest.raises(EmbedderError, match="could not be fetched: ConnectError") as error:
        load("chroma-default")
    assert str(tmp_path / ".cache" / "chroma") in error.value.hint
