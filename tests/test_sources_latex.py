import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cleaning import clean
from assistant.render.latex import escaped
from assistant.sources.latex import dashed, to_unicode


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"M\"{o}ller, {\'E}cole, Erd\H{o}s, \c{c}, {\AA}, \v R", "Möller, École, Erdős, ç, Å, Ř"),
        (r"S{\o}ren \O stergaard, \L{}ukasz, na\"{\i}ve, stra\ss e", "Søren Østergaard, Łukasz, naïve, straße"),
        ("{{DNA}} and {R}{N}{A}", "DNA and RNA"),
        (r"10\% of 20% \& \#1 a\_b", "10% of 20% & #1 a_b"),
        (r"\emph{very \textbf{deep}} {\it old} style", "very deep old style"),
        ("``quoted'' and~tied", "“quoted” and tied"),
        (r"the \alpha parameter", "the α parameter"),
        (r"CO$_2$ at $\alpha_{x}^{2}$ \(y\)", r"CO$_2$ at $\alpha_{x}^{2}$ \(y\)"),
        (r"costs \$5 to \$6 for \{a, b\}", r"costs \$5 to \$6 for \{a, b\}"),
        ("costs $5 for {DNA}", "costs $5 for DNA"),
        (r"see \cite{a} and \tool{x} \url{http://x.org/%20}", r"see \cite{a} and \tool{x} \url{http://x.org/%20}"),
        (r"a lone \ and {unclosed", "a lone  and unclosed"),
    ],
)
def test_what_is_undone_and_what_stays(written: str, read: str) -> None:
    assert to_unicode(written) == read


def test_what_stays_is_made_readable_where_it_is_shown() -> None:
    assert (
        clean(to_unicode(r"{\AA} costs \$5 to \$6 for \{a, b\} with $\alpha$")) == "Å costs $5 to $6 for {a, b} with α"
    )


def test_every_sign_that_the_export_writes_is_shown_as_it_was() -> None:
    for sign in "&%$#_{}~^<>|":
        assert clean(to_unicode(escaped(f"a {sign}b{sign} c"))) == f"a {sign}b{sign} c"


def test_dashes_are_those_of_two_and_three_hyphens() -> None:
    assert dashed("a -- b --- c ---- d") == "a – b — c ---- d"


@pytest.mark.parametrize(
    "piece", ["{", "}", "[", "\\[", "\\(", "$", "\\begin{a}", "\\item[", "\\'", "{\\it ", "\\frac{", "~"]
)
def test_deep_and_long_nesting_ends(piece: str) -> None:
    assert isinstance(to_unicode(piece * 4_000), str)


@given(st.text(alphabet=string.ascii_letters + " .,{}$%&~^_'`\"éß", max_size=60))
def test_no_word_is_lost(text: str) -> None:
    letters = [c for c in text if c.isalnum()]
    assert [c for c in to_unicode(text) if c.isalnum()] == letters
