"""`ask`: retrieve, see whether there is evidence at all, have it written, check every sentence."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant import drafts, prompts
from assistant.citations import Checked, check
from assistant.cleaning import clean, one_line
from assistant.endpoint import OnText
from assistant.errors import ContextOverflow, EndpointError, UsageError
from assistant.evidence import assess
from assistant.library import Library
from assistant.papers import Filters, Passage
from assistant.results import Answer, Citation, Sentence, Status, cite
from assistant.text import content_terms, count_tokens
from assistant.writers import Draft, Request, Writer

MAX_QUESTION = 2_000  # characters
POOL = 40  # papers read for evidence, and as nearest misses
NEAREST = 3  # shown where there is no answer
MESSAGE_TOKENS = 20  # what a chat template adds to two messages, rounded up


@dataclass(frozen=True, slots=True)
class Desk:
    """Who writes and from what: `fallback` (the extractive writer) stands in where `writer` fails; the prompt and
    the answer together keep within `context_tokens`, of which the answer gets `max_tokens`."""

    writer: Writer
    fallback: Writer
    prompts: Path
    context_tokens: int
    max_tokens: int


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
    filters: Filters | None = None,
    strict: bool = False,
    on_text: OnText | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Answer:
    """An answer from at most `k` papers of the library, with every sentence checked.

    Where the writer fails at its endpoint, the fallback writes and the answer's `failure` says why. `strict` takes
    out what is not supported. UsageError: no usable question.
    """
    started = clock()
    question = checked_question(question)
    pool = library.search(question, limit=max(POOL, k), filters=filters)
    asked = content_terms(clean(question))
    rarity = library.rarity(asked)
    evidence = assess(question, pool, rarity=rarity, absent=library.absent(asked))
    answer = Answer(
        question,
        "unanswered",
        desk.writer.name,
        candidates_read=len(pool),
        nearest=_nearest(pool),
        notices=tuple(f"no abstract in the library mentions {name}" for name in evidence.unknown),
    )
    if not evidence.enough:
        why = evidence.why if len(library) else "the library is empty; fill it with: assistant ingest PATH"
        return replace(answer, why=why, notices=(), seconds=clock() - started)
    request = Request(question, tuple(pool[:k]), max_tokens=desk.max_tokens, rarity=rarity)
    try:
        draft, passages = written(request, desk, on_text)
    except EndpointError as error:
        answer = replace(answer, failure=str(error))
        draft, passages = desk.fallback.write(request), request.passages
    claims = drafts.parse(draft.text)
    said = {term for claim in claims for term in content_terms(claim.plain)}
    checked = check(claims, passages, rarity=library.rarity(said))
    return replace(_concluded(answer, draft, checked, strict=strict), seconds=clock() - started)


def written(request: Request, desk: Desk, on_text: OnText | None) -> tuple[Draft, tuple[Passage, ...]]:
    """The draft and the passages its markers number. Passages that do not fit are left out, weakest first: by
    count before sending, and by half if the endpoint still finds the prompt too long."""
    fitted = _fitted(request, desk)
    try:
        return desk.writer.write(fitted, on_text=on_text), fitted.passages
    except ContextOverflow:
        if len(fitted.passages) < 2:
            raise
        halved = _prompted(fitted, fitted.passages[: len(fitted.passages) // 2], desk.prompts)
        return desk.writer.write(halved, on_text=on_text), halved.passages


def _fitted(request: Request, desk: Desk) -> Request:
    passages = request.passages
    while True:
        filled = _prompted(request, passages, desk.prompts)
        texts = (filled.system, filled.prompt)
        tokens = sum(count_tokens(text, model=desk.writer.name) for text in texts) + MESSAGE_TOKENS
        if tokens + desk.max_tokens <= desk.context_tokens or len(passages) == 1:
            return filled
        passages = passages[:-1]


def _prompted(request: Request, passages: Sequence[Passage], folder: Path) -> Request:
    """The request with its prompts filled. Abstracts stand between lines that no abstract can foresee: the
    boundary is a digest over all of them and the question. Their own `[3]`s become `(3)`."""
    bodies = []
    for passage in passages:
        paper = passage.found.paper
        date = f"\nDate: {paper.date}" if paper.date else ""
        bodies.append(f"Title: {clean(paper.title)}{date}\nAbstract: {clean(paper.abstract)}")
    boundary = "=" + hashlib.sha256("\0".join((request.question, *bodies)).encode()).hexdigest()[:12]
    fenced = [f"{boundary} [{n}]\n{drafts.defused(body)}\n{boundary} end of [{n}]" for n, body in enumerate(bodies, 1)]
    return replace(
        request,
        passages=tuple(passages),
        system=prompts.fill("ask-system", place=folder, boundary=boundary),
        prompt=prompts.fill(
            "ask-user",
            place=folder,
            question=request.question,
            passages="\n\n".join(fenced),
            count=str(len(fenced)),
        ),
    )


def _nearest(pool: Sequence[Passage]) -> tuple[Citation, ...]:
    return tuple(cite(n, one.found, clean(one.found.paper.title)) for n, one in enumerate(pool[:NEAREST], 1))


def _concluded(answer: Answer, draft: Draft, checked: Checked, *, strict: bool) -> Answer:
    """The answer with its sentences, and the status these add up to."""
    failed = tuple(s for s in checked.sentences if s.verdict == "unsupported")
    kept = tuple(s for s in checked.sentences if not (strict and s.verdict == "unsupported"))
    status, why = _status(kept, checked)
    cited = {n for sentence in kept for n in sentence.citations}
    removed = failed if strict else ()
    if status == "unanswered":
        kept, cited, removed = (), set(), checked.sentences
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
        notices=(*answer.notices, *([draft.notice] if draft.notice else [])),
    )


def _status(sentences: Sequence[Sentence], checked: Checked) -> tuple[Status, str]:
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
