import json
from datetime import date
from pathlib import Path

import pytest

from assistant.papers import Record
from assistant.sources import recognise, semantic_scholar
from tests.reading import counted, items, papers, reasons, recorded

PAPER = {
    "paperId": "c31c87c5",
    "externalIds": {"ArXiv": "2606.00467", "DOI": "10.1000/X", "CorpusId": 470667},
    "url": "https://www.semanticscholar.org/paper/c31c87c5",
    "title": "Trust <i>in</i> estimates",
    "abstract": "We trust &lt; 5 of them.",
    "authors": [{"authorId": "1", "name": "Ada L."}, {"authorId": None, "name": "Bob K."}],
    "year": 2026,
    "publicationDate": "2026-05-30",
    "venue": "Short",
    "publicationVenue": {"name": "The Long Name"},
    "s2FieldsOfStudy": [{"category": "Economics"}, {"category": "Economics"}, {"category": "Mathematics"}],
}


def test_the_fields_of_a_paper_are_read() -> None:
    (paper,) = papers(semantic_scholar.read, json.dumps({"total": 1, "offset": 0, "data": [PAPER]}))
    assert (paper.arxiv_id, paper.doi, paper.source_id) == ("2606.00467", "10.1000/x", "s2:c31c87c5")
    assert (paper.title, paper.abstract) == ("Trust in estimates", "We trust < 5 of them.")
    assert (paper.authors, paper.date) == (("Ada L.", "Bob K."), date(2026, 5, 30))
    assert (paper.venue, paper.categories) == ("The Long Name", ("Economics", "Mathematics"))
    assert paper.url == PAPER["url"]


@pytest.mark.parametrize(
    "form",
    [
        PAPER,
        [None, PAPER],
        {"total": 1, "token": "X", "data": [PAPER]},
        {"offset": 0, "data": [{"citingPaper": PAPER}]},
        {"offset": 0, "next": 1, "data": [{"contexts": [], "citedPaper": PAPER}]},
        {"recommendedPapers": [PAPER]},
    ],
)
def test_every_form_of_an_answer_is_recognised_and_read(form: object) -> None:
    for text in (json.dumps(form), json.dumps(form, indent=1)):
        assert recognise(text.encode()).name == "s2"
        assert [paper.source_id for paper in papers(semantic_scholar.read, text)] == ["s2:c31c87c5"]


def test_papers_one_a_line_are_read() -> None:
    text = f"{json.dumps(PAPER)}\n{json.dumps(PAPER | {'abstract': None})}\n"
    assert recognise(text.encode()).name == "s2"
    first, second = items(semantic_scholar.read, text)
    assert (first.line, second.line) == (1, 2)
    assert reasons(semantic_scholar.read, text) == ["record 2: no abstract"]


@pytest.mark.parametrize("text", ['{"total": 0, "offset": 0}', '{"total": 0, "token": null, "data": []}'])
def test_a_search_that_found_nothing_gives_nothing(text: str) -> None:
    assert recognise(text.encode()).name == "s2"
    assert items(semantic_scholar.read, text) == []


def test_authors_and_errors_are_no_papers() -> None:
    for text in ('{"total": 1, "offset": 0, "data": [{"authorId": "1", "papers": [{}]}]}', '{"error": "not found"}'):
        assert recognise(text.encode()).name == "jsonl"


def test_the_doi_that_arxiv_gives_is_taken_as_its_id() -> None:
    ids = {"externalIds": {"DOI": "10.48550/arXiv.2606.00467"}}
    (paper,) = papers(semantic_scholar.read, json.dumps(PAPER | ids))
    assert (paper.arxiv_id, paper.doi) == ("2606.00467", None)


def test_values_of_any_kind_are_papers_or_problems() -> None:
    for value in (None, 1, "x", [], {}, [1], [None], {"name": 3}, {"ArXiv": 1}, 10**30):
        for name in PAPER:
            assert items(semantic_scholar.read, json.dumps([PAPER | {name: value}]))


def test_every_recorded_paper_is_read_or_a_problem(shared: Path) -> None:
    folder = shared / "recorded" / "semantic_scholar"
    assert counted(folder, "s2") == (81, 6, 19714)
    for name, found in recorded(folder, "s2"):
        for item in found:
            if isinstance(item, Record):
                assert all((item.paper.title, item.paper.authors, item.paper.source_id)), name
            else:
                assert item.reason.endswith(("no abstract", "no title")), name  # they were not asked for
