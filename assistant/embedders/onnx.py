"""Transformer encoders as ONNX files, laid out as sentence-transformers does: `onnx:<folder>`."""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from assistant.embedders.embedder import Vectors, digest, of_length_one
from assistant.endpoint import Endpoint
from assistant.errors import EmbedderError
from assistant.places import exists, expanded

THREADS = 2
TOKENS = 512  # of a text, where the folder does not say how many its model can take
_MODELS = ("model.onnx", "onnx/model.onnx")
_BESIDE = ("tokenizer.json", "1_Pooling/config.json", "sentence_bert_config.json", "modules.json")
_STEPS = ("Transformer", "Pooling", "Normalize")  # vectors get length 1 here in any case


@dataclass(frozen=True, slots=True)
class Layout:
    """What a folder says of its model: how a text's token outputs become one vector, and how long a text may be."""

    model: Path
    tokenizer: Path
    pooling: Literal["mean", "cls"] = "mean"
    max_tokens: int = TOKENS


class OnnxEmbedder:
    """An encoder run by onnxruntime on the processor.

    Each text is run by itself, two at a time on one thread each: that is faster there than batches with padding, and
    a text's vector does not depend on its company (a quantized model's would).
    """

    def __init__(self, name: str, folder: Path, *, max_tokens: int | None = None) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        self.name, self.fingerprint = name, fingerprint(str(folder), max_tokens=max_tokens)
        layout = _layout(folder)
        self._folder, self._pooling = folder, layout.pooling
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        try:
            self._tokenizer = Tokenizer.from_file(str(layout.tokenizer))
            self._tokenizer.no_padding()
            self._tokenizer.enable_truncation(max_tokens or layout.max_tokens)
            self._session = onnxruntime.InferenceSession(
                str(layout.model), sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # both raise Exceptions of no narrower kind
            raise EmbedderError(
                f"the model in {folder} cannot be loaded: {_line(error)}", hint="Is it whole?"
            ) from error
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self.dimension = len(self._vector("dimension"))

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        with ThreadPoolExecutor(THREADS) as pool:
            for row, vector in enumerate(pool.map(self._vector, texts)):
                vectors[row] = vector
        if not np.isfinite(vectors).all():
            raise EmbedderError(f"the model in {self._folder} gives what are no numbers", hint="Is it whole?")
        return of_length_one(vectors)

    def _vector(self, text: str) -> NDArray[np.float32]:
        """The pooled outputs of one text's tokens, shape (dimension,). EmbedderError."""
        ids = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        try:
            outputs = self._session.run(None, {key: value for key, value in given.items() if key in self._inputs})
        except Exception as error:  # onnxruntime raises Exceptions of no narrower kind
            raise EmbedderError(
                f"the model in {self._folder} cannot be run: {_line(error)}",
                hint="It must be a text encoder that takes input_ids and attention_mask.",
            ) from error
        states: Any = outputs[0]
        if states.ndim != 3:
            raise EmbedderError(
                f"the model in {self._folder} gives no output for each token", hint="Export it without its pooling."
            )
        return np.asarray(states[0].mean(axis=0) if self._pooling == "mean" else states[0, 0], dtype=np.float32)


def load(name: str, place: str, endpoint: Endpoint | None) -> OnnxEmbedder:
    """The model in the folder `place`. EmbedderError."""
    return OnnxEmbedder(name, expanded(place))


def fingerprint(place: str, *, max_tokens: int | None = None) -> str:
    """Of the files, and of a limit of tokens that is not theirs."""
    return _digest(expanded(place)) + (f"-{max_tokens}" if max_tokens else "")


def _files(folder: Path) -> Iterator[Path]:
    """The files that decide about vectors, of which all but the first two may be missing."""
    model = next((folder / file for file in _MODELS if exists(folder / file)), None)
    if model is None or not exists(folder / "tokenizer.json"):
        raise EmbedderError(
            f"no ONNX model in {folder}",
            hint="The folder must hold model.onnx (or onnx/model.onnx) and tokenizer.json.",
        )
    data = model.with_name(f"{model.name}_data")  # weights of a model of more than 2 GB
    yield from (file for file in (model, data, *(folder / name for name in _BESIDE)) if exists(file))


def _digest(folder: Path) -> str:
    try:
        return digest(_files(folder))
    except OSError as error:
        raise EmbedderError(f"the model in {folder} cannot be read: {error}", hint="Check its permissions.") from error


def _layout(folder: Path) -> Layout:
    """What the folder's small files say. EmbedderError: they ask for what is not done here."""
    model = next(_files(folder))
    modules = _read(folder / "modules.json", [])
    steps = [str(step.get("type") if isinstance(step, dict) else step).rpartition(".")[2] for step in modules]
    if foreign := [step for step in steps if step not in _STEPS]:
        raise EmbedderError(
            f"the model in {folder} has a step that is not known here: {foreign[0]}",
            hint=f"Known are {', '.join(_STEPS)}.",
        )
    modes = [mode for mode, used in _read(folder / "1_Pooling" / "config.json", {}).items() if used is True]
    pooling = {"pooling_mode_cls_token": "cls", "pooling_mode_mean_tokens": "mean"}
    chosen = [mode for mode in modes if mode.startswith("pooling_mode_")] or ["pooling_mode_mean_tokens"]
    if len(chosen) > 1 or chosen[0] not in pooling:
        raise EmbedderError(
            f"the model in {folder} pools its tokens in a way that is not known here: {', '.join(chosen)}",
            hint="Known are mean and cls.",
        )
    tokens = _read(folder / "sentence_bert_config.json", {}).get("max_seq_length")
    return Layout(
        model,
        folder / "tokenizer.json",
        "cls" if pooling[chosen[0]] == "cls" else "mean",
        tokens if isinstance(tokens, int) and tokens > 0 else TOKENS,
    )


def _read(file: Path, missing: Any) -> Any:
    """The JSON in `file`, of the type of `missing`, which is taken where there is no such file. EmbedderError."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return missing
    except (OSError, ValueError, RecursionError) as error:
        raise EmbedderError(f"{file} cannot be read: {_line(error)}", hint="Restore the file.") from error
    if not isinstance(found, type(missing)):
        raise EmbedderError(f"{file} is not what it should be", hint="Restore the file.")
    return found


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
