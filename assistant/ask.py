"""`ask`: retrieve, see whether there is evidence at all, rerank it, have it written, check every sentence, by the
model too if that is asked for."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date as Date

from assistant import drafts
from assistant.citations import Checked, check
from assistant.cleaning import clean, one_line
from assistant.desk import Desk
from assistant.endpoint import OnText
from assistant.errors import UsageError
from assistant.evidence import assess
from assistant.judging import Judge, Judged
from assistant.library import Library
from assistant.papers import Filters, Passage
from assistant.queries import parse
from assistant.rerankers import Reranker, reranked
from assistant.results import Answer, Citation, Sentence, Status, cite
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
    checked, and then judged by `judge` if one is given.

    Operators in the question narrow the papers (`queries.parse`, with `today`) and are not seen by gate and writer.
    Where the model's endpoint fails, the extractive writer stands in, or the search's own order, and the answer's
    `failure` says why; where only the judge's fails, `unjudged` does. `strict` takes out what is not supported.
    UsageError: no usable question.
    """
    started = clock()
    question = checked_question(question)
    query = parse(question, today=today, filters=filters)
    found = library.find(query, limit=max(POOL, k))
    answer = Answer(question, "unanswered", candidates_read=len(found.passages), nearest=closest(found.passages))
    if found.why_nothing:
        return replace(answer, why=found.why_nothing, notices=found.notices, seconds=clock() - started)
    rarity = library.rarity(content_terms(clean(found.question)))
    evidence = assess(found.question, found.passages, rarity=rarity, mentioned=library.mentions)
    if not evidence.enough:
        return replace(answer, why=evidence.why, notices=found.notices, seconds=clock() - started)
    ranked = reranked(found.question, found.passages, reranker)
    request = Request(found.question, ranked.passages[:k], rarity=rarity)
    written = desk.write(request, on_text=on_text)
    checked = held(written.draft, written.passages, library)
    if judge and not written.failure:
        judged = judge.judge(checked)
    else:  # an endpoint that has just failed is not asked again
        judged = Judged(checked, failure=written.failure if judge else "")
    notices = (*found.notices, *evidence.notices, *written.notices, *judged.notices)
    answer = replace(answer, failure=written.failure or ranked.failure, unjudged=judged.failure, notices=notices)
    return replace(concluded(answer, written.draft, judged.checked, strict=strict), seconds=clock() - started)


def held(draft: Draft, passages: Sequence[Passage], library: Library) -> Checked:
    """The draft's sentences held against the passages that its markers number."""
    claims = drafts.parse(draft.text)
    said = {term for claim in claims for term in content_terms(claim.plain)}
    return check(claims, passages, rarity=library.rarity(said), nearness=library.nearness)


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
