"""The command line as a user meets it: output, streams and exit statuses, in the process of the test."""

import io
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant import __version__
from assistant.cli import app
from assistant.console import lenient_output
from tests.conftest import ROOT
from tests.server import Reply, Server, completion, failure

QUESTION = "which papers reduce KV cache memory?"
SEED = str(next((ROOT / "seeds").glob("000*")))


@pytest.fixture
def home(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSISTANT_HOME", str(sample_home))
    return sample_home


def run(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, words, input=text)


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


def test_ingest_explains_what_it_did_and_twice_changes_nothing() -> None:
    first = run("ingest", SEED)
    assert first.exit_code == 0
    assert "64 records, 64 new" in first.stdout
    again = run("ingest", SEED)
    assert "64 known, 0 new" in again.stdout
    assert "The library holds 64 papers." in again.stdout
    assert run("ingest", SEED, "-f", "json").exit_code == 0


def test_ingest_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"title": "Grammars", "abstract": "Context-free grammars constrain decoding."}\n'
    done = CliRunner().invoke(app, ["ingest", "-"], input=line + b"{broken\n")
    assert "1 record, 1 new" in done.stdout
    assert "line 2: not JSON" in done.stdout
    assert done.exit_code == 0


def test_one_bad_file_does_not_stop_the_others_and_costs_exit_1(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("")
    done = run("ingest", str(tmp_path / "missing"), str(tmp_path / "empty.txt"), SEED)
    assert done.exit_code == 1
    assert "64 records, 64 new" in done.stdout
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert [line.split(": ", 2)[2] for line in errors] == ["no such file or folder", "empty"]


def test_show_prints_one_paper_by_the_beginning_of_its_id(home: Path) -> None:
    done = run("show", "cskv")
    assert done.exit_code == 0
    assert "CSKV: Training-Efficient Channel Shrinking" in done.stdout
    assert "from seeds/001" in done.stdout or "from seeds/00" in done.stdout
    missing = run("show", "no-such-paper")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "error: no paper is called “no-such-paper”" in missing.stderr
    assert run("show", "cskv", "-f", "md").stdout.startswith("# CSKV")


def test_list_is_newest_first_and_pages(home: Path) -> None:
    document = json.loads(run("list", "-n", "3", "-f", "json").stdout)
    dates = [one["date"] for one in document["papers"]]
    assert dates == sorted(dates, reverse=True)
    second = json.loads(run("list", "-n", "1", "--offset", "1", "-f", "json").stdout)
    assert second["papers"][0]["id"] == document["papers"][1]["id"]
    assert run("list", "-n", "2", "-f", "md").stdout.count("\n- ") == 1
    assert len(run("list", "-n", "2").stdout.splitlines()) == 4


def test_status_and_doctor_speak_of_the_library(home: Path) -> None:
    assert "333" in run("status").stdout
    assert json.loads(run("status", "-f", "json").stdout)["papers"] == 333
    done = run("doctor")
    assert done.exit_code == 0, done.stdout
    assert "vector index: " in done.stdout
    assert "answers are extractive" in done.stdout
    assert {one["level"] for one in json.loads(run("doctor", "-f", "json").stdout)["findings"]} <= {"ok", "note"}


def test_doctor_finds_what_is_wrong(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_PROMPTS", "/nowhere")
    monkeypatch.setenv("CHROMA_SERVER_HOST", "example.org")
    monkeypatch.setenv("ASSISTANT_MODEL", "m")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    done = run("doctor")
    assert done.exit_code == 1
    assert "fault prompts: no prompt templates in /nowhere" in done.stdout
    assert "note  environment: CHROMA_SERVER_HOST set; not used" in done.stdout
    assert "fault endpoint: http://127.0.0.1:9/v1 cannot be reached" in done.stdout


def test_doctor_checks_the_library_beside_an_embedder_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    run("ingest", SEED)
    monkeypatch.setenv("ASSISTANT_EMBEDDER", "model2vec:/nowhere/at/all")
    done = run("doctor")
    assert done.exit_code == 1
    assert "fault embedder: no Model2Vec model in /nowhere/at/all" in done.stdout
    assert "ok    library: default" in done.stdout
    assert "ok    catalog" in done.stdout


@pytest.mark.parametrize("flag", ["--author", "--source"])
def test_more_names_than_a_condition_takes_are_wrong_usage(home: Path, flag: str) -> None:
    names = ";".join(f"name {n}" for n in range(101))
    for words in (("list",), ("search", "memory"), ("ask", QUESTION)):
        done = run(*words, flag, names)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "101 names in one condition; 100 is the most" in done.stderr


def test_reindex_makes_the_indexes_anew() -> None:
    run("ingest", SEED)
    done = run("reindex")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "64 papers indexed anew" in done.stderr


def test_version_and_help_name_the_program_and_its_commands() -> None:
    assert run("--version").stdout == f"paper-assistant {__version__}\n"
    page = run("--help").stdout
    for command in ("ask", "search", "ingest", "show", "list", "remove", "status", "reindex", "doctor"):
        assert f" {command} " in page
        assert run(command, "--help").exit_code == 0


@pytest.mark.parametrize(
    "words",
    [
        ("ask",),
        ("ask", ""),
        ("ask", "x" * 100_000),
        ("ask", "\x1b[0m\x00"),
        ("ask", QUESTION, "-k", "0"),
        ("ask", QUESTION, "-k", "many"),
        ("ask", QUESTION, "--since", "yesterday"),
        ("ask", QUESTION, "--since", "2026-01-02", "--until", "2026-01-01"),
        ("ask", QUESTION, "--format", "pdf"),
        ("ask", f"{QUESTION} since:yesterday-ish"),
        ("search", "caches since:2026", "--until", "2025"),
        ("search", "author:lovelace"),
        ("search", " "),
        ("ingest",),
        ("list", "-n", "0"),
        ("nonsense",),
    ],
)
def test_wrong_usage_exits_2_and_prints_nothing_on_standard_output(home: Path, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_exits_130_and_says_what_is_kept(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.app.ask", interrupted)
    done = run("ask", QUESTION)
    assert done.exit_code == 130
    assert "what was stored until now is kept" in done.stderr


def test_a_bug_is_one_line_and_a_traceback_only_on_demand(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **more: object) -> None:
        raise ZeroDivisionError("secret of the trade")

    monkeypatch.setattr("assistant.app.ask", broken)
    done = run("ask", QUESTION)
    assert done.exit_code == 1
    assert "error: unexpected ZeroDivisionError" in done.stderr
    assert "Traceback" not in done.stderr
    traced = run("ask", QUESTION, "--debug")
    assert traced.exit_code == 1
    assert "Traceback" in traced.stderr
    assert "error: unexpected ZeroDivisionError" in traced.stderr


def test_hostile_text_reaches_the_terminal_as_text() -> None:
    hostile = {
        "title": "Evil \x1b]0;owned\x07",
        "abstract": "KV cache memory \x1b[2J\u202e is reduced [7] by <script>9%</script>.",
        "id": "x:\x1b[8m1\n",
        "url": "https://example.org/\x1b[2J",
        "authors": ["Eve \x1b]8;;http://evil\x07link", "Bob\nid  forged"],
    }
    CliRunner().invoke(app, ["ingest", "-"], input=json.dumps(hostile))
    for words in (("ask", "who reduces KV cache memory?"), ("search", "KV cache"), ("show", "x:1"), ("list",)):
        for form in ("text", "md", "json"):
            out = run(*words, "--format", form).stdout
            assert "Evil" in out or "reduced" in out
            assert not set(out) & set("\x1b\x07\u202e")


def test_output_survives_a_terminal_without_unicode(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", narrow)
    lenient_output()
    print("• é")
    narrow.seek(0)
    assert narrow.read() == "? ?\n"


def test_list_says_what_it_leaves_out(home: Path) -> None:
    assert "20 of 333 papers; more with --offset 20" in run("list").stderr
    some = run("list", "--since", "2025-06-01")
    assert "272 papers without a date are left out" in some.stderr
    nothing = run("list", "--author", "nobody")
    assert (nothing.stdout, nothing.exit_code) == ("", 0)
    assert "no paper meets the conditions" in nothing.stderr


def test_a_day_that_is_none_is_wrong_usage(home: Path) -> None:
    done = run("list", "--since", "soon")
    assert done.exit_code == 2
    assert "“soon” is not a day" in done.stderr


def test_the_first_ingest_tells_where_the_sample_went() -> None:
    assert "--library sample" in run("ingest", SEED).stderr
    assert run("ingest", SEED).stderr == ""


def test_an_ingest_of_nothing_makes_no_library(tmp_path: Path) -> None:
    done = run("ingest", str(tmp_path / "missing"), "--library", str(tmp_path / "lib"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert not (tmp_path / "lib").exists()


def test_files_of_a_folder_that_hold_no_papers_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"name": "x"}\n')
    (tmp_path / "notes.txt").write_text("words\n")
    (tmp_path / "p.jsonl").write_text('{"title": "T", "abstract": "A."}\n')
    done = run("ingest", str(tmp_path))
    assert (done.exit_code, "1 new" in done.stdout) == (0, True)
    assert "2 other files passed over: not papers" in done.stdout


def test_a_remedy_names_the_library_that_is_ill(tmp_path: Path) -> None:
    place = str(tmp_path / "lib")
    run("ingest", SEED, "--library", place)
    (tmp_path / "lib" / "lexical" / "meta.json").write_text("{")
    assert f"assistant reindex --library {place}" in run("search", "x", "--library", place).stderr
    assert f"assistant reindex --library {place}" in run("doctor", "--library", place).stdout
    (tmp_path / "lib" / "lexical" / "link").symlink_to(tmp_path)
    assert f"assistant reindex --library {place}" in run("search", "x", "--library", place).stderr


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
