# /// script
# requires-python = ">=3.11"
# dependencies = ["paper-assistant", "bm25s==0.2.14"]
#
# [tool.uv.sources]
# paper-assistant = { path = ".." }
# ///
"""Time the program as a user starts it: whole processes, in a home of their own, on this machine.

    python tools/bench.py                                                  # the commands, on the sample
    python tools/bench.py --papers ../shared/data/arxiv-daily/papers.jsonl.gz --sizes 333 10000 74728 [--peers]
    python tools/bench.py --papers … --sizes 1000000 --home /tmp/big       # an hour; a library there already is used

Prints Markdown tables. The figures are wall-clock seconds of a process from start to exit, caches of the file system
warm, and say nothing of the endpoint: no model is asked. Papers come from tools/made_papers.py: real ones as far as
they go. `--peers` times what a user might build instead, in the same run (tools/peers.py; needs bm25s).
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import peers

# Without the settings of whoever runs this: no model is asked. Modules are compiled once, as those of an installed
# program are, also where the environment forbids to write them beside their sources.
COMPILED = tempfile.TemporaryDirectory()
OWN = ("ASSISTANT_", "OPENAI_", "PYTHONDONTWRITEBYTECODE")
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(OWN)} | {"PYTHONPYCACHEPREFIX": COMPILED.name}
QUESTION = "which papers reduce KV cache memory?"
PROGRAM = [sys.executable, "-m", "assistant"]
HERE = Path(__file__).parent
COLD_RUNS = 5


def seconds(command: Sequence[str], home: Path) -> float:
    """Wall time of one process that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, env=ENVIRONMENT | {"ASSISTANT_HOME": str(home)}, check=True, capture_output=True)
    return time.perf_counter() - started


def peak(command: Sequence[str], home: Path) -> tuple[float, float]:
    """(seconds, peak resident memory in MB) of one process that must succeed."""
    started = time.perf_counter()
    child = subprocess.Popen(
        command,
        env=ENVIRONMENT | {"ASSISTANT_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss / 1_000


def row(what: str, runs: int, once: Callable[[], float]) -> None:
    taken = sorted(once() for _ in range(runs))
    print(f"| {what} | {statistics.median(taken):.2f} | {taken[0]:.2f}–{taken[-1]:.2f} | {runs} |", flush=True)


def commands(home: Path, runs: int) -> None:
    """The table of the commands, on the sample."""

    def first_ask() -> float:
        shutil.rmtree(home / "new", ignore_errors=True)
        return seconds([*PROGRAM, "ask", QUESTION], home / "new")

    print("| what | median s | range s | runs |\n| --- | --- | --- | --- |")
    row("`assistant --help`", runs, lambda: seconds([*PROGRAM, "--help"], home))
    row("first ever `ask`, indexing the sample included", max(3, runs // 3), first_ask)
    row("`ask` afterwards", runs, lambda: seconds([*PROGRAM, "ask", QUESTION], home / "new"))
    row("`search`", runs, lambda: seconds([*PROGRAM, "search", QUESTION], home / "new"))
    row("`show`", runs, lambda: seconds([*PROGRAM, "show", "cskv"], home / "new"))


def sizes(real: Path, home: Path, counts: Sequence[int], *, with_peers: bool) -> None:
    """The tables by size of library: ingest, cold and warm, where a cold search spends its time, and peers."""
    measured, stages = [], []
    for count in counts:
        name, file = f"papers-{count}", home / f"papers-{count}.jsonl"
        ingest = "–"
        memory = 0.0
        folder = home / "libraries" / name
        if not file.with_suffix(".done").exists():
            with file.open("wb") as lines:  # in a process of its own: the peak of one that is forked begins at ours
                subprocess.run([sys.executable, HERE / "made_papers.py", real, str(count)], stdout=lines, check=True)
            taken, memory = peak([*PROGRAM, "ingest", str(file), "--library", name], home)
            ingest = f"{count / taken:,.0f}"
            file.with_suffix(".done").touch()
        search = [peak([*PROGRAM, "search", QUESTION, "--library", name], home) for _ in range(COLD_RUNS)]
        ask = [seconds([*PROGRAM, "ask", QUESTION, "--library", name], home) for _ in range(COLD_RUNS)]
        warm = report([str(HERE / "warm.py"), str(real), "--library", name], home)
        disk = sum(part.stat().st_size for part in folder.rglob("*")) / count / 1_000
        cells = [
            f"{count:,}", ingest, f"{memory:,.0f}", f"{statistics.median(s for s, _ in search):.2f}",
            f"{statistics.median(ask):.2f}", f"{warm['p50']:.1f} / {warm['p95']:.1f}",
            f"{max(m for _, m in search):,.0f} / {warm['peak']:,.0f}", f"{warm['recall']:.3f}", f"{disk:.1f}",
        ]  # fmt: skip
        measured.append(f"| {' | '.join(cells)} |")
        runs = [
            report([str(HERE / "stages.py"), "search", QUESTION, "--library", name], home) for _ in range(COLD_RUNS)
        ]
        stages.append((count, {stage: statistics.median(run.get(stage, 0.0) for run in runs) for stage in runs[0]}))
    print(
        "\n| papers | ingest, papers/s | its peak MB | cold `search` s | cold `ask` s | warm search p50 / p95 ms "
        "| peak MB, cold / warm | recall@10 of Chroma against exact search | disk, kB a paper |"
    )
    print(f"{'| --- ' * 9}|", *measured, sep="\n", flush=True)
    names = list(stages[0][1])
    print(f"\nA cold `search` by stage, ms:\n\n| papers | {' | '.join(names)} |\n{'| --- ' * (len(names) + 1)}|")
    for count, spent in stages:
        print(f"| {count:,} | {' | '.join(f'{1_000 * spent[name]:.0f}' for name in names)} |", flush=True)
    if with_peers:
        print("\n| papers | peer | build s | cold query s | warm p50 / p95 ms | disk, kB a paper |")
        print(f"{'| --- ' * 6}|")
        for count in counts:
            for peer in peers.PEERS:
                print(f"| {count:,} | {peers.measured(peer, real, count, home)} |", flush=True)


def report(script: Sequence[str], home: Path) -> dict[str, float]:
    """What a script prints as JSON, run in a process of its own."""
    ran = subprocess.run(
        [sys.executable, *script],
        env=ENVIRONMENT | {"ASSISTANT_HOME": str(home)},
        check=True,
        stdout=subprocess.PIPE,
    )
    said: dict[str, float] = json.loads(ran.stdout)
    return said


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--papers", type=Path, help="real papers, JSON lines, gzip: time libraries made of them")
    parser.add_argument("--sizes", type=int, nargs="+", default=[333, 10_000, 74_728])
    parser.add_argument("--home", type=Path, help="folder for the libraries, kept; default: a temporary one")
    parser.add_argument("--peers", action="store_true")
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {date.today()}\n")
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        home.mkdir(parents=True, exist_ok=True)
        if args.papers:
            sizes(args.papers, home, args.sizes, with_peers=args.peers)
        else:
            commands(home, args.runs)


if __name__ == "__main__":
    main()
