"""The commands ask and search as a user meets them: answers, lists, filters, judgements."""

import json
from pathlib import Path

from typer.testing import Result

from tests.command import QUESTION, run
from tests.server import Reply, Server, completion, failure


def test_ask_prints_the_answer_and_nothing_else_on_standard_output(home: Path) -> None:
    done = run("ask", "how is KV cache memory reduced?")
    assert done.exit_code == 0
    assert done.stdout.startswith("• ")
    assert "References\n[1] " in done.stdout
    assert "extractive" in done.stdout.splitlines()[-1]
    assert "note: no library yet, so this uses the bundled sample" in done.stderr
    assert "sample" not in done.stdout


def test_a_question_needs_no_quotes_and_may_come_from_standard_input(home: Path) -> None:
    quoted = run("ask", QUESTION).stdout.splitlines()[0]
    assert run("ask", *QUESTION.split()).stdout.splitlines()[0] == quoted
    assert run("ask", "-", text=QUESTION + "\n").stdout.splitlines()[0] == quoted


def test_ask_says_when_the_library_cannot_answer(home: Path) -> None:
    done = run("ask", "Who won the 2022 FIFA men's World Cup?")
    assert done.exit_code == 3
    assert done.stdout.startswith("No answer: ")
    assert "Closest papers" in done.stdout


def test_ask_in_json_and_markdown(home: Path) -> None:
    document = json.loads(run("ask", QUESTION, "--format", "json").stdout)
    assert document["schema"] == "ask/1"
    assert document["status"] == "answered"
    assert document["library"] == "sample"
    for sentence in document["sentences"]:
        for quote in sentence["quotes"]:
            paper = next(one for one in document["citations"] if one["n"] == quote["n"])
            shown = json.loads(run("show", paper["paper_id"], "-f", "json").stdout)["papers"][0]
            assert shown["abstract"][quote["start"] : quote["end"]] == quote["text"]
    rows = document["matches"]
    assert [row["n"] for row in rows] == [one["n"] for one in document["citations"]]
    assert 0 < document["recall_estimate"] < 1
    table = run("ask", QUESTION, "-f", "md").stdout
    assert table.startswith(f"# {QUESTION}\n\n| | Paper | How it answers |\n")
    assert table.count("\n| ") == len(rows) + 2


def test_a_model_that_cannot_be_reached_costs_exit_4_and_not_the_answer(home: Path) -> None:
    done = run("ask", QUESTION, "--model", "m", "--base-url", "http://127.0.0.1:9/v1")
    assert done.exit_code == 4
    assert "error: the model did not answer: http://127.0.0.1:9/v1 cannot be reached" in done.stderr
    assert done.stdout.startswith("[1] ")
    assert "extractive, since the model failed" in done.stdout


SAID = "CSKV can reduce the memory overhead of the KV cache by 80% [1]."
VERDICT = '{"verdicts": [{"n": 1, "reason": "it says so of another", "verdict": "partly"}]}'


def judged(server: Server, verdict: Reply, *more: str) -> Result:
    server.replies = [lambda body: verdict if "response_format" in body else completion(SAID)]
    return run("ask", "how is KV cache memory reduced?", "--model", "m", "--base-url", server.url, "--judge", *more)


def test_a_judgement_of_the_model_is_shown_as_such(home: Path, server: Server) -> None:
    done = judged(server, completion(VERDICT))
    assert done.exit_code == 0
    said = "! partly supported: the model judges that the quote says it only in part: it says so of another"
    assert said in done.stdout
    assert "0 of 1 sentence supported, 1 judged by the model" in done.stdout
    assert said.removeprefix("! ") in judged(server, completion(VERDICT), "-f", "md").stdout
    (sentence,) = json.loads(judged(server, completion(VERDICT), "-f", "json").stdout)["sentences"]
    assert (sentence["verdict"], sentence["checked_by"], sentence["firm"]) == ("partial", "model", False)


def test_a_judge_that_fails_costs_exit_4_and_not_the_answer(home: Path, server: Server) -> None:
    done = judged(server, failure(401, "no"))
    assert done.exit_code == 4
    assert "error: the model did not judge: " in done.stderr
    assert "1 of 1 sentence supported ·" in done.stdout


def test_judging_needs_a_model(home: Path) -> None:
    done = run("ask", QUESTION, "--judge")
    assert done.exit_code == 2
    assert "error: judging by a model needs one\n       Name it with --model or ASSISTANT_MODEL." in done.stderr


def test_search_lists_papers_best_first(home: Path) -> None:
    done = run("search", "KV cache", "-k", "3")
    assert done.exit_code == 0
    assert [line[:3] for line in done.stdout.splitlines() if line[:3].strip().rstrip(".").isdigit()] == [
        " 1.",
        " 2.",
        " 3.",
    ]
    document = json.loads(run("search", "KV cache", "-k", "3", "-f", "json").stdout)
    assert [one["rank"] for one in document["results"]] == [1, 2, 3]
    assert document["results"][0].keys() >= {
        "rank", "paper_id", "title", "date", "source", "url", "score", "lexical", "vector", "passage",
    }  # fmt: skip
    assert run("search", "KV cache", "-f", "md").stdout.startswith("# KV cache")


def test_filters_reach_the_search(home: Path) -> None:
    document = json.loads(run("search", "video", "--since", "2025-11-01", "--until", "2025-12-31", "-f", "json").stdout)
    assert document["results"]
    assert all("2025-11" <= one["date"] <= "2025-12-31" for one in document["results"])
    nothing = run("search", "video", "--author", "nobody")
    assert (nothing.stdout, nothing.exit_code) == ("Nothing found.\n", 3)


def test_operators_in_a_question_do_what_the_flags_do(home: Path) -> None:
    flags = run("search", "video", "--since", "2025-11", "--until", "2025", "-f", "json")
    typed = run("search", "video since:2025-11 until:2025", "-f", "json")
    assert json.loads(typed.stdout)["results"] == json.loads(flags.stdout)["results"] != []
    assert run("ask", 'which papers reduce "KV cache" memory? -CSKV').stdout.count("CSKV") == 0


def test_a_question_in_no_known_word_exits_3_and_says_why(home: Path) -> None:
    found = run("search", "xqzt blorf")
    assert (found.stdout, found.exit_code) == ("Nothing found.\n", 3)
    assert "note: no abstract in the library has any word of the question" in found.stderr
    asked = run("ask", "xqzt blorf")
    assert asked.exit_code == 3
    assert asked.stdout.startswith("No answer: no abstract in the library has any word of the question")


def test_a_mended_word_is_told_on_standard_error(home: Path) -> None:
    for command in ("search", "ask"):
        done = run(command, "fast k mediods clustering")
        assert "note: no abstract has “mediods”; searched for “medoids”" in done.stderr
        assert "mediods" not in done.stdout
