"""A writer's draft taken apart: Markdown prose into sentences, each with the passage numbers it is marked with.

Markers are `[1]`, `[2, 3]`, `[4-6]`, `[^1]`, `【1】` or `[paper 1]`. What an abstract says is never a marker: writers
of ours escape it (`escape`), a group that holds 0, such as the interval `[0, 1]`, is text, and all other brackets of a
text come out round (`defused`), so that every `[n]` a reader sees is a citation that was checked.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from assistant.cleaning import printable
from assistant.quantities import plain
from assistant.results import Kind
from assistant.text import sentences

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

HELD = "\ue000"  # stands in `Claim.text` for a marker in the middle of a sentence
_OPEN, _CLOSE = "\ue001", "\ue002"  # brackets that are text
_FIRST = 0xE010  # marks are numbered from here while a block is cut into sentences
_MOST = 0xF8FF - _FIRST

_MARK = re.compile(
    r"[\[【]\s*(?:(?:passages?|papers?|abstracts?|sources?|refs?)\.?\s*)?"
    r"(\^?\d{1,4}(?:\s*(?:[-–,;]|and)\s*\^?\d{1,4})*)(?:†[^\[【\]】]{0,80})?\s*[\]】]",
    re.IGNORECASE,
)
_ONE = f"[{chr(_FIRST)}-\uf8ff]"
_AFTER_END = re.compile(rf"([.!?][\"'”’)]*)((?:\s*{_ONE})+)(?=\s|$)")
_AT_END = re.compile(rf"((?:\s*{_ONE})+)\s*([.!?:;,]*[\"'”’)]*)\s*$")
# Unicode's opening and closing punctuation (Ps, Pe), but for quotes and for round, curly and square brackets.
_OPENING = "〔〖〘〚⟦⟨⟪⟬⟮❨❪❬❮❰❲❴⁅﹝｢「『〈《｟⌈⌊〈⟅⦃⦅⦇⦉⦋⦍⦏⦑⦓⦕⦗⧘⧚⧼⸢⸤⸦⸨⹕⹗⹙⹛︗︵︷︹︻︽︿﹁﹃﹇༺༼᚛⁽₍﴿"
_CLOSING = "〕〗〙〛⟧⟩⟫⟭⟯❩❫❭❯❱❳❵⁆﹞｣」』〉》｠⌉⌋〉⟆⦄⦆⦈⦊⦌⦎⦐⦒⦔⦖⦘⧙⧛⧽⸣⸥⸧⸩⹖⹘⹚⹜︘︶︸︺︼︾﹀﹂﹄﹈༻༽᚜⁾₎﴾"
_BRACKETED = re.compile(rf"[{re.escape(_OPENING)}]([^{re.escape(_OPENING + _CLOSING)}]+)[{re.escape(_CLOSING)}]")
_SQUARE = re.compile(r"[\[(](\s*-?[\d.]+\s*,\s*-?[\d.]+\s*)[\])]|[\[［【\]］】]")
_ROUND = str.maketrans("[［【]］】", "((()))")
_NUMBERLIKE = re.compile(r"^\W*(?:(?:passages?|papers?|abstracts?|sources?|refs?)\W*)?\d", re.IGNORECASE)
_OWN_LIST = re.compile(
    r"(?:references|sources|bibliography|citations|works cited)\s*(?:\W*$|:\s*[\[【]1[\]】]\W*\w)", re.IGNORECASE
)
_ENTRY = re.compile(r"[\[【(]?\d{1,3}[\]】).:]")


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of a draft. `text` has a `HELD` for each marker in its middle, whose numbers are in `inner`;
    `trailing` are the numbers of the markers at its end."""

    text: str
    inner: tuple[tuple[int, ...], ...]
    trailing: tuple[int, ...]
    block: int
    kind: Kind

    @property
    def marks(self) -> tuple[int, ...]:
        """All numbers the sentence is marked with, in order, each once."""
        return tuple(dict.fromkeys((*(n for group in self.inner for n in group), *self.trailing)))

    @property
    def plain(self) -> str:
        """The text without its markers."""
        return _tidy(self.text.replace(HELD, ""))


def parse(draft: str) -> list[Claim]:
    """The sentences of a Markdown draft, in order. Links and images lose their addresses; a list of references is
    left out, since the true one is made from what was cited."""
    claims: list[Claim] = []
    in_list = False
    for block, (kind, text) in enumerate(_blocks(printable(draft))):
        heads_list = kind != "bullet" and bool(_OWN_LIST.match(text.strip()))
        in_list = heads_list or (in_list and (kind == "bullet" or bool(_ENTRY.match(text.strip()))))
        if not in_list:
            _add_claims(text, block, kind, claims)
    return claims


def escape(text: str) -> str:
    """`text` so that `parse` gives it back as text: no marker, no Markdown."""
    text = text.translate({ord("【"): "[", ord("】"): "]"})  # which Markdown has no escape for
    return re.sub(r"([\\`*_{}\[\]()#+\-.!<>|~&:/])", r"\\\1", text)


def defused(text: str) -> str:
    """`text` with round brackets for square ones, and for all others that begin with a number: in a prompt, so that a
    writer that copies it cites nothing, whatever Markdown makes of it; in an answer, so that nobody takes it for a
    citation. An interval such as `[0, 1]` or `[0.5, 2)` stays: `parse` reads none as a marker."""

    def numbered(match: re.Match[str]) -> str:
        return f"({match[1].strip()})" if _NUMBERLIKE.search(plain(match[1])) else match[0]

    def square(match: re.Match[str]) -> str:
        inside = plain(match[1] or "")
        is_interval = "." in inside or re.match(r"\s*(?:-|0(?!\d))", inside)
        return match[0] if is_interval else match[0].translate(_ROUND)

    return _BRACKETED.sub(numbered, _SQUARE.sub(square, text))


def _add_claims(text: str, block: int, kind: Kind, claims: list[Claim]) -> None:
    held: list[tuple[int, ...]] = []

    def hold(match: re.Match[str]) -> str:
        numbers = _numbers(match[1])
        if 0 in numbers or len(held) > _MOST:
            return match[0]
        held.append(numbers)
        return chr(_FIRST + len(held) - 1)

    def taken(marks: str) -> list[tuple[int, ...]]:
        return [held[ord(mark) - _FIRST] for mark in re.findall(_ONE, marks)]

    text = _AFTER_END.sub(r"\2\1", _MARK.sub(hold, text))
    for start, end in sentences(text):
        piece = text[start:end]
        trailing: tuple[int, ...] = ()
        if match := _AT_END.search(piece):
            trailing = tuple(dict.fromkeys(n for group in taken(match[1]) for n in group))
            piece = piece[: match.start()] + match[2]
        inner = tuple(taken(piece))
        said = _tidy(defused(re.sub(_ONE, HELD, piece).replace(_OPEN, "[").replace(_CLOSE, "]")))
        if any(c.isalnum() for c in said):
            claims.append(Claim(said, inner, trailing, block, kind))
        elif trailing and claims:  # a marker that stands alone belongs to the sentence before it
            last = claims[-1]
            claims[-1] = replace(last, trailing=(*last.trailing, *trailing))


def _numbers(inner: str) -> tuple[int, ...]:
    """The numbers of a marker's inside: `1, 3` and `2-4`; a range of more than 20 is taken as its two ends."""
    numbers: list[int] = []
    for part in re.split(r"[,;]|and", inner.replace("^", "")):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and 0 < ends[1] - ends[0] <= 20:
            ends = list(range(ends[0], ends[1] + 1))
        numbers += ends
    return tuple(numbers)


def _tidy(text: str) -> str:
    return re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", " ".join(text.split()))


@lru_cache(maxsize=1)
def _markdown() -> "MarkdownIt":
    from markdown_it import MarkdownIt

    # `reference` would swallow `[1]: …`; `text_join` would forget which brackets were escaped
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(["reference", "text_join"])


def _blocks(draft: str, *, unwrap: bool = True) -> list[tuple[Kind, str]]:
    """(kind, text) of each paragraph, list item, table row and heading. A fenced block is read as Markdown too:
    some models wrap their whole answer in one."""
    blocks: list[tuple[Kind, str]] = []
    kinds: list[Kind] = ["paragraph"]
    for token in _markdown().parse(draft):
        if token.type in ("list_item_open", "tr_open"):
            kinds.append("bullet")
        elif token.type == "heading_open":
            kinds.append("heading")
        elif token.type in ("list_item_close", "heading_close", "tr_close"):
            kinds.pop()
        elif token.type == "inline":
            blocks.append((kinds[-1], _inline(token.children or [])))
        elif token.type in ("fence", "code_block") and unwrap:
            blocks += _blocks(token.content, unwrap=False)
    return [(kind, text) for kind, text in blocks if text.strip()]


def _inline(tokens: Sequence["Token"]) -> str:
    """The words of a run of inline tokens; a link around a bare number is a marker somebody decorated."""
    out: list[str] = []
    link: int | None = None
    for token in tokens:
        if token.type == "link_open":
            link = len(out)
        elif token.type == "link_close" and link is not None:
            inside = "".join(out[link:])
            out[link:] = [f"[{inside}]" if inside.strip("^ ").isdigit() else inside]
            link = None
        elif token.type == "text_special":  # an escaped character, or an entity, of what may be an invisible one
            out.append({"[": _OPEN, "]": _CLOSE}.get(token.content, printable(token.content)))
        elif token.type in ("text", "code_inline"):
            out.append(token.content)
        elif token.type in ("softbreak", "hardbreak"):
            out.append(" ")
        elif token.type == "image":
            out.append(_inline(token.children or []))
    return "".join(out)
