"""Topic summaries: sections, comparison, coverage; every sentence checked."""

import json
from datetime import date
from pathlib import Path

import pytest

from assistant import Assistant
from assistant.desk import Desk
from assistant.errors import UsageError
from assistant.reports import TopicSummary
from assistant.results import Sentence
from assistant.summary import DISPUTED, summarize
from tests.conftest import SHARED
from tests.examples import Scripted

TODAY = date(2026, 6, 30)


def made(sample: Assistant, topic: str, papers: int = 20) -> TopicSummary:
    return summarize(topic, library=sample.library, desk=Desk(Scripted()), papers=papers, today=TODAY)


def sentences(result: TopicSummary) -> list[Sentence]:
    said = [sentence for section in result.sections for sentence in section.sentences]
    return said + [sentence for row in result.rows for sentence in (row.idea, row.result) if sentence]


def test_every_sentence_is_checked_and_stands_in_the_abstract_it_cites(sample: Assistant) -> None:
    result = made(sample, "test-time compute scaling")
    assert {sentence.verdict for sentence in sentences(result)} == {"supported"}
    for sentence in sentences(result):
        (n,) = sentence.citations
        abstract = sample.show(result.citations[n - 1].paper_id).paper.abstract
        assert sentence.quotes
        assert all(abstract[quote.start : quote.end] == quote.text for quote in sentence.quotes)


def test_it_has_sections_a_row_a_paper_and_says_what_it_left_out(sample: Assistant) -> None:
    result = made(sample, "test-time compute scaling", papers=12)
    titles = [section.title for section in result.sections]
    assert titles[0] == "What it is about"
    assert {"Results", "What is open"} <= set(titles)
    assert sum(title.startswith("Approaches") for title in titles) >= 2
    assert [row.n for row in result.rows] == list(range(1, 13))
    assert len(result.citations) == 12
    assert result.considered == len(result.citations) + len(result.left_out)
    assert all(one.why for one in result.left_out)


def test_a_possible_disagreement_shows_both_sides(sample: Assistant) -> None:
    result = made(sample, "Does more test-time compute keep helping?")
    (section,) = [section for section in result.sections if section.title == DISPUTED]
    blocks = {sentence.block for sentence in section.sentences}
    assert len(section.sentences) == 2 * len(blocks)
    for block in blocks:
        one, other = [sentence for sentence in section.sentences if sentence.block == block]
        assert one.citations != other.citations


def test_a_topic_the_library_has_nothing_on_is_not_summarized(sample: Assistant) -> None:
    result = made(sample, "sourdough bread hydration")
    assert result.sections == ()
    assert result.why
    assert made(sample, "zzzqqq xxyyzz").why == "no abstract in the library has any word of the question"


def test_a_topic_of_nothing_is_wrong_usage(sample: Assistant) -> None:
    with pytest.raises(UsageError):
        made(sample, "   ")


def test_one_paper_is_summarized_too(sample: Assistant) -> None:
    result = made(sample, "KV cache compression", papers=1)
    assert len(result.citations) == len(result.rows) == 1
    assert [section.title for section in result.sections if section.title.startswith("Approaches")] == ["Approaches"]


@pytest.mark.skipif(not SHARED.exists(), reason="needs the developers' judged data")
def test_the_papers_a_topic_must_cover_are_cited(sample: Assistant) -> None:
    topics = [json.loads(line) for line in (SHARED / "data/seeds-gold/topics.jsonl").read_text().splitlines()]
    cited = wanted = 0
    for topic in topics:
        must = set(topic["must_cover"])
        cited += len(must & {one.paper_id for one in made(sample, topic["topic"]).citations})
        wanted += len(must)
    assert cited / wanted >= 0.8


def test_of_papers_that_say_the_same_the_withdrawn_one_is_left_out_and_marked(tmp_path: Path) -> None:
    abstract = "Sparse attention makes long contexts cheap. We show that sparse attention is 2x faster on {} GPUs."
    rows = [
        {
            "id": f"arxiv:2606.0000{n}",
            "title": f"Sparse attention {n}",
            "abstract": abstract.format(n),
            "withdrawn": n == 1,
        }
        for n in (1, 2)
    ]
    (tmp_path / "p.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    with Assistant.open(home=str(tmp_path / "home")) as assistant:
        assistant.ingest(tmp_path / "p.jsonl")
        result = assistant.summarize("sparse attention")
    assert [one.title for one in result.citations] == ["Sparse attention 2"]
    assert [one.title for one in result.left_out] == ["Sparse attention 1 (withdrawn)"]
