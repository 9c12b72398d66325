"""Fit the chances of `assistant.surveys`: which papers does a question ask for, by what search and words say of them?

    python tools/fit_chances.py ../shared/data

A logistic regression over the first `POOL` papers that the search finds for each judged question about the seeds
(`seeds-gold/queries.jsonl`, relevant from grade 1). It prints the weights; how well papers are told apart where the
question at hand was left out of the fit; and the same for the judged topics (`seeds-gold/topics.jsonl`), which are in
no fit: the share of the listed papers that are relevant, of the relevant ones that are listed, and the estimate of the
latter that the chances give by themselves.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import judged_data
import numpy as np
from logistic import Array, chances, fitted

from assistant import Assistant, surveys
from assistant.cleaning import clean
from assistant.queries import Query
from assistant.text import content_terms

LEASTS = (surveys.FLOOR, 0.05, 0.1, 0.2, 0.25, surveys.MATCH, 0.35, 0.4, 0.5)


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's features (papers × (1 + features)), which of the papers are relevant, and how many of all are."""

    features: Array
    relevant: Array
    of_all: int


def judged(assistant: Assistant, question: str, relevant: set[str]) -> Judged:
    library = assistant.library
    found = library.find(Query(question), limit=surveys.POOL)
    rarity = library.rarity(content_terms(clean(found.question)))
    rows = surveys.features(found.question, found.passages, rarity=rarity)
    good = [float(passage.found.paper_id in relevant) for passage in found.passages]
    return Judged(np.array([(1.0, *row) for row in rows]), np.array(good), len(relevant))


def fit(cases: list[Judged]) -> Array:
    return fitted(np.concatenate([case.features for case in cases]), np.concatenate([case.relevant for case in cases]))


def report(name: str, cases: list[Judged], given: list[Array]) -> None:
    p, y = np.concatenate(given), np.concatenate([case.relevant for case in cases])
    of_all = sum(case.of_all for case in cases)
    for least in LEASTS:
        kept = p >= least
        right = f"{y[kept].mean():.2f} | {y[kept].sum() / of_all:.2f} | {p[kept].sum() / p.sum():.2f}"
        print(f"| {name} | {least} | {kept.sum() / len(cases):.1f} | {right} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=judged_data.folder, help="folder of judged data")
    gold: Path = parser.parse_args().data / "seeds-gold"
    relevant: dict[str, set[str]] = {}
    for line in (gold / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, paper, _ = line.split("\t")
        relevant.setdefault(question, set()).add(paper)
    questions = [json.loads(line) for line in (gold / "queries.jsonl").read_text(encoding="utf-8").splitlines()]
    topics = [json.loads(line) for line in (gold / "topics.jsonl").read_text(encoding="utf-8").splitlines()]
    with Assistant.open("sample", model="extractive") as assistant:
        cases = [judged(assistant, row["text"], relevant[row["_id"]]) for row in questions]
        held = [judged(assistant, row["topic"], {*row["must_cover"], *row["nice_to_cover"]}) for row in topics]
    weights = fit(cases)
    print("intercept and weights:", ", ".join(f"{weight:.2f}" for weight in weights))
    print("\n| questions | least chance | papers a question | precision | recall | estimated recall |")
    print("| --- | --- | --- | --- | --- | --- |")
    left_out = [fit([other for other in cases if other is not case]) for case in cases]
    report(
        f"{len(cases)} judged, left out", cases, [chances(c.features, w) for c, w in zip(cases, left_out, strict=True)]
    )
    report(f"{len(held)} topics", held, [chances(case.features, weights) for case in held])


if __name__ == "__main__":
    main()
