from datetime import date
from pathlib import Path

import pytest
from bodies import bodies

from assistant.errors import SourceError
from assistant.papers import Record
from assistant.sources import arxiv_atom, recognise
from tests.reading import items, papers, reasons

FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"
      xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/x</id><title>arXiv Query: x</title>
  <opensearch:totalResults>260</opensearch:totalResults>
  %s
</feed>"""
ENTRY = """<entry>
    <id>http://arxiv.org/abs/1605.08386v3</id>
    <title>Heat-bath random walks</title>
    <updated>2017-01-01T00:00:00Z</updated>
    <summary>Graphs with $a &lt; b$ are studied.</summary>
    <category term="math.CO" scheme="http://arxiv.org/schemas/atom"/>
    <category term="math.ST" scheme="http://arxiv.org/schemas/atom"/>
    <published>2016-05-26T17:59:46Z</published>
    <arxiv:comment>20 pages</arxiv:comment>
    <arxiv:journal_ref>J. Walks 3 (2017)</arxiv:journal_ref>
    <arxiv:doi>10.1000/Walks.3</arxiv:doi>
    <author><name>Caprice Stanley</name><arxiv:affiliation>X</arxiv:affiliation></author>
    <author><name>Tobias Windisch</name></author>
  </entry>"""


def test_the_fields_of_an_entry_are_read() -> None:
    assert recognise((FEED % ENTRY).encode()).name == "arxiv-atom"
    (paper,) = papers(arxiv_atom.read, FEED % ENTRY)
    assert (paper.title, paper.abstract) == ("Heat-bath random walks", "Graphs with $a < b$ are studied.")
    assert (paper.arxiv_id, paper.version, paper.doi) == ("1605.08386", 3, "10.1000/walks.3")
    assert (paper.date, paper.url) == (date(2016, 5, 26), "https://arxiv.org/abs/1605.08386")
    assert (paper.authors, paper.categories) == (("Caprice Stanley", "Tobias Windisch"), ("math.CO", "math.ST"))
    assert (paper.venue, paper.withdrawn) == ("J. Walks 3 (2017)", False)


def test_a_problem_has_the_line_of_its_entry() -> None:
    bare = ENTRY.replace("<summary>Graphs with $a &lt; b$ are studied.</summary>", "")
    one, two = items(arxiv_atom.read, FEED % (bare + "\n" + ENTRY))
    assert (one.line, two.line) == (6, 20)
    assert reasons(arxiv_atom.read, FEED % bare) == ["record 1: no abstract"]


def test_a_paper_that_was_taken_back_is_marked() -> None:
    (paper,) = papers(arxiv_atom.read, FEED % ENTRY.replace("20 pages", "This paper has been withdrawn"))
    assert paper.withdrawn


def test_a_feed_without_papers_gives_nothing_and_is_no_mistake() -> None:
    assert items(arxiv_atom.read, FEED % "") == []


def test_a_daily_feed_of_a_category_is_read() -> None:
    entry = """<entry><id>oai:arXiv.org:2601.00001v2</id><title>T</title>
      <published>2026-01-02T00:00:00-05:00</published>
      <summary>arXiv:2601.00001v2 Announce Type: replace
Abstract: We walk.</summary><dc:creator>Ada L., Bob K.</dc:creator><category term="cs.LG"/></entry>"""
    text = (FEED % entry).replace("<feed", '<feed xmlns:dc="http://purl.org/dc/elements/1.1/"')
    (paper,) = papers(arxiv_atom.read, text)
    assert (paper.arxiv_id, paper.version, paper.abstract) == ("2601.00001", 2, "We walk.")
    assert paper.authors == ("Ada L.", "Bob K.")


def test_how_many_papers_a_search_found_is_told() -> None:
    assert arxiv_atom.total((FEED % ENTRY).encode()) == 260
    assert arxiv_atom.total(b"<feed></feed>") is None
    assert arxiv_atom.total(b"<feed><totalResults>many</totalResults></feed>") is None


def test_the_recorded_feeds_are_read_whole(shared: Path) -> None:
    read = 0
    for name, body in bodies(shared / "recorded" / "arxiv_atom"):
        if name.startswith("id_abc"):
            with pytest.raises(SourceError, match="arXiv reports an error: incorrect id format for abc"):
                items(arxiv_atom.read, body)
            continue
        found = items(arxiv_atom.read, body)
        assert all(isinstance(item, Record) and item.paper.arxiv_id and item.paper.version for item in found), name
        assert len(found) == body.count(b"<entry>")
        read += len(found)
    assert read == 221
