"""Compare the places where vectors may lie, through the code that the program runs: ingest rate, latency, bytes.

    chroma run --path /tmp/chroma-data &
    python tools/bench_store.py papers.jsonl                                  # the folder alone
    python tools/bench_store.py papers.jsonl --store http://localhost:8000    # the folder, then the server

Ingests the bundled seeds and the given files into a new library for each place, then asks the titles of the first 200
papers. Prints a Markdown table. Bytes are those of the library's folder; what a server keeps lies with the server.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from assistant import Assistant
from assistant.embedders import BUNDLED, StaticEmbedder
from assistant.library import Library

SEEDS = Path(__file__).parent.parent / "seeds"
ASKED = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("papers", nargs="+", help="files of papers, as `assistant ingest` takes them")
    parser.add_argument("--store", help="address of a Chroma server")
    args = parser.parse_args()
    load = os.getloadavg()[0]
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}, ", end=""
    )
    print(f"{date.today()}\n")
    print(
        "| vectors | papers | chunks | ingest s | papers/s | vector side p50 / p95 ms | whole search p50 / p95 ms | "
        "process s | folder MB | catalog MB | lexical MB |"
    )
    print("| --- |" + " --- |" * 10)
    for store in filter(None, ("local", args.store)):
        with tempfile.TemporaryDirectory() as home:
            print(row(store, [str(SEEDS), *args.papers], Path(home)), flush=True)


def row(store: str, papers: list[str], home: Path) -> str:
    """One line of the table: a library made, asked and thrown away."""
    started = time.perf_counter()
    with Assistant.open(home=str(home), store=store) as assistant:
        report = assistant.ingest(papers)
    ingest_s = time.perf_counter() - started
    folder = home / "libraries" / "default"
    with Library(folder, embedder=lambda: StaticEmbedder("bundled", BUNDLED), store=store) as library:
        chunks = library.status("x").chunks
        titles = [one.paper.title for one in library.papers(limit=ASKED)]
        vector, fused = (timed(library, titles, side) for side in ("vector", "fused"))
    process_s = statistics.median(process(home, store, title) for title in titles[:5])
    kept = " | ".join(f"{megabytes(place):.1f}" for place in (folder, folder / "catalog.sqlite3", folder / "lexical"))
    return (
        f"| {store} | {report.papers:,} | {chunks:,} | {ingest_s:.1f} | {report.papers / ingest_s:,.0f} | {vector} | "
        f"{fused} | {process_s:.2f} | {kept} |"
    )


def timed(library: Library, questions: list[str], side: str) -> str:
    """Median and 95th percentile of a search in a process that is warm."""
    taken = []
    for question in questions:
        started = time.perf_counter()
        library.search(question, limit=10, side=side)  # type: ignore[arg-type]
        taken.append(1_000 * (time.perf_counter() - started))
    taken.sort()
    return f"{statistics.median(taken):.1f} / {taken[int(0.95 * len(taken))]:.1f}"


def process(home: Path, store: str, question: str) -> float:
    """Seconds of `assistant search`, from start to exit."""
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "assistant", "search", question, "--store", store],
        env=os.environ | {"ASSISTANT_HOME": str(home)},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - started


def megabytes(place: Path) -> float:
    files = place.rglob("*") if place.is_dir() else [place]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


if __name__ == "__main__":
    main()
