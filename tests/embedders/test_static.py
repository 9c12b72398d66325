"""The bundled embedder, and Model2Vec models by folder and by hub name."""

import os
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from assistant import embedders
from assistant.embedders import BUNDLED, Embedder, load
from assistant.embedders.static import FILES
from assistant.errors import EmbedderError


@pytest.fixture(scope="module")
def bundled() -> Embedder:
    return load("bundled")


def test_vectors_have_length_one_and_near_meanings_are_near(bundled: Embedder) -> None:
    cache, memory, fuzzing = vectors = bundled.embed(
        ["reducing the memory of the key-value cache", "KV cache compression", "fuzz testing of compilers"]
    )
    assert vectors.shape == (3, bundled.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert cache @ memory > cache @ fuzzing + 0.2


def test_a_text_of_nothing_known_is_the_zero_vector(bundled: Embedder) -> None:
    assert not bundled.embed(["", "\u4dff\u4dfe"]).any()
    assert bundled.embed([]).shape[0] == 0


def test_the_same_text_gets_the_same_vector_alone_and_in_company(bundled: Embedder) -> None:
    alone = bundled.embed(["sparse attention"])
    together = bundled.embed(["a much longer text about something else entirely", "sparse attention"])
    assert np.allclose(alone[0], together[1], atol=1e-6)


def test_the_fingerprint_is_known_without_loading_and_tells_models_apart(bundled: Embedder, tmp_path: Path) -> None:
    assert embedders.fingerprint("bundled") == bundled.fingerprint
    for file in BUNDLED.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    name = f"model2vec:{tmp_path}"
    assert embedders.fingerprint(name) == bundled.fingerprint
    (tmp_path / "config.json").write_text('{"normalize": false}')
    assert embedders.fingerprint(name) != bundled.fingerprint
    assert load(name).name == name


def test_a_folder_that_is_not_there_is_named() -> None:
    with pytest.raises(EmbedderError, match="no Model2Vec model in /nowhere/at/all") as error:
        load("model2vec:/nowhere/at/all")
    assert "tokenizer.json" in error.value.hint


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, and a hub that nobody answers at."""
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


def test_a_hub_model_that_cannot_be_fetched_says_what_to_do(hub: Path) -> None:
    with pytest.raises(
        EmbedderError, match="no folder owner/name, and no model of that name could be fetched"
    ) as error:
        load("model2vec:owner/name")
    assert "name its folder" in error.value.hint


def test_a_hub_model_that_was_fetched_before_asks_the_hub_nothing(
    hub: Path, bundled: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "ENDPOINT", "http://hub.invalid")  # looking it up fails the test
    cached = hub / "models--owner--name"
    snapshot = cached / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text("a" * 40)
    for file in FILES:
        (snapshot / file).write_bytes((BUNDLED / file).read_bytes())
    assert embedders.fingerprint("model2vec:owner/name") == bundled.fingerprint
    assert np.allclose(load("model2vec:owner/name").embed(["sparse"]), bundled.embed(["sparse"]))


def test_files_that_are_no_model_are_an_error(tmp_path: Path) -> None:
    for file in ("model.safetensors", "tokenizer.json", "config.json"):
        (tmp_path / file).write_text("{}")
    with pytest.raises(EmbedderError, match="cannot be loaded"):
        load(f"model2vec:{tmp_path}")


def test_the_model_comes_with_a_card_that_names_data_and_licence() -> None:
    card = (BUNDLED / "README.md").read_text()
    assert "CC0" in card
    assert "tools/train_embedder.py" in card


@pytest.mark.parametrize(
    "table",
    [
        np.ones((5, 8), dtype=np.float32),  # fewer rows than tokens
        np.ones(30_000, dtype=np.float32),
        np.full((30_000, 4), np.nan, dtype=np.float32),
        np.full((30_000, 4), np.inf, dtype=np.float32),
        np.ones((30_000, 0), dtype=np.float32),
    ],
    ids=["too few rows", "one dimension", "no numbers", "infinite", "no width"],
)
def test_a_table_that_is_none_is_an_error(tmp_path: Path, table: NDArray[np.float32]) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((BUNDLED / name).read_bytes())
    save_file({"embeddings": table}, tmp_path / "model.safetensors")
    with pytest.raises(EmbedderError, match="cannot be loaded"):
        load(f"model2vec:{tmp_path}")


@pytest.mark.parametrize("file", ["tokenizer.json", "config.json"])
def test_a_model_whose_file_is_nested_deeply_does_not_crash(tmp_path: Path, file: str) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((BUNDLED / name).read_bytes())
    (tmp_path / file).write_text('{"x": ' + "[" * 100_000 + "]" * 100_000 + "}")
    if file == "tokenizer.json":
        with pytest.raises(EmbedderError, match="cannot be loaded"):
            load(f"model2vec:{tmp_path}")
    else:  # which is only a part of its fingerprint
        assert load(f"model2vec:{tmp_path}").embed(["memory"]).any()


@pytest.mark.parametrize("file", FILES)
def test_a_model_whose_file_is_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, file: str) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes((BUNDLED / name).read_bytes())
    (tmp_path / file).unlink()
    os.mkfifo(tmp_path / file)
    with pytest.raises(EmbedderError):
        load(f"model2vec:{tmp_path}")
