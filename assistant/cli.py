"""The command line: parse, call `Assistant`, render. Results go to standard output, all else to standard error."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from assistant import __version__, cli_dedupe, cli_export, cli_fetch, cli_manage, cli_reports
from assistant.console import CitedFormat, Format, PlainFormat, Run, lenient_output, running
from assistant.errors import UsageError
from assistant.options import (
    COMMON,
    Author,
    BaseUrl,
    Category,
    Cited,
    Debug,
    Form,
    Judged,
    K,
    LibraryName,
    MaxCost,
    MaxTokens,
    MaybeQuestion,
    Model,
    NoCache,
    Plain,
    Question,
    ReadMark,
    Rerank,
    Since,
    SourceName,
    Store,
    Tag,
    Until,
    columns_of,
    filters_of,
    joined,
    option,
)
from assistant.papers import Sort

if TYPE_CHECKING:
    from assistant.papers import Filters
    from assistant.results import Answer

MOST = 1_000_000_000  # papers; more than any library has, less than SQLite counts


NOT_RERANKED = "The papers are in the search's own order."
app = typer.Typer(
    name="assistant",
    help="Cited answers from paper abstracts: every sentence is checked against the abstract it cites.",
    no_args_is_help=True,
    **COMMON,
)


def _version(shown: bool) -> None:
    if shown:
        typer.echo(f"paper-assistant {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def ask(
    question: MaybeQuestion = None,
    k: K = None,
    library: LibraryName = None,
    store: Store = None,
    model: Model = None,
    base_url: BaseUrl = None,
    rerank: Rerank = None,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    category: Category = None,
    tag: Tag = None,
    read: ReadMark = None,
    judge: Judged = None,
    replay: Annotated[
        bool, typer.Option("--replay", help="Show a recorded answer of a model about the sample; alone, list them.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Take out what is not supported, and exit with 5.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what a model would be sent and what that costs; send nothing.")
    ] = False,
    no_cache: NoCache = False,
    max_tokens_total: MaxTokens = None,
    max_cost: MaxCost = None,
    form: Cited = CitedFormat.text,
    debug: Debug = False,
) -> None:
    """Answer a question from the library, with citations.

    In quotes it may hold operators: '"a phrase" -without author:name since:2026-01 until:2w tag:thesis is:unread'.

    Exit status: 0 answered; 3 the library cannot answer; 4 the model's endpoint failed, and the answer is
    extractive, or not reranked or judged, instead; 5 --strict took something out; 1 a limit stopped it before anything
    more was sent; 130 interrupted: what the model had written by then is shown.
    """
    flags = {"store": store, "k": k, "model": model, "base_url": base_url, "rerank": rerank, "judge": judge}
    limits = {"max_tokens_total": max_tokens_total, "max_cost": max_cost, "cache": "off" if no_cache else None}
    with running(debug, library=library or ("sample" if replay else None), **flags, **limits) as run:
        from assistant.render import jsonform, markdown, terminal
        from assistant.render.live import LiveDraft

        other = (*flags.values(), *limits.values(), since, until, source, author, category, tag, read)
        if replay and (dry_run or any(value is not None for value in other)):
            raise UsageError(
                "--replay shows what was recorded", hint="Of other options it takes --strict and --format."
            )
        if form.value not in {*Format} and (dry_run or (replay and not question)):
            raise UsageError("there is no answer that could have references", hint="Choose another --format.")
        if replay and not question:
            return _list_recorded(run, form)
        filters = filters_of(since, until, source, author, category=category, tag=tag, read=read)
        asked = joined(question or [])
        if dry_run:
            _rehearse(run, asked, filters, form)
        if replay:
            answer = run.assistant.replay(asked, strict=strict)
        else:
            with LiveDraft(run.err, before=run.bar.close) as draft:
                live = draft if run.err.is_terminal else None
                answer = run.assistant.ask(asked, filters=filters, strict=strict, on_text=live)
        _tell(run, answer)
        run.show(
            form,
            text=lambda out: terminal.answer(answer, out),
            md=lambda: markdown.answer(answer),
            json=lambda: jsonform.answer(answer, library=run.assistant.library_name),
            cited=lambda: run.assistant.papers_of(answer.citations),
            why_none="" if answer.citations else f"no references: {answer.why}",
        )
        raise typer.Exit(_exit_status(answer, strict=strict))


def _rehearse(run: Run, question: str, filters: "Filters", form: CitedFormat) -> NoReturn:
    """Show what `ask` would send."""
    from assistant.render import jsonform, markdown, terminal

    result = run.assistant.rehearse(question, filters=filters)
    for notice in result.notices:
        run.note(notice)
    run.show(
        form,
        text=lambda out: terminal.dry_run(result, out),
        md=lambda: markdown.dry_run(result),
        json=lambda: jsonform.dry_run(result, library=run.assistant.library_name),
    )
    raise typer.Exit(3 if result.why else 0)


def _list_recorded(run: Run, form: CitedFormat) -> None:
    from assistant.render import jsonform, markdown, terminal

    found = run.assistant.recorded()
    run.show(
        form,
        text=lambda out: terminal.recordings(found, out),
        md=lambda: markdown.recordings(found),
        json=lambda: jsonform.recordings(found, library=run.assistant.library_name),
    )


def _tell(run: Run, answer: "Answer") -> None:
    from assistant.results import EXTRACTIVE

    if answer.failure and answer.writer == EXTRACTIVE:
        run.report(f"the model did not answer: {answer.failure}", "This answer is extractive instead.")
    elif answer.failure and answer.read_in_part:
        run.report(f"the model failed midway: {answer.failure}", "The rest of the answer is extractive.")
    elif answer.failure:
        run.report(f"the model did not rerank: {answer.failure}", NOT_RERANKED)
    if answer.unjudged and answer.unjudged != answer.failure:
        run.report(
            f"the model did not judge: {answer.unjudged}", "Sentences it gave no verdict on keep the one they had."
        )
    for notice in answer.notices:
        run.note(notice)


def _exit_status(answer: "Answer", *, strict: bool) -> int:
    if answer.interrupted:
        return 130
    if answer.failure or answer.unjudged:
        return 4
    if strict and answer.removed:
        return 5
    return 3 if answer.status == "unanswered" else 0


@app.command()
def search(
    question: Question,
    k: K = None,
    library: LibraryName = None,
    store: Store = None,
    model: Annotated[str | None, option("--model", "-m", metavar="NAME", help="Model for --rerank model.")] = None,
    base_url: BaseUrl = None,
    rerank: Rerank = None,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    category: Category = None,
    tag: Tag = None,
    read: ReadMark = None,
    form: Cited = CitedFormat.text,
    debug: Debug = False,
) -> None:
    """List the papers nearest to some words or a question.

    In quotes these may hold operators: '"a phrase" -without author:name since:2026-01 until:2w tag:thesis is:unread'.

    Exit status: 3 nothing found; 4 the model's endpoint failed, and the papers are not reranked.
    """
    with running(debug, library=library, store=store, k=k, model=model, base_url=base_url, rerank=rerank) as run:
        from assistant.render import jsonform, markdown, terminal

        asked = joined(question)
        failures: list[str] = []
        filters = filters_of(since, until, source, author, category=category, tag=tag, read=read)
        results = run.assistant.search(asked, filters=filters, on_failure=failures.append)
        for failure in failures:
            run.report(f"the model did not rerank: {failure}", NOT_RERANKED)
        run.show(
            form,
            text=lambda out: terminal.search(results, out),
            md=lambda: markdown.search(results, question=asked),
            json=lambda: jsonform.search(
                results, question=asked, library=run.assistant.library_name, failure="; ".join(failures)
            ),
            cited=lambda: run.assistant.papers_of(results),
            why_none="" if results else "nothing found",
        )
        raise typer.Exit(4 if failures else 0 if results else 3)


@app.command()
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
        from assistant.render import jsonform, terminal

        report = run.assistant.ingest(paths, year=year, columns=columns_of(columns or []), rejects=rejects)
        run.show(
            form,
            text=lambda out: terminal.ingest(report, out),
            json=lambda: jsonform.ingest(report, library=run.assistant.library_name),
        )
        for file in report.refused:
            run.report(f"{file.file}: {file.refused}", file.hint)
        raise typer.Exit(1 if report.refused else 0)


@app.command()
def show(
    paper: Annotated[
        str, typer.Argument(metavar="ID", help="Id or its beginning, arXiv id, DOI, or title.", show_default=False)
    ],
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


@app.command("list")
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


@app.command()
def status(
    library: LibraryName = None, store: Store = None, form: Plain = PlainFormat.text, debug: Debug = False
) -> None:
    """Say what the library holds."""
    with running(debug, library=library, store=store) as run:
        from assistant.render import jsonform, terminal

        result = run.assistant.status()
        run.show(form, text=lambda out: terminal.status(result, out), json=lambda: jsonform.status(result))


@app.command()
def remove(
    papers: Annotated[
        list[str],
        typer.Argument(metavar="ID", help="Id or its beginning, arXiv id, DOI, or title.", show_default=False),
    ],
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
        from assistant.render import jsonform, terminal

        if yes and dry_run:
            raise UsageError("--dry-run removes nothing, and --yes removes", hint="Leave one of them out.")
        report = run.assistant.remove(papers, dry_run=not yes)
        run.show(
            form,
            text=lambda out: terminal.removal(report, out),
            json=lambda: jsonform.removal(report, library=run.assistant.library_name),
        )


@app.command()
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


@app.command()
def doctor(
    library: LibraryName = None,
    store: Store = None,
    download: Annotated[bool, typer.Option("--download", help="Fetch vocabularies for exact token counts.")] = False,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Check the installation, the settings and the library. Exit status 1 if something is at fault."""
    with running(debug, library=library, store=store) as run:
        from assistant.render import jsonform, terminal

        findings = run.assistant.doctor(download=download)
        run.show(
            form,
            text=lambda out: terminal.findings(findings, out),
            json=lambda: jsonform.findings(findings, library=run.assistant.library_name),
        )
        raise typer.Exit(1 if any(finding.level == "fault" for finding in findings) else 0)


@app.command("eval")
def evaluate(
    folder: Annotated[
        str | None, typer.Argument(metavar="FOLDER", help="Folder of judged questions.", show_default=False)
    ] = None,
    k: K = None,
    library: LibraryName = None,
    store: Store = None,
    model: Model = None,
    base_url: BaseUrl = None,
    rerank: Rerank = None,
    search_only: Annotated[bool, typer.Option("--search-only", help="Only search; have nothing answered.")] = False,
    out: Annotated[
        str | None, option("--out", "-o", metavar="FILE", help="Keep the run in this JSON file, and go on from it.")
    ] = None,
    compare: Annotated[
        tuple[str, str] | None, option("--compare", metavar="FILE FILE", help="Compare two kept runs instead.")
    ] = None,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """Measure search and answers on judged questions.

    FOLDER holds any of queries.jsonl with qrels.tsv, facts.jsonl and unanswerable.jsonl: docs/evaluate.md. With -o an
    interrupted run goes on where it stopped, and two runs can be compared, question by question.

    Exit status: 4 the model's endpoint failed on a question, which counts as not answered.
    """
    with running(debug, library=library, store=store, k=k, model=model, base_url=base_url, rerank=rerank) as run:
        from assistant import evaluate as evaluation
        from assistant.render import jsonform, markdown, tables, terminal

        if (folder is None) == (compare is None):
            raise UsageError("eval needs a folder or --compare, and not both", hint="See assistant eval --help.")
        if compare:
            compared = evaluation.compare(*compare)
            report = tables.comparison(compared)
            json, failed = (lambda: jsonform.comparison(compared)), False
        else:
            result = evaluation.evaluate(run.assistant, str(folder), out=out, ask=not search_only, progress=run.bar)
            report = tables.evaluation(result)
            json, failed = (lambda: jsonform.evaluation(result)), bool(result.failed)
            run.bar.close()
            for notice in result.notices:
                run.note(notice)
            for one in result.failed[:1]:
                run.report(f"the model did not answer {one.key}: {one.failure}", "It counts as not answered.")
        run.show(form, text=lambda out: terminal.tables(report, out), md=lambda: markdown.tables(report), json=json)
        raise typer.Exit(4 if failed else 0)


cli_reports.register(app)
cli_fetch.register(app)
cli_dedupe.register(app)
cli_manage.register(app)
cli_export.register(app)


def main() -> None:
    """The `assistant` script."""
    lenient_output()
    app()


def ask_main() -> None:
    """The `ask` script: `ask "…"` is `assistant ask "…"`."""
    lenient_output()
    script = typer.Typer(name="ask", **COMMON)
    script.command()(ask)
    script()
