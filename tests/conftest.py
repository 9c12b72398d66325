"""What every test stands on: no network, no settings of the person who runs it, one indexed sample for all."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.app import Assistant

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"  # judged data of the developers; tests that need them skip where they are absent

_connect = socket.socket.connect
_getaddrinfo = socket.getaddrinfo
_LOOPBACK = ("127.0.0.1", "::1", "localhost", "llm.invalid")


class LeftTheProcess(AssertionError):
    """A test tried to reach the network."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and str(address[0]) not in _LOOPBACK:  # type: ignore[index]
            raise LeftTheProcess(f"a socket was opened to {address}")
        _connect(self, address)  # type: ignore[arg-type]

    def getaddrinfo(host: str, *args: object, **more: object) -> object:
        if host not in _LOOPBACK:
            raise LeftTheProcess(f"{host} was looked up")
        return _getaddrinfo(host, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which the sample library is indexed already."""
    home = tmp_path_factory.mktemp("home")
    with Assistant.open("sample", home=str(home)) as assistant:
        assert assistant.status().papers == 333
    return home


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No variable, configuration file or data folder of the person who runs the tests counts."""
    for name in list(os.environ):
        if name.startswith(("ASSISTANT_", "OPENAI_", "CHROMA_", "TIKTOKEN_", "DATA_GYM_")) or name.endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    monkeypatch.setenv("COLUMNS", "100")
    yield


@pytest.fixture
def sample(sample_home: Path) -> Iterator[Assistant]:
    """An assistant over the sample library. Tests only read it."""
    with Assistant.open("sample", home=str(sample_home)) as assistant:
        yield assistant


@pytest.fixture(scope="session")
def shared() -> Path:
    if not (SHARED / "data").is_dir():
        pytest.skip("the judged data (../shared/data) are not on this machine")
    return SHARED / "data"
