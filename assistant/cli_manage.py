"""The commands that look after a library: tags, notes, what is read, backups; and after the configuration."""

import os
import sys
from typing import Annotated

import typer

from assistant.console import PlainFormat, Run, reporting, running
from assistant.errors import UsageError
from assistant.options import (
    COMMON,
    NAMED,
    BaseUrl,
    Debug,
    Judged,
    K,
    LibraryName,
    Model,
    Paper,
    Papers,
    Plain,
    Rerank,
    Store,
    joined,
)

TagName = Annotated[str, typer.Argument(metavar="TAG", help="The tag; case does not matter.", show_default=False)]
BackupFile = Annotated[str, typer.Argument(metavar="FILE", help="The backup.", show_default=False)]

tag = typer.Typer(name="tag", help="Your tags, by which papers can be chosen: --tag.", no_args_is_help=True, **COMMON)
config = typer.Typer(name="config", help="The settings, and their file.", no_args_is_help=True, **COMMON)


@tag.command("add")
def add_tag(name: TagName, papers: Papers, library: LibraryName = None, debug: Debug = False) -> None:
    """Put a tag to papers."""
    with running(debug, library=library) as run:
        _count(run, run.assistant.curator.tag(name, papers), "tagged", "had that tag already")


@tag.command("rm")
def remove_tag(
    name: TagName,
    papers: Annotated[list[str] | None, typer.Argument(metavar="ID", help=NAMED, show_default=False)] = None,
    everywhere: Annotated[bool, typer.Option("--all", help="From every paper that has it.")] = False,
    library: LibraryName = None,
    debug: Debug = False,
) -> None:
    """Take a tag from papers."""
    with running(debug, library=library) as run:
        if bool(papers) == everywhere:
            raise UsageError(
                "a tag is taken from some papers, or with --all from all", hint="Name some, or give --all."
            )
        _count(run, run.assistant.curator.untag(name, papers or None), "lost the tag", "did not have it")


@tag.command("list")
def list_tags(library: LibraryName = None, form: Plain = PlainFormat.text, debug: Debug = False) -> None:
    """List your tags, and how many papers have each."""
    with running(debug, library=library) as run:
        from assistant.render import holdings, jsonform

        found = run.assistant.tags()
        run.show(
            form,
            text=lambda out: holdings.tags(found, out),
            json=lambda: jsonform.tags(found, library=run.assistant.library_name),
        )


def note(
    paper: Paper,
    text: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="The note; - reads it from standard input.", show_default=False),
    ] = None,
    append: Annotated[bool, typer.Option("--append", "-a", help="Put it below the note that is there.")] = False,
    remove: Annotated[bool, typer.Option("--rm", help="Take the note away.")] = False,
    library: LibraryName = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Show a paper's note; with TEXT, write it.

    A note that is replaced or taken away is told once more. Exit status: 3 there is none to show.
    """
    with running(debug, library=library) as run:
        if remove and (text or append):
            raise UsageError("--rm takes the note away", hint="Leave out the rest, or leave out --rm.")
        if append and not text:
            raise UsageError("--append has nothing to put there", hint='Give a text: assistant note ID -a "…"')
        if not text and not remove:
            _show_note(run, paper, form)
            return
        curator = run.assistant.curator
        before = curator.note(paper, joined(text), append=append) if text else curator.erase(paper)
        if before and not append:
            run.note(f"the note was: {before}")
        else:
            run.note("there was no note" if remove else "it is added to the note" if before else "the note is kept")


def _show_note(run: Run, paper: str, form: PlainFormat) -> None:
    from assistant.render import holdings, jsonform

    found = run.assistant.show(paper)
    if not found.marks.note:
        run.note(f"{found.paper_id} has no note")
        raise typer.Exit(3)
    run.show(
        form,
        text=lambda out: holdings.note(found, out),
        json=lambda: jsonform.note(found, library=run.assistant.library_name),
    )


def read(papers: Papers, library: LibraryName = None, debug: Debug = False) -> None:
    """Mark papers as read: no digest shows them, and --unread leaves them out."""
    with running(debug, library=library) as run:
        _count(run, run.assistant.curator.read(papers), "marked as read", "were so already")


def unread(papers: Papers, library: LibraryName = None, debug: Debug = False) -> None:
    """Mark papers as not read."""
    with running(debug, library=library) as run:
        _count(run, run.assistant.curator.unread(papers), "marked as not read", "were so already")


def _count(run: Run, changed: int, done: str, already: str) -> None:
    from assistant.render.words import counted

    run.note(f"{counted(changed, 'paper')} {done}" + ("" if changed else f"; they {already}"))


def backup(
    file: BackupFile,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Write the library to one file: papers, vectors, tags, notes, topics, digests.

    It is of one moment, while others read and write. A backup that is there is replaced, when the new one is whole.
    """
    with running(debug, library=library, store=store) as run:
        from assistant.render import holdings, jsonform

        made = run.assistant.backup(file)
        run.show(form, text=lambda out: holdings.backup(made, out), json=lambda: jsonform.backup(made))


def restore(
    file: BackupFile,
    force: Annotated[bool, typer.Option("--force", help="Put it in the place of the papers that are there.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file, and say what it holds.")] = False,
    library: LibraryName = None,
    store: Store = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Make a library of a backup: the default one, or --library NAME.

    The file is checked and indexed aside, and then takes its place at once; until then the old library stays.
    """
    with running(debug, library=library, store=store) as run:
        from assistant.render import holdings, jsonform

        found = run.assistant.check_backup(file) if dry_run else run.assistant.restore(file, force=force)
        run.show(form, text=lambda out: holdings.backup(found, out), json=lambda: jsonform.backup(found))
        run.note("it is sound; nothing was restored" if dry_run else f"restored into {run.assistant.folder}")


@config.command("show")
def show_config(
    k: K = None,
    library: LibraryName = None,
    store: Store = None,
    model: Model = None,
    base_url: BaseUrl = None,
    rerank: Rerank = None,
    judge: Judged = None,
    form: Plain = PlainFormat.text,
    debug: Debug = False,
) -> None:
    """Show every setting, and where it comes from: a flag, a variable, the file, or the default. Keys are hidden."""
    with reporting(debug) as run:
        from assistant import configuring
        from assistant.render import holdings, jsonform

        flags = {"store": store, "k": k, "model": model, "base_url": base_url, "rerank": rerank, "judge": judge}
        found = configuring.configuration(flags | {"library": library}, os.environ)
        file = str(configuring.path(os.environ))
        run.show(
            form,
            text=lambda out: holdings.configuration(found, out),
            json=lambda: jsonform.configuration(found, file=file),
        )


@config.command("path")
def show_path(debug: Debug = False) -> None:
    """Print where the configuration file is, or would be."""
    with reporting(debug):
        from assistant import configuring

        typer.echo(configuring.path(os.environ))


@config.command("edit")
def edit_config(debug: Debug = False) -> None:
    """Open the configuration file in your editor (VISUAL, else EDITOR), and check what it says then.

    Where there is no file yet, it is made, with every setting in it as a comment. Exit status: 2 it cannot be used.
    """
    with reporting(debug) as run:
        from assistant import configuring

        sys.stdout.flush()
        run.note(f"{configuring.edit(os.environ)} is in order")


def register(app: typer.Typer) -> None:
    """Put these commands beside the others."""
    app.add_typer(tag)
    for command in (note, read, unread, backup, restore):
        app.command()(command)
    app.add_typer(config)
