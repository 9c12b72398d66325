"""The commands that fill a library, look into it and keep it whole: ingest, show, list, status, remove and others."""

from typing import Annotated

import typer

from assistant.console import CitedFormat, PlainFormat, running
from assistant.errors import UsageError
from assistant.options import (
    Author,
    Category,
    Cited,
    Debug,
    LibraryName,
    Paper,
    Papers,
    Plain,
    ReadMark,
    Since,
    SourceName,
    Store,
    Tag,
    Until,
    columns_of,
    filters_of,
    option,
)
from assistant.papers import Sort

MOST = 1_000_000_000  # papers; more than any library has, less than SQLite counts


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH", help="Files or folders of papers; - is standard input.", show_default=False),
    ],
    library: LibraryName = None,
    store: Store = None,
    year: Annotated[
        int | None,
        option("--year", min=1990, max=2100, metavar="YEAR", help="Year of dates that a page gives without."),
    ] = None,
    columns: Annotated[
        list[str] | None,
        option("--columns", metavar="FIELD=HEADING,…", help="Columns of a CSV file, where they are not recognised."),
    ] = None,
    rejects: Annotated[
        str | None,
        option("--rejects", metavar="FILE", help="Keep records that cannot be read here, not in the library's folder."),
    ] = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Read papers into the library.

    Files are told by what is in them: BibTeX, RIS, CSV and TSV, JSON lines, CSL-JSON, PubMed (XML, nbib), answers of
    arXiv, OAI-PMH, Semantic Scholar and OpenAlex, the arXiv snapshot of Kaggle, Hugging Face Daily Papers (page text,
    JSON); plain or compressed (.gz, .zst, .zip). Folders are walked. Reading the same file again changes nothing, and
    an ingest that was interrupted goes on where it was. Records that cannot be read are kept in a file to mend and
    ingest again. Exit status 1 if a file could not be read; the others are.
    """
    with running(debug, library=library, store=store) as run:
        from assistant.render import holdings, jsonform

        report = run.assistant.ingest(paths, year=year, columns=columns_of(columns or []), rejects=rejects)
        run.show(
            form,
            text=lambda out: holdings.ingest(report, out),
            json=lambda: jsonform.ingest(report, library=run.assistant.library_name),
        )
        for file in report.refused:
            run.report(f"{file.file}: {file.refused}", file.hint)
        raise typer.Exit(1 if report.refused else 0)


def show(
    paper: Paper,
    library: LibraryName = None,
    form: Cited = CitedFormat.text,
    debug: Debug = False,
) -> None:
    """Show one paper, and where it came from."""
    with running(debug, library=library) as run:
        from assistant.render import jsonform, markdown, terminal

        found = run.assistant.show(paper)
        run.show(
            form,
            text=lambda out: terminal.paper(found, out),
            md=lambda: markdown.paper(found),
            json=lambda: jsonform.papers([found], library=run.assistant.library_name),
            cited=lambda: [found],
        )


def list_papers(
    library: LibraryName = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=MOST, metavar="N", help="Papers to list.")] = 20,
    offset: Annotated[
        int, typer.Option("--offset", min=0, max=MOST, metavar="N", help="Papers to pass over first.")
    ] = 0,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    category: Category = None,
    tag: Tag = None,
    read: ReadMark = None,
    sort: Annotated[
        Sort,
        typer.Option("--sort", help="What comes first: the newest, A of the titles, the last added, most upvotes."),
    ] = "date",
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    form: Cited = CitedFormat.text,
    debug: Debug = False,
) -> None:
    """List papers of the library, newest first, or in another order."""
    with running(debug, library=library) as run:
        from assistant.render import jsonform, markdown, terminal

        filters = filters_of(since, until, source, author, category=category, tag=tag, read=read)
        found = run.assistant.list(filters=filters, limit=limit, offset=offset, sort=sort, reverse=reverse)
        run.show(
            form,
            text=lambda out: terminal.papers(found, out),
            md=lambda: markdown.papers(found),
            json=lambda: jsonform.papers(found, library=run.assistant.library_name),
            cited=lambda: found,
        )


def status(
    library: LibraryName = None, store: Store = None, form: Plain = PlainFormat.text, debug: Debug = False
) -> None:
    """Say what the library holds."""
    with running(debug, library=library, store=store) as run:
        from assistant.render import holdings, jsonform

        result = run.assistant.status()
        run.show(form, text=lambda out: holdings.status(result, out), json=lambda: jsonform.status(result))


def remove(
    papers: Papers,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Remove them.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="List what would go, which is what it does anyway.")
    ] = False,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Take papers out of the library.

    Without --yes nothing is removed, and what would go is listed. A removed paper comes back when it is ingested again,
    and has its tags, note and read mark again.
    """
    with running(debug, library=library, store=store) as run:
        from assistant.render import holdings, jsonform

        if yes and dry_run:
            raise UsageError("--dry-run removes nothing, and --yes removes", hint="Leave one of them out.")
        report = run.assistant.remove(papers, dry_run=not yes)
        run.show(
            form,
            text=lambda out: holdings.removal(report, out),
            json=lambda: jsonform.removal(report, library=run.assistant.library_name),
        )


def reindex(
    library: LibraryName = None,
    store: Store = None,
    pending: Annotated[bool, typer.Option("--pending", help="Only finish what an interrupted command left.")] = False,
    debug: Debug = False,
) -> None:
    """Index every paper anew.

    Needed after a change of embedder or chunk size, and to mend a damaged index. One that was interrupted goes on where
    it stopped.
    """
    with running(debug, library=library, store=store) as run:
        from assistant.render.words import counted

        count = run.assistant.reindex(pending=pending)
        run.bar.close()
        run.note(f"{counted(count, 'paper')} indexed{'' if pending else ' anew'}")


def doctor(
    library: LibraryName = None,
    store: Store = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch vocabularies for exact token counts.")] = False,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Check the installation, the settings and the library. Exit status 1 if something is at fault."""
    with running(debug, library=library, store=store) as run:
        from assistant.render import holdings, jsonform

        findings = run.assistant.doctor(download=download)
        run.show(
            form,
            text=lambda out: holdings.findings(findings, out),
            json=lambda: jsonform.findings(findings, library=run.assistant.library_name),
        )
        raise typer.Exit(1 if any(finding.level == "fault" for finding in findings) else 0)


def register(app: typer.Typer) -> None:
    """Put these commands beside the others."""
    app.command()(ingest)
    app.command()(show)
    app.command("list")(list_papers)
    for command in (status, remove, reindex, doctor):
        app.command()(command)
