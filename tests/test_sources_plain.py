import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sources import plain
from assistant.sources.plain import Lines


def test_lines_are_numbered_and_decoded_one_by_one() -> None:
    lines = Lines(io.BytesIO("\ufeffä\n\n".encode() + b"\xe4 \x93x\x94 \x81\nend"))
    assert list(lines) == [(1, "ä\n"), (2, "\n"), (3, "ä “x” \n"), (4, "end")]
    assert lines.fallback == 3


@given(st.text(max_size=200))
def test_a_long_line_comes_in_pieces_that_lose_nothing(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, "MAX_LINE", 7)
        lines = Lines(io.BytesIO(text.encode(errors="replace")))
        pieces = list(lines)
    assert "".join(piece for _, piece in pieces) == text.encode(errors="replace").decode().removeprefix("\ufeff")
    assert lines.fallback is None
    assert [number for number, _ in pieces[-1:]] in ([], [text.count("\n") + (not text.endswith("\n"))])
