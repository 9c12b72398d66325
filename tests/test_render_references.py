"""References as other programs read them: bibtexparser, BibTeX itself, biber, rispy and citeproc."""

import calendar
import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import rispy
from bibtexparser.entrypoint import parse_string
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from hypothesis import strategies as st

from assistant.cleaning import clean, one_line
from assistant.papers import MAX_ABSTRACT, Paper, Record, StoredPaper
from assistant.render import references
from assistant.sources import hf_page, jsonl
from tests import inert
from tests.conftest import ROOT
from tests.test_hostile import FACT, LONG

LOVELACE = Paper(
    "CSKV: Channel Shrinking for 50% of the $O(n^2)$ Cost",
    "We save 50\\% & more of {\\it memory}: $\\alpha_1$.",
    arxiv_id="2606.00467",
    doi="10.1000/cskv_1",
    authors=("Ada Lovelace", "Ludwig van Beethoven", "Hal Daumé III", "ATLAS Collaboration"),
    date=date(2026, 6, 22),
    url="https://arxiv.org/abs/2606.00467",
    categories=("cs.LG", "cs.CL"),
    version=2,
)
EVIL = Paper(
    "}, note={forged}} \n@article{forged, title = {x}\nER  - \nTY  - JOUR",
    "}}\n\n@article{forged,\n title={y}}\nER  - \n\nTY  - BOOK\nTI  - forged\n\\input{/etc/passwd} $\\write18{rm}$ %",
    doi='10.1000/},note={forged}"\\end{document}',
    source_id="}\nER  - ",
    authors=("} and {Forged", "Eve, \nER  - ", "\\@firstofone{x} Mallory"),
    venue="Journal}, year={1}\nER  - ",
    url="https://evil.example/}{",
    categories=("a}, b={", "c\nER  - "),
    withdrawn=True,
)


def stored(papers: Iterable[Paper]) -> list[StoredPaper]:
    return [StoredPaper(paper.paper_id, paper) for paper in papers]


def written(form: str, papers: Iterable[Paper]) -> str:
    return "".join(references.FORMS[form](stored(papers)))


@pytest.fixture(scope="module")
def papers() -> list[Paper]:
    """The seeds, the hostile corpus and two more."""
    found = []
    for file in sorted((ROOT / "seeds").glob("*.txt")):
        with file.open("rb") as stream:
            found += [item.paper for item in hf_page.read(stream) if isinstance(item, Record)]
    with (ROOT / "tests" / "hostile.jsonl").open("rb") as stream:
        found += [item.paper for item in jsonl.read(stream) if isinstance(item, Record)]
    found += [Paper(f"Long: {name}", f"{FACT} {text}"[:MAX_ABSTRACT]) for name, text in LONG.items()]
    return [LOVELACE, EVIL, *{paper.paper_id: paper for paper in found}.values()]


# ---- what comes back is what was said


_BACK = {
    "textbackslash": "\\", "textbraceleft": "{", "textbraceright": "}", "textasciitilde": "~", "textasciicircum": "^",
    "textless": "<", "textgreater": ">", "textbar": "|",
}  # fmt: skip


def shown(latex: str) -> str:
    """What LaTeX shows, formulas made readable."""
    parts = re.split(r"(?<!\\)(\$(?:[^$\\]|\\.)+\$)", " ".join(latex.split()))
    plain = [re.sub(r"\{\\(text\w+)\}|\\([&%$#_])|[{}]", _sign, part) for part in parts[::2]]
    return "".join(text + clean(formula) for text, formula in zip(plain, [*parts[1::2], ""], strict=True))


def _sign(found: re.Match[str]) -> str:
    return _BACK[found[1]] if found[1] else found[2] or ""


def said(text: str | None) -> str:
    """What a reader is shown of a stored text."""
    return clean(text or "") or one_line(text or "")


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def held_to(paper: Paper, fields: dict[str, str]) -> None:
    """What a reader of BibTeX gives of an entry is what the paper says."""
    assert letters(shown(fields["title"])) == letters(said(paper.title))
    if "$" not in paper.title + paper.abstract:
        assert shown(fields["title"]) == said(paper.title)
        assert shown(fields["abstract"]) == said(paper.abstract)
    assert shown(fields.get("journal") or fields.get("booktitle") or "") == said(paper.venue)
    assert fields.get("eprint") == paper.arxiv_id
    assert bool(paper.doi) == bool(fields.get("doi"))
    day = [int(fields[part]) for part in ("year", "month", "day")] if "year" in fields else None
    assert day == ([paper.date.year, paper.date.month, paper.date.day] if paper.date else None)


MONTHS = {name.lower(): str(number) for number, name in enumerate(calendar.month_abbr)}
KNOWN = {
    "title", "author", "key", "journal", "booktitle", "year", "month", "day", "eprint", "archivePrefix", "primaryClass",
    "doi", "url", "keywords", "version", "note", "abstract",
}  # fmt: skip


def test_bibtex_comes_back_from_a_parser(papers: list[Paper]) -> None:
    library = parse_string(written("bibtex", papers))
    assert library.failed_blocks == []
    assert len(library.entries) == len(papers) > 430
    for paper, entry in zip(papers, library.entries, strict=True):
        fields = {field.key: str(field.value) for field in entry.fields}
        if "month" in fields:
            fields["month"] = MONTHS[fields["month"]]
        held_to(paper, fields)


def test_ris_comes_back_from_a_parser(papers: list[Paper]) -> None:
    records = rispy.loads(written("ris", papers))
    assert len(records) == len(papers)
    for paper, record in zip(papers, records, strict=True):
        assert (record.get("title"), record.get("abstract")) == (said(paper.title), said(paper.abstract))
        assert len(record.get("authors", [])) == len(paper.authors)
        assert record.get("secondary_title", "") == said(paper.venue)
        assert record.get("doi", "") == (paper.doi or "")
        assert record.get("accession_number") == (f"arXiv:{paper.arxiv_id}" if paper.arxiv_id else None)
        assert record.get("date") == (f"{paper.date}".replace("-", "/") if paper.date else None)
        assert record.get("keywords", []) == [one_line(category) for category in paper.categories]


def test_csl_json_says_what_the_papers_say(papers: list[Paper]) -> None:
    items = json.loads(written("csl-json", papers))
    for paper, item in zip(papers, items, strict=True):
        assert (item["title"], item["abstract"]) == (said(paper.title), said(paper.abstract))
        assert len(item.get("author", ())) == len(paper.authors)
        assert item.get("container-title", "") == said(paper.venue)
        assert item.get("DOI") == paper.doi
        day = [[paper.date.year, paper.date.month, paper.date.day]] if paper.date else None
        assert item.get("issued", {}).get("date-parts") == day


TEXT = st.text(min_size=1) | st.text(st.sampled_from("aB {}\\%$&_\n@,\"=-'~^"), min_size=1)


@given(st.lists(st.builds(
    Paper, title=TEXT, abstract=TEXT, doi=st.none() | TEXT, authors=st.lists(TEXT, max_size=3).map(tuple),
    venue=st.none() | TEXT, categories=st.lists(TEXT, max_size=2).map(tuple), url=st.none() | TEXT,
    arxiv_id=st.none() | TEXT, date=st.none() | st.dates(),
), max_size=3))  # fmt: skip
def test_nothing_breaks_out_of_its_field(papers: list[Paper]) -> None:
    library = parse_string(written("bibtex", papers))
    assert library.failed_blocks == []
    assert len(library.entries) == len(papers) == len(library.blocks)
    assert all({field.key for field in entry.fields} <= KNOWN for entry in library.entries)
    ris = written("ris", papers)
    assert all(re.match(r"[A-Z][A-Z0-9]  - |$", line) for line in ris.splitlines())
    for tag in ("TY", "ER"):
        assert len(re.findall(f"^{tag}  - ", ris, re.MULTILINE)) == len(papers)
    assert len(json.loads(written("csl-json", papers))) == len(papers)


def test_a_hostile_paper_is_one_reference_with_its_own_fields() -> None:
    library = parse_string(written("bibtex", [EVIL, LOVELACE]))
    assert [entry.entry_type for entry in library.entries] == ["article", "misc"]
    fields = {field.key: str(field.value) for field in library.entries[0].fields}
    assert fields["note"] == "Withdrawn by its authors"
    assert "year" not in fields
    assert "\\input" not in fields["abstract"]
    assert "\\write" not in fields["abstract"]
    assert fields["doi"].startswith("10.1000/%7D,note=%7Bforged%7D")
    assert len(rispy.loads(written("ris", [EVIL, LOVELACE]))) == 2


def test_what_is_printed_is_inert(papers: list[Paper]) -> None:
    for form in references.FORMS:
        inert.terminal(written(form, papers))


# ---- programs that read them


def by_bibtex(papers: list[Paper], folder: Path) -> list[list[tuple[str, str]]]:
    """The fields of each entry as BibTeX read them."""
    (folder / "out.bib").write_text(written("bibtex", papers), encoding="utf-8")
    shutil.copy(ROOT / "tests" / "fields.bst", folder)
    (folder / "out.aux").write_text("\\citation{*}\n\\bibstyle{fields}\n\\bibdata{out}\n")
    done = subprocess.run(["bibtex", "out"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "Warning" not in done.stdout, done.stdout
    lines = re.sub(r"\n  ", " ", (folder / "out.bbl").read_text(encoding="utf-8")).splitlines()
    entries: list[list[tuple[str, str]]] = []
    for name, _, value in (line.partition(": ") for line in lines):
        if name == "entry":
            entries.append([])
        entries[-1].append((name, value))
    return entries


@pytest.mark.skipif(shutil.which("bibtex") is None, reason="BibTeX is not on this machine")
def test_bibtex_itself_reads_every_entry(papers: list[Paper], tmp_path: Path) -> None:
    entries = by_bibtex(papers, tmp_path)
    assert len(entries) == len(papers)
    for paper, entry in zip(papers, entries, strict=True):
        held_to(paper, dict(entry))
        assert sum(name == "author" for name, _ in entry) == len(paper.authors)


@pytest.mark.skipif(shutil.which("bibtex") is None, reason="BibTeX is not on this machine")
def test_bibtex_itself_takes_names_apart_and_keeps_capitals(tmp_path: Path) -> None:
    (entry,) = by_bibtex([replace(LOVELACE, authors=(*LOVELACE.authors, "García de la Vega, Juan"))], tmp_path)
    assert [value for name, value in entry if name == "author"] == [
        "Ada||Lovelace|", "Ludwig|van|Beethoven|", "Hal||Daumé|III", "||{ATLAS Collaboration}|",
        "Juan||{García de la Vega}|",
    ]  # fmt: skip
    assert dict(entry)["small"] == "{CSKV}: Channel shrinking for 50\\% of the {$O(n^2)$} cost"


@pytest.mark.skipif(shutil.which("biber") is None, reason="biber is not on this machine")
def test_biber_reads_every_entry(papers: list[Paper], tmp_path: Path) -> None:
    papers = [*papers[:2], *papers[2::5]]  # it takes its time
    (tmp_path / "out.bib").write_text(written("bibtex", papers), encoding="utf-8")
    done = subprocess.run(["biber", "--tool", "out.bib"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert not re.search("WARN|ERROR", done.stdout), done.stdout
    read = (tmp_path / "out_bibertool.bib").read_text(encoding="utf-8")
    assert len(re.findall(r"^@", read, re.MULTILINE)) == len(papers)
    assert re.search(r"DATE\s+= \{2026-06-22\}", read)


@pytest.mark.filterwarnings(
    "ignore:The following arguments for Reference are unsupported"
)  # citation-key, of CSL 1.0.2
def test_citeproc_makes_a_bibliography(papers: list[Paper]) -> None:
    items: list[dict[str, Any]] = json.loads(written("csl-json", papers))
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    lines = [str(line) for line in bibliography.bibliography()]
    assert len(lines) == len(papers)
    assert lines[0] == (
        "Lovelace, A. et al. (2026) “CSKV: Channel Shrinking for 50% of the O(n^2) Cost”. arXiv. Available at: "
        "https://doi.org/10.1000/cskv_1."
    )


# ---- the forms


@pytest.mark.parametrize(
    ("venue", "kinds"),
    [
        (None, ("misc", "article", "UNPB")),
        ("Journal of Bees", ("article", "article-journal", "JOUR")),
        ("Proceedings of the 3rd Conference on Bees", ("inproceedings", "paper-conference", "CPAPER")),
        ("ICLR Workshop", ("inproceedings", "paper-conference", "CPAPER")),
    ],
)
def test_what_a_paper_appeared_in_says_what_it_is(venue: str | None, kinds: tuple[str, str, str]) -> None:
    paper = Paper("T", "A.", venue=venue)
    assert written("bibtex", [paper]).startswith(f"@{kinds[0]}{{")
    assert json.loads(written("csl-json", [paper]))[0]["type"] == kinds[1]
    assert written("ris", [paper]).startswith(f"TY  - {kinds[2]}\n")


def test_nothing_is_an_empty_document_in_every_form() -> None:
    assert (written("bibtex", []), written("ris", [])) == ("", "")
    assert json.loads(written("csl-json", [])) == []


def test_only_addresses_that_can_be_links_are_given_out() -> None:
    for form in references.FORMS:
        assert "javascript" not in written(form, [Paper("T", "A.", url="javascript:alert(1)")])


def test_the_page_about_it_shows_what_is_written() -> None:
    page = (ROOT / "docs" / "citations.md").read_text(encoding="utf-8")
    paper = Paper(
        "CSKV: Channel Shrinking for 50% of the $O(n^2)$ KV Cache",
        "We shrink {\\it channels} & save 80\\%.",
        arxiv_id="2409.10593",
        authors=("Ada Lovelace", "Ludwig van Beethoven", "ATLAS Collaboration"),
        date=date(2024, 9, 16),
        categories=("cs.LG",),
    )
    for form in references.FORMS:
        assert written(form, [paper]) in page, form
