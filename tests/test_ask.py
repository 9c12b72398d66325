"""`ask` over the sample library: what comes back for each way that a writer can behave."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.app import Assistant
from assistant.ask import MAX_QUESTION, POOL, Desk, ask, checked_question, written
from assistant.citations import NOT_SAID
from assistant.endpoint import OnText
from assistant.errors import ContextOverflow, EndpointError, UsageError
from assistant.results import Answer, Usage
from assistant.writers import Draft, Request, Writer
from tests.conftest import ROOT
from tests.examples import PASSAGES

QUESTION = "which papers reduce KV cache memory?"


class Scripted:
    """A writer that says what it is told to, or fails; it remembers what it was asked."""

    name = "scripted"

    def __init__(self, *replies: str | EndpointError) -> None:
        self.replies = list(replies)
        self.asked: list[Request] = []

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        self.asked.append(request)
        reply = self.replies.pop(0)
        if isinstance(reply, EndpointError):
            raise reply
        return Draft(reply, self.name, Usage(10, 5, estimated=False))


def desk(writer: Writer, *, context_tokens: int = 8_192) -> Desk:
    return Desk(writer, Scripted("It is the fallback's word [1]."), ROOT / "prompts", context_tokens, 500)


@pytest.fixture
def answered(sample: Assistant) -> Callable[..., Answer]:
    def run(*replies: str | EndpointError, question: str = QUESTION, strict: bool = False) -> Answer:
        return ask(
            question, library=sample.library, desk=desk(Scripted(*replies)), k=5, strict=strict, clock=lambda: 0.0
        )

    return run


def test_a_supported_draft_is_an_answer_by_its_writer(answered: Callable[..., Answer]) -> None:
    answer = answered("- CSKV can reduce the memory overhead of the KV cache by 80% [1].")
    assert (answer.status, answer.writer, answer.why) == ("answered", "scripted", "")
    assert answer.candidates_read == POOL
    assert answer.usage == Usage(10, 5, estimated=False)
    assert answer.nearest == ()
    (citation,) = answer.citations
    assert citation.title.startswith("CSKV")
    assert answer.text == "CSKV can reduce the memory overhead of the KV cache by 80%. [1]"


def test_a_draft_with_a_wrong_sentence_is_a_partial_answer(answered: Callable[..., Answer]) -> None:
    draft = "CSKV can reduce the memory overhead of the KV cache by 80% [1]. It also cures colds by 95% [8]."
    answer = answered(draft)
    assert answer.status == "partial"
    assert answer.invented == ("[8]",)
    strict = answered(draft, strict=True)
    assert len(strict.sentences) == 1
    assert [sentence.text for sentence in strict.removed] == ["It also cures colds by 95%."]


def test_a_draft_without_any_support_is_no_answer(answered: Callable[..., Answer]) -> None:
    answer = answered("Bananas are yellow [1].")
    assert (answer.status, answer.sentences, answer.citations) == ("unanswered", (), ())
    assert [sentence.text for sentence in answer.removed] == ["Bananas are yellow."]
    assert len(answer.nearest) == 3


def test_a_writer_may_say_that_the_abstracts_do_not_say(answered: Callable[..., Answer]) -> None:
    assert answered(NOT_SAID).status == "unanswered"
    part = answered(f"CSKV can reduce the memory overhead of the KV cache by 80% [1].\n\n{NOT_SAID}")
    assert part.status == "partial"
    assert len(part.sentences) == 1


def test_no_writer_is_asked_without_evidence(sample: Assistant) -> None:
    writer = Scripted()
    answer = ask("Who won the 2022 FIFA men's World Cup?", library=sample.library, desk=desk(writer), k=5)
    assert answer.status == "unanswered"
    assert answer.why
    assert len(answer.nearest) == 3
    assert writer.asked == []


def test_a_failing_endpoint_is_reported_and_the_fallback_answers(answered: Callable[..., Answer]) -> None:
    answer = answered(EndpointError("the endpoint is down"))
    assert answer.failure == "the endpoint is down"
    assert answer.writer == "scripted"
    assert answer.sentences or answer.removed


def test_a_prompt_that_does_not_fit_loses_its_weakest_passages() -> None:
    writer = Scripted("Reply [1].")
    request = Request(QUESTION, PASSAGES * 4, max_tokens=500)
    _, used = written(request, desk(writer, context_tokens=2_000), None)
    assert 1 <= len(used) < 12
    assert used == (PASSAGES * 4)[: len(used)]
    assert writer.asked[0].prompt.count("Title:") == len(used)


def test_an_endpoint_that_still_overflows_gets_half_once() -> None:
    writer = Scripted(ContextOverflow("too long"), "Reply [1].")
    _, used = written(Request(QUESTION, PASSAGES + PASSAGES), desk(writer), None)
    assert [len(asked.passages) for asked in writer.asked] == [6, 3]
    assert used == PASSAGES
    with pytest.raises(ContextOverflow):
        written(Request(QUESTION, PASSAGES), desk(Scripted(ContextOverflow("a"), ContextOverflow("b"))), None)


def test_abstracts_are_fenced_by_a_line_they_cannot_foresee() -> None:
    writer = Scripted("x", "y")
    written(Request(QUESTION, PASSAGES), desk(writer), None)
    written(Request(QUESTION, PASSAGES[:2]), desk(writer), None)
    fences = [next(line for line in asked.prompt.split("\n") if line.startswith("=")) for asked in writer.asked]
    assert fences[0] != fences[1]
    first = writer.asked[0]
    fence = fences[0].split()[0]
    assert fence in first.system
    assert first.prompt.count(fence) == 2 * len(PASSAGES)
    assert "as shown in (3)." in first.prompt  # the abstract's own [3] is no marker any more


@pytest.mark.parametrize(
    ("question", "said"), [("", "empty"), (" \x1b[0m\u200b ", "empty"), ("x" * 100_000, "100,000")]
)
def test_a_question_that_is_none_is_wrong_usage(question: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as error:
        checked_question(question)
    assert error.value.exit_code == 2


def test_control_characters_are_taken_out_of_a_question() -> None:
    assert checked_question("which\x00 papers\r\n reduce \x1b[31mmemory\x1b[0m?") == "which papers reduce memory?"
    assert len(checked_question("x" * MAX_QUESTION)) == MAX_QUESTION


def test_the_prompts_can_be_ones_own(sample: Assistant, tmp_path: Path) -> None:
    (tmp_path / "ask-system.md").write_text("Fence ${boundary}.")
    (tmp_path / "ask-user.md").write_text("${count} abstracts. ${passages} Q: ${question}")
    writer = Scripted("x")
    written(Request(QUESTION, PASSAGES), Desk(writer, writer, tmp_path, 8_192, 500), None)
    assert writer.asked[0].prompt.startswith("3 abstracts.")
