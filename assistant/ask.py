"""`ask`: retrieve, see whether there is evidence at all, rerank it, have it written, check every sentence, by the
model too if that is asked for."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date

from assistant import drafts, surveys
from assistant.citations import Checked, check
from assistant.cleaning import clean, one_line
from assistant.desk import Desk
from assistant.endpoint import OnText
from assistant.errors import UsageError
from assistant.evidence import UNTOLD, Assessment, assess
from assistant.judging import Judge, Judged
from assistant.library import Library
from assistant.papers import Filters, Found, Passage
from assistant.parts import parts_of
from assistant.queries import Query, parse
from assistant.questions import kind_of, untold
from assistant.rerankers import Reranker, reranked
from assistant.results import EXTRACTIVE, Answer, Citation, Sentence, Status, cite
from assistant.surveys import Candidates
from assistant.text import content_terms
from assistant.writers import Draft, Request

MAX_QUESTION = 2_000  # characters
POOL = 40  # papers read for evidence, and as nearest misses
NEAREST = 3  # shown where there is no answer


def checked_question(text: str) -> str:
    """A question as it is used: printable, on one line. UsageError: empty, or too long to be one."""
    question = one_line(text)
    if not question:
        raise UsageError("the question is empty", hint='Ask one: ask "which papers reduce KV cache memory?"')
    if len(question) > MAX_QUESTION:
        raise UsageError(
            f"the question has {len(question):,} characters; {MAX_QUESTION:,} is the most",
            hint="Shorten it to what you want to know.",
        )
    return question


def ask(
    question: str,
    *,
    library: Library,
    desk: Desk,
    k: int,
    today: Date,
    reranker: Reranker | None = None,
    judge: Judge | None = None,
    filters: Filters | None = None,
    strict: bool = False,
    on_text: OnText | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Answer:
    """An answer from at most `k` papers of the library, the first by `reranker` if one is given, with every sentence
    checked, and then judged by `judge` if one is given; for a “which papers …” question from all that may match
    (`surveys`).

    Operators in the question narrow the papers (`queries.parse`, with `today`) and are not seen by gate and writer.
    Where the model's endpoint fails, the extractive writer stands in, or the search's own order, and the answer's
    `failure` says why; where only the judge's fails, `unjudged` does. `strict` takes out what is not supported.
    UsageError: no usable question.
    """
    started = clock()
    question = checked_question(question)
    query = parse(question, today=today, filters=filters)
    asked = parts_of(query.text)
    listed = kind_of(query.text) == "which" and not asked
    found = library.find(query, limit=max(surveys.POOL if listed else POOL, k))
    answer = Answer(question, "unanswered", candidates_read=len(found.passages), nearest=closest(found.passages))
    if found.why_nothing:
        return replace(answer, why=found.why_nothing, notices=found.notices, seconds=clock() - started)
    evidence, rarity = _weighed(found, library)
    if untold(query.text):  # as it was typed: mended, “wrote” may have become another word
        evidence = replace(evidence, enough=False, why=UNTOLD)
    parts = [_part(replace(query, text=part), library=library, reranker=reranker) for part in asked]
    told = [part for part in parts if part.enough]
    if not evidence.enough and not told:
        named = closest(evidence.named)
        return replace(answer, why=evidence.why, named=named, notices=found.notices, seconds=clock() - started)
    ranked = reranked(found.question, found.passages, None if told else reranker)
    survey = surveys.candidates(found.question, ranked.passages, rarity=rarity) if listed else None
    request = Request(found.question, survey.passages if survey else ranked.passages[:k], rarity=rarity)
    if survey:
        request = replace(request, task="classify", likely=survey.likely)
    if told:
        request = _in_parts(request, told, k)
    written = desk.write(request, on_text=on_text)
    checked = held(written.draft, written.passages, library)
    if judge and not written.failure and not written.draft.interrupted:
        judged = judge.judge(checked)
    else:  # an endpoint that has just failed is not asked again
        judged = Judged(checked, failure=written.failure if judge else "")
    notices = (*found.notices, *evidence.notices, *written.notices, *judged.notices)
    failures = (written.failure, ranked.failure, *(part.failure for part in told))
    failure = next(filter(None, failures), "")
    answer = replace(answer, failure=failure, unjudged=judged.failure, notices=notices)
    checked = judged.checked
    if survey:  # a batch in which the model found no match does not make the answer partial
        checked = replace(checked, not_said=checked.not_said and not checked.sentences)
    answer = concluded(answer, written.draft, checked, strict=strict)
    if answer.status == "unanswered" or checked.not_said:
        answer = replace(answer, named=closest(evidence.named))
    if taken_back := [f"[{one.n}]" for one in answer.citations if one.withdrawn]:
        answer = replace(answer, notices=(*answer.notices, f"withdrawn by their authors: {', '.join(taken_back)}"))
    if survey:
        answer = _surveyed(answer, survey)
    if told:
        answer = _with_gaps(answer, [part for part in parts if not part.enough])
    return replace(answer, seconds=clock() - started)


def held(draft: Draft, passages: Sequence[Passage], library: Library) -> Checked:
    """The draft's sentences held against the passages that its markers number."""
    claims = drafts.parse(draft.text)
    said = {term for claim in claims for term in content_terms(claim.plain)}
    return check(claims, passages, rarity=library.rarity(said), nearness=library.nearness)


def _weighed(found: Found, library: Library) -> tuple[Assessment, Mapping[str, float]]:
    """What the gate says of what was found, and the rarity of the question's terms."""
    rarity = library.rarity(content_terms(clean(found.question)))
    return assess(found.question, found.passages, rarity=rarity, mentioned=library.mentions), rarity


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a question, looked up by itself: what was found, best first, and whether that is `enough`."""

    question: str
    passages: tuple[Passage, ...]
    rarity: Mapping[str, float]
    enough: bool
    failure: str


def _part(query: Query, *, library: Library, reranker: Reranker | None) -> _Part:
    """The part that `query` asks for."""
    found = library.find(query, limit=POOL)
    evidence, rarity = _weighed(found, library)
    ranked = reranked(found.question, found.passages, reranker if evidence.enough else None)
    return _Part(found.question, ranked.passages, rarity, evidence.enough, ranked.failure)


def _in_parts(request: Request, parts: Sequence[_Part], k: int) -> Request:
    """The request for a question of `parts`: each gets an equal share of the `k` papers, and none that another has."""
    taken: set[str] = set()
    requests: list[Request] = []
    for part in parts:
        fresh = [one for one in part.passages if one.found.paper_id not in taken][: max(1, k // len(parts))]
        requests.append(Request(part.question, tuple(fresh), rarity=part.rarity, first=len(taken) + 1))
        taken |= {one.found.paper_id for one in fresh}
    passages = tuple(passage for one in requests for passage in one.passages)
    return replace(request, passages=passages, parts=tuple(requests))


def _with_gaps(answer: Answer, lacking: Sequence[_Part]) -> Answer:
    """The answer with the parts of the question that have no evidence told."""
    if not lacking:
        return answer
    gaps = "the library has nothing on " + " or ".join(f"“{part.question.rstrip('?')}”" for part in lacking)
    status: Status = "partial" if answer.status == "answered" else answer.status
    return replace(answer, status=status, why=f"{answer.why}; {gaps}" if answer.why else gaps)


def closest(pool: Sequence[Passage]) -> tuple[Citation, ...]:
    return tuple(cite(n, one.found, clean(one.found.paper.title)) for n, one in enumerate(pool[:NEAREST], 1))


def concluded(answer: Answer, draft: Draft, checked: Checked, *, strict: bool) -> Answer:
    """The answer with its sentences, and the status these add up to."""
    failed = tuple(s for s in checked.sentences if s.verdict == "unsupported")
    kept = tuple(s for s in checked.sentences if not (strict and s.verdict == "unsupported"))
    status, why = _status(kept, checked)
    if draft.interrupted and status == "answered":
        status, why = "partial", "it was interrupted before it was finished"
    if status == "unanswered":
        kept = ()
    removed = failed if strict or status == "unanswered" else ()
    cited = {n for sentence in (*kept, *removed) for n in sentence.citations}
    return replace(
        answer,
        status=status,
        writer=draft.writer,
        sentences=kept,
        citations=tuple(citation for citation in checked.citations if citation.n in cited),
        invented=checked.invented,
        removed=removed,
        nearest=answer.nearest if status == "unanswered" else (),
        why=why,
        usage=draft.usage,
        cached=draft.kept is not None,
        cached_on=draft.kept,
        interrupted=draft.interrupted,
    )


def _surveyed(answer: Answer, survey: Candidates) -> Answer:
    """The answer with how many papers were classified and, where some match, the estimate of how many are missed."""
    answer = replace(answer, candidates_read=len(survey.passages))
    if answer.status == "unanswered":
        return answer
    matched = {citation.paper_id for citation in answer.citations}
    read = answer.writer != EXTRACTIVE and not answer.read_in_part
    return replace(answer, recall_estimate=survey.recall(matched, read=read))


def _status(sentences: Sequence[Sentence], checked: Checked) -> tuple[Status, str]:
    if not checked.sentences and not checked.not_said:
        return "unanswered", "nothing was written that could be checked"
    claims = [sentence.verdict for sentence in sentences if sentence.verdict != "not a claim"]
    if not any(verdict in ("supported", "partial") for verdict in claims):
        if checked.not_said:
            return "unanswered", "the writer found no answer in the abstracts"
        return "unanswered", "nothing that was written is supported by the abstracts"
    if checked.not_said:
        return "partial", "the abstracts answer only a part of the question"
    if all(verdict == "supported" for verdict in claims):
        return "answered", ""
    return "partial", "not every sentence is supported"
