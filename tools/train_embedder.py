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

A text's vector is the normalised sum of its tokens' vectors. The table of token vectors starts random and learns, by
a contrastive loss over large batches, to bring a title (or one sentence) near the rest of its own abstract and away
from the others of the batch (InfoNCE, van den Oord et al. 2018, both directions). No other model takes part.

`papers.jsonl.gz` has one paper a line: `title`, `text` (the abstract) and `first_seen` (YYYY-MM-DD). Papers first
seen on or after `--held-out` are not read for training, neither by the tokenizer nor by the vectors; their titles
then measure the result. The same command on the same machine writes the same bytes; another processor or number of
threads sums floats in another order. What was tried and what it gave: README.md beside the weights.
"""

import argparse
import gzip
import hashlib
import json
import os
import random
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save_file
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
    resplit: float = 0.05  # share of tokens replaced by smaller ones, so that word pieces learn a meaning
    misspelt: float = 0.3  # share of title queries with typing errors


@dataclass(frozen=True, slots=True)
class Paper:
    title: str
    abstract: str


def read(path: Path, *, held_out: str) -> tuple[list[Paper], list[Paper]]:
    """Papers first seen before `held_out`, and those from that day on; cleaned."""
    known: list[Paper] = []
    unseen: list[Paper] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            paper = Paper(clean(row["title"]), clean(row["text"]))
            (known if row["first_seen"] < held_out else unseen).append(paper)
    return known, unseen


def fit_tokenizer(papers: Sequence[Paper], *, size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=size, min_frequency=2, limit_alphabet=200, special_tokens=[UNKNOWN], show_progress=False
    )
    tokenizer.train_from_iterator((text for paper in papers for text in (paper.title, paper.abstract)), trainer)
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
        pair = word[at + 1] + word[at]
        return draw.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word[:at] + letter + word[at + 1 :],
                word[:at] + pair + word[at + 2 :],
            )
        )

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


def smaller_pieces(tokenizer: Tokenizer) -> Ragged:
    """For each token of five letters and more, the longest-first pieces it would have were it not in the vocabulary."""
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    return Ragged.of(
        [_pieces(token, vocabulary) for token, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    )


def _pieces(token: str, vocabulary: dict[str, int]) -> Ids:
    inside, word = token.startswith("##"), token.removeprefix("##")
    found: list[int] = []
    at = 0
    while len(word) >= 5 and token != UNKNOWN and at < len(word):
        mark = "##" if inside or at else ""
        ends = (end for end in range(len(word), at, -1) if mark + word[at:end] != token)
        end = next((end for end in ends if mark + word[at:end] in vocabulary), None)
        if end is None:
            return np.empty(0, np.int64)
        found.append(vocabulary[mark + word[at:end]])
        at = end
    return np.array(found, dtype=np.int64)


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

    def resplit(self, pieces: Ragged, share: float, draw: np.random.Generator) -> "Bags":
        """The bags with a random `share` of their ids replaced by smaller pieces, where they have any."""
        hit = (draw.random(len(self.ids)) < share) & (pieces.length[self.ids] > 0)
        ids, which = pieces.gather(self.ids[hit])
        text = np.concatenate([self.text[~hit], self.text[hit][which]])
        order = np.argsort(text, kind="stable")
        return Bags(np.concatenate([self.ids[~hit], ids])[order], text[order])

    def offsets(self, count: int) -> Ids:
        length = np.bincount(self.text, minlength=count)
        return np.cumsum(length) - length


class Pairs:
    """Draws (query, document) pairs: a title and its abstract, or one sentence and the rest."""

    MISSPELT = 4  # misspelt forms kept of each title

    def __init__(self, papers: Sequence[Paper], tokenizer: Tokenizer, recipe: Recipe, draw: np.random.Generator) -> None:
        self._recipe, self._draw, self._count = recipe, draw, len(papers)
        self._pieces = smaller_pieces(tokenizer)
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
        # 3. noise: typing errors, smaller pieces, tokens left out
        wrong = ~by_sentence & (draw.random(count) < recipe.misspelt)
        variant = self._first[-1] + draw.integers(0, self.MISSPELT, count) * self._count + papers
        asked = self._bags(np.where(wrong, variant, query), np.arange(count))
        cut = np.where(draw.random(count) < recipe.short_queries, draw.random(count) * 0.7, 0.0)
        asked = asked.kept(draw.random(len(asked.ids)) >= cut[asked.text], count)
        return asked, document.kept(draw.random(len(document.ids)) >= recipe.document_drop, count)

    def _bags(self, rows: Ids, text: Ids) -> Bags:
        ids, which = self._texts.gather(rows)
        return Bags(ids, text[which]).resplit(self._pieces, self._recipe.resplit, self._draw)


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
            loss += 0.4 * _contrast(*(v[:, : recipe.short_dimension] for v in (query, document)), recipe.temperature)
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
