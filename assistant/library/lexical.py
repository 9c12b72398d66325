"""The lexical index: BM25 over title, abstract and authors, kept by tantivy in one folder.

It is derived from the catalog and safe to lose. tantivy commits atomically: after a kill the index reads as it was
at the last commit. To write to it may then fail (`FileAlreadyExists`, of a file of deletions; tantivy 0.27).
"""

import contextlib
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import tantivy

from assistant.cleaning import clean
from assistant.errors import LibraryDamaged, LibraryError, LibraryReadOnly
from assistant.library.disk import full
from assistant.papers import Paper
from assistant.text import ANALYZER, analyzer, spelled, spellings

# Title and abstract are one field, and the title counts once more: better on SciFact train than two separate fields
# (nDCG@10 0.704 against 0.692); a larger boost of the title hurts (tools/bench_retrieval.py --tune).
FIELD_BOOSTS = {"text": 1.0, "title": 0.25, "authors": 0.2}
WRITER_HEAP = 64_000_000  # bytes; tantivy wants at least 15 MB a thread


class LexicalIndex:
    """An opened index. One document is one paper, known by its number in the catalog."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self._shadow: tempfile.TemporaryDirectory[str] | None = None
        with _mapped(folder):
            if create:
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                self._index = tantivy.Index(_schema(), path=str(folder))
            else:
                self._index = tantivy.Index.open(str(self._openable(folder)))
                if self._index.schema != _schema():
                    raise LibraryDamaged(
                        f"the lexical index in {folder} is of another version", hint="Run: assistant reindex"
                    )
            self._index.register_tokenizer(ANALYZER, analyzer())
            self._index.config_reader(reload_policy="manual")
            self._folder = folder
            self._writer: tantivy.IndexWriter | None = None
            self._searcher = self._index.searcher()

    def __len__(self) -> int:
        """The number of papers in the index, as of the last commit seen."""
        return self._searcher.num_docs

    def close(self) -> None:
        if self._shadow is not None:
            self._shadow.cleanup()

    def put(self, papers: Iterable[tuple[int, Paper]]) -> None:
        """Add papers, or replace those of the same numbers. Not visible before `commit`."""
        with _mapped(self._folder):
            writer = self._open_writer()
            for number, paper in papers:
                writer.delete_documents_by_query(tantivy.Query.term_query(self._index.schema, "number", number))
                document = tantivy.Document()
                document.add_unsigned("number", number)
                title = clean(paper.title)
                document.add_text("text", spelled(f"{title}. {clean(paper.abstract)}"))
                document.add_text("title", spelled(title))
                document.add_text("authors", " ".join(paper.authors))
                writer.add_document(document)

    def remove(self, numbers: Iterable[int]) -> None:
        """Take papers out. They are found until `commit`."""
        with _mapped(self._folder):
            writer = self._open_writer()
            for number in numbers:
                writer.delete_documents_by_query(tantivy.Query.term_query(self._index.schema, "number", number))

    def commit(self) -> None:
        """Make what was put and removed durable and visible, and give the writer back."""
        if self._writer is None:
            return
        with _mapped(self._folder):
            self._writer.commit()
            self._writer.wait_merging_threads()
            self._writer = None
            self._index.reload()
            self._searcher = self._index.searcher()

    def search(self, question_terms: Sequence[str], *, limit: int) -> dict[int, float]:
        """BM25 scores of the best `limit` papers for any of the terms, by paper number."""
        if not question_terms or not len(self):
            return {}
        schema = self._index.schema
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.boost_query(tantivy.Query.term_query(schema, field, term), boost))
            for term in question_terms
            for field, boost in FIELD_BOOSTS.items()
        ]
        with _mapped(self._folder):
            hits = self._searcher.search(tantivy.Query.boolean_query(clauses), limit=limit, count=False).hits
            numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        return {int(number or 0): score for number, (score, _) in zip(numbers, hits, strict=True)}

    def rarity(self, question_terms: Iterable[str]) -> dict[str, float]:
        """How rare each term is among the papers: BM25's idf, highest where unknown."""
        total = len(self)
        return {term: _idf(total, self._frequency(term)) for term in question_terms}

    def mentions(self, name: str) -> bool:
        """Whether a title or abstract has `name`, its terms one after the other in any of its spellings; true for one
        without terms."""
        written = spellings(name)
        return not written or any(self._holds(words) for words in written)

    def _holds(self, words: Sequence[str]) -> bool:
        if len(words) == 1:
            return self._frequency(words[0]) > 0
        with _mapped(self._folder):
            query = tantivy.Query.phrase_query(self._index.schema, "text", list(words))
            return bool(self._searcher.search(query, limit=1, count=False).hits)

    def _frequency(self, term: str) -> int:
        with _mapped(self._folder):
            return self._searcher.doc_freq("text", term)

    def _openable(self, folder: Path) -> Path:
        """`folder`, or where it cannot be written a temporary one that links to its files: tantivy takes a lock
        file beside the index even to read."""
        if os.access(folder, os.W_OK) or not folder.is_dir():
            return folder
        self._shadow = tempfile.TemporaryDirectory(prefix="paper-assistant-")
        for file in folder.iterdir():
            if not file.name.endswith(".lock"):
                (Path(self._shadow.name) / file.name).symlink_to(file.resolve())
        return Path(self._shadow.name)

    def _open_writer(self) -> tantivy.IndexWriter:
        if self._writer is None:
            self._writer = self._index.writer(heap_size=WRITER_HEAP, num_threads=1)
        return self._writer


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder().add_unsigned_field("number", indexed=True, fast=True)
    for field in FIELD_BOOSTS:
        builder = builder.add_text_field(field, tokenizer_name=ANALYZER)
    return builder.build()


def _idf(total: int, frequency: int) -> float:
    """ln(1 + (N - n + 0.5) / (n + 0.5)), Robertson and Zaragoza 2009, as BM25 uses it."""
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


@contextlib.contextmanager
def _mapped(folder: Path) -> Iterator[None]:
    """tantivy's errors as ours; its text is all there is to tell them apart. Panics out of its Rust core, which a
    garbled file can bring about, are BaseExceptions of pyo3."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, LibraryError, MemoryError):
        raise
    except BaseException as error:
        said = str(error)
        if short := full(folder, said):
            raise short from error
        if any(sign in said for sign in ("Permission denied", "Read-only file system", "os error 13", "os error 30")):
            raise LibraryReadOnly(f"{folder} cannot be written", hint="Check the folder's permissions.") from error
        raise LibraryDamaged(
            f"the lexical index in {folder} cannot be read: {said.splitlines()[0] if said else type(error).__name__}",
            hint="Run: assistant reindex",
        ) from error
