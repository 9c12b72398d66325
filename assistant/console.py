"""One run of a command: the two streams, notes and errors on the one, results on the other, and the exit status."""

import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from assistant.cleaning import one_line, printable
from assistant.errors import AssistantError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.app import Assistant


class Format(StrEnum):
    """The forms that results can be printed in."""

    text = "text"
    md = "md"
    json = "json"


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
        form: Format | PlainFormat,
        *,
        text: "Callable[[Console], None]",
        json: Callable[[], str],
        md: Callable[[], str] | None = None,
    ) -> None:
        """Print a result on standard output, in the form asked for."""
        if sys.stdout is None:
            raise UsageError("standard output is closed", hint="Redirect it to a file or to /dev/null instead.")
        self.bar.close()  # it would else wipe out the last line of what is printed now
        if form.value == "json":
            typer.echo(json())
        elif form.value == "md" and md is not None:
            typer.echo(md())
        else:
            text(_output())
        sys.stdout.flush()  # here, where a full disk can still be reported

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


@contextlib.contextmanager
def running(debug: bool, **flags: object) -> Iterator[Run]:
    """A run with its assistant; whatever goes wrong becomes one line, a hint and an exit status."""
    run = Run()
    try:
        from assistant.app import build

        with build(flags, os.environ, notice=run.note, progress=run.bar) as run.assistant:
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
