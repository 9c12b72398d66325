"""The OpenAI-compatible writer against a loopback server that misbehaves in the ways real ones were seen to.

These failures are synthetic: no server can be asked for them. Exchanges with a model are in test_recorded.py.
"""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from assistant.errors import ContextOverflow, EndpointError, IncompleteReply
from assistant.writers import OpenAIWriter, Request, list_models

REQUEST = Request("q", (), system="You answer.", prompt="Question?", max_tokens=50)
Reply = tuple[int, str, bytes]  # status, content type, body


class Endpoint:
    """A server on loopback that gives the replies it was loaded with, one a request."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []
        self.bodies: list[dict[str, Any]] = []
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                endpoint.bodies.append(json.loads(raw or "{}"))
                status, kind, body = endpoint.replies.pop(0) if len(endpoint.replies) > 1 else endpoint.replies[0]
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Retry-After-Ms", "1")
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def writer(self) -> OpenAIWriter:
        return OpenAIWriter("m", base_url=self.url, api_key="sk-secret", timeout_s=5)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    started = Endpoint()
    yield started
    started.server.shutdown()
    started.server.server_close()


def completion(text: str, finish: str | None = "stop", **more: object) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]} | more
    return 200, "application/json", json.dumps(body).encode()


def stream(*pieces: str, finish: str | None = "stop") -> Reply:
    events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    events += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}] if finish else []
    base = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    lines = "".join(f"data: {json.dumps(base | event)}\n\n" for event in events)
    return 200, "text/event-stream", lines.encode()


def failure(status: int, message: str, **more: str) -> Reply:
    return status, "application/json", json.dumps({"error": {"message": message} | more}).encode()


def test_a_reply_is_a_draft_with_the_models_name_and_usage(endpoint: Endpoint) -> None:
    usage = {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}
    endpoint.replies = [completion("It is so [1].", usage=usage)]
    draft = endpoint.writer().write(REQUEST)
    assert (draft.text, draft.writer) == ("It is so [1].", "m")
    assert draft.usage is not None
    assert (draft.usage.prompt_tokens, draft.usage.completion_tokens, draft.usage.estimated) == (12, 3, False)
    assert [message["role"] for message in endpoint.bodies[0]["messages"]] == ["system", "user"]
    assert endpoint.bodies[0]["max_tokens"] == 50


def test_usage_is_estimated_where_the_endpoint_says_nothing(endpoint: Endpoint) -> None:
    endpoint.replies = [completion("It is so [1].")]
    usage = endpoint.writer().write(REQUEST).usage
    assert usage is not None
    assert usage.estimated
    assert usage.prompt_tokens > 0


def test_thinking_is_no_part_of_the_draft(endpoint: Endpoint) -> None:
    endpoint.replies = [completion("<think>Hmm [7].</think>\nIt is so [1].")]
    assert endpoint.writer().write(REQUEST).text == "It is so [1]."


def test_a_reply_cut_at_its_limit_says_so(endpoint: Endpoint) -> None:
    endpoint.replies = [completion("It is", finish="length")]
    assert "length limit" in endpoint.writer().write(REQUEST).notice


def test_streamed_pieces_arrive_as_they_come(endpoint: Endpoint) -> None:
    endpoint.replies = [stream("It ", "is ", "so [1].")]
    pieces: list[str] = []
    assert endpoint.writer().write(REQUEST, on_text=pieces.append).text == "It is so [1]."
    assert pieces == ["It ", "is ", "so [1]."]
    assert endpoint.bodies[0]["stream_options"] == {"include_usage": True}


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
    endpoint: Endpoint, reply: Reply, error: type[EndpointError], said: str
) -> None:
    endpoint.replies = [reply]
    with pytest.raises(error, match=said):
        endpoint.writer().write(REQUEST, on_text=lambda piece: None)


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
    endpoint: Endpoint, reply: Reply, error: type[EndpointError], said: str
) -> None:
    endpoint.replies = [reply]
    with pytest.raises(error, match=said) as caught:
        endpoint.writer().write(REQUEST)
    assert caught.value.exit_code == 4
    assert caught.value.hint
    assert "sk-secret" not in f"{caught.value} {caught.value.hint} {caught.value.__cause__}"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("refusal", "changed"),
    [
        ("Use 'max_completion_tokens' instead of 'max_tokens'", {"max_completion_tokens": 50}),
        ("temperature is not supported with this model", {"max_tokens": 50}),
    ],
)
def test_a_refused_parameter_is_changed_once(endpoint: Endpoint, refusal: str, changed: dict[str, int]) -> None:
    endpoint.replies = [failure(400, refusal, code="unsupported_parameter"), completion("It is so [1].")]
    assert endpoint.writer().write(REQUEST).text == "It is so [1]."
    first, second = endpoint.bodies
    assert first["max_tokens"] == 50
    assert {key: second[key] for key in second if key.startswith("max_")} == changed


def test_a_dead_port_is_an_endpoint_error() -> None:
    with pytest.raises(EndpointError, match="cannot be reached"):
        OpenAIWriter("m", base_url="http://127.0.0.1:9/v1", api_key=None, timeout_s=1).write(REQUEST)


def test_models_are_listed(endpoint: Endpoint) -> None:
    body = {"object": "list", "data": [{"id": "a", "object": "model"}, {"id": "b", "object": "model"}]}
    endpoint.replies = [(200, "application/json", json.dumps(body).encode())]
    assert list_models(base_url=endpoint.url, api_key=None) == ["a", "b"]


def test_the_key_is_in_no_repr(endpoint: Endpoint) -> None:
    assert "sk-secret" not in repr(endpoint.writer())
