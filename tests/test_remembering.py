"""Replies kept in a library: what is asked again of a model, what is not, and what of it lies in the library."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from assistant.embedders import BUNDLED, StaticEmbedder
from assistant.endpoint import Body, Endpoint
from assistant.library import CATALOG, Library, lock
from assistant.library.catalog import Catalog
from assistant.library.replies import MOST
from assistant.remembering import Remembering
from assistant.results import Kept, Usage
from tests.examples import CSKV, QSERVE
from tests.server import Server, completion, failure, stream
from tests.test_library import file

TODAY = date(2026, 1, 31)
BODY: Body = {"model": "m", "messages": [{"role": "user", "content": "q"}], "max_tokens": 50, "temperature": 0}
REPLY = completion("It is so [1].", usage={"prompt_tokens": 400, "completion_tokens": 10})


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "lib", embedder=lambda: StaticEmbedder("bundled", BUNDLED), create=True) as made:
        file(made, [CSKV, QSERVE])
        yield made


@pytest.fixture
def asked(server: Server, library: Library) -> Callable[..., str]:
    """Ask for a completion through the library's memory; the text, and a mark where it was kept."""

    def run(endpoint: Endpoint | None = None, **changed: object) -> str:
        reply = Remembering(endpoint or server.endpoint(), lambda: library, today=lambda: TODAY).complete(
            BODY | changed
        )
        return f"{reply.text}{f' (kept {reply.kept})' if reply.kept else ''}"

    server.replies = [REPLY]
    return run


def rows(library: Library) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(library.folder / CATALOG)) as db:
        return db.execute("SELECT key, day, text, prompt_tokens, completion_tokens FROM replies").fetchall()


def tamper(library: Library, statement: str) -> None:
    with closing(sqlite3.connect(library.folder / CATALOG)) as db:
        db.execute(statement)
        db.commit()


def test_the_same_request_is_sent_once(asked: Callable[..., str], server: Server) -> None:
    assert asked() == "It is so [1]."
    assert asked() == "It is so [1]. (kept 2026-01-31)"
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"model": "n"},
        {"messages": [{"role": "user", "content": "q?"}]},
        {"max_tokens": 51},
        {"temperature": 1},
    ],
)
def test_whatever_is_sent_differently_is_asked_anew(
    asked: Callable[..., str], server: Server, changed: dict[str, object]
) -> None:
    asked()
    asked(**changed)
    assert len(server.bodies) == 2


def test_another_address_is_another_model_and_another_key_is_not(asked: Callable[..., str], server: Server) -> None:
    asked()
    asked(server.endpoint(api_key="sk-other-key-0123"))
    assert len(server.bodies) == 1
    asked(Endpoint(base_url=server.url.replace("127.0.0.1", "localhost"), api_key=None, timeout_s=5))
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    "reply", [completion("It is", finish="length"), completion(""), completion("cut", finish=None)]
)
def test_a_reply_that_is_not_whole_is_not_kept(asked: Callable[..., str], server: Server, reply: object) -> None:
    server.replies = [reply, REPLY]  # type: ignore[list-item]
    asked()
    assert asked() == "It is so [1]."


def test_an_interrupted_reply_is_not_kept(server: Server, library: Library) -> None:
    def interrupted(piece: str) -> None:
        raise KeyboardInterrupt

    server.replies = [stream("It is ", "so [1].")]
    memory = Remembering(server.endpoint(), lambda: library, today=lambda: TODAY)
    assert memory.complete(BODY, on_text=interrupted).text == "It is "
    assert rows(library) == []


def test_nothing_secret_lies_in_the_library(server: Server, library: Library) -> None:
    server.replies = [completion("The key is sk-secret-0123456789, they say.")]
    address = server.url_with("me:hunter2hunter2") + "?key=hunter3"
    endpoint = Endpoint(base_url=address, api_key="sk-secret-0123456789", timeout_s=5)
    Remembering(endpoint, lambda: library, today=lambda: TODAY).complete(BODY)
    ((key, *_),) = rows(library)
    assert len(str(key)) == 64
    library.close()
    stored = b"".join(part.read_bytes() for part in library.folder.glob(f"{CATALOG}*"))
    assert b"The key is ***, they say." in stored
    assert not any(secret in stored for secret in (b"sk-secret", b"hunter2", b"hunter3", b"Bearer", b"127.0.0.1"))


def test_only_the_newest_are_kept(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 1_000
    monkeypatch.setattr("assistant.library.replies.MOST", 3)
    for n in range(6):
        library.keep(f"k{n}", Kept(TODAY, f"reply {n}"))
    library.keep("k4", Kept(TODAY, "reply 4 anew", Usage(4, 2, estimated=False)))
    assert [row[0] for row in rows(library)] == ["k5", "k4"]
    assert library.recall("k0") is None
    assert library.recall("k4") == Kept(TODAY, "reply 4 anew", Usage(4, 2, estimated=False))


def test_a_library_that_is_being_written_is_not_waited_for(library: Library) -> None:
    with closing(sqlite3.connect(library.folder / CATALOG, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        library.keep("k", Kept(TODAY, "reply"))
        writer.execute("ROLLBACK")
    assert library.recall("k") is None
    with lock.held(library.folder, wait_s=0, notice=lambda text: None):  # a long ingest, between two of its batches
        library.keep("k", Kept(TODAY, "reply"))
    assert library.recall("k") is not None


def test_a_library_from_before_there_were_replies_keeps_them_too(library: Library) -> None:
    tamper(library, "DROP TABLE replies")
    assert library.recall("k") is None
    library.keep("k", Kept(TODAY, "reply"))
    assert library.recall("k") is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE replies SET text = x'ff00'",
        "UPDATE replies SET day = 'yesterday'",
        "UPDATE replies SET text = replace(hex(zeroblob(600000)), '00', 'xy')",
        "DROP TABLE replies",
        "ALTER TABLE replies DROP COLUMN day",
    ],
)
def test_a_row_that_nobody_of_us_wrote_counts_as_none(
    library: Library, asked: Callable[..., str], statement: str
) -> None:
    asked()
    tamper(library, statement)
    assert asked() == "It is so [1]."


@pytest.mark.parametrize("tokens", ["'many'", "-1", "1e300", "NULL", "x'00'"])
def test_tokens_that_nobody_of_us_wrote_are_not_known(library: Library, tokens: str) -> None:
    library.keep("k", Kept(TODAY, "reply", Usage(4, 2, estimated=False)))
    tamper(library, f"UPDATE replies SET prompt_tokens = {tokens}")
    assert library.recall("k") == Kept(TODAY, "reply")


def test_a_kept_reply_is_cleaned_as_one_that_came_now(library: Library, asked: Callable[..., str]) -> None:
    asked()
    tamper(library, "UPDATE replies SET text = 'It is' || char(27) || '[2J so' || char(8238)")
    assert asked() == "It is so (kept 2026-01-31)"


def test_keeping_a_reply_is_no_news_to_a_search_but_what_others_write_is(library: Library) -> None:
    library.search("cache", limit=1)
    searcher = library._searcher
    assert searcher is not None
    library.keep("k", Kept(TODAY, "reply"))
    library.search("cache", limit=1)
    assert library._searcher is searcher
    with Library(library.folder, embedder=lambda: StaticEmbedder("bundled", BUNDLED)) as other:
        other.keep("other", Kept(TODAY, "reply"))
    library.keep("k", Kept(TODAY, "reply"))
    library.search("cache", limit=1)
    assert library._searcher is not searcher


def test_what_another_process_writes_just_then_is_news(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    library.search("cache", limit=1)
    searcher = library._searcher
    monkeypatch.setattr(  # between what is kept and a look at whether it is all that was written
        Catalog, "settle", lambda self, **more: tamper(library, "INSERT INTO meta VALUES ('other', '1')")
    )
    library.keep("k", Kept(TODAY, "reply"))
    library.search("cache", limit=1)
    assert library._searcher is not searcher


def test_the_catalog_alone_is_whole_after_a_reply_was_kept(library: Library, tmp_path: Path) -> None:
    library.keep("k", Kept(TODAY, "reply"))
    copied = tmp_path / "copy"
    copied.mkdir()
    shutil.copy(library.folder / CATALOG, copied)
    with Library(copied, embedder=lambda: StaticEmbedder("bundled", BUNDLED)) as copy:
        assert copy.recall("k") is not None


def test_removing_a_paper_forgets_replies_that_may_tell_of_it(library: Library) -> None:
    library.keep("k", Kept(TODAY, "reply"))
    library.remove([CSKV.title])
    assert library.recall("k") is None


def test_a_failure_is_not_kept(asked: Callable[..., str], server: Server) -> None:
    server.replies = [failure(400, "no"), REPLY]
    with pytest.raises(Exception, match="no"):
        asked()
    assert asked() == "It is so [1]."
