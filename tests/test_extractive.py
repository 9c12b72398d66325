from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.citations import check
from assistant.cleaning import clean
from assistant.drafts import parse
from assistant.embedders import BUNDLED, StaticEmbedder, Vectors
from assistant.extractive import MAX_CHARACTERS, SHAPES, ExtractiveWriter
from assistant.papers import Paper
from assistant.text import sentences
from assistant.writers import Request
from tests.examples import CSKV, PASSAGES, QSERVE, passage


@pytest.fixture(scope="module")
def writer() -> ExtractiveWriter:
    embedder = StaticEmbedder("bundled", BUNDLED)

    def embed(texts: Sequence[str]) -> Vectors:
        return embedder.embed(texts)

    return ExtractiveWriter(embed)


def test_it_writes_sentences_of_the_abstracts_and_nothing_else(writer: ExtractiveWriter) -> None:
    draft = writer.write(Request("which papers reduce KV cache memory?", PASSAGES))
    own = {clean(p.found.paper.abstract[a:b]) for p in PASSAGES for a, b in sentences(p.found.paper.abstract)}
    claims = parse(draft.text)
    assert draft.writer == "extractive"
    assert claims
    assert {claim.plain for claim in claims} <= own


def test_all_it_writes_is_supported(writer: ExtractiveWriter) -> None:
    draft = writer.write(Request("which papers reduce KV cache memory?", PASSAGES))
    checked = check(parse(draft.text), PASSAGES, rarity={})
    assert {sentence.verdict for sentence in checked.sentences} == {"supported"}
    assert checked.invented == ()


def test_a_question_for_a_number_gets_the_sentence_with_the_number(writer: ExtractiveWriter) -> None:
    draft = writer.write(Request("by how much does CSKV reduce the KV cache?", PASSAGES))
    assert "80%" in draft.text


def test_a_question_for_papers_gets_one_sentence_a_paper(writer: ExtractiveWriter) -> None:
    claims = parse(writer.write(Request("which papers are about the KV cache?", PASSAGES)).text)
    cited = [claim.marks for claim in claims]
    assert len(cited) == len(set(cited)) >= 2
    assert all(claim.kind == "bullet" for claim in claims)


def test_an_answer_keeps_to_about_twelve_lines(writer: ExtractiveWriter) -> None:
    long = "The KV cache memory is reduced by this long and winding sentence about the KV cache memory, number {}, "
    papers = [
        passage(Paper(f"Cache {n}", " ".join(long.format(i) + "and it goes on for a while longer." for i in range(9))))
        for n in range(20)
    ]
    claims = parse(writer.write(Request("which papers reduce KV cache memory?", tuple(papers))).text)
    assert sum(len(claim.plain) for claim in claims) <= MAX_CHARACTERS
    assert len(claims) <= SHAPES["which"].papers


def test_what_an_abstract_says_is_never_a_marker_or_markdown(writer: ExtractiveWriter) -> None:
    hostile = replace(CSKV, abstract="We reduce the KV cache memory [7] with **all** [our](page) tricks # now 2.")
    (claim,) = parse(writer.write(Request("which papers reduce KV cache memory?", (passage(hostile),))).text)
    assert claim.marks == (1,)
    assert claim.plain == clean(hostile.abstract).replace("[", "(").replace("]", ")")


def test_with_no_usable_sentence_it_writes_nothing(writer: ExtractiveWriter) -> None:
    empty = passage(Paper("Title", "Code is available at https://example.org."))
    assert writer.write(Request("which papers?", (empty,))).text == ""
    assert writer.write(Request("which papers?", ())).text == ""


def test_an_abstract_of_one_long_sentence_is_quoted_all_the_same(writer: ExtractiveWriter) -> None:
    long = replace(CSKV, abstract="We reduce the KV cache memory " + "and more " * 60 + "at last.")
    assert writer.write(Request("which papers reduce KV cache memory?", (passage(long),))).text.endswith("[1]")


def test_a_sentence_that_stands_alone_goes_before_one_that_leans(writer: ExtractiveWriter) -> None:
    both = replace(CSKV, abstract="These shrink the KV cache memory a lot. We shrink the KV cache memory a lot.")
    (claim,) = parse(writer.write(Request("which papers shrink the KV cache memory?", (passage(both),))).text)
    assert claim.plain.startswith("We shrink")


def test_a_question_about_a_named_paper_is_answered_from_it(writer: ExtractiveWriter) -> None:
    other = replace(QSERVE, title="Another", abstract="The serving throughput of the KV cache is improved by 9x.")
    request = Request("how much is the serving throughput improved by QServe?", (passage(other), passage(QSERVE)))
    assert {n for claim in parse(writer.write(request).text) for n in claim.marks} == {2}
    listed = replace(request, question="which papers improve the serving throughput like QServe?")
    assert {n for claim in parse(writer.write(listed).text) for n in claim.marks} == {1, 2}


def test_a_sentence_of_symbols_does_not_lend_its_marker_to_another_paper(writer: ExtractiveWriter) -> None:
    """Its other sentence is too long to be quoted, so that the symbols are all that is left of it."""
    long = f"We reduce the KV cache memory, {'as told at length, ' * 25} and reduce it again."
    passages = (passage(CSKV, vector=0.6), passage(Paper("KV cache memory", f"{long} ★★★."), vector=0.6))
    for claim in parse(writer.write(Request("which papers reduce KV cache memory?", passages)).text):
        assert len(claim.marks) == 1
        assert ("CSKV" in claim.plain) == (claim.marks == (1,))


@pytest.mark.parametrize("between", [".\x00 ", ". [", ".\u200b "])
def test_a_sentence_that_reads_as_two_once_it_is_cleaned_has_two_markers(
    writer: ExtractiveWriter, between: str
) -> None:
    hostile = Paper("KV", f"We reduce the KV cache memory by 80%{between}We are proud of it.")
    passages = (passage(hostile),)
    checked = check(parse(writer.write(Request("who reduces KV cache memory?", passages)).text), passages, rarity={})
    assert {sentence.verdict for sentence in checked.sentences} == {"supported"}


def test_a_survey_has_one_sentence_of_each_likely_paper_in_their_order(writer: ExtractiveWriter) -> None:
    request = Request("which papers are about the KV cache?", PASSAGES, likely=(3, 1))
    claims = parse(writer.write(request).text)
    assert [claim.marks for claim in claims] == [(3,), (1,)]


def test_a_survey_that_starts_late_has_the_numbers_of_its_own_passages(writer: ExtractiveWriter) -> None:
    request = Request("which papers are about the KV cache?", PASSAGES, likely=(3, 1), first=21)
    assert [claim.marks for claim in parse(writer.write(request).text)] == [(23,), (21,)]


def test_parts_are_answered_one_after_the_other_with_the_numbers_of_their_own_papers(writer: ExtractiveWriter) -> None:
    first = Request("CSKV?", PASSAGES[:1])
    second = Request("XGrammar?", PASSAGES[2:], first=2)
    whole = Request("compare CSKV and XGrammar", PASSAGES[:1] + PASSAGES[2:], parts=(first, second))
    claims = parse(writer.write(whole).text)
    assert [claim.marks for claim in claims if "CSKV" in claim.plain] == [(1,)] * sum("CSKV" in c.plain for c in claims)
    assert {claim.marks for claim in claims} == {(1,), (2,)}
    checked = check(claims, whole.passages, rarity={})
    assert {sentence.verdict for sentence in checked.sentences} == {"supported"}
