import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cleaning import clean, printable


@pytest.mark.parametrize(
    ("damaged", "readable"),
    [
        (r"from 10\% to 20\%", "from 10% to 20%"),
        (r"a {\it re-ranking} approach", "a re-ranking approach"),
        (
            r"introducing \textbf{Positional \textbf{Integrity Encoding} (PIE).",
            "introducing Positional Integrity Encoding (PIE).",
        ),
        ("an average 1.68times speedup", "an average 1.68× speedup"),
        ("a 64times64 array", "a 64×64 array"),
        ("3.5 times speedup", "3.5 times speedup"),
        ("sometimes 2.2 times", "sometimes 2.2 times"),
        ("risk of mathcal{O}(mathcal{C_Phi/m})", "risk of O(C_Phi/m)"),
        (r"We present M\'elange, by F\'erey and Schr\"odinger", "We present Mélange, by Férey and Schrödinger"),
        (r"about \ 0.3 API cost, (\0.08 per task", "about 0.3 API cost, (0.08 per task"),
        (r"we propose \tool, a method", "we propose tool, a method"),
        ("language models~(LLMs) save ~20% memory", "language models (LLMs) save ~20% memory"),
        (r"$10^5 \times$ fewer, $\alpha$-divergence", "10^5 × fewer, α-divergence"),
        ("costs $2.19 per API and $0.70M total", "costs $2.19 per API and $0.70M total"),
        (r"59.4K hours (\$148K) for $\tau$-bench", "59.4K hours ($148K) for τ-bench"),
        (r"code at \href{https://x.org/a}{our page}.", "code at our page."),
        (r"the benchmark~\cite{yang2022} is", "the benchmark is"),
        ("a ``value-free'' method", "a “value-free” method"),
        ("gradients {g(1), g(2)}", "gradients {g(1), g(2)}"),
        (r"faster than n^{3-o(1)} in R^{d}", "faster than n^(3-o(1)) in R^d"),
    ],
)
def test_damaged_latex_becomes_readable(damaged: str, readable: str) -> None:
    assert clean(damaged) == readable


def test_plain_prose_is_left_alone() -> None:
    prose = "We reach 99.9% (±0.1) on GPT-4; see https://x.org/~d/a_b, e.g. [0, 1] & more."
    assert clean(prose) == prose


def test_clean_keeps_every_word_of_the_seeds(seed_texts: list[str]) -> None:
    styles = re.compile(r"math\w+|text\w+|times|cdot|ldots|leq|geq|it|bf|url|erey|elange")
    for text in seed_texts:
        words = {word for word in re.findall(r"[a-z]{4,}", text) if not styles.fullmatch(word)}
        lost = words - set(re.findall(r"[a-z]{4,}", clean(text)))
        assert not lost, (lost, text)


@pytest.mark.parametrize(
    "hostile",
    [
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07",
        "\x9b31m",
        "a\u202eb",
        "zero\u200bwidth",
        "tag\U000e0041",
        "bell\x07",
        "\x1b",
    ],
)
def test_nothing_a_terminal_obeys_survives(hostile: str) -> None:
    assert re.fullmatch(r"[\w ]*", printable(hostile))
    assert "[31m" not in printable("\x1b[31mred")


def test_marks_do_not_pile_up() -> None:
    assert printable("m" + "\u0336\u20dd" * 500) == "m\u0336\u20dd\u0336"
    assert printable("Vie\u0323\u0302t") == "Vie\u0323\u0302t"


@given(st.text())
def test_printable_text_can_always_be_encoded_and_holds_no_control(text: str) -> None:
    out = printable(text)
    out.encode("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200b]", out)
    assert printable(out) == out


@given(st.text(alphabet=r"\{}$^_~%'`abet1. " + '"'))
def test_clean_never_fails_and_leaves_no_backslash(text: str) -> None:
    assert "\\" not in clean(text)


@pytest.fixture(scope="module")
def seed_texts() -> list[str]:
    files = (Path(__file__).parent.parent / "seeds").glob("*.txt")
    return [line for file in files for line in file.read_text().split("\n") if len(line) > 30]


@pytest.mark.parametrize(
    "piece",
    [
        "{" + "," * 1_000_000,
        "\\cite[" * 200_000,
        "\\ " + " " * 1_000_000,
        "\x1b]" * 50_000,
        "_{" * 50_000,
        "$1" * 50_000,
    ],
)
def test_text_made_to_be_slow_is_not(piece: str) -> None:
    """Each of these takes minutes with a pattern that scans to the end from every place it could begin."""
    assert len(clean(piece)) <= len(piece)
