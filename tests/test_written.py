"""What is kept of what a model wrote for a report."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant import Assistant
from assistant.quoting import Page
from assistant.writers import Draft
from assistant.written import brief, kept, notes, sections
from tests.examples import CSKV, PASSAGES

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "# KV cache\n",
                "## Results\n",
                "- ",
                "\n\n",
                "[1]",
                "[2]",
                "[3]",
                "[4]",
                "[0]",
                "[77]",
                "[1, 3]",
                ". ",
                " ",
                "CSKV reduces the memory of the KV cache by 80%",
                "QServe improves the serving throughput of Llama-3-8B",
                "XGrammar is up to 100x faster than existing solutions",
                "It rose by 12345%",
                "The abstracts do not say.",
            ]
        ),
        st.text(max_size=8),
    ),
    max_size=24,
).map("".join)


def draft(text: str) -> Draft:
    return Draft(text, "m")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(text=PIECES)
def test_whatever_is_written_what_is_kept_cites_what_was_read(sample: Assistant, text: str) -> None:
    read = kept(draft(text), PASSAGES, sample.library)
    page = Page(sample.library)
    for claim in read.claims:
        assert set(claim.marks) <= {1, 2, 3}
        assert claim.marks or claim.kind == "heading"
        assert "12345" not in claim.plain
        if claim.kind != "heading":
            page.put(claim, read.passages)
    said, citations = page.checked()
    assert [one.n for one in citations] == list(range(1, len(citations) + 1))
    assert all(sentence.citations and not sentence.invented for sentence in said)


def test_a_brief_has_a_name_sentences_and_a_line_a_paper(sample: Assistant) -> None:
    text = (
        "# KV cache and grammars\nCSKV reduces the memory of the KV cache by 80%. [1]\n\n"
        "- KV cache memory and serving throughput. [1][2]\n"
        "- XGrammar is up to 100x faster than existing solutions. [3] It is a second sentence of the bullet. [3]\n"
        "- QServe improves the serving throughput of Llama-3-8B by 9x. [2]\n"
    )
    read = brief(draft(text), PASSAGES, sample.library)
    assert read.name == "KV cache and grammars"
    assert [claim.plain for claim in read.said] == ["CSKV reduces the memory of the KV cache by 80%."]
    assert [claim.plain for claim in read.lines.values()] == ["XGrammar is up to 100x faster than existing solutions."]
    assert any("9x" in sentence.text for sentence in read.kept.removed)


def test_a_name_that_is_foreign_or_a_sentence_is_none(sample: Assistant) -> None:
    for name in ("Zebra zoology of the northern savanna", "KV cache " * 12):
        text = f"# {name}\nCSKV reduces the memory of the KV cache by 80%. [1]"
        assert brief(draft(text), PASSAGES, sample.library).name == ""


def test_the_first_note_on_a_paper_is_its_idea_the_second_its_result(sample: Assistant) -> None:
    text = (
        "- CSKV is a training-efficient channel shrinking technique for the KV cache. [1]\n"
        "- CSKV reduces the memory of the KV cache by 80%. [1]\n- XGrammar splits the vocabulary into tokens. [3]\n"
    )
    read = notes(draft(text), PASSAGES, sample.library)
    assert set(read.ideas) == {PASSAGES[0].found.paper_id, PASSAGES[2].found.paper_id}
    assert [claim.plain for claim in read.results.values()] == ["CSKV reduces the memory of the KV cache by 80%."]


def test_sections_are_what_stands_under_a_heading(sample: Assistant) -> None:
    text = "Before any. [1]\n\n## Results\n- CSKV reduces the memory of the KV cache by 80%. [1]\n\n## What is open\n"
    parts, read = sections(draft(text), PASSAGES, sample.library)
    assert [(title, len(claims)) for title, claims in parts] == [("Results", 1)]
    assert CSKV.title in {one.found.paper.title for one in read.passages}


def test_a_heading_of_several_sentences_is_one_name_without_its_number(sample: Assistant) -> None:
    said = "CSKV reduces the memory of the KV cache by 80%. [1]"
    for heading, name in [
        ("1. KV cache and grammars", "KV cache and grammars"),
        ("KV cache vs. grammars. And decoding", "KV cache vs. grammars. And decoding"),
        ("iv) Decoding", "Decoding"),
        ("KV cache. Zebra zoology of the northern savanna", ""),
        ("2.", ""),
    ]:
        assert brief(draft(f"# {heading}\n{said}"), PASSAGES, sample.library).name == name


def test_where_an_idea_does_not_hold_the_result_is_still_no_idea(sample: Assistant) -> None:
    text = (
        "- CSKV raises the memory of the KV cache by 77%. [1]\n- CSKV reduces the memory of the KV cache by 80%. [1]\n"
        "- It is [9] nobody's. [9]\n"
    )
    read = notes(draft(text), PASSAGES, sample.library)
    assert not read.ideas
    assert [claim.plain for claim in read.results.values()] == ["CSKV reduces the memory of the KV cache by 80%."]


def test_what_is_removed_has_no_numbers_that_are_not_the_reports(sample: Assistant) -> None:
    text = (
        "XGrammar is up to 500x faster [3] than existing solutions. [3]\n\nZebras graze on the northern plains. [2][9]"
    )
    removed = kept(draft(text), PASSAGES, sample.library).removed
    assert len(removed) == 2
    for sentence in removed:
        assert (sentence.citations, sentence.trailing, sentence.quotes) == ((), (), ())
        assert "[" not in sentence.text
    reasons = " ".join(reason for sentence in removed for reason in sentence.reasons)
    assert "[9] was not among the passages" in reasons
    assert "[1]" not in reasons
    assert "[2]" not in reasons
    assert PASSAGES[1].found.paper_id in reasons
