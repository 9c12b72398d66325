"""What every test stands on: no network, no settings of the person who runs it, one indexed sample for all."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from assistant.app import Assistant
from assistant.papers import Paper
from assistant.services.client import Client
from assistant.sources import hf_page
from tests.server import Server
from tests.services.publisher import Clock, Publisher, published

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"  # judged data of the developers; tests that need them skip where they are absent

_connect = socket.socket.connect
_getaddrinfo = socket.getaddrinfo
_SETTINGS = ("ASSISTANT_", "OPENAI_", "CHROMA_", "S2_", "OPENALEX_", "TIKTOKEN_", "DATA_GYM_")
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
def own_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable, configuration file or data folder of the person who runs the tests counts."""
    for name in list(os.environ):
        if name.startswith(_SETTINGS) or name.endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("assistant.discovery.LOCAL", ())  # nor do the servers that run on the machine
    monkeypatch.setattr("assistant.bounds.FIRST_PAUSE", 0.001)  # what fails here fails again as soon


@pytest.fixture(scope="session", autouse=True)
def commands_made_once() -> Iterator[None]:
    """typer's runner makes the whole command line anew for every command, in 25 ms; that of one process stays."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("typer.testing._get_command", cache(get_command))
        yield


@pytest.fixture
def sample(sample_home: Path) -> Iterator[Assistant]:
    """An assistant over the sample library. Tests only read it."""
    with Assistant.open("sample", home=str(sample_home)) as assistant:
        yield assistant


@pytest.fixture
def home(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder that commands use, with the sample in it. Tests only read it."""
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))
    return sample_home


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on loopback, to be loaded with replies."""
    started = Server()
    yield started
    started.server.shutdown()
    started.server.server_close()


@pytest.fixture
def publisher(monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """A server on loopback in the place of every service of papers, asked without waiting."""
    with published() as started:
        clock = Clock()
        monkeypatch.setattr("assistant.services.SERVICES", started.services)
        monkeypatch.setattr("assistant.wiring.Client", partial(Client, sleep=clock.sleep, clock=clock))
        yield started


@pytest.fixture(scope="session")
def shared() -> Path:
    if not (SHARED / "data").is_dir():
        pytest.skip("the judged data (../shared/data) are not on this machine")
    return SHARED / "data"


@pytest.fixture(scope="session")
def seeds() -> dict[str, Paper]:
    """The papers of the sample, by title."""
    pages = [hf_page.parse(file.read_text()) for file in sorted((ROOT / "seeds").glob("*.txt"))]
    return {entry.title: Paper(entry.title, entry.abstract) for page in pages for entry in page.entries}


# ---- recorded exchanges

Cassette = Callable[[str], AbstractContextManager[str]]
CASSETTES = ROOT / "cassettes"
_played: dict[Path, bool] = {}  # by cassette: was every exchange of it asked for?


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--record-from", metavar="URL", help="record the exchanges anew from this endpoint")


def pytest_configure(config: pytest.Config) -> None:
    """Where Python may not write compiled modules beside their sources, the hundreds of commands that tests run find
    them in pytest's own folder; else each compiles the program anew, for half a second."""
    if config.cache and os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        os.environ.setdefault("PYTHONPYCACHEPREFIX", str(config.cache.mkdir("compiled")))


@pytest.fixture
def cassette(request: pytest.FixtureRequest) -> Cassette:
    """`with cassette(name) as base_url:` replays (or with --record-from records) the exchange of that name."""
    from record import REPLAYED, tape  # here: processes that tests start have no tools/ on their path

    record_from = request.config.getoption("--record-from")

    @contextmanager
    def exchange(name: str) -> Iterator[str]:
        path = CASSETTES / f"{name}.yaml"
        with tape(path, record=bool(record_from)) as played:
            yield record_from or REPLAYED
        _played[path] = _played.get(path, False) or played.all_played

    return exchange


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A whole run that is green but left a recording unused is red: it would claim what no test shows."""
    if (
        worker := getattr(session.config, "workeroutput", None)
    ) is not None:  # one of several processes; the first one judges
        worker["played"] = [path.name for path, whole in _played.items() if whole]
        return
    whole = not session.config.getoption("keyword") and session.config.args == session.config.getini("testpaths")
    unused = [path.name for path in sorted(CASSETTES.glob("*.yaml")) if not _played.get(path)]
    if whole and exitstatus == 0 and unused:
        print(f"\nrecordings that no test asked for: {', '.join(unused)}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_testnodedown(node: Any, error: object) -> None:
    _played.update((CASSETTES / name, True) for name in getattr(node, "workeroutput", {}).get("played", ()))


@pytest.fixture
def index_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Searches open the vector index at once, as in a process that has asked for long."""
    monkeypatch.setattr("assistant.library.searching.SCANNED", 0)
