"""A topic summary in a model's words: it takes notes on a few papers at a time (map), then writes sections from these
notes (reduce)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant import findings
from assistant.briefing import Progress
from assistant.cleaning import clean
from assistant.credits import Credits, credited
from assistant.desk import Desk
from assistant.drafts import Claim
from assistant.errors import AssistantError
from assistant.library import Library
from assistant.papers import Passage, StoredPaper
from assistant.quoting import whole
from assistant.results import Sentence
from assistant.writers import Draft, Request, Writer
from assistant.written import notes, renumbered, sections

BATCH = 5  # papers a request: two lines for each keep within 500 tokens
TITLES = ("What it is about", "Approaches", "Results", "Where papers may disagree", "What is open")


@dataclass(frozen=True, slots=True)
class Noted:
    """What the model wrote, its marks numbering `passages`: the idea and the result of papers, by paper id, and
    (title, sentences) of the sections, none where it failed. `removed` are its sentences that did not hold; of
    `replies` so many were `cached`."""

    passages: tuple[Passage, ...]
    ideas: Mapping[str, Claim]
    results: Mapping[str, Claim]
    credits: Credits
    sections: tuple[tuple[str, tuple[Claim, ...]], ...] = ()

    @property
    def anything(self) -> bool:
        return bool(self.ideas or self.results or self.sections)


def noted(
    papers: Sequence[StoredPaper], *, topic: str, desk: Desk, model: Writer, library: Library, progress: Progress
) -> Noted:
    """Have `model` write what these papers say on a topic. BudgetError: a limit leaves nothing to ask. PromptError."""
    passages = tuple(whole(one) for one in papers)
    starts = range(0, len(passages), BATCH)
    requests = [Request(topic, passages[at : at + BATCH], task="notes") for at in starts]
    steps = len(requests) + 1
    what = f"asking {model.name}"
    progress(what, 0, steps)
    given = desk.ask_each(requests, model, done=lambda count: progress(what, count, steps))
    ideas: dict[str, Claim] = {}
    results: dict[str, Claim] = {}
    removed: list[Sentence] = []
    for at, request, draft in zip(starts, requests, given, strict=True):
        if isinstance(draft, Draft):
            read = notes(draft, request.passages, library)
            numbers = {n: at + n for n in range(1, len(request.passages) + 1)}
            ideas |= {paper: renumbered(claim, numbers) for paper, claim in read.ideas.items()}
            results |= {paper: renumbered(claim, numbers) for paper, claim in read.results.items()}
            removed += read.kept.removed
    made = Noted(passages, ideas, results, credited(given, removed))
    if made.credits.failure:  # an endpoint that has just failed is not asked again
        return made
    said = tuple(_note(one, ideas, results) for one in papers)
    (over,) = desk.ask_each([Request(topic, passages, task="sections", notes=said)], model)
    progress(what, steps, steps)
    if isinstance(over, AssistantError):
        return replace(made, credits=credited([*given, over], removed))
    parts, held = sections(over, passages, library)
    signed = credited([*given, over], [*removed, *held.removed])
    return replace(made, credits=signed, sections=tuple(_known(parts)))


def _note(one: StoredPaper, ideas: Mapping[str, Claim], results: Mapping[str, Claim]) -> str:
    """What is noted of a paper: the model's words where they held, else the abstract's."""
    idea, found = ideas.get(one.paper_id), results.get(one.paper_id)
    lines = [("Idea", idea.plain) if idea else ("Abstract", clean(one.paper.abstract))]
    lines += [("Result", found.plain if found else findings.found(one.paper))]
    lines += [("Open", findings.left_open(one.paper))]
    return "\n".join(f"{label}: {text}" for label, text in lines if text)


def _known(parts: Sequence[tuple[str, Sequence[Claim]]]) -> list[tuple[str, tuple[Claim, ...]]]:
    """The parts under headings that were asked for; what stands under another belongs to the part before it."""
    found: list[tuple[str, tuple[Claim, ...]]] = []
    for title, claims in parts:
        if any(title.casefold().startswith(known.casefold()) for known in TITLES):
            found.append((title, tuple(claims)))
        elif found:
            found[-1] = (found[-1][0], (*found[-1][1], *claims))
    return found
