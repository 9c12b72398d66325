"""Results as one self-contained HTML file, and as an Atom feed: Jinja2 templates with everything escaped, no script, no
resource from elsewhere."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assistant import __version__
from assistant.cleaning import one_line
from assistant.papers import web_address_in
from assistant.render import digests, summaries
from assistant.reports import Digest, TopicSummary, Trend
from assistant.results import Citation, Sentence

if TYPE_CHECKING:
    from jinja2 import Environment

_FOREIGN = re.compile("[\ufffe\uffff]")  # to XML


def digest(result: Digest) -> str:
    cited = {one.n: one for one in result.citations}
    usual = zip(result.themes, result.usual, strict=True)
    rows: list[dict[str, Any]] = [{"name": one.name, "papers": one.papers, "usual": share} for one, share in usual]
    periods = [result.period, *result.period.before(len(result.before))]
    chart = "; ".join(f"{theme.name}: {theme.papers:,}" for theme in result.themes)
    return (
        _templates()
        .get_template("digest.html")
        .render(
            digest=result,
            cited=cited,
            quotes=_quotes(result.citations, digests.all_sentences(result)),
            counts=digests.counts(result),
            rows=rows,
            most=max((max(row["papers"], row["usual"] or 0) for row in rows), default=1),
            chart=f"Papers of each theme. {chart}",
            counted=[*reversed(result.before), result.papers_in_period],
            periods=[f"{one.since:%d %b}" for one in reversed(periods)],
            standing=digests.standing,
            unwritten=digests.unwritten,
            tags=digests.tags,
            footer=digests.footer(result),
        )
    )


def feed(result: Digest, *, library: str) -> str:
    """The digest as an Atom feed (RFC 4287), an entry a paper, under ids that stay."""
    entries = [(entry, theme.name) for theme in result.themes for entry in theme.entries]
    entries += [(entry, "") for entry in result.others]
    return (
        _templates()
        .get_template("digest.atom")
        .render(
            digest=result,
            cited={one.n: one for one in result.citations},
            entries=entries,
            library=re.sub(r"[^\w.-]+", "-", library),
            version=__version__,
        )
    )


def summary(result: TopicSummary) -> str:
    said = [sentence for section in result.sections for sentence in section.sentences]
    said += [sentence for row in result.rows for sentence in (row.idea, row.result) if sentence]
    return (
        _templates()
        .get_template("summary.html")
        .render(
            summary=result,
            cited={one.n: one for one in result.citations},
            quotes=_quotes(result.citations, said),
            counts=summaries.counts(result),
            footer=summaries.footer(result),
        )
    )


def trend(result: Trend) -> str:
    return (
        _templates()
        .get_template("trend.html")
        .render(
            trend=result,
            most=max((point.papers for point in result.points), default=0) or 1,
            counts=summaries.trend_counts(result),
        )
    )


def _quotes(citations: Sequence[Citation], said: Iterable[Sentence]) -> dict[int, list[str]]:
    """The quotes that support what is said, by the number of their citation, each once."""
    quotes: dict[int, list[str]] = {one.n: [] for one in citations}
    for sentence in said:
        for quote in sentence.quotes:
            if (text := one_line(quote.text)) not in quotes[quote.n]:
                quotes[quote.n].append(text)
    return quotes


@lru_cache(maxsize=1)
def _templates() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("assistant", "render/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: _FOREIGN.sub("", one_line(value)) if type(value) is str else value,
    )
    made.tests["web"] = lambda url: web_address_in(url) is not None
    made.filters["shortened"] = lambda text, most: text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
    return made
