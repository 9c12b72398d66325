"""Opening the catalog's SQLite file: to read or to write, what is no catalog of ours refused."""

import contextlib
import sqlite3
from pathlib import Path

from assistant.errors import LibraryDamaged, LibraryMissing, LibraryReadOnly, LibraryTooNew
from assistant.library import marking, memory, selecting
from assistant.library.schema import LATER, SCHEMA, VERSION, add_columns, primary_code

BUSY_SECONDS = 30.0
MAPPED = 1 << 28  # bytes that a reader maps: 10,000 vectors are read in 11 ms instead of 18; of a million, no faster


def connected(path: Path, *, write: bool, create: bool, wait_s: float = BUSY_SECONDS) -> sqlite3.Connection:
    """A connection to the catalog at `path`, made by `create` where it has no tables yet, which waits for another that
    writes for up to `wait_s` seconds.

    LibraryMissing, LibraryDamaged, LibraryTooNew, LibraryReadOnly; sqlite3.Error as SQLite raises it.
    """
    if not create and _is_blank(path):
        raise LibraryMissing(f"there is no library in {path.parent}", hint="Make one: assistant ingest PATH")
    db = _opened(path, write=write or create, wait_s=wait_s)
    try:
        _prepare(db, write=write or create)
        _check_version(db, path, create=create)
        if write or create:
            _bring_up(db)
    except BaseException:
        db.close()
        raise
    return db


def _is_blank(path: Path) -> bool:
    """Whether nothing is there, or a file that nothing was written to. LibraryReadOnly: one may not look."""
    try:
        return path.stat().st_size == 0
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError as error:
        raise LibraryReadOnly(
            f"{path} cannot be opened: {error.strerror}", hint="Check the path and its permissions."
        ) from error


def _opened(path: Path, *, write: bool, wait_s: float) -> sqlite3.Connection:
    modes = ("rwc",) if write else ("ro", "ro&immutable=1")  # the latter where the folder is read-only
    for mode in modes:
        if "immutable" in mode:
            _check_log(path)
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        db = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA user_version").fetchone()
            break
        except sqlite3.Error as error:
            db.close()
            if mode == modes[-1] or primary_code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
    return db


def _check_log(path: Path) -> None:
    """An immutable file is read without its log; what a killed writer left there would be missing unseen."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise LibraryReadOnly(
            f"the library in {path.parent} has changes that cannot be read while its folder is read-only",
            hint="Open it once where the folder can be written.",
        )


def _prepare(db: sqlite3.Connection, *, write: bool) -> None:
    if write:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # what a finished command reports survives a power cut
    else:
        db.execute(f"PRAGMA mmap_size = {MAPPED}")
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA trusted_schema = OFF")
    db.create_function("folded", 1, selecting.folded, deterministic=True)


def _check_version(db: sqlite3.Connection, path: Path, *, create: bool) -> None:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise LibraryTooNew(
            f"the library in {path.parent} was written by a newer version (form {version}, this one reads up to "
            f"{VERSION})",
            hint="Update: pip install --upgrade paper-assistant",
        )
    if db.execute("SELECT 1 FROM sqlite_master WHERE type NOT IN ('table', 'index')").fetchone():
        raise LibraryDamaged(f"{path} holds what no library's catalog does", hint="Do not use it.")
    if version == 0:
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise LibraryDamaged(f"{path} is not a library's catalog", hint="Move it away and ingest again.")
        if not create:  # its maker was killed, or had no room, before the tables were there
            raise LibraryMissing(f"there is no library in {path.parent} yet", hint="Make it: assistant ingest PATH")
        db.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")


def _bring_up(db: sqlite3.Connection) -> None:
    """Give a library of before what it lacks."""
    add_columns(db)
    for statement in LATER:
        db.execute(statement)
    db.executescript(memory.TABLES + marking.TABLES)


def foreign(db: sqlite3.Connection) -> str | None:
    """What a catalog holds that no writer of ours has put there, or None: a virtual table, a table or an index of
    another name, of other columns, or on another expression."""
    with contextlib.closing(sqlite3.connect(":memory:")) as ours:
        ours.executescript(SCHEMA)
        _bring_up(ours)
        pages = "SELECT page_size FROM pragma_page_size"
        if db.execute(pages).fetchone() != ours.execute(pages).fetchone():
            return "pages of another size"
        known, found = _described(ours), _described(db)
    strange = sorted(name for name, what in found.items() if not what <= known.get(name, set()))
    return f"another “{strange[0][:60]}” than this version makes" if strange else None


def _described(db: sqlite3.Connection) -> dict[str, set[object]]:
    """What there is in a catalog, by name: of a table its columns, of an index its statement."""
    found: dict[str, set[object]] = {}
    for kind, name, root, said in db.execute("SELECT type, name, rootpage, sql FROM sqlite_master").fetchall():
        columns = db.execute("SELECT name, type, pk, hidden FROM pragma_table_xinfo(?)", (name,)).fetchall()
        found[name] = {(kind, bool(root)), *(columns if kind == "table" else [said])}
    return found
