import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import SourceError
from assistant.papers import Paper, Problem, Record, merge
from assistant.sources import hf_page

SEEDS = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
HEADER = (
    "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nDaily Papers\n\n"
    "byAK and the research community\n\nDec 31\n\n"
)
ABSTRACT = "This abstract is long enough to be one, and it says what the paper found, with a number: 42."


def read(text: str, **options: int) -> list[Record | Problem]:
    return list(hf_page.read(io.BytesIO(text.encode()), **options))


def papers(text: str, **options: int) -> list[Paper]:
    return [item.paper for item in read(text, **options) if isinstance(item, Record)]


def seed_records() -> Iterator[tuple[Path, Record]]:
    for file in SEEDS:
        for item in read(file.read_text()):
            assert isinstance(item, Record), (file, item)
            yield file, item


def test_the_seeds_hold_406_entries_of_333_papers() -> None:
    found = [record.paper for _, record in seed_records()]
    assert len(found) == 406
    assert len({paper.paper_id for paper in found}) == 333


def test_the_seeds_give_exactly_the_gold_corpus(shared: Path) -> None:
    merged: dict[str, Paper] = {}
    files: dict[str, list[str]] = {}
    for file, record in seed_records():
        name = record.paper.paper_id
        merged[name] = merge(merged[name], record.paper) if name in merged else record.paper
        files.setdefault(name, []).append(file.name)
    gold = [json.loads(line) for line in (shared / "seeds-gold" / "corpus.jsonl").read_text().splitlines()]
    assert list(merged) == [paper["_id"] for paper in gold]
    for expected in gold:
        paper = merged[expected["_id"]]
        assert (paper.title, paper.abstract) == (expected["title"], expected["text"])
        assert paper.author_count == expected["n_authors"]
        assert files[expected["_id"]] == expected["sources"]
        assert (paper.date is None) == (expected["date"] is None)
        if expected["date"]:
            month_and_day = f"{paper.date:%b} {paper.date.day}"  # type: ignore[union-attr]
            assert expected["date"].startswith(month_and_day)
            assert paper.date_inferred == ("," not in expected["date"])


@pytest.mark.parametrize("file", SEEDS, ids=lambda file: file.name[:3])
def test_every_line_of_a_seed_is_accounted_for(file: Path) -> None:
    text = file.read_text()
    page = hf_page.parse(text)
    counted = page.header_lines + sum(entry.lines for entry in page.entries)
    assert counted == sum(bool(line.strip()) for line in text.split("\n"))


def test_bylines_and_dates_are_read() -> None:
    first = f"One\n\n{ABSTRACT}\n\n  • 16 authors\n·\nDec 30, 2024 4\n\n"
    page = f"{HEADER}{first}Two\n\n{ABSTRACT}\n\ngoogle Google\n·\nApr 29 1\n"
    one, two = papers(page)
    assert (one.author_count, one.date, one.date_inferred, one.upvotes) == (16, date(2024, 12, 30), False, 4)
    assert (two.author_count, two.organization, two.date, two.upvotes) == (None, "Google", date(2025, 4, 29), 1)
    assert two.date_inferred


def test_a_missing_year_is_the_one_after_the_latest_given_or_the_one_passed() -> None:
    page = f"{HEADER}One\n{ABSTRACT}\n  • 1 authors\n·\nAug 28, 2021\nTwo\n{ABSTRACT}\n  • 2 authors\n·\nAug 7\n"
    assert papers(page)[1].date == date(2022, 8, 7)
    assert papers(page, year=2019)[1].date == date(2019, 8, 7)
    assert papers(page, year=2019)[0].date == date(2021, 8, 28)


def test_a_date_that_cannot_be_is_a_problem_and_the_paper_stays() -> None:
    page = f"{HEADER}One\n\n{ABSTRACT}\n\n  • 1 authors\n·\nFeb 30, 2024\n"
    problem, record = read(page)
    assert isinstance(problem, Problem)
    assert (problem.line, record.line) == (19, 13)
    assert isinstance(record, Record)
    assert record.paper.date is None


def test_without_any_year_dates_are_left_out_with_advice() -> None:
    problem, record = read(f"{HEADER}One\n{ABSTRACT}\n  • 1 authors\n·\nAug 7\n")
    assert isinstance(problem, Problem)
    assert "--year" in problem.reason
    assert isinstance(record, Record)
    assert record.paper.date is None


def test_subscribe_may_be_glued_to_the_first_title() -> None:
    (paper,) = papers(f"Get trending papers in your email inbox!\nSubscribeA Title\n{ABSTRACT}\n")
    assert paper.title == "A Title"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("Some text\n\nof another kind.\n", "not a Daily Papers page"),
        (HEADER, "without any paper"),
        (f"{HEADER}One\n{ABSTRACT}\nTwo\n", "line 15: the last title has no abstract"),
        (f"{HEADER}One\nToo short.\n", "line 14: an abstract was due here"),
        (f"{HEADER}{'long ' * 200}\n{ABSTRACT}\n", "line 13: a title was due here"),
        (f"{HEADER}One\n{ABSTRACT}\nAuthors\n·\nsomeday\n", "line 16: no date follows"),
        (
            f"{HEADER}One\n{ABSTRACT}\nTwo\n{ABSTRACT}\nstray line\nThree\n{ABSTRACT}\n",
            "line 18: an abstract was due here",
        ),
    ],
)
def test_a_page_that_breaks_the_order_is_refused_as_a_whole(page: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        read(page)


def test_bytes_that_are_not_utf8_are_refused_with_their_place() -> None:
    with pytest.raises(SourceError, match="0xff at offset"):
        list(hf_page.read(io.BytesIO(HEADER.encode() + b"\xff\xfe")))


@given(
    st.lists(
        st.sampled_from([*HEADER.split("\n"), "Title", ABSTRACT, "  • 3 authors", "·", "Aug 7", "x", ""]), max_size=30
    )
)
def test_any_order_of_lines_is_read_whole_or_refused(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        page = hf_page.parse(text)
    except SourceError:
        return
    assert page.header_lines + sum(entry.lines for entry in page.entries) == sum(bool(line.strip()) for line in lines)
