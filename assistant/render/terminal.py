"""Answers, papers and tables of figures for a terminal: wrapped and coloured there, plain and unwrapped when piped."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from assistant.cleaning import clean, printable
from assistant.papers import StoredPaper, title_key
from assistant.render.lines import MAX_WIDTH, Parts, folded, hanging, heading, put
from assistant.render.tables import Report
from assistant.render.words import (
    at_most,
    counted,
    dated,
    flags,
    footer,
    in_short,
    marked,
    marks,
    read_where,
    receiver,
)
from assistant.results import Answer, Citation, DryRun, Match, Recorded, SearchResult, Sentence, cite

if TYPE_CHECKING:
    from rich.console import Console

TABLE_WIDTH = 120  # columns of a table, whose cells are narrower
NARROW = 60  # columns of a terminal that has no room for a table
GAP = 2  # columns between two cells of text


def answer(result: Answer, console: "Console") -> None:
    if result.status == "unanswered":
        put(console, f"No answer: {result.why}.", "bold")
    elif result.why:
        put(console, in_short(result), "bold")
        put(console, "")
    paragraphs(console, result.prose)
    if result.matches:
        _table(console, result)
    if result.interrupted:
        put(console, "")
        put(console, "Incomplete: it was interrupted here.", "bold")
    if result.removed:
        heading(console, "Taken out, not supported")
        paragraphs(console, result.removed)
    if result.named:
        heading(console, "Only the full paper could settle this")
        references(console, result.named, mark="- ")
    if result.nearest:
        heading(console, "Closest papers")
        references(console, result.nearest, mark="- ")
    rows = {match.n for match in result.matches}
    if others := [one for one in result.citations if one.n not in rows]:
        heading(console, "References")
        references(console, others)
    put(console, "")
    put(console, footer(result), "dim")


def dry_run(result: DryRun, console: "Console") -> None:
    """What would be sent, request by request, and what it would cost."""
    if result.why:
        put(console, f"Nothing would be sent: {result.why}.", "bold")
        return
    put(console, receiver(result), "bold")
    for n, one in enumerate(result.exchanges, 1):
        heading(console, f"Request {n}: {counted(len(one.passages), 'paper')}")
        references(console, one.passages)
        for name, text in (("System", one.system), ("Prompt", one.prompt)):
            heading(console, name)
            for line in printable(text).split("\n"):
                put(console, line)
    put(console, "")
    put(console, f"{at_most(result)} · nothing was sent", "dim")


def _table(console: "Console", result: Answer) -> None:
    """A row for each paper that matches: its number, the paper, how it answers, and what of its abstract that rests on.
    Quotes have a column of their own where there is room; without a terminal, or in a narrow one, the cells stand one
    below the other."""
    papers = {one.n: one for one in result.citations}
    width = min(console.width, TABLE_WIDTH)
    if not console.is_terminal or width < NARROW:
        for match in result.matches:
            references(console, [papers[match.n]])
            for parts in (*_how(match), *_quotes(match)):
                hanging(console, "    ", parts)
        return
    number = GAP + max(len(f"[{match.n}]") for match in result.matches)
    if width >= MAX_WIDTH and any(match.quotes for match in result.matches):
        columns = [number, width * 3 // 10, width * 7 // 20 - number, width - width * 3 // 10 - width * 7 // 20]
    else:
        columns = [number, width * 2 // 5 - number, width - width * 2 // 5]
    heads = ("", "Paper", "How it answers", "In its abstract")
    _row(console, [[[(head, "bold")]] for head in heads[: len(columns)]], columns)
    for match in result.matches:
        put(console, "")
        how, quotes = _how(match), _quotes(match)
        said = [how, quotes] if len(columns) > 3 else [[*how, *quotes]]
        _row(console, [[[(f"[{match.n}]", "cyan")]], _paper(papers[match.n]), *said], columns)


def _row(console: "Console", cells: Sequence[Sequence[Parts]], columns: Sequence[int]) -> None:
    """One row of a table: of each cell the paragraphs, wrapped in its column, a space or more between two columns."""
    from rich.text import Text

    wrapped = [
        [line for parts in cell for line in folded(console, "", parts, max(1, column - GAP))]
        for cell, column in zip(cells, columns, strict=True)
    ]
    for lines in zip_longest(*wrapped, fillvalue=Text("")):
        row = Text()
        for line, column in zip(lines, columns, strict=True):
            cell = line.copy()
            cell.truncate(column, pad=True)
            row.append_text(cell)
        row.rstrip()
        console.print(row, soft_wrap=True)


def _how(match: Match) -> list[Parts]:
    """How a paper answers, with what the check has to say of it. That it rests on this paper, its row says."""
    said = [replace(one, trailing=()) if one.trailing == (match.n,) else one for one in match.sentences]
    parts = [part for sentence in said for part in _said(sentence)]
    return [parts, *([(f"! {flag}", _style(sentence))] for sentence, flag in flags(match.sentences))]


def _quotes(match: Match) -> list[Parts]:
    return [[(f"“{quote}”", "dim")] for quote in match.quotes]


def _paper(one: Citation) -> list[Parts]:
    """Title, date and source of a paper, its address, and its id where that is not made from the title."""
    more = [one.paper_id] if one.paper_id != title_key(one.title) else []
    return [[(one.heading, "")], *([(text, "dim")] for text in (dated(one), *more, one.url) if text)]


def paragraphs(console: "Console", sentences: Sequence[Sentence]) -> None:
    """Sentences in the blocks that their writer put them in, with what is to be said of each."""
    for at, (_, group) in enumerate(groupby(sentences, key=lambda sentence: sentence.block)):
        block = list(group)
        if at and block[0].kind != "bullet":
            put(console, "")
        paragraph(console, block)


def paragraph(console: "Console", sentences: Sequence[Sentence], *, indent: str = "") -> None:
    """Sentences of one block, and under them what is to be said of each."""
    bullet = "• " if sentences[0].kind == "bullet" else ""
    hanging(console, indent + bullet, [part for sentence in sentences for part in _said(sentence)])
    for sentence, flag in flags(sentences):
        hanging(console, f"{indent}{' ' * len(bullet)}! ", [(flag, _style(sentence))])


def _said(sentence: Sentence) -> Parts:
    """A sentence with its markers, coloured by its verdict."""
    style = "bold" if sentence.kind == "heading" else _style(sentence)
    return [(sentence.text, style), (f" {marks(sentence)} " if sentence.trailing else " ", "cyan")]


def _style(sentence: Sentence) -> str:
    return {"unsupported": "red", "partial": "yellow"}.get(sentence.verdict, "")


def references(console: "Console", citations: Sequence[Citation], *, mark: str | None = None) -> None:
    """Papers behind their numbers, or behind `mark`."""
    for one in citations:
        first = mark or f"[{one.n}] "
        hanging(console, first, [(one.heading, ""), (f" · {dated(one)}", "dim")], style="cyan")
        _id(console, one.paper_id, len(first))
        if one.url:
            hanging(console, " " * len(first), [(one.url, "dim")])


def _id(console: "Console", paper_id: str, indent: int, more: str = "") -> None:
    """A paper's id on a line of its own; on a terminal cut to its width, since its beginning is enough for `show`."""
    room = min(console.width, MAX_WIDTH) - indent - len(more)
    if console.is_terminal and len(paper_id) > room:
        paper_id = paper_id[: room - 1] + "…"
    hanging(console, " " * indent, [(paper_id + more, "dim")])


def search(results: Sequence[SearchResult], console: "Console") -> None:
    if not results:
        put(console, "Nothing found.", "bold")
    for one in results:
        mark = f"{one.rank:>2}. "
        reference = Citation(one.rank, one.paper_id, one.title, one.date, one.source, withdrawn=one.withdrawn)
        hanging(console, mark, [(reference.heading, "bold"), (f" · {dated(reference)}", "dim")])
        _id(console, one.paper_id, 4, f" · score {one.score:.2f}")
        hanging(console, "    ", [(_begin(one.passage), "")])


def recordings(found: Sequence[Recorded], console: "Console") -> None:
    """A line a question, to be copied."""
    for one in found:
        put(console, one.question)


def papers(found: Sequence[StoredPaper], console: "Console") -> None:
    """A line or two a paper."""
    for one in found:
        reference = cite(0, one, clean(one.paper.title))
        told = f" · {' · '.join([dated(reference), *marked(one)])}"
        hanging(console, "", [(reference.heading, "bold"), (told, "dim")])
        _id(console, one.paper_id, 2)


def paper(one: StoredPaper, console: "Console") -> None:
    """A paper whole: what is known, its abstract, where it came from."""
    record = one.paper
    hanging(console, "", [(cite(0, one, clean(record.title)).heading, "bold")])
    count = f"{record.author_count} author{'s' if record.author_count != 1 else ''}" if record.author_count else ""
    rows = [
        ("id", one.paper_id),
        ("authors", ", ".join(record.authors) or count),
        ("organization", record.organization),
        ("date", f"{record.date}{' (year inferred)' if record.date_inferred else ''}" if record.date else "not known"),
        ("doi", record.doi),
        ("url", record.url),
        ("categories", ", ".join(record.categories)),
        ("upvotes", record.upvotes),
        ("venue", record.venue),
        ("version", record.version),
        ("withdrawn", "by its authors" if record.withdrawn else None),
        ("tags", ", ".join(one.marks.tags)),
        ("read", one.marks.read),
    ]
    for name, value in rows:
        if value not in (None, ""):
            whole = name in ("id", "doi", "url")  # to be copied: the terminal may wrap it, not we
            hanging(console, f"{name:<13}", [(str(value), "")], style="dim", wrap=not whole)
    put(console, "")
    hanging(console, "", [(clean(record.abstract), "")])
    put(console, "")
    for line in one.marks.note.split("\n") if one.marks.note else ():
        hanging(console, "note ", [(line, "")], style="dim")
    for line in read_where(one):
        hanging(console, "read ", [(line, "")], style="dim")


def tables(report: Report, console: "Console") -> None:
    """Tables in columns, a row never broken by us, and what is told below them."""
    for table in report.tables:
        rows = [table.heading, *table.rows]
        widths = [max(len(row[at]) for row in rows) for at in range(len(table.heading))]
        for row in rows:
            cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
            cells[0] = row[0].ljust(widths[0])
            style = "bold" if row is table.heading else ""
            hanging(console, "", [("  ".join(cells), style)], wrap=False)
        put(console, "")
    for note in report.notes:
        put(console, note, "dim")


def _begin(text: str, length: int = 240) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"
