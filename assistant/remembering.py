"""Replies kept: the same question over the same passages is not asked of the same model twice."""

import hashlib
import json
from collections.abc import Callable
from datetime import date as Date
from typing import Protocol

from assistant.cleaning import printable
from assistant.endpoint import Body, Completions, OnText, Reply
from assistant.results import Kept

FORM = 1  # of the keys and of what is kept; another one finds nothing of the old


class Memory(Protocol):
    """Where replies are kept by key: a `Library`. It may forget, and what it cannot keep now it does not."""

    def recall(self, key: str) -> Kept | None:
        """What is kept under `key`."""
        ...

    def keep(self, key: str, reply: Kept) -> None:
        """Keep `reply` under `key`, if that can be done at once."""
        ...


class Remembering:
    """An endpoint whose whole replies are kept in a memory, where there is one, by a digest of all that was sent and to
    where: question, passages, templates, model, settings, address. So what changes any of these asks anew. Of what is
    secret nothing is in the key: neither the API key nor what `address` leaves out."""

    def __init__(
        self, endpoint: Completions, memory: Callable[[], Memory | None], *, today: Callable[[], Date]
    ) -> None:
        self._endpoint, self._memory, self._today = endpoint, memory, today

    @property
    def address(self) -> str:
        return self._endpoint.address

    def complete(self, body: Body, *, on_text: OnText | None = None) -> Reply:
        """As `Endpoint.complete`, or the reply that is kept, with the day on which it came."""
        memory = self._memory()
        if memory is None:
            return self._endpoint.complete(body, on_text=on_text)
        key = self._key(body)
        if kept := memory.recall(key):
            return Reply(printable(kept.text), "stop", kept.usage, kept=kept.day)
        reply = self._endpoint.complete(body, on_text=on_text)
        if reply.text.strip() and reply.finish == "stop":
            memory.keep(key, Kept(self._today(), reply.text, reply.usage))
        return reply

    def _key(self, body: Body) -> str:
        sent = json.dumps([FORM, self.address, body], sort_keys=True)
        return hashlib.sha256(sent.encode()).hexdigest()
