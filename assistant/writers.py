"""Writers: a request in, a draft out. The one that asks a model is here; the extractive one needs none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from assistant.endpoint import Endpoint, OnText
from assistant.errors import IncompleteReply
from assistant.papers import Passage
from assistant.results import Usage
from assistant.text import count_tokens

TOKEN_CHARACTERS = 40  # a token is never longer in prose; what is beyond was not asked for
_THINK_TAG = re.compile(r"</?think>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    """What a writer is asked: the structured question and passages, and the prompts filled from them. The model
    writer reads the prompts, the extractive writer the rest; nobody parses a prompt. `rarity` weighs index terms.

    A survey, for a “which papers …” question, has `likely`: the numbers (from 1) of the passages that seem to match,
    best first. The extractive writer takes these; a model reads every passage.

    A question of several parts has them as `parts`, a request for each with its share of the passages. The extractive
    writer answers one after the other; a model answers the whole. Passages are numbered from `first`.
    """

    question: str
    passages: tuple[Passage, ...]
    system: str = ""
    prompt: str = ""
    max_tokens: int = 900
    rarity: Mapping[str, float] = field(default_factory=dict)
    likely: tuple[int, ...] = ()
    first: int = 1
    parts: tuple["Request", ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer wrote: Markdown prose whose `[n]` markers number the request's passages from 1."""

    text: str
    writer: str
    usage: Usage | None = None
    notice: str = ""


def joined(drafts: Sequence[Draft]) -> Draft:
    """Drafts of one writer, one after the other."""
    used = [draft.usage for draft in drafts if draft.usage]
    notices = "; ".join(dict.fromkeys(draft.notice for draft in drafts if draft.notice))
    return Draft("\n\n".join(draft.text for draft in drafts), drafts[0].writer, _total(used) if used else None, notices)


def _total(used: Sequence[Usage]) -> Usage:
    costs = [one.cost for one in used if one.cost is not None]
    return Usage(
        sum(one.prompt_tokens for one in used),
        sum(one.completion_tokens for one in used),
        estimated=any(one.estimated for one in used),
        cost=sum(costs) if len(costs) == len(used) else None,
    )


class Writer(Protocol):
    """`name` is shown with every answer: `extractive`, or the model's name."""

    name: str

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """A draft. With `on_text`, pieces of it are handed over as they come, unchecked."""
        ...


class OpenAIWriter:
    """Chat completions of any OpenAI-compatible endpoint. A reply counts only if it has text and said why it ended."""

    def __init__(self, model: str, endpoint: Endpoint) -> None:
        self.name, self._endpoint = model, endpoint

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """The model's draft. EndpointError: unreachable, refused, failed; ContextOverflow; IncompleteReply."""
        messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.prompt}]
        body = {"model": self.name, "messages": messages, "temperature": 0, "max_tokens": request.max_tokens}
        reply = self._endpoint.complete(body, on_text=on_text)
        text = _without_thinking(reply.text).strip()
        if not text and reply.finish == "length":
            raise IncompleteReply(
                f"{self.name} used up its {request.max_tokens} tokens before it answered",
                hint="Set ASSISTANT_ANSWER_TOKENS higher.",
            )
        if not text:
            raise IncompleteReply(f"{self.name} sent an empty reply", hint="Try again, or another model.")
        if reply.finish is None:
            raise IncompleteReply(f"{self.name}'s reply broke off", hint="Try again; the server may have stopped.")
        most = TOKEN_CHARACTERS * request.max_tokens
        cut = reply.finish == "length" or len(text) > most
        notice = "the model's reply was cut at its length limit" if cut else ""
        return Draft(text[:most], self.name, reply.usage or self._estimated(request, text[:most]), notice)

    def _estimated(self, request: Request, text: str) -> Usage:
        prompt = count_tokens(request.system, model=self.name) + count_tokens(request.prompt, model=self.name)
        return Usage(prompt, count_tokens(text, model=self.name), estimated=True)


def _without_thinking(text: str) -> str:
    """`text` without what stands between think tags; where only the closing one was sent, without what is before it,
    and where only the opening one, without what is after it."""
    out: list[str] = []
    start, inside = 0, False
    for tag in _THINK_TAG.finditer(text):
        closing = tag[0].startswith("</")
        if not inside:
            out.append("" if closing and not out else text[start : tag.start()])
        inside, start = not closing, tag.end()
    return "".join([*out, "" if inside else text[start:]])
