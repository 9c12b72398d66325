"""OpenAlex works as JSON: answers of its API (lists and single works), and works one a line, as its snapshot has them.

OpenAlex gives an abstract as an index of its words (`{"We": [0, 7], "walk": [1]}`), which is undone.
"""

from collections.abc import Iterator
from typing import Any, BinaryIO

from assistant.papers import MAX_ABSTRACT, Problem, Record, arxiv_id_in
from assistant.sources.markup import plain
from assistant.sources.objects import Object, keys, listed, names, objects, within
from assistant.sources.pieces import Fields, papers

_HOME = "https://openalex.org/"


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like works of OpenAlex; an answer that found nothing does."""
    document, record = keys(head)
    listing = {"meta", "results"} <= document and b'"count"' in head
    return (
        "abstract_inverted_index" in record
        or {"id", "display_name", "publication_year"} <= record
        or (listing and (not record or ("id" in record and b'"%sW' % _HOME.encode() in head)))
    )


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of an answer, or of many one after the other, in constant memory. `year` is not used."""
    yield from papers(objects(stream), _fields)


def _fields(work: Object) -> Fields:
    try:
        abstract = _abstract(work.get("abstract_inverted_index"))
    except ValueError as error:
        return f"abstract_inverted_index: {error}"
    name, title = work.get("id"), work.get("title") or work.get("display_name")
    places = [work.get("doi"), *(within(place, "landing_page_url") for place in listed(work, "locations"))]
    return {
        "id": f"openalex:{name.removeprefix(_HOME)}" if isinstance(name, str) and name else None,
        "arxiv_id": next((place for place in places if isinstance(place, str) and arxiv_id_in(place)), None),
        "doi": work.get("doi"),
        "title": plain(title) if isinstance(title, str) else title,
        "abstract": plain(abstract),
        "authors": names(
            {"people": [within(one, "author") for one in listed(work, "authorships")]}, "display_name", "people"
        ),
        "date": work.get("publication_date"),
        "venue": within(work, "primary_location", "source", "display_name"),
        "url": within(work, "primary_location", "landing_page_url") or name,
        "categories": names(work, "display_name", "topics") or names(work, "display_name", "concepts"),
        "withdrawn": work.get("is_retracted") or None,
    }


def _abstract(index: Any) -> str:
    """The text of an index of words. ValueError: it is no such index, or of a text too long to be an abstract."""
    if index is None:
        return ""
    if not isinstance(index, dict):
        raise ValueError("not an index of words")
    words: dict[int, str] = {}
    size = 0
    for word, places in index.items():
        for place in places if isinstance(places, list) else [places]:
            if type(place) is not int or place < 0:
                raise ValueError("a place that is no number")
            words[place] = word
            size += len(word) + 1
            if size > 2 * MAX_ABSTRACT:  # one word of a megabyte can have a thousand places
                raise ValueError(f"of a text longer than {2 * MAX_ABSTRACT:,} characters")
    return " ".join(words[place] for place in sorted(words))
