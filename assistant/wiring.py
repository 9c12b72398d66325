"""Settings into the parts that work: who embeds, writes, reranks and judges, and over which endpoint."""

from collections.abc import Callable
from datetime import date as Date
from functools import cached_property

from assistant import embedders, rerankers
from assistant.desk import Desk
from assistant.embedders import Embedder
from assistant.endpoint import Completions, Endpoint
from assistant.errors import UsageError
from assistant.extractive import ExtractiveWriter
from assistant.judging import Judge
from assistant.library import Library
from assistant.remembering import Remembering
from assistant.rerankers import Reranker
from assistant.results import EXTRACTIVE, Price, Usage
from assistant.services.client import Client
from assistant.settings import Settings
from assistant.spending import Limits, Metered, listed
from assistant.writers import OpenAIWriter, Writer

Notice = Callable[[str], None]


class Parts:
    """What the settings choose to work with. A part is made when it is first asked for, and then kept.

    `memory` gives the library that a model's replies are kept in, None for not keeping them.
    """

    def __init__(self, chosen: Settings, *, memory: Callable[[], Library | None], notice: Notice) -> None:
        self._chosen, self._memory, self._notice = chosen, memory, notice

    @cached_property
    def embedder(self) -> Embedder:
        return embedders.load(self._chosen.embedder, endpoint=self.endpoint)

    # ---- what is asked of an endpoint: counted and limited, and before that looked up among what was asked before

    @cached_property
    def endpoint(self) -> Endpoint:
        chosen = self._chosen
        return Endpoint(base_url=chosen.base_url, api_key=chosen.api_key, timeout_s=chosen.timeout, notice=self._notice)

    @cached_property
    def _metered(self) -> Metered:
        limits = Limits(self._chosen.max_tokens_total, self._chosen.max_cost)
        return Metered(self.endpoint, price=self._price, limits=limits)

    @cached_property
    def _completions(self) -> Completions:
        return Remembering(self._metered, self._memory, today=Date.today)

    @property
    def _price(self) -> Price | None:
        return Price(*self._chosen.price) if self._chosen.price else None

    def price_of(self, model: str) -> Price | None:
        """The user's own price, else the list price of a model."""
        return self._price or listed(model, self.endpoint.address)

    @property
    def asked(self) -> int:
        """How many exchanges there were with models."""
        return len(self._metered.exchanges)

    def spent(self, since: int) -> Usage:
        """What the exchanges after the first `since` took."""
        return self._metered.spent(since=since)

    # ---- who writes, reranks and judges

    @cached_property
    def model(self) -> Writer | None:
        """The model that writes, None where the extractive writer alone does."""
        chosen = self._chosen
        if chosen.model is None and (chosen.base_url or chosen.api_key):
            self._notice("no model is asked, since none is named; choose one with --model or ASSISTANT_MODEL")
        if chosen.model is None or chosen.model == EXTRACTIVE:
            return None
        return OpenAIWriter(chosen.model, self._completions)

    @cached_property
    def _extractive(self) -> ExtractiveWriter:
        return ExtractiveWriter(lambda texts: self.embedder.embed(texts))

    def desk(self, model: Writer | None) -> Desk:
        """Where `model` writes, if there is one, and the extractive writer stands in for it."""
        chosen = self._chosen
        return Desk(
            self._extractive,
            model,
            prompts=chosen.prompts,
            context_tokens=chosen.context_tokens,
            max_tokens=chosen.answer_tokens,
            jobs=chosen.jobs,
        )

    @cached_property
    def reranker(self) -> Reranker | None:
        return self.reranker_asking(lambda: self.model)

    def reranker_asking(self, model: Callable[[], Writer | None]) -> Reranker | None:
        """The reranker that is chosen, with `model` asked where it is to be a model. UsageError, RerankerError,
        EmbedderError."""
        chosen = self._chosen
        return rerankers.load(
            chosen.rerank,
            model=model,
            prompts=chosen.prompts,
            max_tokens=chosen.answer_tokens,
            endpoint=self.endpoint,
        )

    @cached_property
    def judge(self) -> Judge | None:
        """Who judges sentences, if that is asked for. UsageError: there is no model to do it."""
        chosen = self._chosen
        if not chosen.judge:
            return None
        if self.model is None:
            raise UsageError("judging by a model needs one", hint="Name it with --model or ASSISTANT_MODEL.")
        return Judge(self.model.name, self._completions, prompts=chosen.prompts, max_tokens=chosen.answer_tokens)

    # ---- services of papers

    @property
    def services(self) -> Client:
        """A client to them, to be closed after use."""
        chosen = self._chosen
        keys = {"s2": chosen.s2_key, "openalex": chosen.openalex_key}
        return Client(contact=chosen.contact, keys=keys, notice=self._notice)
