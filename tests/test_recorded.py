"""Exchanges with a language model, recorded by vcrpy through a relay endpoint (cassettes/README.md) and replayed.

`pytest tests/test_recorded.py --record-from http://127.0.0.1:8099/v1` records them anew; never in CI.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from assistant.citations import Checked, check
from assistant.cli import app
from assistant.desk import Desk
from assistant.drafts import parse
from assistant.endpoint import Endpoint
from assistant.errors import EndpointError
from assistant.papers import Paper, Passage
from assistant.writers import Draft, OpenAIWriter, Request
from tests.conftest import ROOT, Cassette
from tests.examples import Scripted, passage

KV_CACHE = (
    "CSKV: Training-Efficient Channel Shrinking for KV Cache in Long-Context Scenarios",
    "QServe: W4A8KV4 Quantization and System Co-design for Efficient LLM Serving",
    "ETS: Efficient Tree Search for Inference-Time Scaling",
    "vAttention: Dynamic Memory Management for Serving LLMs without PagedAttention",
    "Accurate Block Quantization in LLMs with Outliers",
)
TEST_TIME = (
    "Scaling LLM Test-Time Compute Optimally can be More Effective than Scaling Model Parameters",
    "Kinetics: Rethinking Test-Time Scaling Laws",
)
FLASH = ("FlashAttention-2: Faster Attention with Better Parallelism and Work Partitioning",)


@pytest.fixture
def exchange(seeds: dict[str, Paper], cassette: Cassette) -> Callable[..., tuple[Draft, Checked]]:
    """Put a question over given papers to the recorded endpoint; its draft, and what the check makes of it."""

    def run(
        name: str, question: str, titles: tuple[str, ...], on_text: Callable[[str], None] | None = None
    ) -> tuple[Draft, Checked]:
        passages: tuple[Passage, ...] = tuple(passage(seeds[title]) for title in titles)
        with cassette(name) as base_url:
            writer = OpenAIWriter("relay", Endpoint(base_url=base_url, api_key="no-key", timeout_s=3600))
            draft, used = Desk(Scripted()).ask_model(Request(question, passages), writer, on_text=on_text)
        return draft, check(parse(draft.text), used, rarity={})

    return run


def test_a_good_answer_is_supported_sentence_by_sentence(exchange: Callable[..., tuple[Draft, Checked]]) -> None:
    draft, checked = exchange("good-answer", "which papers reduce KV cache memory?", KV_CACHE)
    assert draft.writer == "relay"
    assert draft.usage is not None
    assert not draft.usage.estimated
    assert {sentence.verdict for sentence in checked.sentences} == {"supported"}
    assert len(checked.citations) >= 3
    assert checked.invented == ()


def test_a_streamed_answer_arrives_in_pieces_and_whole(exchange: Callable[..., tuple[Draft, Checked]]) -> None:
    pieces: list[str] = []
    question = "is it better to spend test-time compute on a small model?"
    draft, checked = exchange("streamed-answer", question, TEST_TIME, pieces.append)
    assert len(pieces) > 5
    assert "".join(pieces).strip() == draft.text
    assert draft.usage is not None
    assert not draft.usage.estimated
    assert {citation.title for citation in checked.citations} == set(TEST_TIME)
    assert "unsupported" not in {sentence.verdict for sentence in checked.sentences}


def test_an_invented_citation_is_taken_out_and_counted(exchange: Callable[..., tuple[Draft, Checked]]) -> None:
    draft, checked = exchange("invented-citation", "how does vAttention manage KV cache memory?", KV_CACHE)
    assert "[9]" in draft.text
    assert checked.invented == ("[9]",)
    flagged = [sentence for sentence in checked.sentences if any("[9]" in reason for reason in sentence.reasons)]
    assert flagged
    assert all(sentence.verdict != "supported" for sentence in flagged)


def test_a_model_that_finds_nothing_says_the_agreed_sentence(exchange: Callable[..., tuple[Draft, Checked]]) -> None:
    _, checked = exchange("abstention", "at which conference was FlashAttention-2 published?", FLASH)
    assert checked.not_said
    assert checked.sentences == ()


def test_a_wrong_number_is_caught_with_what_the_abstract_says(exchange: Callable[..., tuple[Draft, Checked]]) -> None:
    _, checked = exchange("wrong-number", "how much faster is FlashAttention-2 than FlashAttention?", FLASH)
    wrong = [sentence for sentence in checked.sentences if sentence.verdict == "unsupported"]
    assert wrong
    assert any("the abstract says" in reason for sentence in wrong for reason in sentence.reasons)


def test_the_command_line_asks_the_model_and_shows_what_the_check_found(
    seeds: dict[str, Paper], cassette: Cassette, tmp_path: Path
) -> None:
    (paper,) = (seeds[title] for title in FLASH)
    (tmp_path / "one.jsonl").write_text(json.dumps({"title": paper.title, "abstract": paper.abstract}))
    runner = CliRunner()
    assert runner.invoke(app, ["ingest", str(tmp_path / "one.jsonl")]).exit_code == 0

    def asked(name: str, question: str, *options: str) -> Result:
        with cassette(name) as base_url:
            return runner.invoke(app, ["ask", question, "--model", "relay", "--base-url", base_url, *options])

    wrong = asked("wrong-number", "how much faster is FlashAttention-2 than FlashAttention?")
    assert wrong.exit_code == 3
    assert "Taken out, not supported" in wrong.stdout
    assert "! not supported: says 5×, the abstract says 2×" in wrong.stdout
    assert "written by relay" in wrong.stdout
    strict = asked("wrong-number", "how much faster is FlashAttention-2 than FlashAttention?", "--strict")
    assert strict.exit_code == 5
    assert "Taken out, not supported" in strict.stdout
    assert "! not supported: says 5×, the abstract says 2×" in strict.stdout


def test_a_digest_in_a_models_words_holds_against_the_abstracts(cassette: Cassette, sample_home: Path) -> None:
    days = ("--since", "2025-05-01", "--until", "2025-06-30", "--library", "sample", "-f", "json", "--no-cache")
    with cassette("digest") as base_url:
        result = _reported(base_url, sample_home, "digest", *days)
    (theme,) = result["themes"]
    assert (result["writer"], theme["writer"], result["removed"]) == ("relay", "relay", [])
    assert theme["name"] != "Group 1"
    said = [*result["overview"], *theme["sentences"], *(entry["tldr"] for entry in theme["entries"])]
    assert len(said) >= 8
    verdicts = [one["verdict"] for one in said]
    assert verdicts.count("supported") / len(verdicts) >= 0.5
    assert "unsupported" not in verdicts


def test_a_summary_in_a_models_words_has_its_sections_and_a_row_a_paper(cassette: Cassette, sample_home: Path) -> None:
    with cassette("summary") as base_url:
        topic = ("KV cache compression", "--papers", "8", "--library", "sample", "-f", "json", "--no-cache")
        result = _reported(base_url, sample_home, "summarize", *topic)
    titles = [section["title"] for section in result["sections"]]
    assert titles[0] == "What it is about"
    assert any(title.startswith("Approaches: ") for title in titles)
    assert "Results" in titles
    assert result["writer"] == "relay"
    assert [row["n"] for row in result["rows"]] == [one["n"] for one in result["citations"]]
    verdicts = [one["verdict"] for section in result["sections"] for one in section["sentences"]]
    assert verdicts.count("supported") / len(verdicts) >= 0.7


def _reported(base_url: str, home: Path, *words: str) -> dict[str, Any]:
    """What a command says in JSON, with the recorded model behind it; requests one after the other, as recorded."""
    where = ("--model", "relay", "--base-url", base_url, "--jobs", "1")
    result = CliRunner(env={"ASSISTANT_HOME": str(home), "ASSISTANT_TIMEOUT": "3600"}).invoke(app, [*words, *where])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("base_url", ["http://llm.invalid/v1", "http://127.0.0.1:9/openai/v1"])
def test_a_refused_key_is_an_endpoint_error_without_the_key(cassette: Cassette, base_url: str) -> None:
    with cassette("refused-key") as recorded_at:
        at = base_url if recorded_at == "http://llm.invalid/v1" else recorded_at
        writer = OpenAIWriter("relay", Endpoint(base_url=at, api_key="sk-wrong", timeout_s=60))
        with pytest.raises(EndpointError, match="refused the API key") as error:
            writer.write(Request("q", (), system="s", prompt="p"))
    assert "sk-wrong" not in str(error.value) + error.value.hint
    assert error.value.exit_code == 4
    assert error.value.__cause__ is None


def test_no_cassette_holds_a_key_or_an_address() -> None:
    for file in (ROOT / "cassettes").rglob("*.yaml"):
        text = file.read_text().lower()
        assert "authorization" not in text
        assert not re.search(r"\bsk-(?=\w*\d|wrong|secret)", text)
        assert "127.0.0.1" not in text
