import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.cleaning import clean
from assistant.drafts import HELD, defused, escape, parse

PROSE = st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs", "Co", "Cc"]), max_size=120)


def told(draft: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(claim.plain, claim.marks) for claim in parse(draft)]


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("It is fast [1]. It is small. [2][3]", [("It is fast.", (1,)), ("It is small.", (2, 3))]),
        ("It is fast.[1] Next [2, 4-6].", [("It is fast.", (1,)), ("Next.", (2, 4, 5, 6))]),
        ("A [^1] and B【2†source】 and C [paper 3].", [("A and B and C.", (1, 2, 3))]),
        ("Range [1-3]; far [1-99].", [("Range; far.", (1, 2, 3, 99))]),
        ("See [1](http://evil/?q=1) and [text](http://evil) ![x](http://evil/p.png)", [("See and text x", (1,))]),
        ("On [0, 1] and \\[3\\] nothing is cited.", [("On [0, 1] and (3) nothing is cited.", ())]),
        ("**Bold** and `code` [1]", [("Bold and code", (1,))]),
        ("```markdown\nWrapped [1].\n```", [("Wrapped.", (1,))]),
        ("Text [1].\n\nReferences:\n[1] A paper\n[2] Another", [("Text.", (1,))]),
        ("Text [1].\n\n## Sources\n\n- [1] A paper", [("Text.", (1,))]),
        ("Alone.\n\n[2]", [("Alone.", (2,))]),
        (
            "A [1].\n\nSources [2] and [3] differ.\n\nB [4].",
            [("A.", (1,)), ("Sources and differ.", (2, 3)), ("B.", (4,))],
        ),
        ("A [1].\n\nReferences [1] and [2] show it.", [("A.", (1,)), ("References and show it.", (1, 2))]),
        ("A [1].\n\n**References**\n\n1. A paper\n\nB [4].", [("A.", (1,)), ("B.", (4,))]),
        ("By 9\u200b4&#8203;5% [1].", [("By 945%.", (1,))]),
        ("It says [**2**] and \\[4\\] and &#91;5&#93; [1].", [("It says and (4) and (5).", (2, 1))]),
    ],
)
def test_markers_belong_to_their_sentence(draft: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert told(draft) == expected


def test_a_marker_used_as_a_noun_keeps_its_place() -> None:
    (claim,) = parse("In [5] and [6], memory shrinks [7].")
    assert claim.text == f"In {HELD} and {HELD}, memory shrinks."
    assert (claim.inner, claim.trailing) == (((5,), (6,)), (7,))


def test_bullets_headings_and_paragraphs_are_blocks() -> None:
    claims = parse("# Title\n\nOne. Two\nlines.\n\n- a\n- b\n  goes on\n\n1. c")
    assert [(claim.kind, claim.block, claim.plain) for claim in claims] == [
        ("heading", 0, "Title"),
        ("paragraph", 1, "One."),
        ("paragraph", 1, "Two lines."),
        ("bullet", 2, "a"),
        ("bullet", 3, "b goes on"),
        ("bullet", 4, "c"),
    ]


@given(PROSE)
def test_escaped_text_comes_back_as_it_was_and_cites_nothing(text: str) -> None:
    text = " ".join(text.split())
    claims = parse(f"x {escape(text)} y")
    assert not any(claim.marks for claim in claims)
    said = re.sub(r"\W", "", "".join(claim.plain for claim in claims))
    assert said == re.sub(r"\W", "", f"x {text} y")


def test_foreign_brackets_of_an_abstract_cite_nothing() -> None:
    assert told(f"{escape('Cut by 95%【2】.')} [1]") == [("Cut by 95%(2).", (1,))]


def test_a_draft_made_to_be_slow_is_not() -> None:
    """Minutes, with patterns that scan to the end from every place they could begin at."""
    assert parse("[1†" * 30_000)
    assert defused("[1†" * 300_000)


@given(PROSE, st.lists(st.integers(1, 99), min_size=1, max_size=4))
def test_markers_behind_escaped_text_are_all_that_is_cited(text: str, numbers: list[int]) -> None:
    claims = parse(f"Aa {escape(' '.join(text.split()))} zz {''.join(f'[{n}]' for n in numbers)}")
    assert {n for claim in claims for n in claim.marks} == set(numbers)


@given(st.text(max_size=300))
def test_any_draft_is_parsed(draft: str) -> None:
    for claim in parse(draft):
        assert claim.text.count(HELD) == len(claim.inner)
        assert 0 not in claim.marks


def test_an_abstracts_own_brackets_cannot_be_copied_as_a_citation() -> None:
    told_to_model = defused("as shown in [3] and [1, 2], for x in [0, 1)")
    assert told_to_model == "as shown in (3) and (1, 2), for x in [0, 1)"
    assert defused("[**2**] [*3*] [`4`] 【7】 ［8］ [0, 1] [see 9]") == "(**2**) (*3*) (`4`) (7) (8) [0, 1] (see 9)"
    assert defused("[2.] [2a] [1/2] [12345] [②] ⟦2⟧ 〖2〗 [paper 2]") == "(2.) (2a) (1/2) (12345) (②) (2) (2) (paper 2)"
    assert defused("⦋2⦌ ﹇2﹈ ⹕2⹖ [З] [l] [1, 2.5] (0, 1] [MASK] ⟨x, y⟩") == (
        "(2) (2) (2) (З) (l) [1, 2.5] (0, 1] (MASK) ⟨x, y⟩"
    )
    assert not any(claim.marks for claim in parse(told_to_model))


@pytest.mark.parametrize(
    "text",
    [
        f"[{', '.join('3' * 40)}]",  # longer than any group that a writer would write
        f"[3†{'x' * 79}]",
        "[3†「x]",
        "[&#x33;]",
        "[3![]()]",
        "[3[]()]",
        "[_3_]",
        "[paper&nbsp;3]",
        "[03, 4]",
        "[[3]]",
        "**[**3**]**",
        "&#91;3&#93;",
        "\\unicode{x5b}3\\unicode{x5d}",
    ],
)
def test_a_marker_that_only_markdown_completes_is_none_either(text: str) -> None:
    """Each of these was, or could be, a citation once a model had copied it from its prompt."""
    (claim,) = parse(f"Text {defused(clean(text))} more.")
    assert claim.marks == ()
    assert not re.search(r"[\[【]\s*\d", claim.plain)


@given(st.text(alphabet="[]【】［］()0123,.-–^†_*`!&#x;\\{}<>: apers", max_size=40))
def test_nothing_that_is_defused_cites_anything(text: str) -> None:
    claims = parse(f"Aa {defused(clean(text))} zz")
    assert not any(claim.marks for claim in claims)
