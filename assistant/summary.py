"""`summarize`: what a library has on a topic, in sections, a comparison and references; every sentence checked."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date

import numpy as np

from assistant import findings, themes
from assistant.ask import checked_question, closest
from assistant.briefing import Progress
from assistant.cleaning import clean
from assistant.desk import Desk
from assistant.embedders import Vectors
from assistant.embedders.embedder import of_length_one
from assistant.evidence import ON_TOPIC, assess, nearness
from assistant.library import Library
from assistant.noting import Noted, noted
from assistant.papers import Filters, Passage, StoredPaper
from assistant.queries import parse
from assistant.quoting import Page
from assistant.reports import LeftOut, Row, Section, TopicSummary
from assistant.results import EXTRACTIVE, THEN_EXTRACTIVE, Sentence, cite
from assistant.text import content_terms, terms

CONSIDERED = 60  # papers
READ = 5  # of the first, whose mean says what else is near the topic (Rocchio's feedback)
FEEDBACK = 0.5  # what nearness to that mean counts, beside the search's score
SAME = 0.97  # cosine from which two papers say the same
DISPUTED = "Where papers may disagree"
ABOUT, RESULTS, DISPUTES, OPEN, A_GROUP = 2, 6, 3, 3, 2  # sentences: on the topic, of results, pairs, open, of a group


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A paper of the summary, and its vector of length 1."""

    found: StoredPaper
    vector: Vectors


def summarize(
    topic: str,
    *,
    library: Library,
    desk: Desk,
    papers: int,
    today: Date,
    filters: Filters | None = None,
    progress: Progress = lambda what, done, total: None,
    clock: Callable[[], float] = time.perf_counter,
) -> TopicSummary:
    """What the library has on `topic`, from at most `papers` of it; the topic may have operators (`queries.parse`).
    The model of the desk writes, where there is one; what it fails to write is extractive. UsageError: no usable topic.
    BudgetError, PromptError."""
    started = clock()
    topic = checked_question(topic)
    found = library.find(parse(topic, today=today, filters=filters), limit=max(CONSIDERED, papers))
    considered = len(found.passages)
    result = TopicSummary(topic, considered=considered, nearest=closest(found.passages), notices=found.notices)
    if found.why_nothing:
        return replace(result, why=found.why_nothing, seconds=clock() - started)
    rarity = library.rarity(content_terms(clean(found.question)))
    evidence = assess(found.question, found.passages, rarity=rarity, mentioned=library.mentions)
    if not evidence.enough:
        return replace(result, why=evidence.why, seconds=clock() - started)
    near = [nearness(one, rarity=rarity) for one in found.passages]
    chosen, left_out = _chosen(library, found.passages, near, papers)
    made = None
    if desk.model:
        stored = [one.found for one in chosen]
        made = noted(stored, topic=found.question, desk=desk, model=desk.model, library=library, progress=progress)
    result = replace(_written(result, library, found.question, chosen, made), left_out=left_out, nearest=())
    if made:
        result = _signed(result, made, desk.model.name if desk.model else "")
    notices = (*found.notices, *evidence.notices, *result.notices)
    return replace(result, notices=notices, seconds=clock() - started)


def _chosen(
    library: Library, passages: Sequence[Passage], near: Sequence[float], most: int
) -> tuple[list[_Chosen], tuple[LeftOut, ...]]:
    """The papers on the topic that are nearest to it and to what the first of them are about, none twice, those
    that were withdrawn last; and the others."""
    by_id = {one.paper_id: number for number, one in library.named([p.found.paper_id for p in passages]).items()}
    vectors = library.vectors([by_id[one.found.paper_id] for one in passages])
    scores = np.array([one.score for one in passages], dtype=np.float32)
    mean = of_length_one((vectors[:READ] * scores[:READ, None]).sum(axis=0)[None, :])[0]
    near_first = np.argsort(-(scores + FEEDBACK * (vectors @ mean)), kind="stable").tolist()
    order = sorted(near_first, key=lambda row: passages[row].found.paper.withdrawn)  # these last
    chosen: list[_Chosen] = []
    left_out: list[LeftOut] = []
    for row in order:
        paper = passages[row].found
        same = next((one for one in chosen if float(one.vector @ vectors[row]) >= SAME), None)
        if same:
            why = f"says nearly the same as “{clean(same.found.paper.title)}”"
        elif chosen and near[row] < ON_TOPIC:
            why = "hardly on the topic"
        elif len(chosen) == most:
            why = f"less near to the topic than the {most} chosen"
        else:
            chosen.append(_Chosen(paper, vectors[row]))
            continue
        left_out.append(LeftOut(paper.paper_id, cite(0, paper, clean(paper.paper.title)).heading, why))
    return chosen, tuple(left_out)


def _signed(result: TopicSummary, made: Noted, model: str) -> TopicSummary:
    """The summary with who wrote it and what went wrong."""
    writer = EXTRACTIVE
    if made.anything:
        writer = model if made.sections and not made.credits.failure else f"{model}{THEN_EXTRACTIVE}"
    return made.credits.signed(result, writer=writer)


def _written(
    result: TopicSummary, library: Library, topic: str, chosen: Sequence[_Chosen], made: Noted | None
) -> TopicSummary:
    """The summary with its sentences: those of the model where it `made` any, and quotations."""
    page = Page(library)
    parts = _told(page, made) if made and made.sections else _quoted(page, library, topic, chosen)
    rows = [_row(page, one.found, made) for one in chosen]
    said, citations = page.checked()
    sections: dict[str, list[Sentence]] = {}
    for title, places in parts:
        if places:
            sections.setdefault(title, []).extend(said[place] for place in places)
    table = [
        Row(said[idea].citations[0], said[idea], said[found] if found is not None else None) for idea, found in rows
    ]
    return replace(
        result,
        sections=tuple(Section(title, tuple(sentences)) for title, sentences in sections.items()),
        rows=tuple(sorted(table, key=lambda row: row.n)),
        citations=citations,
    )


def _told(page: Page, made: Noted) -> list[tuple[str, list[int]]]:
    """Take the model's sections: a title, and the places of its sentences."""
    parts = []
    for title, claims in made.sections:
        begun: dict[int, int] = {}  # where each of its blocks begins on the page
        places = []
        for claim in claims:
            place = page.put(claim, made.passages, block=begun.get(claim.block), kind=claim.kind)
            begun.setdefault(claim.block, place)
            places.append(place)
        parts.append((title, places))
    return parts


def _row(page: Page, one: StoredPaper, made: Noted | None) -> tuple[int, int | None]:
    """Take what stands for a paper, and what it found, where it says so."""
    idea, found = (made.ideas.get(one.paper_id), made.results.get(one.paper_id)) if made else (None, None)
    first = page.put(idea, made.passages) if made and idea else page.tldr(one)
    if made and found:
        return first, page.put(found, made.passages)
    text = findings.found(one.paper)
    return first, page.say(one, text) if text else None


def _quoted(page: Page, library: Library, topic: str, chosen: Sequence[_Chosen]) -> list[tuple[str, list[int]]]:
    """Take sentences of the abstracts for each section: a title, and their places."""
    stored = [one.found for one in chosen]
    texts = {term for one in stored for term in terms(f"{clean(one.paper.title)} {clean(one.paper.abstract)}")}
    rarity = library.rarity(texts)
    wanted = {term: rarity.get(term, 1.0) for term in content_terms(clean(topic))}
    parts = [
        ("What it is about", _some(page, stored, lambda one: findings.background(one.paper, wanted), ABOUT)),
        *_approaches(page, chosen, set(terms(clean(topic)))),
        ("Results", _some(page, stored, lambda one: findings.found(one.paper), RESULTS)),
    ]
    for pair in findings.disputes([one.paper for one in stored], rarity=rarity, most=DISPUTES):
        block = page.say(stored[pair.first[0]], pair.first[1], kind="bullet")
        parts.append((DISPUTED, [block, page.say(stored[pair.second[0]], pair.second[1], block=block, kind="bullet")]))
    parts.append(("What is open", _some(page, stored, lambda one: findings.left_open(one.paper), OPEN)))
    return parts


def _some(page: Page, papers: Sequence[StoredPaper], pick: Callable[[StoredPaper], str], most: int) -> list[int]:
    """Take what `pick` finds in the first papers in which it finds something."""
    places: list[int] = []
    for one in papers:
        if len(places) < most and (text := pick(one)):
            places.append(page.say(one, text, kind="bullet"))
    return places


def _approaches(page: Page, chosen: Sequence[_Chosen], known: set[str]) -> list[tuple[str, list[int]]]:
    """A part for each group of papers that belong together: the sentences that stand for the first of them."""
    groups = themes.grouped(np.stack([one.vector for one in chosen]))
    called = themes.names([one.found.paper.title for one in chosen], groups.labels.tolist(), known=known)
    parts = []
    for label in range(len(groups.centres)):
        members = [one for one, at in zip(chosen, groups.labels.tolist(), strict=True) if at == label]
        title = f"Approaches: {called[label]}" if len(groups.centres) > 1 else "Approaches"
        parts.append((title, [page.tldr(one.found) for one in members[:A_GROUP]]))
    return parts
