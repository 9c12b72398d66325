"""Damaged files: every one of the indexes missing, cut off or garbled, every page of the catalog. A search answers
rightly or says what is wrong, `check` knows, and reindex repairs what can be derived."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.embedders import BUNDLED, Embedder, StaticEmbedder
from assistant.errors import LibraryDamaged, LibraryError
from assistant.library import Library
from assistant.library.indexes import lexical_seal
from tests.conftest import ROOT
from tests.examples import CSKV, GRAMMAR, QSERVE
from tests.test_library import PAPERS, file, titles, well

QUESTION = "structured decoding with grammars"
BY_VECTOR = [GRAMMAR.title, QSERVE.title, CSKV.title]
FILES = (
    "chroma/*/*/data_level0.bin",
    "chroma/*/*/header.bin",
    "chroma/*/*/index_metadata.pickle",
    "chroma/*/*/length.bin",
    "chroma/*/*/link_lists.bin",
    "chroma/*/chroma.sqlite3",
    "lexical/*.fast",
    "lexical/*.fieldnorm",
    "lexical/*.idx",
    "lexical/*.pos",
    "lexical/*.store",
    "lexical/*.term",
    "lexical/.managed.json",
    "lexical/meta.json",
)
OTHERS = ("catalog.sqlite3*", "write.lock", "lexical/*.lock", "lexical/.*.lock")


def garbled(data: bytes) -> bytes:
    return random.Random(len(data)).randbytes(len(data) or 1)


HARMS: dict[str, Callable[[bytes], bytes]] = {
    "cut off": lambda data: data[: len(data) // 2] if len(data) > 1 else b"?",
    "garbled": garbled,
    "inverted": lambda data: bytes(255 - byte for byte in data) or b"?",
}


USES: tuple[Callable[[Library], object], ...] = (
    lambda library: library.search(QUESTION, limit=3),
    lambda library: library.papers(),
    lambda library: library.status("x"),
    lambda library: library.get("cskv"),
    lambda library: library.check(),
    lambda library: library.remove(["cskv"]),
    lambda library: library.reindex(),
)


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return StaticEmbedder("bundled", BUNDLED)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, embedder: Embedder) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "lib"
    with Library(folder, embedder=lambda: embedder, create=True) as library:
        file(library, PAPERS)
        assert well(library)
    return folder


def test_every_file_of_a_library_is_among_those_that_are_damaged_here(whole: Path) -> None:
    named = {path for pattern in (*FILES, *OTHERS) for path in whole.glob(pattern)}
    assert {path for path in whole.rglob("*") if path.is_file()} == named
    assert all(any(whole.glob(pattern)) for pattern in FILES)


@pytest.mark.usefixtures("index_at_once")
@pytest.mark.parametrize("pattern", FILES)
def test_an_index_file_in_any_state_gives_right_answers_and_is_repaired(
    whole: Path, tmp_path: Path, embedder: Embedder, pattern: str
) -> None:
    for harm, change in [("missing", None), *HARMS.items()]:
        folder = tmp_path / harm
        shutil.copytree(whole, folder)
        (harmed,) = folder.glob(pattern)
        if change is None:
            harmed.unlink()
        else:
            harmed.write_bytes(change(harmed.read_bytes()))
        notices: list[str] = []
        with Library(folder, embedder=lambda: embedder, notice=notices.append) as library:
            side = "vector" if pattern.startswith("chroma") else "lexical"
            assert [one.level for one in library.check() if side in one.what] == ["fault"], harm
            assert len(titles(library, QUESTION)) == 3, harm
            assert titles(library, QUESTION, side="vector") == BY_VECTOR, harm
            assert len(notices) == 1, harm
            assert "assistant reindex" in notices[0]
    with Library(folder, embedder=lambda: embedder, notice=notices.append) as library:
        assert library.reindex() == 3
        assert well(library)


@pytest.mark.parametrize("pattern", ["chroma/*/*/link_lists.bin", "chroma/*/chroma.sqlite3", "lexical/*.idx"])
def test_the_next_ingest_mends_a_file_that_is_missing(
    whole: Path, tmp_path: Path, embedder: Embedder, pattern: str
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "lib"))
    (harmed,) = folder.glob(pattern)
    harmed.unlink()
    with Library(folder, embedder=lambda: embedder) as library:
        assert file(library, PAPERS).known == 3
        assert well(library)


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10**9), bit=st.integers(0, 7), which=st.integers(0, 10**9))
def test_one_changed_bit_of_a_file_breaks_the_seal(whole: Path, at: int, bit: int, which: int) -> None:
    files = sorted(path for path in (whole / "lexical").iterdir() if not path.name.endswith(".lock"))
    changed = files[which % len(files)]
    before, data = lexical_seal(whole), bytearray(changed.read_bytes())
    kept = bytes(data)
    data[at % len(data)] ^= 1 << bit
    try:
        changed.write_bytes(data)
        assert lexical_seal(whole) != before
    finally:
        changed.write_bytes(kept)
    assert lexical_seal(whole) == before


def test_a_damaged_page_of_the_catalog_is_a_clear_error_or_none(
    whole: Path, tmp_path: Path, embedder: Embedder
) -> None:
    data = (whole / "catalog.sqlite3").read_bytes()
    size = int.from_bytes(data[16:18], "big")
    for at in range(0, len(data), size):
        folder = tmp_path / str(at)
        folder.mkdir()
        shutil.copytree(whole / "lexical", folder / "lexical")
        start = at or 100  # the first page begins with the file's header
        (folder / "catalog.sqlite3").write_bytes(data[:start] + garbled(data[start : at + size]) + data[at + size :])
        for use in USES:
            with suppress(LibraryError), Library(folder, embedder=lambda: embedder) as library:
                use(library)
        if at == 0:  # the page of the schema
            with pytest.raises(LibraryDamaged, match="catalog"):
                Library(folder, embedder=lambda: embedder).papers()


@pytest.mark.parametrize("pattern", ["chroma/*/chroma.sqlite3", "lexical/meta.json"])
def test_a_search_on_a_full_disk_answers_all_the_same(
    whole: Path, tmp_path: Path, embedder: Embedder, monkeypatch: pytest.MonkeyPatch, pattern: str
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "lib"))
    (harmed,) = folder.glob(pattern)
    harmed.write_bytes(b"")
    used = shutil.disk_usage(folder)
    monkeypatch.setattr("assistant.library.disk.shutil.disk_usage", lambda place: used._replace(free=0))
    with Library(folder, embedder=lambda: embedder) as library:
        assert len(titles(library, QUESTION)) == 3


def test_doctor_tells_of_a_file_that_would_end_the_process(whole: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "lib"))
    for pattern in ("chroma/*/*/data_level0.bin", "chroma/*/*/link_lists.bin"):
        (harmed,) = folder.glob(pattern)
        harmed.write_bytes(garbled(harmed.read_bytes()))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "assistant", "doctor", "--library", str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 1, done.stderr
    assert "is not as it was written" in done.stdout
    assert f"assistant reindex --library {folder}" in done.stdout


def test_a_library_from_before_there_were_seals_is_used_as_it_is(
    whole: Path, tmp_path: Path, embedder: Embedder
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "lib"))
    with sqlite3.connect(folder / "catalog.sqlite3") as db:
        db.execute("DELETE FROM meta WHERE key IN ('vectors_seal', 'lexical_seal')")
    db.close()
    notices: list[str] = []
    with Library(folder, embedder=lambda: embedder, notice=notices.append) as library:
        assert titles(library, QUESTION)[0] == GRAMMAR.title
        assert well(library)
    assert notices == []
