"""Formulas that LaTeX shows: of well-known commands that have their arguments, with one sub- and superscript a sign.

Anything else, however harmless, would stop a LaTeX run: `$\\frac$`, `$\\left( x$`, `$a^b^c$`.
"""

import re

# Commands of mathematics that only ever show something, as LaTeX and its amsmath and amssymb know them: single signs,
_SIGNS = """
alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho sigma tau upsilon
phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar infty nabla partial prime
star ast dagger circ bullet top bot emptyset aleph forall exists neg times pm mp cdot div sim simeq approx equiv
propto le leq ge geq ne neq ll gg prec succ preceq succeq in ni subset subseteq supset supseteq cup cap setminus
wedge vee oplus otimes perp parallel mid to rightarrow leftarrow leftrightarrow Rightarrow Leftarrow Leftrightarrow
uparrow downarrow langle rangle lfloor rfloor lceil rceil vert % { } | & _ # $
"""
# what wants braces where it is an argument,
_WORDS = """
cong notin mapsto sum prod int max min sup inf lim log ln exp sin cos tan det dim ker deg gcd Pr arg ldots cdots dots
quad , ; !
"""
# and what has arguments: prose, one formula, or two.
_TEXTS = "text textbf textit textrm texttt textsc"
_ALPHABETS = "mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mathscr"
_ACCENTS = "hat bar tilde widehat widetilde overline underline vec dot sqrt operatorname"
_FRACTIONS = "frac tfrac binom"

_PLAIN = frozenset(_SIGNS.split())
_BRACED = frozenset(_WORDS.split())
_PROSE = frozenset(_TEXTS.split())
_ARGUMENTS = dict.fromkeys(f"{_TEXTS} {_ALPHABETS} {_ACCENTS}".split(), 1) | dict.fromkeys(_FRACTIONS.split(), 2)
_SCRIPTS = frozenset(f"{_TEXTS} {_ALPHABETS} frac".split())  # may stand behind ^ and _ without braces
_SIZES = frozenset(("big", "Big"))
_FENCES = "{ } | langle rangle lfloor rfloor lceil rceil vert"
_DELIMITERS = frozenset([*"()[]<>|/.", *(f"\\{name}" for name in _FENCES.split())])
_ESCAPES = frozenset(f"\\{sign}" for sign in "%{}&_#$,")
_TOKEN = re.compile(r"\\(?:[A-Za-z]+|.)|\S")


class _Wrong(Exception):
    """LaTeX would stop here, or do something."""


def is_shown(formula: str) -> bool:
    """Whether LaTeX shows what stands here between dollars, and does nothing else."""
    if re.search(r"[\\%#&~$]", re.sub(r"\\(?:[A-Za-z]+|.)", " ", formula)):
        return False
    try:
        _Formula(formula)
    except (_Wrong, RecursionError):
        return False
    return True


class _Formula:
    """A formula read from its beginning to its end. _Wrong."""

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = _TOKEN.findall(text)
        self._at = 0
        self._sequence("")

    def _next(self) -> str:
        """The token that follows; none is left behind the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _sequence(self, end: str) -> None:
        """What stands until `end`, which is taken too; every part of it has one script of a kind at most."""
        scripts: set[str] = set()
        while (token := self._next()) != end:
            if not token:
                raise _Wrong
            self._at += 1
            if token in ("^", "_", "'"):
                kind = "_" if token == "_" else "^"
                if kind in scripts:
                    raise _Wrong
                scripts.add(kind)
                self._primes() if token == "'" else self._argument(_SCRIPTS)
            else:
                scripts = set()
                self._part(token)
        self._at += bool(end)

    def _primes(self) -> None:
        """All of them are one superscript, with one that follows."""
        while self._next() == "'":
            self._at += 1
        if self._next() == "^":
            self._at += 1
            self._argument(_SCRIPTS)

    def _part(self, token: str) -> None:
        name = token[1:] if token[0] == "\\" else ""
        if token == "{":
            self._sequence("}")
        elif token == "}" or token == r"\right":
            raise _Wrong
        elif token == r"\left":
            self._delimiter()
            self._sequence(r"\right")
            self._delimiter()
        elif name in _SIZES:
            self._delimiter()
        elif name in _ARGUMENTS:
            self._arguments(name)
        elif name and name not in _PLAIN and name not in _BRACED:
            raise _Wrong

    def _delimiter(self) -> None:
        if self._next() not in _DELIMITERS:
            raise _Wrong
        self._at += 1

    def _arguments(self, name: str) -> None:
        if name == "sqrt" and self._next() == "[":
            self._at += 1
            self._sequence("]")
        if name == "operatorname" and self._next() == "*":
            self._at += 1
        for _ in range(_ARGUMENTS[name]):
            self._prose() if name in _PROSE else self._argument()

    def _argument(self, forms: frozenset[str] = frozenset()) -> None:
        """A group, a sign, or one of `forms` with its own."""
        token = self._next()
        name = token[1:] if token[:1] == "\\" else ""
        if not token or token in "}^_'" or (name and name not in _PLAIN and name not in forms):
            raise _Wrong
        self._at += 1
        if name in forms or token == "{":
            self._part(token)

    def _prose(self) -> None:
        """A group of words, in which no mathematics may stand."""
        if self._next() != "{":
            raise _Wrong
        self._at += 1
        while (token := self._next()) != "}":
            if not token or token in "{^_" or (token[0] == "\\" and token not in _ESCAPES and token[1:] not in _PROSE):
                raise _Wrong
            self._at += 1
            if token[1:] in _PROSE:
                self._prose()
        self._at += 1
