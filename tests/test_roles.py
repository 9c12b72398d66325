import pytest

from assistant.roles import is_finding, is_link, leans, own_word


@pytest.mark.parametrize(
    ("text", "at", "expected"),
    [
        ("Memory is expensive.", 0, 0.0),
        ("Memory is expensive.", 2, 0.5),
        ("Memory is expensive.", 9, 1.0),
        ("We shrink the cache.", 0, 1.0),
        ("Extensive experiments on A100 show gains.", 0, 1.0),
        ("However, existing caches are large.", 4, 0.5),
        ("It reads execution results from disk.", 0, 0.0),
    ],
)
def test_the_own_word_of_a_paper_comes_after_its_background(text: str, at: int, expected: float) -> None:
    assert own_word(text, at=at, of=10) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("text", "leaning"),
    [
        ("These models outperform others.", True),
        ("This approach is fast.", True),
        ("This paper is about caches.", False),
        ("Second, we prune.", True),
        ("(2) We prune.", True),
        ("To address this challenge, we prune.", True),
        ("Items are pruned.", False),
        ("Itanium is a processor.", False),
    ],
)
def test_a_sentence_that_needs_the_one_before_it_is_seen(text: str, leaning: bool) -> None:
    assert leans(text) == leaning


def test_findings_and_links_are_seen() -> None:
    assert is_finding("Shorter outputs generally lead to better answers.")
    assert not is_finding("We benchmark 2.51-bit models.")
    assert is_link("Code and data are publicly available.")
    assert is_link("We release the code and artifacts.")
    assert not is_link("We release 1.8M problems.")
    assert not is_link("It solves real-world GitHub issues.")
    assert not is_link("The models that are available today are large.")
    assert not leans("Second-order methods are slow.")
