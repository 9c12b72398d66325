"""`digest`: what a period brought, chosen, grouped into themes and checked; without what was sent before."""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta

import numpy as np

from assistant import findings, themes
from assistant.briefing import Briefing, Part, Progress, briefing
from assistant.cleaning import clean
from assistant.desk import Desk
from assistant.embedders import Vectors
from assistant.errors import UsageError
from assistant.evidence import ON_TOPIC, nearness
from assistant.library import Library, fingerprint
from assistant.papers import Filters, StoredPaper
from assistant.periods import Period
from assistant.queries import parse
from assistant.quoting import Page
from assistant.reports import Digest, Entry, Theme, Topic
from assistant.results import EXTRACTIVE, THEN_EXTRACTIVE, Sentence
from assistant.text import content_terms
from assistant.written import Brief

PERIODS_BEFORE = 4
KNOWN = 20_000  # papers before the period that its own are held against for novelty, the newest
BLOCK = 2_000  # vectors multiplied at a time
CAUGHT = 300  # papers a topic is asked for
A_THEME = 4  # papers shown of a theme
OTHERS = 20  # papers shown in one line
FINDINGS = 3  # sentences that say what a theme's papers found
READ = 3  # further papers that a model reads for them
# What a paper is chosen by, each in [0, 1]: near a topic, upvotes, unlike what was there before, typical of its theme;
# less what a chosen one already has. Set by reading digests of June 2026.
TOPIC, UPVOTES, NOVELTY, TYPICAL, SAME = 1.0, 0.5, 0.2, 0.8, 0.5


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A paper that may be shown: its row among the vectors, what it is worth, for which topics it was found."""

    row: int
    found: StoredPaper
    worth: float
    topics: tuple[str, ...]
    changed: bool


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A theme before it is written: its name, its papers, worth most first, those chosen to be shown."""

    name: str
    members: tuple[_Candidate, ...]
    chosen: tuple[_Candidate, ...]


def digest(
    *,
    library: Library,
    desk: Desk,
    period: Period,
    topics: Sequence[Topic],
    again: bool = False,
    tag: str | None = None,
    known: int | None = None,
    progress: Progress = lambda what, done, total: None,
    clock: Callable[[], float] = time.perf_counter,
) -> Digest:
    """What the library has of `period`, for the `topics` if there are any. What an earlier digest carried is left out,
    unless its abstract has changed, and what is marked as read; not with `again`. With a `tag`, it is of the papers
    that have it, sent or not. With `known`, the highest number of a paper that the last digest knew, papers come too
    that are older and were read later. Nothing is recorded: see `Library.remembering`. The
    model of the desk writes, where there is one; what it fails to write is extractive. BudgetError, PromptError."""
    started = clock()
    covered = Filters(period.since, period.until, read_days=True, tag=tag)
    progress("reading the period", 0, 0)
    newest = library.newest()
    late = library.newer(known, dated_before=period.since) if known is not None else []
    papers = library.stored([*library.matching(covered), *late])
    number = library.memory.number()  # before what was sent: a digest that is recorded in between is noticed
    sent = {} if again or tag else library.memory.sent()
    unsent = {number: one for number, one in papers.items() if sent.get(one.paper_id) != fingerprint(one.paper)}
    fresh = {number: one for number, one in unsent.items() if again or not one.marks.read}
    caught = _caught(library, topics, replace(covered, since=None) if late else covered) if topics else {}
    kept = {number: one for number, one in fresh.items() if not topics or number in caught}
    days = [replace(covered, since=one.since, until=one.until) for one in period.before(PERIODS_BEFORE)]
    earlier = [library.matching(one) for one in days]
    result = Digest(
        period,
        tuple(topics),
        papers_in_period=len(papers),
        late=len(late),
        newest=newest,
        undated=sum(one.paper.date is None for one in papers.values()),
        already_sent=len(papers) - len(unsent),
        already_read=len(unsent) - len(fresh),
        off_topic=len(fresh) - len(kept),
        before=tuple(len(numbers) for numbers in earlier),
        follows=number,
        tag=tag or "",
    )
    if not kept:
        return replace(result, why=_why_empty(result, library), seconds=clock() - started)
    progress("grouping", 0, len(kept))
    if topics:  # a theme is held against what these topics would have found before
        earlier = [list(_caught(library, topics, one)) for one in days]
    result = _filled(result, library, kept, caught, earlier, changed=set(sent), desk=desk, progress=progress)
    return replace(result, seconds=clock() - started)


def caught(library: Library, topic: Topic, covered: Filters) -> dict[int, tuple[StoredPaper, float]]:
    """The papers that a topic finds among those `covered`: by number, with how near they are to it, nearest first."""
    try:
        query = parse(topic.query, today=covered.until or Date.max, filters=covered)
    except UsageError:  # the topic's own days and these have none in common
        return {}
    found = library.find(query, limit=CAUGHT)
    rarity = library.rarity(content_terms(clean(found.question)))
    near = {one.found.paper_id: (one, nearness(one, rarity=rarity)) for one in found.passages}
    numbers = library.named(list(near)) if near else {}
    pairs = [(number, one, near[one.paper_id][1]) for number, one in numbers.items()]
    return {number: (one, how) for number, one, how in sorted(pairs, key=lambda pair: -pair[2]) if how >= ON_TOPIC}


def _caught(library: Library, topics: Sequence[Topic], covered: Filters) -> dict[int, dict[str, float]]:
    """For each paper that a topic finds, how near it is to which topics."""
    found: dict[int, dict[str, float]] = {}
    for topic in topics:
        for number, (_, near) in caught(library, topic, covered).items():
            found.setdefault(number, {})[topic.name] = near
    return found


def _filled(
    result: Digest,
    library: Library,
    papers: Mapping[int, StoredPaper],
    caught: Mapping[int, Mapping[str, float]],
    earlier: Sequence[Sequence[int]],
    *,
    changed: set[str],
    desk: Desk,
    progress: Progress,
) -> Digest:
    numbers = list(papers)
    vectors = library.vectors(numbers)
    groups = themes.grouped(vectors)
    before = [library.vectors(some) for some in earlier]
    counts = [np.bincount(groups.nearest(some), minlength=len(groups.centres)) for some in before]
    called = themes.names([one.paper.title for one in papers.values()], groups.labels.tolist())
    worth = _worths(papers, caught, vectors, groups, _novelty(library, result.period, vectors))
    candidates = [
        _Candidate(row, one, worth[row], _told(caught.get(number, ()), result.topics), one.paper_id in changed)
        for row, (number, one) in enumerate(papers.items())
    ]
    candidates.sort(key=lambda one: -one.worth)
    drawn = []
    for label in range(len(groups.centres)):
        members = [one for one in candidates if groups.labels[one.row] == label]
        drawn.append(_Drawn(called[label], tuple(members), tuple(_chosen(members, vectors, A_THEME))))
    shown = {one.row for theme in drawn for one in theme.chosen}
    rest = [one for one in candidates if one.row not in shown][:OTHERS]
    held = [tuple(int(some[label]) for some in counts) for label in range(len(drawn))]
    made = None
    if desk.model:
        parts = [_part(theme) for theme in drawn]
        about = f"papers of {result.period.label}"
        made = briefing(parts, about=about, desk=desk, model=desk.model, library=library, progress=progress)
    return _written(result, library, drawn, rest, held, made, model=desk.model.name if desk.model else "")


def _part(theme: _Drawn) -> Part:
    """The theme as a model reads it: the papers that are shown, and a few more for what was found."""
    more = [one for one in theme.members if one not in theme.chosen][:READ]
    return Part(theme.name, tuple(one.found for one in (*theme.chosen, *more)), len(theme.chosen))


def _written(
    result: Digest,
    library: Library,
    drawn: Sequence[_Drawn],
    rest: Sequence[_Candidate],
    before: Sequence[tuple[int, ...]],
    made: Briefing | None,
    *,
    model: str,
) -> Digest:
    """The digest with its sentences: those of the model where it `made` any, and quotations."""
    page = Page(library)
    briefs = made.briefs if made else (None,) * len(drawn)
    over = [page.put(claim, made.passages) for claim in made.overview] if made else []
    places = []
    for theme, brief in zip(drawn, briefs, strict=True):
        places.append((_findings(page, theme.members, brief), [_line(page, one, brief) for one in theme.chosen]))
    lines = [page.tldr(one.found) for one in rest]
    said, citations = page.checked()
    filled = tuple(
        Theme(
            (brief.name if brief else "") or theme.name,
            len(theme.members),
            counts,
            tuple(said[at] for at in found),
            tuple(_entry(one, said[at]) for one, at in zip(theme.chosen, tldrs, strict=True)),
            writer=model if brief else EXTRACTIVE,
        )
        for theme, brief, counts, (found, tldrs) in zip(drawn, briefs, before, places, strict=True)
    )
    others = tuple(_entry(one, said[at]) for one, at in zip(rest, lines, strict=True))
    result = replace(result, overview=tuple(said[at] for at in over), themes=filled, others=others, citations=citations)
    if not made:
        return result
    writer = model if all(briefs) else f"{model}{THEN_EXTRACTIVE}" if any(briefs) else EXTRACTIVE
    return made.credits.signed(result, writer=writer)


def _told(found_for: Iterable[str], topics: Sequence[Topic]) -> tuple[str, ...]:
    """The topics that a paper was found for, where there is more than one to be found for."""
    return tuple(found_for) if len(topics) > 1 else ()


def _entry(one: _Candidate, sentence: Sentence) -> Entry:
    return Entry(sentence.citations[0], sentence, one.topics, one.found.paper.upvotes, one.changed)


def _novelty(library: Library, period: Period, vectors: Vectors) -> Vectors:
    """How unlike each paper is to the newest KNOWN from before the period: 1 less its highest cosine, at least 0."""
    before = period.since - timedelta(days=1) if period.since > Date.min else Date.min
    known = library.vectors(library.matching(Filters(until=before), limit=KNOWN))
    highest = np.zeros(len(vectors), dtype=np.float32)
    for at in range(0, len(known), BLOCK):
        highest = np.maximum(highest, (vectors @ known[at : at + BLOCK].T).max(axis=1))
    return 1 - highest


def _worths(
    papers: Mapping[int, StoredPaper],
    caught: Mapping[int, Mapping[str, float]],
    vectors: Vectors,
    groups: themes.Groups,
    novelty: Vectors,
) -> list[float]:
    most = math.log1p(max((one.paper.upvotes or 0 for one in papers.values()), default=0)) or 1.0
    typical = (vectors * groups.centres[groups.labels]).sum(axis=1)
    return [
        TOPIC * max(caught.get(number, {}).values(), default=0.0)
        + UPVOTES * math.log1p(max(0, one.paper.upvotes or 0)) / most
        + NOVELTY * float(novelty[row])
        + TYPICAL * float(typical[row])
        for row, (number, one) in enumerate(papers.items())
    ]


def _chosen(members: Sequence[_Candidate], vectors: Vectors, most: int) -> list[_Candidate]:
    """The members worth most, each less for being like one already chosen (maximal marginal relevance)."""
    chosen: list[_Candidate] = []
    rest = list(members)
    same = np.zeros(len(vectors), dtype=np.float32)
    while rest and len(chosen) < most:
        best = max(rest, key=lambda one: one.worth - SAME * float(same[one.row]))
        chosen.append(best)
        rest.remove(best)
        same = np.maximum(same, vectors @ vectors[best.row])
    return chosen


def _findings(page: Page, members: Sequence[_Candidate], brief: Brief | None) -> list[int]:
    """Take the model's sentences on what these papers found; where it has none, a sentence each of the best of them."""
    if brief and brief.said:
        return [page.put(claim, brief.kept.passages) for claim in brief.said[:FINDINGS]]
    places: list[int] = []
    for one in members[: 10 * FINDINGS]:
        if len(places) < FINDINGS and (text := findings.found(one.found.paper)):
            places.append(page.say(one.found, text))
    return places


def _line(page: Page, one: _Candidate, brief: Brief | None) -> int:
    """Take the model's sentence on a paper, or the one of its abstract that stands for it."""
    claim = brief.lines.get(one.found.paper_id) if brief else None
    return page.put(claim, brief.kept.passages) if brief and claim else page.tldr(one.found)


def _why_empty(result: Digest, library: Library) -> str:
    period = result.period
    if not result.papers_in_period and result.tag:
        return f"no paper of {period.label} has the tag “{result.tag}”"
    if not result.papers_in_period:
        first, last = library.days()
        held = f"; its papers are of {first} to {last}" if first else ""
        return f"the library has no paper of {period.label}{held}"
    if result.already_sent == result.papers_in_period:
        return f"what there is of {period.label} was in an earlier digest; --again repeats it"
    if result.already_sent + result.already_read == result.papers_in_period:
        return f"what there is of {period.label} was in an earlier digest, or is marked as read; --again repeats it"
    return f"nothing that is new of {period.label} is near a saved topic"
