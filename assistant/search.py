"""`search`: the papers nearest to a question, in a reranker's order if there is one, each with its best passage."""

from collections.abc import Callable

from assistant import rerankers
from assistant.cleaning import clean
from assistant.library import Library
from assistant.papers import Passage
from assistant.queries import Query
from assistant.rerankers import Reranker, reranked
from assistant.results import SearchResult


def search(
    query: Query,
    *,
    library: Library,
    k: int,
    reranker: Reranker | None,
    on_notice: Callable[[str], None],
    on_failure: Callable[[str], None],
) -> list[SearchResult]:
    """The `k` papers nearest to `query`, best first. `on_notice` gets what a reader should know of the question before
    anything is reranked, `on_failure` why that failed at a model's endpoint. RerankerError."""
    found = library.find(query, limit=max(k, rerankers.DEPTH) if reranker else k)
    for notice in filter(None, (*found.notices, found.why_nothing)):
        on_notice(notice)
    ranked = reranked(found.question, found.passages, reranker)
    if ranked.failure:
        on_failure(ranked.failure)
    return [_result(rank, passage) for rank, passage in enumerate(ranked.passages[:k], 1)]


def _result(rank: int, passage: Passage) -> SearchResult:
    found, chunk = passage.found, passage.chunk
    return SearchResult(
        rank=rank,
        paper_id=found.paper_id,
        title=clean(found.paper.title),
        date=found.paper.date,
        source=found.source,
        url=found.paper.url,
        score=passage.score,
        lexical=passage.lexical,
        vector=passage.vector,
        passage=clean(found.paper.abstract[chunk.start : chunk.end]),
        withdrawn=found.paper.withdrawn,
    )
