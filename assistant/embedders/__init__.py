"""Text to vectors. An embedder is chosen by name; `KINDS` has the forms a name may take, and who makes what of it."""

from collections.abc import Callable
from dataclasses import dataclass

from assistant.embedders import chroma, hosted, onnx, static
from assistant.embedders.embedder import Embedder, LateInteraction, Vectors
from assistant.embedders.static import BUNDLED, StaticEmbedder
from assistant.endpoint import Endpoint
from assistant.errors import EmbedderError

__all__ = [
    "BUNDLED",
    "FORMS",
    "KINDS",
    "Embedder",
    "LateInteraction",
    "StaticEmbedder",
    "Vectors",
    "fingerprint",
    "load",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """`place` says what stands after the colon of a name, nothing for a name without one. `load` takes the whole
    name, its place and the endpoint; `fingerprint` takes the place."""

    place: str
    load: Callable[[str, str, Endpoint | None], Embedder]
    fingerprint: Callable[[str], str]


KINDS: dict[str, Kind] = {
    "bundled": Kind("", static.load, static.fingerprint),
    "model2vec": Kind("<folder or hub name>", static.load, static.fingerprint),
    "onnx": Kind("<folder>", onnx.load, onnx.fingerprint),
    "chroma-default": Kind("", chroma.load, chroma.fingerprint),
    "openai": Kind("<model>", hosted.load, hosted.fingerprint),
}
FORMS = tuple(f"{kind}:{entry.place}" if entry.place else kind for kind, entry in KINDS.items())


def load(name: str, *, endpoint: Endpoint | None = None) -> Embedder:
    """The embedder called `name`; `endpoint` is for one that is asked over HTTP. EmbedderError: no such name, or its
    files cannot be used."""
    kind, place = _entry(name)
    return kind.load(name, place, endpoint)


def fingerprint(name: str) -> str:
    """The fingerprint of the embedder called `name`, without loading it. EmbedderError as for `load`."""
    kind, place = _entry(name)
    return kind.fingerprint(place)


def _entry(name: str) -> tuple[Kind, str]:
    """The kind of a name and its place."""
    kind, _, place = name.partition(":")
    entry = KINDS.get(kind)
    if entry is None or bool(entry.place) != bool(place):
        forms = ", ".join(f"“{form}”" for form in FORMS)
        raise EmbedderError(f"no embedder is called “{name}”", hint=f"Embedders are {forms}.")
    return entry, place
