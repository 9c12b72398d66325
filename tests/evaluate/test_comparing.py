"""Two kept evaluations side by side."""

import json
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.errors import EvaluationError
from assistant.evaluate import compare, evaluate


def test_two_runs_are_compared_question_by_question(few: Path, judged: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "a.json", tmp_path / "b.json"
    for file, k in ((first, 10), (second, 1)):
        with Assistant.open(few, k=k) as assistant:
            evaluate(assistant, judged, out=file)
    document = json.loads(second.read_text())
    for one in document["questions"]:
        if one["key"] == "queries/q2":
            one["values"]["nDCG@10"] = 0.5
            del one["values"]["recall@100"]
    second.write_text(json.dumps(document))
    found = compare(first, second)
    assert found.changed == {"k": (10, 1)}
    by_metric = {one.metric: one for one in found.differences}
    ndcg = by_metric["nDCG@10"]
    assert (ndcg.n, ndcg.first, ndcg.second, ndcg.difference) == (2, 1.0, 0.75, -0.25)
    assert (ndcg.low, ndcg.high, ndcg.p) == (-0.5, 0.0, None)
    assert by_metric["recall@100"].n == 1  # of the questions that have it in both
    assert by_metric["stopped"].n == 2


def test_runs_over_different_questions_are_not_compared(assistant: Assistant, judged: Path, tmp_path: Path) -> None:
    evaluate(assistant, judged, out=tmp_path / "a.json", ask=False)
    (judged / "facts.jsonl").unlink()
    evaluate(assistant, judged, out=tmp_path / "b.json", ask=False)
    with pytest.raises(EvaluationError, match="are of different judged questions"):
        compare(tmp_path / "a.json", tmp_path / "b.json")
    with pytest.raises(EvaluationError, match="there is no file"):
        compare(tmp_path / "a.json", tmp_path / "c.json")


def test_runs_without_a_metric_in_common_are_not_compared(assistant: Assistant, judged: Path, tmp_path: Path) -> None:
    evaluate(assistant, judged, out=tmp_path / "a.json", ask=False)
    document = json.loads((tmp_path / "a.json").read_text())
    (tmp_path / "b.json").write_text(json.dumps(document | {"questions": []}))
    with pytest.raises(EvaluationError, match="have no metric in common"):
        compare(tmp_path / "a.json", tmp_path / "b.json")


@pytest.mark.parametrize("value", ["NaN", "Infinity", '"1"', "true", "null"])
def test_a_figure_that_is_no_number_is_refused(assistant: Assistant, judged: Path, tmp_path: Path, value: str) -> None:
    file = tmp_path / "a.json"
    evaluate(assistant, judged, out=file, ask=False)
    text = file.read_text().replace('"recall@5": 1.0', f'"recall@5": {value}', 1)
    assert value in text
    file.write_text(text)
    with pytest.raises(EvaluationError, match="holds no evaluation that can be read"):
        compare(file, file)
