"""`ask` over the sample library: what comes back for each way that a writer can behave."""

from collections.abc import Callable
from datetime import date

import pytest

from assistant.app import Assistant
from assistant.ask import MAX_QUESTION, POOL, ask, checked_question
from assistant.citations import NOT_SAID
from assistant.desk import Desk
from assistant.errors import EndpointError, UsageError
from assistant.judging import Judge
from assistant.results import Answer, Usage
from tests.examples import Scripted
from tests.server import Reply, Server, completion, failure

TODAY = date(2026, 1, 31)
QUESTION = "which papers reduce KV cache memory?"


STAND_IN = "- Extensive experiments show that CSKV can reduce the memory overhead of the KV cache by 80% [1]."


@pytest.fixture
def answered(sample: Assistant) -> Callable[..., Answer]:
    def run(*replies: str | EndpointError, question: str = QUESTION, strict: bool = False) -> Answer:
        desk = Desk(Scripted(STAND_IN, name="extractive"), Scripted(*replies))
        return ask(question, library=sample.library, desk=desk, k=5, today=TODAY, strict=strict, clock=lambda: 0.0)

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
    assert strict.invented == ("[8]",)  # counted though its sentence is gone


def test_a_draft_without_any_support_is_no_answer(answered: Callable[..., Answer]) -> None:
    answer = answered("Bananas are yellow [1].")
    assert (answer.status, answer.sentences) == ("unanswered", ())
    assert [sentence.text for sentence in answer.removed] == ["Bananas are yellow."]
    assert [citation.n for citation in answer.citations] == [1]  # what was taken out can still be looked up
    assert len(answer.nearest) == 3
    assert answered("Bananas are yellow [9].").invented == ("[9]",)


def test_a_sentence_that_turns_the_abstract_round_is_not_supported(answered: Callable[..., Answer]) -> None:
    answer = answered("CSKV cannot reduce the memory overhead of the KV cache by 80% [1].", strict=True)
    (removed,) = answer.removed
    assert removed.reasons[0].startswith("says cannot reduce, the abstract says reduce: “Extensive experiments show")


def test_a_writer_may_say_that_the_abstracts_do_not_say(answered: Callable[..., Answer]) -> None:
    assert answered(NOT_SAID).status == "unanswered"
    part = answered(f"CSKV can reduce the memory overhead of the KV cache by 80% [1].\n\n{NOT_SAID}")
    assert part.status == "partial"
    assert len(part.sentences) == 1


def test_what_is_no_claim_is_not_said_to_be_unsupported(answered: Callable[..., Answer]) -> None:
    answer = answered(f"Here is what I found:\n\n{NOT_SAID}", strict=True)
    assert (answer.status, answer.sentences, answer.removed) == ("unanswered", (), ())


def test_no_writer_is_asked_without_evidence(sample: Assistant) -> None:
    writer = Scripted()
    answer = ask(
        "Who won the 2022 FIFA men's World Cup?", library=sample.library, desk=Desk(writer, writer), k=5, today=TODAY
    )
    assert answer.status == "unanswered"
    assert answer.why
    assert answer.writer is None
    assert len(answer.nearest) == 3
    assert writer.asked == []


def test_a_failing_endpoint_is_reported_and_the_fallback_answers(answered: Callable[..., Answer]) -> None:
    answer = answered(EndpointError("the endpoint is down", hint="Start it."))
    assert answer.failure == "the endpoint is down (Start it.)"
    assert answer.writer == "extractive"
    assert answer.text.startswith("Extensive experiments show that CSKV")


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


GOOD = "CSKV can reduce the memory overhead of the KV cache by 80% [1]."
JUDGED = completion(
    '{"verdicts": [{"n": 1, "reason": "it says so", "verdict": "entailed"}, '
    '{"n": 2, "reason": "of memory, not of time", "verdict": "not entailed"}]}',
    usage={"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
)


def judged(sample: Assistant, server: Server, reply: Reply, *, model: bool = True, strict: bool = False) -> Answer:
    server.replies = [reply]
    draft = f"{GOOD} The overhead of the KV cache is reduced by CSKV by 80% [1]."
    writer = Scripted(draft, name="m" if model else "extractive")
    return ask(
        QUESTION,
        library=sample.library,
        desk=Desk(Scripted(), writer) if model else Desk(writer),
        k=5,
        today=TODAY,
        judge=Judge("m", server.endpoint()),
        strict=strict,
        clock=lambda: 0.0,
    )


@pytest.mark.parametrize("model", [True, False])
def test_what_the_judge_finds_unsupported_counts_as_such_whoever_wrote_it(
    sample: Assistant, server: Server, model: bool
) -> None:
    answer = judged(sample, server, JUDGED, model=model)
    assert [(s.verdict, s.checked_by) for s in answer.sentences] == [("supported", "both"), ("unsupported", "model")]
    assert answer.status == "partial"
    assert len(judged(sample, server, JUDGED, model=model, strict=True).removed) == 1


def test_an_answer_whose_judge_fails_stays_and_says_so(sample: Assistant, server: Server) -> None:
    answer = judged(sample, server, failure(401, "no"))
    assert {sentence.checked_by for sentence in answer.sentences} == {"words"}
    assert answer.status == "answered"
    assert "refused the API key" in answer.unjudged
    assert answer.failure == ""


def test_an_endpoint_that_failed_to_write_is_not_asked_to_judge(sample: Assistant, server: Server) -> None:
    desk = Desk(Scripted(STAND_IN, name="extractive"), Scripted(EndpointError("it is down", hint="Start it.")))
    judge = Judge("m", server.endpoint())
    answer = ask(QUESTION, library=sample.library, desk=desk, k=5, today=TODAY, judge=judge)
    assert (answer.unjudged, answer.failure, answer.writer) == (answer.failure, "it is down (Start it.)", "extractive")
    assert server.bodies == []
