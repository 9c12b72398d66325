"""Static embedders in Model2Vec form: the bundled one, one in a folder, or one of the Hugging Face hub by its name.

Such a model is a table with a vector for each token; a text's vector is the sum of its tokens' vectors. The files are
read here and not by the package model2vec, with which that takes 0.14 s longer, a third of a whole search.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from assistant.embedders.embedder import Vectors, digest, of_length_one
from assistant.embedders.interaction import max_sim
from assistant.embedders.tokens import Tokens
from assistant.endpoint import Endpoint
from assistant.errors import EmbedderError
from assistant.places import exists, expanded

BUNDLED = Path(__file__).parent.parent / "static_model"
FILES = ("model.safetensors", "tokenizer.json", "config.json")
MAX_TOKENS = 512  # of a text; as model2vec does
REMEMBERED = 2_048  # texts whose tokens are kept between two questions
AT_ONCE = 64  # texts tokenized at a time
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


class StaticEmbedder:
    """A Model2Vec model in a folder: the sum of token vectors, thousands of abstracts a second on one core."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.fingerprint = name, _digest(folder)
        try:
            self._table = _table(folder / "model.safetensors")
            self._tokens = Tokens(folder / "tokenizer.json", most=MAX_TOKENS)
            if self._tokens.last >= len(self._table):
                raise ValueError("its tokenizer has tokens without a vector")
        except Exception as error:  # safetensors and tokenizers raise Exceptions of no narrower kind
            raise EmbedderError(f"the model in {folder} cannot be loaded: {error}", hint="Is it whole?") from error
        self.dimension = int(self._table.shape[1])
        self._remembered = lru_cache(maxsize=REMEMBERED)(lambda text: self._tokens([text])[0])

    def embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for at in range(0, len(texts), AT_ONCE):
            for row, tokens in enumerate(self._tokens(texts[at : at + AT_ONCE]), at):
                vectors[row] = self._table[tokens].sum(axis=0, dtype=np.float32)
        return of_length_one(vectors)

    def interaction(self, question: str, texts: Sequence[str]) -> Vectors:
        """How well each text has something near to every token of the question (`interaction.max_sim`), shape
        (len(texts),)."""
        return max_sim(self._tokens([question])[0], [self._remembered(text) for text in texts], self._table)


def _table(file: Path) -> NDArray[np.float32] | NDArray[np.int8]:
    """A vector for each token id, shape (tokens, dimension). Tokens that share a vector, or whose vectors carry a
    weight of their own, are written out, as model2vec's `mapping` and `weights` say."""
    tensors = load_file(file)
    table = tensors["embeddings"]
    if "mapping" in tensors:
        table = table[tensors["mapping"]]
    if "weights" in tensors:
        table = table.astype(np.float32) * tensors["weights"].astype(np.float32)[:, None]
    table = table if table.dtype == np.int8 else table.astype(np.float32)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all():
        raise ValueError("its table is none of numbers, tokens by dimension")
    return table


def load(name: str, place: str, endpoint: Endpoint | None) -> StaticEmbedder:
    """The model at `place`: a folder, a hub name, or the bundled one where it is empty. EmbedderError."""
    return StaticEmbedder(name, _folder(place)) if place else _bundled()


@cache
def _bundled() -> StaticEmbedder:
    """The bundled model: as often as libraries are opened in a process, it is read once."""
    return StaticEmbedder("bundled", BUNDLED)


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
