"""The command line: parse, call `Assistant`, render. Results go to standard output, all else to standard error."""

import contextlib
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from assistant import __version__
from assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.app import Assistant
    from assistant.papers import Filters

app = typer.Typer(
    name="assistant",
    help="Cited answers from paper abstracts: every sentence is checked against the abstract it cites.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    text = "text"
    md = "md"
    json = "json"


Question = Annotated[
    list[str],
    typer.Argument(help="The question, in quotes or not; - reads it from standard input.", show_default=False),
]
LibraryName = Annotated[
    str | None,
    typer.Option(
        "--library", "-l", metavar="NAME|PATH", help="Library to use; “sample” is the bundled one.", show_default=False
    ),
]
Form = Annotated[Format, typer.Option("--format", "-f", help="Form of the output.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
K = Annotated[int | None, typer.Option("-k", min=1, max=200, help="Papers to use.  [default: 10]", show_default=False)]
_DAY = ["%Y-%m-%d"]
Since = Annotated[
    datetime | None, typer.Option(formats=_DAY, help="Only papers of this day or later.", show_default=False)
]
Until = Annotated[
    datetime | None, typer.Option(formats=_DAY, help="Only papers of this day or earlier.", show_default=False)
]
SourceName = Annotated[
    str | None, typer.Option("--source", help="Only papers from this source (hf-page, jsonl).", show_default=False)
]
Author = Annotated[str | None, typer.Option(help="Only papers by an author of this name.", show_default=False)]


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=lambda shown: _version() if shown else None, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    pass


def _version() -> NoReturn:
    typer.echo(f"paper-assistant {__version__}")
    raise typer.Exit


@app.command()
def ask(
    question: Question,
    k: K = None,
    library: LibraryName = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", "-m", help="Model that writes, of OPENAI_BASE_URL; “extractive” for none.", show_default=False
        ),
    ] = None,
    base_url: Annotated[
        str | None, typer.Option(help="Address of an OpenAI-compatible API.", show_default=False)
    ] = None,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    strict: Annotated[bool, typer.Option("--strict", help="Take out what is not supported, and exit with 5.")] = False,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """Answer a question from the library, with citations.

    Exit status: 0 answered, 3 the library cannot answer, 4 the model's endpoint failed (the answer is then
    extractive), 5 --strict took something out.
    """
    from assistant.render import jsonform, markdown, terminal
    from assistant.render.live import LiveDraft

    with _running(debug, library=library, model=model, base_url=base_url) as (assistant, out, err):
        filters = _filters(since, until, source, author)
        with LiveDraft(err) as draft:
            live = draft if err.is_terminal else None
            answer = assistant.ask(_joined(question), k=k, filters=filters, strict=strict, on_text=live)
        if answer.failure:
            _report(err, f"the model did not answer: {answer.failure}", "This answer is extractive instead.")
        for notice in answer.notices:
            _note(err, notice)
        if form is Format.json:
            typer.echo(jsonform.answer(answer, library=assistant.library_name))
        elif form is Format.md:
            typer.echo(markdown.answer(answer))
        else:
            terminal.answer(answer, out)
        raise typer.Exit(
            _status(
                failed=bool(answer.failure),
                strict=strict and bool(answer.removed),
                unanswered=answer.status == "unanswered",
            )
        )


def _status(*, failed: bool, strict: bool, unanswered: bool) -> int:
    return 4 if failed else 5 if strict else 3 if unanswered else 0


@app.command()
def search(
    question: Question,
    k: K = None,
    library: LibraryName = None,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """List the papers nearest to some words or a question."""
    from assistant.render import jsonform, markdown, terminal

    with _running(debug, library=library) as (assistant, out, _):
        asked = _joined(question)
        results = assistant.search(asked, k=k, filters=_filters(since, until, source, author))
        if form is Format.json:
            typer.echo(jsonform.search(results, question=asked, library=assistant.library_name))
        elif form is Format.md:
            typer.echo(markdown.search(results, question=asked))
        else:
            terminal.search(results, out)


@app.command()
def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH…", help="Files or folders of papers; - is standard input.", show_default=False),
    ],
    library: LibraryName = None,
    year: Annotated[
        int | None,
        typer.Option(min=1990, max=2100, help="Year of dates that a page gives without one.", show_default=False),
    ] = None,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """Read papers into the library: Daily Papers page text or JSON lines, also gzipped.

    Reading the same file again changes nothing. Exit status 1 if a file could not be read; the others are.
    """
    from assistant.render import jsonform, terminal

    with _running(debug, library=library) as (assistant, out, err):
        report = assistant.ingest(paths, year=year)
        if form is Format.json:
            typer.echo(jsonform.ingest(report, library=assistant.library_name))
        else:
            terminal.ingest(report, out)
        for file in report.refused:
            _report(err, f"{file.file}: {file.refused}", file.hint)
        raise typer.Exit(1 if report.refused else 0)


@app.command()
def show(
    paper: Annotated[
        str, typer.Argument(metavar="ID", help="Id, beginning of an id, arXiv id, DOI or title.", show_default=False)
    ],
    library: LibraryName = None,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """Show one paper: what is known of it, its abstract, where it came from."""
    from assistant.render import jsonform, markdown, terminal

    with _running(debug, library=library) as (assistant, out, _):
        found = assistant.show(paper)
        if form is Format.json:
            typer.echo(jsonform.papers([found], library=assistant.library_name))
        elif form is Format.md:
            typer.echo(markdown.papers([found]))
        else:
            terminal.paper(found, out)


@app.command("list")
def list_papers(
    library: LibraryName = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Papers to list.")] = 20,
    offset: Annotated[int, typer.Option(min=0, help="Papers to pass over first.")] = 0,
    since: Since = None,
    until: Until = None,
    source: SourceName = None,
    author: Author = None,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """List papers of the library, newest first."""
    from assistant.render import jsonform, markdown, terminal

    with _running(debug, library=library) as (assistant, out, _):
        found = assistant.list(filters=_filters(since, until, source, author), limit=limit, offset=offset)
        if form is Format.json:
            typer.echo(jsonform.papers(found, library=assistant.library_name))
        elif form is Format.md:
            typer.echo(markdown.papers(found))
        else:
            terminal.papers(found, out)


@app.command()
def status(library: LibraryName = None, form: Form = Format.text, debug: Debug = False) -> None:
    """Say what the library holds."""
    from assistant.render import jsonform, terminal

    with _running(debug, library=library) as (assistant, out, _):
        result = assistant.status()
        if form is Format.json:
            typer.echo(jsonform.status(result))
        else:
            terminal.status(result, out)


@app.command()
def reindex(library: LibraryName = None, debug: Debug = False) -> None:
    """Chunk, embed and index every paper anew: after a change of embedder or chunk size, or to mend the indexes."""
    with _running(debug, library=library) as (assistant, _, err):
        count = assistant.reindex()
        _note(err, f"{count:,} papers indexed anew")


@app.command()
def doctor(
    library: LibraryName = None,
    download: Annotated[
        bool, typer.Option("--download", help="Fetch the vocabularies for exact token counts.")
    ] = False,
    form: Form = Format.text,
    debug: Debug = False,
) -> None:
    """Check the installation, the settings and the library. Exit status 1 if something is at fault."""
    from assistant.render import jsonform, terminal

    with _running(debug, library=library) as (assistant, out, _):
        findings = assistant.doctor(download=download)
        if form is Format.json:
            typer.echo(jsonform.findings(findings, library=assistant.library_name))
        else:
            terminal.findings(findings, out)
        raise typer.Exit(1 if any(finding.level == "fault" for finding in findings) else 0)


@contextlib.contextmanager
def _running(debug: bool, **flags: object) -> Iterator[tuple["Assistant", "Console", "Console"]]:
    """An assistant and the two consoles; whatever goes wrong becomes one line, a hint and an exit status."""
    from rich.console import Console

    from assistant.app import build
    from assistant.render.live import Bar

    out, err = Console(highlight=False), Console(stderr=True, highlight=False)
    bar = Bar(err)
    try:
        with build(flags, os.environ, notice=lambda text: _note(err, text), progress=bar) as assistant:
            yield assistant, out, err
    except AssistantError as error:
        if debug:
            raise
        bar.close()
        _report(err, str(error), error.hint)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        bar.close()
        _note(err, "interrupted; nothing is lost, the next command goes on from here")
        raise typer.Exit(130) from None
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except typer.Exit:
        raise
    except Exception as error:
        if debug:
            raise
        bar.close()
        _report(
            err,
            f"unexpected {type(error).__name__}: {error}",
            "This is a bug: run it with --debug and report what it says.",
        )
        raise typer.Exit(1) from None
    finally:
        bar.close()


def _joined(words: list[str]) -> str:
    return sys.stdin.read() if words == ["-"] else " ".join(words)


def _filters(since: datetime | None, until: datetime | None, source: str | None, author: str | None) -> "Filters":
    from assistant.papers import Filters

    if since and until and since > until:
        raise UsageError("--since is later than --until", hint="Swap them.")
    return Filters(since.date() if since else None, until.date() if until else None, source, author)


def _note(err: "Console", text: str) -> None:
    from assistant.cleaning import printable

    err.print(f"note: {printable(text)}", style="dim", markup=False, soft_wrap=True)


def _report(err: "Console", message: str, hint: str) -> None:
    from assistant.cleaning import printable

    line = " ".join(printable(message).split())
    err.print(f"error: {line}", style="red", markup=False, soft_wrap=True)
    if hint:
        err.print(f"       {printable(hint)}", markup=False, soft_wrap=True)


def main() -> None:
    """The `assistant` script."""
    _lenient_output()
    app()


def ask_main() -> None:
    """The `ask` script: `ask "…"` is `assistant ask "…"`."""
    _lenient_output()
    script = typer.Typer(
        name="ask", pretty_exceptions_enable=False, context_settings={"help_option_names": ["-h", "--help"]}
    )
    script.command()(ask)
    script()


def _lenient_output() -> None:
    """A terminal that cannot show a character shows a substitute; it is no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
