"""Make papers of any number out of real ones, for load tests: JSON lines on standard output.

    python tools/made_papers.py ../shared/data/arxiv-daily/papers.jsonl.gz 1000000 > million.jsonl

Up to as many as there are, they are the real ones in a fixed random order. Every further one takes its title from two
real titles and its abstract from sentences of real abstracts, drawn with a fixed seed, so that lengths and the
frequencies of words are those of real papers. Made papers are good for measuring speed, memory and disk, and say
nothing about quality.
"""

import argparse
import gzip
import json
import random
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from assistant.text import sentences

Row = dict[str, str]


def papers(path: Path, *, seed: int = 1) -> Iterator[Row]:
    """The real papers of `path`, shuffled, then made ones without end."""
    draw = random.Random(seed)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    draw.shuffle(rows)
    for row in rows:
        yield {
            "id": f"arxiv:{row['_id']}",
            "title": row["title"],
            "abstract": row["text"],
            "date": row["first_seen"],
        }
    parts = [row["text"][start:end] for row in rows for start, end in sentences(row["text"])]
    titles = [row["title"].split() for row in rows]
    number = 0
    while True:
        number += 1
        first, second = draw.choice(titles), draw.choice(titles)
        yield {
            "id": f"made-{number}",
            "title": " ".join([*first[: len(first) // 2], *second[len(second) // 2 :], str(number)]),
            "abstract": " ".join(draw.choices(parts, k=draw.randint(5, 9))),
            "date": draw.choice(rows)["first_seen"],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("papers", type=Path, help="real papers, JSON lines, gzip")
    parser.add_argument("count", type=int)
    args = parser.parse_args()
    for row in islice(papers(args.papers), args.count):
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
