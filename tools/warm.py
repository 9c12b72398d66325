"""Warm searches through the Python API, and how well Chroma's index finds what exact search finds: JSON on standard
output. `tools/bench.py` runs this in a process of its own.

    python tools/warm.py papers.jsonl.gz --library NAME

Queries are titles of real papers cut to five words, drawn with a fixed seed. `p50` and `p95` are milliseconds of one
search; `recall` is the share of the ten nearest papers by exact search that are the first ten by the vector index.
"""

import argparse
import gzip
import json
import random
import resource
import statistics
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from assistant import Assistant
from assistant.embedders import Vectors
from assistant.library.searching import Searcher
from assistant.library.vectors import Block

COUNT = 200  # queries timed
COMPARED = 400  # queries compared with exact search: with 50, a share of .97 is known to .02 only
TEN = 10


def queries(papers: Path, count: int) -> list[str]:
    with gzip.open(papers, "rt", encoding="utf-8") as lines:
        titles = [json.loads(line)["title"] for line in lines]
    return [" ".join(title.split()[:5]) for title in random.Random(5).sample(titles, count)]


def recall(searcher: Searcher, asked: list[str]) -> float:
    """The share of the ten nearest papers of each query that are the first ten by the vector index."""
    vectors = searcher._embedder.embed(asked)
    exact = nearest(searcher._blocks(), vectors)
    found = 0
    for vector, papers in zip(vectors, exact, strict=True):
        indexed = searcher._indexed(vector)
        if indexed is None:
            raise SystemExit("the vector index cannot be used")
        found += len(papers.intersection(list(indexed)[:TEN]))
    return found / (TEN * len(asked))


def nearest(blocks: Iterable[Block], vectors: Vectors) -> list[set[int]]:
    """The ten papers nearest to each of `vectors`, shape (queries, dimension), by all of the library's."""
    near: list[list[tuple[float, int]]] = [[] for _ in vectors]
    for block in blocks:  # all queries at once: reading the vectors of a million papers takes longer than comparing
        cosines = block.vectors @ vectors.T
        some = min(2 * TEN, len(cosines) - 1)  # more than ten: a long abstract has several chunks
        first = np.argpartition(-cosines, some, axis=0)[: 2 * TEN]
        for query, rows in enumerate(first.T):
            near[query] += zip(cosines[rows, query].tolist(), block.papers[rows].tolist(), strict=True)
    return [set(list(dict.fromkeys(paper for _, paper in sorted(one, reverse=True)))[:TEN]) for one in near]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("papers", type=Path)
    parser.add_argument("--library", required=True)
    args = parser.parse_args()
    asked = queries(args.papers, COUNT)
    with Assistant.open(args.library) as assistant:
        for query in asked[:20]:
            assistant.search(query)
        taken = []
        for query in asked:
            started = time.perf_counter()
            assistant.search(query)
            taken.append(1_000 * (time.perf_counter() - started))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
        found = recall(assistant.library._fresh_searcher(), queries(args.papers, COMPARED))
    taken.sort()
    p95 = float(np.percentile(taken, 95))
    print(json.dumps({"p50": statistics.median(taken), "p95": p95, "peak": peak, "recall": found}))


if __name__ == "__main__":
    main()
