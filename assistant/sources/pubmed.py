"""PubMed's XML, as efetch and the yearly files have it.

The sections of a structured abstract keep their labels (`METHODS: …`). A paper is named `pmid:` and its number. A
retracted one is marked as withdrawn.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from assistant.papers import Problem, Record
from assistant.sources import days
from assistant.sources.elements import elements, text_of, texts_of
from assistant.sources.markup import plain
from assistant.sources.people import full_name
from assistant.sources.pieces import Fields, papers

RETRACTED = "Retracted Publication"
_XML = re.compile(rb"<(?:Pubmed(?:ArticleSet|BookArticleSet|Article|BookArticle)|MedlineCitation)[\s>]")


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like PubMed's XML."""
    return b"<" in head[:100] and _XML.search(head[:4_000]) is not None


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of a file, in constant memory. `year` is not used. SourceError: the XML cannot be read."""
    yield from papers(elements(stream, ["PubmedArticle", "PubmedBookArticle"]), _fields)


def address(pmid: str | None) -> str | None:
    """Where the paper of that number is read."""
    return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid else None


def _fields(article: Element) -> Fields:
    found = (article.find(path) for path in ("MedlineCitation/Article", "BookDocument"))
    paper = next((one for one in found if one is not None), None)
    if paper is None:
        return "no article in it"
    pmid = text_of(article, "MedlineCitation/PMID") or text_of(article, "BookDocument/PMID")
    given = [*paper.iterfind("ELocationID"), *article.iterfind("PubmedData/ArticleIdList/ArticleId")]
    dois = [text_of(found) for found in given if "doi" in (found.get("EIdType"), found.get("IdType"))]
    return {
        "id": f"pmid:{pmid}" if pmid else None,
        "title": _text(paper.find("ArticleTitle")) or _text(paper.find("VernacularTitle")),
        "abstract": _abstract(paper),
        "authors": [name for author in paper.iterfind("AuthorList/Author") if (name := _author(author))],
        "doi": next(filter(None, dois), None),
        "venue": text_of(paper, "Journal/Title") or text_of(paper, "Book/BookTitle"),
        "categories": texts_of(article, "MedlineCitation/MeshHeadingList/MeshHeading/DescriptorName"),
        "url": address(pmid),
        "withdrawn": RETRACTED in texts_of(paper, "PublicationTypeList/PublicationType") or None,
        "date": _date(paper),
    }


def _abstract(paper: Element) -> str:
    sections = []
    for section in paper.iterfind("Abstract/AbstractText"):
        label, text = section.get("Label"), _text(section)
        if text:
            sections.append(f"{label}: {text}" if label and label != "UNLABELLED" else text)
    return "\n".join(sections)


def _text(element: Element | None) -> str:
    """The text of an element, with `^` for powers: a plain `103` would be wrong for 10³."""
    return plain(_marked(element)).strip() if element is not None else ""


def _marked(element: Element) -> str:
    parts = [element.text or ""]
    for child in element:
        inner = _marked(child)
        parts += [f"<sup>{inner}</sup>" if child.tag == "sup" else inner, child.tail or ""]
    return "".join(parts)


def _author(author: Element) -> str | None:
    person = (text_of(author, part) for part in ("ForeName", "LastName", "Suffix"))
    return full_name(*person) or text_of(author, "CollectiveName")


def _date(paper: Element) -> str | None:
    """The day it appeared on the net, or in print; often no more than the month of the latter is given."""
    for path in ("ArticleDate", "Journal/JournalIssue/PubDate", "Book/PubDate"):
        found = paper.find(path)
        if found is not None and (date := days.day(*(text_of(found, part) for part in ("Year", "Month", "Day")))):
            return date
    return None
