import contextlib
import io
import random
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import NotPapers
from assistant.papers import Paper, Problem, Record
from assistant.sources import bibtex, recognise
from tests.conftest import SHARED

RECORDED = SHARED / "data" / "recorded" / "bibtex"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded files are the developers'")


def read(text: str | bytes) -> list[Record | Problem]:
    return list(bibtex.read(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def entry(**fields: str) -> str:
    given = {"title": "{T}", "abstract": "{A.}"} | fields
    return "@article{key,\n" + "".join(f"  {name} = {value},\n" for name, value in given.items()) + "}\n"


def paper(**fields: str) -> Paper:
    (record,) = read(entry(**fields))
    assert isinstance(record, Record)
    return record.paper


def test_an_entry_becomes_a_paper() -> None:
    given = r"""@string{nips = "Advances in " # {Neural Systems}}
@InProceedings{vaswani2017,
  Author = {Vaswani, Ashish and {\L}ukasz Kaiser and {The {NASA} Team} and others},
  title = "{Attention} Is All You {N}eed -- in {\"U}bersee",
  Abstract = {We reach 28.4 BLEU with $O(n^2)$ steps \& 10\% less; na\"{\i}ve baselines.},
  booktitle = nips # " 30",
  year = 2017, month = jun, day = 12,
  doi = {https://doi.org/10.1000/ABC\_1},
  eprint = {1706.03762}, archivePrefix = {arXiv}, primaryClass = {cs.CL},
  keywords = {attention, translation},
  url = {\url{https://arxiv.org/abs/1706.03762}},
}
"""
    assert read(given) == [
        Record(
            Paper(
                "Attention Is All You Need – in Übersee",
                "We reach 28.4 BLEU with $O(n^2)$ steps & 10% less; naïve baselines.",
                arxiv_id="1706.03762",
                doi="10.1000/abc_1",
                authors=("Ashish Vaswani", "Łukasz Kaiser", "The NASA Team"),
                date=date(2017, 6, 12),
                url="https://arxiv.org/abs/1706.03762",
                categories=("cs.CL", "attention", "translation"),
                venue="Advances in Neural Systems 30",
            ),
            2,
        )
    ]


def test_the_citation_key_is_no_identity() -> None:
    assert paper().identities == ("title:t",)


@pytest.mark.parametrize(
    ("fields", "day"),
    [
        ({"date": "{2019-02-03}"}, date(2019, 2, 3)),
        ({"year": "2010", "month": "May", "day": "22"}, date(2010, 5, 22)),
        ({"year": "{2010}", "month": '"22~" # may'}, date(2010, 5, 22)),
        ({"date": "{2019-02~}"}, None),
        ({"year": "2019", "month": "feb"}, None),
        ({"year": "{in press}"}, None),
    ],
)
def test_only_a_whole_day_is_a_date(fields: dict[str, str], day: date | None) -> None:
    assert paper(**fields).date == day


@pytest.mark.parametrize(
    ("names", "read_as"),
    [
        ("{Ludwig van Beethoven}", ("Ludwig van Beethoven",)),
        ("{van Beethoven, Ludwig and Ford, Jr, Henry}", ("Ludwig van Beethoven", "Henry Ford Jr")),
        (
            "{family=Beauvoir, given=Simone, prefix=de and Sartre, Jean-Paul}",
            ("Simone de Beauvoir", "Jean-Paul Sartre"),
        ),
        (r"{Radim {\v R}eh{\r u}{\v r}ek}", ("Radim Řehůřek",)),
        ("{broken {name, and another}", ()),
    ],
)
def test_names_are_given_first_name_first(names: str, read_as: tuple[str, ...]) -> None:
    if read_as:
        assert paper(author=names).authors == read_as
    else:
        assert read(entry(author=names) + entry())[-1] == Record(Paper("T", "A."), 6)


@pytest.mark.parametrize(
    "fields",
    [
        {"eprint": "{arXiv:2401.00010v2}"},
        {"doi": "{10.48550/arXiv.2401.00010}"},
        {"url": "{http://arxiv.org/pdf/2401.00010v3.pdf}"},
        {"journal": "{arXiv preprint arXiv:2401.00010}"},
        {"arxivId": "{2401.00010}"},
    ],
)
def test_the_arxiv_id_is_found_wherever_it_stands(fields: dict[str, str]) -> None:
    assert (paper(**fields).arxiv_id, paper(**fields).venue) == ("2401.00010", None)


@pytest.mark.parametrize(
    "written",
    [
        "https://a.org/~ada/my_paper%20x.pdf?a=1&b#c",
        r"https://a.org/\~{}ada/my\_paper\%20x.pdf?a=1\&b\#c",
        r"https://a.org/{\textasciitilde}ada/my{\_}paper%20x.pdf?a=1&b\#c",
        r"https://a.org/\textasciitilde{}ada/my\_paper%20x.pdf?a=1\&b#c",
        r"https://a.org/$\sim$ada/my\_paper\%20x.pdf?a=1\&b#c",
        r"\url{https://a.org/\~ada/my\_paper\%20x.pdf?a=1\&b#c}",
    ],
)
def test_an_address_is_read_letter_by_letter(written: str) -> None:
    for field in ("url", "howpublished"):
        assert paper(**{field: f"{{{written}}}"}).url == "https://a.org/~ada/my_paper%20x.pdf?a=1&b#c"


def test_an_address_ends_where_its_link_does() -> None:
    given = r"{Available at \href{https://a.org/x\_{y}}{here}. See \url{https://b.org}.}"
    assert paper(howpublished=given).url == "https://a.org/x_y"


@pytest.mark.parametrize(
    "doi", ["10.1234/ab~c_d", r"10.1234/ab{\textasciitilde}c\_d", r"https://doi.org/10.1234/ab\~{}c\_d"]
)
def test_a_doi_is_read_letter_by_letter(doi: str) -> None:
    assert paper(doi=f"{{{doi}}}").doi == "10.1234/ab~c_d"


def test_what_is_said_of_an_entry_has_one_text() -> None:
    unclosed = "@article{a, title={T} abstract={A.}, doi={x}"
    problems = [item for item in read(unclosed) if isinstance(item, Problem)]
    assert len(problems) == 3
    assert {problem.raw for problem in problems} == {unclosed}


def test_an_eprint_of_another_archive_is_no_arxiv_id() -> None:
    assert paper(eprint="{1234.56789}", eprinttype="{hal}").arxiv_id is None


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("@article{a, title = {never closed,\n abstract = {x}\n", "not BibTeX: a brace or a quote is not closed"),
        ("@article{a, title {x}, abstract = {y}}\n", "not BibTeX: Expected a `=` after entry key"),
        ("@article{a\n", "not BibTeX: "),
        ("@article{a, ti\ntle = {x}, ab\nstract}\n", "not BibTeX: "),
        ("@article{b, title = {x}}\n", "no abstract"),
        ("@article{b, abstract = {x}}\n", "no title"),
        ("@misc{empty,\n\n}\n", "no title"),
        ("@article{c, title = {" + "x" * 300_000 + "}}\n", "an entry longer than 300,000 characters"),
    ],
)
def test_a_broken_entry_is_reported_and_costs_no_other(broken: str, reason: str) -> None:
    first, second, third = read(entry() + broken + entry(title="{Third}"))
    assert first == Record(Paper("T", "A."), 1)
    assert isinstance(second, Problem)
    assert "\n" not in second.reason
    assert second.line == 5
    assert second.reason.startswith(reason)
    assert isinstance(third, Record)
    assert third.paper.title == "Third"
    if "longer" not in reason:
        assert second.raw == broken.strip()


def test_an_entry_that_lacks_its_last_brace_is_read_and_reported() -> None:
    problem, record, _ = read(entry().rstrip("}\n") + "\n" + entry())
    assert isinstance(problem, Problem)
    assert "not closed" in problem.reason
    assert record == Record(Paper("T", "A."), 1)


def test_a_missing_comma_is_reported_and_costs_nothing() -> None:
    torn = '@article{a, title = {One} # { {more}} abstract = "A."  year = 2020}'
    first, second, record = read(torn)
    assert [isinstance(item, Problem) and item.reason[:35] for item in (first, second)] == [
        "a comma is missing before “abstract",
        "a comma is missing before “year”; i",
    ]
    assert record == Record(Paper("One more", "A."), 1)


def test_of_a_field_given_twice_the_first_counts() -> None:
    (record,) = read("@article{a, title = {}, title = {One}, title = {Two}, abstract = {A.}}")
    assert record == Record(Paper("One", "A."), 1)


def test_several_entries_on_a_line_and_parentheses_are_read() -> None:
    text = '@article(a, title = "One", abstract = {A.}) @book{b, title = {Two}, abstract = {B.}}'
    assert [item.paper.title for item in read(text) if isinstance(item, Record)] == ["One", "Two"]


def test_what_is_not_utf_8_is_read_as_windows_1252_and_said() -> None:
    problem, record = read(entry(title="{Käfig}").encode("latin-1"))
    assert problem == Problem(2, "not UTF-8 from here on: read as Windows-1252 (Latin-1)")
    assert isinstance(record, Record)
    assert record.paper.title == "Käfig"


def test_a_file_without_any_abstract_is_no_source_of_papers() -> None:
    with pytest.raises(NotPapers, match=r"no entry is a paper \(line 1: no abstract\)"):
        read("@article{b, title = {x}}\n")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"% a comment\n\n@Article{a,\n", "bibtex"),
        (b"\xef\xbb\xbf@string{a = {b}}", "bibtex"),
        (b"@inproceedings(Green:75,\n", "bibtex"),
        (b"@media (max-width: 3px) {\n a { b: c }\n}", None),
        (b"@given(a, b)\ndef f(): ...", None),
        (b"mail@example.org", None),
    ],
)
def test_bibtex_is_told_from_what_else_has_an_at_sign(head: bytes, name: str | None) -> None:
    if name:
        assert recognise(head).name == name
    else:
        with pytest.raises(NotPapers):
            recognise(head)


@recorded
def test_every_entry_of_the_recorded_files_is_a_record_or_a_problem() -> None:
    found = Counter[str]()
    for file in sorted(RECORDED.glob("*.bib")):
        with file.open("rb") as stream:
            assert recognise(stream.read(65_536)).name == "bibtex"
            stream.seek(0)
            try:
                for item in bibtex.read(stream):
                    found["records" if isinstance(item, Record) else item.reason.split(":")[0]] += 1
            except NotPapers:
                found["files without any paper"] += 1
    assert found == {
        "records": 501,
        "no abstract": 1435,
        "no title": 13,
        "doi left out": 1,
        "files without any paper": 21,
    }


@recorded
def test_recorded_texts_come_out_readable() -> None:
    def titles(name: str) -> list[str]:
        (file,) = RECORDED.glob(f"{name}*")
        return [item.paper.title for item in read(file.read_bytes()) if isinstance(item, Record)]

    assert titles("Math_markup")[0].startswith("Test Title With 100 $\\mu$J, 200 $\\mu$J Energy, and $\\pm$0.1%")
    assert titles("collaborators") == [
        "Vom Kalten Krieg zum europäischen Umbruch. Das Institut für Europäische Geschichte 1950–1990"
    ]


def bytes_of(file: Path) -> bytes:
    return file.read_bytes()[:60_000]


@recorded
def test_files_with_flipped_bytes_are_read_or_refused() -> None:
    draw = random.Random(5)
    files = [bytes_of(file) for file in sorted(RECORDED.glob("*.bib"))]
    for _ in range(150):
        data = bytearray(draw.choice(files))
        for _ in range(draw.randint(1, 30)):
            data[draw.randrange(len(data))] = draw.choice(b'{}"#,=@\\%$\n()' + bytes([draw.randrange(256)]))
        with contextlib.suppress(NotPapers):
            read(bytes(data))


@given(
    st.lists(
        st.sampled_from(["@article{k,", "title = ", "{", "}", '"', "#", ",", "abstract={A}", "\n", "\\", "$x$", "é"])
    )
)
def test_any_pieces_of_bibtex_are_records_problems_or_refused(pieces: list[str]) -> None:
    with contextlib.suppress(NotPapers):
        assert any(isinstance(item, Record) for item in read("".join(pieces)))


def test_a_reason_is_one_line_whatever_the_entry_is_broken_in() -> None:
    broken = (
        b"@article{x,\n  author = {A},\n  Ianni and\n  Nicola Leone}\n}\n@article{y, title = {T}, abstract = {A.}}\n"
    )
    items = list(bibtex.read(io.BytesIO(broken)))
    reasons = [item.reason for item in items if isinstance(item, Problem)]
    assert reasons
    assert not any("\n" in reason for reason in reasons)
