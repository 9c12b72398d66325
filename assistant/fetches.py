"""What fetches give back: plain frozen nouns, as those of `results`."""

from dataclasses import dataclass
from typing import Literal

from assistant.holdings import Intake

MOST = 5_000  # records of a fetch that names no limit


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one question to a service. `pages` has what each page with records brought; `requests` counts all,
    `unchanged` those that were answered with: nothing new since. `total` is how many records the service says it has,
    `missing` how many of them it did not give, `resumed` how many an earlier fetch, which was cut, had read. `capped`
    says that the limit ended it, `why` why nothing is new, `failure` what went wrong at the service, with a hint."""

    asked: str
    source: str
    pages: tuple[Intake, ...] = ()
    requests: int = 0
    unchanged: int = 0
    total: int | None = None
    missing: int = 0
    resumed: int = 0
    capped: bool = False
    why: str = ""
    failure: str = ""
    hint: str = ""

    def count(self, what: Literal["records", "new", "changed", "known", "repeated"]) -> int:
        return sum(getattr(page, what) for page in self.pages)


@dataclass(frozen=True, slots=True)
class FetchReport:
    """What services gave, question by question; how many papers were indexed, and how many the library holds now, None
    where nothing was read; `rejected` counts the records that were kept to be mended, in the file `rejects`."""

    fetches: tuple[Fetched, ...]
    indexed: int
    papers: int | None
    seconds: float
    rejected: int = 0
    rejects: str = ""


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What a fetch would ask first, and how it would go on: page after page, `interval` seconds apart,
    until there is no more or `most` were read. `resumed` is how many an earlier fetch, which was cut, had read."""

    asked: str
    source: str
    address: str
    agent: str
    interval: float
    most: int
    resumed: int = 0
