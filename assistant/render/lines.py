"""Lines on a terminal: styled parts, wrapped under themselves there, each on one line when piped. Text is never
markup."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.cleaning import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

MAX_WIDTH = 100  # columns; longer lines are hard to read

Parts = Sequence[tuple[str, str]]  # texts with their styles


def put(console: "Console", text: str, style: str = "") -> None:
    hanging(console, "", [(text, style)])


def heading(console: "Console", text: str) -> None:
    put(console, "")
    put(console, text, "bold")


def hanging(console: "Console", first: str, parts: Parts, *, style: str = "", wrap: bool = True) -> None:
    """Print styled parts after `first`, wrapped under themselves on a terminal, on one line otherwise."""
    width = max(20 + len(first), min(console.width, MAX_WIDTH)) if wrap and console.is_terminal else None
    for line in folded(console, first, parts, width, style=style):
        console.print(line, soft_wrap=True)


def folded(console: "Console", first: str, parts: Parts, width: int | None, *, style: str = "") -> "list[Text]":
    """The lines of styled parts after `first`, wrapped under themselves in `width` columns; None is one line."""
    from rich.text import Text

    text = Text()
    for part, part_style in parts:
        text.append(" ".join(printable(part).split("\n")), part_style)
    text.rstrip()
    if width is None:
        return [Text.assemble((first, style), text)]
    lines = text.wrap(console, max(1, width - len(first))) or [Text("")]
    for line in lines:
        line.rstrip()
    return [Text.assemble((first, style) if not at else " " * len(first), line) for at, line in enumerate(lines)]
