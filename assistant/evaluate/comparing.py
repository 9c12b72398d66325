"""Two kept evaluations side by side, question by question."""

from pathlib import Path
from statistics import fmean

from assistant.errors import EvaluationError
from assistant.evaluate import keeping
from assistant.evaluate.metrics import paired
from assistant.evaluations import METRICS, Comparison, Difference
from assistant.places import expanded


def compare(first: str | Path, second: str | Path) -> Comparison:
    """Every metric that both evaluations have, over the questions that have it in both, with a paired bootstrap.
    EvaluationError: a file holds no evaluation, or they are of different questions."""
    (before, ours), (after, theirs) = (keeping.read(expanded(str(file))) for file in (first, second))
    if before.get("judged") != after.get("judged"):
        raise EvaluationError(
            f"{first} and {second} are of different judged questions", hint="Run both over the same folder."
        )
    answered = {one.key: one.values for one in theirs}
    differences = []
    for metric in METRICS:
        pairs = [
            (one.values[metric], answered[one.key][metric])
            for one in ours
            if metric in one.values and metric in answered.get(one.key, {})
        ]
        if pairs:
            a, b = ([pair[side] for pair in pairs] for side in (0, 1))
            low, high, p = paired(a, b)
            differences.append(Difference(metric, len(pairs), fmean(a), fmean(b), fmean(b) - fmean(a), low, high, p))
    if not differences:
        raise EvaluationError(f"{first} and {second} have no metric in common", hint="One of them only searched.")
    return Comparison(str(first), str(second), keeping.differing(before, after), tuple(differences))
