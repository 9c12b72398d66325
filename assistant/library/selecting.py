"""What selects papers of a catalog: filters, as a condition of SQL; a name, in any of its forms."""

import sqlite3
import unicodedata

from assistant.cleaning import one_line
from assistant.errors import PaperNotFound, UsageError
from assistant.library import marking
from assistant.library.schema import ALIAS
from assistant.papers import Filters, Sort, arxiv_id_in, doi_in, tag_key, title_key, title_keys

MOST_NAMES = 100  # in one condition
# What papers are listed by, and the same turned round; what has no date or upvotes comes last either way.
ORDERS: dict[Sort, tuple[str, str]] = {
    "date": ("date DESC, number", "date ASC NULLS LAST, number"),
    "title": ("title COLLATE NOCASE, number", "title COLLATE NOCASE DESC, number"),
    "added": ("number DESC", "number"),
    "upvotes": ("upvotes DESC, number", "upvotes ASC NULLS LAST, number"),
}
# The one is quicker where all papers are looked at; the other spares a page of them a look at all sources.
_OF_SOURCE = "number IN (SELECT number FROM sources WHERE source = ?)"
_OF_SOURCE_BY_PAGE = "EXISTS (SELECT 1 FROM sources WHERE sources.number = papers.number AND sources.source = ?)"
_READ_DAY = "(SELECT min(day) FROM sources WHERE sources.number = papers.number)"


def resolve(db: sqlite3.Connection, name: str) -> int:
    """The number of the paper called `name`: its paper id, an arXiv id, DOI or title, or a beginning of one of
    these that no other paper has. PaperNotFound: none, or more than one."""
    name = one_line(name).removesuffix("…")  # as a terminal prints an id that is too wide for it
    title = f"title:{title_key(name)}"
    if (number := identified(db, name)) is not None:
        return number
    begun = db.execute(
        "SELECT DISTINCT number, paper_id FROM papers JOIN identities USING (number) "
        "WHERE instr(paper_id, ?) = 1 OR instr(key, ?) = 1 OR instr(key, ?) = 1 OR instr(key, ?) = 1 "
        "ORDER BY paper_id LIMIT 4",
        (name, f"arxiv:{name}", title, f"{ALIAS}{name}"),
    ).fetchall()
    if len(begun) == 1 and name:
        return int(begun[0][0])
    if not begun or not name:
        raise PaperNotFound(f"no paper is called “{name}”", hint="Find its id: assistant search WORDS")
    some = ", ".join(row[1][:60] for row in begun[:3])
    raise PaperNotFound(f"“{name}” begins more than one id: {some}", hint="Give more of the id.")


def identified(db: sqlite3.Connection, name: str) -> int | None:
    """The number of the paper whose whole paper id, arXiv id, DOI or title `name` is; None where there is none."""
    world = [f"arxiv:{arxiv}"] if (arxiv := arxiv_id_in(name)) else []
    world += [f"doi:{doi}"] if (doi := doi_in(name)) else []
    others = [f"{ALIAS}{name}", f"id:{name}", *(f"title:{key}" for key in title_keys(name))]
    by_key, by_id = "SELECT number FROM identities WHERE key = ?", "SELECT number FROM papers WHERE paper_id = ?"
    # What names one paper in the world goes before what a library, a source or a title calls some paper.
    asked = [*((by_key, key) for key in world), (by_id, name), *((by_key, key) for key in others)]
    rows = (db.execute(query, (value,)).fetchone() for query, value in asked)
    return next((int(row[0]) for row in rows if row), None)


def folded(name: str) -> str:
    """`name` without case and accents."""
    if name.isascii():
        return name.lower()  # the same, in a quarter of the time
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def conditions(db: sqlite3.Connection, filters: Filters, *, by_page: bool = False) -> tuple[str, list[str]]:
    """`filters` as the condition of a query over papers, and its values; it needs `folded` as a function of SQL.
    `by_page`: the query stops after a page of papers, and is asked again for the next."""
    where, values = ["1"], []
    day = f"coalesce(date, {_READ_DAY})" if filters.read_days else "date"
    if filters.since:
        where.append(f"{day} >= ?")
        values.append(filters.since.isoformat())
    if filters.until:
        where.append(f"{day} <= ?")
        values.append(filters.until.isoformat())
    for source in _names(filters.source):
        where.append(_OF_SOURCE_BY_PAGE if by_page else _OF_SOURCE)
        values.append(source)
    for author in map(folded, _names(filters.author)):
        where.append(_may_hold("authors", author))
        where.append("EXISTS (SELECT 1 FROM json_each(authors) WHERE instr(folded(value), ?))")
        values += [author, author]
    for category in map(folded, _names(filters.category)):
        where.append(_may_hold("categories", category))
        where.append(
            "EXISTS (SELECT 1 FROM json_each(categories) WHERE folded(value) = ? OR instr(folded(value), ?) = 1)"
        )
        values += [category, category, f"{category}."]
    marked = marking.there(db)
    for tag in _names(filters.tag):
        where.append(marking.TAGGED if marked else "0 = length(?)")
        values.append(tag_key(tag))
    if filters.read is not None:
        condition = marking.READ if filters.read else marking.UNREAD
        where.append(condition if marked else str(int(not filters.read)))
    return " AND ".join(where), values


def _may_hold(column: str, name: str) -> str:
    """A condition, on the value `name`, that a JSON list which has that folded name in it meets. It is there to be
    quick: SQLite looks at a million papers in a second, where taking each list apart takes four."""
    if name.isascii() and not {'"', "\\"} & set(name):
        return f"(instr(lower({column}), ?) OR instr({column}, '\\u'))"  # json writes what is not ASCII as \uXXXX
    return "length(?)"


def _names(listed: str | None) -> list[str]:
    names = dict.fromkeys(name.strip() for name in one_line(listed or "").split(";") if name.strip())
    if len(names) > MOST_NAMES:
        raise UsageError(f"{len(names):,} names in one condition; {MOST_NAMES} is the most", hint="Name fewer.")
    return list(names)
