from datetime import date
from pathlib import Path

import pytest

from assistant.papers import Record
from assistant.sources import nbib, pubmed, recognise
from tests.reading import counted, items, papers, reasons, recorded

SET = """<?xml version="1.0" ?>
<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "http://127.0.0.1:1/x.dtd">
<PubmedArticleSet>%s</PubmedArticleSet>"""
ARTICLE = """
<PubmedArticle><MedlineCitation><PMID Version="1">123</PMID><Article>
<Journal><JournalIssue><PubDate><Year>2020</Year><Month>Jun</Month><Day>7</Day></PubDate></JournalIssue>
<Title>Journal of Walks</Title></Journal>
<ArticleTitle>Uptake of <sup>99m</sup>Tc in <i>E. coli</i>.</ArticleTitle>
<ELocationID EIdType="pii">92</ELocationID><ELocationID EIdType="doi">10.1000/Walk</ELocationID>
<Abstract><AbstractText Label="METHODS">We gave 10<sup>-3</sup> M CO<sub>2</sub>.</AbstractText>
<AbstractText Label="UNLABELLED">It grew (p&lt;0.05).</AbstractText><AbstractText/></Abstract>
<AuthorList><Author><LastName>Lovelace</LastName><ForeName>Ada</ForeName><Suffix>Jr</Suffix></Author>
<Author><CollectiveName>The Group</CollectiveName></Author></AuthorList>
<PublicationTypeList><PublicationType>Journal Article</PublicationType></PublicationTypeList>
</Article><MeshHeadingList><MeshHeading><DescriptorName>Humans</DescriptorName></MeshHeading></MeshHeadingList>
</MedlineCitation><PubmedData>
<ArticleIdList><ArticleId IdType="doi">10.1000/other</ArticleId></ArticleIdList></PubmedData>
</PubmedArticle>"""
NBIB = """
PMID- 123
OWN - NLM
DP  - 2020 Jun 7
TI  - Uptake of technetium
      in bacteria.
LID - 92 [pii]
LID - 10.1000/Walk [doi]
AB  - METHODS: We gave it. RESULTS: It
      grew.
FAU - Lovelace, Ada
AU  - Lovelace A
FAU - King, Martin Luther, Jr
CN  - The Group
JT  - Journal of Walks
MH  - *Humans/genetics
PT  - Journal Article

PMID- 124
TI  - Without one.
PMID- 125
TI  - Taken back.
AB  - Yes.
PT  - Retracted Publication
DEP - 20210102
DP  - 2020 Jan-Feb
"""


def test_the_fields_of_an_article_are_read() -> None:
    assert recognise((SET % ARTICLE).encode()).name == "pubmed"
    (paper,) = papers(pubmed.read, SET % ARTICLE)
    assert paper.title == "Uptake of 99mTc in E. coli."
    assert paper.abstract == "METHODS: We gave 10^-3 M CO2.\nIt grew (p<0.05)."
    assert (paper.source_id, paper.doi, paper.venue) == ("pmid:123", "10.1000/walk", "Journal of Walks")
    assert (paper.authors, paper.categories) == (("Ada Lovelace Jr", "The Group"), ("Humans",))
    assert (paper.date, paper.url) == (date(2020, 6, 7), "https://pubmed.ncbi.nlm.nih.gov/123/")
    assert not paper.withdrawn


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("<Year>2020</Year><Month>06</Month><Day>7</Day>", date(2020, 6, 7)),
        ("<Year>2020</Year><Month>Jun</Month>", None),
        ("<Year>2020</Year>", None),
        ("<Year>2020</Year><Season>Spring</Season>", None),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", None),
    ],
)
def test_a_date_in_part_is_no_day_and_no_problem(given: str, expected: date | None) -> None:
    day = "<Year>2020</Year><Month>Jun</Month><Day>7</Day>"
    (paper,) = papers(pubmed.read, SET % ARTICLE.replace(day, given))
    assert paper.date == expected


def test_the_day_on_the_net_comes_before_that_in_print() -> None:
    net = "<ArticleDate><Year>2020</Year><Month>05</Month><Day>31</Day></ArticleDate></Article>"
    (paper,) = papers(pubmed.read, SET % ARTICLE.replace("</Article>", net, 1))
    assert paper.date == date(2020, 5, 31)


def test_a_retracted_article_is_marked_and_one_without_an_abstract_is_a_problem() -> None:
    text = ARTICLE.replace("Journal Article", "Retracted Publication")
    (paper,) = papers(pubmed.read, SET % text)
    assert paper.withdrawn
    bare = ARTICLE[: ARTICLE.index("<Abstract>")] + ARTICLE[ARTICLE.index("</Abstract>") + len("</Abstract>") :]
    assert reasons(pubmed.read, SET % (ARTICLE + bare)) == ["record 2: no abstract"]
    assert reasons(pubmed.read, SET % "<PubmedArticle/>") == ["record 1: no article in it"]


def test_the_text_format_is_read() -> None:
    assert recognise(NBIB.encode()).name == "nbib"
    first, problem, last = items(nbib.read, "\ufeff" + NBIB.replace("\n", "\r\n"))
    assert isinstance(first, Record)
    paper = first.paper
    assert (paper.title, paper.abstract) == (
        "Uptake of technetium in bacteria.",
        "METHODS: We gave it. RESULTS: It grew.",
    )
    assert paper.authors == ("Ada Lovelace", "Martin Luther King Jr", "The Group")
    assert (paper.source_id, paper.doi, paper.venue) == ("pmid:123", "10.1000/walk", "Journal of Walks")
    assert (paper.date, paper.categories, paper.withdrawn) == (date(2020, 6, 7), ("Humans",), False)
    assert isinstance(last, Record)
    assert (last.paper.date, last.paper.withdrawn) == (date(2021, 1, 2), True)
    assert [first.line, problem.line, last.line] == [2, 19, 21]
    assert reasons(nbib.read, NBIB) == ["record 2: no abstract"]


def test_a_text_record_too_long_to_be_held_is_a_problem_and_read_in_no_time() -> None:
    text = NBIB + "\nPMID- 1\nAB  - x\n" + ("      " + "y" * 70 + "\n") * 220_000 + "\nPMID- 2\nTI  - T\nAB  - A.\n"
    assert reasons(nbib.read, text)[1:] == ["record 4: longer than 16 MB"]
    assert len(items(nbib.read, text)) == 5


def test_the_recorded_articles_are_read_whole(shared: Path) -> None:
    assert counted(shared / "recorded", "pubmed") == (1, 5, 0)
    ((_, found),) = recorded(shared / "recorded", "pubmed")
    records = [item for item in found if isinstance(item, Record)]
    assert records[0].paper.title.startswith("Early timepoint 99mTc-DPD whole body")
    assert records[0].paper.abstract.startswith("BACKGROUND: Cardiac transthyretin amyloidosis")
    assert all(record.paper.doi and record.paper.date and len(record.paper.authors) > 4 for record in records)
    assert not any("Reference" in record.paper.abstract or "<" in record.paper.title for record in records)
