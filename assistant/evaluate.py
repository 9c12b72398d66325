"""Retrieval metrics over judged queries, and how sure their means are. Pure."""

import math
import random
from collections.abc import Mapping, Sequence
from statistics import fmean


def ndcg(ranking: Sequence[str], judged: Mapping[str, int], *, k: int) -> float:
    """Normalised discounted cumulative gain of the first `k` of `ranking`, in [0, 1]; 0 where nothing is relevant.

    Gain is the judgement itself and the discount log2(rank + 1), as in trec_eval's ndcg_cut and so in BEIR.
    """
    ideal = sorted(judged.values(), reverse=True)[:k]
    best = sum(gain / math.log2(rank + 1) for rank, gain in enumerate(ideal, 1))
    got = sum(judged.get(name, 0) / math.log2(rank + 1) for rank, name in enumerate(ranking[:k], 1))
    return got / best if best else 0.0


def recall(ranking: Sequence[str], judged: Mapping[str, int], *, k: int) -> float:
    """Share of the relevant names (judged above 0) among the first `k` of `ranking`; 0 where none is relevant."""
    relevant = {name for name, gain in judged.items() if gain > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def interval(values: Sequence[float], *, samples: int = 1_000, seed: int = 1) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean of `values`, one a query: what other queries of the kind might have given
    (percentile method, Efron 1979)."""
    draw = random.Random(seed)
    means = sorted(fmean(draw.choices(values, k=len(values))) for _ in range(samples))
    return means[int(0.025 * samples)], means[int(0.975 * samples) - 1]
