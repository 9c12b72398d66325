"""Logistic regression with a small ridge, for the tools that fit chances."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
RIDGE = 1.0


def fitted(x: Array, y: Array, shares: Array | None = None) -> Array:
    """The weights of the columns of `x`, of which the first is 1 (its weight is the intercept and not held small), for
    `y` in {0, 1}, by Newton's method. `shares` is how much each row counts, else 1."""
    counts = np.ones(len(y)) if shares is None else shares
    penalty = np.array([0.0, *[RIDGE] * (x.shape[1] - 1)])
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        p = chances(x, weights)
        slope = x.T @ (counts * (y - p)) - penalty * weights
        weights += np.linalg.solve((x.T * (counts * p * (1 - p))) @ x + np.diag(penalty), slope)
    return weights


def chances(x: Array, weights: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x @ weights)))
