"""Sentences put on a page, of abstracts word for word or of a model, each with what it cites; checked together."""

from collections.abc import Sequence
from dataclasses import replace

from assistant.citations import check, is_not_said
from assistant.cleaning import clean
from assistant.drafts import Claim, defused
from assistant.library import Library
from assistant.papers import Chunk, Passage, StoredPaper
from assistant.results import Citation, Kind, Sentence
from assistant.text import content_terms
from assistant.tldr import tldr
from assistant.written import renumbered


class Page:
    """Sentences as they are taken. What `say` gives back is the place of the sentence in what `checked` gives back."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._passages: dict[str, tuple[int, Passage]] = {}
        self._claims: list[Claim] = []
        self._quoted_only = True

    def say(self, found: StoredPaper, text: str, *, block: int | None = None, kind: Kind = "paragraph") -> int:
        """Take a sentence of a paper's abstract, cleaned; by itself, or in a block with others."""
        n = self._number(whole(found))
        if is_not_said(text):  # which would be taken for ours
            text = f"“{text}”"
        place = len(self._claims)
        self._claims.append(Claim(defused(text), (), (n,), place if block is None else block, kind))
        return place

    def put(
        self, claim: Claim, passages: Sequence[Passage], *, block: int | None = None, kind: Kind = "paragraph"
    ) -> int:
        """Take a sentence of a model, whose marks number `passages`; by itself, or in a block with others."""
        self._quoted_only = False
        place = len(self._claims)
        claim = renumbered(claim, {n: self._number(passages[n - 1]) for n in claim.marks})
        self._claims.append(replace(claim, block=place if block is None else block, kind=kind))
        return place

    def _number(self, passage: Passage) -> int:
        return self._passages.setdefault(passage.found.paper_id, (len(self._passages) + 1, passage))[0]

    def tldr(self, found: StoredPaper) -> int:
        """Take the sentence that stands for a paper; its title, where none does."""
        paper = found.paper
        title = clean(paper.title)
        span = tldr(paper, rarity=self._library.rarity(content_terms(title)))
        return self.say(found, clean(paper.abstract[span[0] : span[1]]) if span else title)

    def checked(self) -> tuple[tuple[Sentence, ...], tuple[Citation, ...]]:
        """The sentences with their verdicts, and the papers they cite."""
        said = {term for claim in self._claims for term in content_terms(claim.text)}
        passages = [passage for _, passage in self._passages.values()]
        nearness = None if self._quoted_only else self._library.nearness  # words alone decide on a quotation
        found = check(self._claims, passages, rarity=self._library.rarity(said), nearness=nearness)
        return found.sentences, found.citations


def whole(found: StoredPaper) -> Passage:
    """The paper as a passage that no search found."""
    return Passage(found, Chunk(0, len(found.paper.abstract)), score=0.0, lexical=0.0, vector=0.0)
