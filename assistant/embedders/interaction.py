"""Late interaction: whether a text has something near to every token of a question. Pure.

The sum of best matches (MaxSim) is that of O. Khattab and M. Zaharia, ColBERT: Efficient and Effective Passage Search
via Contextualized Late Interaction over BERT, SIGIR 2020; here over static token vectors.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.embedders.embedder import Vectors, of_length_one

Tokens = NDArray[np.int64]


def max_sim(question: Tokens, texts: Sequence[Tokens], table: NDArray[np.float32] | NDArray[np.int8]) -> Vectors:
    """For each text the mean, over the question's tokens, of the highest cosine that the token has with one of the
    text's; shape (len(texts),), 0 for a text or a question without tokens.

    Tokens are rows of `table`, shape (tokens, dimension). Each counts by the length of its vector: training made the
    vectors of words that tell much long, and their lengths rank as well as idf does.
    """
    found = np.zeros(len(texts), dtype=np.float32)
    filled = [number for number, tokens in enumerate(texts) if len(tokens)]
    if not len(question) or not filled:
        return found
    asked = table[question].astype(np.float32)
    weights = np.linalg.norm(asked, axis=1)
    distinct, where = np.unique(np.concatenate([texts[number] for number in filled]), return_inverse=True)
    told = table[distinct].astype(np.float32)
    cosines: Vectors = of_length_one(asked) @ told.T
    cosines /= _lengths(told)  # here, where there are fewer numbers than in `told`
    lengths = np.array([len(texts[number]) for number in filled])
    best = np.maximum.reduceat(cosines[:, where], np.cumsum(lengths) - lengths, axis=1)
    found[filled] = weights @ best / max(float(weights.sum()), float(np.finfo(np.float32).tiny))
    return found


def _lengths(vectors: Vectors) -> Vectors:
    """The length of each vector, 1 for the zero vector; shape (len(vectors),)."""
    lengths: Vectors = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    lengths[lengths == 0] = 1
    return lengths
