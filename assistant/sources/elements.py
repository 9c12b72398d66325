"""The record elements of an XML document one by one, in constant memory, from a parser that trusts nothing in it.

A DOCTYPE may name a DTD, which is not fetched; one that declares anything itself (entities that expand without end, or
that name files) is refused. Namespaces are taken off, since what a record is called says enough. Broken XML ends a
record, not the file: parsing begins again at the next record.
"""

import html
import re
from collections.abc import Collection, Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from assistant.errors import NotPapers, SourceError
from assistant.sources.pieces import MAX_DEPTH, MAX_RECORD, Piece

CHUNK = 65_536
MAX_TOKEN = 1_000_000  # bytes of one tag, comment or attribute, which the parser holds as a whole
NODE = 64  # bytes that an element or attribute is counted as, for what it costs in memory

# In which a tag is the bytes of its letters, so that the next record can be found; others are read as far as they go.
_ENCODINGS = ("utf-8", "us-ascii", "iso-8859-1")
_JUNK = expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]


def elements(stream: BinaryIO, names: Collection[str]) -> Iterator[Piece[Element]]:
    """The outermost elements called one of `names`, with the lines they begin on.

    SourceError: nothing of it is such an element and it is broken, or its DOCTYPE declares something. NotPapers: it is
    broken before the first of them.
    """
    walk = _Walk(names)
    found = False
    while not walk.ended:
        chunk = stream.read(CHUNK)
        for piece in walk.feed(chunk) if chunk else walk.end():
            found = found or piece.record is not None
            yield piece
    if walk.broken and not found:
        kind = SourceError if walk.met else NotPapers
        raise kind(f"XML that cannot be read ({walk.broken})", hint="It may be cut short; get the file again.")


def text_of(element: Element | None, path: str = "") -> str | None:
    """The text of the first element at `path` under `element`, with that of what it holds; None where there is none."""
    found = element.find(path) if element is not None and path else element
    return ("".join(found.itertext()).strip() or None) if found is not None else None


def texts_of(element: Element, path: str) -> list[str]:
    """The texts of all elements at `path` under `element` that have one."""
    return [text for found in element.iterfind(path) if (text := text_of(found))]


class _BrokenError(Exception):
    """What a handler cannot take."""


class _Walk:
    """One document. `broken` says what was first found wrong with it, `met` that a record had begun by then, `ended`
    that it has been read to its end."""

    def __init__(self, names: Collection[str]) -> None:
        self.broken = ""
        self.met = False
        self.ended = False
        self._names = names
        self._next = re.compile(rb"<(?:[\w.-]{1,50}:)?(?:%s)(?=[\s/>])" % "|".join(sorted(names)).encode())
        self._encoding: str | None = None
        self._lost = b""  # the last bytes read while the next record is looked for
        self._lost_line = 1
        self._is_lost = False
        self._begun = False  # something but blanks has been read
        self._again = False  # the parser began in the middle of the document
        self._start(1)

    def _start(self, line: int) -> None:
        """A new parser, for what begins on `line`."""
        self._parser = parser = expat.ParserCreate(self._encoding)
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._opened
        parser.EndElementHandler = self._closed
        parser.CharacterDataHandler = self._data
        parser.SkippedEntityHandler = self._skipped
        self._before = line - 1  # lines before what this parser was given
        self._given = 0  # bytes it was given before the present chunk
        self._depth = self._size = 0
        self._tree: TreeBuilder | None = None
        self._level = self._line = 0  # of the record: depth and line
        self._at: tuple[int, int] | None = None  # byte and line of what a handler could not take
        self._found: list[Piece[Element]] = []

    # ---- chunks in, records out

    def feed(self, chunk: bytes) -> Iterator[Piece[Element]]:
        if not self._begun:  # blank lines are not allowed before the first tag, and yet found there
            rest = chunk.lstrip()
            self._before += chunk.count(b"\n", 0, len(chunk) - len(rest))
            chunk = rest
        while chunk:
            self._begun = True
            if self._is_lost:
                chunk = self._look_for_next(chunk)
                continue
            rest, reason = self._parsed(chunk, last=False)
            yield from self._found
            self._found = []
            if reason:
                yield from self._break(reason)
            chunk = rest

    def end(self) -> Iterator[Piece[Element]]:
        self.ended = True
        if not self._is_lost:
            _, reason = self._parsed(b"", last=True)
            yield from self._found
            if reason and not (self._again and self._tree is None):
                yield from self._break("it is cut short" if self._tree is not None or self._depth else reason)

    def _parsed(self, chunk: bytes, *, last: bool) -> tuple[bytes, str]:
        """Give the parser a chunk: what is left of it behind a mistake, and what that is."""
        parser = self._parser
        try:
            parser.Parse(chunk, last)
        except expat.ExpatError as error:
            self._at = (parser.ErrorByteIndex, parser.ErrorLineNumber)
            reason = expat.ErrorString(error.code)
            if error.code == _JUNK or (self._again and self._tree is None):
                reason = ""  # documents one after the other; the end tags of what a new parser did not see begin
            self._is_lost = True
        except _BrokenError as error:
            reason = str(error)
            self._is_lost = True
        except (LookupError, ValueError):
            self._at = (0, 1)
            reason = "its encoding is not known"
            self._is_lost = True
        else:
            if self._given + len(chunk) - parser.CurrentByteIndex <= MAX_TOKEN:
                self._given += len(chunk)
                return b"", ""
            self._at = (self._given + len(chunk), parser.CurrentLineNumber)
            reason = f"a tag or comment longer than {MAX_TOKEN // 1_000_000} MB"
            self._is_lost = True
        index, line = self._at or (0, 1)
        at = min(max(0, index - self._given), len(chunk))
        self._lost, self._lost_line = b"", self._before + line
        if chunk[at : at + 1] == b"<":  # the tag that is wrong is not the next record
            self._lost, at = b" ", at + 1
        return chunk[at:], reason

    def _break(self, reason: str) -> Iterator[Piece[Element]]:
        where = f"line {self._lost_line}: {reason}" if self._is_lost else reason
        self.broken = self.broken or where
        yield Piece(self._line if self._tree is not None else self._lost_line, None, f"broken XML ({where})")

    def _look_for_next(self, chunk: bytes) -> bytes:
        """Go on to the next record, with a parser of its own; what is left of the chunk from there on."""
        data = self._lost + chunk
        match = self._next.search(data)
        if match is None:
            self._lost = data[-100:]
            self._lost_line += data.count(b"\n", 0, len(data) - len(self._lost))
            return b""
        self._start(self._lost_line + data.count(b"\n", 0, match.start()))
        self._is_lost, self._again = False, True
        self._parser.Parse(b"<x>", False)
        self._given = 3
        return data[match.start() :]

    # ---- what the parser reports

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding and encoding.lower() in _ENCODINGS:
            self._encoding = encoding

    def _doctype(self, name: str, system: str | None, public: str | None, declares: bool) -> None:
        if declares:
            raise SourceError(
                "XML whose DOCTYPE declares something, such as entities; that is not read, since it can name "
                "files or grow without end",
                hint="Take the “[…]” out of its <!DOCTYPE …>.",
            )

    def _opened(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(f"nested deeper than {MAX_DEPTH} levels")
        name = name.rpartition(":")[2]
        if self._tree is None:
            if name not in self._names:
                return
            self.met = self.met or not self.broken
            self._tree, self._level, self._size = TreeBuilder(), self._depth, 0
            self._line = self._before + self._parser.CurrentLineNumber
        self._count(NODE + sum(NODE + len(value) for value in attributes.values()))
        self._tree.start(name, attributes)

    def _closed(self, name: str) -> None:
        if self._tree is not None:
            self._tree.end(name.rpartition(":")[2])
            if self._depth == self._level:
                self._found.append(Piece(self._line, self._tree.close()))
                self._tree = None
        self._depth -= 1

    def _data(self, text: str) -> None:
        if self._tree is not None:
            self._count(len(text))
            self._tree.data(text)

    def _skipped(self, name: str, is_parameter: bool) -> None:
        """An entity of a DTD that is not fetched: those of HTML are known all the same."""
        if not is_parameter:
            self._data(html.unescape(f"&{name};"))

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > MAX_RECORD:
            self._refuse(f"longer than {MAX_RECORD // 1_000_000} MB")

    def _refuse(self, reason: str) -> None:
        self._at = (self._parser.CurrentByteIndex, self._parser.CurrentLineNumber)
        raise _BrokenError(reason)
