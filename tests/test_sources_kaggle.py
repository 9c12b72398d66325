import contextlib
import io
import json
import random
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import NotPapers
from assistant.papers import Paper, Problem, Record
from assistant.sources import kaggle, recognise

LINE: dict[str, Any] = {
    "id": "0704.0001",
    "submitter": "Pavel Nadolsky",
    "authors": "C. Bal\\'azs, E. L. Berger",
    "title": "Calculation of prompt diphoton production\n  at LHC energies",
    "comments": "37 pages, 15 figures; published version",
    "journal-ref": "Phys.Rev.D76:013009,2007",
    "doi": "10.1103/PhysRevD.76.013009 10.1103/other",
    "report-no": "ANL-HEP-PR-07-12",
    "categories": "hep-ph hep-ex",
    "license": None,
    "abstract": "  A fully differential calculation\nin QCD is presented.\n",
    "versions": [
        {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
        {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
    ],
    "update_date": "2008-11-26",
    "authors_parsed": [["Bal\\'azs", "C.", ""], ["Berger", "E. L.", "Jr"]],
}


def read(*lines: object) -> list[Record | Problem]:
    data = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return list(kaggle.read(io.BytesIO(data)))


def paper(**fields: object) -> Paper:
    (record,) = read(LINE | fields)
    assert isinstance(record, Record)
    return record.paper


def test_a_line_becomes_a_paper() -> None:
    assert recognise(json.dumps(LINE).encode()).name == "kaggle"
    assert paper() == Paper(
        "Calculation of prompt diphoton production at LHC energies",
        "A fully differential calculation\nin QCD is presented.",
        arxiv_id="0704.0001",
        doi="10.1103/physrevd.76.013009",
        authors=("C. Balázs", "E. L. Berger Jr"),
        date=date(2007, 4, 2),
        url="https://arxiv.org/abs/0704.0001",
        categories=("hep-ph", "hep-ex"),
        venue="Phys.Rev.D76:013009,2007",
        version=2,
    )


def test_names_are_read_from_the_string_where_they_are_not_taken_apart() -> None:
    assert paper(authors_parsed=None, authors="Ada L. and Bob K.").authors == ("Ada L.", "Bob K.")


def test_what_its_authors_took_back_is_noticed() -> None:
    assert paper(comments="This paper has been withdrawn by the author").withdrawn
    assert not paper(comments=None).withdrawn


def test_a_bad_line_is_reported_with_its_text_and_a_bad_field_left_out() -> None:
    first, second, third, fourth, fifth = read(
        LINE, b"{cut", b'{"id": "0704.0002"}', LINE | {"id": "0704.0003", "doi": "none"}
    )
    assert isinstance(first, Record)
    assert [second, third, fourth] == [
        Problem(2, "not JSON: key must be a string at line 1 column 2"),
        Problem(3, "no title"),
        Problem(4, "doi left out: “none” is no DOI"),
    ]
    assert isinstance(third, Problem)
    assert third.raw == '{"id": "0704.0002"}'
    assert isinstance(fifth, Record)
    assert fifth.line == 4


def test_nesting_without_end_is_a_bad_line() -> None:
    first, second = read(LINE, b'{"authors_parsed": ' + b"[" * 100_000)
    assert isinstance(first, Record)
    assert isinstance(second, Problem)
    assert second.reason.startswith("not JSON")


def test_other_json_lines_are_not_taken_for_the_snapshot() -> None:
    assert recognise(b'{"title": "T", "abstract": "A.", "authors": []}\n').name == "jsonl"


@given(
    st.dictionaries(
        st.sampled_from(sorted(LINE)),
        st.one_of(
            st.none(),
            st.integers(),
            st.text(max_size=8),
            st.lists(st.one_of(st.none(), st.text(max_size=8), st.lists(st.text(max_size=4))), max_size=3),
        ),
        max_size=4,
    )
)
def test_any_values_in_any_field_give_a_record_or_a_problem(fields: dict[str, object]) -> None:
    assert len(read(LINE, LINE | fields)) >= 2


def test_lines_with_flipped_bytes_are_records_problems_or_refused() -> None:
    draw = random.Random(7)
    for _ in range(300):
        data = bytearray(json.dumps(LINE).encode() + b"\n") * 2
        for _ in range(draw.randint(1, 20)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        with contextlib.suppress(NotPapers):
            assert read(bytes(data))


def test_half_a_character_costs_only_itself() -> None:
    (record,) = read(LINE | {"title": "x \ud800 y"})
    assert isinstance(record, Record)
    assert record.paper.title == "x \ufffd y"
