"""What questions and searches give back: plain frozen nouns, below the work, so that rendering is tested with literals.

Texts in results are cleaned (`cleaning.clean`) but not escaped: each renderer escapes for its own output.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from itertools import groupby
from typing import Literal

from assistant.cleaning import clean
from assistant.papers import StoredPaper

Verdict = Literal["supported", "partial", "unsupported", "not a claim"]
Status = Literal["answered", "partial", "unanswered"]
Kind = Literal["paragraph", "bullet", "heading"]
Check = Literal["words", "model", "both"]


@dataclass(frozen=True, slots=True)
class Quote:
    """The span of citation `n`'s stored abstract that best supports a sentence: `text == abstract[start:end]`."""

    n: int
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and what the check found.

    Markers in the middle of it stand in `text`, renumbered; those at its end are in `trailing`, and `citations` has
    them all. `block` counts paragraphs, bullets and headings from 0; `kind` is that of its block. `reasons` say, for a
    reader, why the verdict is not `supported`, or why it is so by the model's judgement only. `checked_by` names the
    check that gave the verdict: that of words, quantities and names, the model, or both with the same outcome. `firm`
    is a verdict for reasons that are no matter of degree, such as an invented marker or a wrong number: no judgement
    of a model lifts it.
    """

    text: str
    citations: tuple[int, ...] = ()
    trailing: tuple[int, ...] = ()
    verdict: Verdict = "not a claim"
    reasons: tuple[str, ...] = ()
    quotes: tuple[Quote, ...] = ()
    block: int = 0
    kind: Kind = "paragraph"
    invented: tuple[str, ...] = ()
    checked_by: Check = "words"
    firm: bool = False


@dataclass(frozen=True, slots=True)
class Citation:
    """An entry of the reference list; `n` counts from 1 in the order of first use."""

    n: int
    paper_id: str
    title: str
    date: Date | None
    source: str
    url: str | None = None
    withdrawn: bool = False

    @property
    def heading(self) -> str:
        """The title as a reader is to see it: with a word on a paper that was taken back."""
        return f"{self.title} (withdrawn)" if self.withdrawn else self.title


@dataclass(frozen=True, slots=True)
class Match:
    """A paper that a “which papers …” question asks for: citation `n`, the sentences that say how it answers, and the
    spans of its abstract that these rest on, cleaned, where they are not simply quoted."""

    n: int
    sentences: tuple[Sentence, ...]
    quotes: tuple[str, ...]

    @property
    def how(self) -> str:
        """The sentences as prose, without the markers at their ends."""
        return " ".join(sentence.text for sentence in self.sentences)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one exchange; `estimated` where the endpoint did not say. `cost` in US dollars, None if unknown."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What an answer to `question` was recorded from, on `date`: `writer` is the model's name as it was asked for,
    `source` what stood behind that name."""

    question: str
    writer: str
    date: Date
    source: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A model's reply that was kept: the day it came, its text, the tokens, if the server had said."""

    day: Date
    text: str
    usage: Usage | None = None


EXTRACTIVE = "extractive"  # the writer that quotes sentences and needs no model
THEN_EXTRACTIVE = f", then {EXTRACTIVE}"  # behind a model's name, where the extractive writer had to finish a survey


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with every sentence checked.

    `writer` is `extractive`, the model's name, with THEN_EXTRACTIVE where its endpoint failed midway, or None where
    there was no evidence to write from; `invented` the
    markers that named no passage and were taken out; `removed` the sentences taken out because nothing supports them;
    `nearest` what came closest when the status is `unanswered`; `named` the papers that the question names where their
    abstracts do not say, so that only the full papers could settle it; `why` the reason for a status other than
    `answered`; `failure` what went wrong at the model endpoint where the extractive writer, or the search's own order,
    had to stand in; `unjudged` why the model gave no judgement where one was asked for; `recorded` where the draft
    comes from if it is a recorded one; `notices` what a reader should know besides. `usage` is what was asked of a
    model now, in all exchanges; `cached` says that the draft was kept since `cached_on` and not asked for anew;
    `interrupted` that the user broke it off.

    Of a “which papers …” question, `candidates_read` are the papers that were classified, `matches` those that it asks
    for, and `recall_estimate` is how many of the papers found that it asks for these are, as a share (0 to 1) and an
    estimate (`surveys`); it is None for other questions.
    """

    question: str
    status: Status
    writer: str | None = None
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    invented: tuple[str, ...] = ()
    removed: tuple[Sentence, ...] = ()
    nearest: tuple[Citation, ...] = ()
    named: tuple[Citation, ...] = ()
    why: str = ""
    candidates_read: int = 0
    recall_estimate: float | None = None
    usage: Usage | None = None
    seconds: float = 0.0
    failure: str = ""
    unjudged: str = ""
    recorded: Recorded | None = None
    notices: tuple[str, ...] = ()
    cached: bool = False
    cached_on: Date | None = None
    interrupted: bool = False

    @property
    def read_in_part(self) -> bool:
        """Whether a model read some candidates of a survey, and then its endpoint failed."""
        return (self.writer or "").endswith(THEN_EXTRACTIVE)

    @property
    def matches(self) -> tuple[Match, ...]:
        """A row for each paper of a survey: the sentences of the blocks that cite it first."""
        if self.recall_estimate is None:
            return ()
        rows: dict[int, list[Sentence]] = {}
        for _, group in groupby(self.sentences, key=lambda sentence: sentence.block):
            block = list(group)
            if cited := [n for sentence in block for n in sentence.citations]:
                rows.setdefault(cited[0], []).extend(block)
        return tuple(Match(n, tuple(said), _quoted(n, said)) for n, said in rows.items())

    @property
    def prose(self) -> tuple[Sentence, ...]:
        """The sentences that are in no row."""
        in_rows = {sentence.block for match in self.matches for sentence in match.sentences}
        return tuple(sentence for sentence in self.sentences if sentence.block not in in_rows)

    @property
    def text(self) -> str:
        """The sentences as plain prose with their markers, a line a block."""
        blocks: dict[int, list[str]] = {}
        for sentence in self.sentences:
            marks = "".join(f"[{n}]" for n in sentence.trailing)
            blocks.setdefault(sentence.block, []).append(f"{sentence.text} {marks}".strip())
        return "\n".join(" ".join(parts) for parts in blocks.values())


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; `as_of` says of when a list price is, and is empty for the user's own."""

    prompt: float
    completion: float
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that would be sent: its two messages, the papers that they number from 1, the tokens of both as they
    are counted here, the most that the reply may have, and what that costs at most, in US dollars (None: unknown)."""

    system: str
    prompt: str
    passages: tuple[Citation, ...]
    prompt_tokens: int
    completion_tokens: int
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a question would send, and to where; nothing was. `model` is None where none is chosen: then nothing would
    be sent, and the exchanges are those that any model would get. `why` says why there are none. `cost` is the most
    in US dollars, None where the `price` is not known."""

    question: str
    model: str | None
    address: str
    exchanges: tuple[Exchange, ...]
    prompt_tokens: int
    completion_tokens: int
    price: Price | None
    cost: float | None
    why: str = ""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """One paper a search found. `passage` is the text of its best chunk, cleaned."""

    rank: int
    paper_id: str
    title: str
    date: Date | None
    source: str
    url: str | None
    score: float
    lexical: float
    vector: float
    passage: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Configured:
    """A setting as it holds, None for nothing, its value hidden where that is secret; and where that comes from:
    `flag`, the name of an environment variable, the path of the configuration file, or `default`."""

    name: str
    value: str | None
    origin: str


def cite(n: int, found: StoredPaper, title: str) -> Citation:
    """The reference to a stored paper under the number `n`."""
    paper = found.paper
    return Citation(n, found.paper_id, title, paper.date, found.source, paper.url, paper.withdrawn)


def total(first: Usage, second: Usage) -> Usage:
    """The two together; estimated, or of unknown cost, if one of them is."""
    known = first.cost is not None and second.cost is not None
    return Usage(
        first.prompt_tokens + second.prompt_tokens,
        first.completion_tokens + second.completion_tokens,
        estimated=first.estimated or second.estimated,
        cost=(first.cost or 0.0) + (second.cost or 0.0) if known else None,
    )


def _quoted(n: int, said: Sequence[Sentence]) -> tuple[str, ...]:
    """The distinct spans of citation `n` that sentences rest on, but for those that a sentence is itself."""
    spans = dict.fromkeys(clean(quote.text) for sentence in said for quote in sentence.quotes if quote.n == n)
    own = {_letters(sentence.text) for sentence in said}
    return tuple(span for span in spans if _letters(span) not in own)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
