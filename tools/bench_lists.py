"""How long it takes to list and count papers of a large catalog, in which only the papers are real.

    python tools/bench_lists.py ../shared/data/arxiv-daily/papers.jsonl.gz --papers 1000000

The papers of the file are repeated under other ids and titles; a tenth has no date, a twentieth has upvotes, one in
5,000 a tag, half of those are read. Each figure is the processor time of the best of three, with the file in memory. A
million papers take 2 GB of disk.
"""

import argparse
import gzip
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from itertools import cycle, islice
from pathlib import Path

from assistant.library.catalog import FILE, Catalog
from assistant.library.schema import FIELDS, to_row
from assistant.papers import Filters, Paper, Sort

SORTS: tuple[Sort, ...] = ("date", "title", "added", "upvotes")
CONDITIONS = {
    "none": Filters(),
    "tag": Filters(tag="thesis"),
    "read": Filters(read=True),
    "unread": Filters(read=False),
    "author": Filters(author="wang"),
    "category": Filters(category="cs.LG"),
    "since": Filters(since=date(2026, 6, 1)),
}
DAY = date(2026, 1, 1)


def papers(path: Path) -> Iterator[Paper]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for number, row in enumerate(cycle(rows)):
        yield Paper(
            title=f"{row['title']} {number}",
            abstract=row["text"],
            source_id=str(number),
            authors=tuple(row["authors"]),
            date=date.fromisoformat(row["first_seen"]) if number % 10 else None,
            categories=tuple(row["categories"]),
            upvotes=number % 97 if number % 20 == 0 else None,
        )


def fill(folder: Path, path: Path, count: int) -> None:
    """Make a catalog of so many papers, without filing them one by one."""
    Catalog(folder, create=True).close()
    statement = f"INSERT INTO papers(paper_id, state, {', '.join(FIELDS)}) VALUES (?, 1{', ?' * len(FIELDS)})"
    with closing(sqlite3.connect(folder / FILE)) as db, db:
        db.executemany(statement, ((one.paper_id, *to_row(one)) for one in islice(papers(path), count)))
    with closing(Catalog(folder, write=True)) as catalog:
        catalog.marking.tag("thesis", [str(number) for number in range(0, count, 5_000)])
        catalog.marking.read([str(number) for number in range(0, count, 10_000)], DAY)
        catalog.settle()


def best(run: Callable[[], object]) -> str:
    taken = []
    for _ in range(3):
        started = time.process_time()
        run()
        taken.append(time.process_time() - started)
    return f"{min(taken) * 1_000:,.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, help="real papers, JSON lines, gzip")
    parser.add_argument("--papers", type=int, default=1_000_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), args.file, args.papers)
        with closing(Catalog(Path(folder))) as catalog:
            print("| Order | first 20, ms | reversed, ms |\n| --- | ---: | ---: |")
            for sort in SORTS:
                first, last = (
                    best(lambda: catalog.matching(Filters(), limit=20, sort=sort, reverse=reverse))  # noqa: B023
                    for reverse in (False, True)
                )
                print(f"| {sort} | {first} | {last} |", flush=True)
            print("\n| Condition | papers | first 20, ms | count, ms |\n| --- | ---: | ---: | ---: |")
            for name, filters in CONDITIONS.items():
                first = best(lambda: catalog.matching(filters, limit=20))  # noqa: B023
                count = best(lambda: catalog.count(filters))  # noqa: B023
                print(f"| {name} | {catalog.count(filters)[0]:,} | {first} | {count} |", flush=True)


if __name__ == "__main__":
    main()
