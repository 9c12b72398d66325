"""A library of a few papers, and judged questions over it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from assistant import Assistant
from tests.examples import CSKV, GRAMMAR, QSERVE

BEES = {"id": "bees", "title": "How bees dance", "abstract": "Bees dance to tell where flowers are. They do so daily."}
QUERIES = (
    {"_id": "q1", "text": "which papers reduce KV cache memory?", "kind": "topic"},
    {"_id": "q2", "text": "constrained decoding with context-free grammars", "kind": "method"},
)
QRELS = "query-id\tcorpus-id\tscore\nq1\tcskv-channel-shrinking-for-kv-cache\t2\nq1\tqserve\t0\nq2\txgrammar\t1\n"
FACTS = (
    {
        "_id": "f1",
        "question": "By how much does CSKV reduce the memory of the KV cache?",
        "answer": "80%",
        "doc_id": "cskv-channel-shrinking-for-kv-cache",
        "quote": r"Experiments show that CSKV reduces the memory of the KV cache by 80\%",
    },
)
UNANSWERABLE = (
    {"_id": "u1", "question": "Who won the 2022 FIFA men's World Cup?", "type": "off_topic"},
    {"_id": "u2", "question": "How many extra decoding heads does Medusa use?", "type": "near_miss"},
)


def lines(rows: tuple[dict[str, str], ...]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A folder with all four files."""
    folder = tmp_path / "judged"
    folder.mkdir()
    (folder / "queries.jsonl").write_text(lines(QUERIES))
    (folder / "qrels.tsv").write_text(QRELS)
    (folder / "facts.jsonl").write_text(lines(FACTS))
    (folder / "unanswerable.jsonl").write_text(lines(UNANSWERABLE))
    return folder


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library of four papers. Tests only read it."""
    folder = tmp_path_factory.mktemp("few")
    named = (("cskv-channel-shrinking-for-kv-cache", CSKV), ("qserve", QSERVE), ("xgrammar", GRAMMAR))
    papers = [asdict(paper) | {"id": name} for name, paper in named]
    rows = [{key: paper[key] for key in ("id", "title", "abstract")} for paper in [*papers, BEES]]
    (folder / "papers.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with Assistant.open(home=str(folder / "home"), library=None) as assistant:
        assistant.ingest(folder / "papers.jsonl")
        return assistant.folder


@pytest.fixture
def assistant(few: Path) -> Iterator[Assistant]:
    with Assistant.open(few) as opened:
        yield opened
