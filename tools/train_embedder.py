# /// script
# requires-python = ">=3.11"
# dependencies = ["paper-assistant", "torch==2.13.0"]
#
# [tool.uv.sources]
# paper-assistant = { path = ".." }
# ///
# mypy: disable-error-code="import-not-found"
"""Train the bundled static embedder from arXiv titles and abstracts, and write it in Model2Vec form.

    python tools/train_embedder.py papers.jsonl.gz assistant/static_model

A text's vector is the sum of its tokens' vectors, scaled to length 1. The table of token vectors starts random and
learns, by a contrastive loss over large batches, to bring a title (or one sentence) near the rest of its own abstract
and away from the others of the batch (InfoNCE, van den Oord et al. 2018, both directions). No other model takes part.

`papers.jsonl.gz` has one paper a line: `title`, `text` (the abstract) and `first_seen` (YYYY-MM-DD). Papers first
seen on or after `--held-out` train neither the tokenizer nor the vectors; tools/bench_retrieval.py --tune measures on
them. The same command on the same machine writes the same bytes; another processor or number of threads sums floats
in another order. What was tried and what it gave: README.md beside the weights.
"""

import argparse
import gzip
import hashlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from assistant.cleaning import clean
from assistant.text import sentences

Ids = NDArray[np.int64]
UNKNOWN = "[UNK]"  # model2vec drops this token, so its vector is never used


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the shipped model was trained with. The figures behind the choices are in the model card."""

    vocabulary: int = 14_000  # with 512 dimensions as int8: 7.2 MB. More dimensions gained more than more tokens
    dimension: int = 512
    short_dimension: int = 256  # the first 256 components are trained to stand alone too
    epochs: int = 30
    batch: int = 2048  # every other abstract of the batch is a negative; 4096 gained nothing
    rate: float = 0.02  # Adam, warmed up, then falling to 0
    warm_up: float = 0.05
    temperature: float = 0.05
    spread: float = 0.1  # standard deviation of the first random vectors
    sentence_queries: float = 0.5  # share of papers whose query is a sentence, not the title
    title_kept: float = 0.5  # how often such an abstract keeps its title
    short_queries: float = 0.7  # share of queries cut to a random 30-100 % of their tokens, as keywords would be
    document_drop: float = 0.2  # share of an abstract's tokens left out
    misspelt: float = 0.3  # share of title queries with typing errors


@dataclass(frozen=True, slots=True)
class Paper:
    title: str
    abstract: str


def read(path: Path, *, held_out: str) -> tuple[list[Paper], int]:
    """Papers first seen before `held_out`, cleaned, and how many there are from that day on."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    known = [Paper(clean(row["title"]), clean(row["text"])) for row in rows if row["first_seen"] < held_out]
    return known, len(rows) - len(known)


def fit_tokenizer(papers: Sequence[Paper], *, size: int) -> Tokenizer:
    """A WordPiece tokenizer of `size` tokens.

    The trainer numbers letters inside words in the order of a hash table, which changes from run to run and with it
    the order of equally frequent merges. So the letters are fixed here, and announced as special tokens while it works.
    """
    normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    seen: Counter[str] = Counter()
    for paper in papers:
        seen.update(normalizer.normalize_str(f"{paper.title}{paper.abstract}"))
    letters = sorted(letter for letter, count in seen.items() if count >= 100 and not letter.isspace())
    fixed = [UNKNOWN, *(f"##{letter}" for letter in letters)]
    tokenizer = _wordpiece({token: number for number, token in enumerate(fixed)}, normalizer)
    trainer = trainers.WordPieceTrainer(
        vocab_size=size,
        initial_alphabet=letters,
        limit_alphabet=len(letters),
        special_tokens=fixed,
        show_progress=False,
    )
    tokenizer.train_from_iterator((text for paper in papers for text in (paper.title, paper.abstract)), trainer)
    return _wordpiece(tokenizer.get_vocab(), normalizer)


def _wordpiece(vocabulary: dict[str, int], normalizer: normalizers.Normalizer) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def token_ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[Ids]:
    """Ids of each text as model2vec sees them: without special or unknown tokens."""
    unknown = tokenizer.token_to_id(UNKNOWN)
    encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return [ids[ids != unknown] for ids in (np.array(encoding.ids, dtype=np.int64) for encoding in encodings)]


def misspell(text: str, draw: random.Random) -> str:
    """`text` in lower case with a letter lost, added, replaced or swapped in about a third of its longer words."""

    def wrong(match: re.Match[str]) -> str:
        word = match[0]
        if draw.random() >= 0.3:
            return word
        at = draw.randrange(1, len(word) - 1)
        letter = draw.choice("abcdefghijklmnopqrstuvwxyz")
        end = draw.choice(
            (word[at + 1 :], letter + word[at:], letter + word[at + 1 :], word[at + 1] + word[at] + word[at + 2 :])
        )
        return word[:at] + end

    return re.sub(r"[a-z]{5,}", wrong, text.lower())


@dataclass(frozen=True, slots=True)
class Ragged:
    """Rows of token ids of unequal length, end to end; row `i` is `ids[start[i]:start[i] + length[i]]`."""

    ids: Ids
    start: Ids
    length: Ids

    @classmethod
    def of(cls, rows: Sequence[Ids]) -> "Ragged":
        length = np.array([len(row) for row in rows], dtype=np.int64)
        return cls(np.concatenate([*rows, np.empty(0, np.int64)]), np.cumsum(length) - length, length)

    def gather(self, rows: Ids) -> tuple[Ids, Ids]:
        """The ids of `rows`, end to end, and for each id its position in `rows`."""
        return self.ids[spans(self.start[rows], self.length[rows])], np.repeat(np.arange(len(rows)), self.length[rows])


def spans(start: Ids, length: Ids) -> Ids:
    """The integers of many ranges, end to end."""
    before = np.cumsum(length) - length
    return np.repeat(start - before, length) + np.arange(int(length.sum()))


@dataclass(frozen=True, slots=True)
class Bags:
    """One bag of token ids per text of a batch: `ids` in order of `text`, the number of the bag each belongs to."""

    ids: Ids
    text: Ids

    def kept(self, keep: NDArray[np.bool_], count: int) -> "Bags":
        """The bags with only the ids to `keep`; a bag that would lose everything stays whole."""
        emptied = np.bincount(self.text[keep], minlength=count) == 0
        keep = keep | emptied[self.text]
        return Bags(self.ids[keep], self.text[keep])

    def offsets(self, count: int) -> Ids:
        length = np.bincount(self.text, minlength=count)
        return np.cumsum(length) - length


class Pairs:
    """Draws (query, document) pairs: a title and its abstract, or one sentence and the rest."""

    MISSPELT = 4  # misspelt forms kept of each title

    def __init__(
        self, papers: Sequence[Paper], tokenizer: Tokenizer, recipe: Recipe, draw: np.random.Generator
    ) -> None:
        self._recipe, self._draw, self._count = recipe, draw, len(papers)
        texts: list[str] = []
        first: list[int] = []  # where each paper's title is; its sentences follow
        for paper in papers:
            first.append(len(texts))
            texts.append(paper.title)
            texts += [paper.abstract[start:end] for start, end in sentences(paper.abstract)]
        self._first = np.array([*first, len(texts)], dtype=np.int64)
        spelling = random.Random(int(draw.integers(2**32)))
        texts += [misspell(paper.title, spelling) for _ in range(self.MISSPELT) for paper in papers]
        self._texts = Ragged.of(token_ids(tokenizer, texts))

    def batch(self, papers: Ids) -> tuple[Bags, Bags]:
        recipe, draw, count = self._recipe, self._draw, len(papers)
        # 1. the query of each paper: a sentence where there are three at least, else the title
        first, following = self._first[papers], np.diff(self._first)[papers] - 1
        by_sentence = (draw.random(count) < recipe.sentence_queries) & (following >= 3)
        sentence = first + 1 + (draw.random(count) * following).astype(np.int64)
        query = np.where(by_sentence, sentence, first)
        # 2. its document: every other text of the paper, and the title only beside a sentence
        row, paper = spans(first, following + 1), np.repeat(np.arange(count), following + 1)
        with_title = by_sentence & (draw.random(count) < recipe.title_kept)
        inside = (row != query[paper]) & ((row != first[paper]) | with_title[paper])
        document = self._bags(row[inside], paper[inside])
        # 3. noise: typing errors, tokens left out
        wrong = ~by_sentence & (draw.random(count) < recipe.misspelt)
        variant = self._first[-1] + draw.integers(0, self.MISSPELT, count) * self._count + papers
        asked = self._bags(np.where(wrong, variant, query), np.arange(count))
        cut = np.where(draw.random(count) < recipe.short_queries, draw.random(count) * 0.7, 0.0)
        asked = asked.kept(draw.random(len(asked.ids)) >= cut[asked.text], count)
        return asked, document.kept(draw.random(len(document.ids)) >= recipe.document_drop, count)

    def _bags(self, rows: Ids, text: Ids) -> Bags:
        ids, which = self._texts.gather(rows)
        return Bags(ids, text[which])


def train(papers: Sequence[Paper], tokenizer: Tokenizer, recipe: Recipe, *, seed: int) -> NDArray[np.float32]:
    """Token vectors, shape (vocabulary, dimension)."""
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    draw = np.random.default_rng(seed)
    pairs = Pairs(papers, tokenizer, recipe, draw)
    table = torch.nn.Parameter(torch.randn(tokenizer.get_vocab_size(), recipe.dimension) * recipe.spread)
    optimizer = torch.optim.Adam([table], lr=recipe.rate)
    per_epoch = len(papers) // recipe.batch
    steps = per_epoch * recipe.epochs
    for epoch in range(recipe.epochs):
        total, order = 0.0, draw.permutation(len(papers))
        for number in range(per_epoch):
            step = epoch * per_epoch + number
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate * min(1.0, (step + 1) / (recipe.warm_up * steps)) * (1 - step / steps)
            chosen = order[number * recipe.batch : (number + 1) * recipe.batch]
            query, document = (_summed(table, bags, len(chosen)) for bags in pairs.batch(chosen))
            loss = 0.6 * _contrast(query, document, recipe.temperature)
            query, document = (vectors[:, : recipe.short_dimension] for vectors in (query, document))
            loss += 0.4 * _contrast(query, document, recipe.temperature)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item()
        print(f"epoch {epoch + 1} of {recipe.epochs}: loss {total / per_epoch:.3f}", flush=True)
    trained: NDArray[np.float32] = table.detach().numpy()
    return trained


def _summed(table: Any, bags: Bags, count: int) -> Any:
    ids, offsets = torch.from_numpy(bags.ids), torch.from_numpy(bags.offsets(count))
    return torch.nn.functional.embedding_bag(ids, table, offsets, mode="sum")


def _contrast(query: Any, document: Any, temperature: float) -> Any:
    """InfoNCE over the batch, queries to documents and back; row i of one belongs to row i of the other."""
    normalize, cross_entropy = torch.nn.functional.normalize, torch.nn.functional.cross_entropy
    scores = normalize(query) @ normalize(document).T / temperature
    target = torch.arange(len(scores))
    return (cross_entropy(scores, target) + cross_entropy(scores.T, target)) / 2


def quantized(table: NDArray[np.float32], *, levels: int = 31) -> NDArray[np.int8]:
    """`table` as integers from -levels to levels, one scale for all: a text's vector is normalised, so the scale
    itself is not kept. 63 steps rank as well as float32 and deflate to 6 bits in the wheel; rare tokens beyond 3.5
    standard deviations are cut."""
    scale = 3.5 * float(table.std()) / levels
    steps: NDArray[np.int8] = np.clip(np.rint(table / scale), -levels, levels).astype(np.int8)
    return steps


def write(folder: Path, table: NDArray[np.int8], tokenizer: Tokenizer) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(save({"embeddings": table}))
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    config = {"model_type": "model2vec", "embedding_dtype": "int8", "max_length": 512, "normalize": True}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def note(card: Path, facts: dict[str, object]) -> None:
    """Put the facts of this run between the two marks of the model card; the rest of it is written by hand."""
    begin, end = "<!-- facts of the run -->", "<!-- end of facts -->"
    blank = f"---\nlicense: apache-2.0\nlanguage: en\n---\n\n{begin}\n{end}\n"  # model2vec warns without metadata
    text = card.read_text(encoding="utf-8") if card.is_file() else blank
    before, _, rest = text.partition(begin)
    lines = "".join(f"- {name}: {value}\n" for name, value in facts.items())
    card.write_text(f"{before}{begin}\n{lines}{end}{rest.partition(end)[2]}", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("papers", type=Path, help="arXiv metadata, JSON lines, gzip")
    parser.add_argument("folder", type=Path, help="where the model goes")
    parser.add_argument("--held-out", default="2026-05-01", help="first day that is not trained on (YYYY-MM-DD)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    started, recipe = time.monotonic(), Recipe()
    papers, unseen = read(args.papers, held_out=args.held_out)
    tokenizer = fit_tokenizer(papers, size=recipe.vocabulary)
    write(args.folder, quantized(train(papers, tokenizer, recipe, seed=args.seed)), tokenizer)
    files = {name: args.folder / name for name in ("model.safetensors", "tokenizer.json")}
    facts = {
        "papers trained on": f"{len(papers)}, first seen before {args.held_out}",
        "papers held out": unseen,
        "seed and threads": f"{args.seed}, {args.threads}",
        "recipe": ", ".join(f"{key}={value}" for key, value in asdict(recipe).items()),
    } | {f"sha256 of {name}": hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}
    note(args.folder / "README.md", facts)
    print(f"{args.folder}: done in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
