"""Results for a terminal: wrapped and coloured there, plain and unwrapped when piped. Text is never markup."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from typing import TYPE_CHECKING

from assistant.cleaning import clean, printable
from assistant.holdings import Backup, Finding, IngestReport, LibraryStatus, Removal
from assistant.papers import StoredPaper, title_key
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
    megabytes,
    read_where,
    receiver,
    taken_in,
)
from assistant.results import Answer, Citation, Configured, DryRun, Match, Recorded, SearchResult, Sentence, cite

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MAX_WIDTH = 100  # columns; longer lines are hard to read
TABLE_WIDTH = 120  # columns of a table, whose cells are narrower
NARROW = 60  # columns of a terminal that has no room for a table
GAP = 2  # columns between two cells of text
LISTED = 8  # problems, and changed papers, of a file

Parts = Sequence[tuple[str, str]]  # texts with their styles


def answer(result: Answer, console: "Console") -> None:
    if result.status == "unanswered":
        _line(console, f"No answer: {result.why}.", "bold")
    elif result.why:
        _line(console, in_short(result), "bold")
        _line(console, "")
    _blocks(console, result.prose)
    if result.matches:
        _table(console, result)
    if result.interrupted:
        _line(console, "")
        _line(console, "Incomplete: it was interrupted here.", "bold")
    if result.removed:
        _heading(console, "Taken out, not supported")
        _blocks(console, result.removed)
    if result.named:
        _heading(console, "Only the full paper could settle this")
        _references(console, result.named, mark="- ")
    if result.nearest:
        _heading(console, "Closest papers")
        _references(console, result.nearest, mark="- ")
    rows = {match.n for match in result.matches}
    if others := [one for one in result.citations if one.n not in rows]:
        _heading(console, "References")
        _references(console, others)
    _line(console, "")
    _line(console, footer(result), "dim")


def dry_run(result: DryRun, console: "Console") -> None:
    """What would be sent, request by request, and what it would cost."""
    if result.why:
        _line(console, f"Nothing would be sent: {result.why}.", "bold")
        return
    _line(console, receiver(result), "bold")
    for n, one in enumerate(result.exchanges, 1):
        _heading(console, f"Request {n}: {counted(len(one.passages), 'paper')}")
        _references(console, one.passages)
        for name, text in (("System", one.system), ("Prompt", one.prompt)):
            _heading(console, name)
            for line in printable(text).split("\n"):
                _line(console, line)
    _line(console, "")
    _line(console, f"{at_most(result)} · nothing was sent", "dim")


def _table(console: "Console", result: Answer) -> None:
    """A row for each paper that matches: its number, the paper, how it answers, and what of its abstract that rests on.
    Quotes have a column of their own where there is room; without a terminal, or in a narrow one, the cells stand one
    below the other."""
    papers = {one.n: one for one in result.citations}
    width = min(console.width, TABLE_WIDTH)
    if not console.is_terminal or width < NARROW:
        for match in result.matches:
            _references(console, [papers[match.n]])
            for parts in (*_how(match), *_quotes(match)):
                _hanging(console, "    ", parts)
        return
    number = GAP + max(len(f"[{match.n}]") for match in result.matches)
    if width >= MAX_WIDTH and any(match.quotes for match in result.matches):
        columns = [number, width * 3 // 10, width * 7 // 20 - number, width - width * 3 // 10 - width * 7 // 20]
    else:
        columns = [number, width * 2 // 5 - number, width - width * 2 // 5]
    heads = ("", "Paper", "How it answers", "In its abstract")
    _row(console, [[[(head, "bold")]] for head in heads[: len(columns)]], columns)
    for match in result.matches:
        _line(console, "")
        how, quotes = _how(match), _quotes(match)
        said = [how, quotes] if len(columns) > 3 else [[*how, *quotes]]
        _row(console, [[[(f"[{match.n}]", "cyan")]], _paper(papers[match.n]), *said], columns)


def _row(console: "Console", cells: Sequence[Sequence[Parts]], columns: Sequence[int]) -> None:
    """One row of a table: of each cell the paragraphs, wrapped in its column, a space or more between two columns."""
    from rich.text import Text

    wrapped = [
        [line for parts in cell for line in _wrapped(console, "", parts, max(1, column - GAP))]
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


def _blocks(console: "Console", sentences: Sequence[Sentence]) -> None:
    for at, (_, group) in enumerate(groupby(sentences, key=lambda sentence: sentence.block)):
        block = list(group)
        if at and block[0].kind != "bullet":
            _line(console, "")
        _block(console, block)


def _block(console: "Console", sentences: Sequence[Sentence], *, indent: str = "") -> None:
    bullet = "• " if sentences[0].kind == "bullet" else ""
    _hanging(console, indent + bullet, [part for sentence in sentences for part in _said(sentence)])
    for sentence, flag in flags(sentences):
        _hanging(console, f"{indent}{' ' * len(bullet)}! ", [(flag, _style(sentence))])


def _said(sentence: Sentence) -> Parts:
    """A sentence with its markers, coloured by its verdict."""
    style = "bold" if sentence.kind == "heading" else _style(sentence)
    return [(sentence.text, style), (f" {marks(sentence)} " if sentence.trailing else " ", "cyan")]


def _style(sentence: Sentence) -> str:
    return {"unsupported": "red", "partial": "yellow"}.get(sentence.verdict, "")


def _references(console: "Console", citations: Sequence[Citation], *, mark: str | None = None) -> None:
    """Papers behind their numbers, or behind `mark`."""
    for one in citations:
        first = mark or f"[{one.n}] "
        _hanging(console, first, [(one.heading, ""), (f" · {dated(one)}", "dim")], style="cyan")
        _id(console, one.paper_id, len(first))
        if one.url:
            _hanging(console, " " * len(first), [(one.url, "dim")])


def _id(console: "Console", paper_id: str, indent: int, more: str = "") -> None:
    """A paper's id on a line of its own; on a terminal cut to its width, since its beginning is enough for `show`."""
    room = min(console.width, MAX_WIDTH) - indent - len(more)
    if console.is_terminal and len(paper_id) > room:
        paper_id = paper_id[: room - 1] + "…"
    _hanging(console, " " * indent, [(paper_id + more, "dim")])


def search(results: Sequence[SearchResult], console: "Console") -> None:
    if not results:
        _line(console, "Nothing found.", "bold")
    for one in results:
        mark = f"{one.rank:>2}. "
        reference = Citation(one.rank, one.paper_id, one.title, one.date, one.source, withdrawn=one.withdrawn)
        _hanging(console, mark, [(reference.heading, "bold"), (f" · {dated(reference)}", "dim")])
        _id(console, one.paper_id, 4, f" · score {one.score:.2f}")
        _hanging(console, "    ", [(_begin(one.passage), "")])


def recordings(found: Sequence[Recorded], console: "Console") -> None:
    """A line a question, to be copied."""
    for one in found:
        _line(console, one.question)


def papers(found: Sequence[StoredPaper], console: "Console") -> None:
    """A line or two a paper."""
    for one in found:
        reference = cite(0, one, clean(one.paper.title))
        told = f" · {' · '.join([dated(reference), *marked(one)])}"
        _hanging(console, "", [(reference.heading, "bold"), (told, "dim")])
        _id(console, one.paper_id, 2)


def paper(one: StoredPaper, console: "Console") -> None:
    """A paper whole: what is known, its abstract, where it came from."""
    record = one.paper
    _hanging(console, "", [(cite(0, one, clean(record.title)).heading, "bold")])
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
            _hanging(console, f"{name:<13}", [(str(value), "")], style="dim", wrap=not whole)
    _line(console, "")
    _hanging(console, "", [(clean(record.abstract), "")])
    _line(console, "")
    for line in one.marks.note.split("\n") if one.marks.note else ():
        _hanging(console, "note ", [(line, "")], style="dim")
    for line in read_where(one):
        _hanging(console, "read ", [(line, "")], style="dim")


def ingest(report: IngestReport, console: "Console") -> None:
    """What became of every file, then one line for all. A refused file is reported on standard error instead."""
    for file in report.files:
        if file.refused and not file.records:
            continue
        if file.skipped and not file.records:
            _line(console, f"{file.file}: as it was when it was read, {counted(file.skipped, 'line')}")
            continue
        repeated = f", {file.repeated} repeated" if file.repeated else ""
        renewals = f", {file.changed} changed" if file.changed else ""
        skipped = f"{counted(file.skipped, 'line')} read before, " if file.skipped else ""
        records = f"{skipped}{counted(file.records, 'record')}"
        _line(console, f"{file.file}: {records}, {file.new:,} new{renewals}, {file.known:,} known{repeated}")
        renewed = [f"changed: {name}" for name in file.changed_ids]
        _some(console, renewed, max(len(renewed), file.changed), "changed papers")
        mergers = [f"{one.gone} was found to be {one.kept}, and merged with it" for one in file.merged_ids]
        _some(console, mergers, file.merged, "merged papers")
        problems = [f"line {problem.line}: {problem.reason}" for problem in file.problems]
        _some(console, problems, len(problems) + file.unlisted, "lines with problems", "yellow")
    passed = sum(file.passed_over for file in report.files)
    if passed:
        _line(console, f"{counted(passed, 'other file')} passed over: not papers")
    if report.rejects:
        _line(console, f"{counted(report.rejected, 'record')} kept to mend: {report.rejects}", "yellow")
    if not report.total("records") and not report.total("skipped"):
        return
    new, changed_all, before = report.total("new"), report.total("changed"), report.total("skipped")
    known = [f"{counted(before, 'line')} read before"] if before else []
    known += [f"{report.total('known'):,} known"] if report.total("records") else []
    repeats = report.total("repeated")
    merged = f"; {counted(repeats, 'record')} repeated a paper already read" if repeats else ""
    changes = f", {changed_all:,} changed" if changed_all else ""
    if told := taken_in(report):
        _line(console, told)
    _line(
        console,
        f"{', '.join(known)}, {new:,} new{changes}{merged}. The library holds {counted(report.papers, 'paper')}.",
        "bold",
    )


def removal(report: Removal, console: "Console") -> None:
    """The papers, a line or two each, and what became of them."""
    papers(report.papers, console)
    count = counted(len(report.papers), "paper")
    left = f"The library holds {counted(report.left, 'paper')}."
    said = f"{count} removed. {left}" if report.removed else f"{count} would go, none has; remove with --yes. {left}"
    _line(console, said, "bold")


def _some(console: "Console", lines: Sequence[str], total: int, what: str, style: str = "") -> None:
    """The first of `lines`, and how many of the `total` are not shown."""
    for line in lines[:LISTED]:
        _hanging(console, "  ", [(line, style)])
    if total > LISTED:
        _line(console, f"  and {total - LISTED:,} more {what}", style)


def status(result: LibraryStatus, console: "Console") -> None:
    parts = ", ".join(f"{name} {megabytes(size)}" for name, size in result.disk.items() if size)
    span = f"{result.first_date} to {result.last_date}" if result.first_date else "none"
    rows = [
        ("library", f"{result.name}, in {result.folder}"),
        ("papers", f"{result.papers:,}" + (f", {result.pending:,} not yet searchable" if result.pending else "")),
        ("sources", ", ".join(f"{name} {count:,}" for name, count in result.by_source.items()) or "none"),
        ("dates", f"{span}, {result.undated:,} papers without a date"),
        ("chunks", f"{result.chunks:,} of at most {result.chunk_tokens} tokens"),
        ("embedder", result.embedder),
        ("vector index", _vector_index(result)),
        ("disk", f"{megabytes(result.disk_bytes)}: {parts}" if parts else megabytes(result.disk_bytes)),
        ("marks", f"{counted(result.tagged, 'paper')} tagged, {result.noted:,} with a note, {result.read:,} read"),
        ("last ingest", result.last_ingest or "none"),
        ("last digest", f"to {result.last_digest}" if result.last_digest else "none"),
    ]
    for name, value in rows:
        _hanging(console, f"{name:<13}", [(value, "")], style="dim")


def tags(found: Mapping[str, int], console: "Console") -> None:
    """A line a tag."""
    for name, count in found.items():
        _hanging(console, "", [(name, "bold"), (f" · {counted(count, 'paper')}", "dim")])


def note(found: StoredPaper, console: "Console") -> None:
    """A paper's note, line by line."""
    for line in found.marks.note.split("\n"):
        _line(console, line)


def backup(result: Backup, console: "Console") -> None:
    """What a backup holds."""
    rows = [
        ("backup", result.file),
        ("holds", f"{counted(result.papers, 'paper')} of the library {result.library}"),
        ("made", f"{result.made} UTC, by version {result.program}"),
        ("embedder", result.embedder),
        ("catalog", f"{megabytes(result.bytes)}, SHA-256 {result.sha256}"),
    ]
    for name, value in rows:
        _hanging(console, f"{name:<13}", [(value, "")], style="dim", wrap=False)


def configuration(found: Sequence[Configured], console: "Console") -> None:
    """A line a setting: its value, and where that comes from."""
    widest = max(len(one.name) for one in found) + GAP
    for one in found:
        value = "none" if one.value is None else one.value
        _hanging(console, f"{one.name:<{widest}}", [(value, ""), (f"  ({one.origin})", "dim")], style="dim")


def _vector_index(result: LibraryStatus) -> str:
    if result.store == "local":
        return result.vectors
    held = "which does not answer for it" if result.store_chunks is None else f"which holds {result.store_chunks:,}"
    return f"{result.vectors}, on {result.store}, {held}" + ("" if result.store_chunks is None else " chunks")


def findings(found: Sequence[Finding], console: "Console") -> None:
    styles = {"ok": "green", "note": "yellow", "fault": "red"}
    for one in found:
        _hanging(console, f"{one.level:<6}", [(f"{one.what}: {one.detail}", "")], style=styles[one.level])
        if one.hint:
            _hanging(console, "      ", [(one.hint, "dim")])


def tables(report: Report, console: "Console") -> None:
    """Tables in columns, a row never broken by us, and what is told below them."""
    for table in report.tables:
        rows = [table.heading, *table.rows]
        widths = [max(len(row[at]) for row in rows) for at in range(len(table.heading))]
        for row in rows:
            cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
            cells[0] = row[0].ljust(widths[0])
            style = "bold" if row is table.heading else ""
            _hanging(console, "", [("  ".join(cells), style)], wrap=False)
        _line(console, "")
    for note in report.notes:
        _line(console, note, "dim")


def _begin(text: str, length: int = 240) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def _line(console: "Console", text: str, style: str = "") -> None:
    _hanging(console, "", [(text, style)])


def _heading(console: "Console", text: str) -> None:
    _line(console, "")
    _line(console, text, "bold")


def _hanging(console: "Console", first: str, parts: Parts, *, style: str = "", wrap: bool = True) -> None:
    """Print styled parts after `first`, wrapped under themselves on a terminal, on one line otherwise."""
    width = max(20 + len(first), min(console.width, MAX_WIDTH)) if wrap and console.is_terminal else None
    for line in _wrapped(console, first, parts, width, style=style):
        console.print(line, soft_wrap=True)


def _wrapped(console: "Console", first: str, parts: Parts, width: int | None, *, style: str = "") -> "list[Text]":
    """The lines of styled parts after `first`, wrapped under themselves in `width` columns; None is one line."""
    from rich.text import Text

    text = Text()
    for part, part_style in parts:
        text.append(" ".join(printable(part).split("\n")), part_style)
    text.rstrip()
    if width is None:
        return [Text.assemble((first, style), text)]
    lines = text.wrap(console, max(1, width - len(first))) or [Text("")]
    for line in lines:
        line.rstrip()
    return [Text.assemble((first, style) if not at else " " * len(first), line) for at, line in enumerate(lines)]
