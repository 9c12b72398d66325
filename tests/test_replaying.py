"""Recorded answers of a model: that they are what the cassettes say, and how they are shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import record
from typer.testing import CliRunner, Result

from assistant import Assistant
from assistant.cleaning import clean
from assistant.cli import app
from assistant.drafts import parse
from assistant.errors import EndpointError, PaperNotFound, UsageError
from assistant.replaying import PLACE, recording, recordings, replay
from assistant.results import Verdict
from assistant.writers import Draft, OpenAIWriter
from tests.server import Server, completion, failure

KV_CACHE = "which papers reduce KV cache memory?"
HOW = "how is KV cache memory reduced?"
BEHIND = "a large language model, through a relay"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def test_the_recordings_are_what_the_cassettes_say(sample: Assistant) -> None:
    assert json.loads(PLACE.read_text()) == record.recordings(sample), "run: python tools/record.py"
    assert {file.stem for file in record.ANSWERS.glob("*.yaml")} == record.questions().keys()


@pytest.mark.parametrize("question", [one.recorded.question for one in recordings()])
def test_every_recording_is_replayed_over_the_papers_it_was_written_from(sample: Assistant, question: str) -> None:
    one = recording(question)
    answer = sample.replay(question)
    assert (answer.question, answer.writer, answer.recorded) == (question, one.recorded.writer, one.recorded)
    assert answer.usage == one.draft.usage
    marks = dict.fromkeys(n for claim in parse(one.draft.text) for n in claim.marks)
    cited = [one.papers[n - 1] for n in marks if n <= len(one.papers)]
    assert [citation.paper_id for citation in answer.citations] == cited


def test_a_recorded_draft_is_checked_as_any(sample: Assistant) -> None:
    def verdicts(text: str) -> list[Verdict]:
        answer = replay(replace(one, draft=Draft(text, "relay")), library=sample.library)
        return [sentence.verdict for sentence in (*answer.sentences, *answer.removed)]

    one = recording(KV_CACHE)
    assert "supported" in verdicts(one.draft.text)
    assert verdicts("CSKV reduces the memory overhead of the KV cache by 95% [2].") == ["unsupported"]


def test_a_question_is_found_whatever_its_capitals_and_last_mark() -> None:
    assert recording("Which papers reduce  KV cache memory").recorded.question == KV_CACHE


def test_another_question_is_wrong_usage_and_the_nearest_are_named() -> None:
    with pytest.raises(UsageError, match="no answer to this question is recorded") as error:
        recording("which papers reduce memory?")
    assert error.value.hint.startswith(f"ask --replay lists those that are. The nearest: “{KV_CACHE}”")


def test_a_library_without_the_papers_cannot_replay(tmp_path: Path) -> None:
    (tmp_path / "one.jsonl").write_text('{"title": "Bees", "abstract": "Bees dance."}')
    with Assistant.open(home=str(tmp_path)) as mine:
        mine.ingest(tmp_path / "one.jsonl")
        with pytest.raises(UsageError, match="about the sample library"):
            mine.replay(KV_CACHE)
        with pytest.raises(PaperNotFound):
            replay(recording(KV_CACHE), library=mine.library)


# ---- the command line


def test_alone_it_lists_the_recorded_questions(home: Path) -> None:
    done = run("ask", "--replay")
    assert (done.exit_code, done.stdout.splitlines()) == (0, [one.recorded.question for one in recordings()])
    assert run("ask", "--replay", "-f", "md").stdout.splitlines()[0] == f"- {recordings()[0].recorded.question}"
    document = json.loads(run("ask", "--replay", "-f", "json").stdout)
    assert (document["schema"], document["library"]) == ("recordings/1", "sample")
    assert document["recordings"][0].keys() == {"question", "writer", "date", "from"}


def test_an_answer_is_labelled_as_recorded_in_every_form(home: Path) -> None:
    one = recording(KV_CACHE).recorded
    label = f"recorded on {one.date}: written by {one.writer} ({one.source})"
    done = run("ask", "--replay", KV_CACHE)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1].startswith(label)
    assert label in run("ask", "--replay", KV_CACHE, "-f", "md").stdout
    document = json.loads(run("ask", "--replay", KV_CACHE, "-f", "json").stdout)
    assert document["writer"] == one.writer
    assert document["recorded"] == {
        "question": KV_CACHE,
        "writer": one.writer,
        "date": str(one.date),
        "from": one.source,
    }


def test_the_sample_answers_it_also_where_there_is_another_library(
    sample_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one.jsonl").write_text('{"title": "Bees", "abstract": "Bees dance."}')
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "samples").symlink_to(sample_home / "samples")
    assert run("ingest", str(tmp_path / "one.jsonl")).exit_code == 0
    monkeypatch.setenv("ASSISTANT_LIBRARY", "default")
    monkeypatch.setenv("ASSISTANT_MODEL", "asked-of-nobody")
    assert run("ask", "--replay", KV_CACHE).exit_code == 0
    refused = run("ask", "--replay", KV_CACHE, "--library", "default")
    assert refused.exit_code == 2
    assert "recorded answers are about the sample library" in refused.stderr


@pytest.mark.parametrize(
    "options", [("-k", "3"), ("--model", "m"), ("--judge",), ("--since", "2026"), ("--author", "x"), ("--no-judge",)]
)
def test_what_would_change_the_asking_cannot_be_combined_with_it(home: Path, options: tuple[str, ...]) -> None:
    done = run("ask", "--replay", KV_CACHE, *options)
    assert done.exit_code == 2
    assert "error: --replay shows what was recorded" in done.stderr


def test_a_question_that_is_not_recorded_is_wrong_usage(home: Path) -> None:
    done = run("ask", "--replay", "who won?")
    assert done.exit_code == 2
    assert "no answer to this question is recorded" in done.stderr
    assert done.stdout == ""


def test_without_it_a_question_is_needed(home: Path) -> None:
    done = run("ask")
    assert done.exit_code == 2
    assert "the question is empty" in done.stderr


# ---- how they are recorded


def test_what_is_recorded_is_what_is_replayed(
    sample: Assistant, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = "<think>[9]</think>CSKV can reduce the memory overhead of the KV cache by 80% [1]."
    server.replies = [failure(400, "temperature is not taken"), completion(said)]
    writer = OpenAIWriter("m", server.endpoint())
    record.record(sample, HOW, tmp_path / "x.yaml", writer=writer, stands_for=BEHIND)
    assert "supported" in capsys.readouterr().out
    text = (tmp_path / "x.yaml").read_text()
    assert "127.0.0.1" not in text
    assert "sk-secret" not in text
    ids = {one.title: one.paper_id for one in sample.search(HOW, k=10)}
    kept = record.recording(tmp_path / "x.yaml", ids)
    assert kept["draft"] == "CSKV can reduce the memory overhead of the KV cache by 80% [1]."
    assert (kept["writer"], kept["from"]) == ("m", BEHIND)
    assert kept["papers"] == list(ids.values())


def test_the_batches_of_a_survey_are_one_recording(sample: Assistant, server: Server, tmp_path: Path) -> None:
    server.replies = [completion("- A [1]."), completion("- B [21].")]
    writer = OpenAIWriter("m", server.endpoint())
    record.record(sample, KV_CACHE, tmp_path / "x.yaml", writer=writer, stands_for=BEHIND)
    kept = record.recording(tmp_path / "x.yaml", record.ids_by_title(sample))
    assert kept["draft"] == "- A [1].\n\n- B [21]."
    assert len(kept["papers"]) == len(set(kept["papers"])) > 20
    second = server.bodies[1]["messages"][1]["content"]
    assert f" [21]\nTitle: {clean(sample.show(kept['papers'][20]).paper.title)}\n" in second


def test_an_endpoint_that_fails_leaves_no_cassette(sample: Assistant, server: Server, tmp_path: Path) -> None:
    server.replies = [failure(401, "no")]
    with pytest.raises(EndpointError):
        record.record(sample, HOW, tmp_path / "x.yaml", writer=OpenAIWriter("m", server.endpoint()), stands_for=BEHIND)
    assert not (tmp_path / "x.yaml").exists()
