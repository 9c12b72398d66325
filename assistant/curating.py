"""What a user does to a library's papers: tags, notes, marks of what is read."""

from collections.abc import Callable, Sequence
from datetime import date as Date

from assistant.errors import UsageError
from assistant.library import Library


class Curator:
    """Marks the papers of a library. Papers are named as everywhere (`Library.get`), and PaperNotFound, a name of none
    or of more than one, stops a change before it is made. `changeable` gives the library, if it may be changed."""

    def __init__(self, changeable: Callable[[], Library]) -> None:
        self._changeable = changeable

    def tag(self, tag: str, names: Sequence[str]) -> int:
        """Put a tag to papers; how many did not have it. UsageError: it cannot be a tag."""
        library = self._changeable()
        papers = _ids(library, names)
        with library.marking() as marking:
            return marking.tag(tag, papers)

    def untag(self, tag: str, names: Sequence[str] | None) -> int:
        """Take a tag from papers, or with None from all; how many had it. UsageError: no paper has it."""
        library = self._changeable()
        papers = None if names is None else _ids(library, names)
        with library.marking() as marking:
            return marking.untag(tag, papers)

    def note(self, name: str, note: str, *, append: bool = False) -> str:
        """Put a note to a paper, in the place of the one it has or below it; the one it had. UsageError: there is
        nothing in it, or too much."""
        if not note.strip():
            raise UsageError("the note is empty", hint="To take a note away: assistant note ID --rm")
        return self._note(name, note, append=append)

    def erase(self, name: str) -> str:
        """Take a paper's note away; what it was."""
        return self._note(name, "", append=False)

    def _note(self, name: str, note: str, *, append: bool) -> str:
        library = self._changeable()
        (paper,) = _ids(library, [name])
        with library.marking() as marking:
            return marking.note(paper, note, append=append)

    def read(self, names: Sequence[str]) -> int:
        """Mark papers as read, today; how many were not."""
        library = self._changeable()
        papers = _ids(library, names)
        with library.marking() as marking:
            return marking.read(papers, Date.today())

    def unread(self, names: Sequence[str]) -> int:
        """Mark papers as not read; how many were."""
        library = self._changeable()
        papers = _ids(library, names)
        with library.marking() as marking:
            return marking.unread(papers)


def _ids(library: Library, names: Sequence[str]) -> list[str]:
    return [one.paper_id for one in library.named(names).values()]
