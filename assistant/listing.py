"""`list` and `export`: papers of a library in order, and a word on those that a reader does not see."""

from collections.abc import Callable, Iterator

from assistant.library import Library, Progress
from assistant.papers import Filters, Sort, StoredPaper

TOLD_EVERY = 1_000  # papers of an export

Notice = Callable[[str], None]


def listed(
    library: Library, filters: Filters | None, *, limit: int, offset: int, sort: Sort, reverse: bool, notice: Notice
) -> list[StoredPaper]:
    """The papers to show; the notice gets how many more there are."""
    found = library.papers(filters, limit=limit, offset=offset, sort=sort, reverse=reverse)
    met, undated = library.count(filters)
    if not found:
        notice("no paper meets the conditions" if not met else f"there are only {met:,} papers")
    elif offset + len(found) < met:
        notice(f"{len(found):,} of {met:,} papers; more with --offset {offset + len(found)}, or --limit")
    _tell_undated(undated, notice)
    return found


def exported(library: Library, filters: Filters | None, *, notice: Notice, progress: Progress) -> Iterator[StoredPaper]:
    """The papers in the order that they came in, a few held at a time."""
    met, undated = library.count(filters)
    if not met:
        notice("no paper meets the conditions" if filters else "the library is empty")
    _tell_undated(undated, notice)
    for count, found in enumerate(library.each(filters)):
        if count % TOLD_EVERY == 0:
            progress("exporting", count, met)
        yield found


def _tell_undated(undated: int, notice: Notice) -> None:
    if undated:
        notice(f"{undated:,} papers without a date are left out by --since or --until")
