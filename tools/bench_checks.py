"""Measure the check of sentences against abstracts (`citations.check`), with the bundled embedder.

    python tools/bench_checks.py ../shared/data

1. SciFact: each claim as a sentence that cites its abstract; is a supported claim told from one the abstract
   contradicts, or says nothing of, and is the sentence found that shows it? Model and thresholds were fitted on train
   (tools/fit_checks.py); test is only reported.
2. Perturbed sentences of the seeds: a number changed, a name exchanged, negated, a word of direction turned round, the
   citation moved to another paper, an invented marker; the same sentences untouched, and reworded without harm. Seeded,
   so every run makes the same ones.
3. SciTLDR: one-sentence summaries that cite the paper they were written of, and the paper nearest to it.
"""

import argparse
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import judged_data
import numpy as np
from numpy.typing import NDArray

from assistant import embedders
from assistant.citations import check
from assistant.cleaning import clean
from assistant.drafts import Claim
from assistant.embedders import StaticEmbedder
from assistant.papers import Chunk, Paper, Passage, StoredPaper
from assistant.quantities import quantities
from assistant.results import Sentence
from assistant.sources import hf_page
from assistant.support import Signals, probability
from assistant.text import sentences, terms
from assistant.weighing import Evidence, weigh

VERDICTS = ("supported", "partial", "unsupported")
SUPPORT, CONTRADICT, NOTHING = "SUPPORT", "CONTRADICT", "NOT_ENOUGH_INFO"
RESAMPLES = 2_000
SENTENCES = 3  # of an abstract
SUMMARIES = 500
Rarity = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Case:
    """A sentence that cites `passages[n - 1]` for each of its marks; `shown` are sentences that show what it says."""

    label: str
    text: str
    marks: tuple[int, ...]
    passages: tuple[Passage, ...]
    shown: tuple[str, ...] = ()


def passage(paper: Paper) -> Passage:
    return Passage(StoredPaper(paper.paper_id, paper), Chunk(0, 0), score=0.0, lexical=0.0, vector=0.0)


def rarity(papers: Sequence[Paper]) -> Rarity:
    """idf of the papers' terms, as the lexical index weighs them."""
    frequency: Counter[str] = Counter()
    for paper in papers:
        frequency.update(set(terms(f"{clean(paper.title)} {clean(paper.abstract)}")))
    unseen = math.log(1 + (len(papers) + 0.5) / 0.5)
    known = {term: math.log(1 + (len(papers) - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}
    return defaultdict(lambda: unseen, known)


def judged(case: Case, weights: Rarity, embedder: StaticEmbedder) -> Sentence:
    claim = Claim(case.text, (), case.marks, 0, "paragraph")
    return check([claim], case.passages, rarity=weights, nearness=embedder.interaction).sentences[0]


def signals(case: Case, weights: Rarity, embedder: StaticEmbedder) -> Signals:
    """What speaks for and against a claim that is no sentence of its abstract."""
    cited = {n: Evidence(case.passages[n - 1]) for n in case.marks}
    found = weigh(case.text, cited, rarity=weights, nearness=embedder.interaction).signals
    if found is None:
        raise ValueError(f"the abstract has this word for word: {case.text}")
    return found


# ---- SciFact


def scifact(data: Path, part: str) -> tuple[list[Case], Rarity]:
    folder = data / "scifact"
    papers = {row["_id"]: Paper(row["title"], row["text"]) for row in _rows(folder / "corpus.jsonl")}
    cases = [
        Case(
            document["label"],
            row["claim"],
            (1,),
            (passage(papers[document["doc_id"]]),),
            tuple(text for rationale in document["rationales"] for text in rationale["text"]),
        )
        for row in _rows(folder / "evidence.jsonl")
        if row["split"] == {"train": "train", "test": "dev"}[part]  # the authors' dev is BEIR's test
        for document in row["docs"]
    ]
    return cases, rarity(list(papers.values()))


def auc(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> float:
    """How often a positive is above a negative; a tie counts half."""
    above = np.searchsorted(np.sort(negative), positive, side="left").sum()
    level = np.searchsorted(np.sort(negative), positive, side="right").sum()
    return float((above + level) / 2 / (len(positive) * len(negative)))


def interval(positive: NDArray[np.float64], negative: NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 % of the AUC over resamples of both sides."""
    draw = np.random.default_rng(0)
    found = [auc(draw.choice(positive, len(positive)), draw.choice(negative, len(negative))) for _ in range(RESAMPLES)]
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def figures(title: str, cases: Sequence[Case], weights: Rarity, embedder: StaticEmbedder) -> None:
    likely = np.array([probability(signals(case, weights, embedder)) for case in cases])
    labels = np.array([case.label for case in cases])
    sentences_of = [judged(case, weights, embedder) for case in cases]
    supported = np.array([sentence.verdict == "supported" for sentence in sentences_of])
    yes = labels == SUPPORT
    print(f"\n| {title} | figure |\n| --- | --- |")
    low, high = interval(likely[yes], likely[~yes])
    print(f"| supported against the rest, ROC AUC | {auc(likely[yes], likely[~yes]):.3f} ({low:.3f}–{high:.3f}) |")
    for rest, name in ((NOTHING, "nothing said"), (CONTRADICT, "contradicted")):
        print(f"| … against {name} only | {auc(likely[yes], likely[labels == rest]):.3f} |")
    precision, recall = yes[supported].mean(), supported[yes].mean()
    f1 = 2 * precision * recall / (precision + recall)
    print(f"| `supported`: precision, recall, F1 | {precision:.3f}, {recall:.3f}, {f1:.3f} |")
    shown = [(sentence, case) for sentence, case in zip(sentences_of, cases, strict=True) if case.shown]
    hits = sum(any(_overlap(quote.text, text) for quote in s.quotes for text in c.shown) for s, c in shown)
    print(f"| a quote shows a sentence that decides it | {hits / len(shown):.1%} of {len(shown)} |")


def _overlap(quote: str, sentence: str) -> bool:
    """Whether one holds the other; the two may be cut into sentences differently."""
    quote, sentence = " ".join(quote.split()), " ".join(sentence.split())
    return quote in sentence or sentence in quote


# ---- perturbed sentences

# Words of direction and their opposites, in their forms. They were not taken from the check's own list.
_OPPOSITES = [
    ("increase", "decrease"), ("increases", "decreases"), ("increased", "decreased"), ("increasing", "decreasing"),
    ("improve", "degrade"), ("improves", "degrades"), ("improved", "degraded"), ("improving", "degrading"),
    ("improvement", "degradation"), ("improvements", "degradations"), ("enhance", "impair"), ("enhances", "impairs"),
    ("enhanced", "impaired"), ("enhancing", "impairing"), ("higher", "lower"), ("high", "low"), ("highest", "lowest"),
    ("faster", "slower"), ("fast", "slow"), ("larger", "smaller"), ("large", "small"), ("better", "worse"),
    ("best", "worst"), ("more", "less"), ("fewer", "more"), ("outperforms", "underperforms"),
    ("outperform", "underperform"), ("outperforming", "underperforming"), ("superior", "inferior"),
    ("stronger", "weaker"), ("strong", "weak"), ("efficient", "inefficient"), ("effective", "ineffective"),
    ("efficiently", "inefficiently"), ("effectively", "ineffectively"), ("reduce", "raise"), ("reduces", "raises"),
    ("reduced", "raised"), ("reducing", "raising"), ("reduction", "rise"), ("accelerate", "decelerate"),
    ("accelerates", "decelerates"), ("longer", "shorter"), ("long", "short"), ("enable", "prevent"),
    ("enables", "prevents"), ("enabling", "preventing"), ("positive", "negative"), ("gains", "losses"),
    ("robust", "fragile"), ("stable", "unstable"), ("accurate", "inaccurate"), ("significantly", "insignificantly"),
    ("significant", "insignificant"), ("easily", "hardly"), ("surpasses", "trails"), ("surpassing", "trailing"),
    ("maintaining", "sacrificing"), ("preserving", "destroying"), ("successfully", "unsuccessfully"),
]  # fmt: skip
_TURNED = {a: b for pair in _OPPOSITES for a, b in (pair, pair[::-1])}
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|will|would|may|might|must|should|does|do|did|has|have)\b(?! not)"
)
_OURS = re.compile(r"\b([Ww])e (?!do not)(\w+)")
_NAME = re.compile(r"\b[A-Z][a-z]*[A-Z]\w+")


def _numbered(text: str, draw: random.Random) -> str:
    numbers = [quantity.text for quantity in quantities(text) if re.match(r"\d", quantity.text)]
    if not numbers:
        return text
    said = draw.choice(numbers)
    changed = re.sub(
        r"[\d.,]+", lambda number: f"{float(number[0].replace(',', '').strip('.')) * 3 + 1:g}", said, count=1
    )
    return text.replace(said, changed, 1)


def _negated(text: str, draw: random.Random) -> str:
    """`text` with one negation more, or with one less where it has one."""
    without = re.sub(r"\bcannot\b", "can", re.sub(r"\b(?:do|does|did) not |\bnot (?!only)", "", text))
    if without != text:
        return without
    ways: list[str] = []
    for match in _AUXILIARY.finditer(text):
        ways.append(f"{text[: match.end()]} not{text[match.end() :]}")
    for match in _OURS.finditer(text):
        ways.append(f"{text[: match.start()]}{match[1]}e do not {match[2]}{text[match.end() :]}")
    return draw.choice(ways) if ways else text


def _turned_round(text: str, draw: random.Random) -> str:
    there = [match for match in re.finditer(r"\b[a-z]+\b", text) if match[0] in _TURNED]
    if not there:
        return text
    match = draw.choice(there)
    return text[: match.start()] + _TURNED[match[0]] + text[match.end() :]


def _exchanged(text: str, draw: random.Random) -> str:
    """`text` with the two names that a comparison stands between exchanged."""
    pattern = (
        rf"({_NAME.pattern})([^.;]*?\b(?:outperform\w*|surpass\w*|exceed\w*|beats?|than)\b[^.;]*?)({_NAME.pattern})"
    )
    return re.sub(pattern, r"\3\2\1", text, count=1)


def _reworded(text: str, draw: random.Random) -> str:
    """`text` in words that mean the same."""
    for pattern, other in (
        (r"\b[Ww]e\b", "the authors"), (r"\bour\b", "their"), (r"\bOur\b", "Their"), (r"(?<=\d)%", " percent"),
        (r"(?<=\d)[x×](?!\w)", " times"), (r"\butiliz", "us"), (r"^(?:Moreover|Furthermore|Additionally), ", ""),
    ):  # fmt: skip
        text = re.sub(pattern, other, text)
    return f"According to this paper, {text}"


_CHANGES: dict[str, Callable[[str, random.Random], str]] = {
    "number changed": _numbered,
    "negated": _negated,
    "direction turned round": _turned_round,
    "compared the other way round": _exchanged,
    "reworded without harm": _reworded,
}


def perturbed(papers: Sequence[Paper]) -> Iterator[Case]:
    """Each chosen sentence untouched, and once in every way that it can be damaged."""
    draw = random.Random(5)
    names = sorted({name for paper in papers for name in re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", paper.title)})
    for paper in papers:
        spans = [span for span in sentences(paper.abstract) if span[1] - span[0] > 60]
        for start, end in draw.sample(spans, min(SENTENCES, len(spans))):
            text, own = clean(paper.abstract[start:end]), passage(paper)
            other = passage(draw.choice([one for one in papers if one is not paper]))
            yield Case("untouched", text, (1,), (own, other))
            yield Case("citation moved", text, (2,), (own, other))
            yield Case("invented marker", text, (3,), (own, other))
            if present := _NAME.findall(text):
                swapped = draw.choice([name for name in names if name not in paper.title + paper.abstract])
                yield Case("name exchanged", text.replace(draw.choice(present), swapped), (1,), (own,))
            for label, change in _CHANGES.items():
                if (changed := change(text, draw)) != text:
                    yield Case(label, changed, (1,), (own,))


def seeds() -> list[Paper]:
    pages = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
    entries = [entry for page in pages for entry in hf_page.parse(page.read_text(encoding="utf-8")).entries]
    return list({entry.title: Paper(entry.title, entry.abstract) for entry in entries}.values())


# ---- SciTLDR


def summaries(data: Path, embedder: StaticEmbedder) -> tuple[list[Case], Rarity]:
    """SUMMARIES summaries, each citing its own paper, and citing the paper whose abstract is nearest to that."""
    folder = data / "scitldr"
    papers = {row["_id"]: Paper(row["title"], row["text"]) for row in _rows(folder / "corpus.jsonl")}
    texts = {row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl")}
    lines = (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]
    pairs = [line.split("\t")[:2] for line in lines]
    pairs = random.Random(0).sample([pair for pair in pairs if pair[0] in texts], SUMMARIES)
    ids = list(papers)
    vectors = embedder.embed([f"{paper.title}. {paper.abstract}" for paper in papers.values()])
    cases = []
    for query, own in pairs:
        near = vectors @ vectors[ids.index(own)]
        near[ids.index(own)] = -1
        other = papers[ids[int(near.argmax())]]
        cases.append(Case("with their paper cited", texts[query], (1,), (passage(papers[own]),)))
        cases.append(Case("with the paper nearest to it cited", texts[query], (1,), (passage(other),)))
    return cases, rarity(list(papers.values()))


def table(title: str, cases: Sequence[Case], weights: Rarity, embedder: StaticEmbedder, *, show: str = "") -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        sentence = judged(case, weights, embedder)
        counts[case.label][sentence.verdict] += 1
        if show == case.label:
            print(f"  {sentence.verdict}: {case.text}\n      {'; '.join(sentence.reasons)}")
    print(f"\n| {title} | sentences | {' | '.join(VERDICTS)} |\n| --- | --- | --- | --- | --- |")
    for label, found in counts.items():
        total = found.total()
        print(f"| {label} | {total} | {' | '.join(f'{found[verdict] / total:.1%}' for verdict in VERDICTS)} |")


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=judged_data.folder, help="folder of judged data")
    parser.add_argument("--part", choices=("train", "test"), default="test", help="of SciFact")
    parser.add_argument("--show", default="", metavar="LABEL", help="also show the sentences of this label")
    args = parser.parse_args()
    embedder = StaticEmbedder("bundled", embedders.BUNDLED)
    cases, weights = scifact(args.data, args.part)
    figures(f"SciFact {args.part}", cases, weights, embedder)
    table(f"SciFact {args.part}", cases, weights, embedder, show=args.show)
    papers = seeds()
    table("seed sentences", list(perturbed(papers)), rarity(papers), embedder, show=args.show)
    table("SciTLDR summaries", *summaries(args.data, embedder), embedder, show=args.show)


if __name__ == "__main__":
    main()
