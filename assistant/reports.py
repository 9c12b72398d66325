"""What digests and topic summaries give back: plain frozen nouns, as those of `results`.

Their sentences and citations are those of answers, and went through the same check.
"""

from dataclasses import dataclass
from datetime import date as Date
from typing import Literal

from assistant.periods import Period
from assistant.results import EXTRACTIVE, Citation, Sentence, Usage

By = Literal["week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject that a user follows. `query` is what is looked for, with the operators of a question."""

    name: str
    query: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a digest: the number of its citation, and the sentence that stands for it.

    `topics` are those it was found for, where there are several; `changed` says that an earlier digest had it with
    another abstract.
    """

    n: int
    tldr: Sentence
    topics: tuple[str, ...] = ()
    upvotes: int | None = None
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Theme:
    """Papers of a period that belong together: how many, how many in each of the periods `before` (the nearest first),
    sentences that say what they found, and the papers chosen. `writer` is the model's name, or `extractive`."""

    name: str
    papers: int
    before: tuple[int, ...]
    sentences: tuple[Sentence, ...]
    entries: tuple[Entry, ...]
    writer: str = EXTRACTIVE


@dataclass(frozen=True, slots=True)
class Digest:
    """What a period brought.

    Of `papers_in_period` papers, `undated` count by the day they were read, `late` are older and were read since the
    last digest, `already_sent` were in an earlier digest, `already_read` are marked as read, `off_topic` met no saved
    topic, and the rest was considered. With a `tag`, all of it is of papers that have it.
    `before` counts the papers of the periods before, the nearest first. `others` are further papers in one line each.
    `overview` says what stands out, where a model wrote; `removed` are sentences of its that did not hold, and
    `failure` is what went wrong at its endpoint; of its `replies` so many were `cached`, kept from before. `why` says
    why it is empty, where it is; `recorded` whether it will not come again; `follows` is the number of the digest
    before it, and `newest` the highest number of a paper when it was made.
    """

    period: Period
    topics: tuple[Topic, ...] = ()
    overview: tuple[Sentence, ...] = ()
    themes: tuple[Theme, ...] = ()
    others: tuple[Entry, ...] = ()
    citations: tuple[Citation, ...] = ()
    papers_in_period: int = 0
    undated: int = 0
    late: int = 0
    already_sent: int = 0
    already_read: int = 0
    off_topic: int = 0
    before: tuple[int, ...] = ()
    why: str = ""
    writer: str = EXTRACTIVE
    removed: tuple[Sentence, ...] = ()
    replies: int = 0
    cached: int = 0
    recorded: bool = False
    follows: int = 0
    newest: int = 0
    tag: str = ""
    usage: Usage | None = None
    failure: str = ""
    notices: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def papers_considered(self) -> int:
        return self.papers_in_period - self.already_sent - self.already_read - self.off_topic

    @property
    def usual(self) -> tuple[float | None, ...]:
        """How many papers each theme would have, had it the share that it had of the papers before; None where there
        were none."""
        before = sum(sum(theme.before) for theme in self.themes)
        now = sum(theme.papers for theme in self.themes)
        return tuple(sum(theme.before) / before * now if before else None for theme in self.themes)

    @property
    def more(self) -> int:
        """Papers considered that are not shown."""
        return self.papers_considered - sum(len(theme.entries) for theme in self.themes) - len(self.others)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a topic summary. Sentences of one block belong together, as in an answer."""

    title: str
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the comparison: a paper, the sentence that stands for it, and what it found, where it says so."""

    n: int
    idea: Sentence
    result: Sentence | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A paper that was considered and is not in the summary, and why."""

    paper_id: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class TopicSummary:
    """What a library has on a topic. `why` and `nearest` say why there is nothing, and what came closest, where
    `sections` is empty; `removed` are sentences of a model that did not hold, and `failure` is what went wrong at its
    endpoint; of its `replies` so many were `cached`, kept from before; `considered` counts the papers read,
    `left_out` are those of them that are not cited."""

    topic: str
    sections: tuple[Section, ...] = ()
    rows: tuple[Row, ...] = ()
    citations: tuple[Citation, ...] = ()
    considered: int = 0
    left_out: tuple[LeftOut, ...] = ()
    nearest: tuple[Citation, ...] = ()
    why: str = ""
    writer: str = EXTRACTIVE
    removed: tuple[Sentence, ...] = ()
    replies: int = 0
    cached: int = 0
    usage: Usage | None = None
    failure: str = ""
    notices: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """A span of days in a trend: how many papers match in it, of how many that there are."""

    label: str
    since: Date
    papers: int
    total: int


@dataclass(frozen=True, slots=True)
class Trend:
    """How many papers mention something, over time; `points` follow each other without a gap."""

    query: str
    by: By
    points: tuple[Point, ...]

    @property
    def papers(self) -> int:
        return sum(point.papers for point in self.points)


@dataclass(frozen=True, slots=True)
class Twins:
    """Papers of a library that are nearly the same: numbered from 1, how much the least alike of them are that were
    compared (0 to 1), and whether they have the same title."""

    papers: tuple[Citation, ...]
    likeness: float
    same_title: bool

    @property
    def reason(self) -> str:
        """Why they are listed, for a reader."""
        texts = "the same words" if self.likeness == 1 else f"texts {self.likeness:.0%} alike"
        return f"same title, {texts}" if self.same_title else f"other title, {texts}"


@dataclass(frozen=True, slots=True)
class Duplicates:
    """The `groups` of near duplicates among so many `papers`: those that are at least `alike`, from 0 to 1."""

    groups: tuple[Twins, ...]
    papers: int
    alike: float
    seconds: float
