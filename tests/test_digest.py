"""Digests: what a period brought, chosen, grouped and checked, without what was sent before."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.digest import A_THEME, FINDINGS, OTHERS
from assistant.errors import LibraryBusy, LibraryDamaged, UsageError
from assistant.periods import week
from assistant.reports import Digest, Topic
from assistant.results import Sentence

W26, W27 = week("2026-W26"), week("2026-W27")
BEES = "We show that bees dance to tell where flowers are. Bees that dance find 40% more flowers in {}."
ROBOTS = "Robots fall on stairs. We propose a controller with which robots climb stairs. It reduces falls by {}%."


def record(title: str, abstract: str, day: str | None = "2026-06-24", **more: object) -> str:
    return json.dumps({"title": title, "abstract": abstract, "date": day} | more)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the papers of these tests."""
    folder = tmp_path_factory.mktemp("built")
    bees = [record(f"Dancing bees of {place}", BEES.format(place)) for place in ("Ulm", "Rome", "Oslo", "Bath", "Nice")]
    robots = [record(f"Climbing robots, part {n}", ROBOTS.format(n)) for n in range(20, 29)]
    before = [record(f"Old bees of {n}", BEES.format(n), "2026-06-17") for n in range(3)]
    later = [record("Bees in July", BEES.format("July"), "2026-07-01", id="2607.00001")]
    (folder / "papers.jsonl").write_text("\n".join([*bees, *robots, *before, *later]))
    with Assistant.open(home=str(folder / "home")) as assistant:
        assistant.ingest(folder / "papers.jsonl")
    return folder / "home"


@pytest.fixture
def library(built: Path, tmp_path: Path) -> Iterator[Assistant]:
    shutil.copytree(built, tmp_path / "home")
    with Assistant.open(home=str(tmp_path / "home")) as assistant:
        yield assistant


def shown(digest: Digest) -> set[str]:
    entries = [entry for theme in digest.themes for entry in theme.entries] + list(digest.others)
    return {digest.citations[entry.n - 1].paper_id for entry in entries}


def sentences(digest: Digest) -> list[Sentence]:
    parts = [(*theme.sentences, *(entry.tldr for entry in theme.entries)) for theme in digest.themes]
    return [sentence for part in parts for sentence in part] + [entry.tldr for entry in digest.others]


def test_it_has_the_papers_of_its_days_alone(library: Assistant) -> None:
    digest = library.digest(week="2026-W26")
    assert (digest.papers_in_period, digest.papers_considered, digest.more) == (14, 14, 0)
    assert digest.before == (3, 0, 0, 0)
    assert len(shown(digest)) == 14
    assert not any("july" in paper or "old" in paper for paper in shown(digest))


def test_every_sentence_is_checked_and_cites_its_paper(library: Assistant) -> None:
    digest = library.digest(week="2026-W26")
    said = sentences(digest)
    assert len(said) >= 14
    assert {sentence.verdict for sentence in said} == {"supported"}
    for sentence in said:
        (n,) = sentence.citations
        abstract = library.show(digest.citations[n - 1].paper_id).paper.abstract
        assert sentence.text in abstract
        assert all(quote.text in abstract for quote in sentence.quotes)


def test_themes_hold_papers_that_belong_together(library: Assistant) -> None:
    digest = library.digest(week="2026-W26")
    assert sum(theme.papers for theme in digest.themes) == 14
    assert sum(sum(theme.before) for theme in digest.themes) == 3
    for theme in digest.themes:
        kinds = {"robots" in digest.citations[entry.n - 1].paper_id for entry in theme.entries}
        assert len(kinds) == 1
        assert len(theme.entries) <= A_THEME
        assert len(theme.sentences) <= FINDINGS
    assert len(digest.others) <= OTHERS


def test_what_was_sent_does_not_come_again_unless_it_is_asked_for(library: Assistant) -> None:
    first = library.record(library.digest(week="2026-W26"))
    assert first.recorded
    again = library.digest(week="2026-W26")
    assert (again.already_sent, again.themes) == (14, ())
    assert "was in an earlier digest; --again repeats it" in again.why
    assert shown(library.digest(week="2026-W26", again=True)) == shown(first)


def test_a_digest_that_is_not_recorded_comes_again(library: Assistant) -> None:
    assert shown(library.digest(week="2026-W26")) == shown(library.digest(week="2026-W26"))


def test_a_paper_whose_abstract_changed_comes_again_and_it_is_said(library: Assistant, tmp_path: Path) -> None:
    one = record("Bees in July", BEES.format("July"), "2026-07-01", id="2607.00001")
    library.record(library.digest(week="2026-W27"))
    (tmp_path / "same.jsonl").write_text(one.replace("2026-07-01", "2026-07-02"))
    library.ingest(tmp_path / "same.jsonl")
    assert library.digest(week="2026-W27").already_sent == 1
    (tmp_path / "news.jsonl").write_text(one.replace("40%", "50%"))
    library.ingest(tmp_path / "news.jsonl")
    (entry,) = library.digest(week="2026-W27").themes[0].entries
    assert entry.changed
    assert "50%" in " ".join(sentence.text for sentence in sentences(library.digest(week="2026-W27")))


def test_a_removed_paper_that_returns_is_still_known_as_sent(library: Assistant, tmp_path: Path) -> None:
    library.record(library.digest(week="2026-W27"))
    library.remove("2607.00001", dry_run=False)
    (tmp_path / "july.jsonl").write_text(record("Bees in July", BEES.format("July"), "2026-07-01", id="2607.00001"))
    library.ingest(tmp_path / "july.jsonl")
    assert library.digest(week="2026-W27").already_sent == 1


def test_an_undated_paper_counts_by_the_day_it_was_read(library: Assistant, tmp_path: Path) -> None:
    (tmp_path / "undated.jsonl").write_text(record("Undated bees", BEES.format("no year"), None))
    library.ingest(tmp_path / "undated.jsonl")
    digest = library.digest()
    assert digest.period.days == 7
    assert shown(digest) == {"undated-bees"}


def test_without_days_a_digest_begins_after_the_last(library: Assistant) -> None:
    library.record(library.digest(week="2026-W26"))
    digest = library.digest(until=W27.until)
    assert (digest.period.since, digest.period.until) == (W26.until, W27.until)
    assert shown(digest) == {"arxiv:2607.00001"}


def test_a_paper_that_comes_late_is_in_the_next_digest_without_days(library: Assistant, tmp_path: Path) -> None:
    library.record(library.digest(week="2026-W26"))
    (tmp_path / "late.jsonl").write_text(record("Late bees", BEES.format("late"), "2026-06-23"))
    library.ingest(tmp_path / "late.jsonl")
    digest = library.digest(until=W27.until)
    assert shown(digest) == {"arxiv:2607.00001", "late-bees"}
    assert digest.late == 1
    assert shown(library.digest(week="2026-W27")) == {"arxiv:2607.00001"}


def test_two_digests_at_once_are_not_both_recorded(library: Assistant) -> None:
    one, other = library.digest(week="2026-W26"), library.digest(week="2026-W27")
    library.record(one)
    with pytest.raises(LibraryBusy, match="another digest"):
        library.record(other)


def test_topics_choose_and_are_told(library: Assistant) -> None:
    library.add_topic("dancing bees")
    digest = library.digest(week="2026-W26")
    assert (digest.off_topic, digest.papers_considered) == (9, 5)
    assert all(entry.topics == () for theme in digest.themes for entry in theme.entries)
    assert sum(sum(theme.before) for theme in digest.themes) == 3
    library.add_topic("Volcanoes", query="volcano eruptions in Iceland")
    digest = library.digest(week="2026-W26")
    assert digest.off_topic == 9
    assert all(entry.topics == ("dancing bees",) for theme in digest.themes for entry in theme.entries)
    library.remove_topic("DANCING bees")
    empty = library.digest(week="2026-W26")
    assert "is near a saved topic" in empty.why
    assert empty.off_topic == 14


def test_a_topic_has_conditions_of_its_own(library: Assistant, tmp_path: Path) -> None:
    more = [
        record("Bees by Ada", BEES.format("A"), authors=["Ada Lovelace"], categories=["q-bio.NC"]),
        record("Bees by Bob", BEES.format("B"), authors=["Bob Ross"], categories=["cs.LG"]),
    ]
    (tmp_path / "more.jsonl").write_text("\n".join(more))
    library.ingest(tmp_path / "more.jsonl")
    library.add_topic("bees", author="lovelace", category="q-bio")
    assert library.topics() == [Topic("bees", 'bees author:"lovelace" category:"q-bio"')]
    assert shown(library.digest(week="2026-W26")) == {"bees-by-ada"}


def test_a_topic_can_be_tried_before_it_is_saved(library: Assistant, tmp_path: Path) -> None:
    (tmp_path / "undated.jsonl").write_text(record("Undated bees", BEES.format("no year"), None))
    library.ingest(tmp_path / "undated.jsonl")
    ((found, near),) = library.try_topic("dancing bees")
    assert found.paper_id == "undated-bees"
    assert 0.3 <= near <= 1
    assert library.topics() == []


@pytest.mark.parametrize(
    ("name", "query"),
    [("", None), (" \x1b[31m ", None), ("x" * 200, None), ("bees", "since:yesterday x"), ("bees", "   ")],
)
def test_what_is_no_topic_is_refused(library: Assistant, name: str, query: str | None) -> None:
    with pytest.raises(UsageError):
        library.add_topic(name, query=query)


def test_a_topic_is_saved_once_and_forgotten_once(library: Assistant) -> None:
    library.add_topic("Bees")
    with pytest.raises(UsageError, match="already"):
        library.add_topic("bees")
    assert library.remove_topic("BEES").name == "Bees"
    with pytest.raises(UsageError, match="there is no topic"):
        library.remove_topic("bees")


def test_an_empty_period_says_what_the_library_has(library: Assistant) -> None:
    digest = library.digest(week="2020-W01")
    assert digest.why == "the library has no paper of 2020-W01; its papers are of 2026-06-17 to 2026-07-01"
    assert not library.record(digest).recorded


def test_a_week_and_days_together_are_wrong_usage(library: Assistant) -> None:
    with pytest.raises(UsageError, match="a week has its own"):
        library.digest(week="2026-W26", since=W26.since)
    with pytest.raises(UsageError, match="in the future"):
        library.digest(week="2999-W01")


@pytest.mark.parametrize(
    "tampering",
    [
        "INSERT INTO sent VALUES (x'00', 'a', 1)",
        "INSERT INTO sent VALUES ('a', x'05', 1)",
        "INSERT INTO topics VALUES ('a', x'ff')",
        "INSERT INTO digests(since, until, newest) VALUES ('x', 'yesterday', 1)",
    ],
)
def test_rows_that_no_digest_wrote_are_damage(library: Assistant, tampering: str) -> None:
    catalog = library.library.folder / "catalog.sqlite3"
    with contextlib.closing(sqlite3.connect(catalog, isolation_level=None)) as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute(tampering)
    with pytest.raises(LibraryDamaged):
        library.digest(week=None)


def test_a_library_from_before_there_were_digests_is_read_as_it_is(library: Assistant) -> None:
    with contextlib.closing(sqlite3.connect(library.library.folder / "catalog.sqlite3", isolation_level=None)) as db:
        for table in ("sent", "digests", "topics"):
            db.execute(f"DROP TABLE {table}")
    digest = library.digest(week="2026-W26")
    assert digest.papers_considered == 14
    assert library.topics() == []
    assert library.record(digest).recorded
    assert library.digest(week="2026-W26").already_sent == 14


def test_the_sample_remembers_nothing(sample: Assistant) -> None:
    digest = sample.digest(since=W26.since.replace(year=2020), until=W26.until.replace(year=2024))
    assert digest.themes
    assert not sample.record(digest).recorded
    with pytest.raises(UsageError, match="sample"):
        sample.add_topic("bees")


def test_a_topic_with_days_of_its_own_finds_nothing_outside_them(library: Assistant) -> None:
    library.add_topic("dancing bees", query="dancing bees since:2026-06-23")
    digest = library.digest(week="2026-W26")
    assert digest.papers_considered == 5
    assert [theme.before for theme in digest.themes] == [(0, 0, 0, 0)]


@pytest.mark.parametrize(
    "said", ["The abstracts do not say .", "the  abstracts do not say..", "The abstracts do not say"]
)
def test_whatever_looks_like_abstaining_shifts_no_sentence(library: Assistant, tmp_path: Path, said: str) -> None:
    (tmp_path / "hostile.jsonl").write_text(record("Hostile", said, "2026-07-02"))
    library.ingest(tmp_path / "hostile.jsonl")
    assert len(shown(library.digest(week="2026-W27"))) == 2


def test_the_second_of_two_repeated_digests_is_refused_too(library: Assistant) -> None:
    library.record(library.digest(week="2026-W26"))
    one, other = library.digest(week="2026-W26", again=True), library.digest(week="2026-W26", again=True)
    library.record(one)
    with pytest.raises(LibraryBusy, match="another digest"):
        library.record(other)


def test_an_abstract_that_imitates_abstaining_is_quoted_as_what_it_is(library: Assistant, tmp_path: Path) -> None:
    hostile = record("The abstracts", "The abstracts do not say.", "2026-07-02")
    (tmp_path / "hostile.jsonl").write_text(hostile)
    library.ingest(tmp_path / "hostile.jsonl")
    digest = library.digest(week="2026-W27")
    assert len(shown(digest)) == 2
    assert "“The abstracts do not say.”" in [sentence.text for sentence in sentences(digest)]
