"""What must hold before an index is used: the lexical one is as a writer left it, and the vectors are the embedder's.

Where the vector index lies, and what is checked there, is the shelf's to know (`shelf.py`).
"""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from assistant.embedders import Embedder, Vectors
from assistant.errors import EmbedderMismatch, LibraryDamaged
from assistant.library.catalog import Catalog
from assistant.library.lexical import LexicalIndex
from assistant.library.seals import MEND, seal
from assistant.library.shelf import CLEAN
from assistant.papers import Paper


def lexical_folder(folder: Path) -> Path:
    return folder / "lexical"


def open_lexical(folder: Path, catalog: Catalog) -> LexicalIndex:
    """The lexical index. LibraryDamaged: it is missing, or is not as it was written. While a writer is at work, or
    after it was killed, tantivy's last commit counts."""
    place = lexical_folder(folder)
    sealed = catalog.meta("vectors"), catalog.meta("lexical_seal")
    broken = sealed[0] == CLEAN and sealed[1] not in (None, lexical_seal(folder))
    if broken and sealed == (catalog.meta("vectors"), catalog.meta("lexical_seal")):  # else a writer has been there
        raise LibraryDamaged(f"the lexical index in {place} is not as it was written", hint=MEND)
    return LexicalIndex(place)


def build_lexical(folder: Path, catalog: Catalog, batches: Iterable[Sequence[tuple[int, Paper]]]) -> LexicalIndex:
    """The lexical index made anew of these papers. It is built aside and put in place whole: readers have the old one
    until then, but for the moment between two renames."""
    aside = lexical_folder(folder).with_name("lexical.new")
    lexical = LexicalIndex(aside, create=True)
    for batch in batches:
        lexical.put(batch)
    lexical.commit()
    put_in_place(folder, aside)
    catalog.set_meta(lexical_seal=lexical_seal(folder))
    return LexicalIndex(lexical_folder(folder))


def put_in_place(folder: Path, made: Path) -> None:
    """Put a lexical index that was made aside in the place of the one that is there; or none, where none was made."""
    place = lexical_folder(folder)
    old = place.with_name("lexical.old")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    if made.exists():
        made.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def lexical_seal(folder: Path) -> str:
    place = lexical_folder(folder)
    return seal((file for file in place.glob("*") if not file.name.endswith(".lock")), place)


def check_embedder(catalog: Catalog, embedder: Embedder) -> None:
    """EmbedderMismatch where the library's vectors come from another embedder."""
    fingerprint = catalog.meta("fingerprint")
    if fingerprint and fingerprint != embedder.fingerprint:
        name = catalog.meta("embedder")
        other = f"“{name}”" if name != embedder.name else f"another version of “{name}”"
        raise EmbedderMismatch(
            f"the library's vectors were made by {other}, not by “{embedder.name}” as it is here",
            hint="Embed its papers anew with: assistant reindex",
        )


def check_dimension(catalog: Catalog, embedder: Embedder, vectors: Vectors) -> None:
    """EmbedderMismatch where `vectors` are of another length than the library's: an endpoint can change what it runs
    under a name."""
    dimension = vectors.shape[1]
    if (known := catalog.whole_number("dimension", dimension)) != dimension:
        raise EmbedderMismatch(
            f"the library's vectors have {known} numbers, those of “{embedder.name}” have {dimension} now",
            hint="Embed its papers anew with: assistant reindex",
        )
