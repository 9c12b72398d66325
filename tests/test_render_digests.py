"""Digests as text, Markdown, HTML and a feed, from literals."""

import io
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from assistant.periods import week
from assistant.render import digests, html
from assistant.reports import Digest, Entry, Theme, Topic
from assistant.results import Citation, Quote, Sentence

EVIL = "<script>alert(1)</script> [x](javascript:alert(1)) \x1b[31m \u202e & \"quoted\" 'single' ![p](http://x.example/p.png)"
ATOM = "{http://www.w3.org/2005/Atom}"


def said(n: int, text: str, **more: object) -> Sentence:
    quote = Quote(n, text, 0, len(text))
    return replace(Sentence(text, (n,), (n,), "supported", quotes=(quote,)), **more)  # type: ignore[arg-type]


CITATIONS = (
    Citation(1, "arxiv:2606.00001", "Bees dance", date(2026, 6, 24), "jsonl", "https://arxiv.org/abs/2606.00001"),
    Citation(2, "bees-fly", "Bees fly", None, "jsonl", "javascript:alert(1)"),
    Citation(3, "robots", "Robots & stairs", date(2026, 6, 25), "jsonl"),
)
DIGEST = Digest(
    week("2026-W26"),
    topics=(Topic("bees", "bees"),),
    themes=(
        Theme(
            "Dancing bees",
            30,
            (10, 12, 8, 10),
            (said(1, "Bees find 40% more flowers."),),
            (
                Entry(1, said(1, "We show that bees dance."), ("bees",), 12),
                Entry(2, said(2, "Bees fly."), changed=True),
            ),
        ),
        Theme("Robots", 4, (0, 0, 0, 0), (), ()),
    ),
    others=(Entry(3, said(3, "Robots fall.")),),
    citations=CITATIONS,
    papers_in_period=40,
    already_sent=2,
    off_topic=4,
    before=(10, 12, 8, 10),
    recorded=True,
)
EMPTY = Digest(week("2026-W26"), why="the library has no paper of 2026-W26", before=(0, 0, 0, 0))


def text(digest: Digest, *, width: int = 80, terminal: bool = True) -> str:
    out = io.StringIO()
    digests.text(digest, Console(file=out, width=width, force_terminal=terminal, color_system=None, highlight=False))
    return out.getvalue()


class Page(HTMLParser):
    """What a browser would do with a page: elements, addresses, text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.addresses: list[str] = []
        self.texts: list[str] = []
        self.ids: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_the_counts_say_what_became_of_every_paper() -> None:
    assert digests.counts(DIGEST) == "40 papers (usually 10) · 2 sent before · 4 off your topic “bees” · 2 themes"
    assert DIGEST.more == 40 - 2 - 4 - 3


@pytest.mark.parametrize(
    ("papers", "usual", "said"),
    [
        (30, 10.0, "30 papers, more than its usual share (10)"),
        (12, 10.0, "12 papers, about its usual share (10)"),
        (2, 30.0, "2 papers, less than its usual share (30)"),
        (1, None, "1 paper"),
    ],
)
def test_a_theme_rises_or_falls_only_beyond_chance(papers: int, usual: float | None, said: str) -> None:
    assert digests.standing(Theme("x", papers, (), (), ()), usual) == said


def test_the_usual_share_of_a_theme_is_of_what_there_was_before() -> None:
    themes = (Theme("a", 30, (10, 30), (), ()), Theme("b", 10, (20, 20), (), ()))
    assert replace(DIGEST, themes=themes).usual == (20.0, 20.0)
    assert EMPTY.usual == ()
    assert replace(DIGEST, themes=(Theme("a", 3, (0, 0), (), ()),)).usual == (None,)


@pytest.mark.parametrize("width", [80, 120])
def test_text_keeps_to_the_width_and_has_every_part(width: int) -> None:
    shown = text(DIGEST, width=width)
    assert max(len(line) for line in shown.splitlines()) <= width
    for part in ("Papers of 2026-W26", "Dancing bees", "We show that bees dance. [1]", "bees · 12 upvotes",
                 "abstract changed", "Robots & stairs [3]", "and 31 more", "recorded as sent"):  # fmt: skip
        assert part in " ".join(shown.split())


def test_an_empty_digest_says_why() -> None:
    assert "Nothing to show: the library has no paper of 2026-W26." in text(EMPTY)
    assert "Nothing to show" in digests.as_markdown(EMPTY)
    assert "Nothing to show" in html.digest(EMPTY)
    ElementTree.fromstring(html.feed(EMPTY, library="x"))


def test_markdown_renders_as_headings_and_lists() -> None:
    rendered = MarkdownIt("commonmark").render(digests.as_markdown(DIGEST))
    assert "<h2>Dancing bees</h2>" in rendered
    assert '<a href="https://arxiv.org/abs/2606.00001">Bees dance</a>' in rendered
    assert "javascript" not in rendered


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    page = Page(html.digest(DIGEST))
    assert not {"script", "img", "link", "iframe", "form", "object", "base"} & set(page.elements)
    assert [one for one in page.addresses if not one.startswith("#")] == ["https://arxiv.org/abs/2606.00001"]
    assert {one for one in page.addresses if one.startswith("#")} <= {f"#{one}" for one in page.ids}


def test_every_citation_of_the_page_shows_what_supports_it() -> None:
    page = html.digest(DIGEST)
    assert "<blockquote>We show that bees dance.</blockquote>" in page
    assert page.count("<blockquote>") == 4
    assert 'aria-label="Papers of each theme. Dancing bees: 30; Robots: 4"' in page


def hostile() -> Digest:
    citation = Citation(1, EVIL, EVIL, None, EVIL, EVIL)
    sentence = said(1, EVIL, verdict="unsupported", reasons=(EVIL,))
    theme = Theme(EVIL, 1, (1,), (sentence,), (Entry(1, sentence, (EVIL,), changed=True),))
    return replace(DIGEST, themes=(theme, theme), others=(Entry(1, sentence),), citations=(citation,), why=EVIL)


def test_hostile_text_stays_text_in_every_form() -> None:
    page = Page(html.digest(hostile()))
    assert not {"script", "img"} & set(page.elements)
    assert all(one.startswith("#") for one in page.addresses)
    assert any("<script>alert(1)</script>" in one for one in page.texts)
    rendered = MarkdownIt("commonmark").render(digests.as_markdown(hostile()))
    assert "<script" not in rendered
    assert "<img" not in rendered
    for form in (
        html.digest(hostile()),
        html.feed(hostile(), library=EVIL),
        digests.as_markdown(hostile()),
        text(hostile()),
    ):
        assert "\x1b" not in form
        assert "\u202e" not in form


def test_the_feed_has_an_entry_a_paper_under_ids_that_stay() -> None:
    feed = ElementTree.fromstring(html.feed(DIGEST, library="my papers"))
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["Bees dance", "Bees fly", "Robots & stairs"]
    again = ElementTree.fromstring(html.feed(replace(DIGEST, period=week("2026-W27")), library="my papers"))
    assert [e.findtext(f"{ATOM}id") for e in again.findall(f"{ATOM}entry")] == [
        e.findtext(f"{ATOM}id") for e in entries
    ]
    assert entries[0].find(f"{ATOM}link").get("href") == "https://arxiv.org/abs/2606.00001"  # type: ignore[union-attr]
    assert entries[1].find(f"{ATOM}link") is None
    for name in ("id", "title", "updated"):
        assert all(entry.findtext(f"{ATOM}{name}") for entry in (feed, *entries))


def test_the_feed_of_hostile_text_is_well_formed() -> None:
    feed = ElementTree.fromstring(html.feed(replace(hostile(), themes=hostile().themes[:1]), library="\ufffe\x00"))
    assert "<script>" in (feed.find(f"{ATOM}entry").findtext(f"{ATOM}title") or "")  # type: ignore[union-attr]
