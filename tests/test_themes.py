"""Papers that belong together, and what they are called."""

import numpy as np
import pytest

from assistant.embedders import Vectors
from assistant.embedders.embedder import of_length_one
from assistant.themes import FEWEST, MOST, SMALL, grouped, names


def around(centres: int, each: int, *, seed: int = 0) -> tuple[Vectors, list[int]]:
    """Vectors near some far-apart centres, and which centre each is near."""
    draw = np.random.default_rng(seed)
    middle = np.eye(32, dtype=np.float32)[:centres]
    where = [at for at in range(centres) for _ in range(each)]
    return of_length_one(middle[where] + 0.05 * draw.standard_normal((len(where), 32)).astype(np.float32)), where


def test_vectors_near_each_other_are_one_group() -> None:
    vectors, where = around(5, 20)
    found = grouped(vectors)
    assert len(found.centres) == 5
    for at in range(5):
        assert len({int(label) for label, centre in zip(found.labels, where, strict=True) if centre == at}) == 1
    assert (found.nearest(vectors) == found.labels).all()


@pytest.mark.parametrize(
    ("count", "least", "most"), [(1, 1, 1), (SMALL - 1, 1, 1), (SMALL, FEWEST, FEWEST), (400, MOST, MOST)]
)
def test_there_are_as_many_groups_as_papers_allow(count: int, least: int, most: int) -> None:
    vectors = of_length_one(np.random.default_rng(1).standard_normal((count, 16)).astype(np.float32))
    assert least <= len(grouped(vectors).centres) <= most


def test_the_largest_group_is_the_first_and_the_same_comes_again() -> None:
    vectors, _ = around(4, 20)
    some = np.concatenate([vectors, vectors[:30]])
    one, other = grouped(some), grouped(some)
    sizes = np.bincount(one.labels)
    assert list(sizes) == sorted(sizes, reverse=True)
    assert (one.labels == other.labels).all()


def test_papers_that_are_all_the_same_are_grouped_too() -> None:
    same = of_length_one(np.ones((40, 8), dtype=np.float32))
    assert len(grouped(same).labels) == 40
    nothing = np.zeros((40, 8), dtype=np.float32)
    assert len(grouped(nothing).labels) == 40


def test_a_group_is_called_by_what_its_titles_have_and_others_have_not() -> None:
    titles = [
        "Video generation with transformers", "Fast video generation", "Towards video generation: a new model",
        "Protein folding with transformers", "Protein folding from scratch", "A survey of protein folding",
    ]  # fmt: skip
    found = names(titles, [0, 0, 0, 1, 1, 1])
    assert found[0].startswith("Video generation")
    assert found[1].startswith("Protein folding")


def test_names_keep_the_capitals_that_mean_something() -> None:
    titles = [
        "LLM Agents in the wild",
        "LLM Agents at work",
        "Better LLM Agents",
        "Bees dance",
        "Bees fly",
        "Bees sing",
    ]
    assert names(titles, [0, 0, 0, 1, 1, 1]) == {0: "LLM agents", 1: "Bees"}


def test_titles_that_give_no_name_get_a_number() -> None:
    assert names(["...", "of the", "5"], [0, 0, 0]) == {0: "Group 1"}
