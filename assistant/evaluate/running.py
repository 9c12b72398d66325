"""`evaluate`: judged questions put to an assistant, one after the other, and the metrics of what came of them."""

import contextlib
import hashlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from statistics import fmean

from assistant import __version__, prompts
from assistant.app import Assistant
from assistant.endpoint import Endpoint
from assistant.errors import EndpointError, EvaluationError
from assistant.evaluate import judged
from assistant.evaluate.asking import outcome
from assistant.evaluate.judged import Judged, Question
from assistant.evaluate.keeping import Keeper, Run
from assistant.evaluate.metrics import FEW, interval, wilson
from assistant.evaluations import ABSTENTION, FACTS, METRICS, RETRIEVAL, Evaluation, Measure, Outcome
from assistant.places import expanded
from assistant.results import EXTRACTIVE, Usage, total

PATIENCE = 3  # questions running on which the endpoint may fail before the run stops
KNOWN = 0.5  # share of the judged papers that a library must hold: with fewer, it is another than the judged one
BY_KIND = (*RETRIEVAL, "stopped")

Progress = Callable[[str, int, int], None]


def evaluate(
    assistant: Assistant,
    folder: str | Path,
    *,
    out: str | Path | None = None,
    ask: bool = True,
    progress: Progress = lambda what, done, total: None,
) -> Evaluation:
    """Put the judged questions of `folder` (`judged.read`) to `assistant`; without `ask`, only search for them.

    With `out`, each finished question is kept beside that file, a run that was interrupted goes on from there, and one
    that is in the file already is read from it. EvaluationError: judgements, library and file do not go together.
    EndpointError: the model failed on PATIENCE questions running; what was finished before is kept.
    """
    found = judged.read(folder)
    questions = [one for one in found.questions if ask or one.grades]
    if not questions:
        raise EvaluationError(f"{folder} has no queries with judged documents", hint="Leave out --search-only.")
    library = assistant.library
    if not len(library):
        raise EvaluationError("the library is empty", hint="Fill it: assistant ingest PATH")
    ids = library.identified(found.doc_ids)
    notices = (*found.notices, *_unknown(found, ids, assistant.library_name), *_unquoted(assistant, found, ids))
    run = _run(assistant, found, ask=ask)
    with contextlib.closing(Keeper(expanded(str(out)) if out else None, run)) as keeper:
        if keeper.whole:
            notices = (*notices, f"{out} holds this run, and nothing was asked again; remove it to begin anew")
        else:
            with assistant.asking_anew():
                _put(assistant, questions, ids, keeper, ask=ask, progress=progress)
        outcomes = [keeper.kept[one.key] for one in questions if one.key in keeper.kept]
        result = Evaluation(
            library=assistant.library_name,
            run=run,
            measures=tuple(measures(outcomes)),
            questions=tuple(outcomes),
            seconds=math.fsum(
                one.values.get(f"{what} seconds", 0.0) for one in outcomes for what in ("search", "answer")
            ),
            usage=_total([one.usage for one in outcomes if one.usage]),
            notices=notices,
        )
        keeper.finish(result)
    return result


def _put(
    assistant: Assistant,
    questions: Sequence[Question],
    ids: Mapping[str, str],
    keeper: Keeper,
    *,
    ask: bool,
    progress: Progress,
) -> None:
    """Put each question that is not kept yet, and keep it. A failure is kept once another question succeeds: an
    endpoint that is gone fails on every one."""
    waiting: list[Outcome] = []
    for number, question in enumerate(questions):
        progress(f"evaluating, {len(questions):,} questions", number, len(questions))
        if question.key in keeper.kept:
            continue
        result = outcome(assistant, question, ids, ask=ask)
        waiting.append(result)
        if result.failure and len(waiting) == PATIENCE:
            done = f"{len(keeper.kept):,} of {len(questions):,} questions are done"
            raise EndpointError(
                f"the model failed on {PATIENCE} questions running: {result.failure}",
                hint=f"{done}. With -o FILE.json they are kept, and the same command goes on from there.",
            )
        if not result.failure:
            _keep(waiting, keeper)
    _keep(waiting, keeper)


def _keep(waiting: list[Outcome], keeper: Keeper) -> None:
    while waiting:
        keeper.add(waiting.pop(0))


def measures(outcomes: Sequence[Outcome]) -> Iterator[Measure]:
    """Every metric that any outcome has, in the order of METRICS: over all of them, and for some by kind."""
    for metric in METRICS:
        having = [one for one in outcomes if metric in one.values]
        kinds = list(dict.fromkeys(one.kind for one in having)) if metric in BY_KIND else []
        for kind in (None, *(kinds if len(kinds) > 1 else ())):
            values = [one.values[metric] for one in having if kind in (None, one.kind)]
            if values:
                yield Measure(metric, kind, len(values), fmean(values), *_interval(metric, values))


def _interval(metric: str, values: Sequence[float]) -> tuple[float | None, float | None]:
    """That of a share where each question has the metric or not, else by resampling, if they are enough for it."""
    if metric in (*FACTS, *ABSTENTION):
        return wilson(round(sum(values)), len(values))
    return interval(values) if len(values) >= FEW else (None, None)


def _total(usages: Sequence[Usage]) -> Usage | None:
    """The sum of them; its cost is known if all are."""
    return reduce(total, usages) if usages else None


def _unknown(found: Judged, ids: Mapping[str, str], library: str) -> list[str]:
    """What is to be told of judged papers that the library lacks. EvaluationError: it lacks most of them."""
    named = found.doc_ids
    missing = len(named) - len(ids)
    if named and len(ids) < KNOWN * len(named):
        raise EvaluationError(
            f"the library “{library}” holds {len(ids):,} of the {len(named):,} judged papers; it is another library",
            hint="Name the judged one: --library NAME",
        )
    told = f"judged papers that are not in the library, counted as not found: {missing:,} of {len(named):,}"
    return [told] if missing else []


def _unquoted(assistant: Assistant, found: Judged, ids: Mapping[str, str]) -> list[str]:
    """What is to be told of facts whose judged words do not stand in the paper as the library has it."""
    facts = [one.fact for one in found.questions if one.fact and one.fact.doc_id in ids]
    lost = sum(fact.quote not in assistant.show(ids[fact.doc_id]).paper.abstract for fact in facts)
    return [f"facts whose quote is not in the stored abstract, never hit: {lost:,} of {len(facts):,}"] if lost else []


def _run(assistant: Assistant, found: Judged, *, ask: bool) -> Run:
    """All that the figures depend on but the machine and the model's own whims; nothing secret."""
    chosen, status = assistant.settings, assistant.status()
    writes = None if chosen.model == EXTRACTIVE else chosen.model
    asks_model = bool(writes and ask) or chosen.rerank == "model"
    asks_endpoint = asks_model or (chosen.rerank or "").startswith("openai:")
    endpoint = Endpoint(base_url=chosen.base_url, api_key=None, timeout_s=chosen.timeout)
    return {
        "program": __version__,
        "judged": found.digest,
        "library": assistant.library.fingerprint(),
        "papers": status.papers,
        "embedder": status.embedder,
        "chunk_tokens": status.chunk_tokens,
        "store": status.store,
        "rerank": chosen.rerank,
        "judge": "model" if chosen.judge and ask else None,
        "asked": "searches and answers" if ask else "searches only",
        "writer": writes or EXTRACTIVE if ask else None,
        "model": chosen.model if asks_model else None,
        "base_url": endpoint.address if asks_endpoint else None,
        "prompts": _prompts(chosen.prompts) if asks_model else None,
        "k": chosen.k,
        "context_tokens": chosen.context_tokens if asks_model else None,
        "answer_tokens": chosen.answer_tokens if asks_model else None,
    }


def _prompts(place: str | None) -> str:
    """A fingerprint of the templates in use."""
    seen = hashlib.sha256()
    for template in sorted(prompts.folder(place).glob("*.md")):
        seen.update(template.name.encode() + template.read_bytes())
    return seen.hexdigest()[:16]
