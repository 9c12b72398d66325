"""Measure answers of the sample library: facts found by the extractive writer, and what the evidence gate lets through.

    python tools/bench_answers.py ../shared/data

Judged questions (`seeds-gold/queries.jsonl`): which share of the cited papers is judged relevant; and which
share of the relevant papers is in the tables that answer questions for papers? Facts (`seeds-gold/facts.jsonl`): is the
answer in the text, is the right paper cited, does a quote hold the judged one; and is the question stopped where the
sentence with the answer is taken out of the abstract? Gate: which share of questions with an answer in the seeds
passes, and which share of others is stopped: the handed-over unanswerable ones, and questions about medicine
(PubMedQA) and claims about biology (SciFact), halved into a part to choose the threshold by and a part to report.
`everyday.txt` holds 160 everyday questions and search phrases of other fields, many in words that also mean something
in machine learning; a language model wrote them for this purpose that knew nothing of the program.
"""

import argparse
import json
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import judged_data

from assistant import Assistant, evidence
from assistant.ask import POOL
from assistant.cleaning import clean
from assistant.papers import Passage
from assistant.queries import Query
from assistant.results import Answer
from assistant.text import content_terms

THRESHOLDS = (0.1, 0.2, 0.3, evidence.LEAST, 0.5, 0.6, 0.7)
EVERYDAY = Path(__file__).parent / "everyday.txt"


def rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def facts(assistant: Assistant, path: Path, *, show: bool) -> None:
    found = rows(path)
    hits: list[tuple[bool, bool, bool]] = []
    for fact in found:
        answer = assistant.ask(fact["question"])
        hit = (_says(answer, fact["answer"]), _cites(answer, fact["doc_id"]), _quotes(answer, fact["quote"]))
        hits.append(hit)
        if show and not all(hit):
            print(f"  {hit} {fact['question']} => {fact['answer']}\n      {answer.text[:300] or answer.why}")
    names = ("answer in the text", "right paper cited", "judged quote given")
    for at, name in enumerate(names):
        print(f"| facts: {name} | {sum(hit[at] for hit in hits)} of {len(found)} |")


def taken_out(assistant: Assistant, path: Path, *, show: bool) -> None:
    """Near misses by program: of the facts, where the sentence that has the answer is taken out of its abstract, how
    many questions does the gate stop?"""
    library, stopped, found = assistant.library, 0, rows(path)
    for fact in found:
        pool = library.find(Query(fact["question"]), limit=POOL)
        rarity = library.rarity(content_terms(clean(pool.question)))
        without = [_without(passage, fact["quote"]) for passage in pool.passages]
        weighed = evidence.assess(pool.question, without, rarity=rarity, mentioned=library.mentions)
        stopped += not weighed.enough
        if show and weighed.enough:
            print(f"  passes: {fact['question']}")
    print(f"| facts taken out of their abstracts: questions stopped | {stopped} of {len(found)} |")


def _without(passage: Passage, sentence: str) -> Passage:
    paper = passage.found.paper
    return replace(
        passage, found=replace(passage.found, paper=replace(paper, abstract=paper.abstract.replace(sentence, "")))
    )


def topics(assistant: Assistant, gold: Path, *, show: bool) -> None:
    """Of the papers that answers to the judged questions cite: how many are judged relevant. Of the tables that answer
    questions for papers: how many of the relevant papers are in them, and how many they estimate there are."""
    judged: dict[str, dict[str, int]] = {}
    for line in (gold / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        question, paper, grade = line.split("\t")
        judged.setdefault(question, {})[paper] = int(grade)
    cited: list[int] = []  # grades
    listed: list[int] = []
    asked_for: list[int] = []
    read: list[int] = []
    estimated = 0.0
    for row in rows(gold / "queries.jsonl"):
        answer = assistant.ask(row["text"])
        grades = judged.get(row["_id"], {})
        good = [grades.get(citation.paper_id, 0) for citation in answer.citations]
        cited += good
        if answer.recall_estimate is not None:
            listed, asked_for, read = listed + good, asked_for + list(grades.values()), [*read, answer.candidates_read]
            estimated += sum(1 for _ in answer.matches) / answer.recall_estimate
        if show:
            print(f"  {sum(map(bool, good))} of {len(good)}: {row['text']}")
    print(f"| judged questions: cited papers that are relevant | {sum(map(bool, cited))} of {len(cited)} |")
    print(f"| tables for {len(read)} questions: papers read, a question | {fmean(read):.0f} |")
    print(f"| tables: listed papers that are relevant | {sum(map(bool, listed))} of {len(listed)} |")
    print(f"| tables: relevant papers that are listed | {sum(map(bool, listed))} of {len(asked_for)} |")
    print(f"| tables: papers with grade 2 that are listed | {listed.count(2)} of {asked_for.count(2)} |")
    print(f"| tables: recall, by their own estimates | {len(listed) / estimated:.2f} |")


def _says(answer: Answer, wanted: str) -> bool:
    """Whether the text has the answer's number or name, whatever words stand around it in the judged form."""
    key = re.search(r"\$?\d[\d,.]*\w*%?", wanted)
    needle = key[0].strip("$.,") if key else wanted
    return needle.casefold().replace(",", "") in answer.text.casefold().replace(",", "")


def _cites(answer: Answer, paper_id: str) -> bool:
    return any(citation.paper_id == paper_id for citation in answer.citations)


def _quotes(answer: Answer, wanted: str) -> bool:
    return any(wanted in quote.text or quote.text in wanted for s in answer.sentences for quote in s.quotes)


def question_sets(data: Path) -> list[tuple[str, Sequence[str], bool]]:
    """(name, questions, whether the seeds have the answers) of all that the gate is measured on; of what is no
    handed-over question, one half is `to choose by`."""
    gold = data / "seeds-gold"
    answerable = [row["text"] for row in rows(gold / "queries.jsonl")]
    answerable += [row["question"] for name in ("facts", "tensions") for row in rows(gold / f"{name}.jsonl")]
    unanswerable = rows(gold / "unanswerable.jsonl")
    draw = random.Random(0)
    sets: list[tuple[str, Sequence[str], bool]] = [
        ("answerable, handed over", answerable, True),
        ("off topic, handed over", [row["question"] for row in unanswerable if row["type"] == "off_topic"], False),
        ("near misses, handed over", [row["question"] for row in unanswerable if row["type"] == "near_miss"], False),
    ]
    for name, folder in (("PubMedQA questions", "pubmedqa"), ("SciFact claims", "scifact")):
        some = [row["text"] for row in rows(data / folder / "queries.jsonl")]
        draw.shuffle(some)
        sets += [(f"{name}, to choose by", some[:300], False), (f"{name}, to report", some[300:600], False)]
    everyday = EVERYDAY.read_text(encoding="utf-8").splitlines()
    sets += [("everyday, to choose by", everyday[:80], False), ("everyday, to report", everyday[80:], False)]
    return sets


def gate(assistant: Assistant, data: Path, *, show: bool) -> None:
    print("\n| questions | handled rightly | with the threshold at " + " | ".join(map(str, THRESHOLDS)) + " |")
    print("| --- | --- |" + " --- |" * len(THRESHOLDS))
    for name, questions, wanted in question_sets(data):
        judged = [weigh(assistant, question) for question in questions]
        right = fmean(enough == wanted for enough, _ in judged)
        curve = [fmean((chance >= threshold) == wanted for _, chance in judged) for threshold in THRESHOLDS]
        print(f"| {name} ({len(questions)}) | {right:.1%} | {' | '.join(f'{share:.1%}' for share in curve)} |")
        if show and len(questions) < 100:
            for question, (enough, chance) in zip(questions, judged, strict=True):
                if enough != wanted:
                    print(f"    {chance:.2f} {question}")


def weigh(assistant: Assistant, question: str) -> tuple[bool, float]:
    """Whether the gate lets the question through, and the chance it gives it."""
    library = assistant.library
    found = library.find(Query(question), limit=POOL)
    rarity = library.rarity(content_terms(clean(found.question)))
    assessment = evidence.assess(found.question, found.passages, rarity=rarity, mentioned=library.mentions)
    chance = evidence.chance(found.passages, rarity=rarity)
    return assessment.enough and not found.why_nothing, chance


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=judged_data.folder, help="folder of judged data")
    parser.add_argument("--show", action="store_true", help="also show what went wrong")
    args = parser.parse_args()
    with Assistant.open("sample", model="extractive") as assistant:
        print("| what | figure |\n| --- | --- |")
        facts(assistant, args.data / "seeds-gold" / "facts.jsonl", show=args.show)
        taken_out(assistant, args.data / "seeds-gold" / "facts.jsonl", show=args.show)
        topics(assistant, args.data / "seeds-gold", show=args.show)
        gate(assistant, args.data, show=args.show)


if __name__ == "__main__":
    main()
