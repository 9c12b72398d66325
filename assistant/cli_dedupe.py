"""The command that looks for near duplicates. It only lists."""

from typing import Annotated

import typer

from assistant.console import Format, running
from assistant.options import Debug, Form, LibraryName, option

MOST_GROUPS = 1_000_000


def dedupe(
    library: LibraryName = None,
    alike: Annotated[
        float | None,
        option("--alike", metavar="SHARE", help="Least likeness, 0.4 to 1.  [default: 0.5]"),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=MOST_GROUPS, metavar="N", help="Groups to list.")
    ] = 20,
    dry_run: Annotated[bool, option("--dry-run", help="Only list them, which is all it ever does.")] = True,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """List papers that are nearly the same, for you to decide.

    Likeness is the share of runs of three words that two papers have in common, in title and abstract; of papers with
    the same title 0.2 will do. Nothing is changed: what you do not want twice, take out with remove. Records that name
    the same arXiv id or DOI are made one paper when they are read, and are not listed. Exit status: 3 there are none.
    """
    with running(debug, library=library) as run:
        from assistant.render import jsonform, twins

        found = run.assistant.duplicates(alike=alike)
        run.bar.close()
        if len(found.groups) > limit:
            run.note(f"{limit:,} of {len(found.groups):,} groups; more with --limit")
        run.show(
            form,
            text=lambda out: twins.text(found, out, limit=limit),
            md=lambda: twins.as_markdown(found, limit=limit),
            json=lambda: jsonform.duplicates(found, limit=limit, library=run.assistant.library_name),
        )
        raise typer.Exit(0 if found.groups else 3)


def register(app: typer.Typer) -> None:
    """Put this command beside the others."""
    app.command()(dedupe)
