"""Prompt templates: the files of `prompts/`, found, checked and filled; abstracts in a prompt, fenced.

A template is text with `${variable}`s (string.Template). Which variables each must hold is declared here; a
template that lacks one or has another is refused, so that an edited prompt cannot silently lose the question.
"""

import hashlib
import re
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
    "judge-system": {"boundary"},
    "judge-user": {"pairs", "count"},
    "notes-system": {"boundary"},
    "notes-user": {"question", "passages", "count"},
    "overview-system": {"boundary"},
    "overview-user": {"question", "passages", "count"},
    "rank-system": {"boundary"},
    "rank-user": {"question", "passages", "count"},
    "sections-system": {"boundary"},
    "sections-user": {"question", "passages", "count"},
    "theme-system": {"boundary"},
    "theme-user": {"question", "passages", "count"},
}
BOUNDARY_DIGITS = 12
# `<|im_end|>`, `</s>`, `<think>`, `<｜User｜>`, `<<SYS>>`: some servers read these in a message too. `[INST]` is round.
_TOKEN = re.compile(r"<(?=[^\W\d]|[/|｜<!])")
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


def fenced(
    question: str,
    passages: Sequence[Passage],
    *,
    most: int | None = None,
    first: int = 1,
    notes: Sequence[str] = (),
    seed: str = "",
) -> tuple[str, str]:
    """(boundary, the passages as text between lines that begin with it, numbered from `first`), abstracts cut to `most`
    characters, or `notes` in their place; as `fence` has it."""
    bodies = []
    for at, passage in enumerate(passages):
        paper = passage.found.paper
        date = f"\nDate: {paper.date}" if paper.date else ""
        said = notes[at] if notes else f"Abstract: {clean(paper.abstract)[:most]}"
        withdrawn = "\nStatus: withdrawn" if paper.withdrawn else ""
        bodies.append(f"Title: {clean(paper.title)}{date}{withdrawn}\n{said}")
    return fence(bodies, beside=question, first=first, seed=seed)


def fence(bodies: Sequence[str], *, beside: str, first: int = 1, seed: str = "") -> tuple[str, str]:
    """(boundary, the texts numbered from `first` between lines that begin with it).

    No text can foresee the boundary, which is a digest over all of them and what stands `beside` them, or that of a
    `seed` which they cannot know, and none holds it. Their own `[3]`s become `(3)`, and what a server could take for a
    token of its chat template becomes text.
    """
    bodies = [_TOKEN.sub("< ", drafts.defused(body)) for body in bodies]
    boundary = _boundary((beside, *bodies), seed=seed)
    parts = [f"{boundary} [{n}]\n{body}\n{boundary} end of [{n}]" for n, body in enumerate(bodies, first)]
    return boundary, "\n\n".join(parts)


def _boundary(texts: Sequence[str], *, seed: str = "") -> str:
    """The beginning of a line that stands in none of the texts."""
    seed = seed or "\0".join(texts)
    while (boundary := "=" + hashlib.sha256(seed.encode()).hexdigest()[:BOUNDARY_DIGITS]) in "\0".join(texts):
        seed = f"{boundary}\0{seed}"
    return boundary


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
