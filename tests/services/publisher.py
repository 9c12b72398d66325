"""Services of papers on loopback: what they give for what they are asked, as recorded or made up."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from assistant.services import SERVICES, Service, named


@dataclass(frozen=True)
class Asked:
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True)
class Told:
    """A reply; `cut` closes the connection before all of it is sent."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


class Publisher:
    """A server that answers by `tell`, or with `told` one by one, the last one ever after."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.told: list[Told] = []
        self.tell: Callable[[Asked], Told] = self._next
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                publisher.asked.append(Asked(parts.path, dict(parse_qsl(parts.query)), dict(self.headers)))
                told = publisher.tell(publisher.asked[-1])
                self.send_response(told.status)
                length = len(told.body) + (100 if told.cut else 0)
                for name, value in {"Content-Type": told.kind, "Content-Length": str(length), **told.headers}.items():
                    self.send_header(name, value)
                with suppress(ConnectionError):
                    self.end_headers()
                    self.wfile.write(told.body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def _next(self, asked: Asked) -> Told:
        return self.told.pop(0) if len(self.told) > 1 else self.told[0]

    def service(self, name: str) -> Service:
        """The service of this name, at home here."""
        return replace(named(name), address=f"{self.url}/{name}")

    @property
    def services(self) -> tuple[Service, ...]:
        return tuple(replace(one, address=f"{self.url}/{one.name}") for one in SERVICES)


@contextmanager
def published() -> Iterator[Publisher]:
    started = Publisher()
    yield started
    started.server.shutdown()
    started.server.server_close()


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 3))
        self.now += seconds


def feed(ids: list[str], *, total: int, start: int = 0) -> Told:
    """A page of arXiv in the form that was recorded."""
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{one}v1</id><title>On the bees of {one}</title>"
        f"<updated>2026-06-12T00:00:00Z</updated><published>2026-06-12T00:00:00Z</published>"
        f"<summary>We count the bees of meadow {one} with {one.replace('.', ' ')} cameras.</summary>"
        f'<author><name>Ada Lovelace</name></author><category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>'
        f'<link href="https://arxiv.org/abs/{one}v1" rel="alternate" type="text/html"/></entry>'
        for one in ids
    )
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom">'
        "<id>https://arxiv.org/api/x</id><title>arXiv Query</title><updated>2026-06-12T00:00:00Z</updated>"
        f"<opensearch:itemsPerPage>{len(ids)}</opensearch:itemsPerPage>"
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:startIndex>{start}</opensearch:startIndex>"
    )
    return Told(f"{head}{entries}</feed>".encode(), kind="application/atom+xml")


def harvest(ids: list[str], *, token: str = "", total: int = 0) -> Told:
    """A page of arXiv's OAI-PMH."""
    records = "".join(
        f"<record><header><identifier>oai:arXiv.org:{one}</identifier><datestamp>2026-06-12</datestamp>"
        '<setSpec>cs:cs:LG</setSpec></header><metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/">'
        f'<id>{one}</id><version version="v1"><date>Fri, 12 Jun 2026 10:00:00 GMT</date></version>'
        '<version version="v2"><date>Sat, 13 Jun 2026 10:00:00 GMT</date></version>'
        f"<title>On the bees of {one}</title><authors>Ada Lovelace</authors><categories>cs.LG</categories>"
        f"<abstract>We count the bees of meadow {one} with {one.replace('.', ' ')} cameras.</abstract>"
        "</arXivRaw></metadata></record>"
        for one in ids
    )
    onward = f'<resumptionToken cursor="0" completeListSize="{total}">{token}</resumptionToken>' if total else ""
    return oai(f"<ListRecords>{records}{onward}</ListRecords>")


def oai(inner: str) -> Told:
    """An answer of OAI-PMH."""
    body = f'<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">{inner}</OAI-PMH>'
    return Told(body.encode(), kind="text/xml")


def arxiv_of(ids: list[str]) -> Callable[[Asked], Told]:
    """An arXiv that has these papers."""

    def tell(asked: Asked) -> Told:
        start, size = int(asked.query["start"]), int(asked.query["max_results"])
        return feed(ids[start : start + size], total=len(ids), start=start)

    return tell


def ids(count: int, month: str = "2606") -> list[str]:
    return [f"{month}.{number:05}" for number in range(1, count + 1)]


def as_json(reply: Any, **more: Any) -> Told:
    return Told(json.dumps(reply).encode(), **more)


def daily(*names: str) -> list[dict[str, Any]]:
    """Daily Papers of a day, in the form that was recorded."""
    return [
        {
            "paper": {
                "id": name,
                "authors": [{"name": "Ada Lovelace", "hidden": False}],
                "publishedAt": "2026-06-10T00:00:00.000Z",
                "title": f"On the bees of {name}",
                "summary": f"We count the bees of meadow {name} with {name.replace('.', ' ')} cameras.",
                "upvotes": 3,
            },
            "publishedAt": "2026-06-10T00:00:00.000Z",
            "title": f"On the bees of {name}",
            "summary": f"We count the bees of meadow {name} with {name.replace('.', ' ')} cameras.",
        }
        for name in names
    ]


def found(*names: str, token: str | None = None, total: int = 0) -> dict[str, Any]:
    """A page of Semantic Scholar's bulk search."""
    papers = [
        {
            "paperId": f"{name.replace('.', ''):0>40}",
            "externalIds": {"ArXiv": name},
            "title": f"On the bees of {name}",
            "abstract": f"We count the bees of meadow {name} with {name.replace('.', ' ')} cameras.",
            "authors": [{"authorId": "1", "name": "Ada Lovelace"}],
            "publicationDate": "2026-06-12",
        }
        for name in names
    ]
    return {"total": total or len(names), "token": token, "data": papers}


def works(*names: str, cursor: str | None = None) -> dict[str, Any]:
    """A page of OpenAlex."""
    results = [
        {
            "id": f"https://openalex.org/W{number}",
            "doi": f"https://doi.org/10.1000/bees{number}",
            "title": f"On the bees of {name}",
            "display_name": f"On the bees of {name}",
            "publication_date": "2026-06-12",
            "abstract_inverted_index": {"We": [0], "count": [1], "bees": [2], f"of{name}": [3], "in": [4], "June": [5]},
            "authorships": [{"author": {"display_name": "Ada Lovelace"}}],
            "primary_location": None,
        }
        for number, name in enumerate(names, 1)
    ]
    return {"meta": {"count": len(names), "next_cursor": cursor}, "results": results}
