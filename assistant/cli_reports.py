"""The commands of those who follow a field: digests, topics, summaries, trends."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.console import PlainFormat, Run, check_output, running
from assistant.options import (
    COMMON,
    Author,
    BaseUrl,
    Category,
    Debug,
    Jobs,
    LibraryName,
    MaxCost,
    MaxTokens,
    Model,
    NoCache,
    Output,
    Plain,
    Question,
    ReadMark,
    Since,
    SourceName,
    Store,
    Tag,
    Until,
    filters_of,
    form_by_ending,
    joined,
    limits_of,
    option,
)

if TYPE_CHECKING:
    from assistant.reports import Digest, TopicSummary

MOST_PAPERS = 60
FORM = option("--format", "-f", help="Form of the output; else by the ending of FILE, else text.")
TopicName = Annotated[str, typer.Argument(metavar="NAME", help="The topic's name.", show_default=False)]


class DigestFormat(StrEnum):
    """The forms of a digest."""

    text = "text"
    md = "md"
    html = "html"
    json = "json"
    atom = "atom"
    bibtex = "bibtex"
    csl_json = "csl-json"
    ris = "ris"


class SummaryFormat(StrEnum):
    """The forms of a summary: its own, or those of its references alone."""

    text = "text"
    md = "md"
    html = "html"
    json = "json"
    bibtex = "bibtex"
    csl_json = "csl-json"
    ris = "ris"


class PageFormat(StrEnum):
    """The forms of what can be a page."""

    text = "text"
    md = "md"
    html = "html"
    json = "json"


class Span(StrEnum):
    """What a trend counts by."""

    week = "week"
    month = "month"
    year = "year"


def digest(
    since: Since = None,
    until: Until = None,
    week: Annotated[str | None, option("--week", metavar="WEEK", help="An ISO week, such as 2026-W26.")] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Also what an earlier digest carried, or is marked as read.")
    ] = False,
    tag: Tag = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Do not record it as sent; a model is asked all the same.")
    ] = False,
    output: Output = None,
    library: LibraryName = None,
    store: Store = None,
    model: Model = None,
    base_url: BaseUrl = None,
    jobs: Jobs = None,
    no_cache: NoCache = False,
    max_tokens_total: MaxTokens = None,
    max_cost: MaxCost = None,
    form: Annotated[DigestFormat | None, FORM] = None,
    debug: Debug = False,
) -> None:
    """Say what a week, or other days, brought: chosen, grouped into themes, cited.

    Without days it begins after the last digest, or seven days ago. Papers are chosen by the saved topics, if there are
    any (see topics). What it shows does not come again, unless its abstract changes, nor does what is marked as read. A
    digest of a --tag has the papers of the tag, sent or not, and is not recorded. A model, where one is chosen, writes
    it theme by theme. Exit status: 3 nothing to show; 4 the model's endpoint failed, and what it did not write is
    extractive.
    """
    limits = limits_of(no_cache, max_tokens_total, max_cost)
    with running(debug, library=library, store=store, model=model, base_url=base_url, jobs=jobs, **limits) as run:
        from assistant.render import digests, html, jsonform

        check_output(output)
        made = run.assistant.digest(since=since, until=until, week=week, again=again, tag=tag)
        _tell(run, made)
        name = run.assistant.library_name
        shown = made if dry_run else run.assistant.as_recorded(made)
        run.show(
            form or form_by_ending(output, DigestFormat, default=DigestFormat.text),
            text=lambda out: digests.text(shown, out),
            md=lambda: digests.as_markdown(shown),
            html=lambda: html.digest(shown),
            json=lambda: jsonform.digest(shown, library=name),
            atom=lambda: html.feed(shown, library=Path(name).name),
            output=output,
            cited=lambda: run.assistant.papers_of(made.citations),
            why_none=made.why and f"no references: {made.why}",
        )
        if not dry_run:
            run.assistant.record(made)
        raise typer.Exit(4 if made.failure else 3 if made.why else 0)


def summarize(
    topic: Question,
    papers: Annotated[int, typer.Option("--papers", min=1, max=MOST_PAPERS, metavar="N", help="Papers to read.")] = 20,
    output: Output = None,
    library: LibraryName = None,
    store: Store = None,
    model: Model = None,
    base_url: BaseUrl = None,
    jobs: Jobs = None,
    no_cache: NoCache = False,
    max_tokens_total: MaxTokens = None,
    max_cost: MaxCost = None,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    category: Category = None,
    tag: Tag = None,
    read: ReadMark = None,
    form: Annotated[SummaryFormat | None, FORM] = None,
    debug: Debug = False,
) -> None:
    """Summarize what the library has on a topic: approaches, results, disagreements, what is open, a comparison.

    A model, where one is chosen, takes notes on the papers and writes from these. Exit status: 3 the library has
    nothing on it; 4 the model's endpoint failed, and what it did not write is extractive.
    """
    limits = limits_of(no_cache, max_tokens_total, max_cost)
    with running(debug, library=library, store=store, model=model, base_url=base_url, jobs=jobs, **limits) as run:
        from assistant.render import html, jsonform, summaries

        check_output(output)
        filters = filters_of(since, until, source, author, category=category, tag=tag, read=read)
        made = run.assistant.summarize(joined(topic), papers=papers, filters=filters)
        _tell(run, made)
        run.show(
            form or form_by_ending(output, SummaryFormat, default=SummaryFormat.text),
            text=lambda out: summaries.text(made, out),
            md=lambda: summaries.as_markdown(made),
            html=lambda: html.summary(made),
            json=lambda: jsonform.summary(made, library=run.assistant.library_name),
            output=output,
            cited=lambda: run.assistant.papers_of(made.citations),
            why_none=made.why and f"no references: {made.why}",
        )
        raise typer.Exit(4 if made.failure else 0 if made.sections else 3)


def trends(
    query: Question,
    by: Annotated[Span, typer.Option("--by", help="What to count by.")] = Span.month,
    output: Output = None,
    library: LibraryName = None,
    store: Store = None,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    category: Category = None,
    tag: Tag = None,
    read: ReadMark = None,
    form: Annotated[PageFormat | None, FORM] = None,
    debug: Debug = False,
) -> None:
    """Count the papers that mention some words, over time.

    Every word, and every phrase in quotes, must stand in title or abstract. Exit status: 3 there is none.
    """
    with running(debug, library=library, store=store) as run:
        from assistant.render import html, jsonform, summaries

        check_output(output)
        filters = filters_of(since, until, source, author, category=category, tag=tag, read=read)
        found = run.assistant.trend(joined(query), by=by.value, filters=filters)
        run.show(
            form or form_by_ending(output, PageFormat, default=PageFormat.text),
            text=lambda out: summaries.trend_text(found, out),
            md=lambda: summaries.trend_markdown(found),
            html=lambda: html.trend(found),
            json=lambda: jsonform.trend(found, library=run.assistant.library_name),
            output=output,
        )
        raise typer.Exit(0 if found.papers else 3)


topics = typer.Typer(
    name="topics", help="The subjects you follow, by which digests choose.", no_args_is_help=True, **COMMON
)


@topics.command("add")
def add_topic(
    name: TopicName,
    query: Annotated[
        str | None, option("--query", metavar="WORDS", help="What to look for, with operators; else the name.")
    ] = None,
    author: Author = None,
    category: Category = None,
    library: LibraryName = None,
    debug: Debug = False,
) -> None:
    """Follow a subject."""
    with running(debug, library=library) as run:
        topic = run.assistant.add_topic(name, query=query, author=author, category=category)
        run.note(f"“{topic.name}” is followed, by: {topic.query}")


@topics.command("list")
def list_topics(library: LibraryName = None, form: Plain = PlainFormat.text, debug: Debug = False) -> None:
    """List the subjects you follow."""
    with running(debug, library=library) as run:
        from assistant.render import digests, jsonform

        found = run.assistant.topics()
        run.show(
            form,
            text=lambda out: digests.topics(found, out),
            json=lambda: jsonform.topics(found, library=run.assistant.library_name),
        )


@topics.command("rm")
def remove_topic(name: TopicName, library: LibraryName = None, debug: Debug = False) -> None:
    """Follow a subject no more."""
    with running(debug, library=library) as run:
        run.note(f"“{run.assistant.remove_topic(name).name}” is followed no more")


@topics.command("test")
def try_topic(
    name: TopicName, library: LibraryName = None, form: Plain = PlainFormat.text, debug: Debug = False
) -> None:
    """Show what a topic, saved or not, would have caught in the last 30 days. Exit status: 3 nothing."""
    with running(debug, library=library) as run:
        from assistant.render import digests, jsonform

        found = run.assistant.try_topic(name)
        run.show(
            form,
            text=lambda out: digests.caught(found, out),
            json=lambda: jsonform.caught(name, found, library=run.assistant.library_name),
        )
        raise typer.Exit(0 if found else 3)


def _tell(run: Run, made: "Digest | TopicSummary") -> None:
    """What a reader of a digest or a summary should know besides."""
    if made.failure:
        run.report(f"the model did not write all of it: {made.failure}", "What it did not write is extractive.")
    if made.removed:
        from assistant.render.words import counted

        what = counted(len(made.removed), "sentence")
        run.note(f"{what} of the model taken out, not supported by what is cited; -f json has the reasons")
    for notice in made.notices:
        run.note(notice)


def register(app: typer.Typer) -> None:
    """Put these commands beside the others."""
    for command in (digest, summarize, trends):
        app.command()(command)
    app.add_typer(topics)
