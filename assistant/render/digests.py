"""Digests for a terminal and as Markdown, and the words that all their forms share."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from assistant.cleaning import clean
from assistant.papers import StoredPaper
from assistant.render import markdown, terminal
from assistant.render.lines import hanging, heading, put
from assistant.render.words import counted, dated, signed
from assistant.reports import Digest, Entry, Theme, Topic
from assistant.results import EXTRACTIVE, Sentence, cite

if TYPE_CHECKING:
    from rich.console import Console

NOISE = 2.0  # standard deviations of a count by which it must leave what is usual to be told of


def all_sentences(result: Digest) -> Iterator[Sentence]:
    """Every sentence of a digest, in order."""
    yield from result.overview
    for theme in result.themes:
        yield from theme.sentences
        yield from (entry.tldr for entry in theme.entries)
    yield from (entry.tldr for entry in result.others)


def counts(result: Digest) -> str:
    """How many papers there were, and what became of them."""
    parts = [counted(result.papers_in_period, "paper") + (f" tagged “{result.tag}”" if result.tag else "")]
    if any(result.before):
        usual = sum(result.before) / len(result.before)
        parts[0] += f" (usually {usual:,.0f})"
    if result.late:
        parts.append(f"{result.late:,} older, read since the last digest")
    if result.undated:
        parts.append(f"{result.undated:,} without a date, counted on the day they were read")
    if result.already_sent:
        parts.append(f"{result.already_sent:,} sent before")
    if result.already_read:
        parts.append(f"{result.already_read:,} marked as read")
    if result.off_topic:
        on = f"topic “{result.topics[0].name}”" if len(result.topics) == 1 else f"{len(result.topics)} topics"
        parts.append(f"{result.off_topic:,} off your {on}")
    if result.themes:
        parts.append(counted(len(result.themes), "theme"))
    return " · ".join(parts)


def standing(theme: Theme, usual: float | None) -> str:
    """How many papers a theme has, and whether that is more or fewer than its `usual` share of all would be."""
    count = counted(theme.papers, "paper")
    if usual is None:
        return count
    if abs(theme.papers - usual) <= NOISE * max(usual, 1.0) ** 0.5:
        return f"{count}, about its usual share ({usual:,.0f})"
    return f"{count}, {'more' if theme.papers > usual else 'less'} than its usual share ({usual:,.0f})"


def unwritten(theme: Theme, result: Digest) -> str:
    """Beside a theme, where others were written by a model: that it is extractive."""
    return f" · {EXTRACTIVE}" if theme.writer == EXTRACTIVE != result.writer else ""


def tags(entry: Entry) -> list[str]:
    """What is told of a paper beside its sentence."""
    told = [*entry.topics]
    if entry.changed:
        told.append("abstract changed")
    if entry.upvotes is not None:
        told.append(counted(entry.upvotes, "upvote"))
    return told


def footer(result: Digest) -> str:
    """Who wrote it, how the check went, whether it will come again."""
    parts = signed(result, list(all_sentences(result)))
    if result.citations:
        parts.append("recorded as sent" if result.recorded else "not recorded as sent")
    return " · ".join([*parts, f"{result.seconds:.1f} s"])


def text(result: Digest, console: "Console") -> None:
    put(console, f"Papers of {result.period.label}", "bold")
    put(console, counts(result), "dim")
    if result.why:
        put(console, f"Nothing to show: {result.why}.", "bold")
    titles = {one.n: one.heading for one in result.citations}
    if result.overview:
        heading(console, "In short")
        terminal.paragraph(console, result.overview, indent="  ")
    for theme, usual in zip(result.themes, result.usual, strict=True):
        put(console, "")
        told = f" · {standing(theme, usual)}{unwritten(theme, result)}"
        hanging(console, "", [(theme.name, "bold"), (told, "dim")])
        for sentence in theme.sentences:
            _said(console, "  ", sentence)
        for entry in theme.entries:
            beside = [(f" · {tag}", "dim") for tag in tags(entry)]
            hanging(console, "  • ", [(titles[entry.n], "bold"), *beside])
            _said(console, "    ", entry.tldr)
    if result.others:
        heading(console, "Also in this period")
        for entry in result.others:
            beside = [(f" · {tag}", "dim") for tag in tags(entry)]
            hanging(console, "• ", [(titles[entry.n], ""), (f" [{entry.n}]", "cyan"), *beside])
        if result.more:
            put(console, f"  and {result.more:,} more", "dim")
    if result.citations:
        heading(console, "References")
        terminal.references(console, result.citations)
    put(console, "")
    put(console, footer(result), "dim")


def _said(console: "Console", indent: str, sentence: Sentence) -> None:
    terminal.paragraph(console, [sentence], indent=indent)


def topics(found: Sequence[Topic], console: "Console") -> None:
    """A line a topic."""
    if not found:
        put(console, 'No topics are saved; save one: assistant topics add "KV cache compression"')
    for topic in found:
        hanging(console, "", [(topic.name, "bold"), (f" · {topic.query}", "dim")])


def caught(found: Sequence[tuple[StoredPaper, float]], console: "Console") -> None:
    """The papers that a topic would have caught, nearest first."""
    put(console, f"{counted(len(found), 'paper')} of the last 30 days", "bold")
    for one, near in found:
        reference = cite(0, one, clean(one.paper.title))
        hanging(console, f"{near:.2f} ", [(reference.heading, ""), (f" · {dated(reference)}", "dim")])


def as_markdown(result: Digest) -> str:
    escaped = markdown.escaped
    lines = [f"# Papers of {escaped(result.period.label)}", "", escaped(counts(result)), ""]
    if result.why:
        lines += [f"**Nothing to show**: {escaped(result.why)}.", ""]
    titles = {one.n: one.heading for one in result.citations}
    if result.overview:
        lines += ["## In short", "", *markdown._block(result.overview), ""]
    for theme, usual in zip(result.themes, result.usual, strict=True):
        lines += [
            f"## {escaped(theme.name)}",
            "",
            f"*{escaped(standing(theme, usual) + unwritten(theme, result))}*",
            "",
        ]
        for sentence in theme.sentences:
            lines += [*markdown._block([sentence]), ""]
        for entry in theme.entries:
            beside = "".join(f" · {escaped(tag)}" for tag in tags(entry))
            said, *notes = markdown._block([entry.tldr])
            lines += [f"- **{escaped(titles[entry.n])}**{beside}: {said}", *notes]
        lines.append("")
    if result.others:
        lines += ["## Also in this period", ""]
        lines += [
            f"- {escaped(titles[entry.n])} {escaped(f'[{entry.n}]')}" + "".join(f" · {escaped(t)}" for t in tags(entry))
            for entry in result.others
        ]
        lines += ["", f"and {result.more:,} more", ""] if result.more else [""]
    if result.citations:
        references = (f"{one.n}. {markdown._reference(one)}" for one in result.citations)
        lines += ["## References", "", *references, ""]
    return "\n".join([*lines, f"*{escaped(footer(result))}*"])
