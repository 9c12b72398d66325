# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=1.26", "onnxruntime>=1.20", "safetensors>=0.5", "tokenizers>=0.21"]
# ///
"""Distil an encoder into a static model without any training, to measure it as `model2vec:<folder>`.

    python tools/onnx_of_minilm.py WEIGHTS ENCODER --fp32
    python tools/untrained_model2vec.py ENCODER FOLDER

As `model2vec.distill` does: each token of the vocabulary is read by the encoder alone, between its special tokens, and
the mean of the outputs is its vector; these are reduced by PCA and weighted a / (a + p), p after Zipf's law by the
token's rank in the vocabulary (Arora et al. 2017, with a = 0.0001). Special and unused tokens get the zero vector.
"""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from safetensors.numpy import save_file
from tokenizers import Tokenizer

BATCH = 1_024
SMOOTHING = 1e-4  # a
_UNUSED = re.compile(r"\[[A-Z]+\]|\[unused\d+\]")

Rows = NDArray[np.float32]


def token_vectors(encoder: Path, ids: NDArray[np.int64], around: tuple[int, int]) -> Rows:
    """The encoder's mean output for each of `ids` between the tokens `around`, shape (len(ids), dimension)."""
    session: Any = onnxruntime.InferenceSession(str(encoder / "model.onnx"), providers=["CPUExecutionProvider"])
    rows = []
    for at in range(0, len(ids), BATCH):
        part = ids[at : at + BATCH]
        given = np.stack([np.full_like(part, around[0]), part, np.full_like(part, around[1])], axis=1)
        (states,) = session.run(None, {"input_ids": given, "attention_mask": np.ones_like(given)})
        rows.append(states.mean(axis=1))
    return np.concatenate(rows)


def reduced(rows: Rows, dimension: int) -> Rows:
    """`rows` on their first principal components."""
    centred = rows - rows.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return np.asarray(centred @ vectors[:, ::-1][:, :dimension], dtype=np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("encoder", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dimension", type=int, default=256)
    args = parser.parse_args()
    tokenizer = Tokenizer.from_file(str(args.encoder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    vocabulary = tokenizer.get_vocab()
    ids = np.array(sorted(n for token, n in vocabulary.items() if not _UNUSED.fullmatch(token)), dtype=np.int64)
    first, last = tokenizer.encode("").ids
    rows = reduced(token_vectors(args.encoder, ids, (first, last)), args.dimension)
    shares = 1 / np.arange(2, len(ids) + 2)
    weights = SMOOTHING / (SMOOTHING + shares / shares.sum())
    table = np.zeros((max(vocabulary.values()) + 1, args.dimension), dtype=np.float32)
    table[ids] = rows * weights[:, None]
    args.folder.mkdir(parents=True, exist_ok=True)
    save_file({"embeddings": table}, args.folder / "model.safetensors")
    tokenizer.save(str(args.folder / "tokenizer.json"))
    (args.folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True}))


if __name__ == "__main__":
    main()
