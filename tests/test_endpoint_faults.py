"""What becomes of an exchange that goes wrong: asked again, or not; broken off, by the server or by the user."""

import threading

import pytest

from assistant.endpoint import Endpoint
from assistant.errors import ContextOverflow, EndpointError, IncompleteReply
from assistant.writers import OpenAIWriter, Request
from tests.server import Reply, Server, completion, failure, stream

REQUEST = Request("q", (), system="You answer.", prompt="Question?", max_tokens=50)
LONG = Request("q", (), system="You answer.", prompt="A question of many words. " * 400, max_tokens=50)
BUSY = failure(429, "slow down", code="rate_limit_exceeded")


@pytest.mark.parametrize("reply", [BUSY, failure(500, "oops"), failure(503, "loading")])
def test_what_may_pass_is_asked_again_after_as_long_as_the_endpoint_says(server: Server, reply: Reply) -> None:
    server.replies = [reply, reply, completion("It is so [1].")]
    assert OpenAIWriter("m", server.endpoint()).write(REQUEST).text == "It is so [1]."
    assert len(server.bodies) == 3
    server.replies, server.bodies = [reply], []
    with pytest.raises(EndpointError):
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert len(server.bodies) == 3


def test_a_wait_that_a_user_would_notice_is_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assistant.endpoint.TOLD", 0.0)
    server.replies = [BUSY, completion("It is so [1].")]
    notices: list[str] = []
    endpoint = Endpoint(base_url=server.url, api_key=None, timeout_s=5, notice=notices.append)
    OpenAIWriter("m", endpoint).write(REQUEST)
    assert notices == [f"{server.url} asks to wait 0 s"]


def test_a_wait_that_is_too_long_is_an_error_that_names_it(server: Server) -> None:
    server.replies = [BUSY]
    server.headers = {"Retry-After-Ms": "", "Retry-After": "300"}
    with pytest.raises(EndpointError, match=r"refused for now \(429\), and asks to wait 300 s: slow down"):
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("where", ["code", "type"])
def test_an_account_without_quota_is_asked_once(server: Server, where: str) -> None:
    server.replies = [failure(429, "You exceeded your current quota", **{where: "insufficient_quota"})]
    with pytest.raises(EndpointError, match="exceeded your current quota") as caught:
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert "billing" in caught.value.hint
    assert len(server.bodies) == 1


@pytest.mark.parametrize("reply", [failure(400, "no"), failure(401, "no"), failure(404, "no"), failure(501, "no")])
def test_what_will_not_pass_is_asked_once(server: Server, reply: Reply) -> None:
    server.replies = [reply]
    with pytest.raises(EndpointError):
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert len(server.bodies) == 1


def test_an_endpoint_that_is_silent_for_its_time_is_not_given_the_same_again(server: Server) -> None:
    ended = threading.Event()

    def silent(body: object) -> Reply:
        ended.wait(30)
        return completion("late")

    server.replies = [silent]
    with pytest.raises(EndpointError, match=r"did not answer within 0.2 s"):
        OpenAIWriter("m", server.endpoint(timeout_s=0.2)).write(REQUEST)
    ended.set()
    assert len(server.bodies) == 1


@pytest.mark.parametrize(("headers", "said"), [({}, "longer than"), ({"Content-Encoding": "gzip"}, "compressed")])
def test_a_reply_beyond_our_bounds_is_not_asked_for_again(
    server: Server, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], said: str
) -> None:
    monkeypatch.setattr("assistant.bounds.MAX_BYTES", 1_000)
    server.replies, server.headers = [completion("word " * 2_000)], headers
    with pytest.raises(EndpointError, match=said):
        OpenAIWriter("m", server.endpoint()).write(REQUEST)
    assert len(server.bodies) == 1


@pytest.mark.parametrize("streamed", [False, True])
def test_a_connection_that_breaks_is_an_incomplete_reply(server: Server, streamed: bool) -> None:
    server.replies = [stream("It is so") if streamed else completion("It is so [1].")]
    server.headers = {"Content-Length": "100000"}
    with pytest.raises(IncompleteReply, match="broke off its reply"):
        OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=(lambda piece: None) if streamed else None)
    assert len(server.bodies) == (1 if streamed else 3)  # what was shown is not asked for again


def test_an_error_that_is_only_text_is_repeated(server: Server) -> None:
    server.replies = [(400, "application/json", b'{"error": "model is loading"}')]
    with pytest.raises(EndpointError, match=r"failed \(400\): model is loading"):
        OpenAIWriter("m", server.endpoint()).write(REQUEST)


def test_a_server_that_knows_no_stream_options_still_streams(server: Server) -> None:
    server.replies = [failure(400, "unknown field: stream_options"), stream("It is so [1].")]
    draft = OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=lambda piece: None)
    assert draft.text == "It is so [1]."
    assert server.bodies[1].keys() == server.bodies[0].keys() - {"stream_options"}


def test_a_stream_of_no_choices_is_no_answer(server: Server) -> None:
    server.replies = [(200, "text/event-stream", b'data: {"choices": null}\n\ndata: [DONE]\n\n')]
    with pytest.raises(IncompleteReply, match="empty reply"):
        OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=lambda piece: None)


@pytest.mark.parametrize(
    "reply",
    [
        failure(413, "Request Entity Too Large"),
        failure(400, "Prompt is too long: 9000 tokens > 8192 maximum"),
        failure(400, "no room", type="exceed_context_size_error"),
        failure(422, "the input token count exceeds the maximum"),
        (200, "text/event-stream", b'data: {"error": {"message": "the context size has been exceeded"}}\n\n'),
    ],
)
def test_every_way_to_say_that_the_prompt_is_too_long_is_known(server: Server, reply: Reply) -> None:
    server.replies = [reply]
    with pytest.raises(ContextOverflow):
        OpenAIWriter("m", server.endpoint()).write(LONG, on_text=lambda piece: None)


@pytest.mark.parametrize(("said", "warned"), [(1_600, True), (2_100, False)])
def test_a_prompt_that_the_server_cut_in_silence_is_told_of(server: Server, said: int, warned: bool) -> None:
    server.replies = [completion("It is so [1].", usage={"prompt_tokens": said, "completion_tokens": 5})]
    notice = OpenAIWriter("m", server.endpoint()).write(LONG).notice
    assert ("may have cut the prompt" in notice) is warned


def test_what_came_before_the_user_broke_it_off_is_a_draft(server: Server) -> None:
    server.replies = [stream("It is ", "so [1]. ", "And", " more")]
    pieces: list[str] = []

    def impatient(piece: str) -> None:
        pieces.append(piece)
        if len(pieces) == 3:
            raise KeyboardInterrupt

    draft = OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=impatient)
    assert (draft.text, draft.interrupted) == ("It is so [1]. And", True)


def test_an_interrupt_before_there_is_anything_to_show_goes_on(server: Server) -> None:
    def impatient(piece: str) -> None:
        raise KeyboardInterrupt

    server.replies = [stream("<think>Hmm", "</think>It")]
    with pytest.raises(KeyboardInterrupt):
        OpenAIWriter("m", server.endpoint()).write(REQUEST, on_text=impatient)


@pytest.mark.parametrize(
    "address",
    ["http://me:hunter2@127.0.0.1:9/v1", "http://127.0.0.1:9/v1?key=hunter2", "http://127.0.0.1:9/v1#hunter2"],
)
def test_nothing_secret_of_the_base_url_is_in_its_address(address: str) -> None:
    endpoint = Endpoint(base_url=address, api_key=None, timeout_s=1)
    assert endpoint.address == "http://127.0.0.1:9/v1"
    assert "hunter2" not in repr(endpoint)
