"""A claim held against the abstracts it cites: the spans that support it, and what speaks for and against it. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from assistant import names, polarity
from assistant.cleaning import clean
from assistant.drafts import defused
from assistant.papers import Passage
from assistant.polarity import Opposition, Words
from assistant.quantities import Quantity, quantities
from assistant.results import Quote
from assistant.support import Signals
from assistant.text import content_terms, sentences, terms

ENOUGH = 0.1  # share that a further sentence must add to be taken as support too
LATER = 0.15  # for the last sentence of an abstract, which concludes: finds 69 % of SciFact train rationales, 0 63 %
TERMS_A_SPAN = 12  # a claim of this many terms may rest on two spans, of twice as many on three
COMMON = 1.0  # rarity of a term nothing is known about

# How near the words of a text are to those of others, each at most 1: `LateInteraction.interaction` of the bundled
# embedder, which the model was fitted with.
Nearness = Callable[[str, Sequence[str]], Iterable[float]]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What the check finds of a claim in the abstracts it cites. `spans` and `held` (the terms of spans and title) are
    by passage number. `absent` says which of its numbers and names are nowhere, `unbounded` which “up to” it leaves
    out; `oppositions` come with the sentences that oppose, strongest first. `signals` is None for a sentence that one
    of the abstracts has word for word."""

    spans: Mapping[int, list[tuple[int, int]]]
    held: Mapping[int, set[str]]
    absent: tuple[str, ...] = ()
    unbounded: tuple[str, ...] = ()
    oppositions: tuple[tuple[Opposition, str], ...] = ()
    signals: Signals | None = None


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
    def names(self) -> names.Names:
        return names.Names(self.whole)

    @cached_property
    def words(self) -> Words:
        return Words(self.texts)

    def verbatim(self, text: str) -> int | None:
        """The sentence that is `text`, word for word."""
        return next((at for at, sentence in enumerate(self.texts) if _bare(sentence) == _bare(text)), None)

    def best_spans(self, wanted: Mapping[str, float]) -> list[tuple[int, int]]:
        """(first, last) sentences of the spans that hold most of the wanted weight: one sentence, or two consecutive
        ones where the second adds enough; and for a long claim, which may condense several, further sentences."""
        total, later = sum(wanted.values()) or 1.0, LATER / max(1, len(self.texts) - 1)
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
            best = max(windows, key=lambda span: gains[span] - ENOUGH * (span[1] - span[0]) + later * span[1])
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


def weigh(
    text: str, cited: Mapping[int, Evidence], *, rarity: Mapping[str, float], nearness: Nearness | None = None
) -> Weighed:
    """Hold the text of a claim against the abstracts it cites, by passage number; at least one."""
    wanted = wanted_of(text, rarity)
    verbatim = {n: at for n, one in cited.items() if (at := one.verbatim(text)) is not None}
    spans = {n: [(verbatim[n],) * 2] if n in verbatim else one.best_spans(wanted) for n, one in cited.items()}
    held = {n: set().union(one.title_terms, *(one.terms_of(span) for span in spans[n])) for n, one in cited.items()}
    if verbatim:
        return Weighed(spans, held)
    texts = [sentence for one in cited.values() for sentence in one.texts]
    source = next(iter(cited.values())).words if len(cited) == 1 else Words(texts)
    claim = Words([text])
    opposed = polarity.oppositions(claim, source)
    nearest = max(range(len(texts)), key=lambda at: share_of(wanted, set(source.terms(at))), default=None)
    numbers = _wrong_numbers(text, cited, spans)
    strangers = missing_names(text, cited.values(), those(list(cited)))
    near = None if nearness is None else max(map(float, nearness(text, [one.whole for one in cited.values()])))
    share = share_of(wanted, set().union(*held.values()))
    signals = Signals(
        share=share,
        near=near,
        opposed=share * opposed[0].strength if opposed else 0.0,
        direction=share * polarity.direction(claim, source),
        negation=share * (nearest is not None and claim.negated(0) != source.negated(nearest)),
        numbers=bool(numbers),
        names=bool(strangers),
    )
    said = tuple((one, texts[one.at]) for one in opposed)
    return Weighed(spans, held, (*numbers, *strangers), tuple(_unbounded(text, cited)), said, signals)


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
            reasons.append(f"says {said.text}, which is not in {those(list(cited))}")
    return reasons


def _unbounded(text: str, cited: Mapping[int, Evidence]) -> Iterator[str]:
    """What is said of quantities that the abstracts only have behind “up to”."""
    for said in quantities(text):
        there = [one for evidence in cited.values() for one in evidence.quantities if said.same(one)]
        if there and not said.bound and all(one.bound == "most" for one in there):
            yield f"says {said.text}, the abstract says {there[0].bounded}"


def missing_names(text: str, known: Collection[Evidence], where: str) -> list[str]:
    absent = names.missing(text, [one.names for one in known])
    return [f"names {name}, which is not in {where}" for name in absent]


def those(numbers: Sequence[int]) -> str:
    return ", ".join(f"[{n}]" for n in numbers)


def wanted_of(text: str, rarity: Mapping[str, float]) -> dict[str, float]:
    return {term: rarity.get(term, COMMON) for term in content_terms(text)}


def share_of(wanted: Mapping[str, float], held: Collection[str]) -> float:
    return sum(weight for term, weight in wanted.items() if term in held) / (sum(wanted.values()) or 1.0)


def _bare(text: str) -> str:
    """`text` without what a quotation may change: case, white space, the full stop."""
    return " ".join(text.split()).rstrip(".").casefold()
