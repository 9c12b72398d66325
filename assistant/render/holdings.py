"""What a library holds and what became of it, for a terminal: files read in, papers removed, status, marks, backups,
settings, findings."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from assistant.holdings import Backup, Finding, IngestReport, LibraryStatus, Removal
from assistant.papers import StoredPaper
from assistant.render.lines import hanging, put
from assistant.render.terminal import GAP, papers
from assistant.render.words import counted, megabytes, taken_in
from assistant.results import Configured

if TYPE_CHECKING:
    from rich.console import Console

LISTED = 8  # problems, and changed papers, of a file


def ingest(report: IngestReport, console: "Console") -> None:
    """What became of every file, then one line for all. A refused file is reported on standard error instead."""
    for file in report.files:
        if file.refused and not file.records:
            continue
        if file.skipped and not file.records:
            put(console, f"{file.file}: as it was when it was read, {counted(file.skipped, 'line')}")
            continue
        repeated = f", {file.repeated} repeated" if file.repeated else ""
        renewals = f", {file.changed} changed" if file.changed else ""
        skipped = f"{counted(file.skipped, 'line')} read before, " if file.skipped else ""
        records = f"{skipped}{counted(file.records, 'record')}"
        put(console, f"{file.file}: {records}, {file.new:,} new{renewals}, {file.known:,} known{repeated}")
        renewed = [f"changed: {name}" for name in file.changed_ids]
        some(console, renewed, max(len(renewed), file.changed), "changed papers")
        mergers = [f"{one.gone} was found to be {one.kept}, and merged with it" for one in file.merged_ids]
        some(console, mergers, file.merged, "merged papers")
        problems = [f"line {problem.line}: {problem.reason}" for problem in file.problems]
        some(console, problems, len(problems) + file.unlisted, "lines with problems", "yellow")
    passed = sum(file.passed_over for file in report.files)
    if passed:
        put(console, f"{counted(passed, 'other file')} passed over: not papers")
    if report.rejects:
        put(console, f"{counted(report.rejected, 'record')} kept to mend: {report.rejects}", "yellow")
    if not report.total("records") and not report.total("skipped"):
        return
    new, changed_all, before = report.total("new"), report.total("changed"), report.total("skipped")
    known = [f"{counted(before, 'line')} read before"] if before else []
    known += [f"{report.total('known'):,} known"] if report.total("records") else []
    repeats = report.total("repeated")
    merged = f"; {counted(repeats, 'record')} repeated a paper already read" if repeats else ""
    changes = f", {changed_all:,} changed" if changed_all else ""
    if told := taken_in(report):
        put(console, told)
    put(
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
    put(console, said, "bold")


def some(console: "Console", lines: Sequence[str], total: int, what: str, style: str = "") -> None:
    """The first of `lines`, and how many of the `total` are not shown."""
    for line in lines[:LISTED]:
        hanging(console, "  ", [(line, style)])
    if total > LISTED:
        put(console, f"  and {total - LISTED:,} more {what}", style)


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
        hanging(console, f"{name:<13}", [(value, "")], style="dim")


def tags(found: Mapping[str, int], console: "Console") -> None:
    """A line a tag."""
    for name, count in found.items():
        hanging(console, "", [(name, "bold"), (f" · {counted(count, 'paper')}", "dim")])


def note(found: StoredPaper, console: "Console") -> None:
    """A paper's note, line by line."""
    for line in found.marks.note.split("\n"):
        put(console, line)


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
        hanging(console, f"{name:<13}", [(value, "")], style="dim", wrap=False)


def configuration(found: Sequence[Configured], console: "Console") -> None:
    """A line a setting: its value, and where that comes from."""
    widest = max(len(one.name) for one in found) + GAP
    for one in found:
        value = "none" if one.value is None else one.value
        hanging(console, f"{one.name:<{widest}}", [(value, ""), (f"  ({one.origin})", "dim")], style="dim")


def _vector_index(result: LibraryStatus) -> str:
    if result.store == "local":
        return result.vectors
    held = "which does not answer for it" if result.store_chunks is None else f"which holds {result.store_chunks:,}"
    return f"{result.vectors}, on {result.store}, {held}" + ("" if result.store_chunks is None else " chunks")


def findings(found: Sequence[Finding], console: "Console") -> None:
    styles = {"ok": "green", "note": "yellow", "fault": "red"}
    for one in found:
        hanging(console, f"{one.level:<6}", [(f"{one.what}: {one.detail}", "")], style=styles[one.level])
        if one.hint:
            hanging(console, "      ", [(one.hint, "dim")])
