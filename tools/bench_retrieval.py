"""Measure retrieval on judged sets, through the code the product runs: nDCG@10, recall@10 and recall@100 of the
lexical side, the vector side and both fused.

    python tools/bench_retrieval.py ../shared/data                    # the table of the README (test parts)
    python tools/bench_retrieval.py ../shared/data --tune             # weights and boosts, on the training parts
    python tools/bench_retrieval.py ../shared/data --train            # the table, on the training parts
    python tools/bench_retrieval.py ../shared/data --train --queries misspelt   # … with a mistake in every query

The folder holds `seeds-gold`, `scifact` and `arxiv-daily`. Test parts: the handed-over seed questions and SciFact
test. Training parts: SciFact train, and titles cut to four words as queries for the abstracts of the two last months
of arxiv-daily, which the embedder has not seen. A misspelt query has one of its words of five letters or more wrong
by one letter (of nine or more, by two), drawn by a fixed seed.
"""

import argparse
import gzip
import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import fmean

import judged_data

from assistant import embedders
from assistant.evaluate import ndcg, recall
from assistant.ingest import ingest
from assistant.library import Library
from assistant.library import lexical as lexical_index
from assistant.library.fusion import fuse
from assistant.library.indexing import CHUNK_TOKENS
from assistant.library.searching import Side
from assistant.queries import Query as Queried

HELD_OUT = "2026-05-01"  # arxiv-daily from this day on was not trained on (tools/train_embedder.py)
SIDES: tuple[Side, ...] = ("lexical", "vector", "fused")
DEPTH = 100


@dataclass(frozen=True, slots=True)
class Query:
    text: str
    judged: dict[str, int]


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A corpus as files that `ingest` reads, and queries with judged paper ids."""

    name: str
    files: list[str]
    queries: list[Query]


def beir(name: str, folder: Path, files: Sequence[Path], qrels: str = "qrels.tsv") -> JudgedSet:
    """A set in BEIR form: queries.jsonl, and tab-separated query id, document id, judgement."""
    texts = {row["_id"]: row["text"] for row in _rows(folder / "queries.jsonl")}
    judged: dict[str, dict[str, int]] = {}
    for line in (folder / qrels).read_text().splitlines()[1:]:
        query, document, gain = line.split("\t")
        judged.setdefault(query, {})[document] = int(gain)
    queries = [Query(texts[query], gains) for query, gains in judged.items()]
    return JudgedSet(name, [str(file) for file in files], queries)


def seeds(data: Path) -> JudgedSet:
    files = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
    return beir("seed questions", data / "seeds-gold", files)


def scifact(data: Path, part: str) -> JudgedSet:
    folder = data / "scifact"
    qrels = "qrels.tsv" if part == "test" else "qrels_train.tsv"
    return beir(f"SciFact {part}", folder, [folder / "corpus.jsonl"], qrels)


def held_out_titles(data: Path, folder: Path, count: int = 1_000) -> JudgedSet:
    """Four words of a title as the query, its paper without the title as the document to find (seeded)."""
    draw = random.Random(7)
    with gzip.open(data / "arxiv-daily" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["first_seen"] >= HELD_OUT]
    corpus = folder / "held_out.jsonl"
    corpus.write_text(
        "".join(
            json.dumps({"_id": f"p{n}", "title": f"paper {n}", "text": row["text"]}) + "\n"
            for n, row in enumerate(rows)
        )
    )
    queries = []
    for n in draw.sample(range(len(rows)), count):
        words = [word for word in re.findall(r"[\w-]+", rows[n]["title"]) if len(word) > 3]
        if len(words) >= 4:
            kept = sorted(draw.sample(range(len(words)), 4))
            queries.append(Query(" ".join(words[at] for at in kept), {f"p{n}": 1}))
    return JudgedSet("title words, held-out months", [str(corpus)], queries)


def misspelt(judged: JudgedSet) -> JudgedSet:
    """The set with a mistake in one word of every query: a letter lost, doubled, exchanged with its neighbour or
    replaced, not the first (seeded)."""
    draw = random.Random(11)
    queries = []
    for query in judged.queries:
        words = list(re.finditer(r"[a-zA-Z]{5,}", query.text))
        if words:
            match = draw.choice(words)
            wrong = _mistyped(match[0], draw)
            if len(wrong) >= 9:
                wrong = _mistyped(wrong, draw)
            query = Query(query.text[: match.start()] + wrong + query.text[match.end() :], query.judged)
        queries.append(query)
    return JudgedSet(f"{judged.name}, misspelt", judged.files, queries)


def _mistyped(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    kept = {"lost": "", "doubled": word[at] * 2, "replaced": draw.choice("abcdefghijklmnopqrstuvwxyz")}
    kind = draw.choice([*kept, "exchanged"])
    if kind == "exchanged":
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + kept[kind] + word[at + 1 :]


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def library_of(judged: JudgedSet, folder: Path, embedder: embedders.Embedder, chunk_tokens: int) -> Library:
    name = re.sub(r"\W+", "-", judged.name)
    library = Library(folder / name, embedder=lambda: embedder, create=True, chunk_tokens=chunk_tokens)
    ingest(judged.files, library=lambda: library, day=date(2026, 1, 1))
    return library


def table(sets: Sequence[JudgedSet], folder: Path, embedder: embedders.Embedder, chunk_tokens: int) -> None:
    print(f"embedder {embedder.name} {embedder.fingerprint}, {embedder.dimension} dimensions\n")
    print("| set | queries | side | nDCG@10 | recall@10 | recall@100 |\n| --- | --- | --- | --- | --- | --- |")
    for judged in sets:
        with library_of(judged, folder, embedder, chunk_tokens) as library:
            asked = [library.find(Queried(query.text), limit=1).question for query in judged.queries]
            for side in SIDES:
                rankings = [
                    [passage.found.paper_id for passage in library.search(question, limit=DEPTH, side=side)]
                    for question in asked
                ]
                figures = [
                    _mean(rankings, judged, lambda ranking, gains: ndcg(ranking, gains, k=10)),
                    _mean(rankings, judged, lambda ranking, gains: recall(ranking, gains, k=10)),
                    _mean(rankings, judged, lambda ranking, gains: recall(ranking, gains, k=100)),
                ]
                print(f"| {judged.name} | {len(judged.queries)} | {side} | {' | '.join(f'{f:.3f}' for f in figures)} |")


def _mean(
    rankings: Sequence[Sequence[str]], judged: JudgedSet, metric: Callable[[Sequence[str], dict[str, int]], float]
) -> float:
    return fmean(metric(ranking, query.judged) for ranking, query in zip(rankings, judged.queries, strict=True))


def tune(sets: Sequence[JudgedSet], folder: Path, embedder: embedders.Embedder, chunk_tokens: int) -> None:
    """nDCG@10 over the title's boost and the vector side's weight, on the training parts."""
    weights = (0.0, 0.2, 0.3, 0.4, 0.5)
    print(f"nDCG@10 by weight of the vector side\n\n| set | title boost | {' | '.join(map(str, weights))} |")
    print(f"| --- | --- |{' --- |' * len(weights)}")
    for judged in sets:
        with library_of(judged, folder, embedder, chunk_tokens) as library:
            for boost in (0.0, 0.25, 0.5, 1.0):
                lexical_index.FIELD_BOOSTS["title"] = boost
                both = [[scores(library, query, side) for side in SIDES[:2]] for query in judged.queries]
                means = [
                    _mean(
                        [fused(lexical, vector, weight) for lexical, vector in both],
                        judged,
                        lambda names, gains: ndcg(names, gains, k=10),
                    )
                    for weight in weights
                ]
                print(f"| {judged.name} | {boost} | {' | '.join(f'{mean:.4f}' for mean in means)} |")


def scores(library: Library, query: Query, side: Side) -> dict[str, float]:
    """The side's own scores of its best thousand, by paper id."""
    found = library.search(query.text, limit=1_000, side=side)
    return {one.found.paper_id: one.lexical if side == "lexical" else one.vector for one in found}


def fused(lexical: Mapping[str, float], vector: Mapping[str, float], weight: float) -> list[str]:
    names = sorted(lexical.keys() | vector.keys())
    numbers = {name: number for number, name in enumerate(names)}
    sides = ({numbers[name]: score for name, score in side.items()} for side in (lexical, vector))
    return [names[one.paper] for one in fuse(*sides, vector_weight=weight)]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=judged_data.folder, help="folder of judged data")
    parser.add_argument("--embedder", default="bundled")
    parser.add_argument("--chunk-tokens", type=int, default=CHUNK_TOKENS)
    parser.add_argument("--tune", action="store_true", help="sweep over weights on the training parts")
    parser.add_argument("--train", action="store_true", help="the table of the training parts")
    parser.add_argument("--queries", choices=("typed", "misspelt"), default="typed")
    args = parser.parse_args()
    embedder = embedders.load(args.embedder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.tune or args.train:
            sets = [scifact(args.data, "train"), held_out_titles(args.data, folder)]
        else:
            sets = [seeds(args.data), scifact(args.data, "test")]
        if args.queries == "misspelt":
            sets = [misspelt(judged) for judged in sets]
        (tune if args.tune else table)(sets, folder, embedder, args.chunk_tokens)


if __name__ == "__main__":
    main()
