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
from pathlib import Path

import numpy as np

from assistant import Assistant
from assistant.library.searching import CANDIDATES
from assistant.library.vectors import nearest_exactly

COUNT = 200  # queries timed
COMPARED = 50  # of them, compared with exact search


def queries(papers: Path, count: int) -> list[str]:
    with gzip.open(papers, "rt", encoding="utf-8") as lines:
        titles = [json.loads(line)["title"] for line in lines]
    return [" ".join(title.split()[:5]) for title in random.Random(5).sample(titles, count)]


def recall(assistant: Assistant, query: str) -> float:
    """The share of the ten nearest papers that are the first ten by the vector index."""
    searcher = assistant.library._fresh_searcher()
    vector = searcher._embedder.embed([query])[0]
    exact = list(nearest_exactly(searcher._blocks(), vector, limit=CANDIDATES))[:10]
    found = searcher._indexed(vector)
    if found is None:
        raise SystemExit("the vector index cannot be used")
    return len(set(exact).intersection(list(found)[:10])) / 10


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
        found = statistics.fmean(recall(assistant, query) for query in asked[:COMPARED])
    taken.sort()
    p95 = float(np.percentile(taken, 95))
    print(json.dumps({"p50": statistics.median(taken), "p95": p95, "peak": peak, "recall": found}))


if __name__ == "__main__":
    main()
