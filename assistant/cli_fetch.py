"""The commands that get papers from services: fetch, and sync for what the configuration file follows."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.console import PlainFormat, Run, running
from assistant.errors import UsageError
from assistant.fetches import MOST
from assistant.options import COMMON, Day, Debug, LibraryName, Plain, Since, Store, Until, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assistant.fetches import FetchPlan, FetchReport

MOST_RECORDS = 1_000_000
Most = Annotated[int, typer.Option("--max", min=1, max=MOST_RECORDS, metavar="N", help="Records to read at most.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be asked; send nothing.")]
Again = Annotated[bool, typer.Option("--again", help="Begin anew, and ask also for what is known to be unchanged.")]
Category = Annotated[
    str | None, option("--category", metavar="NAME", help="Papers of this category, such as cs.LG or cs.")
]
Words = Annotated[str | None, option("--query", metavar="WORDS", help="What to look for.")]

fetch = typer.Typer(
    name="fetch",
    help="Get papers from a service into the library. What it asks, and how often: docs/fetch.md.",
    no_args_is_help=True,
    **COMMON,
)


@fetch.command("arxiv")
def fetch_arxiv(
    category: Category = None,
    query: Annotated[
        str | None, option("--query", metavar="WORDS", help="Words, or a query in arXiv's form, such as ti:attention.")
    ] = None,
    since: Since = None,
    until: Until = None,
    most: Most = MOST,
    dry_run: DryRun = False,
    again: Again = False,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Get papers from arXiv, by the day they were first submitted."""
    with running(debug, library=library, store=store) as run:
        _fetch(run, "arxiv", query, category, since, until, most, dry_run, again, form)


@fetch.command("arxiv-oai")
def fetch_arxiv_oai(
    category: Category = None,
    since: Since = None,
    until: Until = None,
    most: Most = MOST,
    dry_run: DryRun = False,
    again: Again = False,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Get what arXiv says was submitted, replaced or withdrawn in some days."""
    with running(debug, library=library, store=store) as run:
        _fetch(run, "arxiv-oai", None, category, since, until, most, dry_run, again, form)


@fetch.command("hf-daily")
def fetch_hf_daily(
    day: Day = None,
    since: Since = None,
    until: Until = None,
    most: Most = MOST,
    dry_run: DryRun = False,
    again: Again = False,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Get the Daily Papers of Hugging Face, of one day or of several."""
    with running(debug, library=library, store=store) as run:
        if day and (since or until):
            raise UsageError("--date is a day of its own", hint="Give --date, or --since and --until.")
        _fetch(run, "hf-daily", None, None, day or since, day or until, most, dry_run, again, form)


@fetch.command("s2")
def fetch_s2(
    query: Words = None,
    since: Since = None,
    until: Until = None,
    most: Most = MOST,
    dry_run: DryRun = False,
    again: Again = False,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Get papers from Semantic Scholar."""
    with running(debug, library=library, store=store) as run:
        _fetch(run, "s2", query, None, since, until, most, dry_run, again, form)


@fetch.command("openalex")
def fetch_openalex(
    query: Words = None,
    since: Since = None,
    until: Until = None,
    most: Most = MOST,
    dry_run: DryRun = False,
    again: Again = False,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Get papers from OpenAlex. Set OPENALEX_API_KEY; without a key it answers a few requests a day."""
    with running(debug, library=library, store=store) as run:
        _fetch(run, "openalex", query, None, since, until, most, dry_run, again, form)


def sync(
    dry_run: DryRun = False,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Fetch what the configuration file follows, and say why nothing is new where nothing is.

    For cron. Each [[sync]] table is fetched from where its last sync that went well began. Exit status 1 if a service
    failed; the others are fetched.
    """
    with running(debug, library=library, store=store) as run:
        if dry_run:
            _plan(run, run.assistant.plan_sync(), form)
        else:
            _report(run, run.assistant.sync(), form)


def _fetch(
    run: Run,
    source: str,
    query: str | None,
    category: str | None,
    since: date | None,
    until: date | None,
    most: int,
    dry_run: bool,
    again: bool,
    form: PlainFormat,
) -> None:
    from assistant.services import Wanted

    wanted = Wanted(source, query or "", category or "", since, until)
    if dry_run:
        _plan(run, [run.assistant.plan_fetch(wanted, most=most, again=again)], form)
    else:
        _report(run, run.assistant.fetch(wanted, most=most, again=again), form)


def _plan(run: Run, plans: "Sequence[FetchPlan]", form: PlainFormat) -> None:
    from assistant.render import fetches, jsonform

    run.show(
        form,
        text=lambda out: fetches.plans(plans, out),
        json=lambda: jsonform.fetch_plans(plans, library=run.assistant.library_name),
    )


def _report(run: Run, made: "FetchReport", form: PlainFormat) -> None:
    from assistant.render import fetches, jsonform

    run.show(
        form,
        text=lambda out: fetches.report(made, out),
        json=lambda: jsonform.fetches(made, library=run.assistant.library_name),
    )
    failed = [one for one in made.fetches if one.failure]
    for one in failed:
        run.report(f"{one.asked}: {one.failure}", one.hint)
    raise typer.Exit(1 if failed else 0)


def register(app: typer.Typer) -> None:
    """Put these commands beside the others."""
    app.add_typer(fetch)
    app.command()(sync)
