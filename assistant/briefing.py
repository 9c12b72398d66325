"""A digest in a model's words: it is asked for one theme at a time (map), then for what stands out in all (reduce)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from assistant.desk import Desk
from assistant.drafts import Claim
from assistant.errors import AssistantError
from assistant.library import Library
from assistant.papers import Passage, StoredPaper
from assistant.quoting import whole
from assistant.results import Sentence
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
    `passages`. `removed` are its sentences that did not hold; `failure` says what went wrong first; of
    `replies` so many were `cached`."""

    briefs: tuple[Brief | None, ...]
    overview: tuple[Claim, ...] = ()
    passages: tuple[Passage, ...] = ()
    removed: tuple[Sentence, ...] = ()
    failure: str = ""
    notices: tuple[str, ...] = ()
    replies: int = 0
    cached: int = 0


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
    failure = next((told(one) for one in given if isinstance(one, AssistantError)), "")
    replies, cached = from_cache(given)
    made = Briefing(briefs, (), (), tuple(removed), failure, noticed(given), replies, cached)
    request = _overview(about, parts, briefs)
    if failure or not request:  # an endpoint that has just failed is not asked again
        return made
    (over,) = desk.ask_each([request], model)
    progress(what, steps, steps)
    if isinstance(over, AssistantError):
        return replace(made, failure=told(over))
    held = kept(over, request.passages, library)
    replies, cached = from_cache([*given, over])
    return replace(
        made,
        replies=replies,
        cached=cached,
        overview=tuple(claim for claim in held.claims if claim.kind == "paragraph"),
        passages=request.passages,
        removed=(*removed, *held.removed),
        notices=noticed([*given, over]),
    )


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


def told(error: AssistantError) -> str:
    return f"{error} ({error.hint})"


def noticed(given: Sequence[Draft | AssistantError]) -> tuple[str, ...]:
    """What the drafts' notices say, each once, whatever numbers are in it."""
    said = [one.notice for one in given if isinstance(one, Draft) and one.notice]
    return tuple({re.sub(r"[\d,]", "", notice): notice for notice in reversed(said)}.values())


def from_cache(given: Sequence[Draft | AssistantError]) -> tuple[int, int]:
    """How many replies there are, and how many of them were kept from before."""
    drafts = [one for one in given if isinstance(one, Draft)]
    return len(drafts), sum(one.kept is not None for one in drafts)
