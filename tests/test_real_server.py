"""llama.cpp's server with SmolLM2-135M behind it, recorded (cassettes/README.md): a real server's protocol, and what a
real model says that is too small for the task.

`tools/llama_server.sh` starts it; `pytest tests/test_real_server.py --record-from http://127.0.0.1:8111/v1` records.
"""

import pytest

from assistant.citations import Checked, check
from assistant.desk import Desk
from assistant.drafts import parse
from assistant.endpoint import Endpoint
from assistant.errors import ContextOverflow
from assistant.judging import Judge
from assistant.papers import Paper
from assistant.results import Citation, Quote, Sentence
from assistant.writers import OpenAIWriter, Request
from tests.conftest import CASSETTES, Cassette
from tests.examples import Scripted, passage
from tests.test_recorded import FLASH, KV_CACHE

MODEL = "SmolLM2-135M-Instruct-Q4_1"
PLAIN = Request("q", (), system="You answer in one sentence.", prompt="What is a key-value cache?", max_tokens=60)


def quote(paper: Paper, beginning: str) -> Quote:
    """The sentence of the abstract that begins so."""
    start = paper.abstract.index(beginning)
    end = paper.abstract.index(". ", start) + 1
    return Quote(1, paper.abstract[start:end], start, end)


def endpoint(base_url: str) -> Endpoint:
    return Endpoint(base_url=base_url, api_key=None, timeout_s=600)


def test_it_offers_its_model(cassette: Cassette) -> None:
    with cassette("llama-models") as base_url:
        assert endpoint(base_url).models() == [MODEL]


def test_it_streams_piece_by_piece_and_counts_its_tokens(cassette: Cassette) -> None:
    pieces: list[str] = []
    with cassette("llama-stream") as base_url:
        draft = OpenAIWriter(MODEL, endpoint(base_url)).write(PLAIN, on_text=pieces.append)
    assert len(pieces) > 5
    assert "".join(pieces).strip() == draft.text
    assert draft.usage is not None
    assert not draft.usage.estimated
    assert draft.usage.prompt_tokens > 10
    assert draft.usage.completion_tokens >= len(pieces)


def test_a_prompt_beyond_its_context_is_an_overflow(cassette: Cassette) -> None:
    digits = "0123456789" * 500  # of which this model makes a token each
    with (
        cassette("llama-overflow") as base_url,
        pytest.raises(ContextOverflow, match=r"too long for SmolLM2.*context size"),
    ):
        OpenAIWriter(MODEL, endpoint(base_url)).write(Request("q", (), system="Count.", prompt=digits, max_tokens=8))


@pytest.mark.parametrize(
    ("name", "question", "titles", "said"),
    [
        # it repeats the fence, the title and the abstract, under a number that it was not given
        ("llama-echo", "how does FlashAttention-2 become faster?", FLASH, "[2] was not among the passages"),
        # it repeats a title three times and cites nothing
        ("llama-uncited", "what does QServe do?", KV_CACHE[:2], "no citation"),
    ],
)
def test_its_bad_answers_to_cited_questions_are_flagged_sentence_by_sentence(
    cassette: Cassette, seeds: dict[str, Paper], name: str, question: str, titles: tuple[str, ...], said: str
) -> None:
    passages = tuple(passage(seeds[title]) for title in titles)
    with cassette(name) as base_url:
        writer = OpenAIWriter(MODEL, endpoint(base_url))
        draft, used = Desk(Scripted(), max_tokens=160).ask_model(Request(question, passages), writer)
    checked = check(parse(draft.text), used, rarity={})
    assert checked.sentences
    assert {sentence.verdict for sentence in checked.sentences} == {"unsupported"}
    assert said in {reason for sentence in checked.sentences for reason in sentence.reasons}


def test_it_judges_in_the_form_of_a_schema(cassette: Cassette, seeds: dict[str, Paper]) -> None:
    """The form is what is claimed: of judgement, this model has little."""
    paper = seeds[FLASH[0]]
    sentences = tuple(
        Sentence(text, (1,), (1,), "supported", quotes=(quote(paper, said),))
        for text, said in (
            ("FlashAttention-2 yields around 2× speedup compared to FlashAttention.", "These yield around"),
            ("FlashAttention is nearly as fast as matrix multiplication.", "However, FlashAttention is still not"),
        )
    )
    checked = Checked(sentences, (Citation(1, paper.paper_id, paper.title, None, "hf-page"),), (), False)
    with cassette("llama-judge") as base_url:
        judged = Judge(MODEL, endpoint(base_url), max_tokens=200).judge(checked)
    assert (judged.failure, judged.notices) == ("", ())
    assert [sentence.checked_by != "words" for sentence in judged.checked.sentences] == [True, True]
    assert '\\"type\\":\\"json_schema\\"' in (CASSETTES / "llama-judge.yaml").read_text()
