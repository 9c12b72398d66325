"""Where each field of a paper was read: kept small, and only for papers that more than one record has told of.

The first source of a paper is taken to have given what nothing else is said of. Beside it, the table `origins` holds
for a paper `[[source, line, day, "field field …"], …]`: the position of the source among the paper's, in the order in
which they were met, or -1 where it is not known, as of papers that came from several before this was kept.
"""

import json
import operator
import sqlite3
from collections.abc import Mapping
from datetime import date as Date

from assistant.library.schema import read_paper, text
from assistant.papers import Paper, Provenance, said

Origins = Mapping[str, Provenance | None]  # by field; None where it is not known


def read(db: sqlite3.Connection, number: int) -> tuple[tuple[str, Provenance], ...]:
    """Where each known field of a paper was read, as far as that is known, in the order of the fields."""
    return tuple((name, place) for name, place in load(db, number, read_paper(db, number)).items() if place)


def load(db: sqlite3.Connection, number: int, known: Paper) -> dict[str, Provenance | None]:
    """Where each field that is `known` of a paper was read."""
    sources = _sources(db, number)
    there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'origins'").fetchone()  # else: an older library
    row = db.execute("SELECT given FROM origins WHERE number = ?", (number,)).fetchone() if there else None
    first = sources[0] if sources and (row or len(sources) == 1) else None
    found: dict[str, Provenance | None] = dict.fromkeys(said(known), first)
    for at, line, day, names in json.loads(text(row[0])) if row else ():
        place = (
            Provenance(sources[at].source, sources[at].file, operator.index(line), Date.fromisoformat(day))
            if at >= 0
            else None
        )
        found |= dict.fromkeys(found.keys() & set(text(names).split()), place)
    return found


def settle(db: sqlite3.Connection, number: int, known: Paper) -> None:
    """Keep what goes without saying of where a paper was read, before a further source of it is remembered that brings
    nothing new."""
    (places,) = db.execute("SELECT count(*) FROM sources WHERE number = ?", (number,)).fetchone()
    if places == 1:
        db.execute("INSERT OR IGNORE INTO origins VALUES (?, '[]')", (number,))  # all is of that one
    elif not db.execute("SELECT 1 FROM origins WHERE number = ?", (number,)).fetchone():
        save(db, number, load(db, number, known))


def changed(found: Origins, before: Paper, after: Paper, place: Provenance) -> dict[str, Provenance | None]:
    """`found`, once a record that was read at `place` has made the paper `before` into `after`."""
    fresh = [name for name, value in said(after).items() if value != getattr(before, name)]
    return {name: place if name in fresh else found.get(name) for name in said(after)}


def save(db: sqlite3.Connection, number: int, found: Origins) -> None:
    """Keep where the fields of a paper were read. Its sources are in the catalog already."""
    sources = _sources(db, number)
    places = {(one.source, one.file): at for at, one in enumerate(sources)}
    given: dict[tuple[int, int, str], list[str]] = {}
    for name, place in found.items():
        key = (places[place.source, place.file], place.line, f"{place.day}") if place else (-1, 0, "")
        if not (place and key[0] == 0 and (place.line, place.day) == (sources[0].line, sources[0].day)):
            given.setdefault(key, []).append(name)
    rows = [[*key, " ".join(names)] for key, names in given.items()]
    db.execute("INSERT OR REPLACE INTO origins VALUES (?, ?)", (number, json.dumps(rows, separators=(",", ":"))))


def _sources(db: sqlite3.Connection, number: int) -> list[Provenance]:
    """Where a paper was read, in the order in which that happened first."""
    query = "SELECT source, file, line, day FROM sources WHERE number = ? ORDER BY rowid"
    rows = db.execute(query, (number,))
    return [Provenance(source, file, line, Date.fromisoformat(day)) for source, file, line, day in rows]
