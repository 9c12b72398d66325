"""One ranking out of two, and its first papers read more closely: scores on one scale, weighted. Pure.

The weights were chosen on training parts only: tools/bench_retrieval.py --tune, docs/embedder.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

VECTOR_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Fused:
    """A paper's fused score in [0, 1] and what it came from (0.0 where a side did not return it)."""

    paper: int
    score: float
    lexical: float
    vector: float


def fuse(
    lexical: Mapping[int, float],
    vector: Mapping[int, float],
    *,
    limit: int | None = None,
    vector_weight: float = VECTOR_WEIGHT,
) -> list[Fused]:
    """The first `limit` papers of both sides, best first, by the weighted sum of their min-max normalised scores.

    Each side is normalised over the candidates it returned; a paper it did not return gets 0 there. Weighted
    sums were better than reciprocal rank fusion where the vector side is the weaker one (SciFact train). Ties
    keep the order of paper numbers, so that results do not depend on a backend's order.
    """
    low, high = _normalised(lexical), _normalised(vector)
    scores = {
        paper: (1 - vector_weight) * low.get(paper, 0.0) + vector_weight * high.get(paper, 0.0)
        for paper in lexical.keys() | vector.keys()
    }
    ranked = sorted(scores, key=lambda paper: (-scores[paper], paper))[:limit]
    return [Fused(paper, scores[paper], lexical.get(paper, 0.0), vector.get(paper, 0.0)) for paper in ranked]


def reordered(fused: Sequence[Fused], near: Sequence[float], *, weight: float) -> list[Fused]:
    """`fused`, its first papers in the order that they have with `near`, one number in [0, 1] for each of them that
    counts `weight` beside their scores; the others follow. Scores stay in [0, 1] and fall from first to last."""
    scores = [one.score for one in fused]
    for rank, close in enumerate(near):
        scores[rank] += weight * max(0.0, close)
    scored = [replace(one, score=score / (1 + weight)) for one, score in zip(fused, scores, strict=True)]
    return sorted(scored, key=lambda f: (-f.score, f.paper))


def _normalised(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high == low:
        return dict.fromkeys(scores, 1.0)
    return {paper: (score - low) / (high - low) for paper, score in scores.items()}
