"""Judged questions put to a small library: the figures, and runs that are interrupted, kept and gone on with."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.errors import EndpointError, EvaluationError
from assistant.evaluate import evaluate
from assistant.evaluations import METRICS, Evaluation
from assistant.results import Answer
from tests.server import Server, completion, failure

TOLD = "CSKV reduces the memory of the KV cache by 80% [1]."


def mean(result: Evaluation, metric: str, kind: str | None = None) -> tuple[int, float]:
    """(questions, mean) of a metric."""
    (found,) = (one for one in result.measures if (one.metric, one.kind) == (metric, kind))
    return found.n, found.mean


def test_a_library_that_has_the_answers_finds_and_quotes_them(assistant: Assistant, judged: Path) -> None:
    result = evaluate(assistant, judged)
    assert [one.key for one in result.questions] == [
        "queries/q1", "queries/q2", "facts/f1", "unanswerable/u1", "unanswerable/u2",
    ]  # fmt: skip
    for metric in ("nDCG@10", "recall@5", "recall@10", "recall@100"):
        assert mean(result, metric) == (2, 1.0)
        assert mean(result, metric, "topic") == (1, 1.0)
    for metric in ("answer found", "paper cited", "quote given"):
        assert mean(result, metric) == (1, 1.0)
    assert mean(result, "stopped") == (2, 1.0)
    assert mean(result, "stopped", "near_miss") == (1, 1.0)
    assert mean(result, "wrongly stopped") == (3, 0.0)
    assert mean(result, "citation recall") == mean(result, "citation precision") == (3, 1.0)
    assert mean(result, "answer seconds")[0] == 5
    assert {one.metric for one in result.measures} == set(METRICS) - {"tokens"}
    assert result.usage is None
    assert result.seconds > 0


def test_an_unanswerable_question_that_is_answered_counts_as_not_stopped_and_nowhere_else(
    assistant: Assistant, judged: Path
) -> None:
    (judged / "unanswerable.jsonl").write_text('{"_id": "u1", "question": "which papers reduce KV cache memory?"}')
    result = evaluate(assistant, judged)
    assert mean(result, "stopped") == (1, 0.0)
    assert mean(result, "wrongly stopped") == (3, 0.0)
    assert mean(result, "citation recall")[0] == 3


def test_a_ranking_that_misses_papers_scores_as_worked_out_by_hand(assistant: Assistant, judged: Path) -> None:
    """q1: a paper judged 1 that is not in the library comes beside the one found first, which is judged 2."""
    with (judged / "qrels.tsv").open("a") as qrels:
        qrels.write("q1\tunknown\t1\n")
    result = evaluate(assistant, judged, ask=False)
    first = result.questions[0].values
    assert first["recall@5"] == 0.5
    assert first["nDCG@10"] == pytest.approx(2 / (2 + 1 / 1.584962500721156))
    assert result.notices == ("judged papers that are not in the library, counted as not found: 1 of 4",)
    assert [one.key for one in result.questions] == ["queries/q1", "queries/q2"]
    assert result.questions[0].status is None
    assert not any(one.metric.startswith(("answer", "citation")) for one in result.measures)


def test_judged_papers_go_by_any_whole_name(assistant: Assistant, judged: Path) -> None:
    (judged / "qrels.tsv").write_text("q1\tCSKV: Channel Shrinking for KV Cache\t1\nq2\txgramm\t1\n")
    result = evaluate(assistant, judged, ask=False)
    assert [one.values["recall@5"] for one in result.questions] == [1.0, 0.0]  # a beginning is no name


def test_another_library_than_the_judged_one_is_refused(sample: Assistant, judged: Path, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="“sample” holds 0 of the 3 judged papers; it is another library"):
        evaluate(sample, judged, out=tmp_path / "run.json")
    assert not list(tmp_path.glob("run.json*"))


def test_an_empty_library_and_nothing_to_search_for_are_refused(assistant: Assistant, judged: Path) -> None:
    for name in ("queries.jsonl", "qrels.tsv"):
        (judged / name).unlink()
    with pytest.raises(EvaluationError, match="no queries with judged documents"):
        evaluate(assistant, judged, ask=False)


def test_judged_words_that_the_paper_does_not_hold_are_told(assistant: Assistant, judged: Path) -> None:
    facts = judged / "facts.jsonl"
    facts.write_text(facts.read_text().replace("Experiments show", "Experiments showed"))
    result = evaluate(assistant, judged)
    assert result.notices == ("facts whose quote is not in the stored abstract, never hit: 1 of 1",)
    assert (mean(result, "paper cited"), mean(result, "quote given")) == ((1, 1.0), (1, 0.0))


# ---- with a model


@pytest.fixture
def modelled(few: Path, server: Server) -> Callable[[], Assistant]:
    """Makes an assistant whose model is the server."""
    return lambda: Assistant.open(few, model="m", base_url=server.url_with("me:hunter2"), api_key="sk-1")


def test_what_a_model_invents_lowers_citation_recall_and_precision(
    modelled: Callable[[], Assistant], server: Server, judged: Path
) -> None:
    for name in ("queries.jsonl", "qrels.tsv", "unanswerable.jsonl"):
        (judged / name).unlink()
    text = f"{TOLD} It is 2.8x faster than FlashAttention-2 [1][9]. Bees dance daily [1]. Here is what I found:"
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    server.replies = [completion(text, usage=usage)]
    with modelled() as assistant:
        result = evaluate(assistant, judged)
    values = result.questions[0].values
    assert values["citation recall"] == pytest.approx(1 / 3)  # the second has a marker out of range
    assert values["citation precision"] == pytest.approx(1 / 4)  # of [1], [1], [9], [1]
    assert (values["answer found"], values["paper cited"], values["quote given"]) == (1.0, 1.0, 1.0)
    assert values["tokens"] == 120
    assert result.usage is not None
    assert (result.usage.prompt_tokens, result.usage.completion_tokens, result.usage.estimated) == (100, 20, False)
    assert result.questions[0].writer == "m"


def test_a_failure_counts_as_not_answered_and_nothing_secret_is_kept(
    modelled: Callable[[], Assistant], server: Server, judged: Path, tmp_path: Path
) -> None:
    server.replies = [completion(TOLD), completion(TOLD), completion("")]
    with modelled() as assistant:
        result = evaluate(assistant, judged, out=tmp_path / "run.json")
    assert [one.key for one in result.failed] == ["facts/f1"]
    assert mean(result, "answer found") == (1, 0.0)
    assert mean(result, "wrongly stopped")[0] == 2
    assert result.questions[2].answer is None  # not what the extractive writer would have said
    kept = (tmp_path / "run.json").read_text()
    assert server.url in kept
    assert "hunter2" not in kept
    assert "sk-1" not in kept


def test_an_endpoint_that_is_gone_stops_the_run_which_goes_on_when_it_is_back(
    modelled: Callable[[], Assistant], server: Server, judged: Path, tmp_path: Path
) -> None:
    (judged / "facts.jsonl").write_text(
        "".join((judged / "facts.jsonl").read_text().replace("f1", f"f{n}") for n in range(1, 6))
    )
    out = tmp_path / "run.json"
    server.replies = [*[completion(TOLD)] * 3, failure(401, "no such key")]
    with modelled() as assistant:
        with pytest.raises(EndpointError, match="failed on 3 questions running") as error:
            evaluate(assistant, judged, out=out)
        assert "3 of 9 questions are done" in error.value.hint
        assert not out.exists()
        server.replies = [completion(TOLD)]
        server.bodies.clear()
        result = evaluate(assistant, judged, out=out)
    assert not result.failed
    assert len(server.bodies) == 4  # q1, q2 and f1 are not asked again; the gate stops the unanswerable ones
    assert len(result.questions) == 9


# ---- kept, and gone on with


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(
    assistant: Assistant, judged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, part = tmp_path / "run.json", tmp_path / "run.json.part"
    ask = assistant.ask
    asked: list[str] = []
    stop_at = 2

    def counted(question: str) -> Answer:
        if len(asked) == stop_at:
            raise KeyboardInterrupt
        asked.append(question)
        return ask(question)

    monkeypatch.setattr(assistant, "ask", counted)
    for stop_at in (2, 4):
        with pytest.raises(KeyboardInterrupt):
            evaluate(assistant, judged, out=out)
        assert not out.exists()
        assert len(part.read_text().splitlines()) == 1 + stop_at
        with part.open("a") as file:
            file.write('{"key": "facts/f1", "values": {"ans')  # killed while it wrote
    stop_at = -1
    seen: list[tuple[int, int]] = []
    result = evaluate(assistant, judged, out=out, progress=lambda what, done, total: seen.append((done, total)))
    assert len(asked) == len(set(asked)) == 5
    assert seen == [(n, 5) for n in range(5)]
    assert not part.exists()
    assert [one.key for one in result.questions] == [one.key for one in evaluate(assistant, judged).questions]
    document = json.loads(out.read_text())
    assert document["schema"] == "eval/1"
    assert len(document["questions"]) == 5


def test_a_finished_run_is_read_and_not_asked_again(assistant: Assistant, judged: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    first = evaluate(assistant, judged, out=out)
    before = out.read_bytes()
    again = evaluate(assistant, judged, out=out)
    assert (again.measures, again.questions) == (first.measures, first.questions)
    assert "holds this run, and nothing was asked again" in again.notices[-1]
    assert out.read_bytes() == before


def test_runs_that_differ_are_never_mixed(few: Path, assistant: Assistant, judged: Path, tmp_path: Path) -> None:
    out = tmp_path / "run.json"
    evaluate(assistant, judged, out=out)
    before = out.read_bytes()
    with Assistant.open(few, k=3) as other, pytest.raises(EvaluationError, match="a run with k 10, not 3"):
        evaluate(other, judged, out=out)
    with pytest.raises(EvaluationError, match="with asked searches and answers, not searches only"):
        evaluate(assistant, judged, out=out, ask=False)
    with (judged / "unanswerable.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(EvaluationError, match="over other judged questions"):
        evaluate(assistant, judged, out=out)
    assert out.read_bytes() == before


def test_a_run_over_another_state_of_the_library_is_refused(judged: Path, few: Path, tmp_path: Path) -> None:
    papers = tmp_path / "papers.jsonl"
    papers.write_bytes((few.parents[2] / "papers.jsonl").read_bytes())
    with Assistant.open() as own:
        own.ingest(papers)
        part = tmp_path / "run.json.part"
        evaluate(own, judged, out=tmp_path / "run.json", ask=False)
        (tmp_path / "run.json").rename(tmp_path / "whole.json")
        own.ingest(papers)  # changes nothing
        evaluate(own, judged, out=tmp_path / "whole.json", ask=False)
        papers.write_text(papers.read_text().replace("do so daily", "did so daily"))
        own.ingest(papers)
        with pytest.raises(EvaluationError, match=r"holds a run over another state of the library$"):
            evaluate(own, judged, out=tmp_path / "whole.json", ask=False)
        assert not part.exists()


def test_a_run_that_was_killed_at_its_first_line_begins_anew(
    assistant: Assistant, judged: Path, tmp_path: Path
) -> None:
    (tmp_path / "run.json.part").write_text('{"schema": "eval-pa')
    assert len(evaluate(assistant, judged, out=tmp_path / "run.json", ask=False).questions) == 2
    assert (tmp_path / "run.json").exists()


@pytest.mark.parametrize(
    "held",
    [
        "",
        "no JSON",
        "[]",
        '{"schema": "ask/1"}',
        '{"schema": "eval/1", "run": [], "questions": []}',
        '{"schema": "eval/1", "run": {}, "questions": [{"key": 1}]}',
        '{"schema": "eval/1", "run": {"k": 1.5}, "questions": []}',
        "[" * 100_000,
    ],
)
def test_a_file_that_is_something_else_is_left_as_it_is(
    assistant: Assistant, judged: Path, tmp_path: Path, held: str
) -> None:
    out = tmp_path / "run.json"
    out.write_text(held)
    part = out.with_name("run.json.part")
    with pytest.raises(EvaluationError, match="holds no evaluation that can be read"):
        evaluate(assistant, judged, out=out)
    assert out.read_text() == held
    assert not part.exists()
    if held:
        out.rename(part)
        with pytest.raises(EvaluationError, match="holds no evaluation that can be read"):
            evaluate(assistant, judged, out=out)
        assert part.read_text() == held


def test_a_file_in_a_folder_that_is_not_there_is_refused_before_anything_is_asked(
    assistant: Assistant, judged: Path, tmp_path: Path
) -> None:
    with pytest.raises(EvaluationError, match="there is no folder"):
        evaluate(assistant, judged, out=tmp_path / "nowhere" / "run.json")
