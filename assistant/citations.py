"""Every sentence of a draft held against the abstracts it cites. Pure: texts in, verdicts out.

What the check sees: whether a marker names a passage; for each cited abstract the sentences that hold most of the
claim's words, weighted by rarity; whether the claim's quantities and names stand in the cited abstracts. What it
cannot see: support in other words, negation, and a true statement about the wrong thing in the same words.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from assistant.cleaning import clean
from assistant.drafts import HELD, Claim, defused
from assistant.papers import Passage
from assistant.quantities import COUNT, Quantity, is_unit, plain, quantities
from assistant.results import Citation, Quote, Sentence, Verdict, cite
from assistant.text import content_terms, sentences, terms

SUPPORTED = 0.55  # share of the sentence's rarity that its spans must hold; tools/bench_checks.py, SciFact train
PARTIAL = 0.35
ENOUGH = 0.1  # share that a further sentence must add to be taken as support too
TERMS_A_SPAN = 12  # a claim of this many terms may rest on two spans, of twice as many on three
LEAD_IN_TERMS = 3  # a heading or lead-in of more says something: “Papers that reduce KV cache memory:” has 4
FEW = 20  # “these 5 papers”, “2. Methods”
RUN = 8  # pieces of words a name is at most made of: FlashAttention-2 has 3
COMMON = 1.0  # rarity of a term nothing is known about

NOT_SAID = "The abstracts do not say."  # how a writer abstains; prompts/ask-system.md asks for exactly this


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft after the check: sentences with verdicts and renumbered citations, the reference list in the order
    of first use, the markers that named no passage, and whether the writer said that the abstracts do not say."""

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    invented: tuple[str, ...]
    not_said: bool


def check(claims: Sequence[Claim], passages: Sequence[Passage], *, rarity: Mapping[str, float]) -> Checked:
    """Hold each claim against what it cites; marker n means `passages[n - 1]`.

    `rarity` weighs index terms (idf); a term not in it counts as common.
    """
    evidence = {n: Evidence(passage) for n, passage in enumerate(passages, 1)}
    order: dict[int, int] = {}
    invented: list[str] = []
    checked: list[Sentence] = []
    not_said = False
    for claim in claims:
        if is_not_said(claim.plain):
            not_said = True
            continue
        known = tuple(n for n in claim.marks if n in evidence)
        unknown = tuple(n for n in claim.marks if n not in evidence)
        invented += [f"[{n}]" for n in unknown]
        sentence = _judged(claim, known, unknown, evidence, rarity)
        for n in known:
            order.setdefault(n, len(order) + 1)
        checked.append(_renumbered(sentence, claim, order, evidence))
    citations = tuple(
        cite(new, passages[n - 1].found, clean(passages[n - 1].found.paper.title)) for n, new in order.items()
    )
    return Checked(tuple(checked), citations, tuple(invented), not_said)


def is_not_said(text: str) -> bool:
    """Whether this sentence says that the abstracts do not say."""
    return text.rstrip(".").casefold() == NOT_SAID.rstrip(".").casefold()


class Evidence:
    """A passage's abstract prepared for the check: its sentences, their terms, the quantities and names in it."""

    def __init__(self, passage: Passage) -> None:
        self.paper = passage.found.paper
        self.spans = sentences(self.paper.abstract)
        self.texts = [defused(clean(self.paper.abstract[start:end])) for start, end in self.spans]  # as claims are

    @cached_property
    def terms(self) -> list[set[str]]:
        return [set(terms(text)) for text in self.texts]

    @cached_property
    def title_terms(self) -> set[str]:
        return set(terms(clean(self.paper.title)))

    @cached_property
    def whole(self) -> str:
        return f"{clean(self.paper.title)}. {' '.join(self.texts)}"

    @cached_property
    def quantities(self) -> list[Quantity]:
        return quantities(self.whole)

    def quantities_of(self, span: tuple[int, int]) -> list[Quantity]:
        return quantities(" ".join(self.texts[span[0] : span[1] + 1]))

    @cached_property
    def names(self) -> set[str]:
        """Every run of up to RUN pieces of words, joined and folded: what a name can be written as."""
        pieces = [piece.casefold() for piece in _PIECE.findall(_letters(self.whole))]
        return {
            _DIGITS.sub(".", " ".join(pieces[at:end])).replace(" ", "")
            for at in range(len(pieces))
            for end in range(at + 1, at + RUN + 1)
        }

    def best_spans(self, wanted: Mapping[str, float]) -> list[tuple[int, int]]:
        """(first, last) sentences of the spans that hold most of the wanted weight: one sentence, or two consecutive
        ones where the second adds enough; and for a long claim, which may condense several, further sentences."""
        total = sum(wanted.values()) or 1.0
        here = {at: found for at, terms in enumerate(self.terms) if (found := wanted.keys() & terms)}
        windows = [(at, at) for at in here]
        windows += [(at, at + 1) for at in here if at + 1 in here]
        spans: list[tuple[int, int]] = []
        held: set[str] = set()

        def gain(span: tuple[int, int]) -> float:
            """The share of the wanted weight that a span adds to what is held already."""
            new = here[span[0]] if span[0] == span[1] else here[span[0]] | here[span[1]]
            return sum(wanted[term] for term in new if term not in held) / total

        while windows and len(spans) <= len(wanted) // TERMS_A_SPAN:
            gains = {span: gain(span) for span in windows}
            best = max(windows, key=lambda span: gains[span] - ENOUGH * (span[1] - span[0]))
            if gains[best] < (ENOUGH if spans else 1e-9):
                break
            spans.append(best)
            held |= here[best[0]] | here[best[1]]
            windows = [(at, at) for at in here if not any(a <= at <= b for a, b in spans)]
        return sorted(spans)

    def terms_of(self, span: tuple[int, int]) -> set[str]:
        return set().union(*self.terms[span[0] : span[1] + 1])

    def quote(self, n: int, first: int, last: int) -> Quote:
        start, end = self.spans[first][0], self.spans[last][1]
        return Quote(n, self.paper.abstract[start:end], start, end)


def _judged(
    claim: Claim,
    known: Sequence[int],
    unknown: Sequence[int],
    evidence: Mapping[int, Evidence],
    rarity: Mapping[str, float],
) -> Sentence:
    """The claim as a sentence with verdict, reasons and quotes; citation numbers are still the passages'."""
    text = claim.plain
    sentence = Sentence(text, tuple(known), block=claim.block, kind=claim.kind)
    reasons = [f"[{n}] was not among the passages" for n in unknown]
    if not claim.marks and (claim.kind == "heading" or _is_lead_in(text)):
        foreign = _foreign(text, evidence, rarity)
        return replace(sentence, verdict="unsupported" if foreign else "not a claim", reasons=tuple(foreign))
    if not known:
        return replace(sentence, verdict="unsupported", reasons=tuple(reasons) or ("no citation",))
    wanted = {term: rarity.get(term, COMMON) for term in content_terms(text)}
    cited = {n: evidence[n] for n in known}
    spans = {n: one.best_spans(wanted) for n, one in cited.items()}
    held = {n: set().union(one.title_terms, *(one.terms_of(span) for span in spans[n])) for n, one in cited.items()}
    share = _share(wanted, set().union(*held.values()))
    quotes = tuple(cited[n].quote(n, *span) for n, found in spans.items() for span in found)
    verdict: Verdict = "supported" if share >= SUPPORTED else "partial" if share >= PARTIAL else "unsupported"
    if verdict != "supported":
        reasons.append(f"only {share:.0%} of what it says is found in {_those(known)}")
    wrong = _wrong_numbers(text, cited, spans) + _missing_names(text, cited, _those(known))
    if wrong:
        verdict = "unsupported"
    elif unknown and verdict == "supported":
        verdict = "partial"
    idle = [n for n, one in cited.items() if _share(wanted, held[n] - one.title_terms) < PARTIAL / 2]
    if len(known) > 1 and idle and verdict == "supported":
        verdict = "partial"
        reasons += [f"little of it is found in [{n}]" for n in idle]
    return replace(sentence, verdict=verdict, reasons=(*wrong, *reasons), quotes=quotes)


def _share(wanted: Mapping[str, float], held: Collection[str]) -> float:
    return sum(weight for term, weight in wanted.items() if term in held) / (sum(wanted.values()) or 1.0)


def _is_lead_in(text: str) -> bool:
    """Whether a sentence without a marker only introduces what follows, or states nothing."""
    return text.rstrip().endswith((":", "?")) or not content_terms(text)


def _foreign(text: str, evidence: Mapping[int, Evidence], rarity: Mapping[str, float]) -> list[str]:
    """What a heading or lead-in says that none of the abstracts read does. Small plain numbers only count things."""
    nowhere = "any abstract read"
    there = [quantity for one in evidence.values() for quantity in one.quantities]
    said = [one for one in quantities(text) if one.unit not in ("", COUNT) or one.value > FEW]
    numbers = [f"says {one.text}, which is not in {nowhere}" for one in said if not any(map(one.same, there))]
    foreign = numbers + _missing_names(text, evidence, nowhere)
    wanted = {term: rarity.get(term, COMMON) for term in content_terms(text)}
    known = set().union(*(one.title_terms.union(*one.terms) for one in evidence.values()))
    if len(wanted) > LEAD_IN_TERMS and (share := _share(wanted, known)) < SUPPORTED:
        foreign.append(f"only {share:.0%} of what it says is found in {nowhere}")
    return foreign


def _those(numbers: Sequence[int]) -> str:
    return ", ".join(f"[{n}]" for n in numbers)


def _wrong_numbers(
    text: str, cited: Mapping[int, Evidence], spans: Mapping[int, Sequence[tuple[int, int]]]
) -> list[str]:
    """What is said of quantities that no cited abstract holds."""
    nearby = [there for n, found in spans.items() for span in found for there in cited[n].quantities_of(span)]
    reasons = []
    for said in quantities(text):
        if any(said.same(there) for one in cited.values() for there in one.quantities):
            continue
        instead = list(dict.fromkeys(there.text for there in nearby if there.unit == said.unit))[:3]
        if instead:
            reasons.append(f"says {said.text}, the abstract says {', '.join(instead)}")
        else:
            reasons.append(f"says {said.text}, which is not in {_those(list(cited))}")
    return reasons


_NAME = re.compile(
    r"\b(?:[A-Za-z]*[A-Z][a-z]*[A-Z][\w-]*|[A-Z]{2,}[\w-]*|[A-Za-z]+-?\d(?:[\w.-]*\w)?|[a-z]+[A-Z]\w*"
    r"|[\w-]*[^\W\d_a-zA-Z][\w-]*)"  # whatever has letters of another script, which may look like Latin ones
)
# Ends of compounds such as `M2-like`, `KV-aware`, that are no part of the name.
_COMPOUND = frozenset({
    "agnostic", "aware", "based", "bound", "centric", "class", "compatible", "dependent", "driven", "enabled",
    "enhanced", "family", "focused", "free", "friendly", "generated", "guided", "induced", "intensive", "level",
    "like", "mediated", "native", "only", "optimized", "oriented", "powered", "related", "scale", "specific",
    "style", "supported", "trained", "tuned", "type", "wise",
})  # fmt: skip


def _missing_names(text: str, cited: Mapping[int, Evidence], where: str) -> list[str]:
    """What is said of names (CamelCase, acronyms, words with digits) that stand in no title or abstract of `cited`,
    neither as written nor as the first letters of consecutive words there or in the sentence itself."""
    text = _letters(text)
    reasons = []
    for name in dict.fromkeys(found for found in _NAME.findall(text) if not is_unit(found)):
        if not any(_holds(one, name) for one in cited.values()) and not _initials(name, text.replace(name, "")):
            reasons.append(f"names {name}, which is not in {where}")
    return reasons


def _holds(evidence: Evidence, name: str) -> bool:
    """Whether a title and abstract have the name, or all the words that hyphens make one of in it (RANK-RANKL), the end
    of a compound (M2-like) aside."""
    wanted = _folded(name.rstrip("s") if name.rstrip("s").isupper() else name)
    if len(wanted) < 2 or {wanted, f"{wanted}s"} & evidence.names or _initials(wanted, evidence.whole):
        return True
    first, _, last = name.rpartition("-")
    if first and last in _COMPOUND:
        return _holds(evidence, first)
    words = name.split("-")
    return len(words) > 1 and all(len(word) > 2 and word.isalpha() and _holds(evidence, word) for word in words)


def _letters(text: str) -> str:
    """`text` with accents dropped and every letter and digit in its usual form."""
    apart = unicodedata.normalize("NFD", plain(text))
    return "".join(c for c in apart if not unicodedata.combining(c))


# Upper-case runs, capitalised and lower-case words, numbers: `YOLOv8` is YOLO, v, 8.
_PIECE = re.compile(r"[^\W\d_a-z]+(?![a-z])|[^\W\d_a-z]?[a-z]+|\d+|[^\W\d_]")


_DIGITS = re.compile(r"(?<=\d)[\W_]+(?=\d)")  # between the numbers of a name: Qwen2.5 is not Qwen25


def _folded(text: str) -> str:
    return re.sub(r"[^\w.]+|_|\.(?!\d)|(?<!\d)\.", "", _DIGITS.sub(".", text)).casefold()


def _initials(acronym: str, text: str) -> bool:
    letters = "".join(word[0] for word in re.findall(r"[^\W_]+", text)).casefold()
    acronym = _folded(acronym).removesuffix("s")
    return 1 < len(acronym) <= 6 and acronym.isalpha() and acronym in letters


def _renumbered(
    sentence: Sentence, claim: Claim, order: Mapping[int, int], evidence: Mapping[int, Evidence]
) -> Sentence:
    """The sentence with citations in the order of first use, in its text too."""
    groups = iter(claim.inner)

    def marks(match: re.Match[str]) -> str:
        return "".join(f"[{order[n]}]" for n in next(groups) if n in evidence)

    text = re.sub(r"\s+([.,;:!?])(?=\s|$)", r"\1", " ".join(re.sub(HELD, marks, claim.text).split()))
    return replace(
        sentence,
        text=text,
        citations=tuple(order[n] for n in sentence.citations),
        trailing=tuple(order[n] for n in claim.trailing if n in evidence),
        reasons=tuple(_with_new_numbers(reason, order) for reason in sentence.reasons),
        quotes=tuple(replace(quote, n=order[quote.n]) for quote in sentence.quotes),
    )


def _with_new_numbers(reason: str, order: Mapping[int, int]) -> str:
    """A reason speaks of the passages the writer saw; the reader sees the renumbered list."""
    if reason.endswith("was not among the passages"):
        return reason
    return re.sub(r"\[(\d+)\]", lambda match: f"[{order.get(int(match[1]), match[1])}]", reason)
