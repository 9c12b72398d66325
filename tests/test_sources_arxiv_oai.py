from datetime import date
from pathlib import Path

import pytest

from assistant.errors import SourceError
from assistant.papers import Record
from assistant.sources import arxiv_oai, recognise
from tests.reading import counted, items, papers, reasons, recorded

ANSWER = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">
<ListRecords>%s</ListRecords>
</OAI-PMH>"""
RECORD = """
<record><header>%s<setSpec>cs:cs:LG</setSpec><setSpec>physics:hep-th</setSpec><setSpec>math</setSpec></header>
<metadata>%s</metadata></record>"""
NAME = "<identifier>oai:arXiv.org:1401.2122</identifier>"
ARXIV = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>1401.2122</id><created>2014-01-09</created>
<updated>2017-10-23</updated><authors>
<author><keyname>Sergyeyev</keyname><forenames>A.</forenames><suffix>Jr</suffix></author>
<author><keyname>Planck Collaboration</keyname></author></authors>
<title>New systems</title><categories>math.AP hep-th</categories><comments>16 pages</comments>
<journal-ref>Lett. Math. Phys. 108 (2018)</journal-ref><doi>10.1007/S11005-1 10.1007/second</doi>
<abstract>  We introduce
a construction. </abstract></arXiv>"""
RAW = """<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>1401.2122</id><submitter>X</submitter>
<version version="v1"><date>Thu, 9 Jan 2014 20:00:01 GMT</date><size>10kb</size></version>
<version version="v12"><date>Wed, 2 Aug 2023 00:41:18 GMT</date></version>
<version version="v2"><date>Fri, 10 Jan 2014 20:00:01 GMT</date></version>
<title>New systems</title><authors>A. Sergyeyev (1), Bob K. (MIT (CSAIL), (2)) and C. Third</authors>
<categories>math.AP hep-th</categories><comments>This paper has been withdrawn by the author</comments>
<abstract>We introduce a construction.</abstract></arXivRaw>"""
DC = """<oai_dc:dc xmlns:oai_dc="http://www.openarchives.org/OAI/2.0/oai_dc/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:title>New systems</dc:title><dc:creator>Sergyeyev, A.</dc:creator><dc:creator>Bob K.</dc:creator>
<dc:subject>Mathematics - Analysis of PDEs</dc:subject>
<dc:description>We introduce a construction.</dc:description><dc:description>Comment: 16 pages</dc:description>
<dc:date>2017-10-23</dc:date><dc:date>2014-01-09</dc:date><dc:type>text</dc:type>
<dc:identifier>http://arxiv.org/abs/1401.2122</dc:identifier>
<dc:identifier>Lett. Math. Phys. 108 (2018)</dc:identifier><dc:identifier>doi:10.1007/s11005-1</dc:identifier>
</oai_dc:dc>"""


def answer(*metadata: str) -> str:
    return ANSWER % "".join(RECORD % (NAME, one) for one in metadata)


def test_the_three_formats_give_the_same_paper() -> None:
    assert recognise(answer(ARXIV).encode()).name == "arxiv-oai"
    own, raw, dublin = papers(arxiv_oai.read, answer(ARXIV, RAW, DC))
    for paper in (own, raw, dublin):
        assert (paper.arxiv_id, paper.title, paper.date) == ("1401.2122", "New systems", date(2014, 1, 9))
        assert " ".join(paper.abstract.split()) == "We introduce a construction."
        assert paper.url == "https://arxiv.org/abs/1401.2122"
    assert own.authors == ("A. Sergyeyev Jr", "Planck Collaboration")
    assert raw.authors == ("A. Sergyeyev", "Bob K.", "C. Third")
    assert dublin.authors == ("A. Sergyeyev", "Bob K.")
    assert own.doi == dublin.doi == "10.1007/s11005-1"
    assert (own.categories, dublin.categories) == (("math.AP", "hep-th"), ("cs.LG", "hep-th", "math"))
    assert (own.venue, own.version, raw.version) == ("Lett. Math. Phys. 108 (2018)", None, 12)
    assert (own.withdrawn, raw.withdrawn) == (False, True)


def test_a_record_of_another_archive_keeps_its_name_and_subjects() -> None:
    text = answer(DC.replace("http://arxiv.org/abs/1401.2122", "https://zenodo.org/records/1")).replace(
        "oai:arXiv.org:1401.2122", "oai:zenodo.org:1"
    )
    (paper,) = papers(arxiv_oai.read, text)
    assert (paper.arxiv_id, paper.source_id) == (None, "oai:zenodo.org:1")
    assert paper.categories == ("Mathematics - Analysis of PDEs",)


def test_a_deleted_record_is_a_problem_with_its_name_and_line() -> None:
    gone = "\n<record><header status='deleted'><identifier>oai:arXiv.org:1401.0001</identifier></header></record>"
    text = ANSWER % (RECORD % (NAME, ARXIV) + gone)
    assert reasons(arxiv_oai.read, text) == ["record 2: oai:arXiv.org:1401.0001 was deleted"]
    lines = [n for n, line in enumerate(text.split("\n"), 1) if "<record>" in line]
    assert [item.line for item in items(arxiv_oai.read, text)] == lines


def test_metadata_in_another_form_or_none_is_a_problem() -> None:
    assert reasons(arxiv_oai.read, answer("<marc/>", ARXIV, "")) == [
        "record 1: metadata in the form “marc”, which is not read",
        "record 3: oai:arXiv.org:1401.2122 has no metadata",
    ]


def test_an_error_is_refused_with_its_words_and_a_list_without_records_is_none() -> None:
    error = '<OAI-PMH xmlns="x"><error code="%s">No\nsuch thing</error></OAI-PMH>'
    assert items(arxiv_oai.read, error % "noRecordsMatch") == []
    with pytest.raises(SourceError, match=r"reports an error: No such thing \(badResumptionToken\)"):
        items(arxiv_oai.read, error % "badResumptionToken")


def test_the_resumption_token_is_told() -> None:
    token = '<resumptionToken cursor="0" completeListSize="9">760571|1001</resumptionToken>'
    assert arxiv_oai.resumption_token((ANSWER % (RECORD % (NAME, ARXIV) + token)).encode()) == "760571|1001"
    assert arxiv_oai.resumption_token((ANSWER % "<resumptionToken cursor='9'/>").encode()) is None
    assert arxiv_oai.resumption_token(answer(ARXIV).encode()) is None
    assert len(items(arxiv_oai.read, ANSWER % (RECORD % (NAME, ARXIV) + token))) == 1


def test_the_recorded_answers_are_read_whole(shared: Path) -> None:
    folder = shared / "recorded" / "arxiv_oai_hepcrawl"
    assert counted(folder.parent, "arxiv-oai") == (15, 30, 0)
    found = dict(recorded(folder.parent, "arxiv-oai"))
    for name, read in found.items():
        assert all(isinstance(item, Record) and item.paper.arxiv_id and item.paper.authors for item in read), name
    (item,) = found["arxiv_oai_hepcrawl/arxiv-single.xml"]
    assert isinstance(item, Record)
    assert (item.paper.arxiv_id, item.paper.doi) == ("1401.2122", "10.1007/s11005-017-1013-4")
    assert "keyname" not in str(item.paper)
