from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.papers import (
    MAX_TITLE_KEY,
    Filters,
    Paper,
    arxiv_id_in,
    arxiv_version_in,
    doi_in,
    merge,
    said,
    title_key,
    title_keys,
    web_address_in,
)

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
        ("math.GT/0309136v2", "math/0309136"),
        ("https://arxiv.org/html/2503.11731v2#S1", "2503.11731"),
        ("https://doi.org/10.48550/arXiv.2503.11731", "2503.11731"),
        ("4983", None),
        ("2599.11731", None),
    ],
)
def test_arxiv_ids_are_recognised_without_their_version(given_as: str, arxiv_id: str | None) -> None:
    assert arxiv_id_in(given_as) == arxiv_id


def test_dois_are_recognised_and_ignore_case() -> None:
    assert doi_in("https://doi.org/10.1000/ABC.1") == doi_in("doi:10.1000/abc.1") == "10.1000/abc.1"
    assert doi_in("not 10 dois") is None


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("https://dx.doi.org/10.1145/ABC.", "10.1145/abc"),
        ("(doi: 10.1145/abc),", "10.1145/abc"),
        ("DOI 10.1145/abc;", "10.1145/abc"),
        ("https://doi.org/10.1145%2Fabc?from=x#y", "10.1145/abc"),
        ("https://dl.acm.org/doi/full/10.1145/abc/", "10.1145/abc"),
        ("10.1016/S0140-6736(05)66550-1", "10.1016/s0140-6736(05)66550-1"),
        ("(10.1016/S0140-6736(05)66550-1)", "10.1016/s0140-6736(05)66550-1"),
        ("10.1002/(SICI)1097(19)49:8<693::AID-ASI4>3.0.CO;2-O", "10.1002/(sici)1097(19)49:8<693::aid-asi4>3.0.co;2-o"),
        ("10.1145/,.", None),
        ("10.1145", None),
    ],
)
def test_a_doi_is_taken_out_of_the_address_or_sentence_it_stands_in(text: str, doi: str | None) -> None:
    assert doi_in(text) == doi


@given(st.text(max_size=400))
def test_whatever_is_called_a_doi_or_arxiv_id_is_called_the_same_again(text: str) -> None:
    for read in (doi_in, arxiv_id_in):
        found = read(text)
        assert found is None or read(found) == found


def test_the_version_is_read_beside_an_arxiv_id() -> None:
    assert arxiv_version_in("arXiv:2503.11731v12") == 12
    assert arxiv_version_in("2503.11731") is None
    assert arxiv_version_in("4983v2") is None


def test_the_doi_that_arxiv_gives_is_the_arxiv_id() -> None:
    paper = replace(PAPER, doi="10.48550/arxiv.2503.11731")
    assert (paper.arxiv_id, paper.doi) == ("2503.11731", None)
    assert replace(PAPER, doi="10.48550/arXiv.2503.11731", arxiv_id="2503.11731").doi is None
    other = replace(PAPER, doi="10.48550/arxiv.2503.11731", arxiv_id="2401.00001")
    assert (other.arxiv_id, other.doi) == ("2401.00001", "10.48550/arxiv.2503.11731")


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
    assert title_key(r"Na{\"\i}ve {B}ayes: A Study.") == title_key("Naïve Bayes -- a study")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"$\beta$-VAE", "beta-VAE"),
        ("𝛽-VAE", "β-VAE"),
        (r"Learning with $\lambda$", "Learning with lambda"),
        ("H$_2$O: Heavy Hitters", "H₂O — heavy hitters"),
        ("A$^2$FM", "A2FM"),
        ("<i>E. coli</i> &amp; friends", "E. coli & Friends"),
    ],
)
def test_a_title_in_plain_letters_is_the_title(one: str, other: str) -> None:
    assert set(title_keys(one)) & set(title_keys(other))


@given(st.text(max_size=300))
def test_keys_of_a_title_are_few_and_tell_titles_of_nothing_but_markup_apart(title: str) -> None:
    keys = title_keys(title)
    assert keys[0] == title_key(title)
    assert 1 <= len(keys) <= 2
    assert all(keys)
    assert title_key("") not in title_keys(f"<i>{title}</i>") or not title.strip()


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
    assert merge(named, replace(titled, version=4), fill=True).version is None  # it is that of another abstract


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


DAYS = st.dates(date(1990, 1, 1), date(2030, 1, 1))
RECORDS = st.builds(
    Paper,
    title=st.sampled_from(["A Title", "A title: revised", "Other"]),
    abstract=st.sampled_from(["One.", "Two.", "Three."]),
    arxiv_id=st.sampled_from([None, "2405.00001"]),
    doi=st.sampled_from([None, "10.1000/x", "10.1000/y"]),
    authors=st.sampled_from([(), ("Ada",), ("Ada", "Bo")]),
    date=st.none() | DAYS,
    url=st.sampled_from([None, "https://x.org"]),
    upvotes=st.none() | st.integers(0, 3),
    venue=st.sampled_from([None, "NeurIPS", "ICML"]),
    version=st.none() | st.integers(1, 4),
    withdrawn=st.booleans(),
)


@given(RECORDS, RECORDS, st.booleans())
def test_merging_forgets_no_field_and_once_is_enough(known: Paper, new: Paper, fill: bool) -> None:
    merged = merge(known, new, fill=fill)
    assert (said(known).keys() | said(new).keys()) - {"withdrawn", "version"} <= said(merged).keys()
    assert merge(merged, new, fill=fill) == merged
    assert merge(known, known) == known


@given(st.permutations(range(1, 5)), st.integers(0, 15))
def test_versions_in_any_order_end_with_what_the_highest_says(order: list[int], withdrawn: int) -> None:
    versions = [
        replace(PAPER, title=f"Title {n}", abstract=f"Abstract {n}.", version=n, withdrawn=bool(withdrawn >> n - 1 & 1))
        for n in order
    ]
    known = versions[0]
    for new in versions[1:]:
        known = merge(known, new)
    assert known == max(versions, key=lambda paper: paper.version or 0)


@given(st.permutations([None, 1, 3]))
def test_a_record_of_no_version_does_not_replace_what_a_version_says(order: list[int | None]) -> None:
    known, *rest = [replace(PAPER, abstract=f"Of {n}.", version=n, venue=None if n else "NeurIPS") for n in order]
    for new in rest:
        known = merge(known, new)
    assert (known.abstract, known.version, known.venue) == ("Of 3.", 3, "NeurIPS")


def test_a_paper_is_withdrawn_until_a_higher_version_says_otherwise() -> None:
    second = replace(PAPER, version=2, withdrawn=True)
    assert merge(second, replace(PAPER, version=2)).withdrawn
    assert merge(second, PAPER).withdrawn
    assert merge(PAPER, replace(PAPER, withdrawn=True), fill=True).withdrawn
    assert not merge(second, replace(PAPER, version=3)).withdrawn
    assert not merge(replace(PAPER, version=3), second).withdrawn
