"""A folder of judged questions, read with care: a line that is not as it should be is told by file, line and reason.

Figures over a part of a set compare with nothing, so that unlike a source of papers such a file is refused whole.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from pathlib import Path
from typing import Literal

from assistant.ask import checked_question
from assistant.cleaning import one_line
from assistant.errors import EvaluationError, UsageError
from assistant.places import expanded, is_folder
from assistant.queries import parse

QUERIES, QRELS, FACTS, UNANSWERABLE = "queries.jsonl", "qrels.tsv", "facts.jsonl", "unanswerable.jsonl"
FILES = (QUERIES, QRELS, FACTS, UNANSWERABLE)
MAX_BYTES = 200_000_000  # of a file; the judgements of MS MARCO's 500,000 training queries have 11 million
MAX_LABEL = 40  # characters of a kind
MAX_GRADE = 100
FORM = "What these files hold: docs/evaluate.md."

Part = Literal["queries", "facts", "unanswerable"]


@dataclass(frozen=True, slots=True)
class Fact:
    """The answer to a question, the paper that gives it, and the words of its abstract that do."""

    answer: str
    doc_id: str
    quote: str


@dataclass(frozen=True, slots=True)
class Question:
    """A judged question; `key` names its file and it. `grades` are those of its documents, by their ids as judged:
    of a query, empty where none was judged. `fact` is that of a fact."""

    key: str
    part: Part
    kind: str
    text: str
    grades: Mapping[str, int] = field(default_factory=dict)
    fact: Fact | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """The questions of a folder, the fingerprint of its files, and what of it is left out."""

    questions: tuple[Question, ...]
    digest: str
    notices: tuple[str, ...]

    @property
    def doc_ids(self) -> set[str]:
        """The ids of all documents that a judgement or fact names."""
        return {name for one in self.questions for name in (*one.grades, *([one.fact.doc_id] if one.fact else []))}


def read(folder: str | Path) -> Judged:
    """The judged questions in `folder`: any of queries.jsonl, with qrels.tsv or without, facts.jsonl and
    unanswerable.jsonl. EvaluationError: there is no such folder or file, or a line of one is wrong."""
    place = expanded(str(folder))
    if not is_folder(place):
        raise EvaluationError(f"there is no folder {place}", hint=FORM)
    there = {name: place / name for name in FILES if (place / name).exists()}
    if not there:
        raise EvaluationError(f"{place} has none of {', '.join(FILES)}", hint=FORM)
    if QRELS in there and QUERIES not in there:
        raise EvaluationError(f"{place} has {QRELS}, but no {QUERIES} that it judges", hint=FORM)
    grades = qrels(there[QRELS]) if QRELS in there else None
    questions: list[Question] = []
    notices: list[str] = []
    if QUERIES in there:
        found = list(_queries(there[QUERIES], grades or {}))
        notices += _unmatched(found, grades) if grades is not None else []
        questions += [one for one in found if grades is None or any(one.grades.values())]
    if FACTS in there:
        questions += _facts(there[FACTS])
    if UNANSWERABLE in there:
        questions += _unanswerable(there[UNANSWERABLE])
    if not questions:
        raise EvaluationError(
            f"{place} has no judged question: {'; '.join(notices) or 'its files are empty'}", hint=FORM
        )
    seen = hashlib.sha256()
    for name, path in there.items():
        seen.update(f"{name} ".encode() + hashlib.sha256(_bytes(path)).digest())
    return Judged(tuple(questions), seen.hexdigest()[:16], tuple(notices))


def _unmatched(found: Sequence[Question], grades: Mapping[str, object]) -> Iterator[str]:
    """What of queries and judgements does not belong together."""
    if without := sum(not any(one.grades.values()) for one in found):
        yield f"queries without a document judged relevant, left out: {without:,} of {len(found):,}"
    if lost := len(grades.keys() - {one.key.removeprefix("queries/") for one in found}):
        yield f"judged queries that are not in {QUERIES}: {lost:,}"


def qrels(path: Path) -> dict[str, dict[str, int]]:
    """Grades by query id and document id: lines of query id, document id and grade with tabs between, below a heading
    or not (the form of BEIR). EvaluationError."""
    grades: dict[str, dict[str, int]] = {}
    for number, line in _lines(path):
        cells = line.rstrip("\r\n").split("\t")
        if len(cells) != 3:
            raise _wrong(path, number, f"{len(cells)} columns, not query id, document id and grade")
        query, document, grade = cells
        if number == 1 and not grade.strip().lstrip("-").isdigit():
            continue
        if not (grade.strip().isdecimal() and int(grade) <= MAX_GRADE):
            raise _wrong(path, number, f"the grade is no whole number from 0 to {MAX_GRADE}: {grade[:20]}")
        if not query.strip() or not document.strip():
            raise _wrong(path, number, "an id is empty")
        if grades.setdefault(query, {}).setdefault(document, int(grade)) != int(grade):
            raise _wrong(path, number, f"{document[:60]} has two grades for {query[:60]}")
    return grades


def _queries(path: Path, grades: Mapping[str, Mapping[str, int]]) -> Iterator[Question]:
    for number, name, row in _rows(path):
        text = _question(path, number, row, "text")
        yield Question(f"queries/{name}", "queries", _label(path, number, row, "kind"), text, grades.get(name, {}))


def _facts(path: Path) -> Iterator[Question]:
    for number, name, row in _rows(path):
        fact = Fact(*(_text(path, number, row, part) for part in ("answer", "doc_id", "quote")))
        text = _question(path, number, row, "question")
        yield Question(f"facts/{name}", "facts", _label(path, number, row, "kind"), text, fact=fact)


def _unanswerable(path: Path) -> Iterator[Question]:
    for number, name, row in _rows(path):
        text = _question(path, number, row, "question")
        yield Question(f"unanswerable/{name}", "unanswerable", _label(path, number, row, "type"), text)


def _rows(path: Path) -> Iterator[tuple[int, str, dict[str, object]]]:
    """(line, id, row) of each line of JSON."""
    names: set[str] = set()
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _wrong(path, number, "it is not JSON") from error
        if not isinstance(row, dict):
            raise _wrong(path, number, "it is no JSON object")
        name = row.get("_id", row.get("id"))
        name = str(name) if isinstance(name, int) and not isinstance(name, bool) else name
        if not isinstance(name, str) or not name.strip():
            raise _wrong(path, number, "no _id")
        if name in names:
            raise _wrong(path, number, f"the _id {name[:60]} is there already")
        names.add(name)
        yield number, name, row


def _question(path: Path, number: int, row: Mapping[str, object], field: str) -> str:
    text = _text(path, number, row, field)
    try:
        text = checked_question(text)
        parse(text, today=Date.today())
    except UsageError as error:
        raise _wrong(path, number, str(error)) from error
    return text


def _text(path: Path, number: int, row: Mapping[str, object], field: str) -> str:
    text = row.get(field)
    if not isinstance(text, str) or not text.strip():
        raise _wrong(path, number, f"no {field}")
    return text


def _label(path: Path, number: int, row: Mapping[str, object], field: str) -> str:
    label = row.get(field, "")
    if not isinstance(label, str) or len(label) > MAX_LABEL:
        raise _wrong(path, number, f"{field} is no text of {MAX_LABEL} characters or less")
    return one_line(label)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers from 1."""
    for number, line in enumerate(_bytes(path).removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if line.strip():
            try:
                yield number, line.decode()
            except UnicodeDecodeError as error:
                raise _wrong(path, number, "it is not UTF-8") from error


def _bytes(path: Path) -> bytes:
    if not path.is_file():
        raise EvaluationError(f"{path} is no file", hint=FORM)
    if path.stat().st_size > MAX_BYTES:
        raise EvaluationError(f"{path} has more than {MAX_BYTES:,} bytes", hint="Split the set into folders.")
    return path.read_bytes()


def _wrong(path: Path, number: int, reason: str) -> EvaluationError:
    return EvaluationError(f"{path}, line {number:,}: {reason}", hint=FORM)
