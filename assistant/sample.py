"""The bundled sample: a library of the seed papers, built when it is first used."""

import contextlib
import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable
from datetime import date as Date
from pathlib import Path

from assistant import __version__
from assistant.errors import LibraryMissing
from assistant.ingest import ingest
from assistant.library import Library, Progress
from assistant.text import ANALYZER

NAME = "sample"
FOLDER = "samples"  # in the data folder; nothing but samples is in it
ABANDONED_SECONDS = 3_600  # after which a half-built sample is one that was killed
_PLACES = (
    Path(__file__).parent / "_seeds",  # in an installed wheel
    Path(__file__).parent.parent / "seeds",  # in a checkout
)


def folder(home: Path, *, fingerprint: str, chunk_tokens: int) -> Path:
    """Where the sample lies, or will: its name changes with the seeds, the embedder, the chunks, the analyzer and the
    program, so that an outdated one is never used. LibraryMissing: the seeds did not come with this installation."""
    digest = hashlib.sha256("\0".join((__version__, fingerprint, str(chunk_tokens), ANALYZER)).encode())
    for file in _seeds():
        digest.update(Path(file).read_bytes())
    return home / FOLDER / digest.hexdigest()[:10]


def build(place: Path, *, make: Callable[[Path], Library], progress: Progress) -> None:
    """Index the seeds aside and move the library into `place` whole; outdated samples beside it are removed."""
    aside = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        with make(aside) as library:
            ingest(_seeds(), library=lambda: library, day=Date.today(), label=_label, progress=progress)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    try:
        aside.rename(place)
    except OSError:  # another process was quicker
        shutil.rmtree(aside, ignore_errors=True)
    _clear_away(place)


def _clear_away(place: Path) -> None:
    """Remove the samples beside `place`, which are outdated, and what a killed build left; never anything else."""
    for old in place.parent.iterdir():
        ours = re.fullmatch(r"[0-9a-f]{10}(\.\d+)?", old.name)
        with contextlib.suppress(FileNotFoundError):  # another process was quicker here too
            abandoned = ours is not None and (not ours[1] or time.time() - old.stat().st_mtime > ABANDONED_SECONDS)
            if old != place and abandoned:
                shutil.rmtree(old, ignore_errors=True)


def _seeds() -> list[str]:
    for place in _PLACES:
        if place.is_dir():
            return sorted(str(file) for file in place.glob("*.txt"))
    raise LibraryMissing("the sample papers did not come with this installation", hint="Run: assistant ingest PATH")


def _label(file: str) -> str:
    return f"seeds/{Path(file).name}"
