import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.quantities import quantities


def found(text: str) -> list[tuple[float, str]]:
    return [(quantity.value, quantity.unit) for quantity in quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("up to 2.8x, 3.5 times and 4×", [(2.8, "×"), (3.5, "×"), (4.0, "×")]),
        ("80% or 80 percent", [(80.0, "%"), (80.0, "%")]),
        ("twice, a two-fold and 2-fold gain", [(2.0, "×"), (2.0, "×"), (2.0, "×")]),
        ("1,466 programs, 182B tokens, 17 billion weights", [(1466.0, "count"), (182e9, "count"), (17e9, "count")]),
        ("2-4x and 25-40%", [(2.0, "×"), (4.0, "×"), (25.0, "%"), (40.0, "%")]),
        ("$2.19 a call, 18GB, 13W, 2.85-bit", [(2.19, "$"), (18.0, "GB"), (13.0, "W"), (2.85, "bit")]),
        ("768x512 at 24 fps in 2 seconds", [(768.0, "×"), (512.0, ""), (24.0, "fps"), (2.0, "s")]),
        ("GPT-4, Llama-2-7b, W4A8KV4 and A100-80G", []),
        ("1.30×/1.41× and 40%-60%", [(1.3, "×"), (1.41, "×"), (40.0, "%"), (60.0, "%")]),
    ],
)
def test_quantities_and_units_are_read_as_a_reader_would(text: str, expected: list[tuple[float, str]]) -> None:
    assert sorted(found(text)) == sorted(expected)


def test_the_same_quantity_is_recognised_across_spellings() -> None:
    (a,), (b,), (c,) = quantities("1,466 bugs"), quantities("1466 bugs"), quantities("1467 bugs")
    assert a.same(b)
    assert not a.same(c)
    (percent,), (factor,), (bare,) = quantities("80%"), quantities("80x"), quantities("80 of them")
    assert not percent.same(factor)
    assert percent.same(bare)


@pytest.mark.parametrize(
    ("said", "value", "unit"),
    [
        ("^99%", 99, "%"),
        ("...99%", 99, "%"),
        ("a/99%", 99, "%"),
        ("[99%]", 99, "%"),
        ("80,9%", 80.9, "%"),
        ("80e9", 80e9, ""),
        ("80²%", 6400, "%"),
        ("10^5 tokens", 1e5, "count"),
        ("10^(-3)", 1e-3, ""),
        ("０^-5 is", float("inf"), ""),
        ("９９％", 99, "%"),
        ("⑨%", 9, "%"),
        ("80‰", 80, "‰"),
        ("€80", 80, "€"),
        ("80 µs", 80, "μs"),
        ("eighty-five percent", 85, "%"),
        ("five hundred percent", 500, "%"),
        ("hundredfold", 100, "×"),
        ("twenty hours", 20, "h"),
        ("quadruple", 4, "×"),
    ],
)
def test_a_number_is_seen_however_it_is_written(said: str, value: float, unit: str) -> None:
    (quantity,) = quantities(f"It reaches {said}.")
    assert quantity.unit == unit
    assert quantity.value == pytest.approx(value)


def test_what_is_counted_is_not_what_is_measured() -> None:
    (gpus,), (percent,), (bare,), (papers,) = map(quantities, ("50 GPUs", "50%", "50.", "50 papers"))
    assert not gpus.same(percent)
    assert gpus.same(bare)
    assert gpus.same(papers)  # words between number and noun differ too often to compare nouns


@given(st.floats(0, 1e6).map(lambda x: f"{x:.2f}"), st.sampled_from(["%", "x", " GB", " seconds", ""]))
def test_a_written_number_is_found_with_its_value(number: str, unit: str) -> None:
    (quantity,) = quantities(f"it reached {number}{unit} in the end")
    assert quantity.value == float(number)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(quantity.text for quantity in quantities(text))
