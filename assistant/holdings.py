"""What the work on a library gives back, and what it says of itself: plain nouns, as those of `results`."""

from dataclasses import dataclass, field
from typing import Literal

from assistant.papers import Problem, StoredPaper


@dataclass(frozen=True, slots=True)
class Merger:
    """A known paper, by its id, that was found to be another: `gone` is now a name of `kept`."""

    gone: str
    kept: str


@dataclass(slots=True)
class Intake:
    """What one file brought, counted in papers of this ingest: `new`, `changed` and `known` are papers met for the
    first time in it, `repeated` further records of papers already met. Of these papers, `withdrawn` were not known to
    be, `replaced` were known in an older arXiv version, and `merged` counts those that turned out to be part of
    another known one. `changed_ids` names the first changed ones, `merged_ids` the first merged;
    `problems` has the first lines that could not be read, `unlisted` counts the others. `skipped` lines at its
    beginning were filed by an earlier ingest, are what they were, and were not read again. `refused` says why nothing
    (more) of the file could be read; `passed_over` that a folder held it but it is no source of papers."""

    file: str
    source: str = ""
    records: int = 0
    new: int = 0
    changed: int = 0
    known: int = 0
    repeated: int = 0
    withdrawn: int = 0
    replaced: int = 0
    merged: int = 0
    changed_ids: list[str] = field(default_factory=list)
    merged_ids: list[Merger] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unlisted: int = 0
    skipped: int = 0
    refused: str = ""
    hint: str = ""
    passed_over: bool = False


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did, file by file, and how many papers it indexed; `rejected` counts the records that were kept to
    be mended, in the file `rejects`."""

    files: tuple[Intake, ...]
    indexed: int
    papers: int
    seconds: float
    rejected: int = 0
    rejects: str = ""

    def total(
        self,
        what: Literal["records", "new", "changed", "known", "repeated", "withdrawn", "replaced", "merged", "skipped"],
    ) -> int:
        return sum(getattr(file, what) for file in self.files)

    @property
    def refused(self) -> tuple[Intake, ...]:
        return tuple(file for file in self.files if file.refused and not file.passed_over)


@dataclass(frozen=True, slots=True)
class Removal:
    """The papers that were `removed`, as they were, or would be; and how many are `left` in the library."""

    papers: tuple[StoredPaper, ...]
    removed: bool
    left: int


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself: its file, the library it is of and its papers, when (UTC) and by which version it
    was made, the embedder of its vectors, and size and SHA-256 of the catalog in it."""

    file: str
    library: str
    made: str
    program: str
    papers: int
    embedder: str
    bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What a library holds. `pending` papers wait to be indexed; `by_source` counts papers by reader. `disk` has the
    bytes of each part, `disk_bytes` their sum. `store` is where the vector index lies, `local` or a server;
    `store_chunks` what that server holds, None if it does not tell. `tagged`, `noted` and `read` count papers with such
    a mark; `last_ingest` is the last day something was read in, `last_digest` the last day that one has covered."""

    name: str
    folder: str
    papers: int
    pending: int
    chunks: int
    by_source: dict[str, int]
    first_date: str | None
    last_date: str | None
    undated: int
    embedder: str
    chunk_tokens: int
    vectors: str
    disk_bytes: int
    store: str = "local"
    store_chunks: int | None = None
    disk: dict[str, int] = field(default_factory=dict)
    tagged: int = 0
    noted: int = 0
    read: int = 0
    last_ingest: str | None = None
    last_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of `doctor`: what was looked at, how it stands, and what to do where it is not well."""

    what: str
    level: Literal["ok", "note", "fault"]
    detail: str
    hint: str = ""
