"""Evaluations and comparisons as tables of texts, for the terminal and Markdown alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.evaluations import (
    ABSTENTION,
    CITATIONS,
    COST,
    FACTS,
    RETRIEVAL,
    Comparison,
    Difference,
    Evaluation,
    Measure,
)
from assistant.render.words import counted
from assistant.results import EXTRACTIVE

_NAMES = {
    "answer found": "fact: in the text",
    "paper cited": "fact: paper cited",
    "quote given": "fact: words quoted",
    "stopped": "unanswerable: stopped",
    "wrongly stopped": "answerable: stopped",
}


@dataclass(frozen=True, slots=True)
class Table:
    """Cells as texts; those of the first column are set to the left, the others to the right."""

    heading: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Report:
    """Tables under a title, and what is to be told below them."""

    title: str
    tables: Sequence[Table]
    notes: Sequence[str]


def evaluation(result: Evaluation) -> Report:
    """Retrieval by kind of query, what became of the answers, and what it took."""
    by_metric: dict[str, list[Measure]] = {}
    for one in result.measures:
        by_metric.setdefault(one.metric, []).append(one)
    tables = []
    if RETRIEVAL[0] in by_metric:
        columns = zip(*(by_metric[metric] for metric in RETRIEVAL), strict=True)
        rows = [
            (_kind(first) or "all", f"{first.n:,}", *_figures(first), *(_figure(one.metric, one.mean) for one in rest))
            for first, *rest in columns
        ]
        tables.append(Table(("retrieval", "queries", RETRIEVAL[0], "95 %", *RETRIEVAL[1:]), rows))
    shares = [_row(one) for metric in (*FACTS, *ABSTENTION, *CITATIONS) for one in by_metric.get(metric, ())]
    if shares:
        tables.append(Table(("answers", "questions", "mean", "95 %"), shares))
    cost = [_row(one) for metric in COST for one in by_metric.get(metric, ())]
    if cost:
        tables.append(Table(("cost of a question", "questions", "mean", "95 %"), cost))
    return Report("Evaluation", tables, [_footer(result)])


def _row(one: Measure) -> tuple[str, ...]:
    return _kind(one) or _NAMES.get(one.metric, one.metric), f"{one.n:,}", *_figures(one)


def _kind(one: Measure) -> str:
    """The kind that it is of, set in below the whole; empty for that."""
    return "" if one.kind is None else f"  {one.kind or 'without a label'}"


def _figures(one: Measure) -> tuple[str, str]:
    """Mean and interval."""
    if one.low is None or one.high is None:
        return _figure(one.metric, one.mean), "–"
    return _figure(one.metric, one.mean), f"{_number(one.metric, one.low)}–{_number(one.metric, one.high)}"


def _figure(metric: str, value: float) -> str:
    unit = "" if metric in RETRIEVAL or metric == "tokens" else " s" if metric in COST else " %"
    return _number(metric, value) + unit


def _number(metric: str, value: float) -> str:
    """`value` as it is read: shares that are no retrieval metric in percent."""
    if metric in RETRIEVAL:
        return f"{value:.3f}"
    if metric in COST:
        return f"{value:,.0f}" if metric == "tokens" else f"{value:.2f}"
    return f"{100 * value:.1f}"


def _footer(result: Evaluation) -> str:
    """What was evaluated, and what it took."""
    run = result.run
    parts = [result.library, counted(int(run.get("papers") or 0), "paper"), counted(len(result.questions), "question")]
    if writer := run.get("writer"):
        parts += ["extractive" if writer == EXTRACTIVE else f"written by {writer}", f"k {run.get('k')}"]
    if run.get("rerank"):
        parts.append(f"reranked by {run['rerank']}")
    parts.append(f"{result.seconds:.1f} s")
    if result.usage:
        about = "about " if result.usage.estimated else ""
        parts.append(f"{about}{result.usage.prompt_tokens:,} + {result.usage.completion_tokens:,} tokens")
        parts += [f"{result.usage.cost:.4f} US dollars"] if result.usage.cost is not None else []
    if result.failed:
        parts.append(f"the model failed on {counted(len(result.failed), 'question')}")
    return " · ".join(parts)


def comparison(result: Comparison) -> Report:
    """Each metric of two runs, which they are, and what is not the same in them."""
    heading = ("metric", "n", "first", "second", "difference", "95 %", "p")
    told = [f"{name}: {_value(first)} → {_value(second)}" for name, (first, second) in result.changed.items()]
    files = f"first {result.first} · second {result.second} · difference: second less first, paired bootstrap"
    notes = [files, "; ".join(told) or "Both runs have the same settings."]
    return Report("Comparison", [Table(heading, [_difference(one) for one in result.differences])], notes)


def _difference(one: Difference) -> tuple[str, ...]:
    name, means = _NAMES.get(one.metric, one.metric), [_figure(one.metric, mean) for mean in (one.first, one.second)]
    difference, low, high = (_signed(one.metric, value) for value in (one.difference, one.low, one.high))
    p = "–" if one.p is None else "<0.001" if one.p < 0.001 else f"{one.p:.3f}"
    return name, f"{one.n:,}", *means, difference, f"{low} to {high}", p


def _signed(metric: str, value: float) -> str:
    number = _number(metric, abs(value))
    if not any(digit in number for digit in "123456789"):
        return number
    return f"{'+' if value > 0 else '−'}{number}"


def _value(value: str | int | None) -> str:
    return "none" if value is None else str(value)
