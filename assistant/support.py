"""How likely a claim is supported by what it cites: a logistic regression over a handful of signals.

The coefficients and thresholds are data, fitted by `tools/fit_checks.py`; their card lies beside them
(`support_model/README.md`).
"""

import json
import math
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

FOLDER = Path(__file__).parent / "support_model"
LEAST = 0.25  # share below which a claim is not supported, however likely; 3 % of the supported of SciFact train
NEARNESS, WORDS = "with nearness", "words alone"  # the two fits


@dataclass(frozen=True, slots=True)
class Signals:
    """What a claim has in common with the abstracts it cites, and what speaks against it.

    `share` of the claim's rarity that the supporting spans and the titles hold, 0 to 1; `near`, how near its words are
    to those of the abstract by the embedder, at most 1, None without one. Three count as far as the abstract speaks of
    the same at all, that is, times `share`: `opposed`, the strength of the strongest opposition, 0 to 1
    (`polarity.oppositions`); `direction`, -1 to 1 (`polarity.direction`); `negation`, 1 where one of the claim and the
    sentence nearest to it negates and the other does not. `numbers` and `names`: whether it has any that the abstracts
    do not hold.
    """

    share: float
    near: float | None
    opposed: float
    direction: float
    negation: float
    numbers: bool
    names: bool

    def values(self) -> dict[str, float]:
        """The signals that there are, as numbers, by name."""
        return {name: float(value) for name, value in asdict(self).items() if value is not None}


def probability(signals: Signals) -> float:
    """How likely it is that the abstracts support the claim, 0 to 1, as fitted."""
    fitted = _fitted(signals)
    return 1 / (1 + math.exp(-sum(fitted["coefficients"][k] * v for k, v in signals.values().items()) - fitted["bias"]))


def verdict(signals: Signals) -> Literal["supported", "partial", "unsupported"]:
    """`probability` against the thresholds of the fit; nothing where hardly a word is found."""
    likely, fitted = probability(signals), _fitted(signals)
    if signals.share < LEAST:
        return "unsupported"
    return "supported" if likely >= fitted["supported"] else "partial" if likely >= fitted["partial"] else "unsupported"


def _fitted(signals: Signals) -> dict[str, Any]:
    found: dict[str, Any] = _models()[WORDS if signals.near is None else NEARNESS]
    return found


@lru_cache(maxsize=1)
def _models() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / "coefficients.json").read_text(encoding="utf-8"))
    return found
