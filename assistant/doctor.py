"""`doctor`: what is right and what is wrong with the installation, the settings and the library."""

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from assistant import __version__, discovery, prompts
from assistant.embedders import Embedder
from assistant.endpoint import Endpoint
from assistant.errors import AssistantError
from assistant.holdings import Finding
from assistant.library import Library
from assistant.places import exists
from assistant.rerankers import Reranker
from assistant.results import EXTRACTIVE
from assistant.text import ENCODINGS, encoding_is_local

LOW_DISK = 500_000_000  # bytes


def examine(
    *,
    library: Callable[[], tuple[Library, str]],
    embedder: Callable[[], Embedder],
    reranker: Callable[[], Reranker | None],
    home: Path,
    prompt_folder: str | None,
    model: str | None,
    base_url: str | None,
    api_key: str | None,
    download: bool = False,
) -> list[Finding]:
    """One finding a check, in the order a reader should mend them. Nothing is sent anywhere but to an endpoint that
    was chosen; where none is, model servers on this machine are looked for (`discovery.found`). `download` fetches
    tiktoken's vocabularies, which are otherwise used only if already here."""
    findings = [_versions(), *_environment(), _home(home)]
    findings += _attempt("embedder", lambda: _embedder(embedder()))
    findings += _attempt("reranker", lambda: _reranker(reranker()))
    findings += _attempt("prompts", lambda: [Finding("prompts", "ok", str(prompts.checked_folder(prompt_folder)))])
    findings += _attempt("library", lambda: _library(*library()))
    findings += _tokens(download=download)
    findings += _attempt("endpoint", lambda: [_endpoint(model, base_url, api_key)])
    if model is None and base_url is None:
        findings += _local_servers()
    return findings


def _attempt(what: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return check()
    except AssistantError as error:
        return [Finding(what, "fault", str(error), error.hint)]


def _versions() -> Finding:
    names = ("chromadb", "tantivy", "tokenizers", "openai", "tiktoken")
    parts = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    return Finding("program", "ok", f"paper-assistant {__version__}, Python {platform.python_version()}, {parts}")


def _environment() -> Iterator[Finding]:
    """What lies about that would disturb Chroma, and is kept from it."""
    from assistant.library.chroma import chroma_variables

    if names := [name for name in chroma_variables(os.environ) if name != "CHROMA_API_KEY"]:  # which is a setting
        yield Finding("environment", "note", f"{', '.join(names)} set; not used for your libraries")
    if exists(Path(".env")):
        yield Finding("environment", "note", "the .env file in this folder is not read")


def _home(home: Path) -> Finding:
    place = next(folder for folder in (home, *home.parents) if exists(folder))
    if not os.access(place, os.W_OK):
        return Finding("data folder", "fault", f"{home} cannot be written", "Set ASSISTANT_HOME to another folder.")
    free = shutil.disk_usage(place).free
    if free < LOW_DISK:
        return Finding("data folder", "note", f"{home}: only {free / 1e6:.0f} MB free", "Make room.")
    return Finding("data folder", "ok", f"{home} ({free / 1e9:.0f} GB free)")


def _embedder(embedder: Embedder) -> list[Finding]:
    return [Finding("embedder", "ok", f"{embedder.name}, {embedder.dimension} dimensions, {embedder.fingerprint}")]


def _reranker(reranker: Reranker | None) -> list[Finding]:
    return [Finding("reranker", "ok", reranker.name)] if reranker else []


def _library(library: Library, name: str) -> list[Finding]:
    return [Finding("library", "ok", f"{name}, in {library.folder}"), *library.check()]


def _tokens(*, download: bool) -> Iterator[Finding]:
    if download:
        yield from (problem for name in ENCODINGS if (problem := _fetched(name)))
    missing = [name for name in ENCODINGS if not encoding_is_local(name)]
    if missing:
        yield Finding(
            "tokens", "note", "estimated, for prompts to a model; for exact counts: assistant doctor --download"
        )
    else:
        yield Finding("tokens", "ok", "counted exactly for the models that tiktoken knows")


def _fetched(name: str) -> Finding | None:
    """What went wrong with fetching an encoding that is not here yet."""
    import tiktoken

    if not encoding_is_local(name):
        try:
            tiktoken.get_encoding(name)
        except Exception as error:  # whatever a download can meet: DNS, TLS, proxies, a wrong digest
            return Finding("tokens", "note", f"{name} could not be fetched: {type(error).__name__}")
    return None


def _endpoint(model: str | None, base_url: str | None, api_key: str | None) -> Finding:
    if model is None or model == EXTRACTIVE:
        return Finding("model", "ok", "none chosen; answers are extractive")
    endpoint = Endpoint(base_url=base_url, api_key=api_key, timeout_s=5.0)
    offered = endpoint.models()
    if offered and model not in offered:
        return Finding("model", "note", f"{model} is not among those offered: {', '.join(offered[:8])}")
    return Finding("model", "ok", f"{model} at {endpoint.address}")


def _local_servers() -> Iterator[Finding]:
    """What could be chosen; choosing is left to the user."""
    for server in discovery.found():
        shown = ", ".join(server.models[:8]) or "no model whose name can be shown"
        yield Finding(
            "local server",
            "note",
            f"{server.address} answers, where {server.usual} usually does, and offers {shown}",
            f"To have it write your answers: {server.commands}",
        )
