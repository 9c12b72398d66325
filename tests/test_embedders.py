from pathlib import Path

import numpy as np
import pytest

from assistant import embedders
from assistant.embedders import BUNDLED, Embedder, load
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


@pytest.mark.parametrize("name", ["minilm", "model2vec:", "model2vec:/nowhere", ""])
def test_an_embedder_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(EmbedderError) as error:
        load(name)
    assert error.value.hint


def test_files_that_are_no_model_are_an_error(tmp_path: Path) -> None:
    for file in ("model.safetensors", "tokenizer.json", "config.json"):
        (tmp_path / file).write_text("{}")
    with pytest.raises(EmbedderError, match="cannot be loaded"):
        load(f"model2vec:{tmp_path}")


def test_the_model_comes_with_a_card_that_names_data_and_licence() -> None:
    card = (BUNDLED / "README.md").read_text()
    assert "CC0" in card
    assert "tools/train_embedder.py" in card
