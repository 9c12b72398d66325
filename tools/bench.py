"""Time the program as a user starts it: whole processes, in a home of their own, on this machine.

    python tools/bench.py            # medians of 7 runs; the first ask of a new home is timed 3 times
    python tools/bench.py --runs 15

Prints a Markdown table. The figures are wall-clock seconds of a process from start to exit, caches of the file system
warm, and say nothing of the endpoint: no model is asked.
"""

import argparse
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

# Without the settings of whoever runs this: no model is asked.
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith(("ASSISTANT_", "OPENAI_"))}
QUESTION = "which papers reduce KV cache memory?"


def seconds(command: Sequence[str], home: Path) -> float:
    """Wall time of one process that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, env=ENVIRONMENT | {"ASSISTANT_HOME": str(home)}, check=True, capture_output=True)
    return time.perf_counter() - started


def row(what: str, runs: int, once: Callable[[], float]) -> None:
    taken = sorted(once() for _ in range(runs))
    print(f"| {what} | {statistics.median(taken):.2f} | {taken[0]:.2f}–{taken[-1]:.2f} | {runs} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=7)
    args = parser.parse_args()
    program = [sys.executable, "-m", "assistant"]
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {date.today()}\n")
    print("| what | median s | range s | runs |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)

        def first_ask() -> float:
            shutil.rmtree(home / "new", ignore_errors=True)
            return seconds([*program, "ask", QUESTION], home / "new")

        row("`assistant --help`", args.runs, lambda: seconds([*program, "--help"], home))
        row("first ever `ask`, indexing the sample included", max(3, args.runs // 3), first_ask)
        row("`ask` afterwards", args.runs, lambda: seconds([*program, "ask", QUESTION], home / "new"))
        row("`search`", args.runs, lambda: seconds([*program, "search", QUESTION], home / "new"))
        row("`show`", args.runs, lambda: seconds([*program, "show", "cskv"], home / "new"))


if __name__ == "__main__":
    main()
