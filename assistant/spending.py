"""What asking models costs: prices, what was spent, and the limits that stop it before anything more is sent."""

import json
import threading
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

from assistant.endpoint import Body, Completions, OnText, Reply
from assistant.errors import BudgetError, IncompleteReply
from assistant.results import Price, Usage, total
from assistant.writers import MESSAGE_TOKENS, counted

PRICES = Path(__file__).parent / "prices.json"
NOTHING = Usage(0, 0, estimated=False, cost=0.0)


def listed(model: str, address: str) -> Price | None:
    """The list price of `model` at `address`, as `prices.json` has it (and dates it). None: not known; a name that
    only looks like a known one may be another model's, and a local server has no price list."""
    read = json.loads(PRICES.read_text(encoding="utf-8"))
    table: dict[str, tuple[float, float]] = read["models"].get(address.rstrip("/"), {})
    return Price(*table[model], as_of=read["as_of"]) if model in table else None


def cost(usage: Usage, price: Price | None) -> float | None:
    """US dollars. None: the price is not known."""
    if price is None:
        return None
    return (usage.prompt_tokens * price.prompt + usage.completion_tokens * price.completion) / 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most `tokens`, of prompts and replies together, and `cost` in US dollars. None: no limit."""

    tokens: int | None = None
    cost: float | None = None


class Metered:
    """An endpoint that keeps count of what is asked of it, and asks nothing that could go beyond the limits: a prompt
    counts as it is estimated, its reply as long as it may be.

    `price` is that of any model (None: as it is listed). `complete` raises BudgetError before anything is sent. Several
    threads may ask at once: what one is waiting for counts as if it came as long as it may be, and another that would
    then go beyond a limit waits for what it takes.
    """

    def __init__(self, endpoint: Completions, *, price: Price | None = None, limits: Limits | None = None) -> None:
        self._endpoint, self._price, self._limits = endpoint, price, limits or Limits()
        self.exchanges: list[Usage] = []
        self._waiting: list[Usage] = []
        self._counting = threading.Condition()

    @property
    def address(self) -> str:
        return self._endpoint.address

    def complete(self, body: Body, *, on_text: OnText | None = None) -> Reply:
        """As `Endpoint.complete`. BudgetError."""
        price = self._price or listed(str(body["model"]), self.address)
        most = counted(body)
        reply_tokens = int(body.get("max_tokens", 0))
        most = replace(most, prompt_tokens=most.prompt_tokens + MESSAGE_TOKENS, completion_tokens=reply_tokens)
        most = replace(most, cost=cost(most, price))
        with self._counting:
            self._await_leave(most, str(body["model"]))
            self._waiting.append(most)
        took: Usage | None = None
        try:
            reply = self._endpoint.complete(body, on_text=on_text)
            took = reply.usage or counted(body, reply.text)
        except IncompleteReply:  # its prompt was read, and perhaps more was written than is known here
            took = counted(body)
            raise
        finally:
            with self._counting:
                self._waiting.remove(most)
                if took:
                    self.exchanges.append(replace(took, cost=cost(took, price)))
                self._counting.notify_all()
        return reply

    def spent(self, *, since: int = 0) -> Usage:
        """What the exchanges took, all or those from number `since` on."""
        used = NOTHING
        for usage in self.exchanges[since:]:
            used = total(used, usage)
        return used

    def _await_leave(self, most: Usage, model: str) -> None:
        """Come back when the limits allow for a request that takes at `most` so much. BudgetError: they never will."""
        while True:
            try:
                return self._check(most, model)
            except BudgetError:
                if not self._waiting:
                    raise
                self._counting.wait()

    def _check(self, most: Usage, model: str) -> None:
        spent, limits = self.spent(), self._limits
        after = reduce(total, (*self._waiting, most), spent)
        tokens = after.prompt_tokens + after.completion_tokens
        if limits.tokens is not None and tokens > limits.tokens:
            raise BudgetError(
                f"the next request could bring the tokens to {tokens:,}; {limits.tokens:,} are allowed, and "
                f"{spent.prompt_tokens + spent.completion_tokens:,} were used",
                hint="Allow more with --max-tokens-total, or ask for less.",
            )
        if limits.cost is not None and after.cost is None:
            raise BudgetError(
                f"the price of {model} at {self.address} is not known, so --max-cost cannot be kept",
                hint="Give it in dollars per million tokens, prompt/completion: ASSISTANT_PRICE=0.15/0.60",
            )
        if limits.cost is not None and after.cost is not None and after.cost > limits.cost:
            raise BudgetError(
                f"the next request could bring the cost to ${after.cost:.4f}; ${limits.cost:.4f} is allowed, and "
                f"${spent.cost or 0:.4f} was spent",
                hint="Allow more with --max-cost, or ask for less.",
            )
