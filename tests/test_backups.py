"""Backups: of one moment, whole or not at all; and what is restored is what was backed up, or nothing."""

import errno
import hashlib
import io
import json
import os
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date as Date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.app import build
from assistant.errors import (
    AssistantError,
    BackupError,
    LibraryBusy,
    LibraryDamaged,
    LibraryFull,
    LibraryTooNew,
    UsageError,
)
from assistant.journal import Journal
from assistant.library import archive
from assistant.library.catalog import FILE as CATALOG
from assistant.library.catalog import Catalog
from assistant.services.client import Seen
from tests.forked import Forked, starter
from tests.test_library_concurrency import DEADLINE, papers


class Killed(BaseException):
    pass


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a library of twenty papers, with marks and a topic, its backup, and another library."""
    folder = tmp_path_factory.mktemp("built")
    with opened(folder / "home") as assistant:
        assistant.ingest(papers(folder, "bees", 20))
        assistant.curator.tag("thesis", ["bees-3", "bees-4"])
        assistant.curator.note("bees-3", "Count them again.")
        assistant.add_topic("bees")
        assistant.backup(folder / "backup.zip")
    with opened(folder / "home", "ants") as assistant:
        assistant.ingest(papers(folder, "ants", 5))
    return folder


@pytest.fixture(scope="module")
def backup(built: Path) -> Path:
    return built / "backup.zip"


@pytest.fixture
def home(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built / "home", tmp_path / "home"))


@pytest.fixture
def bees(home: Path) -> Iterator[Assistant]:
    """The library that the backup is of."""
    with opened(home) as assistant:
        yield assistant


@pytest.fixture
def ants(home: Path) -> Iterator[Assistant]:
    """Another library."""
    with opened(home, "ants") as assistant:
        yield assistant


def opened(home: Path, library: str | None = None) -> Assistant:
    return build({"home": str(home), "library": library}, {})


def everything(assistant: Assistant) -> object:
    """What a library says to its user."""
    found = [(one.paper_id, one.score, one.passage) for one in assistant.search("how many bees are there?", k=20)]
    return assistant.list(), found, assistant.tags(), assistant.topics(), assistant.ask("how many bees?").sentences


def sound(assistant: Assistant) -> bool:
    return {finding.level for finding in assistant.library.check()} == {"ok"}


def left(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


# ---- a round


def test_a_restored_library_says_what_the_one_that_was_backed_up_said(bees: Assistant, tmp_path: Path) -> None:
    said = bees.backup(tmp_path / "b.zip")
    assert (said.papers, said.library, said.embedder) == (20, "default", "bundled")
    assert left(tmp_path) == {"home", "b.zip"}
    with opened(tmp_path / "home", "other") as other:
        assert other.restore(tmp_path / "b.zip").sha256 == said.sha256
        assert everything(other) == everything(bees)
        assert sound(other)
        assert left(other.folder) >= {CATALOG, "chroma", "lexical"}
        assert "restoring" not in left(other.folder)
        other.ingest(papers(tmp_path, "caches", 3))
        assert (other.status().papers, sound(other)) == (23, True)


def test_with_force_it_takes_the_place_of_what_is_there(bees: Assistant, ants: Assistant, backup: Path) -> None:
    with pytest.raises(UsageError, match="holds 5 papers"):
        ants.restore(backup)
    assert len(ants.list()) == 5
    ants.restore(backup, force=True)
    assert everything(ants) == everything(bees)
    assert sound(ants)
    assert len(left(ants.folder / "chroma")) == 1
    ants.restore(backup, force=True)
    assert sound(ants)


def test_no_library_yet_and_none_named_makes_the_default_one(tmp_path: Path, backup: Path) -> None:
    with opened(tmp_path / "new") as assistant:
        assistant.restore(backup)
        assert (assistant.library_name, len(assistant.list())) == ("default", 20)


def test_who_has_the_library_open_goes_on_with_the_restored_one(ants: Assistant, tmp_path: Path, backup: Path) -> None:
    with opened(tmp_path / "home", "ants") as reader:
        assert reader.search("ants", k=1)[0].title.startswith("ants")
        with reader.library._catalog.snapshot():
            assert reader.library._catalog.counts()[0] == 5
            ants.restore(backup, force=True)
            assert reader.library._catalog.counts()[0] == 5  # of the moment it keeps to
        assert reader.search("bees", k=1)[0].title.startswith("bees")
        assert len(reader.list()) == 20
        reader.curator.tag("later", ["bees-1"])
    assert ants.tags() == {"later": 1, "thesis": 2}


def test_a_backup_is_checked_without_being_restored(bees: Assistant, backup: Path) -> None:
    assert bees.check_backup(backup).papers == 20
    assert left(bees.folder.parent) == {"default", "ants"}


def test_a_library_that_cannot_be_opened_is_set_aside(
    ants: Assistant, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ants.close()
    (ants.folder / CATALOG).write_bytes(b"no catalog" * 1_000)
    with pytest.raises(LibraryDamaged):
        ants.restore(backup)
    monkeypatch.setattr("assistant.library.restoring.exchange", lambda *args, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ants.restore(backup, force=True)
    assert (ants.folder / CATALOG).read_bytes().startswith(b"no catalog")
    monkeypatch.undo()
    ants.restore(backup, force=True)
    assert (len(ants.list()), sound(ants)) == (20, True)
    (kept,) = ants.folder.parent.glob("ants.before-*")
    assert (kept / CATALOG).read_bytes().startswith(b"no catalog")


def test_vectors_of_another_embedder_are_restored_and_it_is_told_that_they_are_not_indexed(
    bees: Assistant, tmp_path: Path
) -> None:
    with closing(Catalog(bees.folder, write=True)) as catalog:
        catalog.set_meta(fingerprint="of another")
    bees.backup(tmp_path / "b.zip")
    notices: list[str] = []
    with build({"home": str(tmp_path / "home"), "library": "other"}, {}, notice=notices.append) as other:
        other.restore(tmp_path / "b.zip")
        assert len(other.list()) == 20
        assert "it is restored, but not indexed" in notices[0]
        assert "assistant reindex" in notices[0]
        assert other.reindex() == 20
        assert sound(other)


# ---- while others write


def test_a_backup_is_of_one_moment_whatever_is_written_while_it_is_made(
    bees: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.library.catalog.PAGES", 10)
    written: list[int] = []

    def write(what: str, done: int, total: int) -> None:
        if what == "copying" and len(written) < 3:
            with opened(tmp_path / "home") as other:
                other.curator.tag(f"t{len(written)}", ["bees-1"])
                written.append(done)

    bees._progress = write
    before = everything(bees)
    assert bees.backup(tmp_path / "b.zip").papers == 20
    assert len(written) == 3
    assert len(bees.tags()) == 4
    with opened(tmp_path / "home", "other") as other:
        other.restore(tmp_path / "b.zip")
        assert everything(other) == before


def test_backups_beside_an_ingest_of_another_process_are_whole(bees: Assistant, tmp_path: Path) -> None:
    ingest = starter(tmp_path, batch=8)(["ingest", str(papers(tmp_path, "caches", 80))])
    made = [bees.backup(tmp_path / f"{n}.zip").papers for n in range(4)]
    assert ingest.wait(DEADLINE) == 0
    made.append(bees.backup(tmp_path / "4.zip").papers)
    assert made[-1] == 100
    assert all((count - 20) % 8 == 0 for count in made), made  # batches are filed whole
    for n in (1, 4):
        with opened(tmp_path / "home", f"restored-{n}") as other:
            other.restore(tmp_path / f"{n}.zip")
            assert (len(other.list()), sound(other)) == (made[n], True)
    assert other.search("caches", k=3) == bees.search("caches", k=3)


def test_no_writer_comes_between_a_restore(ants: Assistant, backup: Path, tmp_path: Path) -> None:
    impatient = starter(tmp_path, ASSISTANT_WAIT="0")
    refused: list[Forked] = []

    def write(what: str, done: int, total: int) -> None:
        if what == "unpacking" and not refused:
            refused.append(impatient(["ingest", str(papers(tmp_path, "caches", 3)), "--library", "ants"]))
            assert refused[0].wait(DEADLINE) == 1

    ants._progress = write
    ants.restore(backup, force=True)
    assert "is being written by process" in refused[0].said
    assert len(ants.list()) == 20


def test_a_restore_that_has_to_give_way_leaves_the_library_of_the_other(tmp_path: Path, backup: Path) -> None:
    folder = tmp_path / "new" / "libraries" / "other"

    def restore(what: str, done: int, total: int) -> None:
        if what == "unpacking":
            second = build({"home": str(tmp_path / "new"), "library": "other", "wait": 0}, {})
            with second, pytest.raises(LibraryBusy):
                second.restore(backup, force=True)
            assert (folder / "restoring").is_dir()

    with opened(tmp_path / "new", "other") as first:
        first._progress = restore
        first.restore(backup)
        assert (len(first.list()), sound(first)) == (20, True)


# ---- what fails leaves what was there


@pytest.mark.parametrize("what", ["unpacking", "indexing", "building the vector index", "putting it in place"])
def test_a_restore_that_dies_at_any_step_leaves_the_old_library(
    ants: Assistant, backup: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr("assistant.library.catalog.PAGES", 1)

    def die(said: str, done: int, total: int) -> None:
        if said == what and (done < total or what == "unpacking"):  # what is put in place whole is in place
            raise Killed

    before = everything(ants)
    ants._progress = die
    if what == "indexing":
        monkeypatch.setattr("assistant.library.indexing.Writer._open_lexical", lambda *args: die("indexing", 0, 1))
    with pytest.raises(Killed):
        ants.restore(backup, force=True)
    assert everything(ants) == before
    ants._progress = lambda *said: None
    monkeypatch.undo()
    ants.restore(backup, force=True)
    assert (len(ants.list()), sound(ants)) == (20, True)


def test_a_restore_that_dies_after_the_exchange_leaves_the_new_library_and_the_next_writer_mends_it(
    ants: Assistant, backup: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("assistant.library.restoring.put_in_place", die)
        with pytest.raises(Killed):
            ants.restore(backup, force=True)
    assert {one.title.split()[0] for one in ants.search("bees and ants", k=20)} == {"bees"}
    ants.ingest(papers(tmp_path, "caches", 1))
    assert (len(ants.list()), sound(ants)) == (21, True)


def test_a_new_library_that_could_not_be_restored_is_not_there(
    tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*args: object, **more: object) -> None:
        raise Killed

    monkeypatch.setattr("assistant.library.restoring.check", die)
    with opened(tmp_path / "home", "other") as other, pytest.raises(Killed):
        other.restore(backup)
    assert left(tmp_path / "home" / "libraries") == set()


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("nowhere/b.zip", "there is no folder"),
        (".", "is a folder"),
        ("home/libraries/default/catalog.sqlite3", "lies in the library itself"),
        ("home/libraries/default/chroma/b.zip", "lies in the library itself"),
        ("link/b.zip", "lies in the library itself"),
        ("thesis.txt", "is there, and is no backup"),
        ("fifo", "is there, and is no backup"),
    ],
)
def test_a_backup_is_put_nowhere_where_it_would_do_harm(bees: Assistant, tmp_path: Path, place: str, said: str) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    (tmp_path / "link").symlink_to(bees.folder)
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(UsageError, match=said):
        bees.backup(tmp_path / place)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
    assert sound(bees)


@pytest.mark.parametrize("full", [errno.ENOSPC, errno.EACCES])
def test_where_it_cannot_be_written_the_backup_of_before_stays(
    bees: Assistant, tmp_path: Path, backup: Path, monkeypatch: pytest.MonkeyPatch, full: int
) -> None:
    shutil.copy(backup, tmp_path / "b.zip")

    def fail(*args: object) -> None:
        raise OSError(full, os.strerror(full))

    monkeypatch.setattr("assistant.library.archive.os.fsync", fail)
    with pytest.raises(LibraryFull if full == errno.ENOSPC else BackupError):
        bees.backup(tmp_path / "b.zip")
    assert (tmp_path / "b.zip").read_bytes() == backup.read_bytes()
    assert left(tmp_path) == {"home", "b.zip"}


def test_the_sample_is_neither_backed_up_nor_restored_into(sample: Assistant, tmp_path: Path, backup: Path) -> None:
    with pytest.raises(UsageError, match="the sample library cannot be changed"):
        sample.backup(tmp_path / "b.zip")
    with pytest.raises(UsageError, match="the sample library cannot be changed"):
        sample.restore(backup, force=True)


# ---- what somebody else has made

Files = dict[str, bytes]


def parts(backup: Path) -> tuple[dict[str, Any], bytes]:
    with zipfile.ZipFile(backup) as opened:
        return json.loads(opened.read("manifest.json")), opened.read(CATALOG)


def zipped(place: Path, manifest: object, catalog: bytes, **more: bytes) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", json.dumps(manifest))
        made.writestr(CATALOG, catalog)
        for name, data in more.items():
            made.writestr(name, data)
    return place


def changed(backup: Path, place: Path, *statements: str) -> Path:
    """A backup whose catalog was changed by somebody who knows how to make the sums right."""
    manifest, catalog = parts(backup)
    file = place.with_suffix(".db")
    file.write_bytes(catalog)
    with closing(sqlite3.connect(file)) as db:
        for statement in statements:
            db.executescript(statement)
    data = file.read_bytes()
    return zipped(place, manifest | {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}, data)


@pytest.mark.parametrize(
    "statements",
    [
        "CREATE TRIGGER t AFTER INSERT ON papers BEGIN DELETE FROM papers; END",
        "CREATE VIEW v AS SELECT 1",
        "DROP TABLE sent; CREATE VIEW sent AS SELECT 1 AS paper_id, 2 AS abstract",
        "CREATE VIRTUAL TABLE f USING fts5(x)",
        "DROP TABLE notes; CREATE VIRTUAL TABLE notes USING fts5(paper_id, note)",
        "CREATE TABLE other(x)",
        "ALTER TABLE papers ADD COLUMN more TEXT",
        "ALTER TABLE papers ADD COLUMN made TEXT GENERATED ALWAYS AS (hex(title)) VIRTUAL",
        "CREATE INDEX strange ON papers(title)",
        "DROP INDEX papers_date; CREATE INDEX papers_date ON papers(abs(date))",
        "PRAGMA page_size = 1024; VACUUM",
        "PRAGMA writable_schema = 1; DELETE FROM sqlite_master WHERE name = 'identities'",
    ],
)
def test_a_catalog_that_is_not_ours_is_refused(ants: Assistant, backup: Path, tmp_path: Path, statements: str) -> None:
    before = everything(ants)
    hostile = changed(backup, tmp_path / "h.zip", statements)
    for use in (ants.check_backup, lambda file: ants.restore(file, force=True)):
        with pytest.raises(BackupError, match="it holds no"):
            use(hostile)
    assert everything(ants) == before


def test_what_a_catalog_says_of_indexes_and_servers_is_not_taken_over(
    ants: Assistant, backup: Path, tmp_path: Path
) -> None:
    values = "('store', 'http://127.0.0.1:9'), ('collection', 'x'), ('generation', 'y'), ('vectors', 'clean')"
    hostile = changed(backup, tmp_path / "h.zip", f"INSERT OR REPLACE INTO meta VALUES {values}")
    ants.restore(hostile, force=True)
    assert (ants.status().store, sound(ants)) == ("local", True)


def test_newer_forms_are_refused_with_what_to_do(ants: Assistant, backup: Path, tmp_path: Path) -> None:
    manifest, catalog = parts(backup)
    newer = zipped(tmp_path / "n.zip", manifest | {"form": 2}, catalog)
    for file in (newer, changed(backup, tmp_path / "m.zip", "PRAGMA user_version = 7")):
        with pytest.raises(LibraryTooNew) as error:
            ants.restore(file, force=True)
        assert "pip install --upgrade" in error.value.hint
    with pytest.raises(UsageError):  # it is none that this version may replace
        ants.backup(newer)
    assert len(ants.list()) == 5


def hostile_zips(backup: Path) -> Iterator[tuple[str, Callable[[Path], Path]]]:
    manifest, catalog = parts(backup)
    yield "names of places", lambda place: zipped(place, manifest, catalog, **{"../../evil": b"x"})
    yield "a name of a place alone", lambda place: _renamed(place, manifest, catalog)
    yield "the catalog twice", lambda place: _twice(place, manifest, catalog)
    yield "no catalog", lambda place: _of(place, {"manifest.json": json.dumps(manifest).encode()})
    yield "another catalog", lambda place: zipped(place, manifest, catalog[:-4096] + bytes(4096))
    yield "a catalog cut off", lambda place: zipped(place, manifest, catalog[:-4096])
    yield "a catalog too long", lambda place: zipped(place, manifest, catalog + bytes(4096))
    yield "no SQLite", lambda place: _summed(place, manifest, b"x" * 5_000)
    yield "an empty catalog", lambda place: _summed(place, manifest, b"")
    yield "a bomb", lambda place: _bomb(place, manifest)
    yield "a long manifest", lambda place: zipped(place, manifest | {"x": "y" * 100_000}, catalog)
    yield "a deep manifest", lambda place: _of(place, {"manifest.json": b"[" * 50_000, CATALOG: catalog})
    yield "a list as manifest", lambda place: zipped(place, [manifest], catalog)
    yield "no text in it", lambda place: zipped(place, manifest | {"library": 3}, catalog)
    yield "no number in it", lambda place: zipped(place, manifest | {"papers": True}, catalog)
    yield "another format", lambda place: zipped(place, manifest | {"format": "x"}, catalog)
    yield "many files", lambda place: _of(place, {f"{n:06}{'x' * 200}": b"" for n in range(9_000)})
    yield "cut off", lambda place: _bytes(place, backup.read_bytes()[:-100])
    yield "no zip", lambda place: _bytes(place, b"words")
    yield "empty", lambda place: _bytes(place, b"")


def _of(place: Path, files: Files) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return place


def _renamed(place: Path, manifest: object, catalog: bytes) -> Path:
    return _of(place, {"manifest.json": json.dumps(manifest).encode(), f"../{CATALOG}": catalog})


def _twice(place: Path, manifest: object, catalog: bytes) -> Path:
    zipped(place, manifest, catalog)
    with zipfile.ZipFile(place, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr(CATALOG, b"another")
    return place


def _summed(place: Path, manifest: dict[str, Any], catalog: bytes) -> Path:
    said = manifest | {"bytes": len(catalog), "sha256": hashlib.sha256(catalog).hexdigest()}
    return zipped(place, said, catalog)


def _bomb(place: Path, manifest: dict[str, Any]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("manifest.json", json.dumps(manifest | {"bytes": 200_000_000}))
        with made.open(CATALOG, "w") as out:
            for _ in range(200):
                out.write(bytes(1_000_000))
    return place


def _bytes(place: Path, data: bytes) -> Path:
    place.write_bytes(data)
    return place


def test_what_is_no_backup_is_refused_in_a_line_and_changes_nothing(
    ants: Assistant, backup: Path, tmp_path: Path
) -> None:
    before = everything(ants)
    around = left(tmp_path)
    for name, make in hostile_zips(backup):
        file = make(tmp_path / "h.zip")
        with pytest.raises(BackupError) as error:
            ants.restore(file, force=True)
        assert "\n" not in f"{error.value}{error.value.hint}", name
        assert error.value.hint, name
        file.unlink()
        assert left(tmp_path) == around, name
    assert everything(ants) == before


def test_what_would_take_much_room_is_refused_before_it_takes_any(
    ants: Assistant, backup: Path, tmp_path: Path
) -> None:
    bomb = _bomb(tmp_path / "bomb.zip", parts(backup)[0])
    many = _of(tmp_path / "many.zip", {f"{n:06}{'x' * 200}": b"" for n in range(9_000)})
    for file, said in ((bomb, "says wrongly how large"), (many, "it lists too many files")):
        with pytest.raises(BackupError, match=said):
            ants.restore(file, force=True)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_backup_with_any_byte_changed_is_refused_or_the_same(backup: Path, data: st.DataObject) -> None:
    whole = bytearray(backup.read_bytes())
    spots = st.integers(0, len(whole) - 1) | st.integers(len(whole) - 700, len(whole) - 1) | st.integers(0, 100)
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(spots)] = data.draw(st.integers(0, 255))
    folder = backup.with_name("flipped")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "b.zip").write_bytes(whole)
    try:
        archive.unpack(folder / "b.zip", folder / CATALOG, advance=lambda done, total: None)
    except AssistantError as error:
        assert error.hint  # noqa: PT017
        return
    assert (folder / CATALOG).read_bytes() == parts(backup)[1]


def test_a_zip_is_what_it_says_to_other_programs_too(backup: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(backup.read_bytes())) as whole:
        assert whole.testzip() is None
        assert set(whole.namelist()) == {"manifest.json", CATALOG}


def test_a_copied_catalog_is_one_file(bees: Assistant, tmp_path: Path) -> None:
    bees.library.copy(tmp_path / CATALOG, advance=lambda done, total: None)
    assert left(tmp_path) == {"home", CATALOG}
    assert b"Count them again." in (tmp_path / CATALOG).read_bytes()


def test_after_a_restore_a_sync_begins_anew(bees: Assistant, ants: Assistant, backup: Path) -> None:
    for library in (bees, ants):
        Journal(library.folder).synced("arxiv cs.LG", Date(2026, 6, 13))
    bees.restore(backup, force=True)
    assert Journal(bees.folder).last("arxiv cs.LG") is None
    assert Journal(ants.folder).last("arxiv cs.LG") == Date(2026, 6, 13)


def test_after_a_removal_no_answer_is_known_to_be_the_same(bees: Assistant) -> None:
    journal = Journal(bees.folder)
    journal.saw("https://x", seen := Seen('"v1"', ""))
    journal.synced("arxiv cs.LG", Date(2026, 6, 13))
    bees.remove("bees-3")
    assert journal.seen("https://x") == seen
    bees.remove("bees-3", dry_run=False)
    assert (journal.seen("https://x"), journal.last("arxiv cs.LG")) == (Seen(), Date(2026, 6, 13))
