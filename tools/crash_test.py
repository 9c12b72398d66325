"""Kill the program at random points and see whether the library still has every paper.

    python tools/crash_test.py --kills 200            # about a quarter of an hour
    python tools/crash_test.py --kills 50 --seed 7

Each round begins with a library of acknowledged papers and one operation on it: an ingest of more, a reindex, a
removal, or a digest. It gets SIGKILL once to three times in a row, each time at a moment drawn evenly from the time
for which it holds the library when undisturbed; a digest, which holds it for a moment only, from all the time it
takes. After each kill the catalog must be whole by SQLite's integrity check and have every acknowledged paper, and no
paper may count as sent that is in no digest which was written. Then the operation runs to its end; catalog, vectors
and lexical index must agree in their counts, and every paper must be found by its id, its title and its vector. Prints
a Markdown table: where the kills hit, and what failed.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal, Protocol

from assistant.app import Assistant
from assistant.library import CATALOG
from assistant.library.catalog import Catalog
from assistant.library.lock import HOLDER
from assistant.library.shelf import Shelf
from assistant.library.vectors import from_bytes, held
from assistant.papers import StoredPaper

Operation = Literal["ingest", "reindex", "remove", "digest"]
OPERATIONS: tuple[Operation, ...] = ("ingest", "reindex", "remove", "digest")
NOTHING_NEW = 3  # the exit status of a digest when all was sent
DAY = date(2026, 6, 1)  # of all papers
PLACES = ("before it wrote", "filing", "indexing", "vector index", "after it was done")
PROGRAM = "import assistant.library.indexing as i; i.BATCH = {batch}; from assistant.cli import main; main()"


class Process(Protocol):
    """A run of the program; `subprocess.Popen` and, for the tests, a forked one."""

    def wait(self, timeout: float | None = None) -> int: ...
    def kill(self) -> None: ...


Start = Callable[[Sequence[str]], Process]


@dataclass(slots=True)
class Tally:
    """What became of the kills of one operation."""

    kills: int = 0
    hit: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The papers: those of `base` are in the library before, `more` are ingested, `leaving` removed."""

    base: Path
    more: Path
    leaving: tuple[str, ...]

    @property
    def digest(self) -> Path:
        """Where a digest is written."""
        return self.base.with_name("digest.json")

    def words(self, operation: Operation) -> list[str]:
        match operation:
            case "ingest":
                return ["ingest", str(self.more)]
            case "reindex":
                return ["reindex"]
            case "digest":
                return ["digest", "--since", f"{DAY}", "--until", f"{DAY}", "-o", str(self.digest)]
        return ["remove", *self.leaving, "--yes"]

    def expected(self, operation: Operation) -> set[str]:
        """Ids of the papers that the library must hold in the end."""
        ids = _ids(self.base) | (_ids(self.more) if operation == "ingest" else set())
        return ids - (set(self.leaving) if operation == "remove" else set())


def corpus(folder: Path, papers: Sequence[StoredPaper]) -> Corpus:
    """Two files in `folder`, with half of the papers each; a fifth of the first half is to leave."""
    half = len(papers) // 2
    for name, part in (("base", papers[:half]), ("more", papers[half:])):
        lines = [
            {"id": one.paper_id, "title": one.paper.title, "abstract": one.paper.abstract, "date": f"{DAY}"}
            for one in part
        ]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    leaving = tuple(one.paper_id for one in papers[:half:5])
    return Corpus(folder / "base.jsonl", folder / "more.jsonl", leaving)


def _ids(file: Path) -> set[str]:
    return {json.loads(line)["id"] for line in file.read_text().splitlines()}


def rounds(work: Path, papers: Corpus, start: Start, *, kills: int, seed: int) -> dict[Operation, Tally]:
    """Kill until `kills` processes are dead, operation by operation in turn; the tallies."""
    chance = random.Random(seed)
    base = work / "base"
    _whole(start, base, ["ingest", str(papers.base)])
    seconds = {operation: _seconds(work, papers, start, operation) for operation in OPERATIONS}
    tallies = {operation: Tally() for operation in OPERATIONS}
    while (dead := sum(tally.kills for tally in tallies.values())) < kills:
        operation = min(OPERATIONS, key=lambda one: tallies[one].kills)
        library = _copy(base, work / "library")
        moments = [
            chance.uniform(0.0, seconds[operation]) for _ in range(min(chance.choice((1, 1, 2, 3)), kills - dead))
        ]
        one_round(library, papers, operation, start, moments, tallies[operation])
    return tallies


def one_round(
    library: Path, papers: Corpus, operation: Operation, start: Start, moments: Sequence[float], tally: Tally
) -> None:
    """Start the operation and kill it at each of these moments (seconds after it has locked the library); then let it
    end, and look."""
    papers.digest.unlink(missing_ok=True)
    before, shown = _state(library), set[str]()
    untouched = _ids(papers.base) - set(papers.leaving if operation == "remove" else ())
    for moment in moments:
        process = _begun(start, library, papers, operation)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(moment)
        process.kill()
        process.wait()
        tally.kills += 1
        where = place(library, before)
        tally.hit[where] += 1
        shown |= _shown(papers.digest)
        tally.failures += [f"killed {where}: {fault}" for fault in faults_at_once(library, untouched, shown)]
    words = papers.words(operation)
    if operation == "remove" and not Counter(papers.leaving).keys() & _held(library):
        words = ["ingest", str(papers.more)]  # they have left; any other writer must finish the indexes
    status = start([*words, "--library", str(library)]).wait()
    right = (0, NOTHING_NEW) if operation == "digest" else (0,)
    tally.failures += [f"the command after it ended with {status}"] if status not in right else []
    tally.failures += faults_at_once(library, set(), shown | _shown(papers.digest))
    expected = papers.expected(operation) | (_ids(papers.more) if words[0] == "ingest" else set())
    tally.failures += faults_in_the_end(library, expected)


def place(library: Path, before: object) -> str:
    """Where a kill hit, as the catalog shows it, which was in the state `before`."""
    with contextlib.closing(Catalog(library)) as catalog:
        pending, clean = catalog.counts()[1], catalog.meta("vectors") == "clean"
    if not clean:
        return "indexing" if pending else "vector index"
    return "filing" if pending else "before it wrote" if _state(library) == before else "after it was done"


def _state(library: Path) -> object:
    with contextlib.closing(Catalog(library)) as catalog:
        return _held(library), catalog.meta("generation"), catalog.memory.sent()


def faults_at_once(library: Path, acknowledged: set[str], shown: set[str]) -> list[str]:
    """What is wrong with the catalog as a kill left it, when digests have `shown` these papers."""
    with contextlib.closing(sqlite3.connect(library / CATALOG)) as db:
        (said,) = db.execute("PRAGMA integrity_check").fetchone()
    missing = acknowledged - _held(library)
    faults = [f"integrity_check: {said}"] if said != "ok" else []
    faults += [f"{len(missing)} acknowledged papers are missing"] if missing else []
    with contextlib.closing(Catalog(library)) as catalog:
        unseen = catalog.memory.sent().keys() - shown
    return faults + ([f"{len(unseen)} papers count as sent and are in no digest"] if unseen else [])


def _shown(file: Path) -> set[str]:
    """The papers of the digest that was written there, whole or not at all."""
    if not file.exists():
        return set()
    return {one["paper_id"] for one in json.loads(file.read_text(encoding="utf-8"))["citations"]}


def _held(library: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(library / CATALOG)) as db:
        return {row[0] for row in db.execute("SELECT paper_id FROM papers")}


def faults_in_the_end(library: Path, expected: set[str]) -> list[str]:
    """What is wrong once the next command has run."""
    with Assistant.open(library) as assistant:
        opened = assistant.library
        faults = [f"{one.what}: {one.detail}" for one in opened.check() if one.level != "ok"]
        if (held := _held(library)) != expected:
            faults.append(f"{len(expected - held)} papers are missing, {len(held - expected)} too many")
        for paper_id in expected & held:
            found = opened.get(paper_id)
            by_title = opened.search(found.paper.title, limit=5, side="lexical")
            if paper_id not in [one.found.paper_id for one in by_title]:
                faults.append(f"{paper_id} is not found by its title")
    return faults + [f"{paper_id} is not found by its vector" for paper_id in sorted(_unfound(library) & expected)]


def _unfound(library: Path) -> set[str]:
    """Papers whose own vector does not lead to them."""
    with contextlib.closing(Catalog(library)) as catalog, contextlib.closing(Shelf(library, catalog).open()) as vectors:
        stored = catalog.stored(catalog.numbers(indexed=False))
        lost = set(stored) - {row.paper for row in catalog.chunks_of()}
        for row in catalog.chunks_of():
            vector = held(from_bytes([row.vector], len(row.vector) // 2))[0]
            if row.number not in vectors.nearest(vector, limit=3):
                lost.add(row.paper)
        return {stored[number].paper_id for number in lost}


def _seconds(work: Path, papers: Corpus, start: Start, operation: Operation) -> float:
    """The time for which the operation holds the library when nobody disturbs it."""
    library = _copy(work / "base", work / "library")
    process = _begun(start, library, papers, operation)
    started = time.perf_counter()
    process.wait()
    return time.perf_counter() - started


def _begun(start: Start, library: Path, papers: Corpus, operation: Operation) -> Process:
    """The program, started and waited for until it has locked the library, or ended."""
    signed = library / HOLDER
    signed.unlink(missing_ok=True)  # the note of one that was killed
    process = start([*papers.words(operation), "--library", str(library)])
    while operation != "digest" and not signed.exists():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.002)
            break
    return process


def _whole(start: Start, library: Path, words: Sequence[str]) -> None:
    if status := start([*words, "--library", str(library)]).wait():
        raise SystemExit(f"{words[0]} ended with {status} without being killed")


def _copy(library: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    return Path(shutil.copytree(library, to))


def processes(batch: int) -> Start:
    """Starts the program as a user does, but for smaller batches, so that there is more between two of them."""

    def start(words: Sequence[str]) -> Process:
        command = [sys.executable, "-c", PROGRAM.format(batch=batch), *words]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return start


def table(tallies: dict[Operation, Tally]) -> Iterator[str]:
    yield f"| Operation | kills | {' | '.join(PLACES)} | failures |"
    yield "| --- |" + " --- |" * (len(PLACES) + 2)
    for operation, tally in tallies.items():
        hits = " | ".join(str(tally.hit[place]) for place in PLACES)
        yield f"| {operation} | {tally.kills} | {hits} | {len(tally.failures)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--batch", type=int, default=20, help="papers indexed at a time")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        os.environ["ASSISTANT_HOME"] = str(work / "home")
        with Assistant.open("sample") as sample:
            papers = corpus(work, sample.list())
        tallies = rounds(work, papers, processes(args.batch), kills=args.kills, seed=args.seed)
    print(f"{date.today()}, seed {args.seed}, batches of {args.batch} papers\n")
    print("\n".join(table(tallies)))
    failures = [f"{operation}: {fault}" for operation, tally in tallies.items() for fault in tally.failures]
    print("\n".join(["", *failures]))
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
