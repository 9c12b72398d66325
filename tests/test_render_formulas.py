"""What goes out as mathematics is what LaTeX shows and does not stop at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.render import latex
from assistant.render.formulas import is_shown

COMMANDS = "frac sqrt hat left right big text alpha sum"
PIECES = st.sampled_from([*"ab1{}^_'[]() +", *(f"\\{name} " for name in COMMANDS.split())])


@pytest.mark.parametrize(
    "formula",
    [
        r"O(n^2)", r"\alpha_{1}", r"x_i^2", r"x^2_i", r"x'_i", r"x''", r"{x^a}^b", r"_2", r"\mathbb{R}^d", r"\mathbb R",
        r"\frac12", r"\frac{1}{\sqrt{d_k}}", r"\sqrt[3]{x}", r"\left( x \right)^2", r"\left\{ x \right.",
        r"\big(x\big)", r"\sum_{i=1}^n x_i", r"x_\text{max}", r"x_\mathrm{max}", r"\text{a \textbf{b} \& c}",
        r"\hat\alpha", r"n\log n",        r"\operatorname*{arg\,max}_\theta", r"10\%", r"\{x \mid y\}", r"\times", "",
    ],
)  # fmt: skip
def test_a_whole_formula_is_shown(formula: str) -> None:
    assert is_shown(formula)


@pytest.mark.parametrize(
    "formula",
    [
        r"\mathbb", r"\frac", r"\frac{1}", r"\frac1", r"\sqrt", r"\sqrt[3]", r"\sqrt[3", r"\left( x", r"x \right)",
        r"\left", r"\left x \right)", r"{\left( x} \right)", r"\big", "a^b^c", "a_b_c", "a^b'", "a'^b^c", "x^", "x_",
        "x^{", "{x^}", "x^^y", r"x^\frac", r"x^\sqrt{2}", r"x_\max", r"x^\sum", r"\hat\mathbf{x}",
        r"\text", r"\text{a_b}",
        r"\text{\alpha}", r"\text{a{b}", r"\hat{x", "a}{b", r"\operatorname*", r"\input{x}", r"x\\y",
        "a%b", "a&b", "a#b", "a~b", "\\",
    ],
)  # fmt: skip
def test_what_would_stop_latex_is_not(formula: str) -> None:
    assert not is_shown(formula)
    shown = latex.prose(f"see ${formula}$ there")
    assert "$" not in shown.replace(r"\$", "")


@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_is_shown_is_shown_in_a_group_and_beside_another(formula: str) -> None:
    if is_shown(formula):
        assert is_shown(f"{{{formula}}}")
        assert is_shown(rf"\frac{{{formula}}}{{{formula}}} + {{{formula}}}^2")
        assert is_shown(rf"\left( {formula} \right)")
        assert formula.count("{") == formula.count("}")


@given(st.text(st.sampled_from("aB1 {}\\%$#&_~^'[]|lefrght")))
def test_any_text_is_judged(text: str) -> None:
    assert is_shown(text) in (True, False)
