import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.quantities import Quantity, quantities


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


def one(text: str) -> Quantity:
    (quantity,) = quantities(text)
    return quantity


@pytest.mark.parametrize(
    ("said", "other", "same"),
    [
        ("2×", "2-fold", True),
        ("2×", "twice", True),
        ("10%", "10 percent", True),
        ("1,000 ms", "1 s", True),
        ("120 minutes", "2 hours", True),
        ("0.5 GB", "500 MB", True),
        ("80 GB", "80 MB", False),
        ("2 weeks", "14 days", True),
        ("5 mg", "5 kg", False),
        ("half", "50%", True),
        ("an order of magnitude", "10x", True),
        ("two orders of magnitude", "100x", True),
        ("up to 2.8x", "2.8x", True),
        ("up to 2.8x", "at least 2.8x", False),
        ("more than 80%", "less than 80%", False),
        ("over 80%", "at least 80%", True),
    ],
)
def test_quantities_are_compared_with_their_units_and_bounds(said: str, other: str, same: bool) -> None:
    assert one(said).same(one(other)) is same
    assert one(other).same(one(said)) is same


def test_half_of_a_word_is_no_quantity() -> None:
    assert quantities("half-precision weights and behalf") == []


@given(
    st.integers(1, 10_000).map(lambda n: n / 10),
    st.sampled_from([("{}%", "{} percent"), ("{}x", "{}-fold"), ("{} times", "{}×"), ("{} h", "{} hours")]),
    st.sampled_from(["", "up to ", "at least "]),
)
def test_every_number_is_the_same_in_either_spelling(number: float, spelling: tuple[str, str], bound: str) -> None:
    here, there = (one(f"it is {bound}{form.format(f'{number:g}')} here") for form in spelling)
    assert here.same(there)
    assert here.bound == there.bound == {"": "", "up to ": "most", "at least ": "least"}[bound]
    other = one(f"it is {bound}{spelling[1].format(f'{number * 3 + 1:g}')} here")
    assert not here.same(other)


@given(
    st.integers(1, 99), st.integers(1, 99), st.sampled_from(["{}-{}%", "{}–{}%", "{} to {}%", "{}% to {}%", "{}%-{}%"])
)
def test_both_ends_of_a_range_are_read(low: int, more: int, form: str) -> None:
    found = [(quantity.value, quantity.unit) for quantity in quantities(form.format(low, low + more))]
    assert found == [(low, "%"), (low + more, "%")]


@given(st.floats(0, 1e6).map(lambda x: f"{x:.2f}"), st.sampled_from(["%", "x", " GB", " seconds", ""]))
def test_a_written_number_is_found_with_its_value(number: str, unit: str) -> None:
    (quantity,) = quantities(f"it reached {number}{unit} in the end")
    assert quantity.value == float(number)


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    assert all(quantity.text for quantity in quantities(text))
