"""Who writes and from how much: the prompt, what fits into it, and who stands in."""

from pathlib import Path

import pytest

from assistant.desk import BATCH, Desk
from assistant.errors import BudgetError, ContextOverflow, EndpointError, IncompleteReply
from assistant.results import Usage
from assistant.writers import Draft, Request
from tests.examples import PASSAGES, Scripted

QUESTION = "which papers reduce KV cache memory?"


def test_without_a_model_the_extractive_writer_gets_every_passage_and_no_prompt(tmp_path: Path) -> None:
    extractive = Scripted("Reply [1].", name="extractive")
    desk = Desk(extractive, prompts=str(tmp_path / "nothing"), context_tokens=512)
    written = desk.write(Request(QUESTION, PASSAGES * 4))
    assert (written.draft.writer, written.passages, written.notices) == ("extractive", PASSAGES * 4, ())
    assert extractive.asked[0].prompt == ""


def test_a_failing_endpoint_is_told_and_the_extractive_writer_stands_in() -> None:
    desk = Desk(Scripted("Reply [1].", name="extractive"), Scripted(EndpointError("it is down", hint="Start it.")))
    written = desk.write(Request(QUESTION, PASSAGES))
    assert (written.draft.writer, written.failure) == ("extractive", "it is down (Start it.)")


def test_a_prompt_that_does_not_fit_loses_its_weakest_passages() -> None:
    writer = Scripted("Reply [1].")
    request = Request(QUESTION, PASSAGES * 4)
    written = Desk(Scripted(), writer, context_tokens=2_000, max_tokens=500).write(request)
    used = written.passages
    assert 1 <= len(used) < 12
    assert written.notices == (f"{12 - len(used)} papers did not fit into the model's context and were left out",)
    assert used == (PASSAGES * 4)[: len(used)]
    assert writer.asked[0].prompt.count("Title:") == len(used)


def test_an_endpoint_that_still_overflows_gets_half_once() -> None:
    writer = Scripted(ContextOverflow("too long"), "Reply [1].")
    used = Desk(Scripted(), writer).write(Request(QUESTION, PASSAGES + PASSAGES)).passages
    assert [len(asked.passages) for asked in writer.asked] == [6, 3]
    assert used == PASSAGES
    hopeless = Scripted(ContextOverflow("a"), ContextOverflow("b"))
    with pytest.raises(ContextOverflow):
        Desk(Scripted()).ask_model(Request(QUESTION, PASSAGES), hopeless)


def test_abstracts_are_fenced_by_a_line_they_cannot_foresee() -> None:
    writer = Scripted("x", "y")
    Desk(Scripted(), writer).write(Request(QUESTION, PASSAGES))
    Desk(Scripted(), writer).write(Request(QUESTION, PASSAGES[:2]))
    fences = [next(line for line in asked.prompt.split("\n") if line.startswith("=")) for asked in writer.asked]
    assert fences[0] != fences[1]
    first = writer.asked[0]
    fence = fences[0].split()[0]
    assert fence in first.system
    assert first.prompt.count(fence) == 2 * len(PASSAGES)
    assert "as shown in (3)." in first.prompt  # the abstract's own [3] is no marker any more


def test_the_prompts_can_be_ones_own(tmp_path: Path) -> None:
    (tmp_path / "ask-system.md").write_text("Fence ${boundary}.")
    (tmp_path / "ask-user.md").write_text("${count} abstracts. ${passages} Q: ${question}")
    writer = Scripted("x")
    Desk(Scripted(), writer, prompts=str(tmp_path)).write(Request(QUESTION, PASSAGES))
    assert writer.asked[0].prompt.startswith("3 abstracts.")


def test_a_survey_is_put_in_batches_whose_numbers_go_on_and_its_usage_is_the_sum() -> None:
    writer = Scripted("- One [1].", "- Two [21].")
    heard: list[str] = []
    passages = PASSAGES * 8
    written = Desk(Scripted(), writer, context_tokens=50_000).write(
        Request(QUESTION, passages, likely=(1,)), on_text=heard.append
    )
    assert [len(asked.passages) for asked in writer.asked] == [BATCH, len(passages) - BATCH]
    assert f" [{BATCH}]\n" in writer.asked[0].prompt
    assert f" [{BATCH + 1}]\n" in writer.asked[1].prompt
    assert " [1]\n" not in writer.asked[1].prompt
    assert written.draft.text == "- One [1].\n\n- Two [21]."
    assert written.draft.usage == Usage(20, 10, estimated=False)
    assert written.passages == passages


def test_a_survey_reads_what_did_not_fit_with_the_next_batch() -> None:
    writer = Scripted(ContextOverflow("too long"), *["The abstracts do not say."] * 3)
    written = Desk(Scripted(), writer).write(Request(QUESTION, PASSAGES + PASSAGES, likely=(1,)))
    assert [(asked.first, len(asked.passages)) for asked in writer.asked] == [(1, 6), (1, 3), (4, 3)]
    assert written.notices == ()


def test_a_survey_whose_endpoint_fails_midway_keeps_what_was_read_and_lists_what_is_likely_of_the_rest() -> None:
    writer = Scripted("- One [1].", EndpointError("it is down", hint="Start it."))
    extractive = Scripted("- Stood in [23].", name="extractive")
    written = Desk(extractive, writer).write(Request(QUESTION, PASSAGES * 8, likely=(2, 23)))
    assert (written.draft.text, written.draft.writer) == ("- One [1].\n\n- Stood in [23].", "scripted, then extractive")
    assert (extractive.asked[0].first, extractive.asked[0].likely) == (BATCH + 1, (3,))
    assert written.failure == "it is down (Start it.)"
    assert written.notices == (f"the model read the first {BATCH} of 24 candidates",)


def test_a_survey_whose_endpoint_fails_at_once_or_before_anything_likely_is_plainly_told() -> None:
    down = EndpointError("it is down", hint="Start it.")
    desk = Desk(Scripted("- Stood in [2].", name="extractive"), Scripted(down))
    assert desk.write(Request(QUESTION, PASSAGES * 8, likely=(2,))).draft.writer == "extractive"
    unasked = Scripted(name="extractive")
    written = Desk(unasked, Scripted("- One [1].", down)).write(Request(QUESTION, PASSAGES * 8, likely=(2,)))
    assert (written.draft.text.strip(), unasked.asked) == ("- One [1].", [])


def test_several_requests_share_a_system_prompt_and_no_user_prompt() -> None:
    """So that what a server caches of the first serves the others."""
    writer = Scripted("One [1].", "Two [1].")
    requests = [Request(QUESTION, PASSAGES[:2], task="theme"), Request(QUESTION, PASSAGES[2:], task="theme")]
    drafts = Desk(Scripted()).ask_each(requests, writer)
    assert [one.text for one in drafts if isinstance(one, Draft)] == ["One [1].", "Two [1]."]
    first, second = writer.asked
    assert first.system == second.system
    assert first.prompt != second.prompt
    fence = first.prompt.split()[0]
    assert fence == second.prompt.split()[0]
    other = Scripted("x")
    Desk(Scripted()).ask_each(requests[:1], other)
    assert fence not in other.asked[0].prompt, "it is a digest over all of them"


def test_notes_stand_in_the_place_of_abstracts_and_go_with_their_passages() -> None:
    writer = Scripted("x")
    notes = tuple(f"Idea: number {n}" for n in range(12))
    request = Request(QUESTION, PASSAGES * 4, task="sections", notes=notes)
    Desk(Scripted(), context_tokens=1_300, max_tokens=500).ask_each([request], writer)
    asked = writer.asked[0]
    assert "Abstract:" not in asked.prompt
    assert 1 <= len(asked.passages) < 12
    assert [n for n in range(12) if f"Idea: number {n}\n" in asked.prompt] == list(range(len(asked.passages)))
    assert f"{len(asked.passages)} notes" in asked.prompt


def test_an_endpoint_that_has_failed_is_asked_no_more_and_an_empty_reply_fails_alone() -> None:
    down = EndpointError("it is down", hint="Start it.")
    writer = Scripted(IncompleteReply("it is empty"), "Two [1].", down, "never")
    requests = [Request(QUESTION, PASSAGES[:1], task="theme")] * 5
    given = Desk(Scripted()).ask_each(requests, writer)
    assert [type(one).__name__ for one in given] == ["IncompleteReply", "Draft", *["EndpointError"] * 3]
    assert len(writer.asked) == 3


def test_a_limit_that_leaves_nothing_to_ask_is_raised_and_a_later_one_told() -> None:
    over = BudgetError("too much", hint="Allow more.")
    requests = [Request(QUESTION, PASSAGES[:1], task="theme")] * 2
    with pytest.raises(BudgetError):
        Desk(Scripted()).ask_each(requests, Scripted(over))
    given = Desk(Scripted()).ask_each(requests, Scripted("One [1].", over))
    assert isinstance(given[0], Draft)
    assert given[1] is over


def test_papers_that_one_of_several_requests_had_no_room_for_are_told() -> None:
    request = Request(QUESTION, PASSAGES * 4, task="notes")
    (draft,) = Desk(Scripted(), context_tokens=1_300, max_tokens=500).ask_each([request], Scripted("x"))
    assert isinstance(draft, Draft)
    assert draft.notice.endswith("papers did not fit into the model's context and were left out")
