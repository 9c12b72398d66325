"""Folders of judged questions: what is read of them, and what is refused in which words."""

import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.errors import EvaluationError
from assistant.evaluate import judged as judging


def test_the_four_files_are_questions_with_keys_kinds_grades_and_facts(judged: Path) -> None:
    found = judging.read(judged)
    assert [(one.key, one.part, one.kind) for one in found.questions] == [
        ("queries/q1", "queries", "topic"),
        ("queries/q2", "queries", "method"),
        ("facts/f1", "facts", ""),
        ("unanswerable/u1", "unanswerable", "off_topic"),
        ("unanswerable/u2", "unanswerable", "near_miss"),
    ]
    assert found.questions[0].grades == {"cskv-channel-shrinking-for-kv-cache": 2, "qserve": 0}
    assert found.questions[2].fact is not None
    assert found.questions[2].fact.answer == "80%"
    assert found.doc_ids == {"cskv-channel-shrinking-for-kv-cache", "qserve", "xgrammar"}
    assert found.notices == ()


def test_any_of_the_files_will_do(judged: Path) -> None:
    (judged / "queries.jsonl").unlink()
    (judged / "qrels.tsv").unlink()
    assert {one.part for one in judging.read(judged).questions} == {"facts", "unanswerable"}
    (judged / "facts.jsonl").unlink()
    assert {one.part for one in judging.read(judged).questions} == {"unanswerable"}


def test_queries_without_judgements_are_only_asked(judged: Path) -> None:
    (judged / "qrels.tsv").unlink()
    assert [one.grades for one in judging.read(judged).questions[:2]] == [{}, {}]


def test_what_of_queries_and_judgements_does_not_belong_together_is_told(judged: Path) -> None:
    (judged / "qrels.tsv").write_text("q1\tqserve\t1\nq2\tqserve\t0\nq9\tqserve\t1\n")  # without a heading
    found = judging.read(judged)
    assert [one.key for one in found.questions if one.part == "queries"] == ["queries/q1"]
    assert found.notices == (
        "queries without a document judged relevant, left out: 1 of 2",
        "judged queries that are not in queries.jsonl: 1",
    )


def test_a_change_of_any_file_is_a_change_of_the_fingerprint(judged: Path) -> None:
    before = judging.read(judged).digest
    assert judging.read(judged).digest == before
    with (judged / "facts.jsonl").open("a") as file:
        file.write("\n")
    assert judging.read(judged).digest != before


FACT = {"_id": "f2", "question": "How fast?", "answer": "2x", "doc_id": "qserve", "quote": "fast"}


@pytest.mark.parametrize(
    ("file", "added", "reason"),
    [
        ("queries.jsonl", "{", "line 3: it is not JSON"),
        ("queries.jsonl", "[1]", "line 3: it is no JSON object"),
        ("queries.jsonl", "[" * 100_000, "line 3: it is not JSON"),
        ("queries.jsonl", '{"text": "a question"}', "line 3: no _id"),
        ("queries.jsonl", '{"_id": "q3", "text": " "}', "line 3: no text"),
        ("queries.jsonl", '{"_id": "q1", "text": "again"}', "line 3: the _id q1 is there already"),
        (
            "queries.jsonl",
            '{"_id": "q3", "text": "what", "kind": 3}',
            "line 3: kind is no text of 40 characters or less",
        ),
        ("queries.jsonl", '{"_id": "q3", "text": "bees since:2026-99"}', "line 3: "),
        ("queries.jsonl", json.dumps({"_id": "q3", "text": "a" * 3000}), "line 3: the question has 3,000 characters"),
        ("qrels.tsv", "q1\tqserve", "line 5: 2 columns, not query id, document id and grade"),
        ("qrels.tsv", "q1\tbees\tyes", "line 5: the grade is no whole number from 0 to 100: yes"),
        ("qrels.tsv", "q1\tbees\t-1", "line 5: the grade is no whole number from 0 to 100: -1"),
        ("qrels.tsv", "q1\t\t1", "line 5: an id is empty"),
        ("qrels.tsv", "q1\tqserve\t2", "line 5: qserve has two grades for q1"),
        *(("facts.jsonl", json.dumps(FACT | {name: 7}), f"line 2: no {name}") for name in FACT if name != "_id"),
        ("unanswerable.jsonl", '{"_id": "u3", "text": "what?"}', "line 3: no question"),
    ],
)
def test_a_wrong_line_is_told_by_file_line_and_reason(judged: Path, file: str, added: str, reason: str) -> None:
    with (judged / file).open("a") as lines:
        lines.write(added)
    with pytest.raises(EvaluationError) as error:
        judging.read(judged)
    assert str(error.value).startswith(f"{judged / file}, {reason}")
    assert "\n" not in str(error.value)


def test_what_is_no_folder_of_judged_questions_is_refused(tmp_path: Path, judged: Path) -> None:
    with pytest.raises(EvaluationError, match="there is no folder"):
        judging.read(tmp_path / "nowhere")
    (tmp_path / "papers").mkdir()
    with pytest.raises(EvaluationError, match=r"has none of queries\.jsonl, qrels\.tsv"):
        judging.read(tmp_path / "papers")
    (tmp_path / "papers" / "facts.jsonl").touch()
    with pytest.raises(EvaluationError, match="has no judged question: its files are empty"):
        judging.read(tmp_path / "papers")
    (tmp_path / "papers" / "unanswerable.jsonl").mkdir()
    with pytest.raises(EvaluationError, match="is no file"):
        judging.read(tmp_path / "papers")
    (judged / "queries.jsonl").unlink()
    with pytest.raises(EvaluationError, match=r"has qrels\.tsv, but no queries\.jsonl"):
        judging.read(judged)


def test_another_encoding_is_told_by_its_line(judged: Path) -> None:
    with (judged / "queries.jsonl").open("ab") as lines:
        lines.write('{"_id": "q3", "text": "café"}'.encode("latin-1"))
    with pytest.raises(EvaluationError, match="line 3: it is not UTF-8"):
        judging.read(judged)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(judging.FILES), st.binary(max_size=200))
def test_whatever_a_file_holds_it_is_read_or_refused(judged: Path, file: str, data: bytes) -> None:
    kept = (judged / file).read_bytes()
    (judged / file).write_bytes(data)
    try:
        with contextlib.suppress(EvaluationError):
            assert judging.read(judged).questions
    finally:
        (judged / file).write_bytes(kept)


def test_the_questions_about_the_sample_are_read_whole_and_their_papers_known(sample: Assistant, shared: Path) -> None:
    found = judging.read(shared / "seeds-gold")
    assert len(found.questions) == 62
    assert found.notices == ()
    assert sample.library.identified(found.doc_ids).keys() == found.doc_ids
