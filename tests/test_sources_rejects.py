import contextlib
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import SourceError, UsageError
from assistant.papers import Paper, Problem, Record
from assistant.sources import SOURCES, recognise, rejects

READ = next(source.read for source in SOURCES if source.name == "rejects")


def line(raw: str, **fields: object) -> bytes:
    return json.dumps({"file": "a", "line": 7, "reason": "no abstract", "raw": raw} | fields).encode()


def read(*lines: bytes) -> list[Record | Problem]:
    return list(READ(io.BytesIO(b"\n".join(lines))))


@pytest.mark.parametrize(
    "raw",
    [
        '{"title": "T", "abstract": "A."}',
        "@article{a, title = {T}, abstract = {A.}}",
        "TY  - JOUR\nTI  - T\nAB  - A.\nER  - ",
        "title\tabstract\nT\tA.",
    ],
)
def test_each_record_is_read_as_a_file_of_its_own(raw: str) -> None:
    assert recognise(line(raw)).name == "rejects"
    assert read(line("@article{b, title = {x}}"), line(raw))[-1] == Record(Paper("T", "A."), 2)


@pytest.mark.parametrize(
    ("document", "reason", "raw"),
    [
        (
            '[{"title": "T", "type": "a", "DOI": "10.1/a"}, {"DOI": "10.1/b", "type": tru}]',
            "not JSON",
            '{"DOI": "10.1/b", "type": tru}',
        ),
        (
            '[{"type": "a", "DOI": "10.1/a",\n"title": "T", "abst',
            "cut short",
            '{"type": "a", "DOI": "10.1/a",\n"title": "T", "abst',
        ),
        (
            '{"results": [{"id": "https://openalex.org/W1", "abstract_inverted_index": 7}]}',
            "abstract_inverted_index",
            '{"id": "https://openalex.org/W1", "abstract_inverted_index": 7}',
        ),
        (
            "<OAI-PMH><record><header><identifier>oai:a:1</identifier></header></record></OAI-PMH>",
            "has no metadata",
            "<record><header><identifier>oai:a:1</identifier></header></record>",
        ),
    ],
)
def test_a_record_cut_out_of_a_document_is_kept_as_it_stands(document: str, reason: str, raw: str) -> None:
    *_, problem = recognise(document.encode()).read(io.BytesIO(document.encode()))
    assert isinstance(problem, Problem)
    assert reason in problem.reason
    assert problem.raw == raw


def test_a_record_that_is_too_long_to_be_kept_is_not_held() -> None:
    document = json.dumps([{"type": "a", "DOI": "10.1/a", "note": "x" * rejects.MAX_RAW}])[:-3]
    (problem,) = recognise(document.encode()).read(io.BytesIO(document.encode()))
    assert isinstance(problem, Problem)
    assert problem.raw == ""


def test_what_is_still_wrong_keeps_where_it_came_from() -> None:
    (problem,) = read(line("@article{b, title = {x}}"))
    assert isinstance(problem, Problem)
    assert json.loads(problem.raw)["line"] == 7


@pytest.mark.parametrize("bad", [b"{}", b"[" * 100_000, b'{"raw": 3}', b'{"raw": ""}', b"\xff"])
def test_a_line_of_another_kind_is_a_problem(bad: bytes) -> None:
    assert read(bad) == [Problem(1, "not a line of a reject file")]


def test_a_reject_file_in_a_reject_file_ends() -> None:
    raw = '{"title": "T", "abstract": "A."}'
    for _ in range(5):
        raw = line(raw).decode()
    assert read(raw.encode()) == [Record(Paper("T", "A."), 1)]


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_records_are_papers_or_problems(raws: list[str]) -> None:
    with contextlib.suppress(SourceError):
        assert len(read(*(line(raw) for raw in raws))) >= len(raws)


def test_long_records_are_not_kept_and_nothing_is_written_without_any(tmp_path: Path) -> None:
    kept = rejects.Rejects(tmp_path / "rejects.jsonl")
    kept.add(Problem(1, "bad", "x" * (rejects.MAX_RAW + 1)), file="a")
    kept.add(Problem(2, "bad"), file="a")
    kept.settle()
    kept.close()
    assert (kept.count, list(tmp_path.iterdir())) == (0, [])


def test_a_record_that_happens_to_have_a_raw_is_kept_like_any_other(tmp_path: Path) -> None:
    kept = rejects.Rejects(tmp_path / "rejects.jsonl")
    kept.add(Problem(3, "no abstract", '{"title": "T", "raw": "x"}'), file="a")
    kept.settle()
    kept.close()
    assert json.loads(kept.path.read_text()) == {
        "file": "a",
        "line": 3,
        "reason": "no abstract",
        "raw": '{"title": "T", "raw": "x"}',
    }


def kept_of(path: Path, *problems: Problem, then: tuple[Problem, ...] = ()) -> list[dict[str, object]]:
    """The lines of a reject file for the problems of a file, and of another that is no source of papers."""
    kept = rejects.Rejects(path)
    for problem in problems:
        kept.add(problem, file="a")
    kept.settle()
    for problem in then:
        kept.add(problem, file="b")
    kept.settle(dropping=True)
    kept.close()
    found = [json.loads(one) for one in path.read_text().splitlines()] if path.exists() else []
    assert len(found) == kept.count or not kept.count
    assert not list(path.parent.glob(f".{path.name}*"))
    return found


def test_a_record_is_one_line_with_all_its_reasons(tmp_path: Path) -> None:
    problems = [Problem(n, reason, f"r{n}") for n in range(1, rejects.HELD + 2) for reason in ("x", "y", "x")]
    found = kept_of(tmp_path / "kept.jsonl", *problems)
    assert [(row["line"], row["reason"]) for row in found] == [(n, "x; y") for n in range(1, rejects.HELD + 2)]


def test_a_record_that_comes_again_much_later_is_not_kept_twice(tmp_path: Path) -> None:
    problems = [Problem(n, "x; y", f"r{n % (rejects.HELD + 5)}") for n in range(3 * rejects.HELD)]
    assert len(kept_of(tmp_path / "kept.jsonl", *problems, problems[-1])) == rejects.HELD + 5


def test_a_file_without_papers_leaves_nothing_however_much_is_wrong(tmp_path: Path) -> None:
    many = tuple(Problem(n, "bad", f"r{n}") for n in range(rejects.HELD * 2 + 10))
    assert [row["raw"] for row in kept_of(tmp_path / "one.jsonl", Problem(1, "bad", "é"), then=many)] == ["é"]
    (tmp_path / "old.jsonl").write_text("{}\n")
    assert kept_of(tmp_path / "old.jsonl", then=many) == [{}]


def test_a_reject_file_that_cannot_be_put_in_its_place_leaves_nothing_beside_it(tmp_path: Path) -> None:
    rejected = rejects.Rejects(tmp_path / "r.jsonl")
    rejected.add(Problem(1, "no abstract", "raw"), file="a")
    rejected.settle()
    rejected.path.mkdir()
    with pytest.raises(UsageError, match=r"r\.jsonl cannot be written"):
        rejected.close()
    assert [file.name for file in tmp_path.iterdir()] == ["r.jsonl"]
