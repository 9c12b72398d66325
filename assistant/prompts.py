"""Prompt templates: the files of `prompts/`, found, checked and filled.

A template is text with `${variable}`s (string.Template). Which variables each must hold is declared here; a
template that lacks one or has another is refused, so that an edited prompt cannot silently lose the question.
"""

from pathlib import Path
from string import Template

from assistant.errors import PromptError
from assistant.places import exists, expanded

VARIABLES = {
    "ask-system": {"boundary"},
    "ask-user": {"question", "passages", "count"},
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
