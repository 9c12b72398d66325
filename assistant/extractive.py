"""The writer that needs no model: sentences of the abstracts, verbatim, chosen for relevance and diversity."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from assistant.cleaning import clean
from assistant.drafts import defused, escape
from assistant.embedders import Vectors
from assistant.endpoint import OnText
from assistant.evidence import holds, mentions, names_in
from assistant.papers import Passage
from assistant.quantities import quantities
from assistant.questions import QuestionKind, kind_of, wants_background
from assistant.results import EXTRACTIVE
from assistant.roles import is_finding, is_link, leans, own_word
from assistant.text import content_terms, sentences, terms
from assistant.writers import Draft, Request, joined

MAX_CHARACTERS = 1_000  # about twelve lines of a terminal
MAX_SENTENCE = 420  # characters; what is longer is mostly a list or a formula

# Worth of a sentence: its share of the question's rarity, its cosine, its paper's rank, whether it is the paper's own
# word; a number where one is asked for; else less where it leans on another, more where it is a finding. On SciFact
# train (which sentence of the abstract is the rationale?) the share alone finds 54 %, with the position 61 %. ROLE,
# LEAN and FIND were set by reading answers: they choose better sentences of the same papers (with them 48 of 66 cited
# papers are judged relevant, without them 47 to 49 of 65 to 67); NUMBER by the handed-over facts. See bench_answers.py.
SHARE, COSINE, PASSAGE, ROLE, NUMBER, LEAN, FIND = 0.45, 0.3, 0.15, 0.3, 0.2, 0.1, 0.05


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an answer of one kind is built: at most `papers` that are at least `floor` times as relevant as the best
    one, and of each at most `each` sentences."""

    papers: int
    each: int
    floor: float


SHAPES: dict[QuestionKind, _Shape] = {
    "which": _Shape(papers=8, each=1, floor=0.65),
    "number": _Shape(papers=2, each=2, floor=0.85),
    "prose": _Shape(papers=3, each=2, floor=0.75),
}
SECOND = 0.75  # a paper's second sentence must be worth this share of its first


@dataclass(frozen=True, slots=True)
class _Question:
    """A question taken apart: its kind, the rarity of each of its terms, what its sentences are weighed by."""

    kind: QuestionKind
    wanted: dict[str, float]
    role: float

    def share(self, held: Collection[str], partly: Collection[str] = ()) -> float:
        """The share of the question's rarity that `held` terms cover; those in `partly` count half."""
        covered = sum(w * (1.0 if t in held else 0.5 if t in partly else 0.0) for t, w in self.wanted.items())
        return covered / (sum(self.wanted.values()) or 1.0)


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A sentence that could be used: of passage `n` (from 1), at position `at` in its abstract. `share` is how much
    of the question's rarity it holds, `score` how well it would do in an answer."""

    n: int
    at: int
    text: str
    share: float
    score: float
    vector: Vectors


class ExtractiveWriter:
    """Writes with the abstracts' own sentences. `embed` gives vectors of length 1 for texts, as `Embedder.embed`."""

    name = EXTRACTIVE

    def __init__(self, embed: Callable[[Sequence[str]], Vectors]) -> None:
        self._embed = embed

    def write(self, request: Request, *, on_text: OnText | None = None) -> Draft:
        """One bullet a paper, its sentences in the order of the abstract, each with the paper's marker. For a survey,
        one sentence of every paper that is likely to match; for a question of parts, one part after the other."""
        if request.parts:
            return joined([self.write(part) for part in request.parts])
        question = _taken_apart(request)
        shape = SHAPES[question.kind]
        by_paper: dict[int, list[_Candidate]] = {}
        for candidate in self._candidates(request, question):
            by_paper.setdefault(candidate.n, []).append(candidate)
        if request.likely:
            best = {n: _chosen(by_paper[n], 1)[0] for n in request.likely if n in by_paper}
            lines = [f"- {_marked(one.text, n + request.first - 1)}" for n, one in best.items()]
            return Draft("\n".join(lines), self.name)
        relevance = {n: _relevance(question, request.passages[n - 1], group) for n, group in by_paper.items()}
        lines = []
        length = 0
        for n in sorted(relevance, key=lambda n: -relevance[n])[: shape.papers]:
            chosen = _chosen(by_paper[n], shape.each)
            length += sum(len(one.text) for one in chosen)
            if relevance[n] >= shape.floor * max(relevance.values()) and (not lines or length <= MAX_CHARACTERS):
                lines.append("- " + " ".join(_marked(one.text, n + request.first - 1) for one in chosen))
        return Draft("\n".join(lines), self.name)

    def _candidates(self, request: Request, question: _Question) -> list[_Candidate]:
        """Every usable sentence of the passages that may answer, with its worth."""
        found = [
            (n, at, text, own)
            for n in _asked_of(request, question)
            for at, text, own in _sentences(request.passages[n - 1])
        ]
        if not found:
            return []
        asked, *vectors = self._embed([request.question, *(text for _, _, text, _ in found)])
        candidates = []
        for (n, at, text, own), vector in zip(found, vectors, strict=True):
            passage = request.passages[n - 1]
            share = question.share(set(terms(text)), set(terms(clean(passage.found.paper.title))))
            score = SHARE * share + COSINE * max(0.0, float(vector @ asked)) + PASSAGE * passage.score
            score += question.role * own + _bonus(question, text)
            candidates.append(_Candidate(n, at, text, share, score, vector))
        return candidates


def _marked(text: str, n: int) -> str:
    """A sentence with its paper's marker; where it reads as several once it is cleaned, each with the marker."""
    text = defused(text)
    return " ".join(f"{escape(text[start:end])} [{n}]" for start, end in sentences(text))


def _taken_apart(request: Request) -> _Question:
    wanted = {term: request.rarity.get(term, 1.0) for term in content_terms(clean(request.question))}
    return _Question(kind_of(request.question), wanted, 0.0 if wants_background(request.question) else ROLE)


def _asked_of(request: Request, question: _Question) -> list[int]:
    """The passages that may answer: where a number is asked of something named, only those that mention all names;
    where a question names what a paper's title names, only those that mention it. A list of papers is not narrowed so,
    nor a survey widened."""
    if request.likely:
        return sorted(request.likely)
    everyone = list(range(1, len(request.passages) + 1))
    if question.kind == "which":
        return everyone
    if question.kind == "number" and (names := names_in(request.question)):
        having = [n for n in everyone if all(mentions(request.passages[n - 1], name) for name in names)]
        if having:
            return having
    titles = [terms(clean(passage.found.paper.title)) for passage in request.passages]
    named = [name for name in names_in(request.question) if any(holds(title, name) for title in titles)]
    return [n for n in everyone if any(mentions(request.passages[n - 1], name) for name in named)] or everyone


def _sentences(passage: Passage) -> Iterator[tuple[int, str, float]]:
    """(position, cleaned text, how far it is the paper's own word) of the usable sentences of an abstract; where none
    is, of the shortest."""
    abstract = passage.found.paper.abstract
    texts = [clean(abstract[start:end]) for start, end in sentences(abstract)]
    said = [at for at, text in enumerate(texts) if any(c.isalnum() for c in text) and not is_link(text)]
    usable = [at for at in said if len(texts[at]) <= MAX_SENTENCE]
    for at in usable or sorted(said, key=lambda at: len(texts[at]))[:1]:
        yield at, texts[at], own_word(texts[at], at=at, of=len(texts))


def _bonus(question: _Question, text: str) -> float:
    if question.kind == "number":
        return NUMBER if quantities(text) else 0.0
    return (FIND if question.role and is_finding(text) else 0.0) - (LEAN if leans(text) else 0.0)


def _relevance(question: _Question, passage: Passage, group: Sequence[_Candidate]) -> float:
    """How much a paper has to say: its cosine, and the question's rarity in its best sentence and whole abstract."""
    paper = passage.found.paper
    whole = question.share(set(terms(f"{clean(paper.title)} {clean(paper.abstract)}")))
    best = max(group, key=lambda one: one.score)
    return 0.3 * best.share + 0.2 * whole + 0.5 * passage.vector


def _chosen(candidates: Sequence[_Candidate], most: int) -> list[_Candidate]:
    """Up to `most` sentences of one paper, in its order: the best, and others that are nearly as good, each worth
    its score less what is already said (maximal marginal relevance, Carbonell and Goldstein 1998)."""
    chosen = [max(candidates, key=lambda one: one.score)]
    best = chosen[0].score
    while len(chosen) < most:
        rest = [one for one in candidates if one not in chosen and one.score >= SECOND * best]
        if not rest:
            break
        chosen.append(max(rest, key=lambda one: one.score - 0.3 * max(float(one.vector @ c.vector) for c in chosen)))
    return sorted(chosen, key=lambda one: one.at)
