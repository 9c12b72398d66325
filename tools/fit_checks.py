"""Fit the model of `assistant/support.py`: how likely a claim is supported by the abstract it cites.

    python tools/fit_checks.py ../shared/data assistant/support_model

Logistic regression, ridge on standardised signals, by Newton's method, over the claims of SciFact train, each with the
abstract it cites: supported, or not (contradicted, or nothing said). Fitted twice, with the bundled embedder's nearness
and without. The thresholds are chosen on probabilities out of fold, counting that absent numbers and names and plain
opposites decide alone: F1 is nearly level over a wide range of them, and `supported` is the upper end of where it is
within LEVEL of its best, `partial` the lower end.
"""

import argparse
import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import bench_checks
import judged_data
import numpy as np
from numpy.typing import NDArray

from assistant import embedders
from assistant.citations import OPPOSED
from assistant.embedders import StaticEmbedder
from assistant.support import LEAST, NEARNESS, WORDS, Signals

RIDGE = 1.0
FOLDS = 5
LEVEL = 0.02
Numbers = NDArray[np.float64]


def fit(x: Numbers, y: Numbers) -> Numbers:
    """Bias and coefficients, shape (signals + 1,), of `x`, shape (claims, signals), for labels `y` of 0 and 1."""
    mean, spread = x.mean(axis=0), x.std(axis=0)
    z = np.c_[np.ones(len(x)), (x - mean) / spread]
    ridge = RIDGE * np.diag(np.r_[0.0, np.ones(x.shape[1])])
    weights = np.zeros(z.shape[1])
    for _ in range(25):
        p = 1 / (1 + np.exp(-z @ weights))
        curvature = (z * (p * (1 - p))[:, None]).T @ z + ridge
        weights += np.linalg.solve(curvature, z.T @ (y - p) - ridge @ weights)
    coefficients = weights[1:] / spread
    found: Numbers = np.r_[weights[0] - coefficients @ mean, coefficients]
    return found


def likely(weights: Numbers, x: Numbers) -> Numbers:
    found: Numbers = 1 / (1 + np.exp(-(x @ weights[1:] + weights[0])))
    return found


def out_of_fold(x: Numbers, y: Numbers) -> Numbers:
    """The probability of each claim by a model that was fitted without it."""
    fold = np.random.default_rng(0).permutation(len(y)) % FOLDS
    found = np.zeros(len(y))
    for n in range(FOLDS):
        found[fold == n] = likely(fit(x[fold != n], y[fold != n]), x[fold == n])
    return found


def f1(chosen: NDArray[np.bool_], y: Numbers) -> float:
    return float(2 * y[chosen].sum() / (chosen.sum() + y.sum()))


def fitted(claims: Sequence[Signals], y: Numbers, *, near: bool) -> dict[str, Any]:
    """A fit as `coefficients.json` has it."""
    names = [name for name in Signals.__dataclass_fields__ if near or name != "near"]
    x = np.array([[one.values()[name] for name in names] for one in claims])
    free = np.array(
        [not one.numbers and not one.names and one.opposed < OPPOSED and one.share >= LEAST for one in claims]
    )
    p = out_of_fold(x, y)
    steps = np.arange(0.2, 0.8, 0.01)
    found = np.array([f1(free & (p >= at), y) for at in steps])
    level = np.flatnonzero(found >= found.max() - LEVEL)
    partial, supported = steps[level[0]], steps[level[-1]]
    weights = fit(x, y)
    auc = bench_checks.auc(p[y == 1], p[y == 0])
    return {
        "bias": round(float(weights[0]), 4),
        "coefficients": {name: round(float(value), 4) for name, value in zip(names, weights[1:], strict=True)},
        "supported": round(float(supported), 2),
        "partial": round(float(partial), 2),
        "out_of_fold": {"auc": round(auc, 3), "f1": round(float(found[level[-1]]), 3)},
    }


def card(folder: Path, models: dict[str, dict[str, Any]], claims: int) -> None:
    """Bring the facts in the card up to date."""
    lines = [f"- claims of SciFact train: {claims}; fitted {date.today()}"]
    for name, model in models.items():
        said = ", ".join(f"{signal} {value:+.2f}" for signal, value in model["coefficients"].items())
        thresholds = f"supported from {model['supported']}, partial from {model['partial']}"
        lines.append(f"- {name}: bias {model['bias']:+.2f}, {said}; {thresholds}")
        lines.append(
            f"  out of fold: AUC {model['out_of_fold']['auc']}, F1 of `supported` {model['out_of_fold']['f1']}"
        )
    file = folder / "README.md"
    facts = "<!-- facts of the run -->\n" + "\n".join(lines) + "\n<!-- end of facts -->"
    text = re.sub(r"<!-- facts.*end of facts -->", lambda _: facts, file.read_text(encoding="utf-8"), flags=re.DOTALL)
    file.write_text(text, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=judged_data.folder, help="folder of judged data")
    parser.add_argument("out", type=Path, help="folder of the model; its card must be there")
    args = parser.parse_args()
    cases, rarity = bench_checks.scifact(args.data, "train")
    embedder = StaticEmbedder("bundled", embedders.BUNDLED)
    claims = [bench_checks.signals(case, rarity, embedder) for case in cases]
    y = np.array([float(case.label == bench_checks.SUPPORT) for case in cases])
    models = {name: fitted(claims, y, near=name == NEARNESS) for name in (NEARNESS, WORDS)}
    (args.out / "coefficients.json").write_text(json.dumps(models, indent=2) + "\n", encoding="utf-8")
    card(args.out, models, len(cases))


if __name__ == "__main__":
    main()
