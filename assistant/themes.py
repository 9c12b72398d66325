"""Papers that belong together, and what to call them. Pure: vectors and titles in, groups and names out.

Groups are those of k-means (scikit-learn). A name is made of the phrases that a group's titles have and others have not
(class-based TF-IDF, Grootendorst 2022).
"""

import math
import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.cleaning import clean
from assistant.embedders import Vectors
from assistant.embedders.embedder import of_length_one
from assistant.text import terms

FEWEST, MOST = 4, 8  # groups
SMALL = 12  # papers; fewer are one group
APIECE = 20  # papers
STARTS = 2  # of k-means, of which the best counts
PHRASES = 2  # a name is made of
OFTEN = 0.02  # of a group's titles have a phrase that may name it
WORDS = 3  # a phrase has at most
SINGLE = 0.4  # what a phrase of one word counts
ENDS = 0.5  # share of a phrase's places in titles after which its noun has come; “multilingual” waits for one mostly
SEED = 0

Stems = tuple[str, ...]

_WORD = re.compile(r"[^\W_][\w'’+]*(?:-[\w'’+]+)*")
_DULL = frozenset(terms(
    "approach method model framework system paper study analysis towards toward via using based new novel efficient "
    "effective improving improve enhancing learning data task problem application case large scale real world beyond "
    "survey review benchmark evaluation understanding"
))  # fmt: skip
_JOINING = frozenset({
    "a", "an", "and", "are", "as", "at", "be", "beyond", "but", "by", "can", "do", "does", "for", "from", "how", "if",
    "in", "into", "is", "it", "its", "not", "of", "on", "or", "over", "than", "that", "the", "their", "then", "there",
    "this", "through", "to", "toward", "towards", "under", "via", "what", "when", "where", "which", "while", "with",
    "without", "using",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Groups:
    """`labels` gives the group of each paper, shape (papers,), the largest group first; `centres` shape
    (groups, dimension), of length 1."""

    labels: NDArray[np.int64]
    centres: Vectors

    def nearest(self, vectors: Vectors) -> NDArray[np.int64]:
        """The group that each of these vectors is nearest to, shape (len(vectors),)."""
        return np.asarray(np.argmax(vectors @ self.centres.T, axis=1), dtype=np.int64)


def grouped(vectors: Vectors) -> Groups:
    """Papers in FEWEST to MOST groups, one for every APIECE of them; in one, where there are few."""
    if len(vectors) < SMALL:
        return _ordered(np.zeros(len(vectors), dtype=np.int64), vectors)
    from sklearn.cluster import KMeans

    count = max(FEWEST, min(MOST, len(vectors) // APIECE))
    apart = vectors - vectors.mean(axis=0)  # what all of them have in common tells no group from another
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that papers are the same, and make fewer groups
        labels = KMeans(count, n_init=STARTS, random_state=SEED).fit_predict(of_length_one(apart))
    return _ordered(labels.astype(np.int64), vectors)


def _ordered(labels: NDArray[np.int64], vectors: Vectors) -> Groups:
    """The groups with these labels, the largest first; a paper goes to the centre nearest to it, as any other does."""
    centres = np.zeros((int(labels.max(initial=0)) + 1, vectors.shape[1]), dtype=np.float32)
    np.add.at(centres, labels, vectors)
    nearest = np.argmax(vectors @ of_length_one(centres).T, axis=1) if len(vectors) else labels
    sizes = Counter(nearest.tolist())
    order = [label for label, _ in sorted(sizes.items(), key=lambda one: (-one[1], one[0]))]
    place = {label: at for at, label in enumerate(order)}
    placed = np.array([place[label] for label in nearest.tolist()], dtype=np.int64)
    return Groups(placed, of_length_one(centres)[order])


def names(titles: Sequence[str], labels: Sequence[int], *, known: Collection[str] = ()) -> dict[int, str]:
    """A readable name for each group: the phrases that set its papers' titles apart, without those that hold a term
    `known` already."""
    written: dict[Stems, Counter[str]] = defaultdict(Counter)
    ended: Counter[Stems] = Counter()
    within: dict[int, Counter[Stems]] = defaultdict(Counter)
    sizes = Counter(labels)
    for title, label in zip(titles, labels, strict=True):
        for key, (phrase, ends) in {key: (phrase, ends) for key, phrase, ends in _phrases(title)}.items():
            if set(key) & set(known):
                continue
            written[key][phrase] += 1
            ended[key] += ends
            within[label][key] += 1
    everywhere: Counter[Stems] = sum(within.values(), Counter())
    named = {key for key, count in everywhere.items() if ended[key] >= ENDS * count}
    made = {}
    for label, counts in sorted(within.items()):
        nouns = Counter({key: count for key, count in counts.items() if key in named})
        found = (_name(some, everywhere, written, size=sizes[label], total=len(titles)) for some in (nouns, counts))
        made[label] = next(filter(None, found), "")
    return {label: made.get(label) or f"Group {label + 1}" for label in sorted(sizes)}


def _name(
    within: Counter[Stems], everywhere: Counter[Stems], written: Mapping[Stems, Counter[str]], *, size: int, total: int
) -> str:
    """Phrases of several words, and single ones only where there are none."""

    def worth(key: Stems) -> float:
        apart = within[key] / everywhere[key] * total / size  # how many times as often as in all
        return within[key] * math.log(apart) * (1.0 if " " in _usual(written[key]) else SINGLE)

    chosen: list[Stems] = []
    often = [key for key, count in within.items() if count >= max(2, OFTEN * size)]
    for key in sorted(often, key=lambda key: (-worth(key), key)):
        if not any(set(key) & set(other) or _is_short(written[key], written[other]) for other in chosen):
            chosen.append(key)
        if len(chosen) == PHRASES:
            break
    said = ", ".join(_small(_usual(written[key])) for key in chosen)
    return said[:1].upper() + said[1:]


def _is_short(one: Counter[str], other: Counter[str]) -> bool:
    """Whether one of two phrases is short for the other: `LLM` for `language models`."""
    return any(
        len(word) > 1 and word.rstrip("s").isupper() and word.rstrip("s").endswith(_initials(phrase))
        for word, phrase in ((_usual(one), _usual(other)), (_usual(other), _usual(one)))
        if " " in phrase
    )


def _initials(phrase: str) -> str:
    return "".join(word[0] for word in re.split(r"[ -]", phrase) if word).upper()


def _usual(ways: Counter[str]) -> str:
    """The way in which a phrase is written most often."""
    return min(ways, key=lambda way: (-ways[way], way))


def _small(phrase: str) -> str:
    """`phrase` in small letters, but for what is a name."""
    return re.sub(r"[^\W\d_]+", lambda word: word[0].lower() if word[0][1:].islower() else word[0], phrase)


def _phrases(title: str) -> Iterator[tuple[Stems, str, bool]]:
    """(stems, as written, whether no further noun follows) of the runs of words in a title that can stand in a name:
    between marks, none of them a word that only joins, not all of them dull."""
    for part in re.split(r"[:;,.?!()\[\]/–—]|\s-\s", clean(title)):
        words = _WORD.findall(part)
        for at in range(len(words)):
            for end in range(at + 1, min(at + WORDS, len(words)) + 1):
                run = words[at:end]
                stems = tuple(terms(" ".join(run)))
                if any(word.casefold() in _JOINING for word in run) or len(stems) < len(run) or not stems:
                    continue
                if all(stem in _DULL for stem in stems) or (stems[-1] in _DULL and len(stems) == 1):
                    continue
                if len(run) == 1 and (len(run[0]) < 3 or run[0].isdigit()):
                    continue
                yield stems, " ".join(run), end == len(words) or words[end].casefold() in _JOINING
