"""A digest in a model's words: it is asked for one theme at a time (map), then for what stands out in all (reduce)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.credits import Credits, credited
from assistant.desk import Desk
from assistant.drafts import Claim
from assistant.errors import AssistantError
from assistant.library import Library
from assistant.papers import Passage, StoredPaper
from assistant.quoting import whole
from assistant.writers import Draft, Request, Writer
from assistant.written import Brief, brief, kept

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """A theme to be written: its papers, of which the first `shown` get a sentence each."""

    name: str
    papers: tuple[StoredPaper, ...]
    shown: int


@dataclass(frozen=True, slots=True)
class Briefing:
    """What the model wrote: a brief for each part (None: it failed there), and what stands out, whose marks number
    `passages`."""

    briefs: tuple[Brief | None, ...]
    credits: Credits
    overview: tuple[Claim, ...] = ()
    passages: tuple[Passage, ...] = ()


def briefing(
    parts: Sequence[Part], *, about: str, desk: Desk, model: Writer, library: Library, progress: Progress
) -> Briefing:
    """Have `model` write the parts of a digest `about` some days, and what stands out. BudgetError: a limit leaves
    nothing to ask. PromptError."""
    requests = [
        Request(about, tuple(whole(one) for one in part.papers), task="theme", lines=part.shown) for part in parts
    ]
    steps = len(parts) + 1
    what = f"asking {model.name}"
    progress(what, 0, steps)
    given = desk.ask_each(requests, model, done=lambda count: progress(what, count, steps))
    read = [
        brief(draft, request.passages, library) if isinstance(draft, Draft) else None
        for draft, request in zip(given, requests, strict=True)
    ]
    removed = [sentence for one in read if one for sentence in one.kept.removed]
    briefs = tuple(one if one and (one.said or one.lines) else None for one in read)
    made = Briefing(briefs, credited(given, removed))
    request = _overview(about, parts, briefs)
    if made.credits.failure or not request:  # an endpoint that has just failed is not asked again
        return made
    (over,) = desk.ask_each([request], model)
    progress(what, steps, steps)
    if isinstance(over, AssistantError):
        return Briefing(briefs, credited([*given, over], removed))
    held = kept(over, request.passages, library)
    said = tuple(claim for claim in held.claims if claim.kind == "paragraph")
    return Briefing(briefs, credited([*given, over], [*removed, *held.removed]), said, request.passages)


def _overview(about: str, parts: Sequence[Part], briefs: Sequence[Brief | None]) -> Request | None:
    """The request for what stands out: a note for each paper that the briefs cite. None: they cite none."""
    said: dict[str, list[str]] = {}
    found: dict[str, Passage] = {}
    for part, one in zip(parts, briefs, strict=True):
        if one is None:
            continue
        for claim in (*one.said, *one.lines.values()):
            for n in claim.marks:
                passage = one.kept.passages[n - 1]
                found[passage.found.paper_id] = passage
                said.setdefault(passage.found.paper_id, [f"Part: {one.name or part.name}"]).append(claim.plain)
    notes = tuple("\n".join(lines) for lines in said.values())
    return Request(about, tuple(found.values()), task="overview", notes=notes) if found else None
