"""An OpenAI-compatible API: a chat completion or embeddings asked for, the reply read with care, failures as ours.

Servers that call themselves OpenAI-compatible differ; what is handled was measured against the SDK (3.52) and five
servers. What comes back is data from outside: it is bounded in size and time, and nothing in it is trusted to have
the type it should have.
"""

import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard
from urllib.parse import urlsplit, urlunsplit

from assistant.bounds import asked_pause, bounded_client, broke_off, closed_after, out_of_quota, pause
from assistant.cleaning import one_line, printable
from assistant.errors import ContextOverflow, EndpointError, IncompleteReply, RequestRefused
from assistant.results import Usage

if TYPE_CHECKING:
    import openai

OnText = Callable[[str], None]
Body = dict[str, Any]  # of a request for a chat completion, as the API takes it

OPENAI = "https://api.openai.com/v1"
NO_KEY = "no-key"  # the SDK refuses to start without a key, also for servers that want none
SECRET = 12  # characters; shorter keys are placeholders for servers that want none, such as `x` or `ollama`
SLACK = 1.0  # seconds after that at which the connection is closed, whatever comes
PATIENCE = 5  # a whole exchange may take this many times the timeout, which is for the next words only
TOLD = 2.0  # seconds of waiting from which the user is told
INTERRUPTED = "interrupted"  # why a reply ended that the user broke off
MOST_TOKENS = 1_000_000_000  # that a server is believed to have counted
_OVERFLOW = re.compile(
    r"context[ _]?(length|size|window)|exceed_context|too many tokens|maximum context|prompt is too long|token count",
    re.IGNORECASE,
)
_NOT_ONE = "Check OPENAI_BASE_URL: it must be an OpenAI-compatible API, mostly ending in /v1."
_NO_MODEL = "Check --model and that the base URL ends in /v1."
_NO_EMBEDDINGS = "Check the embedder's name, that the base URL ends in /v1, and that the server offers /v1/embeddings."


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the text as it came, why it ended (None: it broke off; INTERRUPTED: the user did), and the
    tokens, if the server said. `kept` is the day of a reply that was not asked for now but kept since then."""

    text: str
    finish: str | None
    usage: Usage | None
    kept: Date | None = None


class Completions(Protocol):
    """Whoever a chat completion can be asked of: an `Endpoint`, or one with a budget or a memory before it."""

    @property
    def address(self) -> str:
        """The base URL without anything secret that it may hold."""
        ...

    def complete(self, body: Body, *, on_text: OnText | None = None) -> Reply:
        """As `Endpoint.complete`."""
        ...


class Endpoint:
    """An API at `base_url` (None: OpenAI's own). Methods raise EndpointError: unreachable, refused, failed, no such
    API; ContextOverflow where the prompt is too long for the model."""

    def __init__(
        self,
        *,
        base_url: str | None,
        api_key: str | None,
        timeout_s: float,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._base_url, self._api_key, self._timeout_s = base_url or OPENAI, api_key, timeout_s
        self._notice = notice

    def __repr__(self) -> str:
        return f"Endpoint({self.address!r})"  # the key stays out

    @property
    def address(self) -> str:
        """The base URL without a user name, password or query that it may hold."""
        parts = urlsplit(self._base_url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))

    def complete(self, body: Body, *, on_text: OnText | None = None) -> Reply:
        """One chat completion, streamed to `on_text` where there is one. A parameter that the model refuses is changed
        or left out. A stream that the user interrupts is a reply too, if anything of it had come."""
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
                    given = self._patiently(lambda: create(**body))  # noqa: B023 (called at once)
                    reply = _whole(given) if on_text is None else _streamed(given, masked)
                    return replace(reply, text=self._masked(reply.text))
                except openai.BadRequestError as error:
                    changed = _without_refused(body, self._said(error))
                    if changed is None:
                        raise
                    body = changed

    def embed(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """The vectors that `model` gives `texts`, in their order; of what length and use, the caller must see."""
        with self._mapped(model, what="embeddings", missing=_NO_EMBEDDINGS), self._client() as client:
            create = client.embeddings.create
            reply = self._patiently(lambda: create(model=model, input=list(texts), encoding_format="float"))
            return _vectors(reply, len(texts))

    def models(self) -> list[str]:
        """Names of the models on offer."""
        with self._mapped(""), self._client() as client:
            return [str(model.id) for model in client.models.list()]

    def _patiently(self, ask: Callable[[], Any]) -> Any:
        """What `ask` gives, asked again where that may help."""
        import openai

        tried = 0
        while True:
            try:
                return ask()
            except openai.APIError as error:
                seconds = pause(error, tried)
                if seconds is None:
                    raise
            if seconds >= TOLD:
                self._notice(f"{self.address} asks to wait {seconds:.0f} s")
            time.sleep(seconds)
            tried += 1

    @contextlib.contextmanager
    def _client(self) -> Iterator["openai.OpenAI"]:
        import openai

        client = openai.OpenAI(
            api_key=self._api_key or NO_KEY,
            base_url=self._base_url,
            timeout=openai.Timeout(self._timeout_s, connect=10.0),
            max_retries=0,  # it would wait up to two minutes in silence, and ask an account without quota again
            http_client=bounded_client(seconds=PATIENCE * self._timeout_s),
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
                f"{where} has no model “{model}” or no such address (404): {self._said(error)}", hint=missing
            ) from None
        except openai.RateLimitError as error:
            raise self._limited(error) from None
        except openai.APIStatusError as error:
            raise self._failed(error, model) from None
        except openai.APITimeoutError:
            raise EndpointError(
                f"{where} did not answer within {self._timeout_s:g} s", hint="Set ASSISTANT_TIMEOUT higher."
            ) from None
        except openai.APIConnectionError as error:
            if started + PATIENCE * self._timeout_s < time.monotonic():  # `closed_after` has closed it
                raise EndpointError(f"{where} took too long to answer", hint="Set ASSISTANT_TIMEOUT higher.") from None
            if broke_off(error):
                raise IncompleteReply(
                    f"{where} broke off its reply", hint="Try again; is the server still running?"
                ) from None
            raise EndpointError(
                f"{where} cannot be reached", hint="Is the server running? Check OPENAI_BASE_URL."
            ) from None
        except openai.APIError as error:  # an error event in a stream
            raise self._failed(error, model) from None
        # a malformed reply can break the SDK's reading of it in any of these ways
        except (
            openai.OpenAIError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, RecursionError,
        ) as error:  # fmt: skip
            raise EndpointError(f"{where} sent what is not {what}: {self._said(error)}", hint=_NOT_ONE) from None
        except RuntimeError:  # … and the SDK would try again
            raise EndpointError(f"{where} took too long to answer", hint="Set ASSISTANT_TIMEOUT higher.") from None

    def _limited(self, error: "openai.RateLimitError") -> EndpointError:
        said, seconds = self._said(error), asked_pause(error.response.headers)
        if out_of_quota(error):
            return EndpointError(
                f"{self.address} refused (429): {said}",
                hint="The account has no quota left: check its plan and billing.",
            )
        wait = f", and asks to wait {seconds:,.0f} s" if seconds and seconds >= 1 else ""
        return EndpointError(f"{self.address} refused for now (429){wait}: {said}", hint="Wait, or check quota.")

    def _failed(self, error: "openai.APIError", model: str) -> EndpointError:
        """The error for a status that has no other, or for an error event in a stream, which has no status."""
        said, status = self._said(error), getattr(error, "status_code", None)
        if status == 413 or (status in (None, 400, 422) and _OVERFLOW.search(f"{error.code} {error.type} {said}")):
            return ContextOverflow(f"the prompt is too long for {model}: {said}", hint="Use a smaller -k.")
        with_status = f" ({status})" if status else ""
        refused = status in (400, 422) or (status == 500 and "response_format" in str(error.body))
        failed = RequestRefused if refused else EndpointError
        return failed(f"{self.address} failed{with_status}: {said}", hint="Try again later.")

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


class Structured:
    """Asks an endpoint for JSON, as strictly as it takes it, which is remembered."""

    def __init__(self, endpoint: Completions) -> None:
        self._endpoint = endpoint
        self._refused = 0  # of the forms that can be asked for, the strictest first

    def complete(self, body: Body, *, name: str, schema: dict[str, Any]) -> Reply:
        """One chat completion that should be JSON of `schema`, which `body` must ask for in words too. It may still be
        anything. Raises what `Completions.complete` does."""
        forms: list[Body] = [
            {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}},
            {"type": "json_object"},
        ]
        for refused, form in enumerate(forms):
            if refused >= self._refused:
                with contextlib.suppress(RequestRefused):
                    reply = self._endpoint.complete(body | {"response_format": form})
                    self._refused = refused
                    return reply
        reply = self._endpoint.complete(body)
        self._refused = len(forms)
        return reply


def _whole(reply: Any) -> Reply:
    """The reply in a completion. ValueError: it is something else, such as a page of HTML."""
    choices = getattr(reply, "choices", None)
    if not choices:
        raise ValueError(str(getattr(reply, "error", None) or reply)[:200])
    return Reply(_text(choices[0].message.content), choices[0].finish_reason, _usage(getattr(reply, "usage", None)))


def _streamed(chunks: Any, on_text: OnText) -> Reply:
    parts: list[str] = []
    finish, usage = None, None
    try:
        for chunk in chunks:
            usage = _usage(getattr(chunk, "usage", None)) or usage
            for choice in chunk.choices or []:
                if piece := _text(getattr(choice.delta, "content", None)):
                    parts.append(piece)
                    on_text(piece)
                finish = choice.finish_reason or finish
    except KeyboardInterrupt:
        if not parts:
            raise
        finish = INTERRUPTED
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
    if not _is_count(prompt):
        return None
    return Usage(prompt, completion if _is_count(completion) else 0, estimated=False)


def _is_count(given: Any) -> TypeGuard[int]:
    """Whether this can be a number of tokens: a server may say anything."""
    return type(given) is int and 0 <= given <= MOST_TOKENS


def _without_refused(body: Body, said: str) -> Body | None:
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
