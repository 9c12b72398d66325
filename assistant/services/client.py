"""The one way to a service of papers: one request at a time, no faster than it asks, bounded, tried again with care."""

import contextlib
import json
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from assistant import __version__
from assistant.bounds import asked_pause, closed_after, trusted
from assistant.cleaning import one_line
from assistant.errors import FetchError, FetchRefused
from assistant.services import Service

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0  # for the next bytes: arXiv takes 30 s for a page at times
WHOLE_SECONDS = 180.0  # for a whole reply
MAX_BYTES = 32_000_000  # of a reply: a thousand records of Semantic Scholar have 3,000,000
REDIRECTS = 3
RETRIES = 3
FIRST_PAUSE = 2.0  # seconds before the first retry where the service names no time; twice that before the second
LONGEST_PAUSE = 120.0  # seconds that a service may ask to wait; of more the user is told instead
TOLD = 5.0  # seconds of waiting from which the user is told
_PASSING = {408, 429, 500, 502, 503, 504}  # statuses that may be others in a moment
_LATER = "Try again later."


@dataclass(frozen=True, slots=True)
class Seen:
    """What a service said of a reply, by which it can tell later whether there is another by then."""

    etag: str = ""
    modified: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply's body, None where it is still the one that was `seen`, and what `kind` of thing it says it is."""

    body: bytes | None
    seen: Seen
    kind: str = ""


class _Passing(Exception):
    """A failure that may pass, after `seconds` if the service says so."""

    def __init__(self, error: FetchError, seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error, self.seconds = error, seconds


class Client:
    """Requests to services. Methods raise FetchError: it cannot be reached, failed, or says no. Close it after use.

    `contact` is an e-mail address that services are told; `keys` has those of the user by the service's name. `sleep`,
    `clock` and `chance` (from 0 to 1) can be others in tests.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        keys: Mapping[str, str | None] | None = None,
        notice: Callable[[str], None] = lambda text: None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.agent = f"paper-assistant/{__version__}" + (f" (mailto:{contact})" if contact else "")
        self._keys = {name: key for name, key in (keys or {}).items() if key}
        self._notice, self._sleep, self._clock, self._chance = notice, sleep, clock, chance
        self._asked: dict[str, float] = {}  # when each house was last; arXiv's two doors are one
        self._http: httpx2.Client | None = None

    def close(self) -> None:
        if self._http is not None:
            self._http.close()

    def get(self, service: Service, address: str, *, seen: Seen | None = None) -> Reply:
        """What lies at an address of a service, if that is not what was `seen` there."""
        tried = 0
        while True:
            try:
                return self._followed(service, address, seen or Seen())
            except _Passing as passing:
                seconds = passing.seconds
                if seconds is None:
                    seconds = FIRST_PAUSE * 2**tried * (0.75 + self._chance() / 2)
                if tried >= RETRIES or seconds > LONGEST_PAUSE:
                    raise passing.error from None
                if seconds >= TOLD:
                    self._notice(f"waiting {seconds:.0f} s: {passing.error}")
                self._sleep(seconds)
                tried += 1

    def pause(self, seconds: float) -> None:
        """Wait, where a page is not ready yet."""
        self._sleep(seconds)

    def _take_turn(self, service: Service) -> None:
        if service.title in self._asked:
            wait = self._asked[service.title] + service.interval - self._clock()
            if wait > 0:
                self._sleep(wait)

    def _followed(self, service: Service, address: str, seen: Seen) -> Reply:
        """One exchange, sent on where the service sends it on to another of its own addresses."""
        headers = {
            name: value
            for name, value in (
                ("If-None-Match", seen.etag),
                ("If-Modified-Since", seen.modified),
                (service.key_header, self._keys.get(service.name, "")),
            )
            if name and value
        }
        url = address
        if service.key_parameter and (key := self._keys.get(service.name)):
            url += f"&{service.key_parameter}={quote(key, safe='')}"
        for _ in range(REDIRECTS + 1):
            self._take_turn(service)
            with self._response(service, url, headers) as response:
                if response.status_code not in (301, 302, 303, 307, 308):
                    return self._read(service, response, seen)
                url = _onward(service, url, response.headers.get("location", ""))
        raise FetchError(f"{service.title} sends us on and on", hint=_LATER)

    @contextlib.contextmanager
    def _response(self, service: Service, url: str, headers: Mapping[str, str]) -> "Iterator[httpx2.Response]":
        """The reply to a request, to be read, and the client's errors as ours. Causes are cut off: a request carries
        the key."""
        import httpx2

        if self._http is None or self._http.is_closed:
            own = {"User-Agent": self.agent, "Accept-Encoding": "identity"}  # what is packed could unpack to any size
            self._http = httpx2.Client(headers=own, follow_redirects=False, verify=trusted())
        timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
        started = time.monotonic()
        try:
            with (
                closed_after(self._http, WHOLE_SECONDS),
                self._http.stream("GET", url, headers=dict(headers), timeout=timeout) as response,
            ):
                yield response
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise FetchError(f"{service.title} cannot be reached", hint="Is there a network?") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError, RuntimeError) as error:  # the last: it is closed
            if time.monotonic() - started >= WHOLE_SECONDS:
                raise _slow(service) from None
            if isinstance(error, httpx2.TimeoutException):
                said = f"{service.title} did not answer within {READ_SECONDS:g} s"
            elif isinstance(error, httpx2.ReadError | httpx2.RemoteProtocolError):
                said = f"{service.title} broke off its reply"
            else:
                raise FetchError(f"{service.title} cannot be asked: {type(error).__name__}", hint=_LATER) from None
            raise _Passing(FetchError(said, hint=_LATER)) from None
        finally:
            self._asked[service.title] = self._clock()

    def _read(self, service: Service, response: "httpx2.Response", seen: Seen) -> Reply:
        """What a reply says. _Passing: it may be another in a moment."""
        status = response.status_code
        if status == 304:
            return Reply(None, seen)
        body = _whole(service, response)
        if status == 200:
            etag, modified, kind = (_header(response, name) for name in ("etag", "last-modified", "content-type"))
            return Reply(body, Seen(etag, modified), kind.partition(";")[0])
        said = self._masked(service, _said(body))
        if status in _PASSING:
            seconds = asked_pause(response.headers)
            wait = f", and asks to wait {seconds:,.0f} s" if seconds else ""
            error = FetchError(
                f"{service.title} refused for now ({status}){wait}{said}" if status == 429
                else f"{service.title} failed ({status}){wait}{said}",
                hint=_LATER,
            )  # fmt: skip
            raise _Passing(error, seconds)
        if status in (401, 403):
            raise FetchError(f"{service.title} refuses us ({status}){said}", hint="Check its key: docs/fetch.md.")
        raise FetchRefused(f"{service.title} refused ({status}){said}", hint="Check what it was asked for.")

    def _masked(self, service: Service, text: str) -> str:
        key = self._keys.get(service.name)
        return text.replace(key, "***") if key else text


def _whole(service: Service, response: "httpx2.Response") -> bytes:
    """The body of a reply. FetchError: it is too long, in bytes or seconds, or packed."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchError(f"the reply of {service.title} is compressed, which was not asked for", hint=_LATER)
    deadline, parts = time.monotonic() + WHOLE_SECONDS, bytearray()
    for part in response.iter_raw():
        parts += part
        if len(parts) > MAX_BYTES:
            raise FetchError(f"the reply of {service.title} is longer than {MAX_BYTES // 1_000_000} MB", hint=_LATER)
        if time.monotonic() > deadline:
            raise _slow(service)
    return bytes(parts)


def _header(response: "httpx2.Response", name: str) -> str:
    return one_line(response.headers.get(name, ""))[:200]


def _slow(service: Service) -> FetchError:
    return FetchError(f"{service.title} took longer than {WHOLE_SECONDS:g} s", hint=_LATER)


def _onward(service: Service, url: str, location: str) -> str:
    """Where a redirect leads. FetchError: to another host, or in another way than was asked."""
    host = "nowhere"
    with contextlib.suppress(ValueError):
        old, new = urlsplit(url), urlsplit(urljoin(url, location))
        host = one_line(new.hostname or host)[:80]
        if location and (old.scheme, old.netloc) == (new.scheme, new.netloc):
            return new.geturl()
    raise FetchError(f"{service.title} sends us on to {host}, which is not asked", hint=_LATER)


def _said(body: bytes) -> str:
    """What a service said in a reply that is no success, in one short line."""
    text = body[:20_000].decode(errors="replace")
    try:
        reply = json.loads(text)
        said = (reply.get("message") or reply.get("error")) if isinstance(reply, dict) else ""
    except (ValueError, RecursionError):
        found = re.search(r"<entry>.*?<summary[^>]*>([^<]{1,500})<", text, re.DOTALL)
        said = found[1] if found else ""
    return f": {one_line(said)[:200]}" if isinstance(said, str) and said.strip() else ""
