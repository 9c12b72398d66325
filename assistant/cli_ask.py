"""The commands that put a question to the library: ask, search."""

from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from assistant.console import CitedFormat, Format, Run, running
from assistant.errors import UsageError
from assistant.options import (
    Author,
    BaseUrl,
    Category,
    Cited,
    Debug,
    Judged,
    K,
    LibraryName,
    MaxCost,
    MaxTokens,
    MaybeQuestion,
    Model,
    NoCache,
    Question,
    ReadMark,
    Rerank,
    Since,
    SourceName,
    Store,
    Tag,
    Until,
    filters_of,
    joined,
    limits_of,
    option,
)

if TYPE_CHECKING:
    from assistant.papers import Filters
    from assistant.results import Answer

NOT_RERANKED = "The papers are in the search's own order."


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
    limits = limits_of(no_cache, max_tokens_total, max_cost)
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


def register(app: typer.Typer) -> None:
    """Put these commands beside the others."""
    for command in (ask, search):
        app.command()(command)
