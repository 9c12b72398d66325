"""Readers: bytes in, papers and problems out. One module a format, recognised by content, not by name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assistant.errors import NotPapers
from assistant.papers import Problem, Record
from assistant.sources import (
    arxiv_atom,
    arxiv_oai,
    csl_json,
    hf_api,
    hf_page,
    jsonl,
    nbib,
    openalex,
    pubmed,
    semantic_scholar,
)
from assistant.sources.files import STDIN, Input, expand, opened

__all__ = ["SOURCES", "STDIN", "Input", "Source", "expand", "opened", "recognise"]


@dataclass(frozen=True, slots=True)
class Source:
    """A format: its name, how to recognise it by the first bytes of a file, and its reader.

    `read(stream, year=…)` yields records and problems in the order of the file and raises SourceError where the
    file as a whole is not of the format.
    """

    name: str
    what: str
    sniff: Callable[[bytes], bool]
    read: Callable[..., Iterator[Record | Problem]]


SOURCES = (
    Source("hf-page", "Hugging Face Daily Papers page text", hf_page.sniff, hf_page.read),
    Source("hf-api", "Hugging Face Daily Papers JSON", hf_api.sniff, hf_api.read),
    Source("arxiv-atom", "arXiv Atom", arxiv_atom.sniff, arxiv_atom.read),
    Source("arxiv-oai", "OAI-PMH", arxiv_oai.sniff, arxiv_oai.read),
    Source("pubmed", "PubMed XML", pubmed.sniff, pubmed.read),
    Source("nbib", "PubMed text (nbib)", nbib.sniff, nbib.read),
    Source("s2", "Semantic Scholar JSON", semantic_scholar.sniff, semantic_scholar.read),
    Source("openalex", "OpenAlex JSON", openalex.sniff, openalex.read),
    Source("csl-json", "CSL-JSON", csl_json.sniff, csl_json.read),
    Source("jsonl", "JSON lines", jsonl.sniff, jsonl.read),
)


def recognise(head: bytes) -> Source:
    """The format of a file that begins with `head`. NotPapers: none of them."""
    for source in SOURCES:
        if source.sniff(head):
            return source
    formats = " or ".join(source.what for source in SOURCES)
    raise NotPapers("not a format this version reads", hint=f"It reads {formats}.")
