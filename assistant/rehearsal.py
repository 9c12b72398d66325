"""A dry run: who would be asked what, worked out as for an answer, with nothing sent."""

from collections.abc import Sequence

from assistant.cleaning import clean
from assistant.endpoint import OnText
from assistant.results import Exchange, Price, Usage, cite
from assistant.spending import cost
from assistant.text import count_tokens
from assistant.writers import MESSAGE_TOKENS, Draft, Request


class Rehearsal:
    """A writer in the place of the model `name`, who notes what it is asked and sends nothing."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.asked: list[Request] = []

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """A draft that states nothing; as a ranking it leaves every order as it is."""
        self.asked.append(request)
        return Draft("[1]", self.name)


def exchanges(asked: Sequence[Request], *, model: str, price: Price | None) -> tuple[Exchange, ...]:
    """What the requests would take of `model`."""
    return tuple(_exchange(request, model, price) for request in asked)


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
