"""Whether what was printed is inert: nothing that a terminal obeys, no Markdown that the program did not mean."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

from markdown_it import MarkdownIt

from assistant.cleaning import INVISIBLE
from assistant.papers import web_address_in

_UNSAFE = re.compile(f"{INVISIBLE}|[\ud800-\udfff]")
_STYLES = re.compile(r"\x1b\[[0-9;]*m")  # colours, bold, dim
_LIVE = re.compile(r"\x1b\[\?25[hl]|\x1b\[1A|\x1b\[2K|\r")  # how a progress bar or a draft is drawn over
_TAGS = {"h1", "h2", "p", "ol", "ul", "li", "em", "strong", "blockquote", "a"}
_TABLE = {"table", "thead", "tbody", "tr", "th", "td", "br"}
_HEAD = "\n| | Paper | How it answers |"  # of the one table that the program writes
_OWN_LINK = re.compile(r"\]\(https?://[^\s()]*\)")
_BARE_LINK = re.compile(r"(?:https?|ftp)://|www\.", re.IGNORECASE)


def terminal(text: str, *, live: bool = False) -> None:
    """Text and styles; with `live` also what draws over a line."""
    text = _STYLES.sub("", text)
    found = _UNSAFE.search(_LIVE.sub("", text) if live else text)
    assert not found, (found, text[max(0, found.start() - 60) : found.end() + 60])


def document(text: str) -> None:
    """One JSON document without a character that could be obeyed or not be seen."""
    terminal(text)
    assert "\x1b" not in text
    assert json.loads(text)["schema"]


def markdown(text: str, *, headings: tuple[str, ...] = ()) -> None:
    """Markdown that has only links to web addresses, and none of them made by itself; with `headings` only these."""
    terminal(text)
    assert "\x1b" not in text
    page = Page(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text))
    assert page.tags <= _TAGS | (_TABLE if _HEAD in text else set()), page.tags - _TAGS
    assert page.tables == text.count(_HEAD) <= 1
    assert all(web_address_in(address) for address in page.addresses), page.addresses
    assert not _BARE_LINK.search(_OWN_LINK.sub("]", text)), text
    assert not headings or set(page.headings) <= set(headings), page.headings


_PAGE = {
    "html", "head", "meta", "title", "style", "body", "header", "section", "footer", "span", "br", "figure",
    "figcaption", "svg", "text", "rect", "line", "circle", "polyline", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip


def page(text: str) -> None:
    """A page with the program's own elements, links within it and to web addresses, and nothing that runs or loads."""
    terminal(text)
    assert "\x1b" not in text
    assert text.lower().count("<!") == text.startswith("<!doctype html>\n")
    found = Page(text)
    assert found.tags <= _TAGS | _PAGE | {"!"}, found.tags - _TAGS - _PAGE
    assert all(one.startswith("#ref-") or web_address_in(one) for one in found.addresses), found.addresses


def feed(text: str) -> None:
    """Well-formed XML with the feed's own elements and links to web addresses."""
    terminal(text)
    atom = "{http://www.w3.org/2005/Atom}"
    root = ElementTree.fromstring(text)
    known = {"feed", "id", "title", "updated", "author", "name", "generator", "entry", "link", "category", "content"}
    assert {element.tag for element in root.iter()} <= {atom + name for name in known}
    assert all(web_address_in(link.get("href")) for link in root.iter(f"{atom}link"))


# A further `--format` joins here, and in `test_hostile.FORMS`.
FORMS: dict[str, Callable[[str], None]] = {"text": terminal, "md": markdown, "json": document}


class Page(HTMLParser):
    """The tags of a page, its texts by the tag that they stand in, the addresses of its links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.tables = 0
        self.addresses: list[str] = []
        self.headings: list[str] = []
        self.paragraphs: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") for name, _ in attrs)
        self.tables += tag == "table"
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag in ("h1", "h2"):
            self.headings.append("")
        elif tag == "p":
            self.paragraphs.append("")
        self._in = tag if tag in ("h1", "h2", "p") else self._in

    def handle_endtag(self, tag: str) -> None:
        self._in = "" if tag == self._in else self._in

    def handle_comment(self, data: str) -> None:
        self.tags.add("!--")

    def handle_decl(self, decl: str) -> None:
        self.tags.add("!")

    def handle_pi(self, data: str) -> None:
        self.tags.add("?")

    def handle_data(self, data: str) -> None:
        texts = {"h1": self.headings, "h2": self.headings, "p": self.paragraphs}.get(self._in)
        if texts:
            texts[-1] += data

    _in = ""
