"""A server on loopback that replies as it is told, for failures that no real one can be asked for."""

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from assistant.endpoint import Endpoint

Reply = tuple[int, str, bytes]  # status, content type, body
Made = Callable[[dict[str, Any]], Reply]  # from the request's body


class Server:
    """A server on loopback that gives the replies it was loaded with, one a request, the last one ever after."""

    def __init__(self) -> None:
        self.replies: list[Reply | Made] = []
        self.bodies: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}  # of every reply, over those that it has by itself
        self.asked: list[tuple[str, dict[str, str]]] = []  # path and headers of the requests
        self.held: threading.Event | None = None  # until it is set, a connection stays open after its reply
        loaded = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                loaded.asked.append((self.path, dict(self.headers)))
                loaded.bodies.append(json.loads(raw or "{}"))
                reply = loaded.replies.pop(0) if len(loaded.replies) > 1 else loaded.replies[0]
                status, kind, body = reply(loaded.bodies[-1]) if callable(reply) else reply
                self.send_response(status)
                headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Retry-After-Ms": "1"}
                for name, value in (headers | loaded.headers).items():
                    self.send_header(name, value)
                with suppress(ConnectionError):  # who asked may have gone
                    self.end_headers()
                    self.wfile.write(body)
                if loaded.held:
                    loaded.held.wait(30)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def url_with(self, credentials: str) -> str:
        """The address with a user's name and password in it."""
        return self.url.replace("//", f"//{credentials}@")

    def endpoint(self, *, api_key: str | None = "sk-secret-0123", timeout_s: float = 5) -> Endpoint:
        return Endpoint(base_url=self.url, api_key=api_key, timeout_s=timeout_s)


def completion(text: str, finish: str | None = "stop", **more: object) -> Reply:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}
    body = {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]} | more
    return 200, "application/json", json.dumps(body).encode()


def stream(*pieces: str, finish: str | None = "stop") -> Reply:
    events = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
    events += [{"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}] if finish else []
    base = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}
    lines = "".join(f"data: {json.dumps(base | event)}\n\n" for event in events)
    return 200, "text/event-stream", lines.encode()


def models(*names: object) -> Reply:
    """A reply to the question which models there are."""
    data = [{"id": name, "object": "model"} for name in names]
    return 200, "application/json", json.dumps({"object": "list", "data": data}).encode()


def vectors(rows: Iterable[object]) -> Reply:
    """A reply of embeddings, the last of which stands first: `index` says which text each is of."""
    data = [{"object": "embedding", "index": n, "embedding": row} for n, row in enumerate(rows)]
    return 200, "application/json", json.dumps({"object": "list", "model": "m", "data": data[::-1]}).encode()


def embedded(body: dict[str, Any]) -> Reply:
    """Vectors of three numbers for the texts asked about."""
    return vectors([len(text), text.count("e"), 1.0] for text in body["input"])


def failure(status: int, message: str, **more: str) -> Reply:
    return status, "application/json", json.dumps({"error": {"message": message} | more}).encode()


@contextmanager
def hinting() -> Iterator[str]:
    """The address of a server whose answers never get beyond early hints, one after the other."""
    ended = threading.Event()

    def hint(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while not ended.wait(0.02):
                connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")

    def accept(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=hint, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
