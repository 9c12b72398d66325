"""Results for a terminal: wrapped and coloured there, plain and unwrapped when piped. Text is never markup."""

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from assistant.cleaning import clean, printable
from assistant.papers import StoredPaper
from assistant.render.words import counted, dated, flags, footer, marks
from assistant.results import Answer, Citation, Finding, IngestReport, LibraryStatus, Removal, SearchResult, Sentence

if TYPE_CHECKING:
    from rich.console import Console

MAX_WIDTH = 100  # columns; longer lines are hard to read
LISTED = 8  # problems, and changed papers, of a file


def answer(result: Answer, console: "Console") -> None:
    if result.status == "unanswered":
        _line(console, f"No answer: {result.why}.", "bold")
    _blocks(console, result.sentences)
    if result.removed:
        _heading(console, "Taken out, not supported")
        _blocks(console, result.removed)
    if result.nearest:
        _heading(console, "Closest papers")
        _references(console, result.nearest, mark="- ")
    if result.citations:
        _heading(console, "References")
        _references(console, result.citations)
    _line(console, "")
    _line(console, footer(result), "dim")


def _blocks(console: "Console", sentences: Sequence[Sentence]) -> None:
    for at, (_, group) in enumerate(groupby(sentences, key=lambda sentence: sentence.block)):
        block = list(group)
        if at and block[0].kind != "bullet":
            _line(console, "")
        _block(console, block)


def _block(console: "Console", sentences: Sequence[Sentence], *, indent: str = "") -> None:
    bullet = "• " if sentences[0].kind == "bullet" else ""
    parts = []
    for sentence in sentences:
        style = {"unsupported": "red", "partial": "yellow"}.get(sentence.verdict, "")
        parts.append((sentence.text, "bold" if sentence.kind == "heading" else style))
        parts.append((f" {marks(sentence)} " if sentence.trailing else " ", "cyan"))
    _hanging(console, indent + bullet, parts)
    for sentence, flag in flags(sentences):
        style = "red" if sentence.verdict == "unsupported" else "yellow"
        _hanging(console, f"{indent}{' ' * len(bullet)}! ", [(flag, style)])


def _references(console: "Console", citations: Sequence[Citation], *, mark: str | None = None) -> None:
    """Papers behind their numbers, or behind `mark`."""
    for one in citations:
        first = mark or f"[{one.n}] "
        _hanging(console, first, [(one.title, ""), (f" · {dated(one)}", "dim")], style="cyan")
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
        reference = Citation(one.rank, one.paper_id, one.title, one.date, one.source)
        _hanging(console, mark, [(one.title, "bold"), (f" · {dated(reference)}", "dim")])
        _id(console, one.paper_id, 4, f" · score {one.score:.2f}")
        _hanging(console, "    ", [(_begin(one.passage), "")])


def papers(found: Sequence[StoredPaper], console: "Console") -> None:
    """A line or two a paper."""
    for one in found:
        reference = Citation(0, one.paper_id, clean(one.paper.title), one.paper.date, one.source)
        _hanging(console, "", [(reference.title, "bold"), (f" · {dated(reference)}", "dim")])
        _id(console, one.paper_id, 2)


def paper(one: StoredPaper, console: "Console") -> None:
    """A paper whole: what is known, its abstract, where it came from."""
    record = one.paper
    _hanging(console, "", [(clean(record.title), "bold")])
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
    ]
    for name, value in rows:
        if value not in (None, ""):
            whole = name in ("id", "doi", "url")  # to be copied: the terminal may wrap it, not we
            _hanging(console, f"{name:<13}", [(str(value), "")], style="dim", wrap=not whole)
    _line(console, "")
    _hanging(console, "", [(clean(record.abstract), "")])
    _line(console, "")
    for source in one.sources:
        _hanging(
            console,
            "read ",
            [(f"{source.day} from {source.file}, line {source.line} ({source.source})", "")],
            style="dim",
        )


def ingest(report: IngestReport, console: "Console") -> None:
    """What became of every file, then one line for all. A refused file is reported on standard error instead."""
    for file in report.files:
        if file.refused and not file.records:
            continue
        repeated = f", {file.repeated} repeated" if file.repeated else ""
        changed = f", {file.changed} changed" if file.changed else ""
        records = counted(file.records, "record")
        _line(console, f"{file.file}: {records}, {file.new:,} new{changed}, {file.known:,} known{repeated}")
        renewed = [f"changed: {name}" for name in file.changed_ids]
        _some(console, renewed, max(len(renewed), file.changed), "changed papers")
        problems = [f"line {problem.line}: {problem.reason}" for problem in file.problems]
        _some(console, problems, len(problems) + file.unlisted, "lines with problems", "yellow")
    passed = sum(file.passed_over for file in report.files)
    if passed:
        _line(console, f"{counted(passed, 'other file')} passed over: not papers")
    if not report.total("records"):
        return
    known, new, changed_all = report.total("known"), report.total("new"), report.total("changed")
    repeats = report.total("repeated")
    merged = f"; {counted(repeats, 'record')} repeated a paper already read" if repeats else ""
    changes = f", {changed_all:,} changed" if changed_all else ""
    _line(
        console,
        f"{known:,} known, {new:,} new{changes}{merged}. The library holds {counted(report.papers, 'paper')}.",
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
    span = f"{result.first_date} to {result.last_date}" if result.first_date else "none"
    rows = [
        ("library", f"{result.name}, in {result.folder}"),
        ("papers", f"{result.papers:,}" + (f", {result.pending:,} not yet searchable" if result.pending else "")),
        ("sources", ", ".join(f"{name} {count:,}" for name, count in result.by_source.items()) or "none"),
        ("dates", f"{span}, {result.undated:,} papers without a date"),
        ("chunks", f"{result.chunks:,} of at most {result.chunk_tokens} tokens"),
        ("embedder", result.embedder),
        ("vector index", _vector_index(result)),
        ("disk", f"{result.disk_bytes / 1e6:,.1f} MB"),
    ]
    for name, value in rows:
        _hanging(console, f"{name:<13}", [(value, "")], style="dim")


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


def _begin(text: str, length: int = 240) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def _line(console: "Console", text: str, style: str = "") -> None:
    _hanging(console, "", [(text, style)])


def _heading(console: "Console", text: str) -> None:
    _line(console, "")
    _line(console, text, "bold")


def _hanging(
    console: "Console", first: str, parts: Sequence[tuple[str, str]], *, style: str = "", wrap: bool = True
) -> None:
    """Print styled parts after `first`, wrapped under themselves on a terminal, on one line otherwise."""
    from rich.text import Text

    text = Text()
    for part, part_style in parts:
        text.append(" ".join(printable(part).split("\n")), part_style)
    text.rstrip()
    if not (wrap and console.is_terminal):
        console.print(Text.assemble((first, style), text), soft_wrap=True)
        return
    width = min(console.width, MAX_WIDTH) - len(first)
    for number, line in enumerate(text.wrap(console, max(20, width)) or [Text("")]):
        line.rstrip()
        console.print(Text.assemble((first, style) if number == 0 else " " * len(first), line), soft_wrap=True)
