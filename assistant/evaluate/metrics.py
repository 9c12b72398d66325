"""Metrics over judged questions, and how sure their means and differences are. Pure."""

import math
import random
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import combinations
from statistics import fmean

from assistant.cleaning import clean
from assistant.evidence import holds
from assistant.quantities import quantities
from assistant.results import Quote, Sentence
from assistant.text import terms

FEW = 10  # questions; resampling fewer says little about chance
LOOKED_AT = 6  # citations of a sentence; ALCE looks at three
_MARKER = re.compile(r"\s*\[\d+\]")


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


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % score interval of a share, `hits` of `of` (Wilson 1927): unlike a resampled one it has a width where all
    or none are hits."""
    z = 1.959964
    share, spread = hits / of, z * z / of
    middle, half = share + spread / 2, z * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, (middle - half) / (1 + spread)), min(1.0, (middle + half) / (1 + spread))


def paired(
    first: Sequence[float], second: Sequence[float], *, samples: int = 10_000, seed: int = 1
) -> tuple[float, float, float | None]:
    """(low, high, p) of the mean of `second - first`, pair by pair: its 95 % bootstrap interval (percentile method) and
    the two-sided p-value, the share of resamples of the centred differences whose mean is at least as far from 0 as the
    one observed (Efron and Tibshirani 1993, ch. 16). p is None for fewer than FEW pairs."""
    differences = [b - a for a, b in zip(first, second, strict=True)]
    observed = fmean(differences)
    draw = random.Random(seed)
    count = len(differences)
    means = sorted(math.fsum(draw.choices(differences, k=count)) / count for _ in range(samples))
    low, high = means[int(0.025 * samples)], means[int(0.975 * samples) - 1]
    if count < FEW:
        return low, high, None
    further = sum(abs(mean - observed) >= abs(observed) - 1e-12 for mean in means)
    return low, high, (further + 1) / (samples + 1)


def plain(sentences: Iterable[Sentence]) -> str:
    """What the sentences say, without their markers."""
    return " ".join(_MARKER.sub("", sentence.text) for sentence in sentences)


def says(text: str, wanted: str) -> bool:
    """Whether `text` gives the short answer `wanted`: every quantity of it, in any spelling (`2.85 bits`, `2.85-bit`),
    or where it has none, its words one after the other."""
    text, wanted = clean(text), clean(wanted)
    if asked := quantities(wanted):
        given = quantities(text)
        return all(any(one.same(other) for other in given) for one in asked)
    return holds(terms(text), wanted)


def hit(quotes: Iterable[Quote], start: int, end: int) -> bool:
    """Whether a quote meets the span from `start` to `end` of its abstract: half of the shorter of the two or more."""
    return any(
        2 * (min(quote.end, end) - max(quote.start, start)) >= min(quote.end - quote.start, end - start) > 0
        for quote in quotes
    )


def citation_support(
    cited: Sequence[int], invented: int, supported: Callable[[Collection[int]], bool]
) -> tuple[bool, int]:
    """(whether its citations together support a sentence, how many of them are to the point), in the sense of ALCE (Gao
    et al. 2023): where the sentence is supported, those are that support it alone or without which the others do not.

    `supported` says of some citations whether the check is content with them; together they support what a part of them
    does. A sentence with an `invented` marker is not supported, as one without a citation is not.
    """
    looked_at = tuple(dict.fromkeys(cited))[:LOOKED_AT]
    enough = [
        frozenset(some)
        for count in range(1, len(looked_at) + 1)
        for some in combinations(looked_at, count)
        if supported(some)
    ]
    if invented or not enough:
        return False, 0
    to_the_point = [
        one for one in looked_at if frozenset([one]) in enough or not any(one not in some for some in enough)
    ]
    return True, len(to_the_point)
