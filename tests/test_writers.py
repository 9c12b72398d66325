"""The writer that asks a model, and the endpoint under it, against a server that misbehaves in the ways real ones were
seen to. Exchanges with a model are in test_recorded.py.
"""

import contextlib
import json

import pytest

from assistant.endpoint import Endpoint
from assistant.errors import ContextOverflow, EndpointError, IncompleteReply
from assistant.writers import OpenAIWriter, Request
from tests.server import Reply, Server, completion, failure, hinting, stream

REQUEST = Request("q", (), system="You answer.", prompt="Question?", max_tokens=50)


def test_a_reply_is_a_draft_with_the_models_name_and_usage(server: Server) -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    server.replies = [completion("It is so [1].", usage=usage)]
    draft = OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert (draft.text, draft.writer) == ("It is so [1].", "m")
    assert draft.usage is not None
    assert (draft.usage.prompt_tokens, draft.usage.completion_tokens, draft.usage.estimated) == (12, 3, False)
    assert [message["role"] for message in server.bodies[0]["messages"]] == ["system", "user"]
    assert server.bodies[0]["max_tokens"] == 50


@pytest.mark.parametrize("count", [10**30, -100_000, True, 1.5, "12", None])
def test_a_number_of_tokens_that_can_be_none_is_not_believed(server: Server, count: object) -> None:
    server.replies = [completion("It is so [1].", usage={"prompt_tokens": count, "completion_tokens": 3})]
    usage = OpenAIWriter("m", server.endpoint()).write(REQUEST).usage
    assert usage is not None
    assert usage.estimated
    assert 0 < usage.prompt_tokens < 100


def test_usage_is_estimated_where_the_endpoint_says_nothing(server: Server) -> None:
    server.replies = [completion("It is so [1].")]
    usage = OpenAIWriter("m", server.endpoint()).write(REQUEST).usage
    assert usage is not None
    assert usage.estimated
    assert usage.prompt_tokens > 0


def test_thinking_is_no_part_of_the_draft(server: Server) -> None:
    server.replies = [completion("<think>Hmm [7].</think>\nIt is so [1].")]
    assert OpenAIWriter("m", server.endpoint()).write(REQUEST).text == "It is so [1]."


def test_a_reply_cut_at_its_limit_says_so(server: Server) -> None:
    server.replies = [completion("It is", finish="length")]
    assert "length limit" in OpenAIWriter("m", server.endpoint()).write(REQUEST).notice


def test_streamed_pieces_arrive_as_they_come(server: Server) -> None:
    server.replies = [stream("It ", "is ", "so [1].")]
    pieces: list[str] = []
    assert OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=pieces.append).text == "It is so [1]."
    assert pieces == ["It ", "is ", "so [1]."]
    assert server.bodies[0]["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (stream("It is", finish=None), IncompleteReply, "broke off"),
        (stream(), IncompleteReply, "empty reply"),
        ((200, "text/event-stream", b""), IncompleteReply, "empty reply"),
        ((200, "text/event-stream", b'data: {"error": {"message": "kaputt"}}\n\n'), EndpointError, "kaputt"),
    ],
)
def test_a_stream_that_does_not_end_well_is_no_answer(
    server: Server, reply: Reply, error: type[EndpointError], said: str
) -> None:
    server.replies = [reply]
    with pytest.raises(error, match=said):
        OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=lambda piece: None)


@pytest.mark.parametrize(
    ("reply", "error", "said"),
    [
        (completion(""), IncompleteReply, "empty reply"),
        (completion("  <think>only thoughts</think> "), IncompleteReply, "empty reply"),
        ((200, "text/html", b"<html>Welcome</html>"), EndpointError, "not a chat completion"),
        ((200, "application/json", b"{broken"), EndpointError, "not a chat completion"),
        ((200, "application/json", b'{"error": "model is loading"}'), EndpointError, "model is loading"),
        (failure(401, "bad key", code="invalid_api_key"), EndpointError, "refused the API key"),
        (failure(404, "no such model"), EndpointError, "has no model “m”"),
        (failure(429, "quota exceeded", code="insufficient_quota"), EndpointError, "quota exceeded"),
        (failure(500, "out of memory"), EndpointError, r"failed \(500\): out of memory"),
        (failure(400, "x", code="context_length_exceeded"), ContextOverflow, "too long for m"),
        (failure(400, "the request exceeds the available context size"), ContextOverflow, "too long"),
        (failure(400, "unknown field"), EndpointError, "unknown field"),
    ],
)
def test_every_failure_is_one_clear_endpoint_error(
    server: Server, reply: Reply, error: type[EndpointError], said: str
) -> None:
    server.replies = [reply]
    with pytest.raises(error, match=said) as caught:
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert caught.value.exit_code == 4
    assert caught.value.hint
    assert "sk-secret-0123" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("refusal", "changed"),
    [
        ("Use 'max_completion_tokens' instead of 'max_tokens'", {"max_completion_tokens": 50}),
        ("temperature is not supported with this model", {"max_tokens": 50}),
    ],
)
def test_a_refused_parameter_is_changed_once(server: Server, refusal: str, changed: dict[str, int]) -> None:
    server.replies = [failure(400, refusal, code="unsupported_parameter"), completion("It is so [1].")]
    assert OpenAIWriter("m", server.endpoint()).write(REQUEST).text == "It is so [1]."
    first, second = server.bodies
    assert first["max_tokens"] == 50
    assert {key: second[key] for key in second if key.startswith("max_")} == changed


def test_a_dead_port_is_an_endpoint_error() -> None:
    with pytest.raises(EndpointError, match="cannot be reached"):
        OpenAIWriter("m", Endpoint(base_url="http://127.0.0.1:9/v1", api_key=None, timeout_s=1)).write(REQUEST)


def test_models_are_listed(server: Server) -> None:
    body = {"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "b", "object": "model"}]}
    server.replies = [(200, "application/json", json.dumps(body).encode())]
    assert server.endpoint().models() == ["a", "b"]


def test_the_key_is_in_no_repr(server: Server) -> None:
    assert "sk-secret-0123" not in f"{server.endpoint()!r} {OpenAIWriter('m', server.endpoint())!r}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("It is so [1].", "It is so [1]."),
        ("<think>a</think>It is <THINK>b</THINK>so [1].", "It is so [1]."),
        ("thoughts that were opened nowhere</think>It is so [1].", "It is so [1]."),
        ("It is so [1]. <think>and then it broke off", "It is so [1]."),
        ("It <think>a</think>is so [1]. </think>", "It is so [1]."),
        ("<think>" * 100_000 + "</think>It is so [1].", "It is so [1]."),
    ],
)
def test_what_is_between_think_tags_is_left_out(server: Server, text: str, said: str) -> None:
    server.replies = [completion(text)]
    assert OpenAIWriter("m", server.endpoint()).write(REQUEST).text == said


def test_a_model_that_refuses_one_parameter_after_the_other_still_answers(server: Server) -> None:
    refusals = ["Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'", "'temperature' does not support 0"]
    server.replies = [*(failure(400, said) for said in refusals), completion("It is so [1].")]
    assert OpenAIWriter("m", server.endpoint()).write(REQUEST).text == "It is so [1]."
    assert server.bodies[-1].keys() == {"model", "messages", "max_completion_tokens"}


@pytest.mark.parametrize(
    "body",
    [
        {"choices": [{"finish_reason": "stop"}]},
        {"choices": [{"message": None, "finish_reason": "stop"}]},
        {"choices": [{"message": {"content": ["It", "is"]}, "finish_reason": "stop"}]},
        {"choices": [{"message": {"content": 5}, "finish_reason": "stop"}]},
        {"choices": [None]},
        {"choices": 5},
        {"choices": {"a": 1}},
        [],
    ],
)
@pytest.mark.parametrize("streamed", [False, True])
def test_a_malformed_reply_is_an_endpoint_error(server: Server, body: object, streamed: bool) -> None:
    text = json.dumps(body)
    server.replies = [
        (200, "text/event-stream", f"data: {text}\n\n".encode())
        if streamed
        else (200, "application/json", text.encode())
    ]
    with pytest.raises(EndpointError):
        OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=(lambda piece: None) if streamed else None)


@pytest.mark.parametrize("usage", ["many", {"prompt_tokens": {}}, {"prompt_tokens": 1e400}, [], 7])
def test_tokens_that_make_no_sense_are_estimated(server: Server, usage: object) -> None:
    server.replies = [completion("It is so [1].", usage=usage)]
    told = OpenAIWriter("m", server.endpoint()).write(REQUEST).usage
    assert told is not None
    assert told.estimated


def test_nothing_invisible_is_in_a_draft(server: Server) -> None:
    server.replies = [completion("By 9\u200b4 % \x1b[2J\ud800 [1].")]
    assert OpenAIWriter("m", server.endpoint()).write(REQUEST).text == "By 94 % \ufffd [1]."


@pytest.mark.parametrize("streamed", [False, True])
def test_a_reply_without_end_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch, streamed: bool) -> None:
    monkeypatch.setattr("assistant.bounds.MAX_BYTES", 50_000)
    server.replies = [stream(*["word "] * 2_000) if streamed else completion("word " * 20_000)]
    with pytest.raises(EndpointError, match="longer than"):
        OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=(lambda piece: None) if streamed else None)


def test_a_reply_that_takes_too_long_is_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.endpoint.PATIENCE", 0)
    server.replies = [stream("It is so [1].")]
    with pytest.raises(EndpointError, match="took longer"):
        OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=lambda piece: None)


def test_a_reply_that_never_gets_beyond_its_header_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.endpoint.PATIENCE", 0)
    monkeypatch.setattr("assistant.endpoint.SLACK", 0.2)
    with hinting() as url, pytest.raises(EndpointError, match="too long"):
        OpenAIWriter("m", Endpoint(base_url=url, api_key=None, timeout_s=5)).write(REQUEST)


def test_more_than_was_asked_for_is_cut(server: Server) -> None:
    server.replies = [completion("word " * 5_000)]
    draft = OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert len(draft.text) == 40 * REQUEST.max_tokens
    assert "cut" in draft.notice


def test_a_reply_that_was_not_asked_to_be_compressed_is_refused(server: Server) -> None:
    server.replies = [completion("It is so [1].")]
    server.headers = {"Content-Encoding": "gzip"}
    with pytest.raises(EndpointError, match="compressed"):
        OpenAIWriter("m", server.endpoint()).write(REQUEST)


def test_a_redirect_is_not_followed(server: Server) -> None:
    server.replies = [(307, "text/plain", b""), completion("It is so [1].")]
    server.headers = {"Location": f"{server.url}/elsewhere"}
    with pytest.raises(EndpointError):
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_a_key_that_the_reply_repeats_is_masked(server: Server, streamed: bool) -> None:
    server.replies = [stream("It is sk-secret-0123", " so.") if streamed else completion("It is sk-secret-0123 so.")]
    pieces: list[str] = []
    draft = OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=pieces.append if streamed else None)
    assert draft.text == "It is *** so."
    assert "sk-secret-0123" not in "".join(pieces)


def test_a_placeholder_for_a_key_is_a_word_like_any_other(server: Server) -> None:
    server.replies = [completion("Relax, ollama and vLLM are mixed here.")]
    for placeholder in ("x", "ollama"):
        draft = OpenAIWriter("m", server.endpoint(api_key=placeholder)).write(REQUEST)
        assert draft.text == "Relax, ollama and vLLM are mixed here."


def test_a_model_that_thinks_until_its_tokens_are_gone_is_told_so(server: Server) -> None:
    server.replies = [completion("<think>Hmm, let me see", finish="length")]
    with pytest.raises(IncompleteReply, match="used up its 50 tokens") as caught:
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert "ASSISTANT_ANSWER_TOKENS" in caught.value.hint


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
def test_a_key_that_the_endpoint_repeats_is_masked(server: Server, status: int) -> None:
    server.replies = [failure(status, "Incorrect API key provided: Bearer sk-secret-0123 x")]
    with pytest.raises(EndpointError) as caught:
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert "sk-secret-0123" not in f"{caught.value} {caught.value.hint}"


def test_a_password_in_the_address_is_in_no_message() -> None:
    endpoint = Endpoint(base_url="http://user:pw123@127.0.0.1:9/v1", api_key=None, timeout_s=1)
    with pytest.raises(EndpointError) as caught:
        endpoint.models()
    assert "http://127.0.0.1:9/v1" in str(caught.value)
    assert "pw123" not in f"{caught.value} {endpoint!r}"


@pytest.mark.parametrize("body", [{"data": [{"id": None}]}, {"data": [5]}, {"data": 5}, 5])
def test_a_malformed_list_of_models_is_no_crash(server: Server, body: object) -> None:
    server.replies = [(200, "application/json", json.dumps(body).encode())]
    with contextlib.suppress(EndpointError):
        assert all(isinstance(name, str) for name in server.endpoint().models())
