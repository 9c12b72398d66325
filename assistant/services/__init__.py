"""Services that list papers: what each may be asked, how often, and how its pages follow one another.

The only rooms that talk to the network for papers; `client` is the one way to do it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from assistant.errors import UsageError
from assistant.services import arxiv, arxiv_oai, hf_daily, openalex, semantic_scholar
from assistant.services.wanted import Page, Wanted

__all__ = ["SERVICES", "Page", "Service", "Wanted", "address", "named"]


@dataclass(frozen=True, slots=True)
class Service:
    """A service: its name in commands and in the world, its address, the seconds between two requests that it asks
    for, and the days that a sync asks for again, since papers appear there later than they are dated.

    `check` raises UsageError for what it cannot be asked; `first` gives the first cursor; `asked` the parameters of a
    page, for at most so many records; `about` those of them that say what the page is about; `read` takes a page apart,
    and raises FetchError where it is an error, ValueError where it is nothing of the service; `gives` tells whether a
    cursor has the form of those behind the first page, `after` gives the cursor behind a page that is whole. A key goes
    into the header or the parameter of this name. Where it `rests`, nothing new appears on a Saturday or Sunday.
    """

    name: str
    title: str
    address: str
    interval: float
    overlap: int
    check: Callable[[Wanted], None]
    first: Callable[[Wanted], str]
    about: Callable[[Wanted, str], dict[str, str]]
    asked: Callable[[Wanted, str, int], dict[str, str]]
    read: Callable[[bytes, Wanted, str], Page]
    gives: Callable[[Wanted, str], bool]
    after: Callable[[Wanted, str], str | None] = lambda wanted, cursor: None
    rests: bool = False
    key_header: str = ""
    key_parameter: str = ""


SERVICES = (
    Service(
        "arxiv", "arXiv", "https://export.arxiv.org/api/query", 3.0, 7,
        arxiv.check, arxiv.first, arxiv.about, arxiv.asked, arxiv.read, arxiv.gives, rests=True,
    ),
    Service(
        "arxiv-oai", "arXiv", "https://oaipmh.arxiv.org/oai", 3.0, 2,
        arxiv_oai.check, arxiv_oai.first, arxiv_oai.about, arxiv_oai.asked, arxiv_oai.read, arxiv_oai.gives, rests=True,
    ),
    Service(
        "hf-daily", "Hugging Face", "https://huggingface.co/api/daily_papers", 1.0, 3,
        hf_daily.check, hf_daily.first, hf_daily.about, hf_daily.asked, hf_daily.read, hf_daily.gives, hf_daily.after,
        rests=True,
    ),
    Service(
        "s2", "Semantic Scholar", "https://api.semanticscholar.org/graph/v1/paper/search/bulk", 1.0, 30,
        semantic_scholar.check, semantic_scholar.first, semantic_scholar.about, semantic_scholar.asked,
        semantic_scholar.read, semantic_scholar.gives, key_header="x-api-key",
    ),
    Service(
        "openalex", "OpenAlex", "https://api.openalex.org/works", 0.1, 30,
        openalex.check, openalex.first, openalex.about, openalex.asked, openalex.read, openalex.gives,
        key_parameter="api_key",
    ),
)  # fmt: skip


def named(name: str) -> Service:
    """The service of this name. UsageError: there is none."""
    for service in SERVICES:
        if service.name == name:
            return service
    names = ", ".join(service.name for service in SERVICES)
    raise UsageError(f"no papers can be fetched from “{name}”", hint=f"There are: {names}.")


def address(service: Service, parameters: Mapping[str, str]) -> str:
    """The address of a page, as it is asked for, but for a key."""
    return f"{service.address}?{urlencode(parameters, safe=':,*()/')}"
