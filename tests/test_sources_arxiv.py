import gzip
import json
from pathlib import Path

import pytest

from assistant.sources import arxiv

ABSTRACT = "Graphs are studied, and walks on them. " * 10


@pytest.mark.parametrize(
    "comment",
    [
        "Withdrawn",
        "Withdrawn by the authors, see Lemma 2",
        "This paper has been withdrawn by the author due to a crucial error",
        "12 pages, this article has been withdrawn",
        "This submission has now been withdrawn",
        "The paper is temporarily withdrawn",
        "our preprint was withdrawn",
        "*** paper withdrawn ***",
    ],
)
def test_what_its_authors_took_back_is_noticed_in_comment_and_abstract(comment: str) -> None:
    assert arxiv.is_withdrawn(ABSTRACT, comment)
    assert arxiv.is_withdrawn(comment)


def test_a_long_abstract_says_so_in_a_sentence_of_its_own() -> None:
    assert arxiv.is_withdrawn(f"{ABSTRACT}This paper has been withdrawn by the authors.")


@pytest.mark.parametrize(
    "text",
    [
        "Replaces withdrawn paper 0704.0002",
        "Replaces paper withdrawn in 2007",
        "This paper supersedes the withdrawn 0704.0002",
        "This paper has not been withdrawn",
        "Why the drug was withdrawn, and how a paper is withdrawn from a journal.",
        "Papers withdrawn from arXiv are studied",
        f"Withdrawn patients are counted. {ABSTRACT}",
        f"In this work withdrawn patients are counted. {ABSTRACT}",
        "",
        None,
        7,
    ],
)
def test_what_else_was_withdrawn_is_another_matter(text: object) -> None:
    assert arxiv.is_withdrawn(text) is None
    assert arxiv.is_withdrawn(ABSTRACT, None if isinstance(text, str) and len(text) > arxiv.SHORT else text) is None


def test_none_of_many_abstracts_that_only_speak_of_it_is_taken_for_withdrawn(shared: Path) -> None:
    speaking = 0
    with gzip.open(shared / "arxiv-daily" / "papers.jsonl.gz", "rt") as lines:
        for line in lines:
            if "withdrawn" in line:
                given = json.loads(line)
                speaking += 1
                assert arxiv.is_withdrawn(given["text"], given.get("comment")) is None, given["_id"]
    assert speaking == 4


@pytest.mark.parametrize(
    ("given", "doi"),
    [
        ("10.1007/S11005-1 10.1007/second", "10.1007/s11005-1"),
        ("none, 10.1007/second;", "10.1007/second"),
        ("none at all", "none at all"),
        (None, None),
        (7, 7),
    ],
)
def test_of_several_dois_the_first_counts(given: object, doi: object) -> None:
    assert arxiv.first_doi(given) == doi


def test_the_day_of_a_version_is_read() -> None:
    assert arxiv.day_of("Mon, 2 Apr 2007 19:18:42 GMT") == arxiv.day_of("2 Apr 2007") == "2007-04-02"
    assert arxiv.day_of("2007") is arxiv.day_of(None) is None


def test_latex_in_names_is_undone() -> None:
    assert arxiv.author("C.", "Bal\\'azs", None) == "C. Balázs"
    assert arxiv.author(None, "") == ""
