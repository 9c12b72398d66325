"""arXiv's Atom feeds: answers of its search API (export.arxiv.org/api/query) and the daily feeds of its categories.

A feed without papers, of a search that finds nothing or of a weekend, gives nothing and is no mistake; one that reports
an error is refused with arXiv's words.
"""

import io
import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from assistant.cleaning import one_line
from assistant.errors import SourceError
from assistant.papers import Problem, Record
from assistant.sources import arxiv
from assistant.sources.elements import elements, text_of, texts_of
from assistant.sources.pieces import Fields, papers

_ANNOUNCED = re.compile(r"^arXiv:\S{5,40}\s+Announce Type:\s*\S{1,20}\s+Abstract:\s*")  # in the daily feeds


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like such a feed."""
    return re.search(rb"<(?:\w+:)?feed[\s>]", head[:4_000]) is not None and b"arxiv.org" in head[:4_000].lower()


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of a feed, in constant memory. `year` is not used.

    SourceError: arXiv reports an error in the place of papers, or the XML cannot be read.
    """
    yield from papers(elements(stream, ["entry"]), _fields)


def total(feed: bytes) -> int | None:
    """How many papers a search found, of which `feed` is one page; None where it does not say."""
    for piece in elements(io.BytesIO(feed), ["totalResults"]):
        text = text_of(piece.record)
        return int(text) if text and re.fullmatch(r"[0-9]{1,12}", text) else None
    return None


def _fields(entry: Element) -> Fields:
    name, abstract, comment = text_of(entry, "id"), text_of(entry, "summary"), text_of(entry, "comment")
    if "api/errors" in (name or ""):
        raise SourceError(
            f"arXiv reports an error: {one_line(abstract or 'it does not say which')[:300]}",
            hint="Mend the question that was asked of arXiv.",
        )
    abstract = _ANNOUNCED.sub("", abstract or "")
    authors = texts_of(entry, "author/name") or text_of(entry, "creator")
    return arxiv.named(name) | {
        "title": text_of(entry, "title"),
        "abstract": abstract,
        "authors": authors,
        "date": text_of(entry, "published"),
        "categories": [found.get("term", "") for found in entry.iterfind("category")],
        "doi": arxiv.first_doi(text_of(entry, "doi")),
        "venue": text_of(entry, "journal_ref"),
        "withdrawn": arxiv.is_withdrawn(abstract, comment),
    }
