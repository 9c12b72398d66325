from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.support import LEAST, Signals, probability, verdict

WELL = Signals(share=1.0, near=1.0, opposed=0.0, direction=0.0, negation=0.0, numbers=False, names=False)


@pytest.mark.parametrize("near", [1.0, None])
def test_what_has_everything_is_supported_with_an_embedder_and_without(near: float | None) -> None:
    assert verdict(replace(WELL, near=near)) == "supported"


@pytest.mark.parametrize("near", [0.2, None])
def test_what_has_nothing_is_not(near: float | None) -> None:
    assert verdict(replace(WELL, share=0.0, near=near)) == "unsupported"
    assert verdict(replace(WELL, share=LEAST - 0.01, near=1.0, direction=-1.0)) == "unsupported"


@given(st.floats(0, 1), st.none() | st.floats(0, 1), st.floats(0, 1), st.floats(-1, 1), st.floats(0, 1))
def test_what_speaks_against_a_claim_never_makes_it_likelier(
    share: float, near: float | None, opposed: float, direction: float, negation: float
) -> None:
    signals = Signals(share, near, 0.0, direction, 0.0, numbers=False, names=False)
    likely = probability(signals)
    assert 0 <= likely <= 1
    for worse in (
        replace(signals, opposed=opposed),
        replace(signals, negation=negation),
        replace(signals, numbers=True),
        replace(signals, names=True),
        replace(signals, share=share / 2),
    ):
        assert probability(worse) <= likely
