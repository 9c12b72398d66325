"""Results as one self-contained HTML file, and as an Atom feed: Jinja2 templates with everything escaped, no script, no
resource from elsewhere."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant import __version__
from assistant.cleaning import one_line
from assistant.render import digests
from assistant.reports import Digest

if TYPE_CHECKING:
    from jinja2 import Environment

_FOREIGN = re.compile("[\ufffe\uffff]")  # to XML
WEB = re.compile(r"https?://[^\s<>\"'\\@]+")


def digest(result: Digest) -> str:
    cited = {one.n: one for one in result.citations}
    quotes: dict[int, list[str]] = {one.n: [] for one in result.citations}
    for sentence in digests.all_sentences(result):
        for quote in sentence.quotes:
            if (text := one_line(quote.text)) not in quotes[quote.n]:
                quotes[quote.n].append(text)
    periods = [result.period, *result.period.before(len(result.before))]
    chart = "; ".join(f"{theme.name}: {theme.papers:,}" for theme in result.themes)
    return (
        _templates()
        .get_template("digest.html")
        .render(
            digest=result,
            cited=cited,
            quotes=quotes,
            counts=digests.counts(result),
            most=max((max(theme.papers, theme.usual or 0) for theme in result.themes), default=1),
            chart=f"Papers of each theme. {chart}",
            counted=[*reversed(result.before), result.papers_in_period],
            periods=[f"{one.since:%d %b}" for one in reversed(periods)],
            standing=digests.standing,
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
    made.tests["web"] = lambda url: bool(url) and WEB.fullmatch(url) is not None
    made.filters["shortened"] = lambda text, most: text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
    return made
