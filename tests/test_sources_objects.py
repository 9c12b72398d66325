import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sources import objects as module
from assistant.sources.objects import keys, objects
from assistant.sources.pieces import Piece
from tests.reading import joined, peak


def pieces(data: bytes | str) -> list[Piece[Any]]:
    return list(objects(io.BytesIO(data.encode() if isinstance(data, str) else data)))


def found(data: bytes | str) -> list[Any]:
    return [piece.record for piece in pieces(data)]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
records = st.dictionaries(st.text(max_size=5), values, max_size=4)


@given(st.lists(records, max_size=5), st.sampled_from([None, 0, 2]), st.booleans(), st.integers(1, 40))
def test_every_object_of_any_document_is_found(given: list[Any], indent: int | None, plain: bool, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        patch.setattr(module, "_is_a_line", lambda *lines: False)
        for document in (given, {"total": 3, "of": [{"a": 1}], "data": given, "group": [{"b": [{}]}]}):
            assert found(json.dumps(document, indent=indent, ensure_ascii=plain)) == given
    lines = "\n".join(json.dumps(record, ensure_ascii=plain) for record in given)
    assert found(lines) == given
    for record in given:
        assert found(json.dumps(record, indent=indent)) == [record]


@given(st.binary(max_size=200) | st.text('{}[]",:\\ \n1a').map(str.encode), st.integers(1, 9))
def test_any_bytes_give_pieces(data: bytes, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        for piece in pieces(data):
            assert (piece.record is None) == bool(piece.reason)
            assert 1 <= piece.line <= data.count(b"\n") + 1
    keys(data)


def test_each_object_has_its_line() -> None:
    assert [piece.line for piece in pieces('\n[\n {"a": 1}, {"b":\n 2},\n\n{"c": 3}]')] == [3, 3, 6]
    assert [piece.line for piece in pieces('\n\n{"a": 1}\n\n{"b": 2}\n')] == [3, 5]
    assert [piece.line for piece in pieces('{"x": "\\n",\n "data": [\n{"a": 1}]}')] == [3]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b'{"a": nil}', "not JSON: expecting value at character 6"),
        (b'{"a": "\xff"}', "not UTF-8 (byte 0xff)"),
        (b'{"a": "never closed}', "not JSON"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "not JSON that can be read"),
        (b'{"a": ' + b"[" * 101 + b"]" * 101 + b"}", "nested deeper than 100 levels"),
    ],
)
def test_a_broken_object_does_not_stop_the_others(broken: bytes, reason: str) -> None:
    if b"never" in broken:
        lines = pieces(b'{"n": 1}\n' + broken + b'\n{"n": 2}')
        assert [piece.record for piece in lines] == [{"n": 1}, None, {"n": 2}]
        assert reason in lines[1].reason
        return
    one, two, three = pieces(b'[{"n": 1},\n' + broken + b',\n{"n": 2}]')
    assert (one.record, three.record, three.line) == ({"n": 1}, {"n": 2}, 3)
    assert (two.record, two.line) == (None, 2)
    assert reason in two.reason


def test_half_a_character_is_replaced_and_a_whole_one_stays() -> None:
    assert found(r'[{"a": "x\ud800y", "b": "\ud83d\ude00", "\udc00": 1}]') == [
        {"a": "x\ufffdy", "b": "😀", "\ufffd": 1}
    ]


def test_lines_are_read_even_if_the_first_is_cut() -> None:
    one, two = pieces('{"a": [{"b":\n{"n": 2}')
    assert one.reason.startswith("not JSON")
    assert (two.record, two.line) == ({"n": 2}, 2)


def test_a_document_that_is_cut_short_says_so() -> None:
    one, two = pieces('[{"n": 1}, {"n": [2')
    assert one.record == {"n": 1}
    assert two.reason == "cut short, or not closed"


def test_what_is_no_object_is_passed_over() -> None:
    assert found('[null, {"n": 1}, "{", [{"m": 2}], 3]') == [{"n": 1}]


def test_a_list_and_an_object_too_long_to_be_held_are_read_in_constant_memory() -> None:
    short, long = b'{"a": "' + b"x" * 65_000 + b'"},', (b'{"long": "', *[b"y" * 65_000] * 1_000)
    found: list[bool] = []

    def work() -> None:
        found.extend(piece.record is not None for piece in objects(joined([b"[", *[short] * 400, *long])))

    assert peak(work) < 20_000_000
    assert (sum(found), found.count(False)) == (400, 1)


def test_the_keys_of_a_document_and_of_its_first_record_are_told() -> None:
    def told(head: bytes) -> tuple[set[str], set[str]]:
        document, record = keys(head)
        return set(document), set(record)

    assert told(b'[null, {"a": {"b": [{"c": 1}]}, "d": "e:') == (set(), {"a", "d"})
    assert told(b'{"a": {"b": 1}, "c": ["d"]}\n{"e": 1}') == ({"a", "c"}, {"a", "c"})
    assert told(b'{"total": 1, "data": [{"a": 1}, {"b": 2}], "next": 3}') == ({"total", "data"}, {"a"})
    assert told(b'{"total": 1, "data": []}') == ({"total", "data"}, set())
