import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.polarity import Words, direction, oppositions

SOURCE = "Our method reduces the memory of the cache by half and does not harm the accuracy of long answers."


def strongest(claim: str, source: str = SOURCE) -> float:
    return max((one.strength for one in oppositions(Words([claim]), Words([source]))), default=0.0)


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The method does not reduce the memory of the cache.", SOURCE),
        ("The method harms the accuracy of long answers.", SOURCE),
        ("The method increases the memory of the cache.", SOURCE),
        ("The method fails to reduce the memory of the cache.", SOURCE),
        ("The method can’t reduce the memory of the cache.", SOURCE),
        ("Pruning weakens small models on long texts.", "Pruning strengthens small models on long texts."),
        ("Pruning is ineffective on long texts.", "Pruning is effective on long texts."),
    ],
)
def test_the_opposite_in_like_words_is_seen(claim: str, source: str) -> None:
    assert strongest(claim, source) >= 0.5


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The method reduces the memory of the cache.", SOURCE),
        ("The method does not harm the accuracy of long answers.", SOURCE),
        ("It lowers the memory of the cache.", SOURCE),
        ("Long answers do not lose accuracy.", SOURCE),
        ("Pruning not only helps small models.", "Pruning helps small models."),
        ("A lower latency is better.", "The latency is better."),
        ("Bananas increase joy.", SOURCE),
        ("A program is read from natural language input.", "It is correct or not based on the natural language input."),
        ("It gains accuracy without longer chains.", "It gains accuracy without requiring longer chains."),
        ("Models do not minimize cumulative regret.", "Models do not minimize regret. We measure cumulative regret."),
    ],
)
def test_what_agrees_or_speaks_of_other_things_is_no_opposite(claim: str, source: str) -> None:
    assert strongest(claim, source) < 0.2


def test_the_sides_of_a_comparison_are_told_apart() -> None:
    source = "On long texts Mamba outperforms Hyena by a wide margin."
    (swapped,) = oppositions(Words(["On long texts Hyena outperforms Mamba."]), Words([source]))
    assert (swapped.turned, swapped.at) == (True, 0)
    assert strongest("On long texts Mamba outperforms Hyena.", source) == 0
    assert strongest("On long texts Hyena is outperformed by Mamba.", source) == 0
    faster = "Mamba is faster than Hyena."
    assert strongest("Hyena is faster than Mamba.", faster) > 0.5
    assert strongest("Hyena is slower than Mamba.", faster) < 0.5


def test_a_place_that_agrees_outweighs_one_that_does_not() -> None:
    claim = Words(["Training reduces the error of small models."])
    both = Words(["Testing increases the error of small models.", "Training reduces the error of small models."])
    assert oppositions(claim, both) == []


def test_direction_is_counted_over_different_words_for_it() -> None:
    claim = Words(["Smoking promotes heart disease."])
    assert direction(claim, Words(["Smoking increases heart disease."])) < 0
    assert direction(claim, Words(["Smoking prevents heart disease."])) > 0
    assert direction(claim, Words(["Smoking does not increase heart disease."])) > 0
    assert direction(Words(["Heart disease and smoking."]), Words(["Smoking increases heart disease."])) == 0


VOCABULARY = "Mamba Hyena does not increase reduces cache memory than faster without , better no lower"
SENTENCE = st.lists(st.sampled_from(VOCABULARY.split()), min_size=1, max_size=14).map(" ".join)


@given(SENTENCE)
def test_no_sentence_is_its_own_opposite(text: str) -> None:
    strong = [one for one in oppositions(Words([text]), Words([text])) if one.strength >= 0.5 and not one.turned]
    assert strong == []


@given(st.text(max_size=120), st.lists(st.text(max_size=120), max_size=3))
def test_any_text_is_compared(claim: str, source: list[str]) -> None:
    words = Words(source)
    for one in oppositions(Words([claim]), words):
        assert 0 < one.strength <= 1
        assert 0 <= one.at < len(source)
    assert -1 <= direction(Words([claim]), words) <= 1
