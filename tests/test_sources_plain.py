import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.sources import plain
from assistant.sources.plain import Lines, day_in, day_of, first_last, venue_in


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


@pytest.mark.parametrize(
    ("text", "day"),
    [("2020-5-3", "2020-05-03"), ("2020/05/03/", "2020-05-03"), ("2020-05-03T10:00", "2020-05-03"), ("", None)]
    + [(part, None) for part in ("2020", "2020-05", "2020/05//", "1948/07", "2020-05-")]
    + [(other, other) for other in ("May 2020", "20200503", "soon", "2020-05-033")],
)
def test_a_day_is_a_whole_day(text: str, day: str | None) -> None:
    assert day_in(text) == day


def test_a_day_may_come_in_parts() -> None:
    assert day_of("2020", "sept", "3") == "2020-09-03"
    assert day_of("2020", "JUL 18") == "2020-07-18"
    assert (
        day_of("2020", "JUL-AUG") is day_of("2020", "13", "1") is day_of("2020", "") is day_of("", "may", "1") is None
    )
    assert day_of("2020", "may", "1-3") is None


def test_names_are_turned_round() -> None:
    assert first_last("van der  Berg, Jan") == "Jan van der Berg"
    assert first_last("Ford, Jr, Henry") == first_last("Ford, Henry, Jr", suffix_last=True) == "Henry Ford Jr"
    assert first_last("Plato") == "Plato"
    assert first_last(", ,") == ""


def test_a_preprint_server_is_no_venue() -> None:
    assert venue_in("arXiv preprint arXiv:1706.03762") is venue_in("CoRR") is venue_in(" ") is None
    assert venue_in("Journal of  arXiv Studies") == "Journal of arXiv Studies"
