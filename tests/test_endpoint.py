"""The endpoint asked for JSON: as strictly as it takes it. Its failures are in test_writers.py."""

import pytest

from assistant.endpoint import Structured
from assistant.errors import ContextOverflow, EndpointError, RequestRefused
from tests.server import Reply, Server, completion, failure

BODY = {"model": "m", "messages": [{"role": "user", "content": "JSON, please."}]}
SCHEMA = {"type": "object"}
REFUSALS = [
    failure(400, "'response_format.type' must be 'text'"),
    (422, "application/json", b'{"detail": [{"loc": ["body", "x"], "msg": "extra"}]}'),
    failure(500, "x" * 300 + " response_format is not known"),
]


def forms(server: Server) -> list[str | None]:
    """What was asked for, request by request; the SDK's own repeats after a 500 count once."""
    asked = [body.get("response_format", {}).get("type") for body in server.bodies]
    return [form for at, form in enumerate(asked) if at == 0 or form != asked[at - 1]]


def test_a_schema_is_asked_for_first(server: Server) -> None:
    server.replies = [completion("{}")]
    assert Structured(server.endpoint()).complete(BODY, name="x", schema=SCHEMA).text == "{}"
    form = server.bodies[0]["response_format"]
    assert form == {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_what_is_refused_is_asked_for_less_strictly_and_that_is_remembered(server: Server, refusal: Reply) -> None:
    server.replies = [lambda body: refusal if "response_format" in body else completion("{}")]
    endpoint = Structured(server.endpoint())
    assert endpoint.complete(BODY, name="x", schema=SCHEMA).text == "{}"
    assert forms(server) == ["json_schema", "json_object", None]
    server.bodies.clear()
    endpoint.complete(BODY, name="x", schema=SCHEMA)
    assert forms(server) == [None]


def test_a_refusal_of_every_form_is_told_and_not_remembered(server: Server) -> None:
    server.replies = [failure(400, "no such thing")]
    endpoint = Structured(server.endpoint())
    with pytest.raises(RequestRefused, match="no such thing"):
        endpoint.complete(BODY, name="x", schema=SCHEMA)
    server.replies, server.bodies = [completion("{}")], []
    endpoint.complete(BODY, name="x", schema=SCHEMA)
    assert forms(server) == ["json_schema"]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (failure(400, "x", code="context_length_exceeded"), ContextOverflow),
        (failure(401, "bad key"), EndpointError),
        (failure(404, "no such model"), EndpointError),
        (failure(500, "out of memory"), EndpointError),
    ],
)
def test_other_failures_are_no_reason_to_ask_less_strictly(
    server: Server, reply: Reply, error: type[EndpointError]
) -> None:
    server.replies = [reply]
    with pytest.raises(error):
        Structured(server.endpoint()).complete(BODY, name="x", schema=SCHEMA)
    assert forms(server) == ["json_schema"]
