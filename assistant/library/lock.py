"""One writer at a time, held by a lock on a file in the library's folder; the system frees it when a writer dies."""

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import filelock

from assistant.errors import LibraryBusy, LibraryReadOnly
from assistant.library.disk import full

FILE, HOLDER = "write.lock", "writer"


@contextlib.contextmanager
def held(folder: Path, *, wait_s: float, notice: Callable[[str], None]) -> Iterator[None]:
    """The writer lock of the library in `folder`, waited for up to `wait_s` seconds with a notice.

    LibraryBusy: another process kept it; LibraryReadOnly: no lock file can be made there.
    """
    lock = filelock.FileLock(folder / FILE)
    try:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if wait_s:
                notice(f"waiting for {_holder(folder)} to finish writing to this library")
            lock.acquire(timeout=wait_s)
        _sign(folder / HOLDER)
    except filelock.Timeout:
        raise LibraryBusy(
            f"the library in {folder} is being written by {_holder(folder)}",
            hint="Wait for it to finish, or stop it: what it has written so far is kept.",
        ) from None
    except OSError as error:
        lock.release()
        if short := full(folder, str(error)):
            raise short from error
        raise LibraryReadOnly(
            f"the library in {folder} cannot be written: {error.strerror}",
            hint="Check the folder's permissions, or name another with --library.",
        ) from error
    try:
        yield
    finally:
        (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def _sign(file: Path) -> None:
    """Write who holds the lock; into a new file, since what stands there may be a link to another."""
    file.unlink(missing_ok=True)
    with file.open("x") as signed:
        signed.write(f"process {os.getpid()}, since {datetime.now():%Y-%m-%d %H:%M:%S}")


def _holder(folder: Path) -> str:
    try:
        return (folder / HOLDER).read_text()[:80] or "another process"
    except (OSError, UnicodeDecodeError):
        return "another process"
