"""BibTeX and biblatex, with the broken entries that real files have.

A file is cut where a line begins an entry (`@article{`), and each entry is parsed by itself (bibtexparser): one that is
broken costs itself and no other, and a file of any length takes the memory of its longest entry. LaTeX is undone where
that is no guess (`latex`). The citation key is no identity, since every second file has a `smith2020`; an entry is
known by arXiv id, DOI or title. Only a whole day is a date: a year, or a month, is not.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, BinaryIO

from assistant.cleaning import clean, one_line
from assistant.papers import Problem, Record, arxiv_id_in, doi_in
from assistant.sources import days
from assistant.sources.latex import dashed, to_unicode, verbatim
from assistant.sources.plain import MAX_RECORD, Lines, told
from assistant.sources.rows import MAX_TITLE, MAX_URL, parsed

if TYPE_CHECKING:
    from bibtexparser.model import Block, Entry
    from bibtexparser.splitter import Splitter

MAX_STRINGS = 10_000  # abbreviations of a file
MAX_STRING = 2_000  # characters of one
MAX_TORN = 20  # commas that may be missing in an entry
MAX_NAME = 2_000  # characters of a name that is taken apart
MAX_TEXT = 50_000  # characters of a field that are read; an abstract has 2,000
HINT = "An entry needs a title and an abstract; Zotero and JabRef export abstracts, many publishers do not."

_START = re.compile(r"\s*@\s*\w+\s*[{(]")
_ANY = rb"string|comment|preamble"
_TYPES = rb"article|book|misc|online|in\w+|\w*thesis|\w*report|proceedings|conference|unpublished|manual|booklet"
_SNIFF = re.compile(
    rb"^\s*@(?:(?:" + _ANY + rb")\s*[{(]|\w+\s*\{\s*[^\s,{}()=\"]*\s*,|(?:" + _TYPES + rb")\s*\(\s*[^\s,{}()=\"]+\s*,)",
    re.MULTILINE | re.IGNORECASE,
)
_DELIMITERS = re.compile(r'(?<!\\)[{}"#]')
_FIELD = re.compile(r"\s*([\w-]+)\s*=\s*(.*)", re.DOTALL)
_ADDRESS = re.compile(r"https?://[^\s{}]+")
_EXTENDED = re.compile(r"\s*(family|given|prefix|suffix)\s*=\s*(.*)", re.IGNORECASE)


def sniff(head: bytes) -> bool:
    """Whether a file that begins with `head` looks like BibTeX."""
    return bool(_SNIFF.search(head.removeprefix(b"\xef\xbb\xbf")))


def read(stream: BinaryIO, *, year: int | None = None) -> Iterator[Record | Problem]:
    """The papers of the entries and what could not be read. `year` is not used. SourceError: no entry is a paper."""
    lines, strings = Lines(stream), dict[str, str]()
    records = (_read_entry(line, text, strings) for line, text in _entries(lines))
    yield from told(lines, records, what="entry", hint=HINT)


def _entries(lines: Lines) -> Iterator[tuple[int, str | None]]:
    """The text of every entry with what stands behind it, and its first line; None for one that is too long."""
    start, parts, size = 0, list[str](), 0
    for number, line in lines:
        if _START.match(line):
            if start:
                yield start, "".join(parts) if size <= MAX_RECORD else None
            start, parts, size = number, [], 0
        size += len(line)
        if start and size <= MAX_RECORD:
            parts.append(line)
    if start:
        yield start, "".join(parts) if size <= MAX_RECORD else None


def _read_entry(line: int, text: str | None, strings: dict[str, str]) -> Iterator[Record | Problem]:
    if text is None:
        yield Problem(line, f"an entry longer than {MAX_RECORD:,} characters")
        return
    from bibtexparser.model import DuplicateFieldKeyBlock, Entry, ImplicitComment, ParsingFailedBlock, String

    blocks = _blocks(text)
    alone = all(isinstance(block, ImplicitComment) for block in blocks[1:])
    for block in blocks:
        at, raw = line + (block.start_line or 0), (text if alone else block.raw or "").strip()
        if isinstance(block, String) and len(strings) < MAX_STRINGS:
            strings[block.key.casefold()] = _value(str(block.value), strings)[:MAX_STRING]
        elif isinstance(block, DuplicateFieldKeyBlock):
            whole = block.ignore_error_block
            if isinstance(whole, Entry):
                yield from _paper(whole, at, raw, strings)
        elif isinstance(block, ParsingFailedBlock):
            more = _blocks(f"{raw}\n}}") if alone else []
            closed = next((one for one in more if isinstance(one, Entry) and one.fields), None)
            if closed is None:
                yield Problem(at, f"not BibTeX: {one_line(_why(block.error))}", raw)
            else:
                yield Problem(at, "the entry is not closed; what it has is read", raw)
                yield from _paper(closed, at, raw, strings)
        elif isinstance(block, Entry):
            yield from _paper(block, at, raw, strings)


def _blocks(text: str) -> "list[Block]":
    return list(_splitter()(text).split().blocks)


@cache
def _splitter() -> "type[Splitter]":
    from bibtexparser.splitter import Splitter

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)  # what it would say is reported as problems
    return Splitter


def _why(error: Exception) -> str:
    said = one_line(str(getattr(error, "abort_reason", error)))[:200].rstrip(".")  # which quotes the entry
    return "a brace or a quote is not closed" if "end of file" in said else said


def _paper(entry: "Entry", line: int, raw: str, strings: Mapping[str, str]) -> Iterator[Record | Problem]:
    given: dict[str, str] = {}
    for field in entry.fields:
        for name, value in _torn(field.key, str(field.value)):
            if not given.get(name, "").strip('{}" '):  # of a field given twice, the first that says something
                given[name] = value
            if name != field.key.casefold():
                yield Problem(line, f"a comma is missing before “{name}”; it is read all the same", raw)
    for item in parsed(_row(_Fields(given, strings)), line):
        yield replace(item, raw=raw) if isinstance(item, Problem) else item


def _torn(name: str, value: str) -> Iterator[tuple[str, str]]:
    """A field, and those behind it that were taken for a part of its value since a comma is missing between."""
    for _ in range(MAX_TORN):
        depth, quoted = 0, False
        for match in _DELIMITERS.finditer(value):
            depth += {"{": 1, "}": -1}.get(match[0], 0)
            quoted ^= match[0] == '"' and not depth
            if not depth and not quoted and (behind := _FIELD.match(value, match.end())):
                yield name.casefold(), value[: match.end()]
                name, value = behind[1], behind[2]
                break
        else:
            break
    yield name.casefold(), value


class _Fields:
    """The fields of an entry by their lower-case names, read when asked for; empty where there is none."""

    def __init__(self, given: Mapping[str, str], strings: Mapping[str, str]) -> None:
        self._given, self._strings = given, strings

    def raw(self, *names: str) -> str:
        """The value of the first of `names` that has one, with its LaTeX."""
        found = (_value(self._given[name], self._strings).strip() for name in names if name in self._given)
        return next(filter(None, found), "")

    def text(self, *names: str) -> str:
        return to_unicode(self.raw(*names)[:MAX_TEXT])

    def verbatim(self, *names: str) -> str:
        """An id or address, as it is."""
        return verbatim(self.raw(*names)[: 25 * MAX_URL])

    def line(self, *names: str) -> str:
        """A text as plain characters on one line, without mathematics."""
        return clean(self.text(*names))


def _value(given: str, strings: Mapping[str, str]) -> str:
    """A value without its braces or quotes: pieces joined by `#`, abbreviations replaced by what they stand for."""
    if "#" not in given:
        return _piece(given, strings)
    pieces, depth, quoted, start = [], 0, False, 0
    for match in _DELIMITERS.finditer(given):
        match match[0]:
            case "{":
                depth += 1
            case "}":
                depth -= 1
            case '"' if not depth:
                quoted = not quoted
            case "#" if depth <= 0 and not quoted:
                pieces.append(given[start : match.start()])
                start = match.end()
    return "".join(_piece(piece, strings) for piece in (*pieces, given[start:]))


def _piece(given: str, strings: Mapping[str, str]) -> str:
    given = given.strip()
    if len(given) >= 2 and (given[0], given[-1]) in (("{", "}"), ('"', '"')):
        return given[1:-1]
    return strings.get(given.casefold(), given)


def _row(fields: _Fields) -> dict[str, object]:
    titles = (dashed(fields.raw(name)[: 25 * MAX_TITLE]) for name in ("title", "subtitle"))  # `-{}-` is no dash
    title, subtitle = map(to_unicode, titles)
    if title and subtitle and subtitle.casefold() not in title.casefold():
        title = f"{title}: {subtitle}"
    journal = fields.line("journal", "journaltitle", "booktitle", "eventtitle")
    doi, url = fields.verbatim("doi"), fields.verbatim("url", "howpublished")
    address = _ADDRESS.search(url)
    kind = fields.line("archiveprefix", "eprinttype").casefold()
    ids = (*(["eprint"] if kind in ("", "arxiv") else []), "arxivid", "arxiv")
    named = (*map(fields.verbatim, ids), doi, url, journal)
    return {
        "title": " ".join(title.split()),
        "abstract": fields.text("abstract"),
        "arxiv_id": next(filter(None, map(arxiv_id_in, named)), None),
        "doi": doi or doi_in(url),
        "authors": _authors(fields.raw("author")) or None,
        "date": _date(fields),
        "venue": journal or None,
        "url": address[0] if address else None,
        "categories": _keywords(fields) or None,
    }


def _keywords(fields: _Fields) -> list[str]:
    keywords = re.split(r"[,;\n]", fields.line("keywords", "keyword"))
    return list(dict.fromkeys(filter(None, (word.strip() for word in (fields.line("primaryclass"), *keywords)))))


def _date(fields: _Fields) -> Any:
    if date := fields.line("date"):
        return days.iso(date.rstrip("~?%"))
    return days.day(fields.line("year"), fields.line("month"), fields.line("day"))


def _authors(given: str) -> list[str]:
    from bibtexparser.middlewares.names import parse_single_name_into_parts, split_multiple_persons_names

    names = []
    for name in split_multiple_persons_names(given):
        if len(name) > MAX_NAME:
            return [name]  # which is left out and reported
        if (parts := _extended(name)) is None:
            parts = parse_single_name_into_parts(name, strict=False).merge_first_name_first
        names.append(clean(to_unicode(parts)))
    return [name for name in names if name and name != "others"]


def _extended(name: str) -> str | None:
    """A name of biblatex's extended form, `family=Beauvoir, given=Simone, prefix=de`."""
    found = (_EXTENDED.fullmatch(part) for part in name.strip("{}").split(","))
    parts = {match[1].casefold(): match[2].strip() for match in found if match}
    if "family" not in parts:
        return None
    return " ".join(parts[key].strip('"') for key in ("given", "prefix", "family", "suffix") if key in parts)
