"""Fetches for a terminal: a line for each question, what was wrong with records, and what a fetch would ask."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assistant.fetches import Fetched, FetchPlan, FetchReport
from assistant.render.holdings import some
from assistant.render.lines import hanging, put
from assistant.render.words import counted

if TYPE_CHECKING:
    from rich.console import Console


def report(made: FetchReport, console: "Console") -> None:
    """A failure is told on standard error instead."""
    for one in made.fetches:
        if one.failure and not one.pages:
            continue
        put(console, f"{one.asked}: {_came(one)}")
        problems = [f"{page.file}, line {wrong.line}: {wrong.reason}" for page in one.pages for wrong in page.problems]
        unlisted = sum(page.unlisted for page in one.pages)
        some(console, problems, len(problems) + unlisted, "records with problems", "yellow")
    if made.rejects:
        put(console, f"{counted(made.rejected, 'record')} kept to mend: {made.rejects}", "yellow")
    if made.papers is not None:
        put(console, f"The library holds {counted(made.papers, 'paper')}.", "bold")


def _came(one: Fetched) -> str:
    if one.why:
        said = f"0 new: {one.why}"
    else:
        parts = [f"{one.count('new'):,} new", f"{one.count('changed'):,} changed", f"{one.count('known'):,} known"]
        said = ", ".join(part for part in parts if not part.startswith("0 changed"))
    if one.capped:
        there = f" of {one.total:,}" if one.total else ""
        said += f"; stopped at the limit, after {one.resumed + one.count('records'):,}{there} records: --max sets it"
    if one.missing:
        said += f"; {one.missing:,} of {one.total:,} records were not given"
    return said


def plans(found: Sequence[FetchPlan], console: "Console") -> None:
    for plan in found:
        put(console, plan.asked, "bold")
        hanging(console, "  ", [(f"GET {plan.address}", "")], wrap=False)
        resumed = f", going on after the {plan.resumed:,} read before" if plan.resumed else ""
        hanging(
            console,
            "  ",
            [(f"and on, a page every {plan.interval:g} s, to the end or to {plan.most:,} records{resumed}", "dim")],
        )
        hanging(console, "  ", [(f"as {plan.agent}; nothing was sent", "dim")])
