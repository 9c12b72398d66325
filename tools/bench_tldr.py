# /// script
# requires-python = ">=3.11"
# dependencies = ["paper-assistant", "rouge-score==0.1.2"]
#
# [tool.uv.sources]
# paper-assistant = { path = ".." }
# ///
"""Fit and measure the sentence that stands for an abstract (`tldr`), on SciTLDR. Needs the package rouge-score.

    python tools/bench_tldr.py ../shared/data

ROUGE F1 with stemming, the best over a paper's several summaries by ROUGE-1, as the authors of SciTLDR score. The
weights are those of a ridge regression on train of each sentence's ROUGE-1, less its abstract's mean; they are printed
to be compared with `tldr.WEIGHTS`. The oracle takes the sentence with the highest ROUGE-1.
"""

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import judged_data
import numpy as np
from bench_checks import rarity
from rouge_score.rouge_scorer import RougeScorer

from assistant import tldr
from assistant.cleaning import clean
from assistant.papers import Paper
from assistant.text import sentences

METRICS = ("rouge1", "rouge2", "rougeL")
RIDGE = 30.0

Rows = Sequence[Sequence[float]]


@dataclass(frozen=True, slots=True)
class Judged:
    """An abstract's sentences: their features, and the ROUGE of each, shape (sentences, len(METRICS))."""

    split: str
    rows: Rows
    rouge: np.ndarray[Any, Any]


def judged(folder: Path) -> Iterator[Judged]:
    papers = {row["_id"]: Paper(row["title"], row["text"]) for row in _lines(folder / "corpus.jsonl")}
    weights = rarity(list(papers.values()))
    scorer = RougeScorer(list(METRICS), use_stemmer=True)
    for row in _lines(folder / "tldrs.jsonl"):
        paper = papers[row["paper_id"]]
        texts = [clean(paper.abstract[start:end]) for start, end in sentences(paper.abstract)]
        if texts:
            rouge = np.array([_best(scorer, row["tldrs"], text) for text in texts])
            yield Judged(row["split"], tldr.features(clean(paper.title), texts, rarity=weights), rouge)


def _best(scorer: RougeScorer, wanted: Sequence[str], text: str) -> list[float]:
    scores: list[Mapping[str, Any]] = [scorer.score(one, text) for one in wanted]
    best = max(scores, key=lambda score: float(score["rouge1"].fmeasure))
    return [best[name].fmeasure for name in METRICS]


def fitted(part: Sequence[Judged]) -> list[float]:
    features = np.vstack([np.array(one.rows) - np.mean(one.rows, axis=0) for one in part])
    wanted = np.concatenate([one.rouge[:, 0] - one.rouge[:, 0].mean() for one in part])
    scale = np.vstack([np.array(one.rows) for one in part]).std(axis=0)
    scaled = features / scale
    solved = np.linalg.solve(scaled.T @ scaled + RIDGE * np.eye(scaled.shape[1]), scaled.T @ wanted)
    return [round(float(weight), 3) for weight in solved / scale]


def table(cases: Sequence[Judged]) -> None:
    ways: dict[str, Callable[[Judged], int]] = {
        "first sentence": lambda one: 0,
        "most of the title's words": lambda one: int(np.argmax([row[2] for row in one.rows])),
        "**shipped**": lambda one: int(np.argmax([tldr.worth(row) for row in one.rows])),
        "oracle": lambda one: int(np.argmax(one.rouge[:, 0])),
    }
    print("| part | papers | sentence | ROUGE-1 | ROUGE-2 | ROUGE-L |\n| --- | --- | --- | --- | --- | --- |")
    for split in ("train", "dev", "test"):
        part = [one for one in cases if one.split == split]
        for name, choose in ways.items():
            mean = np.mean([one.rouge[choose(one)] for one in part], axis=0)
            print(f"| {split} | {len(part)} | {name} | {' | '.join(f'{100 * value:.1f}' for value in mean)} |")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=judged_data.folder, help="folder of judged data")
    args = parser.parse_args()
    cases = list(judged(args.data / "scitldr"))
    print("fitted on train:", fitted([one for one in cases if one.split == "train"]), "shipped:", tldr.WEIGHTS, "\n")
    table(cases)


if __name__ == "__main__":
    main()
