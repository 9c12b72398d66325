"""One run of a command: the two streams, notes and errors on the one, results on the other, and the exit status."""

import contextlib
import io
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assistant.cleaning import one_line, printable
from assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.app import Assistant
    from assistant.papers import StoredPaper


class Format(StrEnum):
    """The forms that results can be printed in."""

    text = "text"
    md = "md"
    json = "json"


class CitedFormat(StrEnum):
    """The forms of what has references: its own, or those of the references alone."""

    text = "text"
    md = "md"
    json = "json"
    bibtex = "bibtex"
    csl_json = "csl-json"
    ris = "ris"


class PlainFormat(StrEnum):
    """The forms of what is a report rather than text."""

    text = "text"
    json = "json"


class Run:
    """The streams of one command. `assistant` is set by `running`."""

    assistant: "Assistant"

    def __init__(self) -> None:
        from rich.console import Console

        from assistant.render.live import Bar

        self.err: Console = Console(stderr=True, highlight=False, emoji=False)
        self.bar: Bar = Bar(self.err)

    def show(
        self,
        form: StrEnum,
        *,
        text: "Callable[[Console], None]",
        output: Path | None = None,
        cited: "Callable[[], Sequence[StoredPaper]] | None" = None,
        why_none: str = "",
        **forms: Callable[[], str],
    ) -> None:
        """Print a result on standard output, or into a file, in the form asked for: by `text`, by that of `forms` that
        has its name, or by one that shows the papers `cited` alone; then `why_none` says why there are none."""
        if cited is not None:
            from assistant.render.references import FORMS

            if make := FORMS.get(form.value):
                forms[form.value] = lambda: "".join(make(cited())).rstrip("\n")
                if why_none:
                    self.note(why_none)
        if output is not None:
            self.bar.close()
            _write(output, [forms[form.value]() if form.value in forms else _plain(text)])
            return
        if sys.stdout is None:
            raise UsageError("standard output is closed", hint="Redirect it to a file or to /dev/null instead.")
        self.bar.close()  # it would else wipe out the last line of what is printed now
        if form.value in forms:
            if said := forms[form.value]():
                typer.echo(said)
        else:
            text(_output())
        sys.stdout.flush()  # here, where a full disk can still be reported

    def stream(self, pieces: Iterable[str], *, output: Path | None = None) -> None:
        """Print what comes in pieces, whole lines each, on standard output, or into a file, without holding it."""
        if output is not None:
            _write(output, pieces)
            return
        if sys.stdout is None:
            raise UsageError("standard output is closed", hint="Redirect it to a file or to /dev/null instead.")
        for piece in pieces:
            if sys.stdout.isatty():
                self.bar.close()
            typer.echo(piece, nl=False)
        sys.stdout.flush()

    def note(self, text: str) -> None:
        """Something the user should know but need not act on."""
        self._tell(f"note: {one_line(text)}", "dim")

    def trace(self) -> None:
        """The traceback of the exception being handled."""
        self.bar.close()
        self.err.print(printable(traceback.format_exc()), markup=False, soft_wrap=True)

    def report(self, message: str, hint: str) -> None:
        """What went wrong, in one line, and what to do."""
        self.bar.close()
        self._tell(f"error: {one_line(message)}", "red")
        if hint:
            self._tell(f"       {one_line(hint)}", "")

    def _tell(self, text: str, style: str) -> None:
        """One line; on a terminal wrapped between words."""
        self.err.print(text, style=style, markup=False, soft_wrap=not self.err.is_terminal)


def _output() -> "Console":
    """Standard output for rich, which would else exit by itself, with status 1, when its reader has gone."""
    from rich.console import Console

    class Output(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return Output(highlight=False, emoji=False)


def _plain(text: "Callable[[Console], None]") -> str:
    """What `text` prints where there is no terminal."""
    from rich.console import Console

    out = io.StringIO()
    text(Console(file=out, highlight=False, color_system=None))
    return out.getvalue()


def check_output(file: Path | None) -> None:
    """UsageError: a result cannot be put into this file. To be told before any work is done for it."""
    if file is None:
        return
    if not file.parent.is_dir():
        raise UsageError(f"there is no folder {file.parent}", hint="Make it, or name another file with -o.")
    if file.is_dir():
        raise UsageError(f"{file} is a folder", hint="Name a file in it with -o.")
    if file.exists() and not file.is_file():  # it would be replaced, and /dev/null be a file
        raise UsageError(f"{file} is no plain file", hint="Leave out -o, and redirect the output to it.")
    from assistant.library import around

    if folder := around(file):
        raise UsageError(f"{file} lies in the library {folder}", hint="Name a file elsewhere with -o.")


def _write(file: Path, pieces: Iterable[str]) -> None:
    """These pieces as the whole of `file`, or nothing of it. UsageError: there is no such folder. OSError."""
    check_output(file)
    handle, aside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name[:100]}.")
    try:
        with open(handle, "w", encoding="utf-8", errors="replace") as out:
            end = ""
            for piece in pieces:
                out.write(piece)
                end = piece[-1:] or end
            out.write("" if end in ("", "\n") else "\n")
        Path(aside).chmod(0o666 & ~_umask())
        Path(aside).replace(file)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@contextlib.contextmanager
def running(debug: bool, **flags: object) -> Iterator[Run]:
    """A run with its assistant."""
    with reporting(debug) as run:
        from assistant.app import build

        with build(flags, os.environ, notice=run.note, progress=run.bar) as run.assistant:
            yield run


@contextlib.contextmanager
def reporting(debug: bool) -> Iterator[Run]:
    """A run, without an assistant yet; whatever goes wrong becomes one line, a hint and an exit status."""
    run = Run()
    try:
        yield run
    except typer.Exit:
        raise
    except AssistantError as error:
        if debug:
            run.trace()
        run.report(str(error), run.assistant.addressed(error.hint) if hasattr(run, "assistant") else error.hint)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        run.bar.close()
        run.note("interrupted; what was stored until now is kept")
        raise typer.Exit(130) from None
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except OSError as error:
        if debug:
            run.trace()
        run.report(str(error), "Check the disk, the path and its permissions.")
        raise typer.Exit(1) from None
    except Exception as error:
        if debug:
            run.trace()
        run.report(f"unexpected {type(error).__name__}: {error}", "This is a bug: report what it says with --debug.")
        raise typer.Exit(1) from None
    finally:
        run.bar.close()


def lenient_output() -> None:
    """A terminal that cannot show a character shows a substitute; it is no reason to fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
