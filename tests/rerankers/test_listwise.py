"""Reranking by a model: its replies, the windows it sees, and what becomes of a failure."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.endpoint import OnText
from assistant.errors import EndpointError, IncompleteReply, UsageError
from assistant.papers import Paper, Passage
from assistant.rerankers import DEPTH, ListwiseReranker, load, reranked
from assistant.rerankers.listwise import WINDOW, ranking, windows
from assistant.writers import Draft, Request
from tests.examples import PASSAGES, Scripted, passage

QUESTION = "which papers reduce KV cache memory?"


@pytest.mark.parametrize(
    ("reply", "order"),
    [
        ("[3] > [1] > [2]", [2, 0, 1]),
        ("Here is the ranking of the 3 abstracts: [ 2 ] > [1]>[3].", [1, 0, 2]),
        ("1. [3]\n2. [1]\n3. [2]", [2, 0, 1]),
        ("3 > 1 > 2", [2, 0, 1]),
        ("[3, 1, 2]", [2, 0, 1]),
        ("[3] > [3] > [7] > [0] > [1]", [2, 0, 1]),
        ("[2]", [1, 0, 2]),
        ("I cannot rank these 3 abstracts.", []),
        ("[9] > [8]", []),
        ("", []),
    ],
)
def test_a_ranking_is_read_from_what_models_write(reply: str, order: list[int]) -> None:
    assert ranking(reply, 3) == order


@given(st.text(alphabet="0123456789[]>,; \nab", max_size=200), st.integers(1, 30))
def test_a_ranking_has_every_position_once_or_is_none(reply: str, count: int) -> None:
    order = ranking(reply, count)
    assert order == [] or sorted(order) == list(range(count))


@pytest.mark.parametrize(
    ("count", "starts"), [(2, [0]), (20, [0]), (21, [1, 0]), (25, [5, 0]), (40, [20, 10, 0]), (39, [19, 9, 0])]
)
def test_windows_go_from_the_last_to_the_first_and_overlap(count: int, starts: list[int]) -> None:
    assert list(windows(count)) == starts


class Judge:
    """A writer that ranks abstracts by the number in their title, as a model that has read them would."""

    name = "judge"

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        self.asked.append(request)
        titles = re.findall(r"\[(\d+)\]\nTitle: Paper (\d+)", request.prompt)
        order = sorted(titles, key=lambda found: -int(found[1]))
        return Draft(" > ".join(f"[{n}]" for n, _ in order), self.name)


def numbered(count: int) -> list[Passage]:
    return [passage(Paper(f"Paper {n}", "It is about caches. " * 200), score=1 / (n + 1)) for n in range(count)]


def titles(passages: Sequence[Passage]) -> list[int]:
    return [int(one.found.paper.title.split()[1]) for one in passages]


def test_the_best_rises_from_the_last_place_and_keeps_its_score() -> None:
    judge, pool = Judge(), numbered(50)
    found = reranked(QUESTION, pool, ListwiseReranker(judge))
    assert found.failure == ""
    assert titles(found.passages)[:10] == list(range(39, 29, -1))
    assert titles(found.passages)[DEPTH:] == list(range(40, 50))
    assert sorted(titles(found.passages)) == list(range(50))
    assert found.passages[0] is pool[39]
    assert [len(request.passages) for request in judge.asked] == [WINDOW] * 3


def test_abstracts_are_fenced_and_cut() -> None:
    judge = Judge()
    ListwiseReranker(judge).rerank(QUESTION, [*PASSAGES, *numbered(17)])
    (request,) = judge.asked
    fence = re.findall(r"^=\w+", request.prompt, re.MULTILINE)[0]
    assert fence in request.system
    assert request.prompt.count(fence) == 2 * WINDOW
    assert "as shown in (3)." in request.prompt  # the abstract's own [3] is no number of the ranking
    assert len(request.prompt) < 1_200 * WINDOW
    assert QUESTION in request.prompt


def test_where_the_endpoint_fails_the_order_stays_and_the_reason_is_told() -> None:
    failing = ListwiseReranker(Scripted(EndpointError("it is down", hint="Start it.")))
    found = reranked(QUESTION, PASSAGES, failing)
    assert (found.passages, found.failure) == (PASSAGES, "it is down (Start it.)")


def test_a_reply_without_a_ranking_is_a_failure_also_after_one_with() -> None:
    talks = Scripted("[2] > [1]", "I would rather not.", "[2] > [1]")
    with pytest.raises(IncompleteReply, match="sent no ranking"):
        ListwiseReranker(talks).rerank(QUESTION, numbered(40))
    assert len(talks.asked) == 2


def test_one_passage_needs_no_reranker() -> None:
    silent = Scripted()
    assert reranked(QUESTION, PASSAGES[:1], ListwiseReranker(silent)).passages == PASSAGES[:1]
    assert silent.asked == []


@pytest.mark.parametrize(("name", "found"), [(None, None), ("none", None), ("model", "model scripted")])
def test_a_reranker_is_chosen_by_name(name: str | None, found: str | None) -> None:
    reranker = load(name, model=Scripted, prompts=None, max_tokens=900)
    assert (reranker.name if reranker else None) == found


@pytest.mark.parametrize("name", ["modle", "model:x", "none:x", "rerankers"])
def test_a_name_that_is_none_is_told_with_those_that_are(name: str) -> None:
    with pytest.raises(UsageError, match=f"no reranker is called “{name}”") as error:
        load(name, model=Scripted, prompts=None, max_tokens=900)
    assert "cross-encoder" in error.value.hint


def test_reranking_by_a_model_needs_one() -> None:
    with pytest.raises(UsageError, match="needs one"):
        load("model", model=lambda: None, prompts=None, max_tokens=900)
