"""Tables of papers, CSV or TSV: a header names the columns, in the words of Zotero, Scopus, Web of Science or the user.

The delimiter is the one (`,` `;` tab `|`) by which the header names the most columns that are known. `columns` maps
others (`{"title": "Titel"}`). A quote that is not closed costs its record: it is read on from the next line.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import BinaryIO

from assistant.errors import NotPapers, SourceError
from assistant.papers import Problem, Record, arxiv_id_in, doi_in
from assistant.sources import days
from assistant.sources.people import names_in
from assistant.sources.plain import MAX_RECORD, Lines, told
from assistant.sources.rows import parsed

DELIMITERS = ",;\t|"
MAX_HEADER = 20_000  # characters
MAX_STEPS_BACK = 100  # times that a table is read again from behind an unclosed quote
HINT = "Name the columns: --columns title=NAME,abstract=NAME"
# The field of a paper by how a column is headed, in letters and digits alone.
NAMES = {
    "title": "title articletitle documenttitle papertitle ti",
    "abstract": "abstract abstractnote summary text ab",
    "id": "id",
    "arxiv_id": "arxivid arxiv eprint",
    "doi": "doi do di",
    "authors": "authors author authorfullnames creators creator au af",
    "date": "date publicationdate published publishedon firstseen day",
    "url": "url urls link abs",
    "venue": "venue publicationtitle journal journaltitle sourcetitle booktitle conference so jf",
    "categories": "categories category keywords authorkeywords manualtags automatictags tags subjects de",
    "author_count": "authorcount",
    "organization": "organization organisation institution",
    "upvotes": "upvotes",
    "version": "version",
    "withdrawn": "withdrawn",
}
_FIELDS = {heading: field for field, headings in NAMES.items() for heading in headings.split()}

Columns = Mapping[str, str]  # the heading by the field


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` has a header with a title and an abstract."""
    return fits(head, {})


def fits(head: bytes, columns: Columns) -> bool:
    """The same, with the columns that the user has named."""
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").split(b"\n", 1)[0]
    if len(first) > MAX_HEADER or first.lstrip()[:1] in (b"{", b"[", b"<", b"@"):
        return False
    names = _fields(_header(first.decode("utf-8", "replace"))[1], columns)
    return "title" in names and "abstract" in names


def read(stream: BinaryIO, *, year: int | None = None, columns: Columns | None = None) -> Iterator[Record | Problem]:
    """The papers of the rows and what could not be read, in constant memory. `year` is not used.

    SourceError: there is no such column, or no row is a paper.
    """
    lines = Lines(stream)
    numbered = (pair for pair in lines if pair[1].strip())
    _, header = next(numbered, (1, ""))
    delimiter, headings = _header(header)
    fields = _fields(headings, columns or {})
    _check(fields, headings, columns or {})
    rows = _rows(chain(numbered), delimiter, len(headings))
    records = (_paper(cells, fields, line, f"{header.strip()}\n{raw}") for line, cells, raw in rows)
    yield from told(lines, records, what="row", hint=HINT)


def _header(line: str) -> tuple[str, list[str]]:
    """The delimiter of a table with this first line, and its headings."""
    best = max(DELIMITERS, key=lambda one: len(_fields(_split(line, one), {})))
    if len(_split(line, best)) == 1:  # none is known by these: the one there is most of
        best = max(DELIMITERS, key=line.count)
    return best, _split(line, best)


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return []


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", "", heading.casefold())


def _fields(headings: Sequence[str], columns: Columns) -> dict[str, list[int]]:
    """The columns of each field, by their numbers: those that the user named, else those that are known."""
    plain = [_plain(heading) for heading in headings]
    named = {field: [at for at, one in enumerate(plain) if one == _plain(name)] for field, name in columns.items()}
    taken = {at for numbers in named.values() for at in numbers}
    found: dict[str, list[int]] = {}
    for at, heading in enumerate(plain):
        if at not in taken and (field := _FIELDS.get(heading)) and field not in named:
            found.setdefault(field, []).append(at)
    return found | {field: numbers for field, numbers in named.items() if numbers}


def _check(fields: Mapping[str, Sequence[int]], headings: Sequence[str], columns: Columns) -> None:
    for field, name in columns.items():
        if name and field not in fields:
            there = ", ".join(heading.strip() for heading in headings)[:300]
            raise SourceError(f"no column “{name}”", hint=f"The columns are: {there}")
    for field in ("title", "abstract"):
        if field not in fields:
            raise NotPapers(f"no column is known to be the {field}", hint=HINT)


def _rows(
    numbered: Iterator[tuple[int, str]], delimiter: str, width: int
) -> Iterator[tuple[int, list[str] | str, str]]:
    """The line, the cells and the text of every row; for one that cannot be read, why not."""
    back = 0
    while True:
        taken: list[tuple[int, str]] = []
        cells = _row(numbered, delimiter, taken)
        if not taken:
            return
        raw = "".join(text for _, text in taken).rstrip("\r\n")
        broken = isinstance(cells, str) or (len(taken) > 1 and len(cells) != width)
        if broken and len(taken) > 1 and back < MAX_STEPS_BACK:
            back += 1
            yield taken[0][0], "a quote that is not closed", taken[0][1].rstrip("\r\n")
            numbered = chain(taken[1:], numbered)
        elif len(cells) > width and not isinstance(cells, str):
            yield taken[0][0], f"{len(cells)} cells where the header has {width}", raw
        else:
            yield taken[0][0], cells, raw


def _row(numbered: Iterator[tuple[int, str]], delimiter: str, taken: list[tuple[int, str]]) -> list[str] | str:
    """The cells of the next row, or why they cannot be read; its lines go to `taken`."""
    size = 0

    def lines() -> Iterator[str]:
        nonlocal size
        for number, text in numbered:
            if not taken and not text.strip():
                continue
            size += len(text)
            taken.append((number, text))
            if size > MAX_RECORD:
                return
            yield text.replace("\0", "")

    try:
        return next(csv.reader(lines(), delimiter=delimiter), [])
    except csv.Error as error:
        return str(error)


def _paper(
    cells: list[str] | str, fields: Mapping[str, Sequence[int]], line: int, raw: str
) -> Iterator[Record | Problem]:
    if isinstance(cells, str):
        yield Problem(line, cells, raw)
        return
    given = {name: [cells[at].strip() for at in numbers if at < len(cells)] for name, numbers in fields.items()}
    row: dict[str, object] = {name: next(filter(None, values), None) for name, values in given.items()}
    named = [one for name in ("arxiv_id", "doi", "url", "id") for one in given.get(name, ())]
    row["arxiv_id"] = next(filter(None, map(arxiv_id_in, named)), None)
    row["title"], row["abstract"] = row.get("title") or "", row.get("abstract") or ""
    row["doi"] = row.get("doi") or next(filter(None, map(doi_in, named)), None)
    row["authors"] = names_in(str(row.get("authors") or "")) or None
    row["date"] = days.iso(str(row.get("date") or ""))
    row["categories"] = _words(given.get("categories", ())) or None
    if row.get("url"):
        row["url"] = str(row["url"]).split()[0]
    for item in parsed(row, line):
        yield Problem(item.line, item.reason, raw) if isinstance(item, Problem) else item


def _words(values: Sequence[str]) -> list[str]:
    words = (
        word.strip() for value in values for word in re.split(r"[;|]" if ";" in value or "|" in value else ",", value)
    )
    return list(dict.fromkeys(filter(None, words)))
