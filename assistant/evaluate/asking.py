"""One judged question put to the assistant, and what each metric gives it."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from operator import itemgetter

from assistant.app import Assistant
from assistant.citations import check
from assistant.drafts import Claim
from assistant.evaluate.judged import Fact, Question
from assistant.evaluate.metrics import citation_support, hit, ndcg, plain, recall, says
from assistant.evaluations import FACTS, Outcome
from assistant.papers import Chunk, Passage
from assistant.results import Answer, Sentence
from assistant.text import content_terms
from assistant.weighing import Nearness

DEPTH = 100  # papers searched for: recall@100
CUTS = (5, 10, 100)


def outcome(
    assistant: Assistant,
    question: Question,
    ids: Mapping[str, str],
    *,
    ask: bool,
    clock: Callable[[], float] = time.perf_counter,
) -> Outcome:
    """Search for the question where documents are judged for it, and `ask` it; `ids` has the library's paper ids by
    those of the judgements. A failure of the model's endpoint is the outcome's `failure`."""
    result = Outcome(question.key, question.kind, question.text, {})
    if question.grades:
        result = _searched(assistant, question, ids, result, clock)
    if not ask or result.failure:
        return result
    answer = assistant.ask(question.text)
    if failure := answer.failure or answer.unjudged:
        missed = dict.fromkeys(FACTS if question.fact else (), 0.0)
        return replace(result, values=result.values | missed, failure=failure)
    return replace(
        result,
        values=result.values | _values(assistant, question, answer, ids),
        status=answer.status,
        writer=answer.writer,
        answer=answer.text,
        usage=answer.usage,
    )


def _searched(
    assistant: Assistant, question: Question, ids: Mapping[str, str], result: Outcome, clock: Callable[[], float]
) -> Outcome:
    failures: list[str] = []
    started = clock()
    found = assistant.search(question.text, k=DEPTH, on_failure=failures.append, on_notice=lambda text: None)
    seconds = clock() - started
    if failures:
        return replace(result, failure="; ".join(failures))
    ranking = [one.paper_id for one in found]
    rising = sorted(question.grades.items(), key=itemgetter(1))  # where two ids are one paper's the better grade counts
    grades = {ids.get(name, f"unknown {name}"): grade for name, grade in rising}
    values = {"nDCG@10": ndcg(ranking, grades, k=10), **{f"recall@{k}": recall(ranking, grades, k=k) for k in CUTS}}
    return replace(result, values=values | {"search seconds": seconds})


def _values(assistant: Assistant, question: Question, answer: Answer, ids: Mapping[str, str]) -> dict[str, float]:
    stopped = float(answer.status == "unanswered")
    values = {"stopped" if question.part == "unanswerable" else "wrongly stopped": stopped}
    if question.fact:
        values |= _facts(assistant, question.fact, answer, ids)
    if question.part != "unanswerable" and not stopped:
        values |= _citations(assistant, answer)
    values["answer seconds"] = answer.seconds
    if answer.usage:
        values["tokens"] = float(answer.usage.prompt_tokens + answer.usage.completion_tokens)
    return values


def _facts(assistant: Assistant, fact: Fact, answer: Answer, ids: Mapping[str, str]) -> dict[str, float]:
    paper_id = ids.get(fact.doc_id)
    numbers = {citation.n for citation in answer.citations if citation.paper_id == paper_id}
    given = False
    if numbers and paper_id:
        start = assistant.show(paper_id).paper.abstract.find(fact.quote)
        quotes = [quote for one in answer.sentences for quote in one.quotes if quote.n in numbers]
        given = start >= 0 and hit(quotes, start, start + len(fact.quote))
    return {
        "answer found": float(says(plain(answer.sentences), fact.answer)),
        "paper cited": float(bool(numbers)),
        "quote given": float(given),
    }


def _citations(assistant: Assistant, answer: Answer) -> dict[str, float]:
    """Citation recall, over the sentences that claim something, and precision, over all citations of the answer."""
    passages = {one.n: _whole(assistant, one.paper_id) for one in answer.citations}
    supported = to_the_point = cited = 0
    claims = [sentence for sentence in answer.sentences if sentence.verdict != "not a claim"]
    rarity = assistant.library.rarity({term for one in claims for term in content_terms(plain([one]))})

    for sentence in claims:
        together, good = citation_support(
            sentence.citations,
            len(sentence.invented),
            partial(_supported, sentence, passages, rarity, assistant.library.nearness),
        )
        supported, to_the_point = supported + together, to_the_point + good
        cited += len(sentence.citations) + len(sentence.invented)
    return {
        "citation recall": supported / len(claims) if claims else 0.0,
        "citation precision": to_the_point / cited if cited else 0.0,
    }


def _supported(
    sentence: Sentence,
    passages: Mapping[int, Passage],
    rarity: Mapping[str, float],
    nearness: Nearness | None,
    some: Collection[int],
) -> bool:
    """Whether the check is content with the sentence where it cites only `some` of the passages."""
    marks = tuple(range(1, len(some) + 1))
    claim = Claim(plain([sentence]), (), marks, sentence.block, sentence.kind)
    cited = [passages[n] for n in some]
    (result,) = check([claim], cited, rarity=rarity, nearness=nearness).sentences
    return result.verdict == "supported"


def _whole(assistant: Assistant, paper_id: str) -> Passage:
    """The paper's whole abstract as a passage, as the check reads it."""
    found = assistant.show(paper_id)
    return Passage(found, Chunk(0, len(found.paper.abstract)), score=0.0, lexical=0.0, vector=0.0)
