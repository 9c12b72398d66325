"""Every sentence of a draft held against the abstracts it cites. Pure: texts in, verdicts out.

What the check sees: whether a marker names a passage; for each cited abstract the sentences that hold most of the
claim's words, weighted by rarity; how near its words are to those of the abstract; whether its quantities and names
stand there; whether the abstract says the opposite in like words. A fitted model (`support.py`) weighs these; a
quantity or name that is nowhere, and a plain opposite, decide alone. What it cannot see: support, or an opposite, in
entirely different words, and a true statement about the wrong thing in the same words.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant import support
from assistant.cleaning import clean
from assistant.drafts import HELD, Claim
from assistant.papers import Passage
from assistant.polarity import Opposition
from assistant.quantities import COUNT, quantities
from assistant.results import Citation, Sentence, Verdict, cite
from assistant.text import content_terms
from assistant.weighing import (
    Evidence,
    Nearness,
    missing_names,
    share_of,
    those,
    wanted_of,
    weigh,
)

OPPOSED = 0.4  # strength of an opposition, times share, that decides alone
MAYBE_OPPOSED = 0.2  # … and one that a reader is told of where the model is not convinced
TOLD = 0.8  # share of a sentence's rarity up to which a reader is told how much is found
KNOWN = 0.55  # … that a heading or lead-in must share with what was read
IDLE = 0.175  # … that each of several cited abstracts must hold
LEAD_IN_TERMS = 3  # a heading or lead-in of more says something: “Papers that reduce KV cache memory:” has 4
FEW = 20  # “these 5 papers”, “2. Methods”
EXCERPT = 120  # characters of a sentence that a reason quotes

NOT_AMONG = "was not among the passages"  # what is said of an invented marker
NOT_SAID = "The abstracts do not say."  # how a writer abstains; prompts/ask-system.md asks for exactly this


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft after the check: sentences with verdicts and renumbered citations, the reference list in the order
    of first use, the markers that named no passage, and whether the writer said that the abstracts do not say."""

    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    invented: tuple[str, ...]
    not_said: bool


def check(
    claims: Sequence[Claim],
    passages: Sequence[Passage],
    *,
    rarity: Mapping[str, float],
    nearness: Nearness | None = None,
) -> Checked:
    """Hold each claim against what it cites; marker n means `passages[n - 1]`.

    `rarity` weighs index terms (idf); a term not in it counts as common. `nearness` is the bundled embedder's; without
    one the check goes by words alone.
    """
    evidence = {n: Evidence(passage) for n, passage in enumerate(passages, 1)}
    order: dict[int, int] = {}
    invented: list[str] = []
    checked: list[Sentence] = []
    not_said = False
    for claim in claims:
        known = tuple(n for n in claim.marks if n in evidence)
        if is_not_said(claim.plain) and not any(is_not_said(text) for n in known for text in evidence[n].texts):
            not_said = True
            continue
        unknown = tuple(n for n in claim.marks if n not in evidence)
        invented += [f"[{n}]" for n in unknown]
        sentence = _judged(claim, known, unknown, evidence, rarity, nearness)
        for n in known:
            order.setdefault(n, len(order) + 1)
        checked.append(_renumbered(sentence, claim, order, evidence))
    citations = tuple(
        cite(new, passages[n - 1].found, clean(passages[n - 1].found.paper.title)) for n, new in order.items()
    )
    return Checked(tuple(checked), citations, tuple(invented), not_said)


def is_not_said(text: str) -> bool:
    """Whether a sentence abstains; one that an abstract holds and that is marked with it is a quotation instead."""
    return " ".join(text.split()).rstrip(" .").casefold() == NOT_SAID.rstrip(".").casefold()


def _judged(
    claim: Claim,
    known: Sequence[int],
    unknown: Sequence[int],
    evidence: Mapping[int, Evidence],
    rarity: Mapping[str, float],
    nearness: Nearness | None,
) -> Sentence:
    """The claim as a sentence with verdict, reasons and quotes; citation numbers are still the passages'."""
    text = claim.plain
    invented = tuple(f"[{n}]" for n in unknown)
    sentence = Sentence(text, tuple(known), block=claim.block, kind=claim.kind, invented=invented)
    reasons = [f"{marker} {NOT_AMONG}" for marker in invented]
    if not claim.marks and (claim.kind == "heading" or _is_lead_in(text)):
        foreign = _foreign(text, evidence, rarity)
        return replace(sentence, verdict="unsupported" if foreign else "not a claim", reasons=tuple(foreign))
    if not known:
        return replace(sentence, verdict="unsupported", reasons=tuple(reasons) or ("no citation",))
    cited = {n: evidence[n] for n in known}
    found = weigh(text, cited, rarity=rarity, nearness=nearness)
    quotes = tuple(cited[n].quote(n, *span) for n, spans in found.spans.items() for span in spans)
    contradicted = found.signals is not None and found.signals.opposed >= OPPOSED
    wrong = [*found.absent, *(_opposite(*one) for one in found.oppositions[:contradicted])]
    verdict: Verdict = support.verdict(found.signals) if found.signals else "supported"
    if found.signals and verdict != "supported" and not wrong:
        reasons += _doubts(found.signals, found.oppositions[:1], those(known))
    if wrong:
        verdict = "unsupported"
    elif (unknown or found.unbounded) and verdict == "supported":
        verdict = "partial"
    wanted = wanted_of(text, rarity)
    idle = [n for n, one in cited.items() if share_of(wanted, found.held[n] - one.title_terms) < IDLE]
    if len(known) > 1 and idle and verdict == "supported":
        verdict = "partial"
        reasons += [f"little of it is found in [{n}]" for n in idle]
    firm = bool(wrong or unknown)
    return replace(sentence, verdict=verdict, reasons=(*wrong, *found.unbounded, *reasons), quotes=quotes, firm=firm)


def _doubts(signals: support.Signals, opposed: Sequence[tuple[Opposition, str]], where: str) -> list[str]:
    """Why a claim is not taken as supported, where nothing in it is plainly wrong."""
    share = f"only {signals.share:.0%} of what it says is found in {where}"
    doubts = [share] if signals.share < TOLD else []
    if opposed and signals.opposed >= MAYBE_OPPOSED:
        doubts.append(f"perhaps the opposite: {_opposite(*opposed[0])}")
    elif signals.negation:
        doubts.append(f"negation differs from the nearest sentence in {where}")
    return doubts or [share]


def _opposite(one: Opposition, sentence: str) -> str:
    excerpt = sentence if len(sentence) <= EXCERPT else f"{sentence[:EXCERPT].rsplit(' ', 1)[0]} …"
    if one.turned:
        return f"compares with {one.said}, the abstract the other way round: “{excerpt}”"
    return f"says {one.said}, the abstract says {one.there}: “{excerpt}”"


def _is_lead_in(text: str) -> bool:
    """Whether a sentence without a marker only introduces what follows, or states nothing."""
    return text.rstrip().endswith((":", "?")) or not content_terms(text)


def _foreign(text: str, evidence: Mapping[int, Evidence], rarity: Mapping[str, float]) -> list[str]:
    """What a heading or lead-in says that none of the abstracts read does. Small plain numbers only count things."""
    nowhere = "any abstract read"
    there = [quantity for one in evidence.values() for quantity in one.quantities]
    said = [one for one in quantities(text) if one.unit not in ("", COUNT) or one.value > FEW]
    numbers = [f"says {one.text}, which is not in {nowhere}" for one in said if not any(map(one.same, there))]
    foreign = numbers + missing_names(text, evidence.values(), nowhere)
    wanted = wanted_of(text, rarity)
    known = set().union(*(one.title_terms.union(*one.terms) for one in evidence.values()))
    if len(wanted) > LEAD_IN_TERMS and (share := share_of(wanted, known)) < KNOWN:
        foreign.append(f"only {share:.0%} of what it says is found in {nowhere}")
    return foreign


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
    if reason.endswith(NOT_AMONG):
        return reason
    return re.sub(r"\[(\d+)\]", lambda match: f"[{order.get(int(match[1]), match[1])}]", reason)
