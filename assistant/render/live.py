"""What moves on standard error while work goes on: a progress bar, and a draft as it is being written. Nothing of it
is shown where standard error is not a terminal."""

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from assistant.cleaning import one_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.progress import Progress, TaskID

DRAFT_LINES = 12


class Bar:
    """A progress bar that appears with the first report and goes when the work is done."""

    def __init__(self, console: "Console") -> None:
        self._console = console
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._what = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show `done` of `total`; a total of 0 is one that is not known."""
        if not self._console.is_terminal:
            return
        if self._progress is None:
            from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

            what_column = TextColumn("{task.description}", markup=False)
            columns = (what_column, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
            self._progress = Progress(*columns, console=self._console, transient=True)
            self._progress.start()
        if self._task is None or what != self._what:
            if self._task is not None:
                self._progress.remove_task(self._task)
            self._task = self._progress.add_task(one_line(what)[-60:], total=total or None)
            self._what = what
        self._progress.update(self._task, completed=done, total=total or None)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


class LiveDraft:
    """The last lines of a draft while the model writes it, marked as unchecked; gone when it is done."""

    def __init__(self, console: "Console", *, before: Callable[[], None] = lambda: None) -> None:
        self._console, self._before = console, before
        self._text = ""
        self._live: Live | None = None

    def __call__(self, piece: str) -> None:
        from rich.live import Live
        from rich.text import Text

        if self._live is None:
            self._before()  # a progress bar must be gone: a console has one live display
            self._live = Live(console=self._console, transient=True, refresh_per_second=8)
            self._live.start()
        self._text += piece
        self._text = self._text[-DRAFT_LINES * 400 :]  # more than is shown, at any width
        lines = Text(self._text, "dim").wrap(self._console, max(20, self._console.width - 1))[-DRAFT_LINES:]
        self._live.update(Text("\n").join([Text("being written, not checked yet", "italic dim"), *lines]))

    def __enter__(self) -> "LiveDraft":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
