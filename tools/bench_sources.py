"""What every reader makes of a folder of real files: how many it recognises, records read and rejected, and how fast.

    python tools/bench_sources.py --data ../shared/data/recorded

Prints a Markdown table. A file is a file of the folder or the body of a recorded answer; what no reader recognises, or
its reader refuses as a whole, is counted and, with --list, named.
"""

import argparse
import io
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bodies import bodies

from assistant.errors import NotPapers, SourceError
from assistant.papers import Problem, Record
from assistant.sources import SOURCES, recognise

HEAD = 65_536


@dataclass(slots=True)
class Row:
    """What one reader did."""

    files: int = 0
    records: int = 0
    rejected: int = 0
    refused: list[str] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    size: int = 0
    seconds: float = 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder of real files")
    parser.add_argument("--list", action="store_true", help="name what was not recognised or refused")
    options = parser.parse_args(arguments)
    rows, unknown = measured(options.data)
    print("| Reader | Files | Records | Rejected | Most frequent reason | Files refused | MB/s |")
    print("| --- | ---: | ---: | ---: | --- | ---: | ---: |")
    for source in SOURCES:
        if row := rows.get(source.name):
            reason = next((f"{why} ({count:,})" for why, count in row.reasons.most_common(1)), "")
            counts = f"{row.files} | {row.records:,} | {row.rejected:,} | {reason} | {len(row.refused)}"
            print(f"| `{source.name}` | {counts} | {row.size / 1e6 / max(row.seconds, 1e-9):.0f} |")
    print(f"\nNot recognised: {len(unknown)} of {len(unknown) + sum(row.files for row in rows.values())} files.")
    if options.list:
        for name in [*unknown, *(name for row in rows.values() for name in row.refused)]:
            print(f"- {name}")


def measured(folder: Path) -> tuple[dict[str, Row], list[str]]:
    """The row of each reader, and the files that none recognises."""
    rows: dict[str, Row] = defaultdict(Row)
    unknown = []
    for name, body in bodies(folder):
        try:
            source = recognise(body[:HEAD])
        except NotPapers:
            unknown.append(f"{name}: not recognised")
            continue
        row = rows[source.name]
        row.files, row.size = row.files + 1, row.size + len(body)
        started = time.perf_counter()
        try:
            for item in source.read(io.BytesIO(body)):
                row.records += isinstance(item, Record)
                if isinstance(item, Problem) and "left out" not in item.reason:
                    row.rejected += 1
                    row.reasons[item.reason.split(": ", 1)[-1]] += 1
        except SourceError as error:
            row.refused.append(f"{name}: {source.name}: {error}")
        row.seconds += time.perf_counter() - started
    return dict(rows), unknown


if __name__ == "__main__":
    main()
