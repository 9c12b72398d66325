"""References that are given out and read in again say what they said."""

import io
import re
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cleaning import clean, one_line
from assistant.papers import Paper, Problem, Record, StoredPaper, web_address_in
from assistant.render import references
from assistant.render.people import taken_apart
from assistant.sources import SOURCES, hf_page, jsonl
from tests.conftest import ROOT

HTML = re.compile(r"&#?\w+;")
READERS = {source.name: source for source in SOURCES if source.name in references.FORMS}
PLAIN = Paper(
    "Zorbium $\\alpha$-lattices & {GPT}-4 at 50\\%: Größe, 张三, M\\'elange of A_B ~ x^2",
    "They reduce memory by $O(n^2)$, i.e. 40\\% <or> $5 | more -- #1 in \\emph{tests} \\ and {a, b}.",
    arxiv_id="2606.00467",
    doi="10.1000/x~y_z",
    authors=("Ada Lovelace", "Ludwig van Beethoven", "Hal Daumé III", "ATLAS Collaboration", "Moreno D'Incà", "张三"),
    date=date(2026, 6, 22),
    url="https://x.org/~ada/a_b%20c",
    categories=("cs.LG", "math.AG"),
    venue="Journal of Zorbium & Co",
)


@pytest.fixture(scope="module")
def papers() -> list[Paper]:
    """Every field, the seeds, and the hostile corpus."""
    found = [PLAIN, Paper("Only a title", "And an abstract.")]
    for file in sorted((ROOT / "seeds").glob("*.txt")):
        with file.open("rb") as stream:
            found += [item.paper for item in hf_page.read(stream) if isinstance(item, Record)]
    with (ROOT / "tests" / "hostile.jsonl").open("rb") as stream:
        found += [item.paper for item in jsonl.read(stream) if isinstance(item, Record)]
    return list({paper.paper_id: paper for paper in found}.values())


def back(form: str, papers: Iterable[Paper]) -> tuple[list[Paper], list[Problem]]:
    """What its reader makes of these papers in a form."""
    text = "".join(references.FORMS[form](StoredPaper(paper.paper_id, paper) for paper in papers))
    data = text.encode(errors="replace")
    assert READERS[form].sniff(data[:65_536])
    items: list[Any] = list(READERS[form].read(io.BytesIO(data)))
    return [item.paper for item in items if isinstance(item, Record)], [i for i in items if isinstance(i, Problem)]


NASTY = st.text(st.sampled_from("aB1 {}\\%#&_~^<>|-'`,?!\"@=é张"), max_size=25).map("zorb{}zorb".format)


@given(NASTY, NASTY)
def test_whatever_signs_a_text_has_are_read_as_they_were(title: str, abstract: str) -> None:
    for form in ("bibtex", "ris"):
        (paper,), problems = back(form, [Paper(title, abstract)])
        assert problems == []
        for read_again, known in ((paper.title, title), (paper.abstract, abstract)):
            assert said(read_again) in (said(known), said(said(known)))  # what is readable is made so again


def said(text: str | None) -> str:
    """What a reader is shown of a stored text."""
    return clean(text or "") or one_line(text or "")


@pytest.mark.parametrize("form", references.FORMS)
def test_what_is_given_out_is_read_as_it_was(form: str, papers: list[Paper]) -> None:
    if form not in READERS:
        pytest.skip(f"no reader of {form} yet")
    read, problems = back(form, papers)
    assert problems == []
    assert len(read) == len(papers) > 430
    for given_out, paper in zip(papers, read, strict=True):
        if form == "csl-json" and HTML.search(given_out.abstract):
            continue  # some programs write CSL-JSON with HTML in it, and so it is read
        for read_again, known in ((paper.title, given_out.title), (paper.abstract, given_out.abstract)):
            same = (said(known),) if form == "bibtex" else (said(known), said(said(known)))  # which cannot escape
            assert said(read_again) in same
        assert [taken_apart(name) for name in paper.authors] == [taken_apart(name) for name in given_out.authors]
        assert (paper.date, paper.arxiv_id, paper.doi) == (given_out.date, given_out.arxiv_id, given_out.doi)
        assert said(paper.venue) == said(given_out.venue)
        assert paper.url == web_address_in(given_out.url)
