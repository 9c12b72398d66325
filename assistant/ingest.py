"""`ingest`: paths in, papers in the library, and a report of what became of every file."""

import io
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date as Date
from pathlib import Path

from assistant.errors import NotPapers, SourceError
from assistant.library import Library, Progress
from assistant.library.indexing import Writer
from assistant.papers import Problem, Record
from assistant.places import expanded, is_folder
from assistant.results import IngestReport, Intake
from assistant.sources import STDIN, Input, expand, opened, recognise
from assistant.sources.files import HEAD


def ingest(
    paths: Sequence[str],
    *,
    library: Callable[[], Library],
    day: Date,
    year: int | None = None,
    label: Callable[[str], str] = str,
    progress: Progress = lambda what, done, total: None,
    clock: Callable[[], float] = time.perf_counter,
) -> IngestReport:
    """File and index the papers of files, folders and standard input (`-`).

    `library` is called, and so made, only if there is a file to read. `day` is remembered as the day of reading;
    `year` dates what a page dates without a year; `label` names a file in the library. A file that cannot be read is
    reported in its `Intake` and the others are read all the same. LibraryError: the library cannot be written; what
    was filed until then stays filed.
    """
    started = clock()
    files: list[tuple[str, bool]] = []
    intakes: list[Intake] = []
    for path in paths:
        try:
            inside = path != STDIN and is_folder(expanded(path))
            files += [(file, inside) for file in expand(path)]
        except SourceError as error:
            intakes.append(Intake(path, refused=str(error), hint=error.hint))
    if not files:
        return IngestReport(tuple(intakes), 0, 0, clock() - started)
    opened_library = library()
    with opened_library.writing() as writer:
        for file, inside in files:
            intakes.append(_file(file, writer, inside=inside, day=day, year=year, label=label, progress=progress))
        indexed = writer.index(progress=progress)
    return IngestReport(tuple(intakes), indexed, len(opened_library), clock() - started)


def _file(
    file: str,
    writer: Writer,
    *,
    inside: bool,
    day: Date,
    year: int | None,
    label: Callable[[str], str],
    progress: Progress,
) -> Intake:
    """Read one file. Found `inside` a folder, one that is no source of papers is passed over, not refused."""
    intake = Intake(file)
    try:
        with opened(file) as source:
            reader = recognise(source.head)
            intake.source = reader.name
            records = _watched(reader.read(source.stream, year=year), source, file, progress)
            writer.add(records, intake, day=day, file=label(file))
    except SourceError as error:
        intake.refused, intake.hint = str(error), error.hint
        intake.passed_over = inside and isinstance(error, NotPapers)
    return intake


def _watched(
    items: Iterator[Record | Problem], source: Input, file: str, progress: Progress
) -> Iterator[Record | Problem]:
    for count, item in enumerate(items):
        if count % 200 == 0:
            progress(f"reading {Path(file).name}", source.position(), source.size or 0)
        yield item


def ingest_page(body: bytes, address: str, writer: Writer, *, day: Date, most: int) -> Intake:
    """File at most `most` papers of what was fetched from `address`, as of a file of that name."""
    intake = Intake(address)
    try:
        reader = recognise(body[:HEAD])
        intake.source = reader.name
        writer.add(_first(reader.read(io.BytesIO(body), year=None), most), intake, day=day)
    except SourceError as error:
        intake.refused, intake.hint = str(error), error.hint
    return intake


def _first(items: Iterable[Record | Problem], most: int) -> Iterator[Record | Problem]:
    for item in items:
        if most <= 0:
            return
        most -= isinstance(item, Record)
        yield item
