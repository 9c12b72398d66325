"""Topic summaries and trends as text, Markdown and HTML, from literals."""

import io
from dataclasses import replace
from datetime import date

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from assistant.render import html, summaries
from assistant.reports import LeftOut, Point, Row, Section, TopicSummary, Trend
from assistant.results import Citation
from tests.test_render_digests import EVIL, Page, said

SUMMARY = TopicSummary(
    "dancing bees",
    sections=(
        Section("What it is about", (said(1, "Bees dance.", kind="bullet"),)),
        Section(
            "Where papers may disagree",
            (said(1, "Dances help.", block=1, kind="bullet"), said(2, "Dances hurt.", block=1, kind="bullet")),
        ),
    ),
    rows=(Row(1, said(1, "We film bees."), said(1, "Bees find 40% more.")), Row(2, said(2, "We count bees."), None)),
    citations=(
        Citation(1, "arxiv:2606.00001", "Bees | dance", date(2026, 6, 24), "jsonl", "https://arxiv.org/abs/2606.00001"),
        Citation(2, "bees-fly", "Bees fly", None, "jsonl"),
    ),
    considered=9,
    left_out=tuple(LeftOut(f"id-{n}", f"Left {n}", "less near to the topic than the 2 chosen") for n in range(7)),
)
TREND = Trend("bees", "month", (Point("2026-05", date(2026, 5, 1), 3, 10), Point("2026-06", date(2026, 6, 1), 0, 7)))


def text(result: TopicSummary, *, width: int = 80) -> str:
    out = io.StringIO()
    summaries.text(result, Console(file=out, width=width, force_terminal=True, color_system=None, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_text_keeps_to_the_width_and_has_every_part(width: int) -> None:
    shown = text(SUMMARY, width=width)
    assert max(len(line) for line in shown.splitlines()) <= width
    for part in ("9 papers considered · 2 cited · 7 left out", "• Dances help. [1] Dances hurt. [2]", "Side by side",
                 "Bees find 40% more. [1]", "Left 4", "and 2 more", "quoted word for word"):  # fmt: skip
        assert part in " ".join(shown.split())


def test_markdown_has_a_table_that_no_title_breaks() -> None:
    rendered = MarkdownIt("commonmark").enable("table").render(summaries.as_markdown(SUMMARY))
    assert rendered.count("<tr>") == 3
    assert "<td>Bees | dance [1]</td>" in rendered
    assert rendered.count("<h2>") == 5


def test_the_page_has_sections_a_table_and_quotes() -> None:
    page = html.summary(SUMMARY)
    assert page.count("<tr>") == 3
    assert "<blockquote>Dances hurt.</blockquote>" in page
    found = Page(page)
    assert not {"script", "img", "link"} & set(found.elements)
    assert {one for one in found.addresses if one.startswith("#")} <= {f"#{one}" for one in found.ids}


def test_a_topic_without_a_summary_says_why_and_what_is_near() -> None:
    empty = TopicSummary("bread", considered=3, why="nothing is near", nearest=SUMMARY.citations)
    for shown in (text(empty), summaries.as_markdown(empty), html.summary(empty)):
        assert "nothing is near" in shown
        assert "Bees fly" in shown


def test_hostile_text_stays_text() -> None:
    sentence = said(1, EVIL, verdict="partial", reasons=(EVIL,))
    citation = Citation(1, EVIL, EVIL, None, EVIL, EVIL)
    evil = replace(
        SUMMARY,
        topic=EVIL,
        sections=(Section(EVIL, (sentence,)),),
        rows=(Row(1, sentence, sentence),),
        citations=(citation,),
        left_out=(LeftOut(EVIL, EVIL, EVIL),),
        nearest=(citation,),
        why=EVIL,
    )
    page = Page(html.summary(evil))
    assert not {"script", "img"} & set(page.elements)
    assert all(one.startswith("#") for one in page.addresses)
    rendered = MarkdownIt("commonmark").enable("table").render(summaries.as_markdown(evil))
    assert "<script" not in rendered
    assert "<img" not in rendered
    for form in (html.summary(evil), summaries.as_markdown(evil), text(evil), html.trend(replace(TREND, query=EVIL))):
        assert "\x1b" not in form
        assert "\u202e" not in form


def test_a_trend_is_a_bar_a_span() -> None:
    out = io.StringIO()
    summaries.trend_text(TREND, Console(file=out, width=80, color_system=None, highlight=False))
    assert "3 of 17 papers mention it, over 2 months" in out.getvalue()
    may, june = out.getvalue().splitlines()[-2:]
    assert may.endswith("█" * summaries.BAR)
    assert june == "2026-06   0 of 7  ·"
    assert "| 2026-05 | 3 | 10 |" in summaries.trend_markdown(TREND)
    assert "3 of 10" in html.trend(TREND)


def test_a_trend_of_nothing_says_so() -> None:
    empty = Trend("bees", "week", ())
    assert "no dated paper" in summaries.trend_markdown(empty)
    assert "no dated paper" in html.trend(empty)
