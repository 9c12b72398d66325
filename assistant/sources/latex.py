"""LaTeX of bibliography fields into Unicode, as far as it can be undone without guessing.

Accents, symbols, escaped specials and the braces that keep capitals are undone, and so are the commands and switches of
type. Mathematics stays as it was written, and with it `\\$`, `\\{` and `\\}`, which would be taken for its signs;
commands that are not known stay, too: `cleaning.clean` makes both readable where they are shown. A lone `%` is a per
cent sign, as it is in a .bib file, not the beginning of a comment. pylatexenc parses and brings the tables; its own
converter is not used, since it drops what it does not know.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

_MARKUP = re.compile(r"[\\{}~]|``|''")
_LONE = re.compile(r"(?<!\\)%")
_DOLLAR = re.compile(r"(?<!\\)\$")
_ASIDE = {"%": "\ue025", "$": "\ue024", "~": "\ue07e"}  # what the parser must not see, in private-use characters
_LINK = re.compile(r"\\(?:url|href|path|nolinkurl)\s*\{((?:[^{}]++|\{[^{}]*+\})*+)\}")
_TILDE = re.compile(r"\\?~(?:\{\s*\})?|\$\{?\\sim\}?\$")  # `~`, `\~{}`, `\~`, `$\sim$`: no space and no accent
_BACK = {ord(aside): sign for sign, aside in _ASIDE.items()}
MAX_DEPTH = 60  # groups in groups; the parser recurs
_ESCAPED = "%&#_ "
_ACCENTS = frozenset("'`\"^~=.cHkbdruv")
_NO_SYMBOLS = frozenset(("today", "$", "{", "}", "\\", "lbrace", "rbrace"))
_SPECIALS = {"~": " ", "``": "“", "''": "”"}
_STYLES = "emph textrm textit textbf textsc textsl textsf texttt textup textmd textnormal text mbox hbox underline"
_TYPE = frozenset(f"{_STYLES} ensuremath uppercase lowercase MakeUppercase MakeLowercase enquote".split())
_OLD_STYLES = "it bf em rm sc sf tt sl itshape bfseries scshape slshape upshape rmfamily sffamily ttfamily normalfont"
_SWITCHES = frozenset(f"{_OLD_STYLES} small large relax nocase protect selectfont / -".split())
_LETTERS = frozenset("ßøØłŁæÆœŒåÅđĐðÐþÞıȷ")  # the space behind these ends the command: `\\O stergaard`
# Of text, which the tables of pylatexenc lack or have otherwise; the export writes these, as Zotero does. Dollars and
# braces stay signs of LaTeX, as they do where they are written `\$` and `\{`.
_SIGNS = {
    "textless": "<", "textgreater": ">", "textbar": "|", "textasciicircum": "^", "textunderscore": "_",
    "textdollar": r"\$", "textbraceleft": r"\{", "textbraceright": r"\}",
}  # fmt: skip
_DASHES = ((re.compile(r"(?<!-)---(?!-)"), "—"), (re.compile(r"(?<!-)--(?!-)"), "–"))


def to_unicode(text: str) -> str:
    """`text` with its LaTeX undone as this module says; as it is where it cannot be parsed."""
    if not _MARKUP.search(text) or _depth(text) > MAX_DEPTH:
        return text
    shielded = _LONE.sub(_ASIDE["%"], text)
    if len(_DOLLAR.findall(shielded)) % 2:  # sums of money, not mathematics
        shielded = _DOLLAR.sub(_ASIDE["$"], shielded)
    try:
        return _text(_nodes(shielded)).translate(_BACK)
    except Exception:  # a parser of hostile input: whatever it stumbles over, the words must not be lost
        return text


def verbatim(text: str) -> str:
    """An id or address, which is written letter by letter: a `~` in it is one, and only what had to be escaped, and the
    commands that make a link of it, are undone."""
    return to_unicode(_TILDE.sub(_ASIDE["~"], _LINK.sub(r" \1 ", text))).translate(_BACK).strip()


def dashed(text: str) -> str:
    """`text` with `--` and `---` as the dashes they stand for; longer rows, as in chemistry, stay."""
    for written, dash in _DASHES:
        text = written.sub(dash, text)
    return text


def _depth(text: str) -> int:
    depth = deepest = 0
    for sign in re.findall(r"[{}\[\]]|\\begin|\\end|\\[(\[]", text):
        depth += 1 if sign not in ("}", "]", "\\end") else -1
        deepest = max(deepest, depth)
    return deepest


def _nodes(text: str) -> Sequence[Any]:
    from pylatexenc.latexwalker import LatexWalker

    nodes, at, length = LatexWalker(text, latex_context=_syntax(), tolerant_parsing=True).get_latex_nodes()
    if at + length != len(text):
        raise ValueError("not parsed to its end")
    return list(nodes)


def _text(nodes: Sequence[Any]) -> str:
    out: list[str] = []
    kept = False  # whether a command that stays has just been met: what is in braces behind it is its own
    for node in nodes:
        kind = type(node).__name__
        if node is None:
            continue
        if kind == "LatexGroupNode" and not kept:
            out.append(_text(node.nodelist))
            continue
        known = _macro(node) if kind == "LatexMacroNode" else None
        takes = kind == "LatexMacroNode" and known is None and node.macroname.isalpha()  # `\$` takes nothing
        kept = (kept and kind == "LatexGroupNode") or takes
        if kind == "LatexSpecialsNode":
            known = _SPECIALS.get(node.specials_chars)
        out.append(node.latex_verbatim() if known is None else known)
    return "".join(out)


def _macro(node: Any) -> str | None:
    """What a command stands for; None where it stays."""
    name = node.macroname
    if name in _ESCAPED:
        return str(name) + (node.macro_post_space if name != " " else "")
    if name in _SWITCHES:
        return ""
    arguments = [one for one in (node.nodeargd.argnlist if node.nodeargd else ()) if one is not None]
    if name in _TYPE:
        return _text(arguments) if arguments else ""
    if name in _ACCENTS:
        return str(_converter().macro_node_to_text(node)).strip() if arguments else ""
    if (symbol := _symbol(name)) is not None and not arguments:
        return symbol + ("" if symbol in _LETTERS else node.macro_post_space)
    return None


@cache
def _syntax() -> Any:
    from pylatexenc.latexwalker import get_default_latex_context_db

    return get_default_latex_context_db()


@cache
def _converter() -> Any:
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text()


@cache
def _context() -> Any:
    from pylatexenc.latex2text import get_default_latex_context_db

    return get_default_latex_context_db()


@lru_cache(maxsize=4_096)
def _symbol(name: str) -> str | None:
    """The characters that a command without arguments stands for, if it is known."""
    if name in _SIGNS:
        return _SIGNS[name]
    spec = None if name in _NO_SYMBOLS else _context().get_macro_spec(name)
    known = getattr(spec, "simplify_repl", None)
    return known if isinstance(known, str) and known and "%" not in known else None
