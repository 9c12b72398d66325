"""Requests to services: as slow as they ask, bounded, tried again where that may help, and sent nowhere else."""

import gzip
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from assistant import __version__
from assistant.errors import FetchError, FetchRefused
from assistant.services import SERVICES, Service
from assistant.services import client as module
from assistant.services.client import Client, Seen
from tests.server import hinting
from tests.services.publisher import Asked, Clock, Publisher, Told, as_json, published

KEY = "sk-0123456789abcdef"


@pytest.fixture
def arxiv(publisher: Publisher) -> Service:
    publisher.told = [as_json([])]
    return publisher.service("arxiv")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(clock: Clock) -> Iterator[Client]:
    made = Client(sleep=clock.sleep, clock=clock, chance=lambda: 0.5)
    yield made
    made.close()


def test_services_are_asked_at_their_own_hosts_and_over_https_alone() -> None:
    assert {(urlsplit(one.address).scheme, urlsplit(one.address).hostname) for one in SERVICES} == {
        ("https", "export.arxiv.org"),
        ("https", "oaipmh.arxiv.org"),
        ("https", "huggingface.co"),
        ("https", "api.semanticscholar.org"),
        ("https", "api.openalex.org"),
    }


def test_it_says_who_asks_and_takes_nothing_packed(publisher: Publisher, arxiv: Service) -> None:
    client = Client(contact="ada@example.org")
    assert client.get(arxiv, f"{arxiv.address}?a=b").body == b"[]"
    client.close()
    (asked,) = publisher.asked
    assert asked.headers["User-Agent"] == f"paper-assistant/{__version__} (mailto:ada@example.org)"
    assert asked.headers["Accept-Encoding"] == "identity"
    assert not {"Cookie", "Authorization", "Referer"} & asked.headers.keys()


def test_the_two_doors_of_arxiv_count_as_one(
    publisher: Publisher, arxiv: Service, client: Client, clock: Clock
) -> None:
    client.get(arxiv, arxiv.address)
    client.get(publisher.service("arxiv-oai"), publisher.service("arxiv-oai").address)
    assert clock.slept == [3.0]


def test_arxiv_is_asked_every_three_seconds_and_others_meanwhile(
    publisher: Publisher, arxiv: Service, client: Client, clock: Clock
) -> None:
    client.get(arxiv, arxiv.address)
    client.get(arxiv, arxiv.address)
    clock.now += 1
    client.get(publisher.service("s2"), publisher.service("s2").address)
    client.get(arxiv, arxiv.address)
    clock.now += 10
    client.get(arxiv, arxiv.address)
    assert clock.slept == [3.0, 2.0]


@pytest.mark.parametrize("status", [429, 503])
def test_it_waits_as_long_as_it_is_asked_to(
    status: int, publisher: Publisher, arxiv: Service, client: Client, clock: Clock
) -> None:
    publisher.told = [Told(status=status, headers={"Retry-After": "7"}), as_json([])]
    assert client.get(arxiv, arxiv.address).body == b"[]"
    assert clock.slept == [7.0]


def test_a_long_wait_is_told(publisher: Publisher, arxiv: Service, clock: Clock) -> None:
    told: list[str] = []
    publisher.told = [Told(status=429, headers={"Retry-After": "7"}), as_json([])]
    Client(sleep=clock.sleep, clock=clock, notice=told.append).get(arxiv, arxiv.address)
    assert told == ["waiting 7 s: arXiv refused for now (429), and asks to wait 7 s"]


def test_it_does_not_wait_for_an_hour(publisher: Publisher, arxiv: Service, client: Client, clock: Clock) -> None:
    publisher.told = [Told(status=429, headers={"Retry-After": "3600"})]
    with pytest.raises(FetchError, match="asks to wait 3,600 s"):
        client.get(arxiv, arxiv.address)
    assert (len(publisher.asked), clock.slept) == (1, [])


@pytest.mark.parametrize("chance", [0.0, 1.0])
def test_what_fails_is_tried_again_three_times_after_longer_and_longer_pauses(
    chance: float, publisher: Publisher, arxiv: Service, clock: Clock
) -> None:
    publisher.told = [Told(b"<html>busy</html>", status=503)]
    unhurried = replace(arxiv, interval=0.0)
    with pytest.raises(FetchError, match=r"arXiv failed \(503\)$"):
        Client(sleep=clock.sleep, clock=clock, chance=lambda: chance).get(unhurried, arxiv.address)
    assert len(publisher.asked) == 4
    assert clock.slept == [seconds * (0.75 + chance / 2) for seconds in (2, 4, 8)]


def test_a_reply_that_is_cut_is_asked_for_again(publisher: Publisher, arxiv: Service, client: Client) -> None:
    publisher.told = [Told(b'[{"pap', cut=True), Told(b"", cut=True), as_json([1])]
    assert client.get(arxiv, arxiv.address).body == b"[1]"
    publisher.told = [Told(b"[", cut=True)]
    with pytest.raises(FetchError, match="arXiv broke off its reply"):
        client.get(arxiv, arxiv.address)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told(b"<feed><entry><summary>bad id\x1b[2J</summary></entry></feed>", status=400), r"\(400\): bad id"),
        (as_json({"error": "No valid field: x"}, status=400), r"refused \(400\): No valid field: x"),
        (as_json({"message": "Forbidden"}, status=403), r"refuses us \(403\): Forbidden"),
        (as_json({"message": {"a": 1}}, status=404), r"refused \(404\)$"),
        (Told(b"\xff" * 100, status=410), r"refused \(410\)$"),
    ],
)
def test_a_no_is_not_asked_for_again_and_says_why(
    told: Told, said: str, publisher: Publisher, arxiv: Service, client: Client
) -> None:
    publisher.told = [told]
    with pytest.raises(FetchError, match=said) as refused:
        client.get(arxiv, arxiv.address)
    assert isinstance(refused.value, FetchRefused) == (told.status != 403)  # which is about us, not the question
    assert len(publisher.asked) == 1
    assert str(refused.value).isprintable()


def test_a_redirect_is_followed_at_home_and_nowhere_else(publisher: Publisher, arxiv: Service, client: Client) -> None:
    publisher.told = [Told(status=302, headers={"Location": "/elsewhere?x=1"}), as_json([2])]
    assert client.get(arxiv, arxiv.address).body == b"[2]"
    assert [one.path for one in publisher.asked] == ["/arxiv", "/elsewhere"]
    with published() as other:
        other.told = [as_json([])]
        port = other.server.server_port
        for target in (
            other.url,
            f"https://127.0.0.1:{publisher.server.server_port}/x",
            f"http://me@127.0.0.1:{publisher.server.server_port}/x",
            f"//127.0.0.1:{port}/x",
            "http://[::1",
            "file:///etc/passwd",
            "",
        ):
            publisher.told = [Told(status=301, headers={"Location": target})]
            # of what is no address at all, earlier versions of the transport say that the reply is broken
            said = r"sends us on to .*, which is not asked" + (r"|broke off" if target == "http://[::1" else "")
            with pytest.raises(FetchError, match=said):
                client.get(arxiv, arxiv.address)
        assert other.asked == []
    publisher.told = [Told(status=307, headers={"Location": "/round"})]
    with pytest.raises(FetchError, match="on and on"):
        client.get(arxiv, arxiv.address)


def test_a_key_goes_to_its_own_service_and_into_no_message(publisher: Publisher, clock: Clock) -> None:
    publisher.told = [as_json([])]
    other = KEY[::-1]
    keyed = Client(keys={"openalex": other, "s2": KEY, "arxiv": None}, sleep=clock.sleep, clock=clock)
    for one in publisher.services:
        keyed.get(one, f"{one.address}?a=b")
    values = {one.path: {*one.headers.values(), *one.query.values()} for one in publisher.asked}
    sent = {path: bool(said & {KEY, other}) for path, said in values.items()}
    assert sent == {"/arxiv": False, "/arxiv-oai": False, "/hf-daily": False, "/s2": True, "/openalex": True}
    assert publisher.asked[3].headers["x-api-key"] == KEY
    assert publisher.asked[4].query == {"a": "b", "api_key": other}
    publisher.told = [as_json({"message": f"key {other} is no good"}, status=401)]
    with pytest.raises(FetchError, match=r"key \*\*\* is no good"):
        keyed.get(publisher.service("openalex"), f"{publisher.url}/openalex?a=b")


def test_what_has_not_changed_is_not_sent_again(publisher: Publisher, arxiv: Service, client: Client) -> None:
    def tell(asked: Asked) -> Told:
        known = asked.headers.get("If-None-Match") == '"v1"' and asked.headers.get("If-Modified-Since") == "yesterday"
        return Told(status=304) if known else as_json([], headers={"ETag": '"v1"', "Last-Modified": "yesterday"})

    publisher.tell = tell
    first = client.get(arxiv, arxiv.address)
    assert first.seen == Seen('"v1"', "yesterday")
    again = client.get(arxiv, arxiv.address, seen=first.seen)
    assert (again.body, again.seen) == (None, first.seen)


def test_a_reply_may_not_be_larger_than_the_limit(
    publisher: Publisher, arxiv: Service, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_BYTES", 1_000_000)
    publisher.told = [Told(b" " * 1_000_001)]
    with pytest.raises(FetchError, match="longer than 1 MB"):
        client.get(arxiv, arxiv.address)


def test_a_packed_reply_is_not_unpacked(publisher: Publisher, arxiv: Service, client: Client) -> None:
    publisher.told = [Told(gzip.compress(b"[]"), headers={"Content-Encoding": "gzip"})]
    with pytest.raises(FetchError, match="compressed"):
        client.get(arxiv, arxiv.address)


def test_a_reply_that_never_ends_is_ended(arxiv: Service, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WHOLE_SECONDS", 0.2)
    with hinting() as url, pytest.raises(FetchError, match=r"took longer than 0\.2 s"):
        client.get(arxiv, f"{url}/x")


def test_nobody_there_is_said_at_once(publisher: Publisher, arxiv: Service, client: Client, clock: Clock) -> None:
    with pytest.raises(FetchError, match="arXiv cannot be reached"):
        client.get(arxiv, "http://127.0.0.1:9/x")
    assert clock.slept == []
