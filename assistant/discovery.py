"""Model servers on this machine: who answers on the ports that they usually take."""

import re
import shlex
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from assistant.bounds import bounded_client, closed_after

LOCAL = (("Ollama", 11434), ("LM Studio", 1234), ("llama.cpp", 8080), ("vLLM", 8000))
SECONDS = 1.0  # for the connection, and for the next bytes; a server on this machine that is well needs milliseconds
MODELS = 100  # of a server's list that are read
_NAME = re.compile(r"[A-Za-z0-9][\w./:@+-]{0,99}", re.ASCII)  # of a model; others are not repeated
_NO_WRITER = re.compile(r"embed|rerank|bge-|whisper", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """A server that answers at `address` and lists `models`. `usual` is the program that usually has its port: which
    one it is, nothing says."""

    usual: str
    address: str
    models: tuple[str, ...]

    @property
    def writer(self) -> str | None:
        """The first of its models whose name is not that of one for other work."""
        return next((name for name in self.models if not _NO_WRITER.search(name)), None)

    @property
    def commands(self) -> str:
        """What to type to have it asked; harmless, whatever the server says."""
        model = shlex.quote(self.writer or "NAME")
        return f"export OPENAI_BASE_URL={self.address}; export ASSISTANT_MODEL={model}"


def found(places: Sequence[tuple[str, int]] | None = None) -> list[Found]:
    """The servers among `places` (name and port; None: LOCAL) that list their models.

    Each port of 127.0.0.1 gets one GET of /v1/models, at the same time, with nothing in it: no key, no question. No
    proxy is asked and no redirect followed.
    """
    chosen = LOCAL if places is None else places
    if not chosen:
        return []
    with ThreadPoolExecutor(len(chosen)) as pool:
        return [server for server in pool.map(_asked, chosen) if server]


def _asked(place: tuple[str, int]) -> Found | None:
    import httpx2

    usual, port = place
    address = f"http://127.0.0.1:{port}/v1"
    client = bounded_client(seconds=2 * SECONDS, timeout=SECONDS, trust_env=False)
    try:
        with client, closed_after(client, 3 * SECONDS):
            reply = client.get(f"{address}/models")
            entries = reply.json()["data"] if reply.status_code == httpx2.codes.OK else None
    except Exception:  # nobody there, or somebody else: whatever that one says, it is no model server
        return None
    if not isinstance(entries, list):
        return None
    names = (entry.get("id") for entry in entries[:MODELS] if isinstance(entry, dict))
    return Found(usual, address, tuple(name for name in names if isinstance(name, str) and _NAME.fullmatch(name)))
