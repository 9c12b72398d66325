import contextlib
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import NotPapers, SourceError
from assistant.papers import Paper, Problem, Record
from assistant.sources import csv_table, recognise


def read(text: str | bytes, **columns: str) -> list[Record | Problem]:
    data = text.encode() if isinstance(text, str) else text
    return list(csv_table.read(io.BytesIO(data), columns=columns))


def papers(text: str | bytes, **columns: str) -> list[Paper]:
    return [item.paper for item in read(text, **columns) if isinstance(item, Record)]


ZOTERO = '''\ufeffKey,"Publication Year",Author,"Title","Publication Title",DOI,Url,"Abstract Note","Date","Manual Tags"
"AB12CD34","2017","Vaswani, Ashish; Shazeer, Noam","Attention Is All You Need","arXiv:1706.03762 [cs]","",\
"http://arxiv.org/abs/1706.03762","The dominant ""sequence"" models
are based, on RNNs","2017-06-12","attention; translation"
"AB12CD35","1948","Shannon, Claude E.","A Theory","Bell Journal","10.1000/x","","Abs","1948","'''


def test_a_table_of_zotero_is_read_as_it_is() -> None:
    assert recognise(ZOTERO.encode()).name == "csv"
    first, second = read(ZOTERO + '"\n')
    assert first == Record(
        Paper(
            "Attention Is All You Need",
            'The dominant "sequence" models\nare based, on RNNs',
            arxiv_id="1706.03762",
            authors=("Ashish Vaswani", "Noam Shazeer"),
            date=date(2017, 6, 12),
            url="http://arxiv.org/abs/1706.03762",
            categories=("attention", "translation"),
        ),
        2,
    )
    assert second == Record(
        Paper("A Theory", "Abs", doi="10.1000/x", authors=("Claude E. Shannon",), venue="Bell Journal"), 4
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_that_of_the_header(delimiter: str) -> None:
    text = delimiter.join(["TITLE", "note", "Abstract"]) + "\r\n" + delimiter.join(["T", "x", "A."]) + "\r\n"
    assert recognise(text.encode()).name == "csv"
    assert papers(text) == [Paper("T", "A.")]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("Vaswani, Ashish; Shazeer, Noam", ("Ashish Vaswani", "Noam Shazeer")),
        ("Ada Lovelace, Bob Kay", ("Ada Lovelace", "Bob Kay")),
        ("Ada L., Bob K. and Carl", ("Ada L.", "Bob K.", "Carl")),
        ("Curie, Marie and Curie, Pierre", ("Marie Curie", "Pierre Curie")),
        ("Shannon, Claude", ("Claude Shannon",)),
        ("Plato", ("Plato",)),
    ],
)
def test_names_come_in_many_forms(given: str, names: tuple[str, ...]) -> None:
    assert papers(f'title;abstract;authors\nT;A.;"{given}"\n')[0].authors == names


def test_the_user_may_name_columns() -> None:
    text = "Titel;Zusammenfassung;Title\nÜber;Größe;other\n"
    with pytest.raises(NotPapers):
        recognise(text.encode())
    columns = {"title": "titel", "abstract": "Zusammenfassung"}
    assert recognise(text.encode(), columns=columns).name == "csv"
    assert papers(text, **columns) == [Paper("Über", "Größe")]
    with pytest.raises(SourceError, match="no column “Titl”"):
        read(text, title="Titl")
    with pytest.raises(NotPapers, match="no column is known to be the abstract"):
        read(text, title="Titel")


def test_a_column_may_be_left_out() -> None:
    assert papers("id,title,abstract\n1,T,A.\n")[0].source_id == "1"
    assert papers("id,title,abstract\n1,T,A.\n", id="")[0].source_id is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ('"never closed,x', "a quote that is not closed"),
        ("a,b,c,d", "4 cells where the header has 3"),
        ("only a title", "no abstract"),
        (",an abstract", "no title"),
        ("T,A.,someday", "date left out: “someday” is not YYYY-MM-DD"),
    ],
)
def test_a_bad_row_is_reported_with_its_text_and_costs_no_other(row: str, reason: str) -> None:
    text = f"title,abstract,date\nOne,A.,2020\n{row}\nTwo,B.,2020-05-03\nThree,C.,\n"
    first, second, *others = read(text)
    assert first == Record(Paper("One", "A."), 2)
    assert second == Problem(3, reason)
    assert isinstance(second, Problem)
    assert second.raw == f"title,abstract,date\n{row}"
    assert [item.paper.title for item in others if isinstance(item, Record)][-2:] == ["Two", "Three"]


def test_a_row_of_absurd_length_costs_only_itself() -> None:
    text = 'title,abstract\nOne,A.\nT,"' + "x" * 200_000 + "\n" + "Two,B.\n" * 2
    first, second, third, *_ = read(text)
    assert isinstance(first, Record)
    assert isinstance(second, Problem)
    assert third == Record(Paper("Two", "B."), 4)


def test_what_is_not_utf_8_is_read_as_windows_1252_and_said() -> None:
    problem, record = read("title;abstract\nKäfig;“A”\n".encode("cp1252"))
    assert problem == Problem(2, "not UTF-8 from here on: read as Windows-1252 (Latin-1)")
    assert record == Record(Paper("Käfig", "“A”"), 2)


@pytest.mark.parametrize(
    "head", [b"a,b,c\n1,2,3\n", b'{"title": 1, "abstract": 2}', b"title only\n", b"<title>,<abstract>"]
)
def test_what_has_no_such_header_is_no_table_of_papers(head: bytes) -> None:
    assert not csv_table.sniff(head)


@given(st.lists(st.sampled_from(["a", '"', ",", "\n", "\r", "é", "\0", " ", ";"]), max_size=60))
def test_any_rows_are_records_problems_or_refused(pieces: list[str]) -> None:
    with contextlib.suppress(NotPapers):
        assert papers("title,abstract\n" + "".join(pieces))
