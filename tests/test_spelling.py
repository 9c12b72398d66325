import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.spelling import distance, edits, nearest

KNOWN = {"medoids": 2, "quantization": 9, "quantisation": 1, "models": 90, "modes": 3, "inter": 5, "cache": 40}
WORD = st.text(alphabet="abc", max_size=6)


def meant(word: str, most: int = 2) -> str:
    return nearest(
        word,
        frequency=lambda one: KNOWN.get(one, 0),
        beginning=lambda start, limit: [pair for pair in KNOWN.items() if pair[0].startswith(start)][:limit],
        most=most,
    )


@pytest.mark.parametrize(
    ("typed", "known"),
    [("mediods", "medoids"), ("moodels", "models"), ("modles", "models"), ("quantizaton", "quantization")],
)
def test_the_nearest_known_word_is_meant_and_of_equals_the_more_frequent(typed: str, known: str) -> None:
    assert meant(typed) == known


def test_two_edits_are_allowed_in_long_words_only() -> None:
    assert meant("quentizaton") == "" != meant("quantizton")
    assert meant("quantizton", most=1) == ""


def test_a_word_of_another_first_letter_or_too_short_is_not_meant() -> None:
    assert meant("winter") == ""
    assert meant("acche") == "cache"
    assert meant("cach") == ""


@given(WORD, WORD)
def test_one_edit_is_a_distance_of_one(one: str, other: str) -> None:
    assert (distance(one, other) == 1) == (other in edits(one))
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
