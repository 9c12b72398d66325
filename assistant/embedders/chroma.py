"""Chroma's own default, all-MiniLM-L6-v2 as ONNX: Chroma fetches it, `onnx.py` runs it.

Chroma is imported in a process of its own, and only to download: here it would take settings from variables and from a
`.env` file in the working folder, and its download knows no end where a network is silent.
"""

import subprocess
import sys
from pathlib import Path

from assistant.embedders import onnx
from assistant.endpoint import Endpoint
from assistant.errors import EmbedderError
from assistant.places import exists

TOKENS = 256  # which Chroma cuts texts to
PATIENCE = 900  # seconds that the download (79 MB) may take
_FETCH = """
try:
    from chromadb.utils.embedding_functions import ONNXMiniLM_L6_V2
    ONNXMiniLM_L6_V2()(["x"])
except Exception as error:
    print(f"{type(error).__name__}: {error}"[:200])
    raise SystemExit(1)
"""


def load(name: str, place: str, endpoint: Endpoint | None) -> onnx.OnnxEmbedder:
    """Chroma's model, downloaded unless it was before. EmbedderError."""
    return onnx.OnnxEmbedder(name, _folder(), max_tokens=TOKENS)


def fingerprint(place: str) -> str:
    return onnx.fingerprint(str(_folder()), max_tokens=TOKENS)


def _folder() -> Path:
    """Where Chroma keeps the model (ONNXMiniLM_L6_V2.DOWNLOAD_PATH, 1.5), once it is there."""
    folder = Path.home() / ".cache" / "chroma" / "onnx_models" / "all-MiniLM-L6-v2" / "onnx"
    if not all(exists(folder / file) for file in ("model.onnx", "tokenizer.json")):
        _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    hint = f"Connect to the network, or copy the folder from a machine that has it: {folder}."
    try:
        done = subprocess.run(
            [sys.executable, "-c", _FETCH],
            stdout=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parent,  # where no `.env` lies
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise EmbedderError(f"Chroma's model could not be fetched within {PATIENCE} s", hint=hint) from None
    if done.returncode:
        said = next(iter(done.stdout.strip().splitlines()[-1:]), f"exit status {done.returncode}")
        raise EmbedderError(f"Chroma's model could not be fetched: {said}", hint=hint)
