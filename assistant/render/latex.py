"""Text as LaTeX that shows exactly it, for the fields of a BibTeX file.

What has to mean nothing is written in the commands that Zotero and its like use, each in braces of its own
(`{\\textasciitilde}`), and so that the braces of a field always balance: to BibTeX a `\\}` ends a field as well as `}`.
Mathematics that is whole and of well-known commands stays mathematics (`formulas`); other LaTeX in a stored text is
made readable first (`clean`), so that nothing a paper says is a command: `\\input` and `\\write18` come out as words.
"""

import re

from assistant.cleaning import clean, one_line
from assistant.render.formulas import is_shown

_SPECIAL = {
    "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"{\textbraceleft}", "}": r"{\textbraceright}", "\\": r"{\textbackslash}",
    "~": r"{\textasciitilde}", "^": r"{\textasciicircum}",
    "<": r"{\textless}", ">": r"{\textgreater}", "|": r"{\textbar}",  # ¡, ¿ and — in TeX's old fonts
}  # fmt: skip
_SPECIALS = re.compile(r"[&%$#_{}\\~^<>|]")
_LIGATURE = re.compile(r"(?<=-)(?=-)|(?<=')(?=')|(?<=`)(?=`)|(?<=,)(?=,)|(?<=[?!])(?=`)")  # --, '', ``, ,,, ?`

# As Pandoc tells mathematics from money: no space inside the dollars; and no digit behind them, but after a command, as
# in 512$\times$512.
_MATH = re.compile(r"(?<![\\$])\$(?![\s$])([^$]{1,200}?)(?<![\s\\])\$(?=(\d?))(?!\$)")
_OBJECT = "\ufffc"  # stands for a formula while the text around it is made readable

_WORD = re.compile(r"[^\W_]+")
_NEW_SENTENCE = re.compile(r"[:?!.–—]\s+$")
_LONG = 4  # letters from which on a word is no article or preposition


def escaped(text: str) -> str:
    """`text`, on one line, as LaTeX that shows it."""
    return _SPECIALS.sub(lambda found: _SPECIAL[found[0]], _LIGATURE.sub("\0", text)).replace("\0", "{}")


def prose(text: str) -> str:
    """A stored abstract, readable, its mathematics kept."""
    return "".join(part if is_math else escaped(part) for part, is_math in _parts(text))


def title(text: str) -> str:
    """A stored title in the same way; what a style must not put into small letters is in braces: `{BERT}`."""
    parts = _parts(text)
    names = _keeps_names("".join(part for part, is_math in parts if not is_math))
    out, begun = "", False
    for part, is_math in parts:
        out += f"{{{part}}}" if is_math else _protected(part, names=names, begun=begun)
        begun = begun or bool(part.strip())
    return out


def verbatim(text: str) -> str:
    """An id or address, which LaTeX takes letter by letter: what could end it or be a command is written as in URLs."""
    text = one_line(text).replace("\\", "%5C").replace(" ", "%20")
    return text.replace("{", "%7B").replace("}", "%7D")


def _parts(text: str) -> list[tuple[str, bool]]:
    """The readable text and the formulas of a stored text, in turn, and which of the two each is."""
    text, formulas = one_line(text).replace(_OBJECT, "\ufffd"), list[str]()

    def aside(found: re.Match[str]) -> str:
        if not (is_shown(found[1]) and _balanced(found[1])) or (found[2] and "\\" not in found[1]):
            return found[0]
        formulas.append(found[0])
        return _OBJECT

    said = clean(_MATH.sub(aside, text))
    if said.count(_OBJECT) != len(formulas):  # one stood in a footnote, a citation
        said, formulas = clean(text), []
    pieces = (said or text).split(_OBJECT)
    both = [(pieces[0], False)]
    for formula, piece in zip(formulas, pieces[1:], strict=True):
        both += [(formula, True), (piece, False)]
    return [(part, is_math) for part, is_math in both if part]


def _balanced(text: str) -> bool:
    """Whether the braces of a text do, as BibTeX counts them: those with a backslash before them too."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def _keeps_names(text: str) -> bool:
    """Whether a title is in small letters but for names, so that its capitals mean something."""
    words = [word for word in _WORD.findall(text)[1:] if len(word) >= _LONG and (word.istitle() or word.islower())]
    return sum(map(str.istitle, words)) * 2 <= len(words)


def _protected(text: str, *, names: bool, begun: bool) -> str:
    """`text` escaped, with braces around the words whose capitals must stay; that of a first word is left to styles."""
    out, at = "", 0
    for found in _WORD.finditer(text):
        word, before = found[0], text[at : found.start()]
        article = word == "A" and text[found.end() :][:1] == " "
        first = not (begun or at) or _NEW_SENTENCE.search(before)
        kept = word[:1].isupper() and ((len(word) == 1 and not article) or not word.isalpha() or (names and not first))
        kept = kept or word[1:] != word[1:].lower()
        out += escaped(before) + (f"{{{word}}}" if kept else word)
        at = found.end()
    return out + escaped(text[at:])
