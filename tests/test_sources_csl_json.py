import json
from datetime import date

import pytest

from assistant.sources import csl_json, recognise
from tests.reading import items, papers, reasons

ITEM = {
    "id": "http://zotero.org/users/1/items/ABCD",
    "type": "article-journal",
    "abstract": "<jats:title>Abstract</jats:title><jats:p>We walk &lt;i&gt;fast&lt;/i&gt;.</jats:p>",
    "container-title": "Journal of Walks",
    "DOI": "10.1000/Walk",
    "URL": "https://doi.org/10.1000/walk",
    "language": "en",
    "title": "Walks of <i>E. coli</i>",
    "author": [
        {"family": "Beethoven", "given": "Ludwig", "non-dropping-particle": "van"},
        {"literal": "The Group"},
        {"family": "King", "given": "Martin", "suffix": "Jr"},
    ],
    "issued": {"date-parts": [["2020", 3, 2]]},
    "accessed": {"date-parts": [["2021", 1, 1]]},
}


def test_the_fields_of_a_reference_are_read() -> None:
    (paper,) = papers(csl_json.read, json.dumps([ITEM]))
    assert (paper.title, paper.abstract) == ("Walks of E. coli", "We walk fast.")
    assert paper.authors == ("Ludwig van Beethoven", "The Group", "Martin King Jr")
    assert (paper.doi, paper.source_id) == ("10.1000/walk", "http://zotero.org/users/1/items/ABCD")
    assert (paper.date, paper.venue) == (date(2020, 3, 2), "Journal of Walks")
    assert paper.url == "https://doi.org/10.1000/walk"


@pytest.mark.parametrize("form", [[ITEM], ITEM, {"items": [ITEM]}])
def test_lists_and_single_references_are_recognised_and_read(form: object) -> None:
    for text in (json.dumps(form), json.dumps(form, indent="\t")):
        assert recognise(text.encode()).name == "csl-json"
        assert [paper.doi for paper in papers(csl_json.read, text)] == ["10.1000/walk"]


def test_plain_json_lines_are_not_taken_for_references() -> None:
    plain = {"id": "x", "title": "T", "abstract": "A.", "authors": ["B"], "url": "https://x.org", "type": "article"}
    assert recognise(json.dumps(plain).encode()).name == "jsonl"


def test_a_key_that_means_something_else_in_another_file_is_no_identity() -> None:
    (paper,) = papers(csl_json.read, json.dumps([ITEM | {"id": "smith2020"}]))
    assert paper.source_id is None
    (paper,) = papers(csl_json.read, json.dumps([ITEM | {"id": "smith2020", "PMID": "123"}]))
    assert paper.source_id == "pmid:123"


@pytest.mark.parametrize(
    "more",
    [
        {"URL": "http://arxiv.org/abs/2106.15928"},
        {"number": "arXiv:2106.15928"},
        {"note": "arXiv:2106.15928 [cs]"},
        {"note": "Comment: 3 pages\narXiv: 2106.15928v2 [cs]"},
        {"DOI": "10.48550/arXiv.2106.15928"},
    ],
)
def test_the_arxiv_id_is_found_where_zotero_keeps_it(more: dict[str, str]) -> None:
    (paper,) = papers(csl_json.read, json.dumps([ITEM | {"DOI": None, "URL": None} | more]))
    assert (paper.arxiv_id, paper.doi) == ("2106.15928", None)


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        ({"date-parts": [["2020", "3"]]}, None),
        ({"date-parts": [[]]}, None),
        ({"raw": "2020-03-02"}, date(2020, 3, 2)),
        ({"literal": "spring 2020"}, None),
        ({"date-parts": [[2020, 3, 2], [2020, 3, 9]]}, date(2020, 3, 2)),
    ],
)
def test_a_date_in_part_is_no_day_and_no_problem(issued: object, expected: date | None) -> None:
    (paper,) = papers(csl_json.read, json.dumps([ITEM | {"issued": issued}]))
    assert paper.date == expected


def test_a_day_that_is_none_is_reported_and_left_out() -> None:
    text = json.dumps([ITEM | {"issued": {"date-parts": [[2020, 13, 2]]}}])
    (reason,) = reasons(csl_json.read, text)
    assert reason.startswith("record 1: date left out: ")
    assert len(items(csl_json.read, text)) == 2


def test_values_of_any_kind_are_papers_or_problems() -> None:
    values: tuple[object, ...] = (
        None,
        1,
        "x",
        [],
        {},
        [1],
        [None],
        {"date-parts": [[[], {}, None]]},
        10**30,
        ["T", "U"],
    )
    for value in values:
        for name in [*ITEM, "note", "PMID", "number"]:
            assert items(csl_json.read, json.dumps([ITEM | {name: value}]))
