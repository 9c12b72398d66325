"""Encoders as ONNX files, with one whose outputs can be told without running it (tools/tiny_onnx.py)."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from assistant import embedders
from assistant.embedders import load, onnx
from assistant.embedders.onnx import OnnxEmbedder
from assistant.errors import EmbedderError

TINY = Path(__file__).parent.parent / "tiny_onnx"
CLS, SPARSE, ATTENTION = 2, 4, 5  # rows of its table, and so axes of its vectors


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TINY, tmp_path / "tiny"))


def configured(folder: Path, file: str, content: object) -> str:
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(json.dumps(content))
    return f"onnx:{folder}"


def test_a_vector_is_the_mean_of_the_tokens_outputs_at_length_one(folder: Path) -> None:
    embedder = load(f"onnx:{folder}")
    ((vector),) = embedder.embed(["sparse sparse attention"])
    assert (embedder.dimension, vector.dtype) == (8, np.float32)
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector[SPARSE] == pytest.approx(2 * vector[ATTENTION])
    assert vector[CLS] == pytest.approx(vector[ATTENTION])  # special tokens are tokens too


def test_pooling_takes_the_first_token_where_the_folder_says_so(folder: Path) -> None:
    name = configured(folder, "1_Pooling/config.json", {"pooling_mode_cls_token": True, "word_embedding_dimension": 8})
    assert load(name).embed(["sparse attention"])[0, CLS] == 1


def test_a_text_is_cut_to_what_the_model_can_take(folder: Path) -> None:
    name = configured(folder, "sentence_bert_config.json", {"max_seq_length": 3})  # [CLS] sparse [SEP]
    vector = load(name).embed(["sparse attention graph"])[0]
    assert vector[SPARSE] > 0
    assert vector[ATTENTION] == 0


def test_texts_keep_their_order_whichever_is_done_first(folder: Path) -> None:
    texts = ["sparse " * 400, "cache", "attention " * 300, "graph", *["sparse", "attention"] * 50]
    embedder = load(f"onnx:{folder}")
    assert np.array_equal(embedder.embed(texts), np.concatenate([embedder.embed([text]) for text in texts]))
    assert embedder.embed([]).shape == (0, 8)


def test_the_model_may_lie_in_a_folder_of_its_own(folder: Path) -> None:
    before = embedders.fingerprint(f"onnx:{folder}")
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model.onnx")
    assert load(f"onnx:{folder}").fingerprint == before


def test_the_fingerprint_changes_with_every_file_that_changes_vectors(folder: Path) -> None:
    prints = [embedders.fingerprint(f"onnx:{folder}")]
    for file in ("1_Pooling/config.json", "sentence_bert_config.json", "modules.json"):
        prints.append(embedders.fingerprint(configured(folder, file, {})))
    (folder / "model.onnx").write_bytes(b"another")
    prints.append(embedders.fingerprint(f"onnx:{folder}"))
    assert len(set(prints)) == 5


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("modules.json", [{"type": "sentence_transformers.models.Dense"}], "a step that is not known here: Dense"),
        ("1_Pooling/config.json", {"pooling_mode_max_tokens": True}, "pools its tokens .* pooling_mode_max_tokens"),
        ("1_Pooling/config.json", [], "is not what it should be"),
        ("model.onnx", "no model", "cannot be loaded"),
        ("tokenizer.json", {}, "cannot be loaded"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(folder: Path, file: str, content: object, said: str) -> None:
    with pytest.raises(EmbedderError, match=said) as error:
        load(configured(folder, file, content))
    assert error.value.hint
    assert "\n" not in str(error.value)


def test_a_folder_without_a_model_says_what_it_must_hold(tmp_path: Path) -> None:
    for use in (load, embedders.fingerprint):
        with pytest.raises(EmbedderError, match="no ONNX model in") as error:
            use(f"onnx:{tmp_path}")
        assert "tokenizer.json" in error.value.hint


def test_another_limit_of_tokens_is_another_embedder(folder: Path) -> None:
    plain, short = OnnxEmbedder("a", folder), OnnxEmbedder("a", folder, max_tokens=2)
    assert plain.fingerprint == onnx.fingerprint(str(folder)) != short.fingerprint
    assert short.fingerprint == onnx.fingerprint(str(folder), max_tokens=2)
