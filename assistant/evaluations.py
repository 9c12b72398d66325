"""What evaluations give back: plain frozen nouns, as those of `results`, and the metrics that they speak of."""

from dataclasses import dataclass

from assistant.results import Status, Usage

RETRIEVAL = ("nDCG@10", "recall@5", "recall@10", "recall@100")
FACTS = ("answer found", "paper cited", "quote given")
ABSTENTION = ("stopped", "wrongly stopped")
CITATIONS = ("citation recall", "citation precision")
COST = ("search seconds", "answer seconds", "tokens")
METRICS = (*RETRIEVAL, *FACTS, *ABSTENTION, *CITATIONS, *COST)  # what judged questions measure


@dataclass(frozen=True, slots=True)
class Outcome:
    """A judged question and what came of it. `key` is its file and id there, such as `facts/f01`, `kind` the label it
    has; `values` holds what each metric gives it, of those that apply. `status`, `writer` and `answer` are None where
    there is no answer; `failure` is what went wrong at the model's endpoint."""

    key: str
    kind: str
    question: str
    values: dict[str, float]
    status: Status | None = None
    writer: str | None = None
    answer: str | None = None
    usage: Usage | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """The mean of a metric over `n` questions, those of a `kind` or all (None), with its 95 % interval, None where they
    are too few for one."""

    metric: str
    kind: str | None
    n: int
    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What judged questions say of a library and its writer. `run` is what must be the same for two parts to be of one
    run; `measures` are all metrics, over all questions before those of a kind; `notices` what a reader should know of
    the judgements; `seconds` and `usage` are sums."""

    library: str
    run: dict[str, str | int | None]
    measures: tuple[Measure, ...]
    questions: tuple[Outcome, ...]
    seconds: float
    usage: Usage | None
    notices: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Outcome, ...]:
        return tuple(one for one in self.questions if one.failure)


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric in two runs, over the `n` questions that have it in both; `difference` is second less first, with its
    95 % interval, and `p` the two-sided p-value, None for too few questions."""

    metric: str
    n: int
    first: float
    second: float
    difference: float
    low: float
    high: float
    p: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs over the same judged questions, by their files: `changed` is what differs between them, by its name in
    `Evaluation.run`, as (first, second)."""

    first: str
    second: str
    changed: dict[str, tuple[str | int | None, str | int | None]]
    differences: tuple[Difference, ...]
