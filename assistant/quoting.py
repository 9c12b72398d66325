"""Sentences of abstracts, taken word for word to be put on a page, each with the paper it cites; checked together."""

from assistant.citations import check, is_not_said
from assistant.cleaning import clean
from assistant.drafts import Claim, defused
from assistant.library import Library
from assistant.papers import Chunk, Passage, StoredPaper
from assistant.results import Citation, Kind, Sentence
from assistant.text import content_terms
from assistant.tldr import tldr


class Page:
    """Sentences as they are taken. What `say` gives back is the place of the sentence in what `checked` gives back."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._passages: dict[str, tuple[int, Passage]] = {}
        self._claims: list[Claim] = []

    def say(self, found: StoredPaper, text: str, *, block: int | None = None, kind: Kind = "paragraph") -> int:
        """Take a sentence of a paper's abstract, cleaned; by itself, or in a block with others."""
        passage = Passage(found, Chunk(0, len(found.paper.abstract)), score=0.0, lexical=0.0, vector=0.0)
        n, _ = self._passages.setdefault(found.paper_id, (len(self._passages) + 1, passage))
        if is_not_said(text):  # which would be taken for ours
            text = f"“{text}”"
        place = len(self._claims)
        self._claims.append(Claim(defused(text), (), (n,), place if block is None else block, kind))
        return place

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
        found = check(self._claims, passages, rarity=self._library.rarity(said))
        return found.sentences, found.citations
