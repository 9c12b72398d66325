"""Near duplicates among the papers of a library: candidates by MinHash and by title, each pair then compared in full.

A text is the set of its runs of three words, title and abstract together; how much two texts are alike is the share of
such runs that they have in common (Jaccard). MinHash gives every text a signature in which two texts agree at a place
with just that probability; those that agree in a whole band of places are compared. Memory is 200 bytes a paper, the
texts of a block, and the candidates. Nothing is changed.
"""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.cleaning import clean, whole
from assistant.library import Library, Progress
from assistant.papers import StoredPaper, title_key
from assistant.reports import Duplicates, Twins
from assistant.results import cite
from assistant.text import plain_words

ALIKE = 0.5  # least likeness of near duplicates; two versions of a seed paper are 0.55, no other two above 0.13
LEAST = 0.4  # likeness that can be asked for; of what is less alike, bands miss too much
TITLED = 0.2  # … of papers that have the same title
# Two texts share a band with a probability of 0.96 where they are 0.5 alike, 0.999 at 0.6, 0.71 at 0.4, 0.005 at 0.1.
BANDS, ROWS = 48, 4
NEIGHBOURS = 10  # that share a band, after it, each paper is compared with; further ones are linked by these
BLOCK = 2_000  # texts read at a time

Ints = NDArray[np.uint64]
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63], dtype=np.uint64)


def duplicates(
    *,
    library: Library,
    alike: float = ALIKE,
    progress: Progress = lambda what, done, total: None,
    clock: Callable[[], float] = time.perf_counter,
) -> Duplicates:
    """The papers of the library that are nearly the same, in groups, those most alike first."""
    started = clock()
    with library.unchanging():
        numbers = library.numbers()
        bands, titles = _sketched(library, numbers, progress)
        pairs = _candidates([*bands.T, titles])
        del bands
        links = list(_verified(library, numbers, pairs, titles, alike, progress))
        groups = [_twins(library, members, found) for members, found in _grouped(links)]
    ordered = sorted(groups, key=lambda one: (-one.likeness, one.papers[0].paper_id))
    return Duplicates(tuple(ordered), len(numbers), alike, clock() - started)


def shingles(text: str) -> Ints:
    """The runs of three words of a text, each as a number, sorted, each once; of a shorter one, its words."""
    words = plain_words(text)
    codes = np.fromiter((zlib.crc32(word.encode()) for word in words), dtype=np.uint64, count=len(words))
    with np.errstate(over="ignore"):
        mixed = codes[:-2] * _MIX[0] + codes[1:-1] * _MIX[1] + codes[2:] * _MIX[2] if len(codes) > 2 else codes
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _MIX[0]
    return np.unique(mixed)


def likeness(one: Ints, other: Ints) -> float:
    """The share of the runs of two texts that they have in common, from 0 to 1."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / (len(one) + len(other) - common or 1)


def _sketched(library: Library, numbers: Sequence[int], progress: Progress) -> tuple[NDArray[np.uint32], Ints]:
    """What each paper may be found by: the hashes of its bands, and one of its title."""
    from datasketch import MinHash

    bands = np.zeros((len(numbers), BANDS), dtype=np.uint32)
    titles = np.zeros(len(numbers), dtype=np.uint64)
    for at in range(0, len(numbers), BLOCK):
        progress("comparing", at, len(numbers))
        texts = library.texts(numbers[at : at + BLOCK])
        runs = ((shingles(f"{title}. {abstract}") >> np.uint64(32)).tolist() for title, abstract in texts)
        made = MinHash.generator(runs, num_perm=BANDS * ROWS, hashfunc=_itself)
        for row, ((title, _), sketch) in enumerate(zip(texts, made, strict=True), at):
            with np.errstate(over="ignore"):
                mixed = (sketch.hashvalues.reshape(BANDS, ROWS) * _MIX).sum(axis=1)
            bands[row] = mixed >> np.uint64(32)
            titles[row] = _title_hash(title)
    return bands, titles


def _itself(value: int) -> int:
    return value


def _title_hash(title: str) -> int:
    """Of the letters of a title: `Multi-modal` and `Multimodal` are the same."""
    return int.from_bytes(blake2b(title_key(title).replace("-", "").encode(), digest_size=8).digest())


def _candidates(columns: Iterable[NDArray[Any]]) -> NDArray[np.int64]:
    """The pairs of rows that are equal in a column, sorted; shape (pairs, 2)."""
    found = np.empty((0, 2), dtype=np.int64)
    for column in columns:
        order = np.argsort(column, kind="stable")
        ranked = column[order]
        for distance in range(1, NEIGHBOURS + 1):
            same = np.flatnonzero(ranked[distance:] == ranked[:-distance])
            if not len(same):
                break
            found = np.vstack([found, np.column_stack([order[same], order[same + distance]])])
        found = np.unique(found, axis=0)
    return found


def _verified(
    library: Library,
    numbers: Sequence[int],
    pairs: NDArray[np.int64],
    titles: Ints,
    alike: float,
    progress: Progress,
) -> Iterator[tuple[int, int, float, bool]]:
    """The pairs that are alike: the numbers of both papers, how much, and whether their titles are the same."""
    rows: list[int] = np.unique(pairs).tolist()
    runs: dict[int, Ints] = {}
    for at in range(0, len(rows), BLOCK):
        progress("verifying", at, len(rows))
        texts = library.texts([numbers[row] for row in rows[at : at + BLOCK]])
        for row, (title, abstract) in zip(rows[at : at + BLOCK], texts, strict=True):
            runs[row] = shingles(whole(title, abstract))
    for one, other in pairs.tolist():
        how, titled = likeness(runs[one], runs[other]), bool(titles[one] == titles[other])
        if how >= (min(TITLED, alike) if titled else alike):
            yield numbers[one], numbers[other], how, titled


def _grouped(
    links: Sequence[tuple[int, int, float, bool]],
) -> Iterator[tuple[list[int], list[tuple[int, int, float, bool]]]]:
    """The papers that links join, each group with its links."""
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while (above := parent.setdefault(number, number)) != number:
            parent[number] = parent[above]
            number = above
        return number

    for one, other, _, _ in links:
        parent[max(root(one), root(other))] = min(root(one), root(other))
    groups: dict[int, list[tuple[int, int, float, bool]]] = {}
    for link in links:
        groups.setdefault(root(link[0]), []).append(link)
    for found in groups.values():
        yield sorted({number for one, other, _, _ in found for number in (one, other)}), found


def _twins(library: Library, members: Sequence[int], links: Sequence[tuple[int, int, float, bool]]) -> Twins:
    papers: list[StoredPaper] = list(library.stored(members).values())
    least = min(how for _, _, how, _ in links)
    titled = all(same for _, _, _, same in links)
    return Twins(tuple(cite(n, one, clean(one.paper.title)) for n, one in enumerate(papers, 1)), least, titled)
