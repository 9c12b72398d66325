"""Measure the check of sentences against abstracts (`citations.check`).

    python tools/bench_checks.py ../shared/data

1. SciFact: each claim as a sentence that cites its abstract; is a supported claim told from one the abstract says
   nothing of, or contradicts? The thresholds were chosen on train; the table reports test too.
2. Perturbed sentences of the seeds: a number changed, a name exchanged, the citation moved to another paper, an
   unknown marker added; and the same sentences untouched. Seeded, so every run makes the same ones.
"""

import argparse
import json
import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import judged_data

from assistant.citations import check
from assistant.cleaning import clean
from assistant.drafts import Claim
from assistant.papers import Chunk, Paper, Passage, StoredPaper
from assistant.quantities import quantities
from assistant.sources import hf_page
from assistant.text import sentences, terms

VERDICTS = ("supported", "partial", "unsupported")


@dataclass(frozen=True, slots=True)
class Case:
    label: str
    text: str
    marks: tuple[int, ...]
    passages: tuple[Passage, ...]


def passage(paper: Paper) -> Passage:
    return Passage(StoredPaper(paper.paper_id, paper), Chunk(0, 0), score=0.0, lexical=0.0, vector=0.0)


def rarity(papers: Sequence[Paper]) -> Mapping[str, float]:
    """idf of the papers' terms, as the lexical index weighs them."""
    frequency: Counter[str] = Counter()
    for paper in papers:
        frequency.update(set(terms(f"{clean(paper.title)} {clean(paper.abstract)}")))
    unseen = math.log(1 + (len(papers) + 0.5) / 0.5)
    known = {term: math.log(1 + (len(papers) - n + 0.5) / (n + 0.5)) for term, n in frequency.items()}
    return defaultdict(lambda: unseen, known)


def judged(case: Case, weights: Mapping[str, float]) -> str:
    claim = Claim(case.text, (), case.marks, 0, "paragraph")
    return check([claim], case.passages, rarity=weights).sentences[0].verdict


def scifact(data: Path, part: str) -> tuple[list[Case], Mapping[str, float]]:
    folder = data / "scifact"
    papers = {row["_id"]: Paper(row["title"], row["text"]) for row in _rows(folder / "corpus.jsonl")}
    cases = [
        Case(document["label"], row["claim"], (1,), (passage(papers[document["doc_id"]]),))
        for row in _rows(folder / "evidence.jsonl")
        if row["split"] == {"train": "train", "test": "dev"}[part]  # the authors' dev is BEIR's test
        for document in row["docs"]
    ]
    return cases, rarity(list(papers.values()))


def perturbed(papers: Sequence[Paper]) -> Iterator[Case]:
    """Each chosen sentence untouched, and once in every way that it can be damaged."""
    draw = random.Random(5)
    names = sorted({name for paper in papers for name in re.findall(r"\b[A-Z][a-z]+[A-Z]\w+", paper.title)})
    for paper in papers:
        spans = [span for span in sentences(paper.abstract) if span[1] - span[0] > 60]
        start, end = draw.choice(spans)
        text, own = clean(paper.abstract[start:end]), passage(paper)
        other = passage(draw.choice([one for one in papers if one is not paper]))
        yield Case("untouched", text, (1,), (own, other))
        yield Case("citation moved", text, (2,), (own, other))
        yield Case("invented marker", text, (3,), (own, other))
        numbers = [quantity.text for quantity in quantities(text) if re.match(r"\d", quantity.text)]
        if numbers:
            said = draw.choice(numbers)
            changed = re.sub(
                r"[\d.,]+", lambda number: f"{float(number[0].replace(',', '').strip('.')) * 3 + 1:g}", said, count=1
            )
            yield Case("number changed", text.replace(said, changed, 1), (1,), (own,))
        present = re.findall(r"\b[A-Z][a-z]*[A-Z]\w+", text)
        if present:
            swapped = draw.choice([name for name in names if name not in paper.title + paper.abstract])
            yield Case("name exchanged", text.replace(draw.choice(present), swapped), (1,), (own,))


def table(title: str, cases: Sequence[Case], weights: Mapping[str, float]) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        counts[case.label][judged(case, weights)] += 1
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
    args = parser.parse_args()
    for part in ("train", "test"):
        table(f"SciFact {part}", *scifact(args.data, part))
    pages = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
    entries = [entry for page in pages for entry in hf_page.parse(page.read_text(encoding="utf-8")).entries]
    papers = list({entry.title: Paper(entry.title, entry.abstract) for entry in entries}.values())
    table("seed sentences", list(perturbed(papers)), rarity(papers))


if __name__ == "__main__":
    main()
