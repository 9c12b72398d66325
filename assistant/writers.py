"""Writers: a request in, a draft out. The OpenAI-compatible one is here; the extractive one needs no model.

Servers that call themselves OpenAI-compatible differ; what is handled was measured against the SDK (3.51) and
five servers. A reply counts only if it has text and said why it ended.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from assistant.errors import ContextOverflow, EndpointError, IncompleteReply
from assistant.papers import Passage
from assistant.results import Usage
from assistant.text import count_tokens

if TYPE_CHECKING:
    import openai

OnText = Callable[[str], None]

OPENAI = "https://api.openai.com/v1"
NO_KEY = "no-key"  # the SDK refuses to start without a key, also for servers that want none
MAX_RETRIES = 2
_THINKING = re.compile(r"<think>.*?</think>|^.*?</think>", re.DOTALL | re.IGNORECASE)
_OVERFLOW = re.compile(
    r"context[ _]?(length|size|window)|exceed_context|too many tokens|maximum context", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Request:
    """What a writer is asked: the structured question and passages, and the prompts filled from them. The model
    writer reads the prompts, the extractive writer the rest; nobody parses a prompt. `rarity` weighs index terms.
    """

    question: str
    passages: tuple[Passage, ...]
    system: str = ""
    prompt: str = ""
    max_tokens: int = 900
    rarity: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer wrote: Markdown prose whose `[n]` markers number the request's passages from 1."""

    text: str
    writer: str
    usage: Usage | None = None
    notice: str = ""


class Writer(Protocol):
    """`name` is shown with every answer: `extractive`, or the model's name."""

    name: str

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """A draft. With `on_text`, pieces of it are handed over as they come, unchecked."""
        ...


class OpenAIWriter:
    """Chat completions of any OpenAI-compatible endpoint."""

    def __init__(self, model: str, *, base_url: str | None, api_key: str | None, timeout_s: float) -> None:
        self.name = model
        self._base_url, self._api_key, self._timeout_s = base_url or OPENAI, api_key, timeout_s

    def __repr__(self) -> str:
        return f"OpenAIWriter({self.name!r}, base_url={self._base_url!r})"  # the key stays out

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """The model's draft. EndpointError: unreachable, refused, failed; ContextOverflow; IncompleteReply."""
        messages: Any = [
            {"role": "system", "content": request.system},
            {"role": "user", "content": request.prompt},
        ]
        with self.mapped():
            client = self.client()
            common: dict[str, Any] = {"model": self.name, "messages": messages, "temperature": 0}
            try:
                return self._send(client, common | {"max_tokens": request.max_tokens}, request, on_text)
            except _refused_parameter() as error:
                changed = _without_refused(common, request.max_tokens, error)
                if changed is None:
                    raise
                return self._send(client, changed, request, on_text)

    def client(self) -> "openai.OpenAI":
        import openai

        return openai.OpenAI(
            api_key=self._api_key or NO_KEY,
            base_url=self._base_url,
            timeout=openai.Timeout(self._timeout_s, connect=10.0),
            max_retries=MAX_RETRIES,
        )

    def _send(self, client: "openai.OpenAI", body: dict[str, Any], request: Request, on_text: OnText | None) -> Draft:
        create: Callable[..., Any] = client.chat.completions.create
        if on_text is None:
            text, finish, usage = _whole(create(**body))
        else:
            options = {"stream": True, "stream_options": {"include_usage": True}}
            text, finish, usage = _streamed(create(**body, **options), on_text)
        text = _THINKING.sub("", text).strip()
        if not text:
            raise IncompleteReply(f"{self.name} sent an empty reply", hint="Try again, or another model.")
        if finish is None:
            raise IncompleteReply(f"{self.name}'s reply broke off", hint="Try again; the server may have stopped.")
        notice = "the model's reply was cut at its length limit" if finish == "length" else ""
        return Draft(text, self.name, usage or self._estimated(request, text), notice)

    def _estimated(self, request: Request, text: str) -> Usage:
        prompt = count_tokens(request.system, model=self.name) + count_tokens(request.prompt, model=self.name)
        return Usage(prompt, count_tokens(text, model=self.name), estimated=True)

    @contextlib.contextmanager
    def mapped(self) -> Iterator[None]:
        """The SDK's errors as ours. Causes are cut off: they can carry the key."""
        import openai

        where = self._base_url
        try:
            yield
        except openai.AuthenticationError:
            raise EndpointError(
                f"{where} refused the API key (401)", hint="Check OPENAI_API_KEY, or answer without a model."
            ) from None
        except openai.NotFoundError as error:
            raise EndpointError(
                f"{where} has no model “{self.name}” or no such address (404): {_said(error)}",
                hint="Check --model and that the base URL ends in /v1.",
            ) from None
        except openai.RateLimitError as error:
            raise EndpointError(
                f"{where} refused for now (429): {_said(error)}", hint="Wait, or check quota."
            ) from None
        except openai.APIStatusError as error:
            said = _said(error)
            if error.status_code in (400, 413, 422) and _OVERFLOW.search(f"{error.code} {said}"):
                raise ContextOverflow(
                    f"the prompt is too long for {self.name}: {said}", hint="Use a smaller -k."
                ) from None
            raise EndpointError(f"{where} failed ({error.status_code}): {said}", hint="Try again later.") from None
        except openai.APITimeoutError:
            raise EndpointError(
                f"{where} did not answer within {self._timeout_s:g} s", hint="Set ASSISTANT_TIMEOUT higher."
            ) from None
        except openai.APIConnectionError:
            raise EndpointError(
                f"{where} cannot be reached", hint="Is the server running? Check OPENAI_BASE_URL."
            ) from None
        except openai.APIError as error:  # an error event in a stream
            raise EndpointError(f"{where} failed: {_said(error)}", hint="Try again later.") from None
        except (openai.OpenAIError, json.JSONDecodeError, ValueError, UnicodeError) as error:
            raise EndpointError(
                f"{where} sent what is not a chat completion: {_said(error)}",
                hint="Check OPENAI_BASE_URL: it must be an OpenAI-compatible API, mostly ending in /v1.",
            ) from None


def list_models(*, base_url: str | None, api_key: str | None, timeout_s: float = 5.0) -> list[str]:
    """Names of the models that an endpoint offers. EndpointError."""
    writer = OpenAIWriter("", base_url=base_url, api_key=api_key, timeout_s=timeout_s)
    with writer.mapped():
        return [model.id for model in writer.client().models.list()]


def _whole(reply: Any) -> tuple[str, str | None, Usage | None]:
    """Text, finish reason and usage of a completion. ValueError: it is something else, such as a page of HTML."""
    choices = getattr(reply, "choices", None)
    if not choices:
        raise ValueError(str(getattr(reply, "error", None) or reply)[:200])
    return choices[0].message.content or "", choices[0].finish_reason, _usage(getattr(reply, "usage", None))


def _streamed(chunks: Any, on_text: OnText) -> tuple[str, str | None, Usage | None]:
    parts: list[str] = []
    finish, usage = None, None
    for chunk in chunks:
        usage = _usage(getattr(chunk, "usage", None)) or usage
        for choice in chunk.choices or []:
            if piece := getattr(choice.delta, "content", None):
                parts.append(piece)
                on_text(piece)
            finish = choice.finish_reason or finish
    return "".join(parts), finish, usage


def _usage(given: Any) -> Usage | None:
    if given is None or given.prompt_tokens is None:
        return None
    return Usage(int(given.prompt_tokens), int(given.completion_tokens or 0), estimated=False)


def _refused_parameter() -> "type[openai.BadRequestError]":
    import openai

    return openai.BadRequestError


def _without_refused(common: dict[str, Any], max_tokens: int, error: "openai.BadRequestError") -> dict[str, Any] | None:
    """The body without the parameter that the endpoint refused: newer models want `max_completion_tokens`, some
    take no temperature. None where the refusal was about something else."""
    said = _said(error)
    body = common | {"max_tokens": max_tokens}
    if "max_completion_tokens" in said:
        body = common | {"max_completion_tokens": max_tokens}
    elif "temperature" in said:
        body.pop("temperature")
    else:
        return None
    return body


def _said(error: Exception) -> str:
    """What the endpoint said, in one short line."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else body
    message = inner.get("message") if isinstance(inner, dict) else inner
    return " ".join(str(message or error).split())[:200]
