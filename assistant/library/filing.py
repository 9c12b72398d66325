"""What a record means to the catalog: a new paper, news of a known one, nothing new, or a clash of ids."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from enum import Enum
from itertools import chain, count

from assistant.cleaning import one_line
from assistant.library import origins
from assistant.library.absorbing import absorb
from assistant.library.schema import ALIAS, ALL_FIELDS, FIELDS, PENDING, paper_id, read_paper, to_row
from assistant.papers import Paper, Provenance, Record, arxiv_id_in, doi_in, merge, title_key
from assistant.text import plain_words

# Share of words in common below which two abstracts are not of one paper. Of the 333 seed papers no two share
# more than 0.35, but for two versions of one paper that share 0.80.
SAME_WORDS = 0.4


class Outcome(Enum):
    """What one record meant to the catalog."""

    NEW = "new"
    CHANGED = "changed"
    KNOWN = "known"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Added:
    """The paper a record belongs to, and what became of it. `changed` is its id where it changed; `reason` says what is
    in conflict, or was left out. `withdrawn` says that this was not known of it, `replaced` that an older arXiv version
    was; `absorbed` are the numbers of papers that became part of it, and `gone` their ids."""

    number: int
    outcome: Outcome
    changed: str = ""
    reason: str = ""
    withdrawn: bool = False
    replaced: bool = False
    absorbed: tuple[int, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Match:
    """A known paper that a record may be of, and the kind of key that says so: `arxiv`, `doi`, `id` or `title`."""

    number: int
    known: Paper
    kind: str


def add(db: sqlite3.Connection, record: Record, *, source: str, file: str, day: Date) -> Added:
    """File a record inside the open transaction of `db`, with where it was read; nothing is kept of a conflict.

    A record that shows known papers to be one, as by the arXiv id of one and the DOI of another, makes them one. Where
    that cannot be, the DOI is left out, and the reason says so.
    """
    place = Provenance(source, file, record.line, day)
    matches = _matches(db, record.paper)
    if matches and not _borrows_doi(matches[0], record.paper):
        return _update(db, matches, record, place)
    paper = replace(record.paper, doi=None) if matches else record.paper
    reason = _doi_left_out(matches[0].known) if matches else ""
    added = Added(_insert(db, paper, record.known_as), Outcome.NEW, reason=reason, withdrawn=paper.withdrawn)
    _remember(db, added.number, record.paper, place)
    return added


def _matches(db: sqlite3.Connection, paper: Paper) -> list[_Match]:
    """The known papers that a record may be of, that of its strongest identity first, and last one whose DOI it
    borrows.

    No DOI or weaker key makes two papers one that have different arXiv ids, and so on down; nor does a title where the
    record names an arXiv id or DOI and speaks of something else."""
    keys = paper.identities
    asked = f"SELECT key, number FROM identities WHERE key IN ({', '.join('?' * len(keys))})"
    numbers = dict(db.execute(asked, keys).fetchall())
    found: dict[int, _Match] = {}
    for key in keys:
        number = numbers.get(key)
        if number is None or number in found:
            continue
        one = _Match(number, read_paper(db, number, selecting=ALL_FIELDS), key.partition(":")[0])
        if _may_be(one, paper):
            found[number] = one
    return sorted(found.values(), key=lambda one: _borrows_doi(one, paper))


def _borrows_doi(match: _Match, paper: Paper) -> bool:
    """Whether a record has the DOI of a paper, and an arXiv id and words that are not that paper's."""
    known = match.known
    return match.kind == "doi" and bool(paper.arxiv_id) and not _are_one(known, paper) and not known.arxiv_id


def _may_be(match: _Match, paper: Paper) -> bool:
    known = match.known
    ids = {"arxiv": (known.arxiv_id, paper.arxiv_id), "doi": (known.doi, paper.doi)}
    ids |= {"id": (known.source_id, paper.source_id), "title": (None, None)}
    stronger = list(ids.values())[: list(ids).index(match.kind)]
    if any(a and b and a != b for a, b in stronger):
        return False
    return not (match.kind == "title" and _names_itself(paper) and _contradicts(known, paper))


def _names_itself(paper: Paper) -> bool:
    """Whether a record has an id that names one paper in the world."""
    return bool(paper.arxiv_id or paper.doi)


def _insert(db: sqlite3.Connection, paper: Paper, known_as: str | None) -> int:
    marks = ", ".join("?" * (len(FIELDS) + 2))
    cursor = db.execute(
        f"INSERT INTO papers(paper_id, state, {ALL_FIELDS}) VALUES ({marks})",
        (_free_id(db, paper, known_as), PENDING, *to_row(paper)),
    )
    return int(cursor.lastrowid or 0)


def _free_id(db: sqlite3.Connection, paper: Paper, known_as: str | None) -> str:
    """The new paper's name, the one that it is known by elsewhere if there is one; with its prefix, or a number, where
    another paper has that name already, or once had."""
    full = paper.identities[0]
    names = chain((known_as or paper.paper_id, paper.paper_id, full), (f"{full}~{n}" for n in count(2)))
    taken = "SELECT 1 FROM papers WHERE paper_id = ? UNION ALL SELECT 1 FROM identities WHERE key = ?"
    return next(name for name in names if not db.execute(taken, (name, ALIAS + name)).fetchone())


def _update(db: sqlite3.Connection, matches: Sequence[_Match], record: Record, place: Provenance) -> Added:
    """What a record means to the first of the papers that it may be of."""
    first, paper = matches[0], record.paper
    lifts = record.stands and first.known.withdrawn
    seen = "SELECT 1 FROM records WHERE number = ? AND digest = ?"
    if not lifts and db.execute(seen, (first.number, paper.digest())).fetchone():
        _remember(db, first.number, paper, place, known=first.known)
        return Added(first.number, Outcome.KNOWN)
    if first.kind in ("id", "title") and _contradicts(first.known, paper):
        return Added(first.number, Outcome.CONFLICT, reason=_contradiction(first.known, paper))
    others = [one for one in matches[1:] if _names(paper, one.known) and _are_one(first.known, one.known)]
    apart = next((one.known for one in matches[1:] if one.kind == "doi" and one not in others), None)
    gone = tuple(paper_id(db, one.number) for one in others)
    known = first.known
    for one in others:
        known = absorb(db, first.number, known, gone=one.number, paper=one.known)
    merged = _told(first.kind, known, replace(paper, doi=known.doi) if apart else paper, stands=record.stands)
    _remember(db, first.number, paper, place, known=known, merged=merged)
    reason = _doi_left_out(apart) if apart else ""
    if merged == first.known and not others:
        return Added(first.number, Outcome.KNOWN, reason=reason)
    assigned = ", ".join(f"{field} = ?" for field in FIELDS)
    db.execute(f"UPDATE papers SET state = ?, {assigned} WHERE number = ?", (PENDING, *to_row(merged), first.number))
    return Added(
        first.number,
        Outcome.CHANGED,
        changed=paper_id(db, first.number),
        reason=reason,
        withdrawn=merged.withdrawn and not first.known.withdrawn,
        replaced=bool(first.known.version and (merged.version or 0) > first.known.version),
        absorbed=tuple(one.number for one in others),
        gone=gone,
    )


def _told(kind: str, known: Paper, paper: Paper, *, stands: bool) -> Paper:
    """What is known of a paper once a record has told of it that was found to be of it by a key of this kind.

    Only a record that has the strongest id of the paper may replace anything. One that was found by less than an arXiv
    id or DOI gives such a paper no address but that of its own ids; and one found by its title does not say of a paper
    whether it is withdrawn.
    """
    fill = not _names(paper, known)
    if kind == "title" and _names_itself(paper) and not fill:
        known = replace(known, withdrawn=False)  # so said a record without an id
    elif kind == "title" or (kind == "id" and fill):
        paper, stands = replace(paper, withdrawn=False), False
    if kind in ("id", "title") and _names_itself(known) and not _is_address_of(known, paper.url or ""):
        paper = replace(paper, url=None)
    return merge(known, paper, fill=fill, stands=stands)


def _names(paper: Paper, known: Paper) -> bool:
    """Whether a record that may be of a known paper has its strongest id, or there is none but the title."""
    strongest = known.identities[0]
    return strongest.startswith("title:") or strongest in paper.identities


def _is_address_of(known: Paper, url: str) -> bool:
    arxiv, doi = arxiv_id_in(url), doi_in(url)
    return bool((arxiv and arxiv == known.arxiv_id) or (doi and doi == known.doi))


def _doi_left_out(apart: Paper) -> str:
    return f"its DOI is left out: it is that of “{one_line(apart.title)[:60]}”"


def _remember(
    db: sqlite3.Connection,
    number: int,
    paper: Paper,
    place: Provenance,
    *,
    known: Paper | None = None,
    merged: Paper | None = None,
) -> None:
    """Keep the names of a record, where it was read, and that it was; of a `known` paper also what it changed."""
    met = "SELECT 1 FROM sources WHERE number = ? AND source = ? AND file = ?"
    news = merged not in (None, known)
    if known is not None and not news and not db.execute(met, (number, place.source, place.file)).fetchone():
        origins.settle(db, number, known)
    found = origins.load(db, number, known) if known is not None and news else {}
    db.executemany(
        "INSERT INTO identities VALUES (?, ?) ON CONFLICT DO NOTHING", [(key, number) for key in paper.identities]
    )
    db.execute(
        "INSERT INTO sources VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET line = excluded.line",
        (number, place.source, place.file, place.line, place.day.isoformat()),
    )
    db.execute("INSERT INTO records VALUES (?, ?) ON CONFLICT DO NOTHING", (number, paper.digest()))
    if known is not None and news:
        origins.save(db, number, origins.changed(found, known, merged or known, place))


def _are_one(one: Paper, other: Paper) -> bool:
    """Whether two known papers can be one: no ids speak against it, and their abstracts are alike."""
    ids = ((one.arxiv_id, other.arxiv_id), (one.doi, other.doi))
    return not any(a and b and a != b for a, b in ids) and _common(one.abstract, other.abstract) >= SAME_WORDS


def _contradicts(known: Paper, new: Paper) -> bool:
    """Whether two records under one name cannot be the same paper, since their abstracts share few words. An arXiv
    id or DOI names one paper in the world; a bare `4983` is one in every corpus, and `Introduction` many a title."""
    same_world_id = (new.arxiv_id and new.arxiv_id == known.arxiv_id) or (new.doi and new.doi == known.doi)
    return not same_world_id and _common(known.abstract, new.abstract) < SAME_WORDS


def _common(one: str, other: str) -> float:
    """The share of the larger abstract's distinct words that the other has too."""
    a, b = set(plain_words(one)), set(plain_words(other))
    return len(a & b) / (max(len(a), len(b)) or 1)


def _contradiction(known: Paper, new: Paper) -> str:
    title = one_line(known.title)[:60]
    if title_key(known.title) == title_key(new.title):
        return f"another paper is known as “{title}”; give each an id"
    return f"id “{new.source_id}” already names “{title}”; give this file's ids a prefix"
