"""The command line, put together: `cli_*` parse, call `Assistant`, render. Results go to standard output, all else to
standard error."""

from typing import Annotated

import typer

from assistant import (
    __version__,
    cli_ask,
    cli_dedupe,
    cli_evaluate,
    cli_export,
    cli_fetch,
    cli_library,
    cli_manage,
    cli_reports,
)
from assistant.console import lenient_output
from assistant.options import COMMON

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


cli_ask.register(app)
cli_library.register(app)
cli_evaluate.register(app)
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
    script.command()(cli_ask.ask)
    script()
