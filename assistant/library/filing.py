"""What a record means to the catalog: a new paper, news of a known one, nothing new, or a clash of ids."""

import re
import sqlite3
from dataclasses import dataclass
from datetime import date as Date
from enum import Enum
from itertools import chain, count

from assistant.cleaning import one_line
from assistant.library.schema import FIELDS, PENDING, read_paper, to_row
from assistant.papers import Paper, Record, merge, title_key

# Share of words in common below which two abstracts are not of one paper. Of the 333 seed papers no two share
# more than 0.35, but for two versions of one paper that share 0.80.
SAME_WORDS = 0.4

_WORD = re.compile(r"[a-z0-9]+|[^\W_]")  # a letter of a script that is written without spaces is a word here


class Outcome(Enum):
    """What one record meant to the catalog."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Added:
    """The paper a record belongs to, and what became of it. `changed` is its id where it changed, `reason` is set on a
    conflict."""

    number: int
    outcome: Outcome
    changed: str = ""
    reason: str = ""


def add(db: sqlite3.Connection, record: Record, *, source: str, file: str, day: Date) -> Added:
    """File a record inside the open transaction of `db`, with where it was read; nothing is kept of a conflict."""
    paper = record.paper
    match = _match(db, paper)
    added = _update(db, *match, paper) if match else Added(_insert(db, paper, record.known_as), Outcome.NEW)
    if added.outcome is not Outcome.CONFLICT:
        db.executemany(
            "INSERT INTO identities VALUES (?, ?) ON CONFLICT DO NOTHING",
            [(key, added.number) for key in paper.identities],
        )
        db.execute(
            "INSERT INTO sources VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET line = excluded.line",
            (added.number, source, file, record.line, day.isoformat()),
        )
        db.execute("INSERT INTO records VALUES (?, ?) ON CONFLICT DO NOTHING", (added.number, paper.digest()))
    return added


def _match(db: sqlite3.Connection, paper: Paper) -> tuple[int, bool] | None:
    """The number of the known paper that a record is of, by its strongest known identity, and whether that is the title
    alone. No key makes two papers one that have different arXiv ids or DOIs; and a title none that have different
    ids, or where the record names an arXiv id or DOI and speaks of something else."""
    for key in paper.identities:
        row = db.execute("SELECT number FROM identities WHERE key = ?", (key,)).fetchone()
        if row is None:
            continue
        known, kind = read_paper(db, int(row[0])), key.partition(":")[0]
        ids = [("arxiv", known.arxiv_id, paper.arxiv_id), ("doi", known.doi, paper.doi)]
        ids += [("id", known.source_id, paper.source_id)] if kind == "title" else []
        if any(kind != name and a and b and a != b for name, a, b in ids):
            continue
        if kind == "title" and (paper.arxiv_id or paper.doi) and _contradicts(known, paper):
            continue
        return int(row[0]), kind == "title"
    return None


def _insert(db: sqlite3.Connection, paper: Paper, known_as: str | None) -> int:
    columns = ", ".join(FIELDS)
    marks = ", ".join("?" * (len(FIELDS) + 2))
    cursor = db.execute(
        f"INSERT INTO papers(paper_id, state, {columns}) VALUES ({marks})",
        (_free_id(db, paper, known_as), PENDING, *to_row(paper)),
    )
    return int(cursor.lastrowid or 0)


def _free_id(db: sqlite3.Connection, paper: Paper, known_as: str | None) -> str:
    """The new paper's name, the one that it is known by elsewhere if there is one; with its prefix, or a number, where
    another paper has that name already."""
    full = paper.identities[0]
    names = chain((known_as or paper.paper_id, paper.paper_id, full), (f"{full}~{n}" for n in count(2)))
    return next(name for name in names if not db.execute("SELECT 1 FROM papers WHERE paper_id = ?", (name,)).fetchone())


def _update(db: sqlite3.Connection, number: int, titled: bool, paper: Paper) -> Added:
    seen = "SELECT 1 FROM records WHERE number = ? AND digest = ?"
    if db.execute(seen, (number, paper.digest())).fetchone():
        return Added(number, Outcome.KNOWN)
    known = read_paper(db, number)
    if _contradicts(known, paper):
        return Added(number, Outcome.CONFLICT, reason=_contradiction(known, paper))
    merged = merge(known, paper, fill=titled and len(known.identities) > 1)
    if merged == known:
        return Added(number, Outcome.KNOWN)
    assigned = ", ".join(f"{field} = ?" for field in FIELDS)
    db.execute(f"UPDATE papers SET state = ?, {assigned} WHERE number = ?", (PENDING, *to_row(merged), number))
    (paper_id,) = db.execute("SELECT paper_id FROM papers WHERE number = ?", (number,)).fetchone()
    return Added(number, Outcome.CHANGED, changed=str(paper_id))


def _contradicts(known: Paper, new: Paper) -> bool:
    """Whether two records under one name cannot be the same paper, since their abstracts share few words. An arXiv
    id or DOI names one paper in the world; a bare `4983` is one in every corpus, and `Introduction` many a title."""
    same_world_id = (new.arxiv_id and new.arxiv_id == known.arxiv_id) or (new.doi and new.doi == known.doi)
    return not same_world_id and _common(known.abstract, new.abstract) < SAME_WORDS


def _common(one: str, other: str) -> float:
    """The share of the larger abstract's distinct words that the other has too."""
    a, b = set(_WORD.findall(one.casefold())), set(_WORD.findall(other.casefold()))
    return len(a & b) / (max(len(a), len(b)) or 1)


def _contradiction(known: Paper, new: Paper) -> str:
    title = one_line(known.title)[:60]
    if title_key(known.title) == title_key(new.title):
        return f"another paper is known as “{title}”; give each an id"
    return f"id “{new.source_id}” already names “{title}”; give this file's ids a prefix"
