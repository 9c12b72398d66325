"""What fetches into a library remember from one command to the next, in a small file in its folder.

Nothing in it is needed: without it a fetch begins anew and meets papers that are known already.
"""

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path
from typing import Any

from assistant.services.client import Seen

FILE = "fetched.json"
MAX_BYTES = 4_000_000
MOST = 1_000  # entries of a kind; the oldest go first
FIRST_DAY = Date(1990, 1, 1)  # before that no fetch can have begun


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fetch that was cut stood: the cursor of its next page, the records before that, the day it began."""

    cursor: str
    read: int
    begun: Date


class Journal:
    """The journal of the library in `folder`; one without a folder remembers nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._file = folder, folder / FILE

    def place(self, wanted: str) -> Place | None:
        """Where the last fetch of this was cut, if it was."""
        kept: Any = self._table("cut").get(wanted)
        with contextlib.suppress(KeyError, TypeError, ValueError, OverflowError):
            return Place(str(kept["cursor"]), int(kept["read"]), _day(kept["begun"]))
        return None

    def cut(self, wanted: str, place: Place | None) -> None:
        """A fetch stands here; None: it is done."""
        said = place and {"cursor": place.cursor, "read": place.read, "begun": f"{place.begun}"}
        self._put("cut", wanted, said)

    def seen(self, address: str) -> Seen:
        """What was seen last at an address whose papers are all in the library."""
        kept: Any = self._table("seen").get(address)
        with contextlib.suppress(TypeError, ValueError):
            etag, modified = kept
            return Seen(str(etag), str(modified))
        return Seen()

    def saw(self, address: str, seen: Seen) -> None:
        self._put("seen", address, [seen.etag, seen.modified] if seen.etag or seen.modified else None)

    def last(self, wanted: str) -> Date | None:
        """The day on which the last sync of this began that went well."""
        with contextlib.suppress(TypeError, ValueError):
            return _day(self._table("synced")[wanted]) if wanted in self._table("synced") else None
        return None

    def synced(self, wanted: str, day: Date) -> None:
        self._put("synced", wanted, f"{day}")

    def forget(self) -> None:
        """Remember nothing: the library is to hold other papers."""
        with contextlib.suppress(OSError):
            self._file.unlink()

    def forget_seen(self) -> None:
        """Have every address asked in full again: not all of their papers are in the library any more."""
        left = self._read()
        if left.pop("seen", None):
            self._write(left)

    def _table(self, kind: str) -> dict[str, Any]:
        found = self._read().get(kind)
        return found if isinstance(found, dict) else {}

    def _read(self) -> dict[str, Any]:
        """What is in the file; nothing where it is damaged."""
        with contextlib.suppress(OSError, ValueError, RecursionError):
            if self._file.stat().st_size <= MAX_BYTES:
                read = json.loads(self._file.read_bytes())
                return read if isinstance(read, dict) else {}
        return {}

    def _put(self, kind: str, key: str, value: object) -> None:
        table = self._table(kind)
        if table.pop(key, None) is None and value is None:
            return
        if value is not None:
            table[key] = value  # at the end: the newest
        kept = dict(list(table.items())[-MOST:])
        self._write(self._read() | {kind: kept})

    def _write(self, tables: dict[str, Any]) -> None:
        """Whole or not at all; where that cannot be done, go without."""
        with contextlib.suppress(OSError):
            handle, aside = tempfile.mkstemp(dir=self._file.parent, prefix=f".{FILE}.")
            try:
                with open(handle, "w", encoding="utf-8") as out:
                    json.dump(tables, out, ensure_ascii=True, indent=1)
                os.replace(aside, self._file)  # noqa: PTH105
            except BaseException:
                Path(aside).unlink(missing_ok=True)
                raise


def _day(text: str) -> Date:
    """ValueError: it is no day that a fetch can have begun on."""
    day = Date.fromisoformat(text)
    if day < FIRST_DAY:
        raise ValueError(text)
    return day
