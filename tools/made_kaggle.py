"""Make a file in the form of arXiv's metadata snapshot on Kaggle, of any number of records, and time how it is read.

    python tools/made_kaggle.py ../shared/data/arxiv-daily/papers.jsonl.gz 2700000 > snapshot.jsonl
    python tools/made_kaggle.py ../shared/data/arxiv-daily/papers.jsonl.gz 2700000 --parse    # 5 GB in a temporary file
    python tools/made_kaggle.py ../shared/data/arxiv-daily/papers.jsonl.gz 20000 --ingest

Titles and abstracts are those of tools/made_papers.py: the real ones, then made of real sentences. Ids, authors,
versions, comments and DOIs are drawn with a fixed seed in the snapshot's form: some in LaTeX, some absent, some
withdrawn. With `--parse` a process of its own reads the file by the `kaggle` reader; with `--ingest` the program files
and indexes it, reads it again, and again after its middle was changed. Printed are records a second, the peak of
resident memory, and the load of the machine before and after.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from made_papers import papers

FIRST = ("Ada", "B.", "Carlos", "D. E.", "Eva", "François", "G\\'erard", "Hiro", "I.", 'J\\"org', "Li", "Mar\\'{\\i}a")
LAST = (
    "Müller",
    "Erd\\H{o}s",
    "Smith",
    "Nguyen",
    "Balázs",
    "van der Berg",
    "Chen",
    "{\\O}stergaard",
    "Rossi",
    "O'Neil",
)
COMMENTS = (None, None, "12 pages, 3 figures", "Accepted at a conference", "Replaces withdrawn paper 0704.0001")
CATEGORIES = ("cs.LG", "cs.CL stat.ML", "hep-ph", "math.CO", "cond-mat.mtrl-sci cond-mat.mes-hall", "quant-ph")
FIRST_DAY = date(2007, 4, 2)
A_MONTH = 90_000  # ids of one month


def records(path: Path, *, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Records of the snapshot's form without end."""
    draw = random.Random(seed)
    for number, paper in enumerate(papers(path, seed=seed)):
        months = number // A_MONTH
        arxiv_id = f"{7 + (3 + months) // 12:02}{(3 + months) % 12 + 1:02}.{number % A_MONTH + 1:05}"
        names = [(draw.choice(LAST), draw.choice(FIRST), "Jr." if draw.random() < 0.02 else "") for _ in range(4)]
        day = FIRST_DAY + timedelta(days=draw.randrange(6_900))
        versions = draw.choice((1, 1, 2, 3))
        yield {
            "id": arxiv_id,
            "submitter": " ".join(reversed(names[0][:2])),
            "authors": ", ".join(f"{first} {last}" for last, first, _ in names),
            "title": paper["title"].replace(": ", ":\n  "),
            "comments": "This paper has been withdrawn by the authors"
            if draw.random() < 0.01
            else draw.choice(COMMENTS),
            "journal-ref": "Phys.Rev.D76:013009,2007" if draw.random() < 0.3 else None,
            "doi": f"10.1103/made.{number}" if draw.random() < 0.4 else None,
            "report-no": None,
            "categories": draw.choice(CATEGORIES),
            "license": "http://creativecommons.org/licenses/by/4.0/",
            "abstract": f"  {paper['abstract']}\n",
            "versions": [
                {"version": f"v{n + 1}", "created": f"{day + timedelta(days=90 * n):%a, %-d %b %Y} 19:18:42 GMT"}
                for n in range(versions)
            ],
            "update_date": f"{day + timedelta(days=400)}",
            "authors_parsed": [list(name) for name in names],
        }


PARSE = """
import resource, sys, time
from assistant.papers import Record
from assistant.sources import opened, recognise
started, records = time.perf_counter(), 0
with opened(sys.argv[1]) as source:
    for item in recognise(source.head).read(source.stream):
        records += isinstance(item, Record)
seconds = time.perf_counter() - started
used = resource.getrusage(resource.RUSAGE_SELF)
print(
    f"parsed {records:,} records in {seconds:,.1f} s: {records / seconds:,.0f} a second, "
    f"{records / used.ru_utime:,.0f} a second of CPU, peak {used.ru_maxrss / 1_000:,.0f} MB"
)
"""


def parsed(file: Path) -> None:
    load = os.getloadavg()[0]
    said = subprocess.run([sys.executable, "-c", PARSE, str(file)], capture_output=True, text=True, check=True).stdout
    print(
        f"{said.strip()}; {file.stat().st_size / 1e9:.2f} GB; load {load:.1f} to {os.getloadavg()[0]:.1f}", flush=True
    )


def ingested(file: Path, home: Path, count: int) -> None:
    def once(what: str) -> None:
        started, load = time.perf_counter(), os.getloadavg()[0]
        child = subprocess.Popen(
            [sys.executable, "-m", "assistant", "ingest", str(file)],
            env=os.environ | {"ASSISTANT_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(child.pid, 0)
        if status:
            raise SystemExit(f"ingest failed with status {status}")
        seconds = time.perf_counter() - started
        cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1_000
        print(f"{what}: {count / seconds:,.0f} records a second, {seconds:,.1f} s", end=", ")
        print(f"{cpu:,.1f} s of CPU, peak {peak:,.0f} MB; load {load:.1f} to {os.getloadavg()[0]:.1f}", flush=True)

    once("ingested")
    once("again, unchanged")
    with file.open("r+b") as lines:
        lines.seek(file.stat().st_size // 2)
        here = lines.tell() + lines.read(1_000).index(b" ")
        lines.seek(here)
        lines.write(b"_")
    once("again, one letter changed, so all is read")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("papers", type=Path, help="real papers, JSON lines, gzip")
    parser.add_argument("count", type=int)
    parser.add_argument("--parse", action="store_true", help="time the reader instead of printing the records")
    parser.add_argument("--ingest", action="store_true", help="time the whole ingest instead")
    parser.add_argument("--folder", type=Path, help="where the temporary files go")
    args = parser.parse_args()
    if not (args.parse or args.ingest):
        sys.stdout.writelines(
            json.dumps(row, ensure_ascii=False) + "\n" for row in islice(records(args.papers), args.count)
        )
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        file = Path(folder) / "snapshot.jsonl"
        with file.open("wb") as out:  # in a process of its own: the peak of one that is started here begins at ours
            subprocess.run([sys.executable, __file__, str(args.papers), str(args.count)], stdout=out, check=True)
        if args.parse:
            parsed(file)
        if args.ingest:
            ingested(file, Path(folder) / "home", args.count)


if __name__ == "__main__":
    main()
