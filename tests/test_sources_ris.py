import contextlib
import io
import random
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import NotPapers
from assistant.papers import Paper, Problem, Record
from assistant.sources import recognise, ris
from tests.conftest import SHARED

RECORDED = SHARED / "data" / "recorded" / "ris_rispy"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded files are the developers'")


def read(text: str | bytes) -> list[Record | Problem]:
    return list(ris.read(io.BytesIO(text.encode() if isinstance(text, str) else text)))


WHOLE = """\ufeffRecord #1 of 1
Provider: somebody
1.
TY  - JOUR
ID  - 12345
AU  - Shannon, Claude E.
AU  - Ford, Henry, Jr.
A2  - Editor, An
T1  - A Mathematical Theory
of Communication
AB  - First line, ER then
      the last line
PY  - 1948
DA  - 1948/07/05/
JF  - Bell System Technical Journal
KW  - entropy
KW  - channels
UR  - http://example.com/a; http://example.com/b
DO  - doi:10.1000/X
ER  -
"""


def test_a_record_becomes_a_paper() -> None:
    assert read(WHOLE) == [
        Record(
            Paper(
                "A Mathematical Theory of Communication",
                "First line, ER then the last line",
                doi="10.1000/x",
                authors=("Claude E. Shannon", "Henry Ford Jr."),
                date=date(1948, 7, 5),
                url="http://example.com/a",
                categories=("entropy", "channels"),
                venue="Bell System Technical Journal",
            ),
            4,
        )
    ]


def test_web_of_science_has_its_own_form() -> None:
    text = (
        "FN Clarivate\nVR 1.0\nPT J\nAU Curie, M\n   Curie, P\nAF Curie, Marie\n   Curie, Pierre\nTI On\n   rays\n"
        "SO COMPTES RENDUS\nAB Some rays\n   are new.\nDE rays; salts\nPY 1898\nPD JUL 18\nDI 10.1000/y\nER\n\nEF\n"
    )
    assert read(text) == [
        Record(
            Paper(
                "On rays",
                "Some rays are new.",
                doi="10.1000/y",
                authors=("Marie Curie", "Pierre Curie"),
                date=date(1898, 7, 18),
                categories=("rays", "salts"),
                venue="COMPTES RENDUS",
            ),
            3,
        )
    ]


@pytest.mark.parametrize(
    ("said", "day"),
    [("1948/07//", None), ("2020/5/3/spring", date(2020, 5, 3))],
)
def test_only_a_whole_day_is_a_date(said: str, day: date | None) -> None:
    (record,) = read(f"TY  - JOUR\nTI  - T\nAB  - A.\nPY  - {said}\nER  - \n")
    assert isinstance(record, Record)
    assert record.paper.date == day


def test_a_record_without_its_end_is_read_and_a_bad_one_reported_with_its_text() -> None:
    first, second, third = read(
        "TY  - JOUR\nTI  - One\nAB  - A.\nTY  - JOUR\nTI  - Two\nER  - \nTY  - JOUR\nTI - Three\nN2  - B."
    )
    assert first == Record(Paper("One", "A."), 1)
    assert second == Problem(4, "no abstract")
    assert isinstance(second, Problem)
    assert second.raw == "TY  - JOUR\nTI  - Two\nER  - "
    assert third == Record(Paper("Three", "B."), 7)


def test_the_arxiv_id_is_found_in_doi_address_and_note() -> None:
    for line in (
        "DO  - 10.48550/arXiv.2401.00010",
        "UR  - http://arxiv.org/abs/2401.00010v2",
        "M1  - arXiv:2401.00010",
    ):
        (record,) = read(f"TY  - JOUR\nTI  - T\nAB  - A.\n{line}\nER  - \n")
        assert isinstance(record, Record)
        assert record.paper.arxiv_id == "2401.00010"


def test_a_record_of_absurd_length_is_reported_in_time() -> None:
    long = "TY  - JOUR\nTI  - T\nAB  - A\n" + "b\n" * 200_000 + "ER  - \n"
    first, second = read(long + "TY  - JOUR\nTI  - T\nAB  - A.\nER  - \n")
    assert first == Problem(1, "a record longer than 300,000 characters")
    assert isinstance(second, Record)


@recorded
def test_the_recorded_files_hold_what_they_hold() -> None:
    found = {}
    for file in sorted(RECORDED.glob("*.ris")):
        data = file.read_bytes()
        assert recognise(data).name == "ris"
        items: list[str] = []
        try:
            for item in ris.read(io.BytesIO(data)):
                items.append("record" if isinstance(item, Record) else item.reason)
        except NotPapers:
            items.append("refused")
        found[file.stem.removeprefix("example_")] = ", ".join(items)
    untitled, bare = "no title, refused", "no abstract, refused"
    assert found == {
        "basic": bare,
        "bom": untitled,
        "custom_list_tags": untitled,
        "empty_tag": "record",
        "extraneous_data": "record, record",
        "full": "record, record",
        "full_without_whitespace": "record, record",
        "full_write": "record, record",
        "multi_unknown_tags": bare,
        "multiline": f"no title, no title, {untitled}",
        "single_unknown_tag": bare,
        "starting_newlines": bare,
        "urls": f"no abstract, no abstract, no abstract, {bare}",
        "utf_chars": untitled,
        "wos": "record, record",
    }


@recorded
def test_files_with_flipped_bytes_are_read_or_refused() -> None:
    draw = random.Random(6)
    files = [file.read_bytes() for file in sorted(RECORDED.glob("*.ris"))]
    for _ in range(500):
        data = bytearray(draw.choice(files))
        for _ in range(draw.randint(1, 30)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        with contextlib.suppress(NotPapers):
            assert read(bytes(data))


@given(
    st.lists(
        st.sampled_from(
            ["TY  - JOUR", "TI  - T", "AB  - A.", "ER  - ", "PT J", "more", "", "DA  - 2020/13/45", "UR  - x"]
        )
    )
)
def test_any_lines_are_records_problems_or_refused(lines: list[str]) -> None:
    with contextlib.suppress(NotPapers):
        assert any(isinstance(item, Record) for item in read("\n".join(lines)))
