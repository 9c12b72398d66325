"""Hugging Face Daily Papers, as the JSON of its API (huggingface.co/api/daily_papers): a list of papers with upvotes.

A weekend's list is empty (`[]`), which is no mistake: it gives nothing.
"""

from collections.abc import Iterator
from typing import BinaryIO

from assistant.papers import Problem, Record
from assistant.sources import arxiv
from assistant.sources.objects import BOM, Object, keys, listed, names, objects, within
from assistant.sources.pieces import Fields, papers


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like such an answer; an empty list does."""
    _, record = keys(head)
    listing = "paper" in record and "snippet" not in record  # what Semantic Scholar finds in full texts has both
    return listing or {"summary", "publishedAt"} <= record or head.removeprefix(BOM).split() in ([b"[]"], [b"[", b"]"])


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of an answer, or of many, one a line, in constant memory. `year` is not used."""
    yield from papers(objects(stream), _fields)


def _fields(record: Object) -> Fields:
    paper = record["paper"] if isinstance(record.get("paper"), dict) else record
    by = within(paper, "organization") or within(record, "organization")
    shown = [author for author in listed(paper, "authors") if not within(author, "hidden")]
    return arxiv.named(within(paper, "id")) | {
        "title": paper.get("title"),
        "abstract": paper.get("summary"),
        "authors": names({"shown": shown}, "name", "shown"),
        "date": paper.get("publishedAt"),
        "upvotes": paper.get("upvotes"),
        "organization": within(by, "fullname") or within(by, "name"),
        "withdrawn": arxiv.is_withdrawn(paper.get("summary")),
    }
