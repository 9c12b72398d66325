"""What fetches remember is kept whole or not at all, and bounded."""

import json
import tempfile
from datetime import date as Date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import journal as module
from assistant.journal import FILE, Journal, Place
from assistant.services.client import Seen

PLACE = Place("200", 200, Date(2026, 6, 12))


def test_each_kind_is_kept_beside_the_others(tmp_path: Path) -> None:
    Journal(tmp_path).cut("arxiv", PLACE)
    Journal(tmp_path).saw("https://x", Seen('"v1"', "yesterday"))
    Journal(tmp_path).synced("arxiv", Date(2026, 6, 13))
    kept = Journal(tmp_path)
    assert kept.place("arxiv") == PLACE
    assert kept.seen("https://x") == Seen('"v1"', "yesterday")
    assert kept.last("arxiv") == Date(2026, 6, 13)
    kept.cut("arxiv", None)
    assert (kept.place("arxiv"), kept.last("arxiv")) == (None, Date(2026, 6, 13))
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_without_a_folder_nothing_is_remembered(tmp_path: Path) -> None:
    nowhere = Journal(tmp_path / "nowhere")
    nowhere.cut("arxiv", PLACE)
    nowhere.synced("arxiv", Date(2026, 6, 13))
    assert (nowhere.place("arxiv"), nowhere.last("arxiv"), nowhere.seen("x")) == (None, None, Seen())
    assert not (tmp_path / "nowhere").exists()


def test_the_oldest_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 3)
    kept = Journal(tmp_path)
    for name in "abcad":
        kept.saw(name, Seen(name))
    assert [kept.seen(name).etag for name in "abcd"] == ["a", "", "c", "d"]


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Journal(tmp_path)
    kept.cut("arxiv", PLACE)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assistant.journal.os.replace", full)
    kept.cut("arxiv", Place("400", 400, PLACE.begun))
    assert Journal(tmp_path).place("arxiv") == PLACE
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


_VALUES = st.recursive(
    st.sampled_from([None, -1, 3, 1e300, True, "", "x", "2026-06-12"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["cursor", "read", "begun"]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["cut", "seen", "synced"]), _VALUES | st.dictionaries(st.just("x"), _VALUES)))
def test_whatever_stands_in_the_file_is_read_or_left(content: object) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_text(json.dumps(content))
        kept = Journal(Path(folder))
        assert isinstance(kept.place("x"), Place | None)
        assert isinstance(kept.seen("x"), Seen)
        assert isinstance(kept.last("x"), Date | None)


def test_only_what_was_seen_is_forgotten_or_all(tmp_path: Path) -> None:
    kept = Journal(tmp_path)
    kept.forget()
    kept.forget_seen()
    assert not list(tmp_path.iterdir())
    kept.cut("arxiv", PLACE)
    kept.saw("https://x", Seen('"v1"', "yesterday"))
    kept.synced("arxiv", Date(2026, 6, 13))
    kept.forget_seen()
    assert (kept.place("arxiv"), kept.last("arxiv")) == (PLACE, Date(2026, 6, 13))
    assert kept.seen("https://x") == Seen()
    kept.forget()
    assert not list(tmp_path.iterdir())
