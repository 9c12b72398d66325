"""Fit the chance that a question has its answer in the library: `WEIGHTS` of `assistant.evidence`.

    python tools/fit_gate.py ../shared/data

A logistic regression over the questions of tools/bench_answers.py: the answerable ones that were handed over, and of
everyday, medical and biological ones the halves to choose by. It prints the weights, and for several thresholds which
share is handled rightly: of the answerable ones, for want of others, each with the weights fitted without it; of the
rest, the halves to report. (What else stops a question, such as an unknown name, is not in this.)
"""

import argparse

import bench_answers
import judged_data
import numpy as np
from logistic import Array, chances, fitted

from assistant import Assistant, evidence
from assistant.ask import POOL
from assistant.cleaning import clean
from assistant.queries import Query
from assistant.text import content_terms

LEASTS = (0.2, 0.3, 0.35, evidence.LEAST, 0.45, 0.5, 0.55, 0.6)


def featured(assistant: Assistant, questions: list[str]) -> Array:
    rows = []
    for question in questions:
        found = assistant.library.find(Query(question), limit=POOL)
        rarity = assistant.library.rarity(content_terms(clean(found.question)))
        rows.append((1.0, *evidence.features(found.passages, rarity=rarity)))
    return np.array(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=judged_data.folder, help="folder of judged data")
    sets = bench_answers.question_sets(parser.parse_args().data)
    with Assistant.open("sample", model="extractive") as assistant:
        rows = {name: featured(assistant, list(questions)) for name, questions, _ in sets}
    (good,) = (rows[name] for name, _, wanted in sets if wanted)
    bad = [rows[name] for name, _, _ in sets if name.endswith("to choose by")]
    x = np.concatenate([good, *bad])
    y = np.concatenate([np.ones(len(good)), np.zeros(len(x) - len(good))])
    # Both sides count as 200 questions; everyday ones are half of their side, being the hardest and the fewest.
    shares = np.concatenate(
        [np.full(len(one), 200 / len(one) * part) for one, part in zip([good, *bad], (1, 0.25, 0.25, 0.5), strict=True)]
    )
    weights = fitted(x, y, shares)
    print("intercept and weights:", ", ".join(f"{weight:.2f}" for weight in weights))
    alone = [fitted(np.delete(x, at, 0), np.delete(y, at), np.delete(shares, at)) for at in range(len(good))]
    given = {"answerable, each left out": np.array([chances(good[at], one) for at, one in enumerate(alone)])}
    given |= {name: chances(rows[name], weights) for name, _, wanted in sets if not wanted and "choose" not in name}
    print("\n| questions | with the threshold at " + " | ".join(map(str, LEASTS)) + " |")
    print("| --- |" + " --- |" * len(LEASTS))
    for name, found in given.items():
        right = [np.mean((found >= least) == name.startswith("answerable")) for least in LEASTS]
        print(f"| {name} ({len(found)}) | {' | '.join(f'{share:.1%}' for share in right)} |")


if __name__ == "__main__":
    main()
