"""`ask` over the sample library: what comes back for each way that a writer can behave."""

import re
from collections.abc import Callable
from datetime import date

import pytest

from assistant.app import Assistant
from assistant.ask import MAX_QUESTION, POOL, ask, checked_question
from assistant.citations import NOT_SAID
from assistant.desk import BATCH, Desk
from assistant.embedders import BUNDLED, StaticEmbedder
from assistant.errors import EndpointError, UsageError
from assistant.extractive import ExtractiveWriter
from assistant.judging import Judge
from assistant.results import Answer, Usage
from assistant.writers import Request
from tests.examples import Scripted
from tests.server import Reply, Server, completion, failure

TODAY = date(2026, 1, 31)
QUESTION = "how is KV cache memory reduced?"
SURVEY = "which papers reduce KV cache memory?"


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


def numbers(request: Request) -> list[int]:
    """The numbers under which a model sees the abstracts."""
    return [int(n) for n in re.findall(r"^=\w+ \[(\d+)\]$", request.prompt, re.MULTILINE)]


def surveyed(sample: Assistant, writer: Scripted) -> Answer:
    desk = Desk(Scripted(STAND_IN, name="extractive"), writer)
    return ask(SURVEY, library=sample.library, desk=desk, k=5, today=TODAY, clock=lambda: 0.0)


def test_a_survey_has_a_model_read_every_candidate_in_batches_and_not_only_k(sample: Assistant) -> None:
    writer = Scripted("- CSKV can reduce the memory overhead of the KV cache by 80%. [1]", *[NOT_SAID] * 9)
    answer = surveyed(sample, writer)
    assert answer.candidates_read > BATCH / 2 > 5
    assert [n for request in writer.asked for n in numbers(request)] == list(range(1, answer.candidates_read + 1))
    assert len(writer.asked) > 1
    assert all("One bullet for each" in request.prompt for request in writer.asked)
    assert (answer.status, answer.usage) == ("answered", Usage(10 * len(writer.asked), 5 * len(writer.asked), False))
    (match,) = answer.matches
    assert (match.n, match.how) == (1, "CSKV can reduce the memory overhead of the KV cache by 80%.")
    assert answer.recall_estimate is not None
    assert 0.8 < answer.recall_estimate < 1  # it read all that has a chance to match


def test_a_survey_whose_endpoint_fails_midway_keeps_its_rows_and_says_how_far_the_model_read(sample: Assistant) -> None:
    down = EndpointError("it is down", hint="Start it.")
    row = "- CSKV can reduce the memory overhead of the KV cache by 80%. [1]"
    writer = Scripted(row, down)
    answer = ask(
        SURVEY,
        library=sample.library,
        desk=Desk(ExtractiveWriter(StaticEmbedder("bundled", BUNDLED).embed), writer, context_tokens=4_000),
        k=5,
        today=TODAY,
        clock=lambda: 0.0,
    )
    assert (answer.writer, answer.failure) == ("scripted, then extractive", "it is down (Start it.)")
    first, *rest = answer.matches
    assert (first.n, first.how) == (1, "CSKV can reduce the memory overhead of the KV cache by 80%.")
    read = {one.found.paper_id for one in writer.asked[0].passages}
    assert rest
    assert read.isdisjoint(citation.paper_id for citation in answer.citations[1:])
    assert f"the model read the first {len(read)} of {answer.candidates_read} candidates" in answer.notices
    assert answer.recall_estimate is not None
    assert answer.recall_estimate < 0.8  # which counts only what was matched: not all was read


def test_a_survey_in_which_no_batch_matches_is_no_answer(sample: Assistant) -> None:
    answer = surveyed(sample, Scripted(*[NOT_SAID] * 10))
    assert (answer.status, answer.matches, answer.recall_estimate) == ("unanswered", (), None)
    assert len(answer.nearest) == 3


def test_a_row_of_a_survey_is_checked_like_every_sentence(sample: Assistant) -> None:
    drafts = "- CSKV reduces the memory overhead of the KV cache by 93%. [1]\n- CSKV works on the KV cache. [1]"
    answer = surveyed(sample, Scripted(drafts, *[NOT_SAID] * 9))
    (match,) = answer.matches  # two bullets about a paper are one row
    assert match.sentences[0].verdict == "unsupported"
    assert "the abstract says 80%" in match.sentences[0].reasons[0]


def test_without_a_model_a_survey_lists_what_is_likely_and_estimates_what_it_misses(sample: Assistant) -> None:
    answer = sample.ask(SURVEY, k=1)
    assert len(answer.matches) == len(answer.citations) > 5
    assert answer.candidates_read > len(answer.matches)
    assert answer.recall_estimate is not None
    assert 0.4 < answer.recall_estimate < 0.95
    assert {sentence.verdict for sentence in answer.sentences} == {"supported"}
    assert sample.ask("how is KV cache memory reduced?").recall_estimate is None


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


def test_each_part_of_a_question_gets_its_share_of_the_papers(sample: Assistant) -> None:
    writer = Scripted("SGLang can speed up common LLM tasks by up to 5x [3].")
    question = "how do vLLM and SGLang compare on throughput?"
    answer = ask(question, library=sample.library, desk=Desk(Scripted(), writer), k=4, today=TODAY)
    (request,) = writer.asked
    assert request.question == question
    assert [part.question for part in request.parts] == ["vLLM throughput?", "SGLang throughput?"]
    assert [len(part.passages) for part in request.parts] == [2, 2]
    assert [part.first for part in request.parts] == [1, 3]
    assert len({one.found.paper_id for one in request.passages}) == 4
    assert "SGLang" in request.parts[1].passages[0].found.paper.title
    assert answer.status == "answered"


def test_without_a_model_a_comparison_quotes_papers_for_each_part(sample: Assistant) -> None:
    answer = sample.ask("how do vLLM and SGLang compare on throughput?", k=4)
    assert {sentence.verdict for sentence in answer.sentences} == {"supported"}
    assert "SGLang" in answer.text
    assert "vLLM" in answer.text
    assert "SGLang" in answer.citations[-1].title  # markers of the second part name its own papers


def test_a_part_without_evidence_is_told(sample: Assistant) -> None:
    answer = sample.ask("compare speculative decoding and bread baking")
    assert (answer.status, answer.why) == ("partial", "the library has nothing on “bread baking”")
    assert answer.sentences
    neither = sample.ask("compare bread baking and flower gardening")
    assert (neither.status, neither.writer) == ("unanswered", None)


def test_a_paper_that_is_there_without_the_fact_is_named_as_what_could_settle_it(sample: Assistant) -> None:
    answer = sample.ask("How many GPU days did training LTX-Video take?")
    assert (answer.status, answer.writer) == ("unanswered", None)
    (paper,) = answer.named
    assert paper.title.startswith("LTX-Video")
    assert len(answer.nearest) == 3
    assert sample.ask("Who won the 2022 FIFA men's World Cup?").named == ()


def test_a_writer_that_finds_nothing_in_the_paper_named_is_told_in_the_same_way(
    answered: Callable[..., Answer],
) -> None:
    question = "does LTX-Video generate video in real time?"
    assert [paper.n for paper in answered(NOT_SAID, question=question).named] == [1]
    assert answered("LTX-Video is a video latent diffusion [1].", question=question).named == ()
