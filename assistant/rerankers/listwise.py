"""Reranking by the model that writes answers: it is shown numbered abstracts and asked for their order.

Windows of 20 slide from the last passages to the first, so that a good one can rise all the way: RankGPT (Sun et al.
2023, “Is ChatGPT Good at Search?”). A reply is text from outside: what is no ranking counts for nothing.
"""

import re
from collections.abc import Iterator, Sequence

from assistant import prompts as templates
from assistant.errors import IncompleteReply
from assistant.papers import Passage
from assistant.writers import Request, Writer

WINDOW, STRIDE = 20, 10
CHARACTERS = 1_000  # of an abstract; 20 of them and the reply keep within 8,192 tokens
_BRACKETED = re.compile(r"\[\s*(\d{1,4})\s*\]")
_BARE = re.compile(r"\d{1,4}(?:\s*[>,;]\s*\d{1,4})+")  # 3 > 1 > 2; a number in a sentence is no ranking


class ListwiseReranker:
    """Asks `writer` for the order, with the templates of the folder `prompts` (None: the bundled ones)."""

    def __init__(self, writer: Writer, *, prompts: str | None = None, max_tokens: int = 900) -> None:
        self.name = f"model {writer.name}"
        self._writer, self._prompts, self._max_tokens = writer, prompts, max_tokens

    def rerank(self, question: str, passages: Sequence[Passage]) -> list[Passage]:
        """As `Reranker.rerank`. EndpointError, also where a reply holds no ranking; PromptError."""
        order = list(passages)
        for start in windows(len(order)):
            order[start : start + WINDOW] = self._ordered(question, order[start : start + WINDOW])
        return order

    def _ordered(self, question: str, window: Sequence[Passage]) -> list[Passage]:
        place = templates.folder(self._prompts)
        boundary, fenced = templates.fenced(question, window, most=CHARACTERS)
        system = templates.fill("rank-system", place=place, boundary=boundary)
        prompt = templates.fill("rank-user", place=place, question=question, passages=fenced, count=str(len(window)))
        request = Request(question, tuple(window), system=system, prompt=prompt, max_tokens=self._max_tokens)
        order = ranking(self._writer.write(request).text, len(window))
        if not order:
            raise IncompleteReply(f"{self._writer.name} sent no ranking", hint="Try another model.")
        return [window[n] for n in order]


def windows(count: int) -> Iterator[int]:
    """Where the windows over `count` passages start, the last one first."""
    start = max(0, count - WINDOW)
    yield start
    while start:
        start = max(0, start - STRIDE)
        yield start


def ranking(reply: str, count: int) -> list[int]:
    """The order in a reply such as `[3] > [1] > [2]`, as positions from 0, each of `count` once: numbers that name
    no passage and repeats are passed over, and passages not named follow in their old order. Empty: no ranking."""
    said = _BRACKETED.findall(reply) or re.findall(r"\d+", " ".join(_BARE.findall(reply)))
    named = dict.fromkeys(int(number) - 1 for number in said)
    order = [n for n in named if 0 <= n < count]
    return [*order, *(n for n in range(count) if n not in named)] if order else []
