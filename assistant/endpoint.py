"""An OpenAI-compatible API: a chat completion or embeddings asked for, the reply read with care, failures as ours.

Servers that call themselves OpenAI-compatible differ; what is handled was measured against the SDK (3.52) and five
servers. What comes back is data from outside: it is bounded in size and time, and nothing in it is trusted to have
the type it should have.
"""

import contextlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from assistant.cleaning import one_line, printable
from assistant.errors import ContextOverflow, EndpointError, RequestRefused
from assistant.results import Usage

if TYPE_CHECKING:
    import httpx2
    import openai

OnText = Callable[[str], None]

OPENAI = "https://api.openai.com/v1"
NO_KEY = "no-key"  # the SDK refuses to start without a key, also for servers that want none
SECRET = 12  # characters; shorter keys are placeholders for servers that want none, such as `x` or `ollama`
MAX_RETRIES = 2
MAX_BYTES = 16_000_000  # of a reply: a long answer streamed token by token has 300,000
SLACK = 1.0  # seconds after that at which the connection is closed, whatever comes
PATIENCE = 5  # a whole exchange may take this many times the timeout, which is for the next words only
_OVERFLOW = re.compile(
    r"context[ _]?(length|size|window)|exceed_context|too many tokens|maximum context", re.IGNORECASE
)
_NOT_ONE = "Check OPENAI_BASE_URL: it must be an OpenAI-compatible API, mostly ending in /v1."
_NO_MODEL = "Check --model and that the base URL ends in /v1."
_NO_EMBEDDINGS = "Check the embedder's name, that the base URL ends in /v1, and that the server offers /v1/embeddings."


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text as it came, why it ended (None: it broke off), and the tokens, if the server said."""

    text: str
    finish: str | None
    usage: Usage | None


class Endpoint:
    """An API at `base_url` (None: OpenAI's own). Methods raise EndpointError: unreachable, refused, failed, no such
    API; ContextOverflow where the prompt is too long for the model."""

    def __init__(self, *, base_url: str | None, api_key: str | None, timeout_s: float) -> None:
        self._base_url, self._api_key, self._timeout_s = base_url or OPENAI, api_key, timeout_s
        self._forms_refused = 0  # of those that `complete_json` can ask for, the strictest first

    def __repr__(self) -> str:
        return f"Endpoint({self.address!r})"  # the key stays out

    @property
    def address(self) -> str:
        """The base URL without a user name and password that it may hold."""
        parts = urlsplit(self._base_url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def complete(self, body: dict[str, Any], *, on_text: OnText | None = None) -> Reply:
        """One chat completion, streamed to `on_text` where there is one. `body` is as the API takes it; a parameter
        that the model refuses is changed or left out."""
        if on_text is not None:
            body = body | {"stream": True, "stream_options": {"include_usage": True}}
        with self._mapped(str(body["model"])), self._client() as client:
            import openai

            create: Callable[..., Any] = client.chat.completions.create

            def masked(piece: str) -> None:
                if on_text is not None:
                    on_text(self._masked(piece))

            while True:
                try:
                    reply = _whole(create(**body)) if on_text is None else _streamed(create(**body), masked)
                    return replace(reply, text=self._masked(reply.text))
                except openai.BadRequestError as error:
                    changed = _without_refused(body, self._said(error))
                    if changed is None:
                        raise
                    body = changed

    def complete_json(self, body: dict[str, Any], *, name: str, schema: dict[str, Any]) -> Reply:
        """One chat completion that should be JSON of `schema`, which `body` must ask for in words too: as strictly as
        the endpoint takes it, which is remembered. It may still be anything."""
        forms: list[dict[str, Any]] = [
            {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}},
            {"type": "json_object"},
        ]
        for refused, form in enumerate(forms):
            if refused >= self._forms_refused:
                with contextlib.suppress(RequestRefused):
                    reply = self.complete(body | {"response_format": form})
                    self._forms_refused = refused
                    return reply
        reply = self.complete(body)
        self._forms_refused = len(forms)
        return reply

    def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """The vectors that `model` gives `texts`, in their order; of what length and use, the caller must see."""
        with self._mapped(model, what="embeddings", missing=_NO_EMBEDDINGS), self._client() as client:
            reply = client.embeddings.create(model=model, input=list(texts), encoding_format="float")
            return _vectors(reply, len(texts))

    def models(self) -> list[str]:
        """Names of the models on offer."""
        with self._mapped(""), self._client() as client:
            return [str(model.id) for model in client.models.list()]

    @contextlib.contextmanager
    def _client(self) -> Iterator["openai.OpenAI"]:
        import openai

        client = openai.OpenAI(
            api_key=self._api_key or NO_KEY,
            base_url=self._base_url,
            timeout=openai.Timeout(self._timeout_s, connect=10.0),
            max_retries=MAX_RETRIES,
            http_client=_bounded_client(seconds=PATIENCE * self._timeout_s),
        )
        with client, closed_after(client, PATIENCE * self._timeout_s + SLACK):
            yield client

    @contextlib.contextmanager
    def _mapped(self, model: str, *, what: str = "a chat completion", missing: str = _NO_MODEL) -> Iterator[None]:
        """The SDK's errors as ours: `what` was asked for, and `missing` is the hint where no such thing is there.
        Causes are cut off: they can carry the key."""
        import openai

        where, started = self.address, time.monotonic()
        try:
            yield
        except openai.AuthenticationError:
            raise EndpointError(
                f"{where} refused the API key (401)", hint="Check OPENAI_API_KEY, or answer without a model."
            ) from None
        except openai.NotFoundError as error:
            raise EndpointError(
                f"{where} has no model “{model}” or no such address (404): {self._said(error)}",
                hint=missing,
            ) from None
        except openai.RateLimitError as error:
            raise EndpointError(
                f"{where} refused for now (429): {self._said(error)}", hint="Wait, or check quota."
            ) from None
        except openai.APIStatusError as error:
            raise self._failed(error, model) from None
        except openai.APITimeoutError:
            raise EndpointError(
                f"{where} did not answer within {self._timeout_s:g} s", hint="Set ASSISTANT_TIMEOUT higher."
            ) from None
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, EndpointError):  # our bounds, met while the SDK was reading
                raise error.__cause__ from None
            if started + PATIENCE * self._timeout_s < time.monotonic():  # `closed_after` has closed it
                raise EndpointError(f"{where} took too long to answer", hint="Set ASSISTANT_TIMEOUT higher.") from None
            raise EndpointError(
                f"{where} cannot be reached", hint="Is the server running? Check OPENAI_BASE_URL."
            ) from None
        except openai.APIError as error:  # an error event in a stream
            raise EndpointError(f"{where} failed: {self._said(error)}", hint="Try again later.") from None
        # a malformed reply can break the SDK's reading of it in any of these ways
        except (
            openai.OpenAIError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError,
        ) as error:  # fmt: skip
            raise EndpointError(f"{where} sent what is not {what}: {self._said(error)}", hint=_NOT_ONE) from None
        except RuntimeError:  # … and the SDK would try again
            raise EndpointError(f"{where} took too long to answer", hint="Set ASSISTANT_TIMEOUT higher.") from None

    def _failed(self, error: "openai.APIStatusError", model: str) -> EndpointError:
        said = self._said(error)
        if error.status_code in (400, 413, 422) and _OVERFLOW.search(f"{error.code} {said}"):
            return ContextOverflow(f"the prompt is too long for {model}: {said}", hint="Use a smaller -k.")
        refused = error.status_code in (400, 422) or (error.status_code == 500 and "response_format" in str(error.body))
        failed = RequestRefused if refused else EndpointError
        return failed(f"{self.address} failed ({error.status_code}): {said}", hint="Try again later.")

    def _said(self, error: Exception) -> str:
        """What the endpoint said, in one short line."""
        body = getattr(error, "body", None)
        inner = body.get("error", body) if isinstance(body, dict) else body
        message = inner.get("message") if isinstance(inner, dict) else inner
        return self._masked(one_line(str(message or error)[:2_000]))[:200]

    def _masked(self, text: str) -> str:
        """`text` without the key, should the endpoint repeat it."""
        secret = self._api_key if self._api_key and len(self._api_key) >= SECRET else None
        return text.replace(secret, "***") if secret else text


@contextlib.contextmanager
def closed_after(client: "openai.OpenAI | httpx2.Client", seconds: float) -> Iterator[None]:
    """Close `client` if the block takes longer: a reply can drip in where nothing else looks at the time, such as its
    header. The read that waits then fails."""
    timer = threading.Timer(seconds, client.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _bounded_client(*, seconds: float) -> "httpx2.Client":
    """The SDK's HTTP client, whose replies raise EndpointError beyond MAX_BYTES or `seconds` from now."""
    import httpx2
    import openai

    deadline = time.monotonic() + seconds

    class Bounded(httpx2.SyncByteStream):
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for part in self._stream:
                size += len(part)
                if size > MAX_BYTES:
                    raise EndpointError(
                        f"the reply is longer than {MAX_BYTES // 1_000_000} MB", hint="Is this endpoint well?"
                    )
                if time.monotonic() > deadline:
                    raise EndpointError(
                        f"the reply took longer than {seconds:g} s", hint="Set ASSISTANT_TIMEOUT higher."
                    )
                yield part

        def close(self) -> None:
            self._stream.close()

    def bound(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":  # unpacked, it could be of any size
            raise EndpointError("the reply is compressed, which was not asked for", hint="Is this endpoint well?")
        response.stream = Bounded(response.stream)

    # what is asked goes to the endpoint that was chosen, not where it sends us on to
    return openai.DefaultHttpx2Client(
        event_hooks={"response": [bound]}, follow_redirects=False, headers={"Accept-Encoding": "identity"}
    )


def _whole(reply: Any) -> Reply:
    """The reply in a completion. ValueError: it is something else, such as a page of HTML."""
    choices = getattr(reply, "choices", None)
    if not choices:
        raise ValueError(str(getattr(reply, "error", None) or reply)[:200])
    return Reply(_text(choices[0].message.content), choices[0].finish_reason, _usage(getattr(reply, "usage", None)))


def _streamed(chunks: Any, on_text: OnText) -> Reply:
    parts: list[str] = []
    finish, usage = None, None
    for chunk in chunks:
        usage = _usage(getattr(chunk, "usage", None)) or usage
        for choice in chunk.choices or []:
            if piece := _text(getattr(choice.delta, "content", None)):
                parts.append(piece)
                on_text(piece)
            finish = choice.finish_reason or finish
    return Reply("".join(parts), finish, usage)


def _vectors(reply: Any, count: int) -> list[list[float]]:
    """The vectors in a reply, by their `index`. ValueError: they are not `count`, or not of numbers."""
    entries = sorted((entry.index, entry.embedding) for entry in getattr(reply, "data", None) or [])
    if [index for index, _ in entries] != list(range(count)):
        raise ValueError(f"{len(entries)} vectors for {count} texts, or wrongly numbered")
    rows = [[float(number) for number in vector] for _, vector in entries]
    if not all(rows):
        raise ValueError("a vector without numbers")
    return rows


def _text(content: Any) -> str:
    if content is not None and not isinstance(content, str):
        raise ValueError(f"its content is no text but {json.dumps(content, default=str)[:80]}")
    return printable(content or "")


def _usage(given: Any) -> Usage | None:
    prompt, completion = getattr(given, "prompt_tokens", None), getattr(given, "completion_tokens", None)
    if not isinstance(prompt, int):
        return None
    return Usage(prompt, completion if isinstance(completion, int) else 0, estimated=False)


def _without_refused(body: dict[str, Any], said: str) -> dict[str, Any] | None:
    """The body without what the endpoint refused: newer models want `max_completion_tokens`, some take no
    temperature, some servers no stream options. None where the refusal was about something else."""
    rest = dict(body)
    if "max_tokens" in said and "max_tokens" in body:
        return rest | {"max_completion_tokens": rest.pop("max_tokens")}
    for name in ("temperature", "stream_options"):
        if name in said and name in body:
            del rest[name]
            return rest
    return None
