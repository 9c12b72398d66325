"""What a user might build instead, timed beside the program by `tools/bench.py --peers`: Chroma with its documents,
bm25s, SQLite FTS5, and a scan of memory-mapped vectors with numpy.

Each peer is built once and then asked in a fresh process (`python tools/peers.py PEER FOLDER`), which prints the
seconds of every query as JSON. They get the same texts, and those that take vectors the bundled embedder's.
"""

import argparse
import json
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import made_papers
import numpy as np

from assistant import embedders

BATCH = 5_000
K = 10
Ask = Callable[[str], Any]


def _texts(papers: Sequence[made_papers.Row]) -> list[str]:
    return [f"{paper['title']}. {paper['abstract']}" for paper in papers]


def _chroma(folder: Path) -> Any:
    import chromadb

    settings = chromadb.config.Settings(anonymized_telemetry=False)
    return chromadb.PersistentClient(path=str(folder), settings=settings)


def build_chroma(papers: Sequence[made_papers.Row], folder: Path) -> None:
    collection = _chroma(folder).create_collection("papers", embedding_function=None)
    embedder = embedders.load("bundled")
    for at in range(0, len(papers), BATCH):
        texts = _texts(papers[at : at + BATCH])
        ids = [str(at + n) for n in range(len(texts))]
        collection.add(ids=ids, embeddings=embedder.embed(texts), documents=texts)


def ask_chroma(folder: Path) -> Ask:
    collection, embedder = _chroma(folder).get_collection("papers", embedding_function=None), embedders.load("bundled")
    return lambda question: collection.query(query_embeddings=embedder.embed([question]), n_results=K)


def build_bm25s(papers: Sequence[made_papers.Row], folder: Path) -> None:
    import bm25s

    index = bm25s.BM25()
    index.index(bm25s.tokenize(_texts(papers), stopwords="en", show_progress=False), show_progress=False)
    index.save(str(folder))


def ask_bm25s(folder: Path) -> Ask:
    import bm25s

    index = bm25s.BM25.load(str(folder), mmap=True)
    return lambda question: index.retrieve(
        bm25s.tokenize([question], stopwords="en", show_progress=False), k=K, show_progress=False
    )


def build_fts5(papers: Sequence[made_papers.Row], folder: Path) -> None:
    with sqlite3.connect(folder / "fts.sqlite3") as db:
        db.execute("CREATE VIRTUAL TABLE papers USING fts5(text, tokenize = 'porter unicode61')")
        db.executemany("INSERT INTO papers VALUES (?)", ((text,) for text in _texts(papers)))


def ask_fts5(folder: Path) -> Ask:
    db = sqlite3.connect(folder / "fts.sqlite3")
    query = "SELECT rowid, bm25(papers) FROM papers WHERE papers MATCH ? ORDER BY 2 LIMIT ?"
    return lambda question: db.execute(query, (" OR ".join(re.findall(r"\w+", question)), K)).fetchall()


def build_numpy(papers: Sequence[made_papers.Row], folder: Path) -> None:
    embedder = embedders.load("bundled")
    parts = [embedder.embed(_texts(papers[at : at + BATCH])) for at in range(0, len(papers), BATCH)]
    np.save(folder / "vectors.npy", np.concatenate(parts))


def ask_numpy(folder: Path) -> Ask:
    vectors, embedder = np.load(folder / "vectors.npy", mmap_mode="r"), embedders.load("bundled")
    return lambda question: np.argpartition(vectors @ embedder.embed([question])[0], -K)[-K:]


PEERS = {
    "Chroma, documents stored": (build_chroma, ask_chroma),
    "bm25s": (build_bm25s, ask_bm25s),
    "SQLite FTS5": (build_fts5, ask_fts5),
    "numpy over memory-mapped vectors": (build_numpy, ask_numpy),
}


def measured(peer: str, real: Path, count: int, home: Path) -> str:
    """The cells of one row: the peer, its build, a cold query, warm ones, disk."""
    folder = home / f"{re.sub(r'[^a-zA-Z0-9]+', '-', peer)}-{count}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    papers = list(islice(made_papers.papers(real), count))
    started = time.perf_counter()
    PEERS[peer][0](papers, folder)
    built = time.perf_counter() - started
    whole, taken = [], []
    for _ in range(3):
        started = time.perf_counter()
        ran = subprocess.run(
            [sys.executable, __file__, peer, str(folder), str(real)], check=True, stdout=subprocess.PIPE
        )
        said = json.loads(ran.stdout)
        whole.append(time.perf_counter() - started - said["after_first"])
        taken = sorted(said["seconds"])
    disk = sum(part.stat().st_size for part in folder.rglob("*")) / count / 1_000
    p50, p95 = 1_000 * statistics.median(taken), 1_000 * taken[int(0.95 * len(taken))]
    return f"{peer} | {built:.1f} | {statistics.median(whole):.2f} | {p50:.1f} / {p95:.1f} | {disk:.1f}"


def main() -> None:
    import warm

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("papers", type=Path)
    args = parser.parse_args()
    ask = PEERS[args.peer][1](args.folder)
    ask("which papers reduce KV cache memory?")
    first = time.perf_counter()
    seconds = []
    for query in warm.queries(args.papers, 50):
        started = time.perf_counter()
        ask(query)
        seconds.append(time.perf_counter() - started)
    print(json.dumps({"after_first": time.perf_counter() - first, "seconds": seconds}))


if __name__ == "__main__":
    main()
