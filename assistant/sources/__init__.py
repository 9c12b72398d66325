"""Readers: bytes in, papers and problems out. One module a format, recognised by content, not by name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from assistant.errors import NotPapers
from assistant.papers import Problem, Record
from assistant.sources import (
    arxiv_atom,
    arxiv_oai,
    bibtex,
    csl_json,
    csv_table,
    hf_api,
    hf_page,
    jsonl,
    kaggle,
    nbib,
    openalex,
    pubmed,
    rejects,
    ris,
    semantic_scholar,
)
from assistant.sources.files import STDIN, Entry, Input, entries, expand, opened

__all__ = ["SOURCES", "STDIN", "Entry", "Input", "Source", "entries", "expand", "opened", "reader_of", "recognise"]


@dataclass(frozen=True, slots=True)
class Source:
    """A format: its name, how to recognise it by the first bytes of a file, and its reader.

    `read(stream, year=…)` yields records and problems in the order of the file and raises SourceError where the
    file as a whole is not of the format. `takes` names what else it takes: `columns` (`csv_table`), `after`
    (`resuming`).
    """

    name: str
    sniff: Callable[[bytes], bool]
    read: Callable[..., Iterator[Record | Problem]]
    takes: tuple[str, ...] = ()


def _read_rejects(stream: Any, *, columns: Mapping[str, str] | None = None, **more: Any) -> Iterator[Record | Problem]:
    return rejects.read(stream, opener=partial(reader_of, columns=columns), **more)


SOURCES = (
    Source("hf-page", hf_page.sniff, hf_page.read),
    Source("rejects", rejects.sniff, _read_rejects, ("columns",)),
    Source("hf-api", hf_api.sniff, hf_api.read),
    Source("arxiv-atom", arxiv_atom.sniff, arxiv_atom.read),
    Source("arxiv-oai", arxiv_oai.sniff, arxiv_oai.read),
    Source("pubmed", pubmed.sniff, pubmed.read),
    Source("nbib", nbib.sniff, nbib.read),
    Source("s2", semantic_scholar.sniff, semantic_scholar.read),
    Source("openalex", openalex.sniff, openalex.read),
    Source("csl-json", csl_json.sniff, csl_json.read),
    Source("kaggle", kaggle.sniff, kaggle.read, ("after",)),
    Source("jsonl", jsonl.sniff, jsonl.read, ("after",)),
    Source("bibtex", bibtex.sniff, bibtex.read),
    Source("ris", ris.sniff, ris.read),
    Source("csv", csv_table.sniff, csv_table.read, ("columns",)),
)


def recognise(head: bytes, *, columns: Mapping[str, str] | None = None) -> Source:
    """The format of a file that begins with `head`; `columns` are those the user named. NotPapers: none of them."""
    for source in SOURCES:
        if source.sniff(head) or (columns and source.name == "csv" and csv_table.fits(head, columns)):
            return source
    raise NotPapers(
        "not a format this version reads",
        hint="“assistant ingest --help” names them; --columns names a table's columns.",
    )


def reader_of(head: bytes, *, columns: Mapping[str, str] | None = None) -> Callable[..., Iterator[Record | Problem]]:
    """The reader of what begins with `head`, with the columns that the user named. NotPapers."""
    source = recognise(head, columns=columns)
    return partial(source.read, columns=columns) if "columns" in source.takes else source.read
