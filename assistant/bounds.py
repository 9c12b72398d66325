"""What an exchange over HTTP is held to: how long it may take, how large a reply may be, and when the same is asked
again.
"""

import contextlib
import math
import threading
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from assistant.errors import EndpointError

if TYPE_CHECKING:
    import ssl

    import httpx2
    import openai

MAX_BYTES = 16_000_000  # of a reply: a long answer streamed token by token has 300,000
RETRIES = 2
FIRST_PAUSE = 0.5  # seconds before the first retry, where the endpoint names no time; twice that before the second
LONGEST_PAUSE = 20.0  # seconds that an endpoint may ask to wait; of more the user is told instead
_PASSING = {408, 409, 429, *range(500, 600)} - {501, 505}  # statuses that may be others in a moment


@contextlib.contextmanager
def closed_after(client: "openai.OpenAI | httpx2.Client", seconds: float) -> Iterator[None]:
    """Close `client` if the block takes longer: a reply can drip in where nothing else looks at the time, such as its
    header. The read that waits then fails."""
    timer = threading.Timer(seconds, client.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def bounded_client(*, seconds: float, **more: Any) -> "httpx2.Client":
    """The SDK's HTTP client, whose replies raise EndpointError beyond MAX_BYTES or `seconds` from now; `more` is for
    httpx2."""
    import httpx2
    import openai

    deadline = time.monotonic() + seconds

    class Bounded(httpx2.SyncByteStream):
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for part in self._stream:
                size += len(part)
                if size > MAX_BYTES:
                    raise EndpointError(
                        f"the reply is longer than {MAX_BYTES // 1_000_000} MB", hint="Is this endpoint well?"
                    )
                if time.monotonic() > deadline:
                    raise EndpointError(
                        f"the reply took longer than {seconds:g} s", hint="Set ASSISTANT_TIMEOUT higher."
                    )
                yield part

        def close(self) -> None:
            self._stream.close()

    def bound(response: httpx2.Response) -> None:
        if response.headers.get("content-encoding", "identity") != "identity":  # unpacked, it could be of any size
            raise EndpointError("the reply is compressed, which was not asked for", hint="Is this endpoint well?")
        response.stream = Bounded(response.stream)

    # what is asked goes to the endpoint that was chosen, not where it sends us on to
    return openai.DefaultHttpx2Client(
        event_hooks={"response": [bound]},
        follow_redirects=False,
        headers={"Accept-Encoding": "identity"},
        verify=trusted(),
        **more,
    )


@cache
def trusted() -> "ssl.SSLContext":
    """The certificates that are trusted, read once: that takes 19 ms, more than asking a server on loopback."""
    import httpx2

    return httpx2.create_ssl_context()


def pause(error: "openai.APIError", tried: int) -> float | None:
    """Seconds after which what failed with `error`, and was `tried` again so often, may be tried once more. None: it
    would not help, or is too long to wait."""
    import openai

    seconds: float | None = FIRST_PAUSE * 2**tried
    if isinstance(error, openai.APIStatusError):
        if error.status_code not in _PASSING or out_of_quota(error) or "response_format" in str(error.body):
            return None
        asked = asked_pause(error.response.headers)
        seconds = seconds if asked is None else asked
    elif not isinstance(error, openai.APIConnectionError) or isinstance(error, openai.APITimeoutError):
        return None  # what has used up its time is not given the same again
    return seconds if tried < RETRIES and seconds is not None and seconds <= LONGEST_PAUSE else None


def broke_off(error: "openai.APIConnectionError") -> bool:
    """Whether there was a connection, which ended before the reply did."""
    import httpx2

    return isinstance(error.__cause__, httpx2.ReadError | httpx2.RemoteProtocolError)


def out_of_quota(error: "openai.APIError") -> bool:
    """Whether the account has nothing left, which no waiting mends."""
    return "insufficient_quota" in (error.code, error.type)


def asked_pause(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait that a reply asks for: Retry-After as a number or a date (RFC 9110, 10.2.3), or the finer
    header that OpenAI sends. None: it asks for none that can be read."""
    for name, per_second in (("retry-after-ms", 1_000), ("retry-after", 1)):
        said = headers.get(name, "")
        with contextlib.suppress(ValueError):
            seconds = float(said) / per_second
            return None if math.isnan(seconds) else max(0.0, seconds)
    with contextlib.suppress(ValueError, TypeError, OverflowError, OSError):
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - time.time())
    return None
