"""Papers as references for other programs: BibTeX, CSL-JSON (Zotero, Pandoc, Word by way of them) and RIS.

Texts are readable (`clean`) and each on one line, all Unicode kept. Nothing that a paper says can end its field or
begin another: BibTeX fields are escaped (`latex`), RIS fields have no line to begin a tag on, JSON is JSON.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from assistant.cleaning import clean, one_line
from assistant.papers import Paper, StoredPaper, web_address_in
from assistant.render import latex
from assistant.render.keys import Keys
from assistant.render.people import Name, taken_apart
from assistant.sources.days import MONTHS

_MEETING = re.compile(r"\b(?:proceedings|conference|symposium|workshop|meeting)\b", re.IGNORECASE)
_WITHDRAWN = "Withdrawn by its authors"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a paper is, in the three forms, and how BibTeX calls what it appeared in."""

    bibtex: str
    csl: str
    ris: str
    venue: str = ""


_JOURNAL = Kind("article", "article-journal", "JOUR", "journal")
_PROCEEDINGS = Kind("inproceedings", "paper-conference", "CPAPER", "booktitle")
_PREPRINT = Kind("misc", "article", "UNPB")


def _kind(paper: Paper) -> Kind:
    if not paper.venue:
        return _PREPRINT
    return _PROCEEDINGS if _MEETING.search(paper.venue) else _JOURNAL


# ---- BibTeX


def bibtex(papers: Iterable[StoredPaper]) -> Iterator[str]:
    """An entry for each paper, in UTF-8, with a blank line between two."""
    key, between = Keys(), ""
    for found in papers:
        fields = "".join(f"  {name} = {value},\n" for name, value in _bibtex_fields(found.paper))
        yield f"{between}@{_kind(found.paper).bibtex}{{{key(found)},\n{fields}}}\n"
        between = "\n"


def _bibtex_fields(paper: Paper) -> Iterator[tuple[str, str]]:
    """Names and values, these in braces but for the month, which is a macro of every style."""
    names = _names(paper)
    yield "title", f"{{{latex.title(paper.title)}}}"
    if names:
        yield "author", f"{{{' and '.join(map(_bibtex_name, names))}}}"
    elif keyword := latex.escaped(_readable(paper.title)):
        yield "key", f"{{{keyword}}}"  # styles sort by it where there is no author
    if paper.venue:
        yield _kind(paper).venue, f"{{{latex.escaped(_readable(paper.venue))}}}"
    if paper.date:
        yield "year", f"{{{paper.date.year:04}}}"
        yield "month", MONTHS[paper.date.month - 1]
        yield "day", f"{{{paper.date.day}}}"
    if paper.arxiv_id:
        yield "eprint", f"{{{latex.verbatim(paper.arxiv_id)}}}"
        yield "archivePrefix", "{arXiv}"
        if paper.categories:
            yield "primaryClass", f"{{{latex.verbatim(paper.categories[0])}}}"
    if paper.version:
        yield "version", f"{{{paper.version}}}"
    if paper.doi:
        yield "doi", f"{{{latex.verbatim(paper.doi)}}}"
    if address := web_address_in(paper.url):
        yield "url", f"{{{latex.verbatim(address)}}}"
    if paper.categories:
        yield "keywords", f"{{{', '.join(latex.escaped(one_line(one)) for one in paper.categories)}}}"
    if paper.withdrawn:
        yield "note", f"{{{_WITHDRAWN}}}"
    yield "abstract", f"{{{latex.prose(paper.abstract)}}}"


def _bibtex_name(name: Name) -> str:
    if name.whole:
        return f"{{{latex.escaped(name.whole)}}}"
    family = latex.escaped(name.family)
    if any(word[:1].islower() for word in name.family.split()[:-1]):
        family = f"{{{family}}}"  # else BibTeX takes part of it for a particle
    last = f"{latex.escaped(name.particle)} {family}".strip()
    return ", ".join(filter(None, (last, latex.escaped(name.suffix), latex.escaped(name.given))))


# ---- CSL-JSON


def csl_json(papers: Iterable[StoredPaper]) -> Iterator[str]:
    """A list of items, as Zotero exports and Pandoc reads it."""
    key, begin = Keys(), "[\n"
    for found in papers:
        name = key(found)
        item = {"id": name, "citation-key": name} | {field: value for field, value in _csl_fields(found.paper) if value}
        yield begin + json.dumps(item, ensure_ascii=False, indent=2)
        begin = ",\n"
    yield "[]\n" if begin == "[\n" else "\n]\n"


def _csl_fields(paper: Paper) -> Iterator[tuple[str, Any]]:
    arxiv = f"arXiv:{one_line(paper.arxiv_id)}" if paper.arxiv_id else ""
    yield "type", _kind(paper).csl
    yield "title", _readable(paper.title)
    yield "author", [_csl_name(name) for name in _names(paper)]
    yield "container-title", _readable(paper.venue or "")
    if paper.date:
        yield "issued", {"date-parts": [[paper.date.year, paper.date.month, paper.date.day]]}
    if arxiv and not paper.venue:  # as Zotero has it, for preprints
        yield "publisher", "arXiv"
        yield "number", arxiv
    yield "version", str(paper.version or "")
    yield "DOI", one_line(paper.doi or "")
    yield "URL", web_address_in(paper.url)
    yield "keyword", ", ".join(map(one_line, paper.categories))
    yield "note", "; ".join(filter(None, (arxiv if paper.venue else "", _WITHDRAWN if paper.withdrawn else "")))
    yield "abstract", _readable(paper.abstract)


def _csl_name(name: Name) -> Mapping[str, str]:
    if name.whole:
        return {"literal": name.whole}
    parts = {"family": name.family, "given": name.given, "non-dropping-particle": name.particle, "suffix": name.suffix}
    return {part: value for part, value in parts.items() if value}


# ---- RIS


def ris(papers: Iterable[StoredPaper]) -> Iterator[str]:
    """A record for each paper, its fields a line each."""
    key, between = Keys(), ""
    for found in papers:
        fields = [("TY", _kind(found.paper).ris), ("ID", key(found)), *_ris_fields(found.paper), ("ER", "")]
        lines = "".join(f"{tag}  - {value}\n" for tag, value in fields if value or tag == "ER")
        yield between + lines
        between = "\n"


def _ris_fields(paper: Paper) -> Iterator[tuple[str, str]]:
    yield "TI", _readable(paper.title)
    for name in _names(paper):
        last = f"{name.particle} {name.family}".strip()
        yield "AU", name.whole.replace(",", "") or ", ".join(filter(None, (last, name.given, name.suffix)))
    yield "T2", _readable(paper.venue or "")
    if paper.date:
        yield "PY", f"{paper.date.year:04}"
        yield "DA", paper.date.isoformat().replace("-", "/")
    yield "AN", f"arXiv:{one_line(paper.arxiv_id)}" if paper.arxiv_id else ""
    yield "DO", one_line(paper.doi or "")
    yield "UR", web_address_in(paper.url) or ""
    for category in paper.categories:
        yield "KW", one_line(category)
    yield "N1", _WITHDRAWN if paper.withdrawn else ""
    yield "AB", _readable(paper.abstract)


# ---- what they share


def _names(paper: Paper) -> list[Name]:
    return [name for name in map(taken_apart, paper.authors) if name]


def _readable(text: str) -> str:
    """`text` cleaned; as it is where cleaning leaves nothing."""
    return clean(text) or one_line(text)


FORMS: Mapping[str, Callable[[Iterable[StoredPaper]], Iterator[str]]] = {
    "bibtex": bibtex,
    "csl-json": csl_json,
    "ris": ris,
}
