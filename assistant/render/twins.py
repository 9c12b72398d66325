"""Near duplicates for a terminal and as Markdown."""

from typing import TYPE_CHECKING

from assistant.render import markdown, terminal
from assistant.render.lines import put
from assistant.render.words import counted
from assistant.reports import Duplicates

if TYPE_CHECKING:
    from rich.console import Console


def said(result: Duplicates) -> str:
    """How many there are, among how many."""
    papers = sum(len(group.papers) for group in result.groups)
    groups = counted(len(result.groups), "group")
    found = f"{papers:,} papers in {groups} are nearly the same" if papers else "no two papers are nearly the same"
    return f"{found}, of {result.papers:,} compared in {result.seconds:.1f} s · nothing was changed"


def text(result: Duplicates, console: "Console", *, limit: int) -> None:
    """Each group under the reason why it is one, its papers as in a list."""
    for group in result.groups[:limit]:
        put(console, group.reason, "bold")
        terminal.references(console, group.papers, mark="- ")
        put(console, "")
    if result.groups:
        put(console, "Look at one with: assistant show ID · take it out with: assistant remove ID")
    put(console, said(result), "dim")


def as_markdown(result: Duplicates, *, limit: int) -> str:
    """Each group under the reason why it is one, as a list."""
    lines = ["# Near duplicates", ""]
    for group in result.groups[:limit]:
        lines += [f"## {markdown.escaped(group.reason)}", ""]
        lines += [*(f"- {markdown._reference(one)}" for one in group.papers), ""]
    return "\n".join([*lines, f"*{markdown.escaped(said(result))}*"])
