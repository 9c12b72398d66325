"""Two papers of a catalog that turn out to be one: what one has goes to the other, and its name leads there."""

import sqlite3

from assistant.library import marking, origins
from assistant.library.memory import fingerprint
from assistant.library.schema import ALIAS, OF_A_PAPER, paper_id
from assistant.papers import Paper, merge, said


def absorb(db: sqlite3.Connection, number: int, known: Paper, *, gone: int, paper: Paper) -> Paper:
    """Make the paper `gone` part of paper `number`, inside the open transaction of `db`; what is known then.

    `known` and `paper` are what was known of each: the first has the word, but for a lower arXiv version. The chunks of
    `gone` stay, as those of `number`, until that is indexed anew, which the caller sees to.
    """
    merged = merge(paper, known)
    found, other = origins.load(db, number, known), origins.load(db, gone, paper)
    ours = {name for name, place in found.items() if getattr(known, name) == getattr(merged, name)}
    found = {name: found[name] if name in ours else other.get(name) for name in said(merged)}
    _keep_sent(db, number, gone, paper, merged)
    marking.moved(db, paper_id(db, gone), paper_id(db, number))
    for table in OF_A_PAPER:
        db.execute(f"UPDATE OR IGNORE {table} SET number = ? WHERE number = ?", (number, gone))
        db.execute(f"DELETE FROM {table} WHERE number = ?", (gone,))
    db.execute("UPDATE chunks SET paper = ? WHERE paper = ?", (number, gone))
    db.execute(
        "INSERT INTO identities SELECT ? || paper_id, ? FROM papers WHERE number = ? ON CONFLICT DO NOTHING",
        (ALIAS, number, gone),
    )
    for table in ("origins", "papers"):
        db.execute(f"DELETE FROM {table} WHERE number = ?", (gone,))
    origins.save(db, number, found)
    return merged


def _keep_sent(db: sqlite3.Connection, number: int, gone: int, paper: Paper, merged: Paper) -> None:
    """What a digest carried as `gone`, and has not changed since, it has carried as paper `number`."""
    query = "SELECT paper_id, digest FROM sent JOIN papers USING (paper_id) WHERE number = ? AND sent.abstract = ?"
    if row := db.execute(query, (gone, fingerprint(paper))).fetchone():
        db.execute("DELETE FROM sent WHERE paper_id = ?", (row[0],))
        db.execute(
            "INSERT OR REPLACE INTO sent SELECT paper_id, ?, ? FROM papers WHERE number = ?",
            (fingerprint(merged), row[1], number),
        )
