"""The command that gives papers to other programs."""

from enum import StrEnum
from typing import Annotated

import typer

from assistant.console import check_output, running
from assistant.options import (
    Author,
    Category,
    Debug,
    LibraryName,
    Output,
    ReadMark,
    Since,
    SourceName,
    Tag,
    Until,
    filters_of,
    form_by_ending,
    option,
)


class ExportFormat(StrEnum):
    """The forms of a library that other programs read."""

    jsonl = "jsonl"
    bibtex = "bibtex"
    csl_json = "csl-json"
    ris = "ris"


def export(
    output: Output = None,
    library: LibraryName = None,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    category: Category = None,
    tag: Tag = None,
    read: ReadMark = None,
    form: Annotated[
        ExportFormat | None,
        option("--format", "-f", help="Form of the output; else by the ending of FILE, else jsonl."),
    ] = None,
    debug: Debug = False,
) -> None:
    """Give out the papers of the library, in the order that they came in.

    JSON lines hold all that a paper says: another library that ingests them has the same papers. Your tags, notes and
    read marks are not in it; a backup keeps them. BibTeX (.bib), CSL-JSON (.json) and RIS (.ris) are for reference
    managers: docs/citations.md.
    """
    with running(debug, library=library) as run:
        from assistant.render import jsonform, references

        check_output(output)
        filters = filters_of(since, until, source, author, category=category, tag=tag, read=read)
        papers = run.assistant.export(filters=filters)
        chosen = form or form_by_ending(output, ExportFormat, default=ExportFormat.jsonl)
        made = references.FORMS.get(chosen.value)
        run.stream(made(papers) if made else (f"{jsonform.line(one)}\n" for one in papers), output=output)


def register(app: typer.Typer) -> None:
    """Put this command beside the others."""
    app.command()(export)
