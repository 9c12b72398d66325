"""Static embedders in Model2Vec form: the bundled one, one in a folder, or one of the Hugging Face hub by its name."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.embedders.embedder import Vectors, digest, of_length_one
from assistant.endpoint import Endpoint
from assistant.errors import EmbedderError
from assistant.places import exists, expanded

BUNDLED = Path(__file__).parent.parent / "static_model"
FILES = ("model.safetensors", "tokenizer.json", "config.json")
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class StaticEmbedder:
    """A Model2Vec model in a folder: the mean of token vectors, thousands of abstracts a second on one core."""

    def __init__(self, name: str, folder: Path) -> None:
        from model2vec import StaticModel

        self.name, self.fingerprint = name, _digest(folder)
        try:
            self._model = StaticModel.from_pretrained(folder)
        except Exception as error:  # safetensors and tokenizers raise Exceptions of no narrower kind
            raise EmbedderError(f"the model in {folder} cannot be loaded: {error}", hint="Is it whole?") from error
        self.dimension = int(self._model.dim)

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode(list(texts), use_multiprocessing=False)
        return of_length_one(np.asarray(vectors, dtype=np.float32))


def load(name: str, place: str, endpoint: Endpoint | None) -> StaticEmbedder:
    """The model at `place`: a folder, a hub name, or the bundled one where it is empty. EmbedderError."""
    return StaticEmbedder(name, _folder(place))


def fingerprint(place: str) -> str:
    return _digest(_folder(place))


def _folder(place: str) -> Path:
    if not place:
        return BUNDLED
    folder = expanded(place)
    return _from_hub(place) if not exists(folder) and _HUB_NAME.fullmatch(place) else folder


def _from_hub(name: str) -> Path:
    """The folder of the hub's model `name`, downloaded unless it was before. EmbedderError."""
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        cached = Path(huggingface_hub.snapshot_download(name, allow_patterns=list(FILES), local_files_only=True))
        if all(exists(cached / file) for file in FILES):
            return cached
    except LocalEntryNotFoundError:
        pass
    try:
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=list(FILES)))
    except Exception as error:  # whatever a download can meet: no network, no such model, a full disk
        said = next(iter(str(error).splitlines()), "")
        raise EmbedderError(
            f"there is no folder {name}, and no model of that name could be fetched: {type(error).__name__}: {said}",
            hint="Check the name and the network, or download the model elsewhere and name its folder.",
        ) from error


def _digest(folder: Path) -> str:
    try:
        return digest(folder / file for file in FILES)
    except OSError as error:
        raise EmbedderError(
            f"no Model2Vec model in {folder}", hint=f"The folder must hold {', '.join(FILES)}."
        ) from error
