"""The parts of a question that compares things, or that is more than one question. Pure.

Each part is a question for itself, so that it can be looked up for itself: “how do vLLM and SGLang compare on
throughput?” has the parts “vLLM throughput?” and “SGLang throughput?”.
"""

import re

from assistant.text import content_terms

MOST = 4  # parts; more share too few papers
MAX_WORDS = 8  # of a thing that is compared; what is longer is more than a thing

_COMPARED = (  # compiled when they are first used: most commands ask nothing
    r"^how (?:do|does|did|is|are) (?P<things>.+?,? (?:and|or) .+?) (?:compared?|differ)\b(?P<rest>.*)$",
    r"^how (?:do|does|did|is|are) (?P<one>.+?) (?:compared?|differ(?:ent)?) (?:with|to|against|from) (?P<rest>.+)$",
    r"^(?:what(?:'s| is| are) )?(?:the )?(?:main |key )?differences? between (?P<rest>.+? and .+)$",
    r"^(?:please )?(?:compare|contrast) (?P<rest>.+? (?:and|with|to|against|versus|vs\.?) .+)$",
    r"^(?:what distinguishes) (?P<one>.+?) from (?P<rest>.+)$",
    r"^(?P<one>[^?,;:]+?) (?:versus|vs\.?) (?P<rest>[^?,;:]+)\??$",
)
_ASPECT = re.compile(r"\s+(?:in terms of|with respect to|in|on|for|at|when|by|regarding|under)\s+", re.IGNORECASE)
_AND = re.compile(r"\s*,\s*(?:(?:and|or)\s+)?|\s+(?:and|or|with|to|against|versus|vs\.?)\s+", re.IGNORECASE)
_NEXT = re.compile(
    r"\?\s+(?:and\s+|also,?\s+)?(?=\w)|[;,]\s+and\s+(?=(?:how|what|why|which|where|when|who|is|are|do|does|did|can)\b)",
    re.IGNORECASE,
)
_ASKING = re.compile(r"(?:how|what|why|which|where|when|who|is|are|do|does|did|can)\b", re.IGNORECASE)
_LEANING = re.compile(r"\b(?:it|its|they|them|their|this|these|those|that one|the former|the latter)\b", re.IGNORECASE)


def parts_of(question: str) -> tuple[str, ...]:
    """The parts, each ending in a question mark, in order; none where the question is one, where a part says nothing by
    itself (“and how does it work?”), or where there are more than `MOST`."""
    question = " ".join(question.split())
    parts = _questions(question) or _things(question)
    usable = 1 < len(parts) <= MOST and all(content_terms(part) for part in parts)
    return parts if usable and len({tuple(content_terms(part)) for part in parts}) == len(parts) else ()


def _questions(question: str) -> tuple[str, ...]:
    """The questions that stand one after the other; none where a later one leans on an earlier one."""
    pieces = [piece.strip(" ?") for piece in _NEXT.split(question)]
    if len(pieces) < 2 or not all(map(_ASKING.match, pieces)) or any(map(_LEANING.search, pieces[1:])):
        return ()
    return tuple(f"{piece}?" for piece in pieces)


def _things(question: str) -> tuple[str, ...]:
    """What is compared, each with the aspect in which it is."""
    for pattern in _COMPARED:
        if match := re.match(pattern, question.strip(" ?"), re.IGNORECASE):
            found = match.groupdict()
            rest = found.get("rest") or ""
            if things := found.get("things"):  # the aspect is all that follows
                compared, aspect = _AND.split(things), _ASPECT.sub(" ", f" {rest.strip()} ", count=1)
            else:
                last, *aspects = _ASPECT.split(rest, maxsplit=1)
                compared, aspect = [*filter(None, [found.get("one")]), *_AND.split(last)], " ".join(aspects)
            if all(thing and len(thing.split()) <= MAX_WORDS for thing in compared):
                return tuple(" ".join(f"{thing} {aspect}".split()) + "?" for thing in compared)
    return ()
