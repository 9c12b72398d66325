"""Pages to the end: those that were recorded, and services that lose count."""

import json
from collections.abc import Callable
from datetime import date as Date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vcr.serializers.yamlserializer import deserialize

from assistant.errors import FetchError, FetchRefused, UsageError
from assistant.services import SERVICES, Wanted, address, named
from assistant.services.client import Client, Seen
from assistant.services.paging import Got, pages
from tests.services.publisher import (
    Asked,
    Clock,
    Publisher,
    Told,
    arxiv_of,
    as_json,
    daily,
    feed,
    found,
    harvest,
    ids,
    oai,
    works,
)

BEES = Wanted("arxiv", query="bees")
DAYS = Wanted("hf-daily", since=Date(2026, 6, 12), until=Date(2026, 6, 14))


def read(
    publisher: Publisher,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    most: int = 5_000,
    seen: Callable[[str], Seen] = lambda where: Seen(),
) -> list[Got]:
    clock = Clock()
    client = Client(sleep=clock.sleep, clock=clock)
    service = publisher.service(wanted.source)
    start = service.first(wanted) if cursor is None else cursor
    try:
        return list(pages(service, wanted, client=client, cursor=start, most=most, seen=seen))
    finally:
        client.close()


def counts(got: list[Got]) -> list[int]:
    return [one.page.count for one in got]


# ---- as recorded


def test_pages_of_arxiv_as_recorded_are_read_to_the_limit(publisher: Publisher, shared: Path) -> None:
    recorded = {}
    for file in (shared / "recorded" / "arxiv_atom").glob("q_testing_*_m10_*.json"):
        one = json.loads(file.read_text())
        recorded[dict(parse_qsl(urlsplit(one["url"]).query))["start"]] = one["body"].encode()
    publisher.tell = lambda asked: Told(recorded[asked.query["start"]], kind="application/atom+xml")
    got = read(publisher, Wanted("arxiv", query="testing"), most=60)
    assert [one.query["start"] for one in publisher.asked] == ["0", "10", "20", "30", "40", "50"]
    assert {one.query["search_query"] for one in publisher.asked} == {"(testing)"}
    assert counts(got) == [10] * 6
    assert {one.page.total for one in got} == {214_881}


def test_tokens_of_semantic_scholar_as_recorded_are_followed(publisher: Publisher, shared: Path) -> None:
    cassette = shared / "recorded" / "semantic_scholar" / "test_search_paper_bulk_retrieval_next_page.yaml"
    told: dict[str, bytes] = {}
    for one in deserialize(cassette.read_text())["interactions"]:
        token = dict(parse_qsl(urlsplit(one["request"]["uri"]).query)).get("token", "")
        told.setdefault(token, one["response"]["content"].encode())
    publisher.tell = lambda asked: Told(told[asked.query.get("token", "")])
    got = read(publisher, Wanted("s2", query="kubernetes"), most=2_000)
    assert counts(got) == [1_000, 1_000]
    assert [one.query.get("token", "") for one in publisher.asked] == list(told)
    assert {one.page.total for one in got} == {2_674}


def test_a_day_of_daily_papers_as_recorded_is_one_page(publisher: Publisher, shared: Path) -> None:
    publisher.told = [Told((shared / "recorded" / "hf-daily-papers" / "2026-06-12.json").read_bytes())]
    (got,) = read(publisher, Wanted("hf-daily", since=Date(2026, 6, 12), until=Date(2026, 6, 12)))
    assert (got.page.count, got.page.whole) == (30, True)


@pytest.mark.parametrize(("name", "count"), [("id_0000.0000", 0), ("id_1707.08567", 1)])
def test_small_feeds_of_arxiv_as_recorded_are_whole(name: str, count: int, publisher: Publisher, shared: Path) -> None:
    (file,) = (shared / "recorded" / "arxiv_atom").glob(f"{name}_s0*.json")
    publisher.told = [Told(json.loads(file.read_text())["body"].encode(), kind="application/atom+xml")]
    (got,) = read(publisher, BEES)
    assert (got.page.count, got.page.next, got.page.whole) == (count, None, True)


def test_the_error_feed_of_arxiv_as_recorded_is_told_with_either_status(publisher: Publisher, shared: Path) -> None:
    (file,) = (shared / "recorded" / "arxiv_atom").glob("id_abc_*.json")
    body = json.loads(file.read_text())["body"].encode()
    for status in (400, 200):
        publisher.told = [Told(body, status=status, kind="application/atom+xml")]
        with pytest.raises(FetchError, match=r"arXiv refused.*: incorrect id format for abc"):
            read(publisher, BEES)


# ---- as they are asked


def test_arxiv_is_asked_for_the_newest_of_a_category_in_some_days(publisher: Publisher) -> None:
    publisher.told = [feed([], total=0)]
    read(publisher, Wanted("arxiv", "all:bees", "cs.LG", Date(2026, 6, 5), Date(2026, 6, 12)), most=50)
    assert publisher.asked[0].query == {
        "search_query": "(all:bees) AND cat:cs.LG AND submittedDate:[202606050000 TO 202606122359]",
        "sortBy": "submittedDate",
        "sortOrder": "descending",
        "start": "0",
        "max_results": "50",
    }


def test_a_whole_archive_is_asked_for_by_its_categories() -> None:
    asked = named("arxiv").asked
    assert asked(Wanted("arxiv", category="cs"), "0", 9)["search_query"] == "cat:cs.*"
    assert asked(Wanted("arxiv", category="hep-th"), "0", 9)["search_query"] == "cat:hep-th"


def test_the_place_of_a_paper_has_neither_days_nor_pages() -> None:
    since, until = Date(2026, 6, 5), Date(2026, 6, 12)
    of_arxiv = named("arxiv").about(Wanted("arxiv", "ti:bees", "cs.LG", since, until), "400")
    said = address(named("arxiv"), of_arxiv)
    assert said == "https://export.arxiv.org/api/query?search_query=(ti:bees)+AND+cat:cs.LG"
    of_days = named("hf-daily").about(Wanted("hf-daily", since=since, until=until), "2026-06-07/1")
    assert address(named("hf-daily"), of_days) == "https://huggingface.co/api/daily_papers?date=2026-06-07"
    assert named("s2").about(Wanted("s2", "bees", "", since, until), "token") == {"query": "bees"}
    assert named("openalex").about(Wanted("openalex", "bees", "", since, until), "x=") == {"search": "bees"}


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted("arxiv"), "wants a category or a query"),
        (Wanted("arxiv", category="cs.LG&x=1"), "is no arXiv category"),
        (Wanted("hf-daily"), "want a first day"),
        (Wanted("hf-daily", query="bees", since=Date(2026, 6, 1), until=Date(2026, 6, 1)), "by day only"),
        (Wanted("arxiv-oai", category="cs.LG"), "wants a category and a first day"),
        (Wanted("arxiv-oai", query="bees"), "by category and day"),
        (Wanted("s2"), "wants a query"),
        (Wanted("s2", query="bees", category="cs.LG"), "knows no arXiv categories"),
        (Wanted("openalex", query="  "), "wants a query"),
        (Wanted("openalex", query="bees", category="cs.LG"), "knows no arXiv categories"),
    ],
)
def test_what_a_service_cannot_be_asked_is_said_before_it_is(wanted: Wanted, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        named(wanted.source).check(wanted)


def test_days_and_queries_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="no day is both"):
        Wanted("arxiv", since=Date(2026, 6, 2), until=Date(2026, 6, 1))
    with pytest.raises(UsageError, match="may have 1,000 characters"):
        Wanted("arxiv", query="b" * 1_001)
    with pytest.raises(UsageError, match="no papers can be fetched from “scholar”"):
        named("scholar")


# ---- to the end


def test_arxiv_is_read_to_the_end_also_where_pages_are_short(publisher: Publisher) -> None:
    all_of = ids(450)
    publisher.tell = arxiv_of(all_of)
    assert counts(read(publisher, BEES)) == [200, 200, 50]
    publisher.asked.clear()
    publisher.tell = lambda asked: feed(
        all_of[int(asked.query["start"]) :][:90], total=450, start=int(asked.query["start"])
    )
    assert sum(counts(read(publisher, BEES))) == 450
    assert [one.query["start"] for one in publisher.asked] == ["0", "90", "180", "270", "360"]


def test_days_are_asked_for_one_by_one_and_a_full_page_is_not_the_last_of_its_day(publisher: Publisher) -> None:
    def tell(asked: Asked) -> Told:
        if asked.query["date"] != "2026-06-12":
            return as_json([])
        return as_json(daily(*ids(100))) if "p" not in asked.query else as_json(daily("2606.00101"))

    publisher.tell = tell
    got = read(publisher, DAYS)
    assert counts(got) == [100, 1, 0, 0]
    assert [(one.query["date"][-2:], one.query.get("p")) for one in publisher.asked] == [
        ("12", None), ("12", "1"), ("13", None), ("14", None),
    ]  # fmt: skip


def test_cursors_of_openalex_are_followed(publisher: Publisher) -> None:
    told = {"*": works("a", "b", cursor="x="), "x=": works("c", cursor="y="), "y=": works()}
    publisher.tell = lambda asked: as_json(told[asked.query["cursor"]])
    assert counts(read(publisher, Wanted("openalex", query="bees"))) == [2, 1, 0]
    assert {one.query["per_page"] for one in publisher.asked} == {"100"}


def test_tokens_of_oai_are_followed_without_the_question(publisher: Publisher) -> None:
    publisher.told = [harvest(ids(3), token="x|1", total=5), harvest(["2606.00004", "2606.00005"], total=5)]
    got = read(publisher, Wanted("arxiv-oai", category="cs.LG", since=Date(2026, 6, 5)))
    assert (counts(got), {one.page.total for one in got}) == ([3, 2], {5})
    assert [one.query for one in publisher.asked] == [
        {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "set": "cs:cs:LG", "from": "2026-06-05"},
        {"verb": "ListRecords", "resumptionToken": "x|1"},
    ]


@pytest.mark.parametrize(
    ("category", "name"),
    [
        ("cs.LG", "cs:cs:LG"),
        ("cs", "cs"),
        ("hep-th", "physics:hep-th"),
        ("astro-ph.CO", "physics:astro-ph:CO"),
        ("physics", "physics"),
        ("physics.optics", "physics:physics:optics"),
    ],
)
def test_a_category_is_a_set_of_oai(category: str, name: str) -> None:
    asked = named("arxiv-oai").asked(Wanted("arxiv-oai", category=category, since=Date(2026, 6, 5)), "", 9)
    assert asked["set"] == name


def test_no_records_is_no_error_of_oai_and_others_are(publisher: Publisher) -> None:
    wanted = Wanted("arxiv-oai", category="cs.LG", since=Date(2026, 6, 13))
    publisher.told = [oai('<error code="noRecordsMatch">none</error>')]
    assert counts(read(publisher, wanted)) == [0]
    publisher.told = [oai('<error code="badResumptionToken">too old</error>')]
    with pytest.raises(FetchRefused, match="arXiv refused: too old"):
        read(publisher, wanted, cursor="x")


def test_a_recorded_list_of_oai_is_read(publisher: Publisher, shared: Path) -> None:
    file = shared / "recorded" / "arxiv_oai_hepcrawl" / "sample_arxiv_record.xml"
    publisher.told = [Told(file.read_bytes(), kind="text/xml")]
    (got,) = read(publisher, Wanted("arxiv-oai", category="hep-th", since=Date(2017, 1, 1)))
    assert (got.page.count, got.page.next) == (file.read_text().count("<record>"), None)


def test_a_token_behind_no_papers_is_not_followed(publisher: Publisher) -> None:
    publisher.told = [as_json(found("2606.00001", token="t")), as_json(found(token="u"))]
    assert counts(read(publisher, Wanted("s2", query="bees"))) == [1, 0]


# ---- services that lose count


def test_an_empty_page_that_should_have_papers_is_asked_for_again(publisher: Publisher) -> None:
    publisher.told = [feed(ids(200), total=201), feed([], total=201, start=200), feed(["2606.00201"], total=201)]
    assert counts(read(publisher, BEES)) == [200, 1]


def test_pages_that_stay_empty_are_a_failure(publisher: Publisher) -> None:
    publisher.told = [feed(ids(200), total=500), feed([], total=500, start=200)]
    with pytest.raises(FetchError, match="arXiv sends an empty page instead of 300 records"):
        read(publisher, BEES)
    assert len(publisher.asked) == 5


def test_a_record_in_a_hundred_may_be_missing_in_the_end(publisher: Publisher) -> None:
    publisher.told = [feed(ids(200), total=202), feed([], total=202, start=200)]
    assert counts(read(publisher, BEES)) == [200, 0]


def test_papers_that_move_from_page_to_page_are_no_mistake(publisher: Publisher) -> None:
    publisher.told = [feed(ids(200), total=201), feed([*ids(200)[-1:], "2605.00001"], total=202, start=200)]
    assert counts(read(publisher, BEES)) == [200, 2]


def test_a_token_that_comes_back_is_noticed(publisher: Publisher) -> None:
    publisher.tell = lambda asked: as_json(found(*ids(9)[len(publisher.asked) :], token="t"))
    with pytest.raises(FetchError, match="sends the same page again and again"):
        read(publisher, Wanted("s2", query="bees"))
    assert len(publisher.asked) == 2


def test_paging_without_end_ends_at_the_limit(publisher: Publisher) -> None:
    publisher.tell = lambda asked: as_json(found(*ids(9), token=f"t{len(publisher.asked)}"))
    assert counts(read(publisher, Wanted("s2", query="bees"), most=100)) == [9] * 12


def test_the_same_page_for_every_number_is_noticed(publisher: Publisher) -> None:
    publisher.told = [as_json(daily(*ids(100)))]
    with pytest.raises(FetchError, match="sends the same page again and again"):
        read(publisher, DAYS)


@pytest.mark.parametrize("source", [one.name for one in SERVICES])
@pytest.mark.parametrize(
    "told",
    [
        Told(b"<html><body>Log in</body></html>", kind="text/html; charset=utf-8"),
        Told(b"", kind="text/html"),
        Told(b'{"detail": "moved"}', kind="text/html"),
        Told(b"[" * 100_000, kind="text/html"),
        Told(b'<!DOCTYPE f [<!ENTITY a "aaaa">]><feed><entry>&a;</entry></feed>', kind="text/html"),
        Told(b'{"data": 3, "results": {}, "meta": []}', kind="text/html"),
    ],
)
def test_what_is_no_page_of_papers_is_told(source: str, told: Told, publisher: Publisher) -> None:
    publisher.told = [told]
    daily_or_oai = {"hf-daily": DAYS, "arxiv-oai": Wanted("arxiv-oai", category="cs.LG", since=DAYS.since)}
    wanted = daily_or_oai.get(source, Wanted(source, query="bees"))
    with pytest.raises(FetchError, match="sent no page of papers but text/html"):
        read(publisher, wanted)


_CURSORS = {"arxiv": "0", "arxiv-oai": "", "hf-daily": "2026-06-12/0", "s2": "", "openalex": "*"}
_PAGES = [
    feed(ids(2), total=3).body,
    harvest(ids(2), token="t", total=3).body,
    as_json(daily(*ids(2))).body,
    as_json(found(*ids(2), token="t")).body,
    as_json(works("a", "b", cursor="x")).body,
]


@pytest.mark.parametrize("source", _CURSORS)
@given(
    page=st.sampled_from(_PAGES),
    at=st.integers(0, 600),
    put=st.sampled_from([b"", b"\0", b"\xff", b"<", b"[", b"{", b'"', b"9" * 5_000, b"null", b"]]>", b"-1"]),
    take=st.integers(0, 600),
)
def test_whatever_a_service_sends_is_a_page_or_none(source: str, page: bytes, at: int, put: bytes, take: int) -> None:
    body = page[:at] + put + page[at + take :]
    try:
        read = named(source).read(body, DAYS, _CURSORS[source])
    except (ValueError, FetchError):
        return
    assert read.count >= 0
    assert read.next is None or isinstance(read.next, str)


def test_a_day_that_has_not_changed_is_passed_over(publisher: Publisher) -> None:
    def tell(asked: Asked) -> Told:
        return Told(status=304) if "If-None-Match" in asked.headers else as_json(daily("2606.00001"))

    publisher.tell = tell
    got = read(publisher, DAYS, seen=lambda where: Seen('"x"' if "2026-06-13" in where else ""))
    assert [one.body is None for one in got] == [False, True, False]
    assert got[1].page.count == 0
