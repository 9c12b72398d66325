import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import SourceError
from assistant.papers import Paper, Problem, Record
from assistant.sources import jsonl, rows


def read(*lines: object) -> list[Record | Problem]:
    data = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    return list(jsonl.read(io.BytesIO(data)))


GOOD = {"title": "T", "abstract": "A."}


def paper(line: object) -> Paper:
    (record,) = read(line)
    assert isinstance(record, Record)
    return record.paper


def test_the_whole_form_is_read() -> None:
    full = {
        "id": "arxiv:2606.00467",
        "title": "T",
        "abstract": "A.",
        "authors": ["Ada L.", "Bob K."],
        "date": "2026-06-22",
        "url": "https://arxiv.org/abs/2606.00467",
        "categories": ["cs.LG"],
        "upvotes": 3,
    }
    assert paper(full) == Paper(
        "T",
        "A.",
        arxiv_id="2606.00467",
        authors=("Ada L.", "Bob K."),
        date=date(2026, 6, 22),
        url="https://arxiv.org/abs/2606.00467",
        categories=("cs.LG",),
        upvotes=3,
    )


def test_beir_and_listing_forms_are_read() -> None:
    assert paper({"_id": 4983, "title": "T", "text": "A."}).paper_id == "4983"
    listed = paper(
        {"_id": "2503.11731", "title": "T", "text": "A.", "first_seen": "2025-03-18", "abs": "https://x.org"}
    )
    assert (listed.paper_id, listed.date, listed.url) == ("arxiv:2503.11731", date(2025, 3, 18), "https://x.org")


def test_ids_are_sorted_into_arxiv_doi_and_other() -> None:
    assert paper(GOOD | {"id": "https://doi.org/10.1000/X"}).doi == "10.1000/x"
    assert paper(GOOD | {"id": "s2:abc", "url": "https://arxiv.org/abs/2503.11731v3"}).identities == (
        "arxiv:2503.11731",
        "id:s2:abc",
        "title:t",
    )


def test_authors_may_be_one_string() -> None:
    assert paper(GOOD | {"authors": "Ada Lovelace, Bob K. and Carl"}).authors == ("Ada Lovelace", "Bob K.", "Carl")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{not json", "not JSON"),
        (b'["a list"]', "not a JSON object"),
        ({"abstract": "A."}, "no title"),
        ({"title": "", "abstract": "A."}, "no title"),
        ({"title": "T", "text": " "}, "no abstract"),
        ({"title": ["T"], "abstract": "A."}, "title: "),
        (b'{"title": "\xff", "abstract": "A."}', "not JSON"),
    ],
)
def test_a_bad_line_is_reported_and_the_others_are_read(line: object, reason: str) -> None:
    first, second, third = read(GOOD, line, GOOD)
    assert isinstance(first, Record)
    assert isinstance(second, Problem)
    assert second.line == 2
    assert reason in second.reason
    assert isinstance(third, Record)
    assert third.line == 3


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("javascript:alert(1)", "no web address"),
        (" DATA:text/html,x", "no web address"),
        ("file:///etc/passwd", "no web address"),
        ("https://ada:secret@example.org/", "a user name"),
        ("https://arxiv.org@example.org/", "a user name"),
    ],
)
def test_an_address_that_a_browser_should_not_open_is_left_out(url: str, reason: str) -> None:
    problem, record = read(GOOD | {"url": url})
    assert isinstance(problem, Problem)
    assert reason in problem.reason
    assert isinstance(record, Record)
    assert record.paper.url is None
    assert paper(GOOD | {"url": "arXiv:2503.11731"}).arxiv_id == "2503.11731"


@pytest.mark.parametrize("field", ["title", "abstract"])
def test_a_text_of_which_nothing_can_be_seen_is_none(field: str) -> None:
    first, second = read(GOOD, GOOD | {field: "\u200b\x00\u202e"})
    assert isinstance(first, Record)
    assert isinstance(second, Problem)
    assert second.reason == f"{field}: nothing of it can be seen"


def test_a_line_too_long_to_be_a_paper_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "MAX_LINE", 1_000)
    long = GOOD | {"abstract": "x" * 5_000}
    first, second, third = read(GOOD, long, GOOD)
    assert isinstance(second, Problem)
    assert "longer than" in second.reason
    assert isinstance(first, Record)
    assert isinstance(third, Record)
    assert third.line == 3


def test_lines_that_hold_no_papers_are_refused_as_a_file() -> None:
    with pytest.raises(SourceError, match=r"none of the first 20 lines is a paper \(line 1: no title"):
        read(*[{"_id": n, "text": "a query"} for n in range(40)])
    with pytest.raises(SourceError, match="no line is a paper"):
        read({"text": "only"})


@given(st.lists(st.one_of(st.binary(max_size=80), st.just(json.dumps(GOOD).encode())), max_size=8))
def test_any_bytes_are_records_problems_or_refused(lines: list[bytes]) -> None:
    try:
        items = list(jsonl.read(io.BytesIO(b"\n".join(lines))))
    except SourceError:
        return
    assert any(isinstance(item, Record) for item in items)


@given(
    st.dictionaries(
        st.sampled_from(sorted(rows.FIELDS)),
        st.one_of(st.none(), st.integers(), st.text(), st.lists(st.text())),
    )
)
def test_any_values_in_any_field_give_a_record_or_a_problem(row: dict[str, object]) -> None:
    items = read(GOOD, row)
    assert isinstance(items[0], Record)
    assert len(items) >= 2


def test_names_and_ids_come_in_as_one_plain_line() -> None:
    hostile = {"id": "x:\x1b[8m1\n", "url": "https://x.org/\x1b[2J", "authors": ["Eve \x1b]0;x\x07\nL."]}
    read_as = paper(GOOD | hostile)
    assert (read_as.source_id, read_as.url, read_as.authors) == ("x:1", "https://x.org/", ("Eve L.",))


@pytest.mark.parametrize("field", ["id", "url", "organization"])
def test_a_name_of_absurd_length_is_left_out_and_reported(field: str) -> None:
    problem, record = read(GOOD | {field: "x" * 10_000})
    assert isinstance(problem, Problem)
    assert problem.reason.startswith(f"{field} left out: string should have at most")
    assert isinstance(record, Record)


def test_what_is_too_long_for_an_abstract_is_no_paper() -> None:
    problem, _ = read({"title": "T", "abstract": "a" * 200_000}, GOOD)
    assert problem == Problem(1, "abstract: string should have at most 20000 characters")


@pytest.mark.parametrize(
    ("bad", "named"),
    [
        ({"upvotes": 10**29}, "upvotes"),
        ({"author_count": -1}, "author_count"),
        ({"date": "bad", "published": "also bad"}, "date"),
        ({"id": {}, "_id": {}}, "id"),
        ({"authors": {"a": 1}}, "authors"),
    ],
)
def test_a_bad_optional_field_costs_only_itself(bad: dict[str, object], named: str) -> None:
    problem, record = read(GOOD | bad)
    assert isinstance(problem, Problem)
    assert problem.reason.startswith(f"{named} left out")
    assert isinstance(record, Record)
    assert (record.paper.title, record.paper.abstract) == ("T", "A.")


def test_one_author_has_a_first_and_a_last_name() -> None:
    assert paper(GOOD | {"authors": "Ada Lovelace"}).authors == ("Ada Lovelace",)
    assert paper(GOOD | {"authors": "Ada L., B. K., and Carl"}).authors == ("Ada L.", "B. K.", "Carl")
    assert paper(GOOD | {"categories": "cs.LG cs.CL"}).categories == ("cs.LG", "cs.CL")


@pytest.mark.parametrize("given", ["2024", "2024-05", "86400", "20240501", "May 3, 2024", 2024])
def test_what_is_no_day_is_left_out_and_quoted(given: object) -> None:
    problem, record = read(GOOD | {"date": given})
    assert problem == Problem(1, f"date left out: “{given}” is not YYYY-MM-DD")
    assert isinstance(record, Record)
    assert record.paper.date is None


def test_a_time_behind_the_day_is_no_matter() -> None:
    assert paper(GOOD | {"date": "2024-01-01T18:59:59Z"}).date == date(2024, 1, 1)


@pytest.mark.parametrize(("field", "what"), [("doi", "DOI"), ("arxiv_id", "arXiv id")])
def test_an_id_of_the_wrong_form_is_left_out_and_quoted(field: str, what: str) -> None:
    problem, _ = read(GOOD | {field: "10.1 x"})
    assert problem == Problem(1, f"{field} left out: “10.1 x” is no {what}")


def test_an_arxiv_id_may_have_a_key_of_its_own() -> None:
    assert paper(GOOD | {"arxiv_id": "2401.00010v2"}).arxiv_id == "2401.00010"


@pytest.mark.parametrize(
    "given", ["arXiv preprint arXiv:1706.03762", "arXiv.org", "arXiv (Cornell University)", "CoRR "]
)
def test_a_preprint_server_is_no_venue(given: str) -> None:
    assert paper(GOOD | {"venue": given}).venue is None
    assert paper(GOOD | {"venue": "Journal of  arXiv Studies"}).venue == "Journal of arXiv Studies"


def test_half_a_character_costs_only_itself() -> None:
    line = rb'{"title": "x \ud800 y \ud83d\ude00", "abstract": "A.", "doi": "no \udc00"}'
    problem, record = read(line)
    assert isinstance(problem, Problem)
    assert problem.reason.startswith("doi left out")
    assert problem.raw == line.decode()
    assert isinstance(record, Record)
    assert record.paper == Paper("x \ufffd y \U0001f600", "A.")


@pytest.mark.parametrize(
    ("line", "reason"), [(rb'{"title": "\ud800"}', "no abstract"), (rb'{"title": "\ud800', "not JSON")]
)
def test_a_row_with_half_a_character_that_is_no_paper_says_why(line: bytes, reason: str) -> None:
    problem, _ = read(line, GOOD)
    assert isinstance(problem, Problem)
    assert problem.reason.startswith(reason)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("Shannon, Claude", ("Claude Shannon",)),
        ("Lovelace, Ada; Babbage, Charles", ("Ada Lovelace", "Charles Babbage")),
        ("Lovelace, Ada and Babbage,\nCharles", ("Ada Lovelace", "Charles Babbage")),
        ("Ada Lovelace,", ("Ada Lovelace",)),
    ],
)
def test_a_string_of_authors_is_taken_apart_as_in_a_table(given: str, names: tuple[str, ...]) -> None:
    assert paper(GOOD | {"authors": given}).authors == names
