"""What a library holds, counted, and where: for `status`."""

import contextlib
from pathlib import Path

from assistant.holdings import LibraryStatus
from assistant.library.catalog import FILE as CATALOG
from assistant.library.catalog import Catalog
from assistant.library.indexing import CHUNK_TOKENS
from assistant.library.shelf import Shelf


def status(name: str, folder: Path, catalog: Catalog, shelf: Shelf) -> LibraryStatus:
    """What the library in `folder` holds, and how many chunks the server of its vectors says that it holds."""
    papers, pending, chunks = catalog.counts()
    first, last, undated = catalog.dates()
    tagged, noted, read = catalog.marking.counts()
    covered = catalog.memory.last()
    disk = _sizes(folder)
    return LibraryStatus(
        name=name,
        folder=str(folder),
        papers=papers,
        pending=pending,
        chunks=chunks,
        by_source=catalog.tally(),
        first_date=first,
        last_date=last,
        undated=undated,
        embedder=catalog.meta("embedder") or "none yet",
        chunk_tokens=catalog.whole_number("chunk_tokens", CHUNK_TOKENS),
        vectors=catalog.meta("vectors") or "none yet",
        disk_bytes=sum(disk.values()),
        disk=disk,
        store=shelf.place,
        store_chunks=shelf.on_server(),
        tagged=tagged,
        noted=noted,
        read=read,
        last_ingest=catalog.last_read(),
        last_digest=f"{covered[0]}" if covered else None,
    )


def _sizes(folder: Path) -> dict[str, int]:
    """Bytes of the files under `folder` by the part they are of; one that a writer removes meanwhile counts nothing."""
    sizes = {"catalog": 0, "vectors": 0, "lexical": 0, "other": 0}
    parts = {CATALOG: "catalog", "chroma": "vectors", "lexical": "lexical"}
    for file in folder.rglob("*"):
        name = file.relative_to(folder).parts[0]
        part = next((part for start, part in parts.items() if name.startswith(start)), "other")
        with contextlib.suppress(OSError):
            sizes[part] += file.stat().st_size if file.is_file() else 0
    return sizes
