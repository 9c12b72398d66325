"""Recorded answers of a model to questions about the sample, so that one can be seen with no key and no network.

`recordings.json` holds the drafts; `tools/record.py` writes it from cassettes. A draft is checked anew, as any is.
"""

import difflib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date as Date
from pathlib import Path

from assistant.ask import checked_question, closest, concluded, held
from assistant.errors import UsageError
from assistant.library import Library
from assistant.papers import Chunk, Passage
from assistant.results import Answer, Recorded, Usage
from assistant.writers import Draft

PLACE = Path(__file__).parent / "recordings.json"
NEAR = 3  # recorded questions that are named where another is asked


@dataclass(frozen=True, slots=True)
class Recording:
    """A draft, and the ids of the papers that its markers number from 1."""

    recorded: Recorded
    draft: Draft
    papers: tuple[str, ...]


def recordings() -> list[Recording]:
    """All there are, in the order to show them in."""
    return [
        Recording(
            Recorded(one["question"], one["writer"], Date.fromisoformat(one["date"]), one["from"]),
            Draft(one["draft"], one["writer"], one["usage"] and Usage(**one["usage"], estimated=False)),
            tuple(one["papers"]),
        )
        for one in json.loads(PLACE.read_text(encoding="utf-8"))
    ]


def recording(question: str) -> Recording:
    """The recording of this question, give or take capitals and its last mark. UsageError: there is none."""
    known = {_folded(one.recorded.question): one for one in recordings()}
    asked = _folded(checked_question(question))
    if asked in known:
        return known[asked]
    near = difflib.get_close_matches(asked, known, NEAR, cutoff=0.0)
    listed = "; ".join(f"“{known[name].recorded.question}”" for name in near)
    raise UsageError(
        "no answer to this question is recorded", hint=f"ask --replay lists those that are. The nearest: {listed}."
    )


def replay(
    one: Recording, *, library: Library, strict: bool = False, clock: Callable[[], float] = time.perf_counter
) -> Answer:
    """The recorded draft as an answer, its sentences checked against the papers of the sample in `library`. `strict`
    takes out what is not supported. PaperNotFound: it is not the sample."""
    started = clock()
    found = [library.get(paper_id) for paper_id in one.papers]
    passages = [Passage(paper, Chunk(0, len(paper.paper.abstract)), 0.0, 0.0, 0.0) for paper in found]
    answer = Answer(
        one.recorded.question,
        "unanswered",
        nearest=closest(passages),
        candidates_read=len(passages),
        recorded=one.recorded,
    )
    answer = concluded(answer, one.draft, held(one.draft, passages, library), strict=strict)
    return replace(answer, seconds=clock() - started)


def _folded(question: str) -> str:
    return question.casefold().rstrip(" ?.!")
