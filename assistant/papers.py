"""The nouns of the library: a paper, a chunk of its abstract, a passage found by a search.

Also what makes two records the same paper (`identities`) and how they become one (`merge`).
"""

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date as Date
from typing import Literal
from urllib.parse import unquote

from assistant.cleaning import clean, one_line
from assistant.errors import UsageError

MAX_ABSTRACT = 20_000  # characters; the longest of 74,728 arXiv abstracts has 3,488: more is not an abstract
MAX_ID = 300  # characters looked at for an arXiv id or DOI
MAX_VERSION = 999  # of an arXiv listing; a higher number is no version that arXiv has
MAX_TITLE_KEY = 160  # characters; longer titles are cut and get a digest, so that keys stay indexable


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper as a source gave it. `abstract` and `title` are verbatim; `clean()` them for display.

    `source_id` is the identifier a source used that is neither an arXiv id nor a DOI. `author_count` may be
    known where the names are not. `date_inferred` says the year of `date` was worked out, not read. `venue` is the
    journal or conference, `version` the number of the arXiv version, `withdrawn` that its authors took it back. The DOI
    that arXiv gives a paper is its arXiv id.
    """

    title: str
    abstract: str
    arxiv_id: str | None = None
    doi: str | None = None
    source_id: str | None = None
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    organization: str | None = None
    date: Date | None = None
    date_inferred: bool = False
    url: str | None = None
    categories: tuple[str, ...] = ()
    upvotes: int | None = None
    venue: str | None = None
    version: int | None = None
    withdrawn: bool = False

    def __post_init__(self) -> None:
        if self.doi and self.doi.casefold().startswith(_ARXIV_DOI):
            own = arxiv_id_in(self.doi)
            if own and self.arxiv_id in (None, own):
                object.__setattr__(self, "arxiv_id", own)
                object.__setattr__(self, "doi", None)

    @property
    def identities(self) -> tuple[str, ...]:
        """Keys under which this record may already be known, strongest first; never empty."""
        return tuple(self._identities())

    def _identities(self) -> Iterator[str]:
        if self.arxiv_id:
            yield f"arxiv:{self.arxiv_id}"
        if self.doi:
            yield f"doi:{self.doi}"
        if self.source_id:
            yield f"id:{self.source_id}"
        yield from (f"title:{key}" for key in title_keys(self.title) if key)

    @property
    def paper_id(self) -> str:
        """The name a new paper gets: its strongest identity, without the prefix where that adds nothing."""
        return next(self._identities()).removeprefix("id:").removeprefix("title:")

    def digest(self) -> str:
        """A fingerprint of everything this record says, to recognise it when it comes again."""
        given = {field.name: value for field in fields(self) if _says(value := getattr(self, field.name))}
        said = json.dumps(given, sort_keys=True, default=str, ensure_ascii=True)
        return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Record:
    """A paper and the line of the source it begins on (1-based). `known_as` is its id in the library
    that gave it out, where that is not its strongest identity; `stands` that it says outright that the paper is not
    withdrawn."""

    paper: Paper
    line: int
    known_as: str | None = None
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A place in a source that could not be read as a paper, and why; `raw` is the record as it stands there, where it
    is text and not too long to be kept."""

    line: int
    reason: str
    raw: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a paper was read: the reader's name, the file (or `-`), the line, and the day."""

    source: str
    file: str
    line: int
    day: Date


@dataclass(frozen=True, slots=True)
class Marks:
    """What its user has put to a paper: tags, a note, the day it was marked as read."""

    tags: tuple[str, ...] = ()
    note: str = ""
    read: Date | None = None


@dataclass(frozen=True, slots=True)
class StoredPaper:
    """A paper in a library, under its permanent `paper_id`. `origins` says of each field where what it says was read,
    as far as that is known; it is looked up for a paper that is shown alone, and else empty."""

    paper_id: str
    paper: Paper
    sources: tuple[Provenance, ...] = ()
    origins: tuple[tuple[str, Provenance], ...] = ()
    marks: Marks = Marks()

    @property
    def source(self) -> str:
        """The reader that brought it first."""
        return self.sources[0].source if self.sources else ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """`abstract[start:end]` of a stored paper: whole sentences, embedded together with the title."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A paper as one search found it. `score` is the fused score in [0, 1]; `lexical` the BM25 score, `vector`
    the cosine of the best chunk.
    """

    found: StoredPaper
    chunk: Chunk
    score: float
    lexical: float
    vector: float


Sort = Literal["date", "title", "added", "upvotes"]  # what papers are listed by


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search may return. All given conditions must hold; dates are inclusive. `source` and `author` may be
    several names with a semicolon between; a paper must have all of them; so may `tag`, and `category`, of which a
    paper must have each or one under it (`cs` has `cs.LG`). `read` is whether it is marked as read. With `read_days`, a
    paper without a date counts by the day it was first read. UsageError: the dates leave no day."""

    since: Date | None = None
    until: Date | None = None
    source: str | None = None
    author: str | None = None
    category: str | None = None
    read_days: bool = False
    tag: str | None = None
    read: bool | None = None

    def __post_init__(self) -> None:
        if self.since and self.until and self.since > self.until:
            raise UsageError(f"no day is both since {self.since} and until {self.until}", hint="Swap them.")

    def __bool__(self) -> bool:
        named = (self.source, self.author, self.category, self.tag, self.read)
        return any((self.since, self.until, *(given is not None for given in named)))

    def both(self, other: "Filters") -> "Filters":
        """What meets these conditions and those of `other`. UsageError: no day, or no paper, can."""
        if None not in (self.read, other.read) and self.read != other.read:
            raise UsageError("no paper is both read and unread", hint="Leave one of them out.")
        return Filters(
            max((day for day in (self.since, other.since) if day), default=None),
            min((day for day in (self.until, other.until) if day), default=None),
            "; ".join(filter(None, (self.source, other.source))) or None,
            "; ".join(filter(None, (self.author, other.author))) or None,
            "; ".join(filter(None, (self.category, other.category))) or None,
            self.read_days or other.read_days,
            "; ".join(filter(None, (self.tag, other.tag))) or None,
            other.read if self.read is None else self.read,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a library has for a question: the question with its misspelt words mended, passages, best first, and what
    a reader should know; `why_nothing` where there is none."""

    question: str
    passages: tuple[Passage, ...] = ()
    notices: tuple[str, ...] = ()
    why_nothing: str = ""


def tag_key(tag: str) -> str:
    """`tag` as it is kept and compared: without regard to case and the width of blanks."""
    return unicodedata.normalize("NFC", one_line(tag).casefold())


def title_key(title: str) -> str:
    """`title` in lower-case letters and digits joined by `-`: equal for spellings of the same title."""
    folded = unicodedata.normalize("NFKD", clean(title).casefold())
    letters = "".join(c for c in folded if not unicodedata.combining(c))
    key = re.sub(r"[\W_]+", "-", letters).strip("-")
    if key and len(key) <= MAX_TITLE_KEY:
        return key
    digest = hashlib.sha256((key or title).encode(errors="replace")).hexdigest()[:12]
    return f"{key[:MAX_TITLE_KEY].strip('-')}-{digest}".strip("-")


def title_keys(title: str) -> tuple[str, ...]:
    """The `title_key`, and that of the title in plain letters where it is another: `β-VAE` is `beta-vae` too, `H$_2$O`
    is `h2o`, `<i>E. coli</i>` is `e-coli`."""
    key = title_key(title)
    if not _FANCY.search(title):
        return (key,)
    text = _SCRIPT_MARK.sub("", clean(_TAG.sub("", html.unescape(title))))
    plain = title_key(_GREEK.sub(lambda letter: _named(letter[0]), text)) if text else key
    return tuple(dict.fromkeys((key, plain)))


_FANCY = re.compile(r"[\\$^_&<]|[^\x00-\x7f]")
_TAG = re.compile(r"</?[A-Za-z]{1,6}>")
_SCRIPT_MARK = re.compile(r"[\^_]")
_GREEK = re.compile(r"[\u0391-\u03c9\u03d0-\u03f5\u00b5\U0001d6a8-\U0001d7cb]")  # the last are for mathematics


def _named(letter: str) -> str:
    """The English name of a Greek letter, and `letter` itself where it is none."""
    name = unicodedata.name(unicodedata.normalize("NFKD", letter)[0], "")
    return "lambda" if name.endswith("LETTER LAMDA") else name.rpartition("LETTER ")[2] or letter


_ARXIV = re.compile(
    r"(?:^|arxiv(?:\.org)?(?:[:/]|/abs/|/pdf/|/html/)|arxiv\.)"
    r"(\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v(\d{1,4}))?(?:\.pdf)?(?:[?#]\S*)?$",
    re.IGNORECASE,
)
_ARXIV_DOI = "10.48550/arxiv."
_SUBJECT = re.compile(r"\.[a-z]{2}(?=/)")
_DOI = re.compile(
    r"(?:^|(?P<url>doi\.org/|/doi/(?:abs/|full/|pdf/|epdf/)?)|\bdoi\s*[:/]?\s*)(10\.\d{4,9}(?:\.\d+)*/\S+)$",
    re.IGNORECASE,
)
_PAIRED = {")": "(", "]": "[", ">": "<", "}": "{"}


def arxiv_id_in(text: str) -> str | None:
    """The arXiv id (without version) that `text` is, as an id, `arxiv:` name, arxiv.org address or DOI. An old one is
    without the subject class that some write: `math.GT/0309136` is `math/0309136`."""
    match = _ARXIV.search(text.strip()[:MAX_ID])
    return _SUBJECT.sub("", match[1].lower()) if match else None


def arxiv_version_in(text: str) -> int | None:
    """The number of the version that an arXiv id, in any of these forms, names."""
    match = _ARXIV.search(text.strip()[:MAX_ID])
    version = int(match[2]) if match and match[2] else 0
    return version if 0 < version <= MAX_VERSION else None


def doi_in(text: str) -> str | None:
    """The DOI that `text` is, bare, `doi:` or as an address of doi.org or a publisher; without the punctuation of the
    sentence it stood in, and lower-cased, as DOIs ignore case."""
    text = text.strip()[:MAX_ID].lstrip("(<[{\"'“‘ ")
    match = _DOI.search(unquote(text) if "%2f" in text.casefold() else text)
    if not match:
        return None
    doi = re.split("[?#]", match[2])[0] if match["url"] else match[2]
    while doi[-1] in ".,;:/\"'”’" or (doi[-1] in _PAIRED and doi.count(doi[-1]) > doi.count(_PAIRED[doi[-1]])):
        doi = doi[:-1]
    return doi.lower() if "/" in doi else None


_WEB = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?(?:[/?#][^\x00-\x20\x7f-\U0010ffff<>()\"`\\|]*)?")


def web_address_in(text: str | None) -> str | None:
    """The web address that `text` is, as far as it can be made a link of: http or https, in ASCII, without a user name
    or password, and without what could end it early in Markdown or HTML."""
    match = _WEB.fullmatch(text or "")
    return match[0] if match else None


def merge(known: Paper, new: Paper, *, fill: bool = False, stands: bool = False) -> Paper:
    """`known` brought up to date by `new`: a newer value wins, nothing known is overwritten by nothing.

    A record of a lower arXiv version than the known one, or of none where one is known, is not newer: of it, as with
    `fill`, only what is not known is taken, and the upvotes. So the highest version has the word, in whatever order
    versions are read. A date that was read is not replaced by one whose year was inferred. With `stands`, `new` says
    outright that the paper is not withdrawn.
    """
    given = {field.name: getattr(new, field.name) for field in fields(Paper) if _says(getattr(new, field.name))}
    if fill or (new.version or 0) < (known.version or 0):
        given = {name: v for name, v in given.items() if name == "upvotes" or not _says(getattr(known, name))}
        given.pop("version", None)  # it is that of the abstract
    given.pop("date_inferred", None)
    if new.date_inferred and known.date is not None and not known.date_inferred:
        given.pop("date", None)
    if "date" in given:
        given["date_inferred"] = new.date_inferred
    given["withdrawn"] = _withdrawn(known, new, stands=stands)
    return replace(known, **given)


def _withdrawn(known: Paper, new: Paper, *, stands: bool) -> bool:
    """Of two arXiv versions the higher says whether the paper is withdrawn; else it is if either says so, unless the
    new one, of no lower version, says outright that it is not."""
    if stands and (new.version or 0) >= (known.version or 0):
        return False
    if known.version and new.version and known.version != new.version:
        return max(known, new, key=lambda paper: paper.version or 0).withdrawn
    return known.withdrawn or new.withdrawn


def said(paper: Paper) -> dict[str, object]:
    """The fields of a paper that say anything, but for what only goes with another: whether its date was inferred, and
    the id that one source gave it."""
    given = {field.name: getattr(paper, field.name) for field in fields(Paper)}
    return {name: v for name, v in given.items() if _says(v) and name not in ("date_inferred", "source_id")}


def _says(value: object) -> bool:
    """Whether a field says anything; 0 upvotes do."""
    return value is not None and value is not False and value != "" and value != ()
