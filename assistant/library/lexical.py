"""The lexical index: BM25 over title, abstract and authors, kept by tantivy in one folder.

It is derived from the catalog and safe to lose. tantivy commits atomically: after a kill the index reads as it was
at the last commit. To write to it may then fail (`FileAlreadyExists`, of a file of deletions; tantivy 0.27).
"""

import contextlib
import math
import os
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import tantivy

from assistant.cleaning import clean
from assistant.errors import LibraryDamaged, LibraryError, LibraryReadOnly
from assistant.library.disk import full
from assistant.library.seals import MEND
from assistant.papers import Paper
from assistant.text import ANALYZER, WORDS_ANALYZER, Phrase, analyzer, phrase, respelt, spelled, words_analyzer, written

# Title and abstract are one field, and the title counts once more: better on SciFact train than two separate fields
# (nDCG@10 0.704 against 0.692); a larger boost of the title hurts (tools/bench_retrieval.py --tune).
FIELD_BOOSTS = {"text": 1.0, "title": 0.25, "authors": 0.2}
Wanted = Mapping[Phrase, float]  # the ways to write one thing, with what a match with each counts
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
                    raise LibraryDamaged(f"the lexical index in {folder} is of another version", hint=MEND)
            self._index.register_tokenizer(ANALYZER, analyzer())
            self._index.register_tokenizer(WORDS_ANALYZER, words_analyzer())
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
                text = f"{title}. {clean(paper.abstract)}"
                document.add_text("text", spelled(text))
                document.add_text("words", text)
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

    def search(self, wanted: Sequence[Wanted], *, limit: int, among: Collection[int] | None = None) -> dict[int, float]:
        """BM25 scores of the best `limit` papers that have any of what is wanted, by paper number; of those in `among`,
        a few thousand at most, if it is given. A score is a sum over what is wanted, and there of the fields; of the
        ways to write one thing the best counts."""
        if not wanted or not len(self):
            return {}
        clauses = [
            (tantivy.Occur.Should, self._any_way(ways, field, boost))
            for ways in wanted
            for field, boost in FIELD_BOOSTS.items()
        ]
        query = tantivy.Query.boolean_query(clauses)
        if among is not None:
            these = tantivy.Query.term_set_query(self._index.schema, "number", list(among))
            must = (query, tantivy.Query.const_score_query(these, 0.0))
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, one) for one in must])
        return self._best(query, limit)

    def _any_way(self, ways: Wanted, field: str, boost: float) -> tantivy.Query:
        queries = [
            tantivy.Query.boost_query(self._query(words, field), boost * weight) for words, weight in ways.items()
        ]
        return queries[0] if len(queries) == 1 else tantivy.Query.disjunction_max_query(queries)

    def holding(self, name: str) -> set[int]:
        """The numbers of the papers whose title or abstract has `name`, as `mentions` says; all for one without
        terms."""
        clauses = [(tantivy.Occur.Should, self._query(words, "text")) for words in _phrases(name)]
        query = tantivy.Query.boolean_query(clauses) if clauses else tantivy.Query.all_query()
        return set(self._best(query, max(1, len(self))))

    def stands(self, words: Phrase) -> bool:
        """Whether a title or abstract has these index terms, at these places after one another."""
        if len(words) == 1:
            return self.frequency(words[0][1]) > 0
        return bool(words and self._best(self._query(words, "text"), 1))

    def count(self, words: Phrase, most: int) -> int:
        """How many titles and abstracts have these index terms after one another, counted up to `most`."""
        return len(self._best(self._query(words, "text"), most)) if words else 0

    def words(self, prefix: str, *, limit: int) -> list[tuple[str, int]]:
        """The `limit` most frequent words that begin with `prefix`, in lower case, with the number of their papers."""
        with _mapped(self._folder):
            return self._searcher.terms_with_prefix("words", prefix, limit=limit)

    def word_frequency(self, word: str) -> int:
        """The number of papers that have `word`, in lower case, as it is written."""
        with _mapped(self._folder):
            return self._searcher.doc_freq("words", word)

    def rarity(self, question_terms: Iterable[str]) -> dict[str, float]:
        """How rare each term is among the papers: BM25's idf, highest where unknown."""
        total = len(self)
        return {term: _idf(total, self.frequency(term)) for term in question_terms}

    def mentions(self, name: str) -> bool:
        """Whether a title or abstract has `name`, its terms one after the other in any of its spellings; true for one
        without terms."""
        phrases = _phrases(name)
        return not phrases or any(self.stands(words) for words in phrases)

    def frequency(self, term: str) -> int:
        """The number of papers that have this index term."""
        with _mapped(self._folder):
            return self._searcher.doc_freq("text", term)

    def _query(self, words: Phrase, field: str) -> tantivy.Query:
        if len(words) == 1:
            return tantivy.Query.term_query(self._index.schema, field, words[0][1])
        return tantivy.Query.phrase_query(self._index.schema, field, list(words))

    def _best(self, query: tantivy.Query, limit: int) -> dict[int, float]:
        with _mapped(self._folder):
            hits = self._searcher.search(query, limit=limit, count=False).hits
            numbers = self._searcher.fast_field_values("number", [address for _, address in hits])
        return {int(number or 0): score for number, (score, _) in zip(numbers, hits, strict=True)}

    def _openable(self, folder: Path) -> Path:
        """`folder`, or where it cannot be written a temporary one that links to its files: tantivy takes a lock
        file beside the index even to read."""
        if os.access(folder, os.W_OK) or not folder.is_dir():
            return folder
        self._shadow = tempfile.TemporaryDirectory(prefix="paper-assistant-", ignore_cleanup_errors=True)
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
    return builder.add_text_field("words", tokenizer_name=WORDS_ANALYZER, index_option="basic").build()


def _phrases(name: str) -> set[Phrase]:
    """`name` as it may be written; none where it has no terms."""
    return {words for one in (*written(name), *respelt(name)) if (words := phrase(one))}


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
            hint=MEND,
        ) from error
