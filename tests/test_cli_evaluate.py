"""The command eval as a user meets it."""

import json
from pathlib import Path

from tests.command import QUESTION, run


def test_eval_prints_figures_on_standard_output_and_keeps_the_run(home: Path, tmp_path: Path) -> None:
    folder, kept = tmp_path / "judged", tmp_path / "run.json"
    folder.mkdir()
    cskv = json.loads(run("search", "CSKV", "-k", "1", "-f", "json").stdout)["results"][0]["paper_id"]
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q1", "text": QUESTION}) + "\n")
    (folder / "qrels.tsv").write_text(f"q1\t{cskv}\t1\nq2\t{cskv}\t1\n")
    done = run("eval", str(folder), "-o", str(kept))
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith("retrieval  queries  nDCG@10")
    assert "note: judged queries that are not in queries.jsonl: 1" in done.stderr
    document = json.loads(run("eval", str(folder), "-f", "json", "-o", str(kept)).stdout)
    assert "holds this run, and nothing was asked again" in document.pop("notices")[-1]
    assert document.items() <= json.loads(kept.read_text()).items()
    compared = run("eval", "--compare", str(kept), str(kept), "-f", "md")
    assert compared.exit_code == 0
    assert compared.stdout.startswith("# Comparison\n\n| metric | n | first | second |")
    assert "Both runs have the same settings" in compared.stdout
    assert run("eval", str(folder), "--search-only", "-f", "md").stdout.count("fact") == 0


def test_eval_of_what_cannot_be_judged_is_one_line_and_a_hint(home: Path, tmp_path: Path) -> None:
    for words, status, said in (
        ((), 2, "eval needs a folder or --compare"),
        ((str(tmp_path), "--compare", "a", "b"), 2, "eval needs a folder or --compare"),
        ((str(tmp_path / "nowhere"),), 1, "there is no folder"),
        ((str(tmp_path),), 1, "has none of queries.jsonl"),
        (("--compare", str(tmp_path / "a"), str(tmp_path / "b")), 1, "there is no file"),
    ):
        done = run("eval", *words)
        assert done.exit_code == status
        assert done.stdout == ""
        message, hint, *more = done.stderr.splitlines()
        assert message.startswith("error: ")
        assert said in message
        assert hint.startswith("       ")
        assert not more


def test_eval_with_a_model_that_is_gone_exits_4(home: Path, tmp_path: Path) -> None:
    row = {"_id": "q1", "text": QUESTION}
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(row | {"_id": f"q{n}"}) + "\n" for n in range(3)))
    done = run("eval", str(tmp_path), "--model", "m", "--base-url", "http://127.0.0.1:9/v1")
    assert done.exit_code == 4
    assert "error: the model failed on 3 questions running: http://127.0.0.1:9/v1 cannot be reached" in done.stderr
