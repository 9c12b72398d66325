import io
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import NotPapers, SourceError
from assistant.sources import elements as module
from assistant.sources.elements import elements, text_of, texts_of
from assistant.sources.pieces import Piece
from tests.reading import joined, peak


def pieces(data: bytes | str) -> list[Piece[Element]]:
    return list(elements(io.BytesIO(data.encode() if isinstance(data, str) else data), ["record"]))


def texts(data: bytes | str) -> list[str | None]:
    return [text_of(piece.record) for piece in pieces(data)]


def test_records_come_with_their_lines_and_without_namespaces() -> None:
    one, two = pieces('<a xmlns:x="y">\n<x:record n="1"><x:t>One</x:t></x:record>\n\n<record><t>Two</t></record></a>')
    assert one.record is not None
    assert (one.line, one.record.tag, one.record.get("n"), text_of(one.record, "t")) == (2, "record", "1", "One")
    assert (two.line, text_of(two.record)) == (4, "Two")


def test_a_record_within_a_record_is_part_of_it() -> None:
    assert texts("<a><record>1<record>2</record></record></a>") == ["12"]


def test_texts_are_found_with_what_is_inside_them() -> None:
    (piece,) = pieces("<record><t> a <i>b</i> c </t><u/><t>d</t></record>")
    assert piece.record is not None
    assert texts_of(piece.record, "t") == ["a b c", "d"]
    assert (text_of(piece.record, "u"), text_of(None), text_of(piece.record, "v/w")) == (None, None, None)


@given(st.integers(1, 30))
def test_records_are_the_same_in_chunks_of_any_size(chunk: int) -> None:
    text = "<a>\n<record>é &lt; 1</record><!-- x --><record>2\x0b</record>\n<record b='&#xe9;'>3</record><record/></a>"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        found = pieces(text)
    assert [(piece.line, text_of(piece.record)) for piece in found] == [(2, "é < 1"), (2, None), (3, "3"), (3, None)]
    assert found[1].reason == "broken XML (line 2: not well-formed (invalid token))"


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"<record>\x0b</record>", "not well-formed"),
        (b"<record>\xff</record>", "not well-formed"),
        (b"<record>&nothing;</record>", "undefined entity"),
        (b"<record><t></record>", "mismatched tag"),
        (b"<record a=1>x</record>", "not well-formed"),
        (b"<record>" + b"<t>" * 100 + b"</t>" * 100 + b"</record>", "nested deeper than 100 levels"),
        (b"<record>" + b"<t/>" * 300_000 + b"</record>", "longer than 16 MB"),
        (b"<record a='" + b"x" * 1_200_000 + b"'/>", "a tag or comment longer than 1 MB"),
    ],
)
def test_a_broken_record_does_not_stop_the_others(broken: bytes, reason: str) -> None:
    found = pieces(b"<a><record>1</record>\n" + broken + b"\n<record>2</record></a>")
    assert [text_of(piece.record) for piece in found if piece.record is not None] == ["1", "2"]
    (bad,) = (piece for piece in found if piece.record is None)
    assert reason in bad.reason
    assert (bad.line, found[-1].line) == (2, 3)


def test_a_document_that_is_cut_short_says_so_once() -> None:
    one, two = pieces("<a><record>1</record>\n<record>2")
    assert text_of(one.record) == "1"
    assert (two.line, two.reason) == (2, "broken XML (line 2: it is cut short)")


def test_documents_one_after_the_other_are_read() -> None:
    assert texts("<?xml version='1.0'?><a><record>1</record></a>\n<?xml version='1.0'?><a><record>2</record></a>") == [
        "1",
        "2",
    ]


@pytest.mark.parametrize("text", ["<a", "not XML", "<a><b></a>", "<?xml version='1.0' encoding='nonesuch'?><a/>", "\0"])
def test_what_is_broken_and_has_no_record_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="XML that cannot be read"):
        pieces(text)


LAUGHS = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('TEXT = """<a>"""', NotPapers),
        ('TEXT = """<a><record><b></record>"""', NotPapers),
        ("<a", NotPapers),
        ("<a><record><b>cut", SourceError),
        ("<a><record><b></record></a>", SourceError),
    ],
)
def test_what_is_broken_before_any_record_holds_no_papers(text: str, kind: type[SourceError]) -> None:
    with pytest.raises(SourceError) as raised:
        pieces(text.encode())
    assert raised.type is kind


@pytest.mark.parametrize(
    "text",
    [
        f"<!DOCTYPE a [<!ENTITY l0 'ha'>{LAUGHS}]><a><record>&l9;</record></a>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a><record>&x;</record></a>",
        "<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1:1/x.dtd'> %x;]><a><record>1</record></a>",
        "<!DOCTYPE a [<!ATTLIST record x CDATA 'long'>]><a><record>1</record></a>",
        "<!DOCTYPE a SYSTEM 'x.dtd' [<!ENTITY x 'y'>]><a><record>&x;</record></a>",
    ],
)
def test_a_doctype_that_declares_anything_is_refused(text: str) -> None:
    with pytest.raises(SourceError, match="DOCTYPE declares something"):
        pieces(text)


def test_a_dtd_that_is_only_named_is_not_fetched() -> None:
    dtd = "<!DOCTYPE a PUBLIC '-//X' 'http://127.0.0.1:1/x.dtd'>"
    assert texts(dtd + "<a><record>1 &alpha;&nonesuch; 2</record></a>") == ["1 α&nonesuch; 2"]


def test_a_document_of_any_length_is_read_in_constant_memory() -> None:
    record = b"<record><t>" + b"x" * 1_000 + b"</t></record>"
    comment, depth = (b"<!--", *[b"y" * 8_000] * 1_000), [b"<z>" * 1_000] * 300
    found: list[bool] = []

    def work() -> None:
        document = joined([b"<a>", *[record] * 30_000, *comment, *depth])
        found.extend(piece.record is not None for piece in elements(document, ["record"]))

    assert peak(work) < 5_000_000
    assert (sum(found), found.count(False)) == (30_000, 1)


@given(st.binary(max_size=100) | st.text("<>/arecod&;!-[]'\" =\n\x0b").map(lambda text: f"<a><record>{text}".encode()))
def test_any_bytes_are_pieces_or_refused(data: bytes) -> None:
    try:
        found = pieces(data)
    except SourceError:
        return
    assert all((piece.record is None) == bool(piece.reason) for piece in found)
    assert all(1 <= piece.line <= data.count(b"\n") + 1 for piece in found)
