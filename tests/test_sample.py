import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import sample
from assistant.embedders import BUNDLED, StaticEmbedder
from assistant.library import Library

Made = Callable[[Path], Library]


@pytest.fixture
def made() -> Made:
    embedder = StaticEmbedder("bundled", BUNDLED)
    return lambda place: Library(place, embedder=lambda: embedder, create=True)


def test_building_clears_away_outdated_and_abandoned_samples_and_nothing_else(tmp_path: Path, made: Made) -> None:
    place = sample.folder(tmp_path, fingerprint="f", chunk_tokens=640)
    others = {"0123456789": False, "0123456789.77": True, "abcdef0123.78": False, "photos": True}
    for name in others:
        (place.parent / name).mkdir(parents=True)
    beside = tmp_path / "sample-photos"
    beside.mkdir()
    os.utime(place.parent / "abcdef0123.78", (time.time() - 7_200,) * 2)  # killed two hours ago
    sample.build(place, make=made, progress=lambda what, done, total: None)
    assert {one.name for one in place.parent.iterdir()} == {place.name, "0123456789.77", "photos"}
    assert beside.is_dir()


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    place = sample.folder(tmp_path, fingerprint="f", chunk_tokens=640)

    def make(aside: Path) -> Library:
        aside.mkdir(parents=True)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sample.build(place, make=make, progress=lambda what, done, total: None)
    assert list(place.parent.iterdir()) == []


def test_the_folder_changes_with_what_the_sample_is_made_of(tmp_path: Path) -> None:
    names = {sample.folder(tmp_path, fingerprint=f, chunk_tokens=n) for f in "ab" for n in (320, 640)}
    assert len(names) == 4
