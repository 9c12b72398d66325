"""Topic summaries and trends for a terminal and as Markdown, and the words that all their forms share."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assistant.render import markdown, terminal
from assistant.render.lines import hanging, heading, put
from assistant.render.words import counted, signed
from assistant.reports import Point, TopicSummary, Trend
from assistant.results import Sentence

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 5  # papers that were left out
BAR = 40  # characters of the longest bar


def counts(result: TopicSummary) -> str:
    """How many papers were considered, cited, left out."""
    parts = [f"{counted(result.considered, 'paper')} considered"]
    if result.citations:
        parts += [f"{len(result.citations):,} cited", f"{len(result.left_out):,} left out"]
    return " · ".join(parts)


def footer(result: TopicSummary) -> str:
    """Who wrote it, how the check went, what it took."""
    return " · ".join([*signed(result, list(_all(result))), f"{result.seconds:.1f} s"])


def _all(result: TopicSummary) -> Iterator[Sentence]:
    for section in result.sections:
        yield from section.sentences
    for row in result.rows:
        yield row.idea
        if row.result:
            yield row.result


def text(result: TopicSummary, console: "Console") -> None:
    put(console, result.topic, "bold")
    put(console, counts(result), "dim")
    if result.why:
        put(console, f"No summary: {result.why}.", "bold")
    if result.nearest:
        heading(console, "Closest papers")
        terminal.references(console, result.nearest, mark="- ")
    for section in result.sections:
        heading(console, section.title)
        terminal.paragraphs(console, section.sentences)
    if result.rows:
        heading(console, "Side by side")
        titles = {one.n: one.heading for one in result.citations}
        for row in result.rows:
            mark = f"[{row.n}] "
            hanging(console, mark, [(titles[row.n], "bold")], style="cyan")
            terminal.paragraph(console, [row.idea], indent=" " * len(mark))
            if row.result and row.result.text != row.idea.text:
                terminal.paragraph(console, [row.result], indent=" " * len(mark))
    if result.citations:
        heading(console, "References")
        terminal.references(console, result.citations)
    if result.left_out:
        heading(console, "Considered, and left out")
        for one in result.left_out[:SHOWN]:
            hanging(console, "- ", [(one.title, ""), (f" · {one.why}", "dim")])
        if len(result.left_out) > SHOWN:
            put(console, f"  and {len(result.left_out) - SHOWN:,} more", "dim")
    put(console, "")
    put(console, footer(result), "dim")


def as_markdown(result: TopicSummary) -> str:
    escaped = markdown.escaped
    lines = [f"# {escaped(result.topic)}", "", escaped(counts(result)), ""]
    if result.why:
        lines += [f"**No summary**: {escaped(result.why)}.", ""]
    if result.nearest:
        lines += ["## Closest papers", "", *(f"- {markdown._reference(one)}" for one in result.nearest), ""]
    for section in result.sections:
        lines += [f"## {escaped(section.title)}", "", *markdown._blocks(section.sentences)]
    if result.rows:
        titles = {one.n: one.heading for one in result.citations}
        lines += ["## Side by side", "", "| Paper | Idea | Result |", "| --- | --- | --- |"]
        for row in result.rows:
            found = markdown._sentence(row.result) if row.result else ""
            cells = (f"{escaped(titles[row.n])} {escaped(f'[{row.n}]')}", markdown._sentence(row.idea), found)
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    if result.citations:
        references = (f"{one.n}. {markdown._reference(one)}" for one in result.citations)
        lines += ["## References", "", *references, ""]
    if result.left_out:
        left = (f"- {escaped(one.title)}: {escaped(one.why)}" for one in result.left_out)
        lines += ["## Considered, and left out", "", *left, ""]
    return "\n".join([*lines, f"*{escaped(footer(result))}*"])


def trend_counts(result: Trend) -> str:
    """How many papers match, in how many spans."""
    if not result.points:
        return "no dated paper mentions it"
    total = sum(point.total for point in result.points)
    spans = counted(len(result.points), result.by)
    return f"{result.papers:,} of {counted(total, 'paper')} mention it, over {spans}"


def trend_text(result: Trend, console: "Console") -> None:
    put(console, result.query, "bold")
    put(console, trend_counts(result), "dim")
    most = max((_share(point) for point in result.points), default=0) or 1
    wide = max((len(f"{point.papers:,} of {point.total:,}") for point in result.points), default=0)
    for point in result.points:
        bar = "█" * round(BAR * _share(point) / most) or "·"
        number = f"{point.papers:,} of {point.total:,}"
        hanging(console, f"{point.label:<9}", [(f"{number:>{wide}}  ", "dim"), (bar, "cyan")], wrap=False)


def _share(point: Point) -> float:
    return point.papers / (point.total or 1)


def trend_markdown(result: Trend) -> str:
    lines = [f"# {markdown.escaped(result.query)}", "", trend_counts(result), ""]
    if result.points:
        lines += [f"| {result.by} | papers | of |", "| --- | --- | --- |"]
        lines += [f"| {point.label} | {point.papers:,} | {point.total:,} |" for point in result.points]
    return "\n".join(lines)
