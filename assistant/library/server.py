"""A Chroma server: its address, and one request to it, bounded in time and size, its failures as ours.

It speaks the second version of Chroma's HTTP API, which a single server, a distributed one and Chroma Cloud share.
chromadb's own client would do it too, but waits for ever, follows the settings that lie about in the working folder,
and takes half a second to import.
"""

import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assistant.bounds import closed_after, trusted
from assistant.cleaning import one_line
from assistant.errors import StoreError

if TYPE_CHECKING:
    import httpx2

CLOUD = "cloud:"  # begins the address of a database in Chroma Cloud
CLOUD_API = "https://api.trychroma.com/api/v2"
CLOUD_RECORDS = 300  # that Chroma Cloud takes in a write, and gives for a query
RECORDS = 1_000  # of a write elsewhere, if the server takes as many: a second's work
NEIGHBOURS = 10_000  # of a query elsewhere; more than is ever asked for
CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0  # for the next bytes of an answer to a question
WRITE_SECONDS = 120.0  # for those of an answer to a write, which a busy server gives late
MAX_BYTES = 16_000_000  # of an answer: a thousand neighbours have 50,000
_NOTHING_LOST = "Nothing is lost; to do without it: assistant reindex --store local"
_NOT_ONE = "Check --store: it must be a Chroma server of version 1 or later, such as http://localhost:8000."


@dataclass(frozen=True, slots=True)
class Server:
    """A server by its address, as `--store` names it and a library remembers it: `http://host:8000`, or
    `cloud:tenant/database`. Only Chroma Cloud is given the key."""

    address: str
    key: str | None = field(default=None, repr=False)

    @property
    def in_cloud(self) -> bool:
        return self.address.startswith(CLOUD)

    @property
    def records(self) -> int:
        """The most records for one write."""
        return CLOUD_RECORDS if self.in_cloud else RECORDS

    @property
    def neighbours(self) -> int:
        """The most records it gives for one query."""
        return CLOUD_RECORDS if self.in_cloud else NEIGHBOURS

    @property
    def api(self) -> str:
        return CLOUD_API if self.in_cloud else f"{self.address}/api/v2"

    @property
    def database(self) -> str:
        """The path of the database that holds the collections."""
        tenant, _, name = self.address.removeprefix(CLOUD).partition("/") if self.in_cloud else ("", "", "")
        return f"/tenants/{tenant or 'default_tenant'}/databases/{name or 'default_database'}"


class Connection:
    """Requests to one server. Close it, or use it as a context manager."""

    def __init__(self, server: Server) -> None:
        import httpx2

        if server.in_cloud and not server.key:
            raise StoreError(f"{server.address} wants a key", hint="Set CHROMA_API_KEY.")
        self._server = server
        headers = {"Accept-Encoding": "identity"}  # what is packed could unpack to any size
        if server.in_cloud and server.key:
            headers["x-chroma-token"] = server.key
        self._client = httpx2.Client(headers=headers, follow_redirects=False, verify=trusted())

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def ask(self, method: str, path: str, body: object = None, *, writes: bool = False) -> Any:
        """The server's answer, read as JSON; None where it says that there is no such thing. StoreError."""
        import httpx2

        seconds = WRITE_SECONDS if writes else READ_SECONDS
        with (
            self._mapped(seconds),
            closed_after(self._client, CONNECT_SECONDS + seconds),
            self._client.stream(
                method,
                f"{self._server.api}{path}",
                json=body,
                timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
            ) as response,
        ):
            content = self._whole(response, seconds)
            return self._read(response, content)

    def _whole(self, response: "httpx2.Response", seconds: float) -> bytes:
        deadline = time.monotonic() + seconds
        parts = bytearray()
        if response.headers.get("content-encoding", "identity") != "identity":
            raise self._no_chroma("it is compressed, which was not asked for")
        for part in response.iter_raw():
            parts += part
            if len(parts) > MAX_BYTES:
                raise self._no_chroma(f"it is longer than {MAX_BYTES // 1_000_000} MB")
            if time.monotonic() > deadline:
                raise StoreError(f"{self._server.address} took longer than {seconds:g} s", hint=_NOTHING_LOST)
        return bytes(parts)

    def _read(self, response: "httpx2.Response", content: bytes) -> Any:
        where, status = self._server.address, response.status_code
        if 300 <= status < 400:
            raise StoreError(f"{where} sends us on to another address", hint="Name that one with --store.")
        if status in (401, 403):
            hint = "Check CHROMA_API_KEY, tenant and database." if self._server.in_cloud else "Who guards it?"
            raise StoreError(f"{where} refuses us ({status})", hint=hint)
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):
            if status == 429 or status >= 500:
                answer = {}
            else:
                raise self._no_chroma(f"it is no JSON ({status})") from None
        if status < 300:
            return answer
        said = self._masked(one_line(str(answer.get("message", "") if isinstance(answer, dict) else ""))[:200])
        if status == 404 and isinstance(answer, dict) and "error" in answer:
            return None
        if status in (404, 405, 410):
            raise self._no_chroma(f"{status} for {response.request.url.path}")
        hint = "Wait, or check the quota." if status == 429 else _NOTHING_LOST
        raise StoreError(f"{where} failed ({status}): {said or response.reason_phrase}", hint=hint)

    @contextlib.contextmanager
    def _mapped(self, seconds: float) -> Iterator[None]:
        """The client's errors as ours. Causes are cut off: a request carries the key."""
        import httpx2

        where = self._server.address
        try:
            yield
        except httpx2.ConnectTimeout:
            raise StoreError(
                f"{where} cannot be reached within {CONNECT_SECONDS:g} s", hint=f"Is it running? {_NOTHING_LOST}"
            ) from None
        except httpx2.TimeoutException:
            raise StoreError(f"{where} did not answer within {seconds:g} s", hint=_NOTHING_LOST) from None
        except httpx2.ConnectError:
            raise StoreError(f"{where} cannot be reached", hint=f"Is it running? {_NOTHING_LOST}") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, RuntimeError) as error:  # the last: it is closed
            said = self._masked(one_line(str(error)))[:200]
            raise StoreError(f"the connection to {where} failed: {said}", hint=_NOTHING_LOST) from None

    @contextlib.contextmanager
    def expected(self) -> Iterator[None]:
        """What goes wrong with reading an answer, as: it is not Chroma's."""
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
            raise self._no_chroma("it has another form") from None

    def _no_chroma(self, why: str) -> StoreError:
        return StoreError(f"what {self._server.address} answers is not Chroma's: {why}", hint=_NOT_ONE)

    def _masked(self, text: str) -> str:
        return text.replace(self._server.key, "***") if self._server.key else text
