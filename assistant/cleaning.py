"""Text in, readable text out: LaTeX damage undone, control characters gone.

Stored abstracts stay verbatim; `clean` is what search, prompts and display see. It works by pattern, not by
parsing LaTeX, because most abstracts are no longer LaTeX: Daily Papers pages have lost their `$` and half of
their backslashes (`1.68times`, `mathcal{O}(k)`, `\\0.08 per task`). A real parser (pylatexenc 2.11) was tried:
it drops `\\tool` and everything after a lone `%`, and manages 300 abstracts a second.
"""

import re
import unicodedata
from functools import lru_cache

# C0 and C1 controls except tab and newline, soft hyphen, zero-width and bidirectional controls, byte-order
# mark, fillers, private use, variation selectors, tag characters (they hide text from the reader, not from a model).
INVISIBLE = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ue000-\uf8ff\U00016fe4\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d159\U0001d173-\U0001d17a\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_INVISIBLE = re.compile(INVISIBLE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_ACCENT_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_PILE = re.compile(
    f"({_ACCENT_MARK}{{3}}){_ACCENT_MARK}+"
)  # more on one letter than any script needs: it runs over lines
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\-_])")


def printable(text: str) -> str:
    """`text` without anything a terminal could obey or a reader could not see; newlines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    text = _ANSI.sub("", text.replace("\r\n", "\n"))
    return _PILE.sub(r"\1", _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", text)))


def one_line(text: str) -> str:
    """`text` printable and on one line, white space folded: for names, ids, messages."""
    return " ".join(printable(text).split())


_SYMBOLS = {
    "times": "×", "pm": "±", "mp": "∓", "cdot": "·", "sim": "~", "approx": "≈", "simeq": "≈", "leq": "≤",
    "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "ll": "≪", "gg": "≫", "to": "→",
    "rightarrow": "→", "leftarrow": "←", "leftrightarrow": "↔", "Rightarrow": "⇒", "uparrow": "↑",
    "downarrow": "↓", "infty": "∞", "ldots": "...", "dots": "...", "cdots": "...", "deg": "°", "circ": "°",
    "in": "∈", "ell": "ℓ", "nabla": "∇", "partial": "∂", "sum": "∑", "prod": "∏", "propto": "∝",
    "star": "*", "ast": "*", "langle": "⟨", "rangle": "⟩", "prime": "′", "top": "T", "cup": "∪", "cap": "∩",
    "subset": "⊂", "forall": "∀", "exists": "∃", "mid": "|", "quad": " ", "qquad": " ", "space": " ",
    "ss": "ß", "o": "ø", "O": "Ø", "ae": "æ", "AE": "Æ", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "i",
    "varepsilon": "ε", "varphi": "φ", "vartheta": "θ", "eg": "e.g.", "ie": "i.e.", "etal": "et al.",
    "left": "", "right": "", "big": "", "Big": "", "displaystyle": "", "xspace": "", "newline": " ", "item": " ",
    "noindent": "", "rm": "", "it": "", "bf": "", "tt": "", "sf": "", "sc": "", "em": "",
    "bullet": "•", "textendash": "–", "textemdash": "—", "backslash": "/",
}  # fmt: skip
_GREEK = "alpha beta gamma delta epsilon zeta eta theta iota kappa mu nu xi pi rho sigma tau upsilon phi chi psi omega"
_SYMBOLS |= {n: unicodedata.lookup(f"GREEK SMALL LETTER {n}") for n in _GREEK.split()}
_SYMBOLS |= {n.title(): unicodedata.lookup(f"GREEK CAPITAL LETTER {n}") for n in _GREEK.split()}
_SYMBOLS |= {"lambda": "λ", "Lambda": "Λ"}  # Unicode's own name for it is "lamda"

_COMBINING = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "r": "\u030a", "k": "\u0328",
}  # fmt: skip

# Escaped characters are set aside under private-use code points, which `printable` has removed from the input,
# so that later patterns cannot mistake `\$` for mathematics or `\{` for a group.
_ASIDE = {c: chr(0xE000 + i) for i, c in enumerate("%&_#${}")}
_BACK = {ord(v): k for k, v in _ASIDE.items()}

_MARKS = ("\\", "{", "}", "$", "~", "``", "''")
_BARE = {"ldots": "...", "cdot": "·", "geq": "≥", "leq": "≤"}  # commands that have lost their backslash
_BARE_WORD = re.compile(rf"\dtimes|\b(?:{'|'.join(_BARE)})\b")
_ESCAPED = re.compile(r"\\([%&_#${}])")
_ACCENT = re.compile(
    r"\\(?:(['`^=.~])\s*|(\")(?=\{?(?:\\i\b|[aeiouyAEIOUY]))|([uvHcrk])(?=\s*\{\s*[A-Za-z]\s*\}))"
    r"(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))"
)
_DROPPED = re.compile(r"~?\\(?:cite\w*|label|ref|eqref|cref|color|vspace|hspace|thanks)\*?(?:\[[^][]*\])?\{[^{}]*\}")
_LINK = re.compile(r"\\href\s*\{[^{}]*\}\s*\{([^{}]*)\}|\\textcolor\s*\{[^{}]*\}\s*\{([^{}]*)\}")
_FOOTNOTE = re.compile(r"\s*\\footnote\s*\{([^{}]*)\}")
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_CODE_POINT = re.compile(r"\\unicode\s*\{x([0-9A-Fa-f]{2,5})\}")
_SWITCH = re.compile(r"\{\s*(?:\\(?:it|em|bf|tt|sc|sf|rm|sl)\b|(?:it|bf|rm)\s)\s*")
_STYLE = re.compile(
    r"\\(?:text\w*|emph|underline|uline|math\w+|bm|boldsymbol|mbox|hbox|operatorname|ensuremath|url|href|texttt)\s*(?=\{)"
    r"|\b(?:math(?:cal|bb|rm|bf|sf|it|frak)|text(?:bf|it|tt|rm|sc)|url)(?=\{)"
)
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?(?:\{\})?")
_SCRIPT = re.compile(r"([_^])\s*\{([^{}]*)\}")
_GROUP = re.compile(r"\{([^{},]*)\}")
_STRAY_BRACE = re.compile(r"(\{[^{},]*,[^{}]*\})|[{}]")  # sets such as {g(1), g(2)} keep theirs
_TIMES = re.compile(
    r"(?<=\d) ?×\s*(?=\d)|(?<=\d)times(?![a-z])|\btimes~(?=\d)|(?<=\b[B-Zb-hj-z]) times (?=[B-Zb-hj-z]\b)"
)
_TIE = re.compile(r"(?<=[\w.,:;)\]])~(?=[\w(\[])")


@lru_cache(maxsize=2_048)  # one question reads the same abstracts several times, a session many of them again
def clean(text: str) -> str:
    """`text` on one line, with LaTeX and its damage turned into plain characters: `10\\%` → `10%`,
    `{\\it re-ranking}` → `re-ranking`, `1.68times` → `1.68×`, `mathcal{O}` → `O`, `M\\'elange` → `Mélange`.

    Source of the patterns: the four seed files and 30,000 arXiv abstracts. Never raises; words are kept, also
    those of unknown commands (`\\tool` → `tool`).
    """
    text = " ".join(printable(text).split())  # before the patterns too: several are slow on long white space
    return " ".join(_delatex(text).split()) if _is_damaged(text) else text


def _is_damaged(text: str) -> bool:
    """Whether LaTeX has left something. Plain searches come first, here and below: most texts need no pattern."""
    if any(mark in text for mark in _MARKS):
        return True
    return any(word in text for word in ("times", *_BARE)) and bool(_BARE_WORD.search(text))


def _delatex(text: str) -> str:
    # 1. set escapes aside, compose accents
    text = _ESCAPED.sub(lambda m: _ASIDE[m[1]], text.replace("\\\\", " "))
    text = _ACCENT.sub(_accent, text)
    # 2. commands with arguments
    text = _DROPPED.sub("", text)
    text = _LINK.sub(lambda m: m[1] or m[2] or "", text)
    text = _FOOTNOTE.sub(r" (\1)", text)
    text = _FRACTION.sub(r"\1/\2", text)
    text = _CODE_POINT.sub(lambda m: printable(chr(int(m[1], 16))), text)
    text = re.sub(r"(?<=[.,;:\w])\\url", r" \\url", text)
    text = _STYLE.sub("", _SWITCH.sub("{", text)).replace("}cdot", "}·")
    # 3. mathematics: delimiters, symbols, groups
    text = _undollar(re.sub(r"\\[()\[\]]", "", text))
    text = re.sub(r"\\[,;:!> ]", " ", text)
    text = _COMMAND.sub(_command, text)
    for _ in range(6):  # groups nest; six levels is deeper than any seen
        flat = _GROUP.sub(r"\1", _SCRIPT.sub(_script, text))
        if flat == text:
            break
        text = flat
    text = _STRAY_BRACE.sub(lambda m: m[1] or "", text)
    # 4. what is left of damaged commands
    if "×" in text or "times" in text:
        text = _TIMES.sub("×", text)
    for word, symbol in _BARE.items():
        if word in text:
            text = re.sub(rf"\b{word}\b", symbol, text)
    if "~" in text:
        text = _TIE.sub(" ", re.sub(r"(?<=\d)~(?=\d)", "–", text))  # ranges: 10~20%
    if "``" in text or "''" in text:
        text = re.sub(r"``|(?<!\S)''(?=\w)", "“", text).replace("''", "”")
    text = text.replace("\\", "")
    return text.translate(_BACK)


def _accent(match: re.Match[str]) -> str:
    mark = match[1] or match[2] or match[3]
    return unicodedata.normalize("NFC", (match[4] or match[5]) + _COMBINING[mark])


def _command(match: re.Match[str]) -> str:
    return _SYMBOLS.get(match[1], match[1])


def _script(match: re.Match[str]) -> str:
    mark, inner = match[1], match[2].strip()
    return mark + (inner if len(inner) <= 1 or inner.isalnum() else f"({inner})")


def _undollar(text: str) -> str:
    """`text` without the `$` that delimit mathematics; those that mean money stay."""
    out, start = [], 0
    while (left := text.find("$", start)) >= 0:
        right = text.find("$", left + 1)
        if right < 0:
            break
        inner = text[left + 1 : right]
        out.append(text[start:left])
        if _is_money(inner):
            out.append("$")
            start = left + 1
        else:
            out.append(inner)
            start = right + 1
    return "".join(out) + text[start:]


def _is_money(inner: str) -> bool:
    """Whether what stands between two `$` is prose after a sum (`2.19 per API and `), not a formula."""
    prose = inner[-1:].isspace() or "(" in inner[-1:] or re.search(r"\s[a-z]{3,}\s+[a-z]{2,}", inner)
    return not inner or len(inner) > 200 or (inner[0].isdigit() and bool(prose))


def whole(title: str, abstract: str) -> str:
    """Title and abstract, or a part of it, as one clean text: what is embedded, reranked and compared of a paper."""
    return f"{clean(title)}. {clean(abstract)}"
