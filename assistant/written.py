"""What a model wrote for a digest or a summary: its sentences held against what they cite, and only those kept that
hold; told apart by what they are for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant import drafts
from assistant.citations import NOT_AMONG, check, is_not_said
from assistant.drafts import Claim
from assistant.library import Library
from assistant.papers import Passage
from assistant.results import Citation, Sentence
from assistant.text import content_terms
from assistant.writers import Draft

LONGEST_NAME = 60  # characters of a heading; a longer one is a sentence
_NUMBER = re.compile(r"^(?:\d+|[ivx]+)[.)]\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """The claims of a draft that what they cite supports, at least in part, and its headings that say nothing foreign;
    their marks number `passages`. `removed` are the other sentences, without numbers, since these would not be those of
    the report: their reasons name papers by id."""

    passages: tuple[Passage, ...]
    claims: tuple[Claim, ...]
    removed: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """A theme of a digest in a model's words: its name (empty: none that holds), what was found, and a sentence for
    some of its papers, by paper id."""

    name: str
    said: tuple[Claim, ...]
    lines: Mapping[str, Claim]
    kept: Kept


@dataclass(frozen=True, slots=True)
class Notes:
    """What a model noted of papers: the idea and the result of some, by paper id."""

    ideas: Mapping[str, Claim]
    results: Mapping[str, Claim]
    kept: Kept


def kept(draft: Draft, passages: Sequence[Passage], library: Library) -> Kept:
    """The draft held against the passages that its marks number. A sentence with an invented marker is removed."""
    claims = [claim for claim in drafts.parse(draft.text) if not is_not_said(claim.plain)]
    rarity = library.rarity({term for claim in claims for term in content_terms(claim.plain)})
    checked = check(claims, passages, rarity=rarity, nearness=library.nearness)
    good: list[Claim] = []
    removed: list[Sentence] = []
    for claim, sentence in zip(claims, checked.sentences, strict=True):
        if sentence.verdict == "unsupported" or sentence.invented:
            removed.append(_unnumbered(sentence, claim, checked.citations))
        elif claim.marks or claim.kind == "heading":
            good.append(claim)
    return Kept(tuple(passages), tuple(good), tuple(removed))


def _unnumbered(sentence: Sentence, claim: Claim, citations: Sequence[Citation]) -> Sentence:
    ids = {f"[{one.n}]": one.paper_id for one in citations}
    told = [
        reason if reason.endswith(NOT_AMONG) else re.sub(r"\[\d+\]", lambda mark: ids.get(mark[0], mark[0]), reason)
        for reason in sentence.reasons
    ]
    return replace(sentence, text=claim.plain, citations=(), trailing=(), quotes=(), reasons=tuple(told))


def brief(draft: Draft, passages: Sequence[Passage], library: Library) -> Brief:
    """The draft of a theme: a heading, sentences, a bullet a paper."""
    read = kept(draft, passages, library)
    name = next(iter(_headings(draft, read).values()), "")
    said = tuple(claim for claim in read.claims if claim.kind == "paragraph")
    return Brief(name, said, _by_paper(_bullets(read.claims), read), read)


def notes(draft: Draft, passages: Sequence[Passage], library: Library) -> Notes:
    """The draft of notes: two bullets a paper, its idea and its result."""
    read = kept(draft, passages, library)
    numbered = [one for one in _bullets(drafts.parse(draft.text)) if set(one.marks) <= set(range(1, len(passages) + 1))]
    ideas = _by_paper(numbered, read)  # as written: where an idea does not hold, the result is still no idea
    results = _by_paper([claim for claim in numbered if claim not in ideas.values()], read)
    return Notes(_holding(ideas, read), _holding(results, read), read)


def _holding(claims: Mapping[str, Claim], read: Kept) -> dict[str, Claim]:
    return {paper: claim for paper, claim in claims.items() if claim in read.claims}


def sections(draft: Draft, passages: Sequence[Passage], library: Library) -> tuple[list[tuple[str, list[Claim]]], Kept]:
    """The draft of a summary: (title, its sentences) under each heading that has any; and all that was kept."""
    read = kept(draft, passages, library)
    titles = _headings(draft, read)
    parts: list[tuple[str, list[Claim]]] = []
    for claim in read.claims:
        if claim.kind != "heading":
            if parts:
                parts[-1][1].append(claim)
        elif title := titles.pop(claim.block, ""):
            parts.append((title, []))
    return [(title, claims) for title, claims in parts if claims], read


def _headings(draft: Draft, read: Kept) -> dict[int, str]:
    """The headings that hold, by their block, without a number before them. One holds with all of its sentences."""
    written: dict[int, list[Claim]] = {}
    for claim in drafts.parse(draft.text):
        if claim.kind == "heading":
            written.setdefault(claim.block, []).append(claim)
    whole = {block: " ".join(one.plain for one in claims) for block, claims in written.items()}
    titles = {block: _NUMBER.sub("", title).rstrip(" .:") for block, title in whole.items()}
    return {
        block: title
        for block, title in titles.items()
        if len(title) <= LONGEST_NAME
        and re.search(r"[^\W\d]", title)
        and all(claim in read.claims for claim in written[block])
    }


def _bullets(claims: Sequence[Claim]) -> list[Claim]:
    """The first sentence of each bullet."""
    first: dict[int, Claim] = {}
    for claim in claims:
        if claim.kind == "bullet":
            first.setdefault(claim.block, claim)
    return list(first.values())


def _by_paper(claims: Sequence[Claim], read: Kept) -> dict[str, Claim]:
    """The first claim about each paper, of those that cite one paper alone."""
    found: dict[str, Claim] = {}
    for claim in claims:
        if len(claim.marks) == 1:
            found.setdefault(read.passages[claim.marks[0] - 1].found.paper_id, claim)
    return found


def renumbered(claim: Claim, numbers: Mapping[int, int]) -> Claim:
    """The claim with other numbers in its marks."""
    inner = tuple(tuple(numbers[n] for n in group) for group in claim.inner)
    return replace(claim, inner=inner, trailing=tuple(numbers[n] for n in claim.trailing))
