import gzip
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.papers import Paper, StoredPaper
from assistant.render.keys import Keys


def stored(title: str = "Attention Is All You Need", **fields: object) -> StoredPaper:
    paper = Paper(title, "A.", **fields)  # type: ignore[arg-type]
    return StoredPaper(paper.paper_id, paper)


ATTENTION = stored(authors=("Ashish Vaswani", "Noam Shazeer"), date=date(2017, 6, 12), arxiv_id="1706.03762")


def test_a_key_is_author_year_word_and_five_digits() -> None:
    assert re.fullmatch(r"vaswani2017attention-[0-9a-f]{5}", Keys()(ATTENTION))


@pytest.mark.parametrize(
    ("found", "stem"),
    [
        (stored(authors=("Ludwig van Beethoven",), date=date(1808, 1, 1)), "beethoven1808attention"),
        (stored("The ß of Ørsted", authors=("Łukasz Größe",)), "grosseß".replace("ß", "ss")),
        (stored("CSKV: Channel Shrinking", date=date(2024, 9, 1)), "cskv2024"),
        (stored("On the Of", authors=("ATLAS Collaboration",)), "atlason"),
        (stored("注意力", authors=("张三",), date=date(2020, 1, 1)), "2020"),
        (stored("注意力"), "paper"),
        (stored("}, note={x", authors=('\\"},', "x")), "note"),
    ],
)
def test_what_is_not_known_is_left_out(found: StoredPaper, stem: str) -> None:
    assert Keys()(found).rpartition("-")[0] == stem


@given(st.permutations(range(6)))
def test_a_key_does_not_depend_on_what_else_is_there(order: list[int]) -> None:
    papers = [stored(arxiv_id=f"1706.0{n:04}", authors=("Ashish Vaswani",)) for n in range(6)]
    keys = Keys()
    together = {n: keys(papers[n]) for n in order}
    assert together == {n: Keys()(papers[n]) for n in range(6)}
    assert len(set(together.values())) == 6


def test_two_papers_never_get_one_key() -> None:
    keys = Keys()
    assert keys(ATTENTION) != keys(ATTENTION)


@given(st.text(), st.lists(st.text(), max_size=2))
def test_a_key_is_of_letters_that_every_program_takes(title: str, authors: list[str]) -> None:
    assert re.fullmatch("[a-z0-9]+-[0-9a-f]{5}", Keys()(stored(title, authors=tuple(authors))))


def test_of_many_papers_a_tenth_would_share_a_key_without_its_digits(shared: Path) -> None:
    keys, stems = Keys(), Counter[str]()
    with gzip.open(shared / "arxiv-daily" / "papers.jsonl.gz") as file:
        for line in file:
            row = json.loads(line)
            day = date.fromisoformat(row["first_seen"])
            stem, _, digits = keys(
                stored(row["title"], authors=tuple(row["authors"]), date=day, arxiv_id=row["_id"])
            ).rpartition("-")
            assert len(digits) == 5
            stems[stem] += 1
    assert 0.08 < sum(count for count in stems.values() if count > 1) / stems.total() < 0.11
