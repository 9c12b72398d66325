"""Models' replies in the catalog, by a digest of what they were asked: the newest are kept."""

import sqlite3
from datetime import date as Date

from assistant.library.schema import text
from assistant.results import Kept, Usage

MOST = 1_000  # replies; at some 3,000 characters each they take 3 MB
MAX_CHARACTERS = 1_000_000  # of a reply; one that is longer no writer of ours wrote


def recall(db: sqlite3.Connection, key: str) -> Kept | None:
    """The reply under `key`. ValueError, TypeError: no writer of ours wrote it."""
    row = db.execute(
        "SELECT day, text, prompt_tokens, completion_tokens FROM replies WHERE key = ? AND length(text) <= ?",
        (key, MAX_CHARACTERS),
    ).fetchone()
    if row is None:
        return None
    day, said, prompt, completion = row
    known = all(isinstance(number, int) and number >= 0 for number in (prompt, completion))
    usage = Usage(prompt, completion, estimated=False) if known else None
    return Kept(Date.fromisoformat(text(day)), text(said), usage)


def keep(db: sqlite3.Connection, key: str, reply: Kept) -> None:
    """Put `reply` under `key`, and forget all but the newest. Call it inside a transaction."""
    if len(reply.text) > MAX_CHARACTERS:
        return
    tokens = (reply.usage.prompt_tokens, reply.usage.completion_tokens) if reply.usage else (None, None)
    db.execute(
        "INSERT OR REPLACE INTO replies(key, day, text, prompt_tokens, completion_tokens) VALUES (?, ?, ?, ?, ?)",
        (key, reply.day.isoformat(), reply.text, *tokens),
    )
    db.execute("DELETE FROM replies WHERE number <= (SELECT max(number) FROM replies) - ?", (MOST,))
