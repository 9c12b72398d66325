"""The model's second opinion: what it is asked, how its reply is read, and which verdicts it may change."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.citations import Checked, check
from assistant.drafts import parse
from assistant.errors import PromptError
from assistant.judging import BATCH, CHARACTERS, MOST, REASON, VERDICTS, Judge, Opinion, read, weighed
from assistant.results import Quote, Sentence, Verdict
from assistant.spending import Limits, Metered
from tests.examples import PASSAGES
from tests.server import Reply, Server, completion, failure

SAYS = "CSKV reduces the memory of the KV cache by 80% [1]."
WRONG_NUMBER = "CSKV reduces the memory of the KV cache by 30% [1]."
UNCITED = "Everybody likes it."
QUOTE = (Quote(1, "Its quote.", 0, 10),)


def checked(*sentences: str) -> Checked:
    return check(parse("\n\n".join(sentences)), PASSAGES, rarity={})


def one(verdict: Verdict, *, firm: bool = False, text: str = "It is so.") -> Sentence:
    """A cited and quoted sentence with a verdict of the check of words."""
    reasons = () if verdict == "supported" else ("little of it is found",)
    return Sentence(text, (1,), (1,), verdict, reasons, quotes=QUOTE, firm=firm)


def draft(*sentences: Sentence) -> Checked:
    return Checked(sentences, checked(SAYS).citations, (), False)


def verdicts(**by_number: str) -> str:
    """A reply: n1="entailed", n2="not entailed: because"."""
    entries = []
    for name, said in by_number.items():
        verdict, _, reason = said.partition(": ")
        entries.append({"n": int(name[1:]), "reason": reason, "verdict": verdict})
    return json.dumps({"verdicts": entries})


@pytest.fixture
def judge(server: Server) -> Judge:
    return Judge("m", server.endpoint(), max_tokens=200)


# ---- what is asked


def test_the_model_sees_sentence_title_and_quote_between_lines_nobody_foresees(server: Server, judge: Judge) -> None:
    server.replies = [completion(verdicts(n1="entailed"))]
    judge.judge(checked(SAYS))
    system, user = (message["content"] for message in server.bodies[0]["messages"])
    boundary = user.split()[0]
    assert boundary in system
    assert user.count(boundary) == 2
    assert "Sentence: CSKV reduces the memory of the KV cache by 80%." in user
    assert "Quoted from “CSKV: Channel Shrinking for KV Cache”: Experiments show that CSKV reduces" in user
    assert "Long contexts need much memory" not in user
    judge.judge(checked(WRONG_NUMBER.replace("30", "80"), SAYS))
    assert boundary not in server.bodies[1]["messages"][1]["content"]


def test_only_sentences_with_a_quote_whose_verdict_can_change_are_asked_about(server: Server, judge: Judge) -> None:
    server.replies = [completion(verdicts(n1="entailed", n2="entailed"))]
    firm = (one("partial", firm=True), one("unsupported", firm=True))
    before = draft(*checked(UNCITED, WRONG_NUMBER, SAYS, "## Results").sentences, *firm)
    judged = judge.judge(before)
    assert server.bodies[0]["messages"][1]["content"].count("Sentence: ") == 2
    assert [s.checked_by for s in judged.checked.sentences] == ["words", "words", "both", "words", "words", "words"]


def test_nothing_is_asked_where_there_is_nothing_to_judge(server: Server, judge: Judge) -> None:
    before = checked(UNCITED, WRONG_NUMBER)
    judged = judge.judge(before)
    assert (judged.checked, judged.failure, judged.notices) == (before, "", ())
    assert server.bodies == []


def test_many_sentences_take_few_requests_and_no_more_than_the_bound(server: Server, judge: Judge) -> None:
    server.replies = [completion(verdicts(**{f"n{n}": "entailed" for n in range(1, BATCH + 1)}))]
    judged = judge.judge(draft(*[one("supported")] * (MOST + 5)))
    assert len(server.bodies) == MOST // BATCH
    assert [sentence.checked_by for sentence in judged.checked.sentences] == ["both"] * MOST + ["words"] * 5
    assert judged.notices == (f"the model gave no verdict on 5 of {MOST + 5} sentences",)


def test_a_sentence_too_long_to_ask_about_keeps_its_verdict(server: Server, judge: Judge) -> None:
    server.replies = [completion(verdicts(n1="not entailed", n2="not entailed"))]
    judged = judge.judge(draft(one("supported", text="word " * CHARACTERS), one("supported")))
    assert [sentence.verdict for sentence in judged.checked.sentences] == ["supported", "unsupported"]
    assert len(server.bodies[0]["messages"][1]["content"]) < CHARACTERS


def test_a_folder_without_the_judges_templates_is_an_error(server: Server, tmp_path: Any) -> None:
    (tmp_path / "ask-system.md").write_text("${boundary}")
    with pytest.raises(PromptError, match="judge-system"):
        Judge("m", server.endpoint(), prompts=str(tmp_path)).judge(checked(SAYS))


# ---- what the verdict then is


@pytest.mark.parametrize(
    ("before", "said", "after", "by"),
    [
        (one("supported"), "entailed", "supported", "both"),
        (one("supported"), "partly: only the first half", "partial", "model"),
        (one("supported"), "not entailed: it says the opposite", "unsupported", "model"),
        (one("unsupported"), "entailed: a fifth is 80% less", "supported", "model"),
        (one("partial"), "entailed", "supported", "model"),
        (one("unsupported"), "not entailed", "unsupported", "both"),
        (one("partial", firm=True), "entailed", "partial", "words"),
        (one("partial", firm=True), "not entailed", "unsupported", "model"),
    ],
)
def test_the_model_lowers_any_verdict_and_lifts_what_only_lacked_words(
    server: Server, judge: Judge, before: Sentence, said: str, after: str, by: str
) -> None:
    server.replies = [completion(verdicts(n1=said))]
    (sentence,) = judge.judge(draft(before)).checked.sentences
    assert (sentence.verdict, sentence.checked_by) == (after, by)
    if by == "model":
        assert sentence.reasons[0].startswith("the model judges that the quote")
        assert said.partition(": ")[2] in sentence.reasons[0]
        assert sentence.reasons[1:] == before.reasons


_SENTENCES = st.builds(
    Sentence,
    text=st.just("It is so."),
    verdict=st.sampled_from(["supported", "partial", "unsupported"]),
    reasons=st.just(("a reason",)),
    firm=st.booleans(),
)


@given(_SENTENCES, st.sampled_from(list(VERDICTS.values())))
def test_a_firm_verdict_is_never_lifted_and_every_other_is_the_models(sentence: Sentence, said: Verdict) -> None:
    order = ["supported", "partial", "unsupported"]
    after = weighed(sentence, Opinion(said, ""))
    if sentence.firm:
        assert order.index(after.verdict) == max(order.index(sentence.verdict), order.index(said))
    else:
        assert after.verdict == said
    assert (after.checked_by == "both") == (said == sentence.verdict)
    assert set(sentence.reasons) <= set(after.reasons)


# ---- a reply is data from outside


@pytest.mark.parametrize(
    "dressed",
    [
        lambda reply: f"```json\n{reply}\n```",
        lambda reply: f'<think>{{"verdicts": [{{"n": 1, "verdict": "entailed"}}]}}</think>\n{reply}',
        lambda reply: f"Here is what I found:\n{reply}\nIs that all?",
        lambda reply: json.dumps(json.loads(reply)["verdicts"]),
        lambda reply: reply[:-2] + ', {"n": 2, "rea',
        lambda reply: "{" * 3_000 + reply,
    ],
)
def test_a_verdict_is_found_whatever_stands_around_it(
    server: Server, judge: Judge, dressed: Callable[[str], str]
) -> None:
    server.replies = [completion(dressed(verdicts(n1="not entailed: it does not")))]
    (sentence,) = judge.judge(checked(SAYS)).checked.sentences
    assert (sentence.verdict, sentence.checked_by) == ("unsupported", "model")


@pytest.mark.parametrize(
    "reply",
    [
        "They are all entailed.",
        '{"verdicts": "entailed"}',
        '{"verdicts": [1, null, [], "entailed"]}',
        '{"n": 1, "verdict": "certainly"}',
        '{"n": 2, "verdict": "entailed"}',
        '{"n": 0, "verdict": "entailed"}',
        '{"n": true, "verdict": "entailed"}',
        '{"n": "1", "verdict": ["entailed"]}',
        '{"n": 1, "verdict": null}',
        '{"a":' * 2_000,
        '{"n": 1' + "0" * 5_000 + ', "verdict": "entailed"}',
    ],
)
def test_what_is_no_verdict_counts_for_nothing(server: Server, judge: Judge, reply: str) -> None:
    server.replies = [completion(reply)]
    before = checked(SAYS)
    judged = judge.judge(before)
    assert judged.checked == before
    assert judged.failure == "m sent no verdicts (Try another model.)"


def test_a_missing_verdict_leaves_the_one_there_is_and_is_told(server: Server, judge: Judge) -> None:
    server.replies = [completion(verdicts(n2="not entailed"))]
    judged = judge.judge(
        checked(SAYS, "CSKV is a training-efficient channel shrinking technique for the KV cache [1].")
    )
    assert [(s.verdict, s.checked_by) for s in judged.checked.sentences] == [
        ("supported", "words"),
        ("unsupported", "model"),
    ]
    assert judged.notices == ("the model gave no verdict on 1 of 2 sentences",)


def test_what_the_model_only_thinks_is_no_verdict(server: Server, judge: Judge) -> None:
    server.replies = [completion(f"<think>{verdicts(n1='not entailed')}</think>{verdicts(n2='not entailed')}")]
    judged = judge.judge(draft(one("supported"), one("supported")))
    assert [s.checked_by for s in judged.checked.sentences] == ["words", "model"]


def test_a_reason_is_short_clean_and_no_citation(server: Server, judge: Judge) -> None:
    server.replies = [completion(verdicts(n1="not entailed: see [7]\x1b[31m \u202e" + "so it is " * 100))]
    reason = judge.judge(checked(SAYS)).checked.sentences[0].reasons[0]
    assert "[7]" not in reason
    assert "(7)" in reason
    assert reason.isprintable()
    assert len(reason) < REASON + 60


@given(st.text(max_size=200) | st.recursive(st.none() | st.text(max_size=5) | st.integers(), st.lists).map(json.dumps))
def test_any_reply_can_be_read(reply: str) -> None:
    assert read(reply, 3).keys() <= {1, 2, 3}


# ---- endpoints


def test_what_is_too_long_for_the_models_context_is_asked_by_halves(server: Server, judge: Judge) -> None:
    def reply(body: dict[str, Any]) -> Reply:
        count = body["messages"][1]["content"].count("Sentence: ")
        short = completion(verdicts(**{f"n{n}": "not entailed" for n in range(1, count + 1)}))
        return short if count < 3 else failure(400, "x", code="context_length_exceeded")

    server.replies = [reply]
    judged = judge.judge(draft(*[one("supported")] * 5))
    assert [s.verdict for s in judged.checked.sentences] == ["unsupported"] * 5
    assert judged.failure == ""
    server.replies = [failure(400, "x", code="context_length_exceeded")]
    assert "too long for m" in judge.judge(draft(*[one("supported")] * 5)).failure


def test_a_request_holds_no_more_characters_than_it_may(server: Server, judge: Judge) -> None:
    server.replies = [completion(verdicts(n1="entailed", n2="entailed"))]
    judge.judge(draft(*[one("supported", text="word " * (CHARACTERS // 12))] * 4))
    assert [body["messages"][1]["content"].count("Sentence: ") for body in server.bodies] == [2, 2]


def test_what_judging_takes_is_counted_and_limited_as_everything(server: Server) -> None:
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    server.replies = [completion(verdicts(n1="entailed"), usage=usage)]
    metered = Metered(server.endpoint())
    Judge("m", metered).judge(draft(*[one("supported")] * (BATCH + 1)))
    spent = metered.spent()
    assert (spent.prompt_tokens, spent.completion_tokens) == (200, 40)
    limited = Judge("m", Metered(server.endpoint(), limits=Limits(tokens=100))).judge(draft(one("supported")))
    assert "100 are allowed" in limited.failure
    assert limited.checked.sentences[0].checked_by == "words"


def test_a_failing_endpoint_leaves_what_was_judged_before_it_failed(server: Server, judge: Judge) -> None:
    server.replies = [completion(verdicts(n1="not entailed")), failure(401, "no such key")]
    judged = judge.judge(draft(*[one("supported")] * (BATCH + 1)))
    assert [s.verdict for s in judged.checked.sentences] == ["unsupported"] + ["supported"] * BATCH
    assert "refused the API key" in judged.failure
    assert judged.notices == ()
