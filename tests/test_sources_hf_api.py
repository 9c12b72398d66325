import json
from datetime import date
from pathlib import Path

import pytest

from assistant.sources import hf_api, recognise
from tests.reading import counted, items, papers, reasons, recorded

PAPER = {
    "id": "2606.00467",
    "title": "T",
    "summary": "A.",
    "authors": [{"name": "Ada L."}, {"name": "Ghost", "hidden": True}, {"name": "Bob K."}],
    "publishedAt": "2026-05-30T00:00:00.000Z",
    "upvotes": 7,
    "organization": {"name": "mit", "fullname": "MIT"},
}


def test_the_fields_of_a_paper_are_read() -> None:
    (paper,) = papers(hf_api.read, json.dumps([{"paper": PAPER, "title": "T", "numComments": 1}]))
    assert (paper.arxiv_id, paper.title, paper.abstract, paper.upvotes) == ("2606.00467", "T", "A.", 7)
    assert (paper.authors, paper.organization) == (("Ada L.", "Bob K."), "MIT")
    assert (paper.date, paper.url) == (date(2026, 5, 30), "https://arxiv.org/abs/2606.00467")


@pytest.mark.parametrize(
    "form",
    [
        json.dumps([{"paper": PAPER}], indent=2),
        json.dumps({"paper": PAPER}),
        json.dumps({"paper": PAPER}) + "\n" + json.dumps({"paper": PAPER}),
        json.dumps(PAPER),
        "\ufeff" + json.dumps([{"paper": PAPER}]),
    ],
)
def test_a_list_a_line_and_a_single_paper_are_recognised_and_read(form: str) -> None:
    assert recognise(form.encode()).name == "hf-api"
    assert {paper.arxiv_id for paper in papers(hf_api.read, form)} == {"2606.00467"}


def test_a_weekend_gives_nothing_and_is_no_mistake() -> None:
    assert recognise(b"[]\n").name == "hf-api"
    assert items(hf_api.read, "[]") == []


def test_a_paper_without_an_abstract_is_a_problem_with_its_place_and_the_others_are_read() -> None:
    bare = {"paper": PAPER | {"summary": None}}
    text = json.dumps([{"paper": PAPER}, bare, {"paper": PAPER}])
    assert reasons(hf_api.read, text) == ["record 2: no abstract"]
    assert len(items(hf_api.read, text)) == 3


def test_values_of_any_kind_are_papers_or_problems() -> None:
    for value in (None, 1, "x", [], {}, [1], {"name": 3}, 10**30):
        for name in PAPER:
            assert items(hf_api.read, json.dumps([{"paper": PAPER | {name: value}}]))
        items(hf_api.read, json.dumps([{"paper": value}]))


def test_the_recorded_answers_are_read_whole(shared: Path) -> None:
    folder = shared / "recorded" / "hf-daily-papers"
    assert counted(folder, "hf-api") == (2, 35, 0)
    found = dict(recorded(folder, "hf-api"))
    assert [item.line for item in found["2026-06-12.json"]] == [1] * 30
    assert found["2026-07.json"][0].line == 2
