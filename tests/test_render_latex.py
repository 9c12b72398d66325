import re

from hypothesis import given
from hypothesis import strategies as st

from assistant.render import latex

NASTY = st.text(st.sampled_from("aB1 {}\\%$#&_~^<>|-'`,?!\"@=\n"))


def balanced(text: str) -> bool:
    """As BibTeX counts: a backslash before a brace changes nothing."""
    depth = 0
    for brace in re.findall("[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def test_every_special_sign_is_shown() -> None:
    assert latex.escaped("& % $ # _ { } ~ ^ \\ < > |") == (
        r"\& \% \$ \# \_ {\textbraceleft} {\textbraceright} {\textasciitilde} {\textasciicircum} {\textbackslash}"
        r" {\textless} {\textgreater} {\textbar}"
    )


def test_signs_that_tex_would_join_stay_apart() -> None:
    assert latex.escaped("--- '' ?` ,,") == "-{}-{}- '{}' ?{}` ,{},"


def test_unicode_is_kept() -> None:
    assert latex.escaped("Größe, 张三, αβ, 1.68×") == "Größe, 张三, αβ, 1.68×"


def test_mathematics_is_kept_and_money_is_not_taken_for_it() -> None:
    assert latex.prose(r"in $O(n^2)$ at 10\% of $5 and $10") == r"in $O(n^2)$ at 10\% of \$5 and \$10"
    assert latex.prose(r"$\alpha_{1}$, $x$") == r"$\alpha_{1}$, $x$"
    assert latex.prose(r"512$\times$512 for $5, $10") == r"512$\times$512 for \$5, \$10"
    assert latex.prose(r"the \emph{$k$-means} of\footnote{$x$} it") == "the $k$-means of ($x$) it"
    assert latex.prose(r"one $x$ of \cite{$y$} many") == "one x of many"  # which is gone cannot be told


def test_the_sign_that_stands_for_a_formula_is_no_formula() -> None:
    assert latex.prose("a \ufffc of $x$ here") == "a \ufffd of $x$ here"


def test_no_formula_is_a_command_to_the_machine() -> None:
    for formula in (
        r"$\input{/etc/passwd}$",
        r"$\write18{rm}$",
        r"$\def\a{b}$",
        r"$a}{b$",
        r"$\}$",
        "$a%b$",
        r"$x\\y$",
    ):
        shown = latex.prose(f"see {formula} there")
        assert "$" not in shown.replace(r"\$", "")
        assert not re.search(r"\\(?!\$|%|textb|textl|textg|texta)", shown), shown
        assert balanced(shown)


def test_latex_of_a_stored_text_is_made_readable() -> None:
    assert latex.prose(r"Schr\"odinger's {\it cat} \emph{lives}") == "Schrödinger's cat lives"


def test_capitals_that_mean_something_are_protected() -> None:
    assert latex.title("LLaMA and GPT-4: Self-Attention for Q-Learning") == (
        "{LLaMA} and {GPT}-4: Self-Attention for {Q}-Learning"
    )
    assert latex.title("A Survey of C++ and L1 Loss") == "A Survey of {C}++ and {L1} Loss"
    assert latex.title("Sorting in $O(N)$") == "Sorting in {$O(N)$}"


def test_names_are_protected_in_a_title_of_small_letters_only() -> None:
    assert latex.title("Deep inference for Gaussian processes in Paris: Why it works") == (
        "Deep inference for {Gaussian} processes in {Paris}: Why it works"
    )
    assert latex.title("Deep Inference for Gaussian Processes") == "Deep Inference for Gaussian Processes"


@given(NASTY | st.text())
def test_no_text_can_end_its_field(text: str) -> None:
    for shown in (latex.prose(text), latex.title(text), latex.verbatim(text), latex.escaped(" ".join(text.split()))):
        assert balanced(shown)
        assert "\n" not in shown


@given(NASTY)
def test_outside_of_formulas_no_special_sign_is_bare(text: str) -> None:
    bare = re.sub(r"\$[^$]+\$", "", re.sub(r"\\[&%$#_]|\{\\text[a-z]+\}|\{\}", "", latex.prose(text)))
    assert not re.search(r"[&%$#_{}\\~^<>|]", bare)


def test_addresses_are_not_escaped_but_cannot_end_their_field() -> None:
    assert (
        latex.verbatim("https://x.org/a_b%20c#d~e?f={g}\\input h") == "https://x.org/a_b%20c#d~e?f=%7Bg%7D%5Cinput%20h"
    )
