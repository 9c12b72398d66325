"""`ingest`: paths in, papers in the library, and a report of what became of every file."""

import io
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from functools import partial
from pathlib import Path

from assistant.errors import NotPapers, SourceError, UsageError
from assistant.holdings import IngestReport, Intake
from assistant.library import Library, Progress, around
from assistant.library.indexing import Writer
from assistant.papers import Problem, Record
from assistant.places import expanded, is_folder
from assistant.sources import STDIN, Entry, Input, Source, entries, expand, recognise, rejects, resuming
from assistant.sources.files import HEAD


@dataclass(frozen=True, slots=True)
class _Reading:
    """What all files of an ingest are read with."""

    writer: Writer
    rejected: rejects.Rejects
    day: Date
    year: int | None
    columns: Mapping[str, str] | None
    label: Callable[[str], str]
    progress: Progress


def ingest(
    paths: Sequence[str],
    *,
    library: Callable[[], Library],
    day: Date,
    year: int | None = None,
    columns: Mapping[str, str] | None = None,
    reject_file: Path | None = None,
    label: Callable[[str], str] = str,
    progress: Progress = lambda what, done, total: None,
    clock: Callable[[], float] = time.perf_counter,
) -> IngestReport:
    """File and index the papers of files, folders, archives and standard input (`-`).

    `library` is called, and so made, only if there is a file to read. `day` is remembered as the day of reading;
    `year` dates what a page dates without a year; `columns` names those of tables (heading by field); `reject_file`
    keeps what could not be read, else one in the library's folder; `label` names a file in the library. A file that
    cannot be read is reported in its `Intake` and the others are read all the same. UsageError: there is no place for
    the reject file. LibraryError: the library cannot be written; what was filed until then stays filed.
    """
    started = clock()
    if reject_file is not None:
        rejects.check_place(reject_file)
        place = reject_file.absolute().parent.resolve() / reject_file.name
        if (folder := around(place)) and place != folder / rejects.NAME:
            raise UsageError(f"{reject_file} lies in the library {folder}", hint="Name a file elsewhere.")
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
    rejected = rejects.Rejects(reject_file or opened_library.folder / rejects.NAME)
    try:
        with opened_library.writing() as writer:
            reading = _Reading(writer, rejected, day, year, columns, label, progress)
            for file, inside in files:
                intakes += _intakes(file, reading, inside=inside)
            indexed = writer.index(progress=progress)
    finally:
        rejected.close()
    kept_in = str(rejected.path) if rejected.count else ""
    return IngestReport(
        tuple(intakes), indexed, len(opened_library), clock() - started, rejected=rejected.count, rejects=kept_in
    )


def _intakes(file: str, reading: _Reading, *, inside: bool) -> Iterator[Intake]:
    """What became of a file, or of each member of an archive."""
    try:
        for entry in entries(file):
            yield _file(entry, reading, inside=inside or entry.packed)
    except SourceError as error:
        yield Intake(file, refused=str(error), hint=error.hint)


def _file(entry: Entry, reading: _Reading, *, inside: bool) -> Intake:
    """Read one file. Found `inside` a folder, one that is no source of papers is passed over, not refused."""
    intake, no_papers = Intake(entry.name), False
    try:
        if not _read(entry, intake, reading, resume=True):
            _read(entry, intake, reading, resume=False)
    except SourceError as error:
        intake.refused, intake.hint = str(error), error.hint
        no_papers = isinstance(error, NotPapers)
        intake.passed_over = inside and no_papers
    finally:
        reading.rejected.settle(dropping=no_papers)
    return intake


def _read(entry: Entry, intake: Intake, reading: _Reading, *, resume: bool) -> bool:
    """Read a file from its beginning, or with `resume` from where an earlier ingest had come to; whether that could be:
    it cannot where its beginning is not what it was."""
    name = reading.label(entry.name)
    with entry.open() as source:
        reader = recognise(source.head, columns=reading.columns)
        intake.source = reader.name
        follows = "after" in reader.takes and source.size is not None
        followed = resuming.Followed(source.stream, reader=reader.name)
        mark = reading.writer.mark_of(name) if follows and resume else None
        if mark is not None:
            reading.progress(f"passing over what is known of {Path(entry.name).name}", 0, 0)
            if not followed.goes_on(mark):
                return False
            intake.skipped = mark.lines
        records = _watched(_records(reader, source, followed, intake.skipped, reading), source, entry.name, reading)
        reading.writer.add(
            records,
            intake,
            day=reading.day,
            file=name,
            reject=partial(reading.rejected.add, file=name),
            mark=(lambda: followed.mark) if follows else None,
        )
    return True


def _records(
    reader: Source, source: Input, followed: resuming.Followed, skipped: int, reading: _Reading
) -> Iterator[Record | Problem]:
    if "after" in reader.takes:
        return reader.read(followed, year=reading.year, after=skipped)
    more = {"columns": reading.columns} if "columns" in reader.takes else {}
    return reader.read(source.stream, year=reading.year, **more)


def _watched(
    items: Iterator[Record | Problem], source: Input, file: str, reading: _Reading
) -> Iterator[Record | Problem]:
    for count, item in enumerate(items):
        if count % 200 == 0:
            reading.progress(f"reading {Path(file).name}", source.position(), source.size or 0)
        yield item


def ingest_page(
    body: bytes, address: str, writer: Writer, *, day: Date, most: int, rejected: rejects.Rejects
) -> Intake:
    """File at most `most` papers of what was fetched from `address`, as of a file of that name; what could not be read
    is added to `rejected`."""
    intake, no_papers = Intake(address), False
    try:
        reader = recognise(body[:HEAD])
        intake.source = reader.name
        records = _first(reader.read(io.BytesIO(body), year=None), most)
        writer.add(records, intake, day=day, reject=partial(rejected.add, file=address))
    except SourceError as error:
        intake.refused, intake.hint, no_papers = str(error), error.hint, isinstance(error, NotPapers)
    finally:
        rejected.settle(dropping=no_papers)
    return intake


def _first(items: Iterable[Record | Problem], most: int) -> Iterator[Record | Problem]:
    for item in items:
        if most <= 0:
            return
        most -= isinstance(item, Record)
        yield item
