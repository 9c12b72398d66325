"""A dry run: who would be asked what, worked out as for an answer, with nothing sent."""

from collections.abc import Callable

from assistant.cleaning import clean
from assistant.endpoint import OnText
from assistant.results import Answer, DryRun, Exchange, Price, Usage, cite
from assistant.spending import cost
from assistant.text import count_tokens
from assistant.writers import MESSAGE_TOKENS, Draft, Request

UNREHEARSED = "the judge's requests are not counted: what it is asked depends on what the model writes"


class Rehearsal:
    """A writer in the place of the model `name`, who notes what it is asked and sends nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[Request] = []

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """A draft that states nothing; as a ranking it leaves every order as it is."""
        self.asked.append(request)
        return Draft("[1]", self.name)


def dry_run(
    answer: Answer,
    writer: Rehearsal,
    *,
    model: str | None,
    address: str,
    price: Price | None,
    judged: Callable[[], bool],
) -> DryRun:
    """What was noted, summed up, when `writer` had this `answer` to write; `judged` is asked where it was."""
    asked = tuple(_exchange(request, writer.name, price) for request in writer.asked)
    return DryRun(
        question=answer.question,
        model=model,
        address=address,
        exchanges=asked,
        prompt_tokens=sum(one.prompt_tokens for one in asked),
        completion_tokens=sum(one.completion_tokens for one in asked),
        price=price,
        cost=sum(one.cost or 0.0 for one in asked) if price else None,
        why="" if asked else answer.why,
        notices=(*answer.notices, *([UNREHEARSED] if asked and judged() else [])),
    )


def _exchange(request: Request, model: str, price: Price | None) -> Exchange:
    tokens = sum(count_tokens(text, model=model) for text in (request.system, request.prompt)) + MESSAGE_TOKENS
    return Exchange(
        request.system,
        request.prompt,
        tuple(
            cite(n, one.found, clean(one.found.paper.title)) for n, one in enumerate(request.passages, request.first)
        ),
        tokens,
        request.max_tokens,
        cost(Usage(tokens, request.max_tokens, estimated=True), price),
    )
