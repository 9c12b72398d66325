"""The sentence of an abstract that best stands for it (TLDR). Pure: texts in, a position out.

A linear model of what the sentence is there for, of the title's words it holds, of its position and length. Its weights
were fitted by `tools/bench_tldr.py` on SciTLDR train (Cachola et al., TLDR: Extreme Summarization of Scientific
Documents, Findings of EMNLP 2020); docs/digests.md has what it reaches on the test part.
"""

import re
from collections.abc import Mapping, Sequence

from assistant.cleaning import clean
from assistant.papers import Paper
from assistant.roles import is_link, own_word
from assistant.text import Span, content_terms, sentences, terms

LONG = 60  # words; a longer sentence counts as one of so many
COMMON = 1.0  # rarity of a term nothing is known about
# own word, says what the paper proposes, share of the title's rarity, position, length, its square
WEIGHTS = (0.081, 0.058, 0.206, -0.086, 0.291, -0.299)

_PROPOSES = re.compile(
    r"\b(?:we|this paper|this work)\b.{0,25}\b(?:propose|introduce|present|develop|show|study|investigate|demonstrate|"
    r"describe)",
    re.IGNORECASE,
)


def tldr(paper: Paper, *, rarity: Mapping[str, float]) -> Span | None:
    """The span of the abstract's sentence that stands for it; None where the abstract says nothing.

    `rarity` weighs index terms (idf); a term not in it counts as common.
    """
    spans = sentences(paper.abstract)
    texts = [clean(paper.abstract[start:end]) for start, end in spans]
    usable = [at for at, text in enumerate(texts) if any(c.isalnum() for c in text) and not is_link(text)]
    if not usable:
        return None
    rows = features(clean(paper.title), texts, rarity=rarity)
    return spans[max(usable, key=lambda at: (worth(rows[at]), -at))]


def worth(row: Sequence[float]) -> float:
    """How well a sentence of these features stands for its abstract."""
    return sum(weight * value for weight, value in zip(WEIGHTS, row, strict=True))


def features(title: str, texts: Sequence[str], *, rarity: Mapping[str, float]) -> list[tuple[float, ...]]:
    """What is looked at of each sentence of an abstract, in the order of WEIGHTS, each in [0, 1]."""
    wanted = {term: rarity.get(term, COMMON) for term in content_terms(title)}
    whole = sum(wanted.values()) or 1.0
    rows: list[tuple[float, ...]] = []
    for at, text in enumerate(texts):
        here = set(terms(text))
        share = sum(weight for term, weight in wanted.items() if term in here) / whole
        length = min(len(text.split()), LONG) / LONG
        own = own_word(text, at=at, of=len(texts))
        rows.append((own, float(bool(_PROPOSES.search(text))), share, at / max(1, len(texts) - 1), length, length**2))
    return rows
