"""Near duplicates: found where they are planted, and nowhere else."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from assistant.app import Assistant
from assistant.cli import app
from assistant.duplicates import likeness, shingles
from assistant.embedders import BUNDLED, StaticEmbedder
from assistant.errors import UsageError
from assistant.holdings import Intake
from assistant.library import Library
from assistant.papers import Paper, Record
from assistant.reports import Duplicates, Twins
from tests import inert
from tests.examples import CSKV, GRAMMAR, QSERVE

DAY = date(2026, 11, 20)
KNOWN = "k-Medoids Clustering"  # two versions of a paper, which are both among the seeds


def filed(folder: Path, papers: list[Paper]) -> None:
    """A library of these papers, which duplicates are looked for in: it is not indexed."""
    made = Library(folder, embedder=lambda: StaticEmbedder("bundled", BUNDLED), create=True)
    with made as library, library.writing() as writer:
        writer.add((Record(one, n) for n, one in enumerate(papers, 1)), Intake("a.jsonl", "jsonl"), day=DAY)


def found(folder: Path, papers: list[Paper], **options: float) -> Duplicates:
    filed(folder, papers)
    with Assistant.open(folder) as assistant:
        return assistant.duplicates(**options)


def titles(result: Duplicates) -> list[set[str]]:
    return [{one.title for one in group.papers} for group in result.groups]


def revised(text: str, draw: random.Random, share: float) -> str:
    """`text` with a share of its words taken out or replaced, in runs as an author does it."""
    words = text.split()
    for _ in range(max(1, int(len(words) * share / 6))):
        at = draw.randrange(len(words))
        words[at : at + 6] = draw.choice([[], ["revised", "by", "its", "authors"], words[at : at + 2]])
    return " ".join(words)


def test_the_seeds_have_one_pair_that_is_known_and_no_other(sample: Assistant) -> None:
    (pair,) = sample.duplicates().groups
    assert all(KNOWN in one.title for one in pair.papers)
    assert 0.5 < pair.likeness < 0.6
    assert not pair.same_title


def test_planted_duplicates_are_found_and_nothing_else(tmp_path: Path, seeds: dict[str, Paper]) -> None:
    draw = random.Random(6)
    originals = [
        replace(one, arxiv_id=f"2401.{n:05}") for n, one in enumerate(seeds.values()) if KNOWN not in one.title
    ]
    chosen = draw.sample(originals, 80)
    planted = [
        replace(
            one, arxiv_id=f"2402.{n:05}", title=f"Revisited: {one.title}", abstract=revised(one.abstract, draw, 0.1)
        )
        for n, one in enumerate(chosen)
    ]
    result = found(tmp_path / "lib", originals + planted)
    assert result.papers == len(originals) + len(planted)
    expected = {frozenset((one.title, f"Revisited: {one.title}")) for one in chosen}
    assert {frozenset(group) for group in titles(result)} == expected


def test_what_is_called_alike_is_as_alike_as_it_is_called(tmp_path: Path) -> None:
    twins = [replace(CSKV, arxiv_id="2401.00001"), replace(CSKV, arxiv_id="2401.00002")]
    third = replace(CSKV, arxiv_id="2401.00003", title="Channels", abstract=f"{CSKV.abstract} Then there is more.")
    (group,) = found(tmp_path / "lib", [*twins, third, GRAMMAR, QSERVE]).groups
    assert [one.paper_id for one in group.papers] == [f"arxiv:2401.0000{n}" for n in (1, 2, 3)]
    texts = [shingles(f"{one.title}. {one.abstract}") for one in (CSKV, third)]
    assert group.likeness == pytest.approx(likeness(*texts), abs=0.05)  # LaTeX is cleaned before texts are compared
    with Assistant.open(tmp_path / "lib") as assistant:
        assert [len(one.papers) for one in assistant.duplicates(alike=1.0).groups] == [2]
        with pytest.raises(UsageError):
            assistant.duplicates(alike=0.1)


def test_a_title_alone_makes_no_duplicate_and_helps_with_half_an_abstract(tmp_path: Path) -> None:
    half = CSKV.abstract[: len(CSKV.abstract) // 2] + GRAMMAR.abstract
    papers = [
        replace(CSKV, arxiv_id="2401.00001", title="Multi-Modal Channels"),
        replace(CSKV, arxiv_id="2401.00002", title="Multimodal channels.", abstract=half),
        replace(QSERVE, arxiv_id="2401.00003", title="Multi modal channels"),
    ]
    (group,) = found(tmp_path / "lib", papers).groups
    assert (len(group.papers), group.same_title) == (2, True)
    assert 0.2 <= group.likeness < 0.5


def test_many_of_one_kind_are_one_group(tmp_path: Path) -> None:
    papers = [replace(CSKV, arxiv_id=f"2401.{n:05}") for n in range(100)]
    (group,) = found(tmp_path / "lib", papers).groups
    assert len(group.papers) == 100
    assert group.likeness == 1.0


def test_an_empty_library_has_none(tmp_path: Path) -> None:
    assert found(tmp_path / "lib", []).groups == ()


def test_papers_that_are_almost_nothing_are_compared_too(tmp_path: Path) -> None:
    papers = [Paper("?", "!", arxiv_id=f"2401.{n:05}") for n in range(3)] + [Paper("A", "B", arxiv_id="2402.00001")]
    assert len(found(tmp_path / "lib", papers).groups) <= 1


@given(st.text(max_size=200), st.text(max_size=200))
def test_likeness_is_a_share_the_same_from_both_sides(one: str, other: str) -> None:
    a, b = shingles(one), shingles(other)
    assert 0.0 <= likeness(a, b) == likeness(b, a) <= 1.0
    assert likeness(a, a) == (1.0 if len(a) else 0.0)
    assert likeness(a, shingles(one.upper().lower())) == likeness(shingles(one.upper().lower()), a)


def test_likeness_is_the_share_of_runs_of_three_words() -> None:
    one, other = shingles("one two three four five"), shingles("One, two: three four — six")
    assert likeness(one, other) == 2 / 4
    assert likeness(shingles("one two"), shingles("two one")) == 1.0


# ---- the command


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["dedupe", *words])
    return result.exit_code, result.stdout


def test_the_command_lists_and_changes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    filed(folder, [replace(CSKV, arxiv_id=f"2401.0000{n}") for n in range(2)])
    before = (folder / "catalog.sqlite3").read_bytes()
    status, said = run("--dry-run", "--library", str(folder))
    assert status == 0
    assert "same title, the same words" in said
    assert "arxiv:2401.00000" in said
    assert "2 papers in 1 group are nearly the same, of 2 compared" in said
    assert (folder / "catalog.sqlite3").read_bytes() == before
    assert run("--library", str(folder))[1].splitlines()[:-1] == said.splitlines()[:-1]


def test_a_library_without_any_exits_3(tmp_path: Path) -> None:
    filed(tmp_path / "lib", [CSKV, GRAMMAR])
    status, said = run("--library", str(tmp_path / "lib"))
    assert status == 3
    assert "no two papers are nearly the same, of 2 compared" in said


def test_no_more_groups_are_listed_than_asked_for(tmp_path: Path) -> None:
    pairs = [replace(one, arxiv_id=f"2401.{m}{n:04}") for m, one in enumerate((CSKV, GRAMMAR)) for n in range(2)]
    filed(tmp_path / "lib", pairs)
    _, said = run("--library", str(tmp_path / "lib"), "--limit", "1", "--format", "json")
    inert.document(said)
    assert '"more": 1' in said
    assert '"reason": "same title, the same words"' in said


HOSTILE = "\x1b[31mred\x07 <script>alert(1)</script> [x](javascript:1) \u202egnp.exe $\\beta$"


@pytest.mark.parametrize("form", ["text", "md", "json"])
def test_hostile_titles_are_shown_as_text(tmp_path: Path, form: str) -> None:
    filed(tmp_path / "lib", [replace(CSKV, title=HOSTILE, arxiv_id=f"2401.0000{n}") for n in range(2)])
    status, said = run("--library", str(tmp_path / "lib"), "--format", form)
    assert status == 0
    checks: dict[str, Callable[[str], None]] = {"text": inert.terminal, "md": inert.markdown, "json": inert.document}
    checks[form](said)


def test_a_group_says_why_it_is_one() -> None:
    assert Twins((), 0.874, same_title=False).reason == "other title, texts 87% alike"
    assert Twins((), 1.0, same_title=True).reason == "same title, the same words"
