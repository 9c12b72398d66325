"""Prompt templates: the files of `prompts/`, found, checked and filled; abstracts in a prompt, fenced.

A template is text with `${variable}`s (string.Template). Which variables each must hold is declared here; a
template that lacks one or has another is refused, so that an edited prompt cannot silently lose the question.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from string import Template

from assistant import drafts
from assistant.cleaning import clean
from assistant.errors import PromptError
from assistant.papers import Passage
from assistant.places import exists, expanded

VARIABLES = {
    "ask-system": {"boundary"},
    "ask-user": {"question", "passages", "count"},
    "classify-system": {"boundary"},
    "classify-user": {"question", "passages", "count"},
    "rank-system": {"boundary"},
    "rank-user": {"question", "passages", "count"},
}
_PLACES = (
    Path(__file__).parent / "_prompts",  # in an installed wheel
    Path(__file__).parent.parent / "prompts",  # in a checkout
)


def folder(chosen: str | None = None) -> Path:
    """The folder of templates: the chosen one, or the one that came with the program. PromptError: none."""
    places = (expanded(chosen),) if chosen else _PLACES
    for place in places:
        if exists(place / "ask-system.md"):
            return place
    tried = " nor ".join(str(place) for place in places)
    raise PromptError(f"no prompt templates in {tried}", hint="Reinstall the package, or correct ASSISTANT_PROMPTS.")


def checked_folder(chosen: str | None = None) -> Path:
    """`folder`, after every template in it was found usable. PromptError."""
    place = folder(chosen)
    for name in VARIABLES:
        _template(name, place)
    return place


def fill(name: str, *, place: Path, **values: str) -> str:
    """Template `name` of the folder `place`, with its variables replaced. PromptError: missing file or variables."""
    return _template(name, place).substitute(values).strip()


def fenced(question: str, passages: Sequence[Passage], *, most: int | None = None, first: int = 1) -> tuple[str, str]:
    """(boundary, the passages as text between lines that begin with it, numbered from `first`), abstracts cut to `most`
    characters.

    No abstract can foresee the boundary: it is a digest over all of them and the question. Their own `[3]`s become
    `(3)`.
    """
    bodies = []
    for passage in passages:
        paper = passage.found.paper
        date = f"\nDate: {paper.date}" if paper.date else ""
        bodies.append(f"Title: {clean(paper.title)}{date}\nAbstract: {clean(paper.abstract)[:most]}")
    boundary = "=" + hashlib.sha256("\0".join((question, *bodies)).encode()).hexdigest()[:12]
    parts = [
        f"{boundary} [{n}]\n{drafts.defused(body)}\n{boundary} end of [{n}]" for n, body in enumerate(bodies, first)
    ]
    return boundary, "\n\n".join(parts)


def _template(name: str, place: Path) -> Template:
    path = place / f"{name}.md"
    try:
        template = Template(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"the prompt {path} cannot be read: {error}", hint="Restore the file.") from error
    if not template.is_valid() or set(template.get_identifiers()) != VARIABLES[name]:
        wanted = ", ".join(f"${{{variable}}}" for variable in sorted(VARIABLES[name]))
        raise PromptError(f"the prompt {path} must use exactly {wanted}", hint="Write $$ for a dollar sign.")
    return template
