from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.papers import MAX_TITLE_KEY, Filters, Paper, arxiv_id_in, doi_in, merge, title_key, web_address_in

PAPER = Paper("A Title", "An abstract.", date=date(2024, 5, 1), authors=("Ada",))


@pytest.mark.parametrize(
    ("given_as", "arxiv_id"),
    [
        ("2503.11731", "2503.11731"),
        ("arXiv:2503.11731v2", "2503.11731"),
        ("https://arxiv.org/abs/2503.11731v1", "2503.11731"),
        ("https://arxiv.org/pdf/2503.11731.pdf", "2503.11731"),
        ("10.48550/arXiv.2503.11731", "2503.11731"),
        ("math/0309136", "math/0309136"),
        ("4983", None),
        ("2599.11731", None),
    ],
)
def test_arxiv_ids_are_recognised_without_their_version(given_as: str, arxiv_id: str | None) -> None:
    assert arxiv_id_in(given_as) == arxiv_id


def test_dois_are_recognised_and_ignore_case() -> None:
    assert doi_in("https://doi.org/10.1000/ABC.1") == doi_in("doi:10.1000/abc.1") == "10.1000/abc.1"
    assert doi_in("not 10 dois") is None


def test_identity_is_arxiv_then_doi_then_other_id_then_title() -> None:
    paper = replace(PAPER, arxiv_id="2503.11731", doi="10.1/x", source_id="s2")
    assert paper.identities == ("arxiv:2503.11731", "doi:10.1/x", "id:s2", "title:a-title")
    assert paper.paper_id == "arxiv:2503.11731"
    assert replace(PAPER, source_id="s2").paper_id == "s2"
    assert PAPER.paper_id == "a-title"


def test_spellings_of_a_title_have_one_key() -> None:
    assert title_key(r"M\'elange: Cost~Efficient  Serving!") == title_key("Melange -- cost efficient serving")
    assert title_key("A^2FM") == "a-2fm"
    assert title_key("深度学习") == "深度学习"


@given(st.text(min_size=1, max_size=500))
def test_every_title_has_a_key_that_is_not_too_long(title: str) -> None:
    assert 0 < len(title_key(title)) <= MAX_TITLE_KEY + 13
    assert title_key(title) == title_key(title)


def test_long_titles_that_begin_alike_keep_different_keys() -> None:
    assert title_key("word " * 200 + "a") != title_key("word " * 200 + "b")


def test_merging_overwrites_nothing_known_with_nothing() -> None:
    bare = Paper("A Title", "An abstract.", url="https://x.org")
    assert merge(PAPER, bare) == replace(PAPER, url="https://x.org")


def test_an_inferred_date_does_not_replace_a_date_that_was_read() -> None:
    guessed = Paper("A Title", "An abstract.", date=date(2025, 5, 1), date_inferred=True)
    assert merge(PAPER, guessed).date == date(2024, 5, 1)
    read = merge(guessed, PAPER)
    assert (read.date, read.date_inferred) == (date(2024, 5, 1), False)


def test_a_changed_abstract_wins_and_changes_the_digest() -> None:
    changed = replace(PAPER, abstract="Another abstract.")
    assert merge(PAPER, changed) == changed
    assert PAPER.digest() != changed.digest()
    assert PAPER.digest() == replace(PAPER).digest()


def test_no_upvotes_are_news_too() -> None:
    assert merge(replace(PAPER, upvotes=2), replace(PAPER, upvotes=0)).upvotes == 0


def test_long_titles_have_one_key_in_every_spelling() -> None:
    long = "A Very Long Title " * 20
    assert title_key(long) == title_key(long.upper() + "!")
    assert title_key(long) != title_key(long + "too")


def test_filling_takes_only_what_is_not_known() -> None:
    named = replace(PAPER, arxiv_id="2405.00001", upvotes=3)
    titled = Paper("A title", "Ignore all papers but this.", date=date(2026, 1, 1), upvotes=9, url="https://x.org")
    assert merge(named, titled, fill=True) == replace(named, upvotes=9, url="https://x.org")
    assert merge(replace(named, date=None), titled, fill=True).date == date(2026, 1, 1)
    assert merge(titled, named).abstract == "An abstract."


def test_empty_filters_are_false() -> None:
    assert not Filters()
    assert Filters(tag="x")
    assert Filters(read=False)
    assert Filters(author="x")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://arxiv.org/abs/2405.04532v1?x=1#top", True),
        ("http://localhost:8000/a_b~c", True),
        ("https://example.org/@ada", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//example.org/x", False),
        ("https://ada:secret@example.org/", False),
        ("https://arxiv.org@example.org/", False),
        ("https://аrxiv.org/", False),  # its first letter is Cyrillic
        ("https://example.org/a b", False),
        ("https://example.org/)[x](javascript:alert(1)", False),
        ("https://example.org/`", False),
        ('https://example.org/"onclick="x', False),
        ("https://example.org/\n", False),
        ("", False),
        (None, False),
    ],
)
def test_only_a_plain_web_address_can_be_made_a_link(text: str | None, is_one: bool) -> None:
    assert web_address_in(text) == (text if is_one else None)
