"""What is spent is counted, and a limit stops a request before it is sent."""

import json
import re
import threading

import pytest

from assistant.endpoint import Body
from assistant.errors import BudgetError, IncompleteReply
from assistant.results import Price, Usage, total
from assistant.spending import PRICES, Limits, Metered, cost, listed
from assistant.writers import MESSAGE_TOKENS, counted
from tests.server import Reply, Server, completion, stream

BODY: Body = {"model": "m", "messages": [{"role": "user", "content": "word " * 400}], "max_tokens": 50}
REPLY = completion("It is so [1].", usage={"prompt_tokens": 400, "completion_tokens": 10})
DEAR = Price(1_000.0, 2_000.0)


def test_a_price_is_known_only_where_it_is_listed() -> None:
    openai = "https://api.openai.com/v1"
    price = listed("gpt-4o-mini", openai)
    assert price is not None
    assert (price.prompt, price.completion) == (0.15, 0.6)
    assert listed("gpt-4o-mini", f"{openai}/") == price
    assert listed("gpt-4o-mini", "http://localhost:11434/v1") is None
    assert listed("gpt-4o-mini-2024-07-18", openai) is None
    assert listed("", openai) is None


def test_every_list_price_is_dated_and_makes_sense() -> None:
    read = json.loads(PRICES.read_text())
    assert re.fullmatch(r"20\d\d-\d\d", read["as_of"])
    assert all(0 < prompt < completion for table in read["models"].values() for prompt, completion in table.values())


def test_a_cost_is_of_both_sides_and_unknown_without_a_price() -> None:
    usage = Usage(2_000_000, 500_000, estimated=False)
    assert cost(usage, Price(0.15, 0.6)) == pytest.approx(0.6)
    assert cost(usage, None) is None
    assert total(Usage(1, 2, estimated=False, cost=0.5), Usage(3, 4, estimated=True)) == Usage(4, 6, estimated=True)


def test_exchanges_are_added_up_whether_or_not_the_server_counts(server: Server) -> None:
    server.replies = [REPLY, completion("It is so [1].")]
    metered = Metered(server.endpoint(), price=DEAR)
    metered.complete(BODY)
    assert metered.spent() == Usage(400, 10, estimated=False, cost=0.42)
    metered.complete(BODY)
    spent = metered.spent()
    assert spent.estimated
    assert spent.prompt_tokens > 800
    assert metered.spent(since=1).prompt_tokens == spent.prompt_tokens - 400


def test_a_reply_that_broke_off_has_cost_its_prompt(server: Server) -> None:
    server.replies, server.headers = [stream("It is")], {"Content-Length": "100000"}
    metered = Metered(server.endpoint(), price=DEAR)
    with pytest.raises(IncompleteReply):
        metered.complete(BODY, on_text=lambda piece: None)
    assert metered.spent().prompt_tokens > 400


@pytest.mark.parametrize(
    ("limits", "price", "said"),
    [
        (Limits(tokens=500), None, "tokens"),
        (Limits(cost=0.5), DEAR, r"could bring the cost to \$0\.\d+; \$0.5000 is allowed, and \$0.0000 was spent"),
        (Limits(cost=1_000.0), None, "price of m at http://127.0.0.1.* is not known"),
    ],
)
def test_a_limit_stops_a_request_before_it_is_sent(
    server: Server, limits: Limits, price: Price | None, said: str
) -> None:
    server.replies = [REPLY]
    with pytest.raises(BudgetError, match=said) as caught:
        Metered(server.endpoint(), price=price, limits=limits).complete(BODY)
    assert server.bodies == []
    assert (caught.value.exit_code, bool(caught.value.hint)) == (1, True)


@pytest.mark.parametrize(("limits", "sent"), [(Limits(tokens=1_100), 2), (Limits(cost=1.1), 2), (Limits(), 3)])
def test_a_limit_counts_what_was_used_before(server: Server, limits: Limits, sent: int) -> None:
    server.replies = [completion("It is so [1].", usage={"prompt_tokens": 300, "completion_tokens": 10})]
    metered = Metered(server.endpoint(), price=Price(1_000.0, 1_000.0), limits=limits)
    for _ in range(3):
        try:
            metered.complete(BODY)
        except BudgetError:
            break
    assert len(server.bodies) == sent


def test_a_request_waits_for_what_others_take_before_a_limit_refuses_it(server: Server) -> None:
    """Of three at once, two of which the limit allows at their longest, all are sent where the replies are short."""
    came, go = threading.Semaphore(0), threading.Event()

    def slowly(body: Body) -> Reply:
        came.release()
        assert go.wait(10)
        return completion("Yes [1].", usage={"prompt_tokens": 100, "completion_tokens": 1})

    server.replies = [slowly]
    most = counted(BODY).prompt_tokens + MESSAGE_TOKENS + 50
    metered = Metered(server.endpoint(), limits=Limits(tokens=2 * most + 50))
    threads = [threading.Thread(target=metered.complete, args=(BODY,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert came.acquire(timeout=10)
    assert came.acquire(timeout=10)
    assert len(server.bodies) == 2, "the third waits"
    go.set()
    for thread in threads:
        thread.join(10)
    assert len(server.bodies) == 3
    assert metered.spent().prompt_tokens == 300


def test_a_request_that_the_limit_never_allows_is_refused_when_the_others_are_done(server: Server) -> None:
    came, go = threading.Event(), threading.Event()
    refused: list[BudgetError] = []

    def slowly(body: Body) -> Reply:
        came.set()
        assert go.wait(10)
        return REPLY

    def second() -> None:
        try:
            metered.complete(BODY)
        except BudgetError as error:
            refused.append(error)

    server.replies = [slowly]
    metered = Metered(server.endpoint(), limits=Limits(tokens=800))
    threads = [threading.Thread(target=metered.complete, args=(BODY,)), threading.Thread(target=second)]
    threads[0].start()
    assert came.wait(10)
    threads[1].start()
    go.set()
    for thread in threads:
        thread.join(10)
    assert (len(server.bodies), len(refused)) == (1, 1)
