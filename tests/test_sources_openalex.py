import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sources import openalex, recognise
from tests.reading import items, papers, reasons

WORK = {
    "id": "https://openalex.org/W2741809807",
    "doi": "https://doi.org/10.7717/PeerJ.4375",
    "title": "The <i>state</i> of OA",
    "display_name": "The <i>state</i> of OA",
    "publication_year": 2018,
    "publication_date": "2018-02-13",
    "ids": {"openalex": "https://openalex.org/W2741809807", "pmid": "https://pubmed.ncbi.nlm.nih.gov/29456894"},
    "primary_location": {
        "landing_page_url": "https://doi.org/10.7717/peerj.4375",
        "source": {"id": "https://openalex.org/S1983995261", "display_name": "PeerJ"},
    },
    "locations": [{"landing_page_url": "https://example.org"}, {"landing_page_url": "http://arxiv.org/abs/1802.00001"}],
    "type": "article",
    "authorships": [
        {"author_position": "first", "author": {"display_name": "Heather Piwowar"}, "institutions": []},
        {"author_position": "last", "author": {"display_name": "Jason Priem"}},
    ],
    "is_retracted": False,
    "topics": [{"display_name": "Scholarly publishing", "field": {"display_name": "Decision Sciences"}}],
    "referenced_works": ["https://openalex.org/W1"],
    "abstract_inverted_index": {"<jats:p>Despite": [0], "growing": [1], "interest": [2, 4], "&amp;amp;": [3]},
    "counts_by_year": [{"year": 2026, "cited_by_count": 1}],
}
ANSWER = {"meta": {"count": 1, "per_page": 25, "next_cursor": "x"}, "results": [WORK], "group_by": [{"key": "2018"}]}


def test_the_fields_of_a_work_are_read() -> None:
    (paper,) = papers(openalex.read, json.dumps(ANSWER))
    assert (paper.title, paper.abstract) == ("The state of OA", "Despite growing interest & interest")
    assert (paper.source_id, paper.doi, paper.arxiv_id) == ("openalex:W2741809807", "10.7717/peerj.4375", "1802.00001")
    assert (paper.authors, paper.date) == (("Heather Piwowar", "Jason Priem"), date(2018, 2, 13))
    assert (paper.venue, paper.categories) == ("PeerJ", ("Scholarly publishing",))
    assert (paper.url, paper.withdrawn) == ("https://doi.org/10.7717/peerj.4375", False)


@pytest.mark.parametrize("form", [ANSWER, WORK, [WORK, WORK], {"meta": {"count": 1}, "results": [WORK]}])
def test_lists_answers_and_single_works_are_recognised_and_read(form: object) -> None:
    for text in (json.dumps(form), json.dumps(form, indent=2)):
        assert recognise(text.encode()).name == "openalex"
        assert {paper.source_id for paper in papers(openalex.read, text)} == {"openalex:W2741809807"}


def test_works_one_a_line_and_an_answer_that_found_nothing_are_read() -> None:
    lines = "\n".join([json.dumps(WORK)] * 3)
    assert recognise(lines.encode()).name == "openalex"
    assert [item.line for item in items(openalex.read, lines)] == [1, 2, 3]
    nothing = '{"meta":{"count":0,"db_response_time_ms":3,"page":1,"per_page":25},"results":[],"group_by":[]}'
    assert recognise(nothing.encode()).name == "openalex"
    assert items(openalex.read, nothing) == []


def test_a_retracted_work_is_marked() -> None:
    (paper,) = papers(openalex.read, json.dumps(WORK | {"is_retracted": True}))
    assert paper.withdrawn


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (None, "no abstract"),
        ({}, "no abstract"),
        ([1], "abstract_inverted_index: not an index of words"),
        ({"We": [-1]}, "abstract_inverted_index: a place that is no number"),
        ({"We": ["0"]}, "abstract_inverted_index: a place that is no number"),
        ({"We": [True]}, "abstract_inverted_index: a place that is no number"),
        ({"W" * 1_000: list(range(100_000))}, "abstract_inverted_index: of a text longer than 40,000 characters"),
    ],
)
def test_a_work_without_a_sound_index_is_a_problem(index: object, reason: str) -> None:
    assert reasons(openalex.read, json.dumps(WORK | {"abstract_inverted_index": index})) == [f"record 1: {reason}"]


def test_a_word_at_a_huge_place_costs_nothing() -> None:
    (paper,) = papers(openalex.read, json.dumps(WORK | {"abstract_inverted_index": {"end": [10**18], "The": [0]}}))
    assert paper.abstract == "The end"


@given(st.lists(st.text("abc<>&é", min_size=1, max_size=5).filter(str.strip), min_size=1, max_size=30))
def test_an_index_of_words_is_undone(words: list[str]) -> None:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        index.setdefault(word, []).append(place)
    assert openalex._abstract(index) == " ".join(words)


def test_values_of_any_kind_are_papers_or_problems() -> None:
    for value in (None, 1, "x", [], {}, [1], [None], {"source": 3}, 10**30):
        for name in WORK:
            assert items(openalex.read, json.dumps([WORK | {name: value}]))
