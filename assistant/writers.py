"""Writers: a request in, a draft out. The one that asks a model is here; the extractive one needs none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from functools import reduce
from typing import Literal, Protocol

from assistant.endpoint import INTERRUPTED, Body, Completions, OnText
from assistant.errors import IncompleteReply
from assistant.papers import Passage
from assistant.results import Usage, total
from assistant.text import count_tokens

TOKEN_CHARACTERS = 40  # a token is never longer in prose; what is beyond was not asked for
MESSAGE_TOKENS = 20  # what a chat template adds to two messages, rounded up
# An endpoint that counts less than this share of the tokens that we do has not read the whole prompt. SmolLM2's
# tokenizer makes 0.68 to 0.84 of our estimate for 75 prompts over the sample, larger vocabularies about 0.62.
READ_SHARE = 0.55
_THINK_TAG = re.compile(r"</?think>", re.IGNORECASE)


# What a model is asked to write: an answer; who of many matches; a theme of a digest, and what stands out in all of
# them; notes on papers, and a topic's sections from such notes.
Task = Literal["ask", "classify", "theme", "overview", "notes", "sections"]


@dataclass(frozen=True, slots=True)
class Request:
    """What a writer is asked: the structured question and passages, and the prompts filled from them. The model
    writer reads the prompts, the extractive writer the rest; nobody parses a prompt. `rarity` weighs index terms.

    A survey, for a “which papers …” question, has `likely`: the numbers (from 1) of the passages that seem to match,
    best first. The extractive writer takes these; a model reads every passage.

    A question of several parts has them as `parts`, a request for each with its share of the passages. The extractive
    writer answers one after the other; a model answers the whole. Passages are numbered from `first`.
    Where there are `notes`, one for each passage, the model reads these in the place of the abstracts.
    A line each is asked for of the first `lines` passages, of all where it is 0.
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
    task: Task = "ask"
    notes: tuple[str, ...] = ()
    lines: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """What a writer wrote: Markdown prose whose `[n]` markers number the request's passages from 1. `interrupted`:
    the user broke it off. `kept`: the day on which it was written, where it was kept since then."""

    text: str
    writer: str
    usage: Usage | None = None
    notice: str = ""
    interrupted: bool = False
    kept: Date | None = None


def joined(drafts: Sequence[Draft]) -> Draft:
    """Drafts of one writer, one after the other. It counts as kept only if all are."""
    used = [draft.usage for draft in drafts if draft.usage]
    kept = [draft.kept for draft in drafts if draft.kept]
    return Draft(
        "\n\n".join(draft.text for draft in drafts),
        drafts[0].writer,
        reduce(total, used) if used else None,
        "; ".join(dict.fromkeys(draft.notice for draft in drafts if draft.notice)),
        interrupted=any(draft.interrupted for draft in drafts),
        kept=min(kept) if len(kept) == len(drafts) else None,
    )


class Writer(Protocol):
    """`name` is shown with every answer: `extractive`, or the model's name."""

    name: str

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """A draft. With `on_text`, pieces of it are handed over as they come, unchecked."""
        ...


class OpenAIWriter:
    """Chat completions of any OpenAI-compatible endpoint. A reply counts only if it has text and said why it ended."""

    def __init__(self, model: str, endpoint: Completions) -> None:
        self.name, self._endpoint = model, endpoint

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """The model's draft. EndpointError: unreachable, refused, failed; ContextOverflow; IncompleteReply. What came
        before a KeyboardInterrupt is a draft too; if nothing had, it goes on."""
        messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.prompt}]
        body: Body = {"model": self.name, "messages": messages, "temperature": 0, "max_tokens": request.max_tokens}
        reply = self._endpoint.complete(body, on_text=on_text)
        text = without_thinking(reply.text).strip()
        if not text and reply.finish == INTERRUPTED:
            raise KeyboardInterrupt
        if not text and reply.finish == "length":
            raise IncompleteReply(
                f"{self.name} used up its {request.max_tokens} tokens before it answered",
                hint="Set ASSISTANT_ANSWER_TOKENS higher.",
            )
        if not text:  # some servers send one for a prompt that is too long
            raise IncompleteReply(
                f"{self.name} sent an empty reply", hint="Try again with a smaller -k, or another model."
            )
        if reply.finish is None:
            raise IncompleteReply(f"{self.name}'s reply broke off", hint="Try again; the server may have stopped.")
        most = TOKEN_CHARACTERS * request.max_tokens
        ours = counted(body, text[:most])
        notices = ["the model's reply was cut at its length limit"] * (reply.finish == "length" or len(text) > most)
        if reply.usage and reply.usage.prompt_tokens < READ_SHARE * ours.prompt_tokens:
            notices.append(
                f"the endpoint counted {reply.usage.prompt_tokens:,} tokens of a prompt of about "
                f"{ours.prompt_tokens:,}, so it may have cut the prompt: give the model a longer context (Ollama: "
                "OLLAMA_CONTEXT_LENGTH), or set ASSISTANT_CONTEXT_TOKENS to what it has"
            )
        return Draft(
            text[:most],
            self.name,
            reply.usage or ours,
            "; ".join(notices),
            interrupted=reply.finish == INTERRUPTED,
            kept=reply.kept,
        )


def counted(body: Body, text: str = "") -> Usage:
    """The tokens of a request and of the text that came back, as they are counted here: rather too many."""
    model = str(body["model"])
    prompt = sum(count_tokens(str(message["content"]), model=model) for message in body["messages"])
    return Usage(prompt, count_tokens(text, model=model), estimated=True)


def without_thinking(text: str) -> str:
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
