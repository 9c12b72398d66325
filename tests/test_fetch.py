"""Fetches into a library: every page is kept as it comes, what was cut goes on, and nothing new has a reason."""

import json
from datetime import date as Date
from pathlib import Path
from typing import Any

import pytest
from vcr.serializers.yamlserializer import deserialize

from assistant import Assistant
from assistant import fetch as module
from assistant.app import build
from assistant.errors import LibraryBusy, UsageError
from assistant.fetches import Fetched, FetchReport
from assistant.services import Wanted
from tests.services.publisher import Asked, Publisher, Told, arxiv_of, as_json, daily, feed, found, harvest, ids, works

FRIDAY, SATURDAY, SUNDAY = Date(2026, 6, 12), Date(2026, 6, 13), Date(2026, 6, 14)
BEES = Wanted("arxiv", category="cs.LG")


def on(day: Date) -> Wanted:
    return Wanted("hf-daily", since=day, until=day)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.services.arxiv.SIZE", 20)


@pytest.fixture
def notes() -> list[str]:
    return []


@pytest.fixture
def mine(notes: list[str], publisher: Publisher) -> Assistant:
    return Assistant.open(notice=notes.append)


def only(report: FetchReport) -> Fetched:
    (one,) = report.fetches
    return one


def counts(report: FetchReport) -> tuple[int, int, int]:
    one = only(report)
    return one.count("records"), one.count("new"), one.count("known")


# ---- into the library


def test_a_recorded_day_becomes_papers_that_can_be_searched(
    mine: Assistant, publisher: Publisher, shared: Path
) -> None:
    publisher.told = [Told((shared / "recorded" / "hf-daily-papers" / "2026-06-12.json").read_bytes())]
    report = mine.fetch(on(FRIDAY))
    assert counts(report) == (30, 30, 0)
    assert (report.papers, report.indexed, mine.library_name) == (30, 30, "default")
    assert mine.show("2606.00467").sources[0].file == f"{publisher.url}/hf-daily?date=2026-06-12"
    assert mine.show("2606.00467").source == "hf-api"
    assert mine.search("adaptability of language models", k=1)[0].source == "hf-api"
    again = mine.fetch(on(FRIDAY))
    assert (counts(again), only(again).why) == ((30, 0, 30), "all 30 known")


def test_recorded_pages_of_arxiv_become_papers(mine: Assistant, publisher: Publisher, shared: Path) -> None:
    (file,) = (shared / "recorded" / "arxiv_atom").glob("q_testing_s0_m100_*.json")
    publisher.told = [Told(json.loads(file.read_text())["body"].encode(), kind="application/atom+xml")]
    report = mine.fetch(Wanted("arxiv", query="testing"), most=100)
    assert counts(report) == (100, 100, 0)
    assert only(report).capped
    assert only(report).total == 214_881


def test_each_service_is_read_by_its_own_reader_and_one_paper_of_all_is_one(
    mine: Assistant, publisher: Publisher
) -> None:
    told = {
        "/arxiv": feed(["2606.00001"], total=1),
        "/arxiv-oai": harvest(["2606.00001"]),
        "/hf-daily": as_json(daily("2606.00001")),
        "/s2": as_json(found("2606.00001")),
        "/openalex": as_json(works("2606.00002")),
    }
    publisher.tell = lambda asked: told[asked.path]
    reports = [
        mine.fetch(BEES),
        mine.fetch(Wanted("arxiv-oai", category="cs.LG", since=FRIDAY)),
        mine.fetch(on(FRIDAY)),
        mine.fetch(Wanted("s2", query="bees")),
        mine.fetch(Wanted("openalex", query="bees")),
    ]
    assert [report.papers for report in reports] == [1, 1, 1, 1, 2]
    assert [one.source for one in mine.show("2606.00001").sources] == ["arxiv-atom", "arxiv-oai", "hf-api", "s2"]
    assert mine.show("2606.00001").paper.version == 2
    assert mine.show("On the bees of 2606.00002").paper.abstract == "We count bees of2606.00002 in June"


@pytest.mark.parametrize(("source", "nothing"), [("s2", found()), ("openalex", works())])
def test_a_search_that_finds_nothing_says_so(
    source: str, nothing: dict[str, Any], mine: Assistant, publisher: Publisher
) -> None:
    publisher.told = [as_json(nothing)]
    assert only(mine.fetch(Wanted(source, query="bees"))).why == "nothing found"


def test_recorded_pages_of_semantic_scholar_are_read_and_their_want_of_abstracts_is_told(
    mine: Assistant, publisher: Publisher, shared: Path
) -> None:
    cassette = shared / "recorded" / "semantic_scholar" / "test_search_paper_bulk_retrieval.yaml"
    (recorded, *_) = deserialize(cassette.read_text())["interactions"]
    publisher.told = [Told(recorded["response"]["content"].encode())]
    one = only(mine.fetch(Wanted("s2", query="kubernetes"), most=1_000))
    assert (one.count("records"), len(one.pages[0].problems), one.failure) == (0, 1_000, "")
    assert one.why == "no record could be read"


def test_bad_records_are_kept_to_be_mended_with_the_address_they_came_from(
    mine: Assistant, publisher: Publisher
) -> None:
    bad = daily("2606.00001", "2606.00002", "2606.00003")
    bad[1]["paper"]["summary"] = ""
    publisher.told = [as_json(bad)]
    report = mine.fetch(on(FRIDAY))
    assert (counts(report), report.rejected) == ((2, 2, 0), 1)
    (kept,) = map(json.loads, Path(report.rejects).read_text().splitlines())
    assert Path(report.rejects).parent == mine.folder
    assert (kept["file"], kept["reason"]) == (f"{publisher.url}/hf-daily?date=2026-06-12", "record 2: no abstract")
    mended = mine.folder / "mended.jsonl"
    mended.write_text(json.dumps(kept | {"raw": kept["raw"].replace('"abstract": ""', '"abstract": "Bees."')}))
    assert mine.ingest([str(mended)]).total("new") == 1
    publisher.told = [as_json(daily("2606.00004"))]
    assert mine.fetch(on(SATURDAY)).rejects == ""
    assert Path(report.rejects).exists()


def test_a_paper_on_two_pages_is_one(mine: Assistant, publisher: Publisher) -> None:
    publisher.told = [feed(ids(20), total=21), feed([*ids(20)[-1:], "2605.00001"], total=22, start=20)]
    report = mine.fetch(BEES)
    assert counts(report) == (22, 21, 1)
    assert report.papers == 21


def test_no_more_is_kept_than_was_asked_for(mine: Assistant, publisher: Publisher) -> None:
    publisher.told = [as_json(daily(*ids(30)))]
    report = mine.fetch(on(FRIDAY), most=7)
    assert (report.papers, only(report).capped) == (7, True)
    assert mine.fetch(on(FRIDAY), most=30).papers == 30


def test_a_fetch_that_gives_nothing_makes_no_library(mine: Assistant, publisher: Publisher) -> None:
    publisher.told = [as_json([])]
    report = mine.fetch(on(FRIDAY))
    assert (report.papers, mine.library_name, mine.folder.exists()) == (None, "sample", False)
    assert not (Path(mine.settings.home) / "libraries").exists()


def test_the_sample_is_not_added_to(publisher: Publisher) -> None:
    with pytest.raises(UsageError, match="sample library cannot be added to"):
        build({"library": "sample"}, {}).fetch(on(FRIDAY))
    assert publisher.asked == []


def test_others_may_write_between_two_pages(mine: Assistant, publisher: Publisher) -> None:
    tell = arxiv_of(ids(30))
    met: list[int] = []

    def telling(asked: Asked) -> Told:
        if asked.query["start"] != "0":
            with Assistant.open("default", wait=0) as other:
                try:
                    met.append(other.ingest(shelf).papers)
                except LibraryBusy:
                    met.append(-1)
        return tell(asked)

    shelf = Path(mine.settings.home).parent / "shelf.jsonl"
    shelf.write_text('{"title": "Hives", "abstract": "We weigh hives."}\n')
    publisher.tell = telling
    assert mine.fetch(BEES).papers == 31
    assert met == [21]


# ---- why nothing is new


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (on(SATURDAY), "weekend, feed empty"),
        (Wanted("hf-daily", since=SATURDAY, until=SUNDAY), "weekend, feed empty"),
        (Wanted("hf-daily", since=FRIDAY, until=SUNDAY), "feed empty"),
        (Wanted("hf-daily", since=FRIDAY, until=SATURDAY), "feed empty"),
    ],
)
def test_an_empty_feed_says_whether_it_is_for_the_weekend(
    wanted: Wanted, why: str, mine: Assistant, publisher: Publisher
) -> None:
    publisher.told = [as_json([])]
    assert only(mine.fetch(wanted)).why == why


def test_what_is_known_on_a_weekend_is_not_waited_for_on_it(mine: Assistant, publisher: Publisher) -> None:
    publisher.tell = lambda asked: as_json(daily("2606.00001") if asked.query["date"] == "2026-06-12" else [])
    assert counts(mine.fetch(on(FRIDAY))) == (1, 1, 0)
    assert only(mine.fetch(Wanted("hf-daily", since=FRIDAY, until=SATURDAY))).why == "all 1 known, weekend"
    assert only(mine.fetch(on(FRIDAY))).why == "all 1 known"


def test_records_that_a_service_does_not_give_are_counted(
    mine: Assistant, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.services.arxiv.MOST", 40)
    publisher.tell = arxiv_of(ids(50))
    one = only(mine.fetch(BEES))
    assert (one.count("new"), one.missing, one.capped, one.failure) == (40, 10, False, "")


def test_a_query_without_papers_says_so(mine: Assistant, publisher: Publisher) -> None:
    publisher.told = [feed([], total=0)]
    assert only(mine.fetch(Wanted("arxiv", query="bees"))).why == "nothing found"
    weekend = Wanted("arxiv", category="cs.LG", since=SATURDAY, until=SUNDAY)
    assert only(mine.fetch(weekend)).why == "weekend, feed empty"


def test_what_has_not_changed_is_not_read_again_unless_it_is_to_be(mine: Assistant, publisher: Publisher) -> None:
    def tell(asked: Asked) -> Told:
        if asked.headers.get("If-None-Match") == '"v1"':
            return Told(status=304)
        return as_json(daily("2606.00001"), headers={"ETag": '"v1"'})

    publisher.tell = tell
    assert counts(mine.fetch(on(FRIDAY))) == (1, 1, 0)
    again = only(mine.fetch(on(FRIDAY)))
    assert (again.why, again.unchanged) == ("not modified", 1)
    assert only(mine.fetch(on(FRIDAY), again=True)).why == "all 1 known"


def test_what_the_limit_cut_off_is_not_taken_as_read(mine: Assistant, publisher: Publisher) -> None:
    publisher.told = [as_json(daily(*ids(3)), headers={"ETag": '"v1"'})]
    mine.fetch(on(FRIDAY), most=2)
    mine.fetch(on(FRIDAY))
    assert "If-None-Match" not in publisher.asked[-1].headers


# ---- cut, and gone on with


def cut_at(start: int, names: list[str]) -> Any:
    """An arXiv that breaks off its reply from this record on."""
    tell = arxiv_of(names)

    def telling(asked: Asked) -> Told:
        told = tell(asked)
        if int(asked.query["start"]) >= start:
            return Told(told.body[:500], kind=told.kind, cut=True)
        return told

    return telling


def test_a_fetch_that_was_cut_says_how_far_it_came_and_goes_on_there(
    mine: Assistant, publisher: Publisher, notes: list[str]
) -> None:
    names = ids(45)
    publisher.tell = cut_at(20, names)
    report = mine.fetch(BEES)
    assert only(report).failure == "arXiv broke off its reply"
    assert only(report).hint == "20 records were read and are kept; the same command goes on after them."
    assert (report.papers, report.indexed) == (20, 20)
    publisher.asked.clear()
    publisher.tell = arxiv_of(names)
    rest = mine.fetch(BEES)
    assert [one.query["start"] for one in publisher.asked] == ["20", "40"]
    assert (only(rest).resumed, counts(rest), rest.papers) == (20, (25, 25, 0), 45)
    assert "arxiv cs.LG: going on after the 20 records that were read before" in notes
    publisher.asked.clear()
    assert only(mine.fetch(BEES)).resumed == 0
    assert publisher.asked[0].query["start"] == "0"


def test_another_query_does_not_go_on_there(mine: Assistant, publisher: Publisher) -> None:
    publisher.tell = cut_at(20, ids(45))
    mine.fetch(BEES)
    publisher.asked.clear()
    publisher.tell = arxiv_of(ids(3, "2605"))
    assert only(mine.fetch(Wanted("arxiv", category="cs.CL"))).resumed == 0
    assert only(mine.fetch(BEES, again=True)).resumed == 0
    assert {one.query["start"] for one in publisher.asked} == {"0"}


def test_a_user_who_breaks_it_off_can_go_on_too(
    mine: Assistant, publisher: Publisher, notes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher.tell = arxiv_of(ids(45))
    file, calls = module.Fetcher._filed, []

    def broken_off(*args: Any, **more: Any) -> Any:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return file(*args, **more)

    monkeypatch.setattr(module.Fetcher, "_filed", broken_off)
    with pytest.raises(KeyboardInterrupt):
        mine.fetch(BEES)
    assert "arxiv cs.LG: 20 records were read and are kept; the same command goes on after them." in notes
    monkeypatch.setattr(module.Fetcher, "_filed", file)
    assert mine.fetch(BEES).papers == 45


def test_a_place_that_the_service_has_forgotten_is_left(
    mine: Assistant, publisher: Publisher, notes: list[str]
) -> None:
    names = ids(45)
    publisher.tell = cut_at(20, names)
    mine.fetch(BEES)
    tell = arxiv_of(names)
    publisher.tell = lambda asked: Told(status=400) if asked.query["start"] == "20" else tell(asked)
    report = mine.fetch(BEES, most=20)  # which has been read: it begins anew
    assert only(report).resumed == 0
    publisher.tell = cut_at(20, names)
    mine.fetch(BEES)
    asked: list[str] = []

    def forgetful(one: Asked) -> Told:
        asked.append(one.query["start"])
        return Told(status=400) if asked == ["20"] else tell(one)

    publisher.tell = forgetful
    assert only(mine.fetch(BEES)).failure == ""
    assert asked == ["20", "0", "20", "40"]
    assert any("has forgotten where we were" in note for note in notes)


def test_a_page_that_no_reader_takes_is_a_failure(mine: Assistant, publisher: Publisher) -> None:
    publisher.told = [as_json([{"title": "no paper"}])]
    assert only(mine.fetch(on(FRIDAY))).failure.startswith("Hugging Face sent what cannot be read: not a format")


def test_bad_records_are_told_and_stop_no_others(mine: Assistant, publisher: Publisher) -> None:
    publisher.told = [as_json([{"paper": {"id": "2606.00009", "title": "Untold"}}, *daily("2606.00001")])]
    one = only(mine.fetch(on(FRIDAY)))
    assert (one.count("new"), [wrong.reason for wrong in one.pages[0].problems]) == (1, ["record 1: no abstract"])
    publisher.told = [as_json([{"paper": {"id": "2606.00009", "title": "Untold"}}])]
    assert only(mine.fetch(on(SATURDAY))).why == "no record could be read"


def test_a_broken_journal_is_begun_anew(mine: Assistant, publisher: Publisher) -> None:
    publisher.tell = cut_at(20, ids(45))
    mine.fetch(BEES)
    file = mine.folder / "fetched.json"
    assert json.loads(file.read_text())["cut"]["arxiv cs.LG"]["read"] == 20
    for damaged in ("{", "[]", '{"cut": 3}', '{"cut": {"arxiv cs.LG": {"cursor": []}}}', '{"cut": {"arxiv cs.LG": 1}}'):
        file.write_text(damaged)
        publisher.tell = cut_at(0, ids(45))
        assert only(mine.fetch(BEES)).resumed == 0


# ---- plans


def test_a_plan_sends_nothing_and_names_no_key(publisher: Publisher) -> None:
    with Assistant.open(openalex_key="sk-0123456789", contact="ada@example.org") as mine:
        plan = mine.plan_fetch(Wanted("openalex", query="bees"))
        assert plan.address.startswith(f"{publisher.url}/openalex?search=bees&filter=has_abstract:true")
        assert "sk-0123456789" not in str(plan)
        assert plan.agent.endswith("(mailto:ada@example.org)")
        assert not mine.folder.joinpath("libraries").exists()
    assert publisher.asked == []


def test_a_plan_knows_what_was_read_before(mine: Assistant, publisher: Publisher) -> None:
    publisher.tell = cut_at(20, ids(45))
    mine.fetch(BEES)
    plan = mine.plan_fetch(BEES)
    assert plan.resumed == 20
    assert "start=20" in plan.address


@pytest.mark.parametrize(
    ("wanted", "cursors"),
    [
        (BEES, ["http://evil.example/", "-20", "0", "20; drop", "999999", ""]),
        (Wanted("arxiv-oai", category="cs.LG", since=FRIDAY), ["http://evil.example/", "a b", "\n", "x" * 9_999]),
        (Wanted("hf-daily", since=FRIDAY, until=SUNDAY), ["http://evil.example/", "2026-06-11/0", "2026-06-12/x"]),
        (Wanted("hf-daily", since=FRIDAY), ["2999-01-01/0", "2026-06-31/0", "2026-06-12"]),
        (Wanted("s2", query="bees"), ["http://evil.example/", "\ud800"]),
        (Wanted("openalex", query="bees"), ["http://evil.example/", "a&b=c"]),
    ],
)
def test_a_place_that_the_service_never_named_is_left(
    wanted: Wanted, cursors: list[str], mine: Assistant, publisher: Publisher, notes: list[str]
) -> None:
    folder = mine.settings.home / "libraries" / "default"
    folder.mkdir(parents=True)
    fresh = mine.plan_fetch(wanted)
    for cursor, read in [*((cursor, 20) for cursor in cursors), ("20", -5)]:
        place = {"cursor": cursor, "read": read, "begun": "2026-06-12"}
        (folder / "fetched.json").write_text(json.dumps({"cut": {str(wanted): place}}))
        notes.clear()
        assert mine.plan_fetch(wanted) == fresh
        assert [note.endswith("so it begins anew") for note in notes] == [True]


def test_days_are_asked_for_with_all_their_digits_and_none_that_is_to_come(mine: Assistant) -> None:
    early = mine.plan_fetch(Wanted("arxiv", category="cs.LG", since=Date(200, 1, 2), until=Date(999, 3, 4)))
    assert "submittedDate:%5B020001020000+TO+099903042359" in early.address
    with pytest.raises(UsageError, match="2999-01-01 is still to come"):
        mine.fetch(Wanted("arxiv", category="cs.LG", since=Date(2999, 1, 1)))
