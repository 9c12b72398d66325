"""The two indexes of a library, opened only where what lies there is what a writer left.

A writer seals each index when it is done: names, sizes and CRC-32 sums of its files go into the catalog. For a garbled
HNSW file ends the process that reads it, and from a truncated one Chroma answers wrongly without a word.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path

from assistant.embedders import Embedder, Vectors
from assistant.errors import EmbedderMismatch, LibraryDamaged
from assistant.library.catalog import Catalog
from assistant.library.lexical import LexicalIndex
from assistant.library.vectors import ChromaIndex

BLOCK = 1 << 20  # bytes read at a time; a gigabyte takes a third of a second
MEND = "Run: assistant reindex"


def lexical_folder(folder: Path) -> Path:
    return folder / "lexical"


def chroma_folder(folder: Path, catalog: Catalog) -> Path:
    """Where the vector index of the current generation lies. A rebuild goes to a new folder: readers of the old
    one are not disturbed, and a half-built one is never mistaken for whole."""
    return folder / "chroma" / f"g{catalog.whole_number('generation', 0)}"


def open_chroma(folder: Path, catalog: Catalog) -> ChromaIndex:
    """The vector index. LibraryDamaged: it is marked unfinished, is missing, or is not as it was written; then no
    file of it is opened by Chroma."""
    if catalog.meta("vectors") != "clean":
        raise LibraryDamaged("the vector index is unfinished", hint=MEND)
    place = chroma_folder(folder, catalog)
    if catalog.meta("vectors_seal") not in (None, chroma_seal(place)):
        raise LibraryDamaged(f"the vector index in {place} is not as it was written", hint=MEND)
    return ChromaIndex(place)


def open_lexical(folder: Path, catalog: Catalog) -> LexicalIndex:
    """The lexical index. LibraryDamaged: it is missing, or is not as it was written. While a writer is at work, or
    after it was killed, tantivy's last commit counts."""
    place = lexical_folder(folder)
    sealed = catalog.meta("vectors"), catalog.meta("lexical_seal")
    broken = sealed[0] == "clean" and sealed[1] not in (None, lexical_seal(place))
    if broken and sealed == (catalog.meta("vectors"), catalog.meta("lexical_seal")):  # else a writer has been there
        raise LibraryDamaged(f"the lexical index in {place} is not as it was written", hint=MEND)
    return LexicalIndex(place)


def chroma_seal(place: Path) -> str:
    """The HNSW files, where Chroma has written them out: it reads them only where there is `index_metadata.pickle`, and
    searches then leave them as they are. `chroma.sqlite3`, which they do not, is checked by SQLite."""
    written = any(place.glob("*/index_metadata.pickle"))
    return _seal(place.glob("*/*") if written else (), place)


def lexical_seal(place: Path) -> str:
    return _seal((file for file in place.glob("*") if not file.name.endswith(".lock")), place)


def _seal(files: Iterable[Path], place: Path) -> str:
    lines = []
    for file in sorted(files):
        crc = size = 0
        try:
            with file.open("rb") as opened:
                while part := opened.read(BLOCK):
                    crc, size = zlib.crc32(part, crc), size + len(part)
        except OSError:  # it went away, or may not be read: no seal has this line
            size = -1
        lines.append(f"{file.relative_to(place)} {size} {crc:08x}")
    return "\n".join(lines)


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
