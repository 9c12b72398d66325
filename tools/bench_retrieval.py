"""Measure retrieval on judged sets, through the code the product runs: nDCG@10 with its 95 % bootstrap interval, and
recall@5, @10 and @100, of BM25 alone, vectors alone, both fused, and the first papers of that read closely.

    python tools/bench_retrieval.py ../shared/data                    # the table of the README (test parts)
    python tools/bench_retrieval.py ../shared/data --embedder onnx:FOLDER   # … with another embedder
    python tools/bench_retrieval.py ../shared/data --rerank onnx:FOLDER     # … and with a reranker over that
    python tools/bench_retrieval.py ../shared/data --tune             # weights and boosts, on the training parts
    python tools/bench_retrieval.py ../shared/data --train            # the table, on the training parts
    python tools/bench_retrieval.py ../shared/data --train --queries misspelt   # … with a mistake in every query

The folder holds `seeds-gold`, `scifact`, `scitldr` and `arxiv-daily`. Test parts: the handed-over seed questions,
SciFact test, one-sentence summaries as queries for their abstracts (1,000 of SciTLDR), and titles as queries for the
abstracts of the two last months of arxiv-daily, which the embedder has not seen (1,000). Training parts: SciFact train,
and titles of those months cut to four words. A misspelt query has one of its words of five letters or more wrong by one
letter (of nine or more, by two), drawn by a fixed seed.
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

from assistant import embedders, rerankers
from assistant.evaluate import interval, ndcg, recall
from assistant.evaluate.judged import qrels as read_qrels
from assistant.ingest import ingest
from assistant.library import Library, searching
from assistant.library import lexical as lexical_index
from assistant.library.fusion import fuse
from assistant.library.indexing import CHUNK_TOKENS
from assistant.library.searching import Side
from assistant.papers import Passage
from assistant.queries import Query as Queried
from assistant.rerankers import Reranker, reranked

HELD_OUT = "2026-05-01"  # arxiv-daily from this day on was not trained on (tools/train_embedder.py)
SIDES: dict[Side, str] = {"lexical": "BM25", "vector": "vectors", "fused": "fused", "closely": "read closely"}
DEPTH = 100
SOME = 1_000  # queries taken of a large set


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
    queries = [Query(texts[query], gains) for query, gains in read_qrels(folder / qrels).items()]
    return JudgedSet(name, [str(file) for file in files], queries)


def seeds(data: Path) -> JudgedSet:
    files = sorted((Path(__file__).parent.parent / "seeds").glob("*.txt"))
    return beir("seed questions", data / "seeds-gold", files)


def scifact(data: Path, part: str) -> JudgedSet:
    folder = data / "scifact"
    qrels = "qrels.tsv" if part == "test" else "qrels_train.tsv"
    return beir(f"SciFact {part}", folder, [folder / "corpus.jsonl"], qrels)


def scitldr(data: Path) -> JudgedSet:
    whole = beir("SciTLDR, summaries", data / "scitldr", [data / "scitldr" / "corpus.jsonl"])
    return JudgedSet(whole.name, whole.files, random.Random(7).sample(whole.queries, SOME))


def held_out(data: Path, folder: Path, *, words: int | None) -> JudgedSet:
    """Titles, or so many words of each, as queries; their papers without the title as documents to find (seeded)."""
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
    for n in draw.sample(range(len(rows)), SOME):
        title = rows[n]["title"]
        long = [word for word in re.findall(r"[\w-]+", title) if len(word) > 3]
        if words is None:
            queries.append(Query(title, {f"p{n}": 1}))
        elif len(long) >= words:
            queries.append(
                Query(" ".join(long[at] for at in sorted(draw.sample(range(len(long)), words))), {f"p{n}": 1})
            )
    return JudgedSet("held-out months, titles" if words is None else f"… {words} words of them", [str(corpus)], queries)


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


def table(
    sets: Sequence[JudgedSet],
    folder: Path,
    embedder: embedders.Embedder,
    chunk_tokens: int,
    reranker: Reranker | None,
) -> None:
    print(f"embedder {embedder.name} {embedder.fingerprint}, {embedder.dimension} dimensions\n")
    print("| set | queries | side | nDCG@10 | 95 % | recall@5 | recall@10 | recall@100 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for judged in sets:
        with library_of(judged, folder, embedder, chunk_tokens) as library:
            asked = [library.find(Queried(query.text), limit=1).question for query in judged.queries]
            for side, name in SIDES.items():
                if side == "closely" and not isinstance(embedder, embedders.LateInteraction):
                    continue
                found = [library.search(question, limit=DEPTH, side=side) for question in asked]
                print_row(judged, name, found)
            if reranker is not None:
                best = (library.search(question, limit=DEPTH) for question in asked)
                again = [reranked(*pair, reranker).passages for pair in zip(asked, best, strict=True)]
                print_row(judged, f"reranked by {reranker.name}", again)


def print_row(judged: JudgedSet, side: str, found: Sequence[Sequence[Passage]]) -> None:
    """A row of the table, from the passages found for each query."""
    rankings = [[passage.found.paper_id for passage in passages] for passages in found]
    gains = [ndcg(ranking, query.judged, k=10) for ranking, query in zip(rankings, judged.queries, strict=True)]
    low, high = interval(gains)
    recalls = [mean(rankings, judged, lambda names, right, k=k: recall(names, right, k=k)) for k in (5, 10, 100)]
    cells = [f"{fmean(gains):.3f}", f"{low:.3f}–{high:.3f}", *(f"{one:.3f}" for one in recalls)]
    print(f"| {judged.name} | {len(judged.queries)} | {side} | {' | '.join(cells)} |", flush=True)


def mean(rankings: Sequence[Sequence[str]], judged: JudgedSet, metric: Callable[..., float]) -> float:
    return fmean(metric(ranking, query.judged) for ranking, query in zip(rankings, judged.queries, strict=True))


def at_ten(names: Sequence[str], right: Mapping[str, int]) -> float:
    return ndcg(names, right, k=10)


def tune(sets: Sequence[JudgedSet], folder: Path, embedder: embedders.Embedder, chunk_tokens: int) -> None:
    """nDCG@10 on the training parts: over the title's boost and the vector side's weight, then over how many papers are
    read closely and what that counts. (tantivy's BM25 has k1 = 1.2 and b = 0.75 and lets nobody change them.)"""
    weights, depths = (0.0, 0.2, 0.3, 0.4, 0.5), (20, 40, 100)
    shipped = lexical_index.FIELD_BOOSTS["title"]
    for judged in sets:
        with library_of(judged, folder, embedder, chunk_tokens) as library:
            print(f"\n| {judged.name}: title boost | {' | '.join(f'vectors {one}' for one in weights)} |")
            print(f"| --- |{' --- |' * len(weights)}")
            for boost in (0.0, 0.25, 0.5, 1.0):
                lexical_index.FIELD_BOOSTS["title"] = boost
                both = [[scores(library, query, side) for side in tuple(SIDES)[:2]] for query in judged.queries]
                means = [mean([fused(low, high, weight) for low, high in both], judged, at_ten) for weight in weights]
                print(f"| {boost} | {' | '.join(f'{one:.4f}' for one in means)} |", flush=True)
            lexical_index.FIELD_BOOSTS["title"] = shipped
            print(f"\n| {judged.name}: read closely | {' | '.join(f'{one} papers' for one in depths)} |")
            print(f"| --- |{' --- |' * len(depths)}")
            for searching.CLOSE_WEIGHT in (0.25, 0.5, 1.0):
                means = []
                for searching.CLOSELY in depths:
                    found = [library.search(query.text, limit=10) for query in judged.queries]
                    means.append(mean([[one.found.paper_id for one in some] for some in found], judged, at_ten))
                print(f"| {searching.CLOSE_WEIGHT} | {' | '.join(f'{one:.4f}' for one in means)} |", flush=True)


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
    parser.add_argument("--rerank", help="an embedder or cross-encoder that reads the first 40 papers again")
    parser.add_argument("--chunk-tokens", type=int, default=CHUNK_TOKENS)
    parser.add_argument("--tune", action="store_true", help="sweep over weights on the training parts")
    parser.add_argument("--train", action="store_true", help="the table of the training parts")
    parser.add_argument("--queries", choices=("typed", "misspelt"), default="typed")
    args = parser.parse_args()
    embedder = embedders.load(args.embedder)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.tune or args.train:
            sets = [scifact(args.data, "train"), held_out(args.data, folder, words=4)]
        else:
            sets = [seeds(args.data), scifact(args.data, "test"), scitldr(args.data)]
            sets.append(held_out(args.data, folder, words=None))
        if args.queries == "misspelt":
            sets = [misspelt(judged) for judged in sets]
        if args.tune:
            tune(sets, folder, embedder, args.chunk_tokens)
        else:
            reranker = rerankers.load(args.rerank, model=lambda: None, prompts=None, max_tokens=0)
            table(sets, folder, embedder, args.chunk_tokens, reranker)


if __name__ == "__main__":
    main()
