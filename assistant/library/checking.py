"""What is right and wrong with the files of a library, for `doctor`; nothing is changed by looking."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from assistant.embedders import Embedder
from assistant.errors import EmbedderError, EmbedderMismatch, LibraryError, StoreError
from assistant.holdings import Finding
from assistant.library.catalog import Catalog
from assistant.library.indexes import check_embedder, open_lexical
from assistant.library.shelf import LOCAL, Shelf

MEND, FINISH = "Mend it: assistant reindex", "Finish it: assistant reindex --pending"


def findings(folder: Path, catalog: Catalog, shelf: Shelf, embedder: Callable[[], Embedder]) -> list[Finding]:
    """The catalog by SQLite's own check, the indexes by their seals and counts, the server of the vectors by whether it
    answers, the embedder by its fingerprint."""
    found = [_catalog(catalog)]
    if pending := catalog.counts()[1]:
        found.append(Finding("pending", "note", f"{pending:,} papers are not yet indexed", FINISH))
    found += [_lexical(folder, catalog, shelf), _vectors(catalog, shelf)]
    try:
        check_embedder(catalog, embedder())
    except EmbedderMismatch as error:
        found.append(Finding("vectors", "fault", str(error), error.hint))
    except EmbedderError:
        pass  # told of already, beside the settings
    return found


def _catalog(catalog: Catalog) -> Finding:
    papers, _, chunks = catalog.counts()
    if faults := catalog.faults():
        return Finding("catalog", "fault", faults, "Restore a copy, or move the folder away and ingest again.")
    return Finding("catalog", "ok", f"{papers:,} papers, {chunks:,} chunks")


def _lexical(folder: Path, catalog: Catalog, shelf: Shelf) -> Finding:
    papers, pending, _ = catalog.counts()
    try:
        lexical = open_lexical(folder, catalog)
        size = len(lexical)
        lexical.close()
    except LibraryError as error:
        return Finding("lexical index", "fault", str(error), MEND)
    if not shelf.is_clean:
        return Finding("lexical index", "note", f"marked unfinished; {size:,} papers", FINISH)
    if papers - pending <= size <= papers:  # what is pending may be there in an older form, or already
        return Finding("lexical index", "ok", f"{size:,} papers")
    return Finding("lexical index", "fault", f"{size:,} papers of {papers:,}", MEND)


def _vectors(catalog: Catalog, shelf: Shelf) -> Finding:
    try:
        where = "" if shelf.place == LOCAL else f"on {shelf.place}: "
        if not shelf.is_clean:
            shelf.check_reached()
            return Finding("vector index", "note", f"{where}marked unfinished; exact search stands in", FINISH)
        with contextlib.closing(shelf.open()) as index:
            size = len(index)
    except StoreError as error:
        return Finding("vector index", "fault", f"{error}; exact search stands in", error.hint)
    except LibraryError as error:
        return Finding("vector index", "fault", str(error), MEND)
    chunks = catalog.counts()[2]
    if size == chunks:
        return Finding("vector index", "ok", f"{where}{size:,} chunks")
    return Finding("vector index", "fault", f"{where}{size:,} chunks of {chunks:,}", MEND)
