"""The words that all outputs share: bylines, footers, what the check has to say."""

from collections.abc import Sequence

from assistant.holdings import IngestReport
from assistant.papers import Provenance, StoredPaper
from assistant.reports import Digest, TopicSummary
from assistant.results import EXTRACTIVE, Answer, Citation, DryRun, Sentence, Usage

INVENTED = 5  # markers named in a footer


def dated(one: Citation) -> str:
    """Date, where it is known, and source of a reference."""
    return f"{one.date} · {one.source}" if one.date else one.source


def marked(one: StoredPaper) -> list[str]:
    """What a line on a paper tells of its user's marks."""
    return [*(["read"] if one.marks.read else []), *(f"#{tag}" for tag in one.marks.tags)]


def byline(one: Citation) -> str:
    """Date, source and id of a reference."""
    return f"{dated(one)} · {one.paper_id}"


def taken_in(report: IngestReport) -> str:
    """What an ingest noticed of papers, if anything."""
    withdrawn, replaced, merged = report.total("withdrawn"), report.total("replaced"), report.total("merged")
    parts = [f"{withdrawn:,} withdrawn"] if withdrawn else []
    parts += [f"{replaced:,} replaced by a newer version"] if replaced else []
    parts += [f"{counted(merged, 'known paper')} found to be another known one, and merged with it"] if merged else []
    return ", ".join(parts)


def read_where(one: StoredPaper) -> list[str]:
    """A line for each place that a paper was read at, in order, and where there are several, what it gave."""
    given: dict[str, list[str]] = {_place(source): [] for source in one.sources}
    for field, place in one.origins:
        given.setdefault(_place(place), []).append(field.replace("_", " "))
    if len(given) == 1 or not one.origins:
        return list(given)
    return [f"{place}: {', '.join(fields) or 'nothing that is still said'}" for place, fields in given.items()]


def _place(place: Provenance) -> str:
    return f"{place.day} from {place.file}, line {place.line} ({place.source})"


def flags(block: Sequence[Sentence]) -> list[tuple[Sentence, str]]:
    """What a reader must be told of the sentences of a block that are not simply supported, or only by the model's
    judgement: verdict and reasons, and the first words where the block has more than one sentence."""
    told = []
    for sentence in block:
        plainly = sentence.verdict == "supported" and sentence.checked_by != "model"
        if not plainly and sentence.verdict != "not a claim":
            label = {"unsupported": "not supported", "partial": "partly supported"}.get(sentence.verdict, "supported")
            words = sentence.text.split()
            which = f", “{' '.join(words[:5])}{' …' if len(words) > 5 else ''}”" if len(block) > 1 else ""
            told.append((sentence, f"{label}{which}: {'; '.join(sentence.reasons)}"))
    return told


def footer(result: Answer) -> str:
    """Who wrote it, from how much, how the check went, what it took."""
    parts = [_author(result), _read(result)]
    if result.recall_estimate is not None:
        parts.append(f"by estimate {result.recall_estimate:.0%} of all found")
    if result.status != "unanswered":
        parts.append(_checked(result))
    if result.invented:
        count = len(result.invented)
        distinct = list(dict.fromkeys(result.invented))
        some = ", ".join(distinct[:INVENTED]) + (", …" if len(distinct) > INVENTED else "")
        parts.append(f"{counted(count, 'invented citation')} removed ({some})")
    if result.removed:
        parts.append(f"{counted(len(result.removed), 'sentence')} taken out")
    if result.cached:
        parts.append(f"from the cache of {result.cached_on}")
    return " · ".join([*parts, *_took(result.usage), f"{result.seconds:.1f} s"])


def signed(result: Digest | TopicSummary, said: Sequence[Sentence]) -> list[str]:
    """Who wrote a report that says this, how the check went, what it took of a model."""
    extractive = result.writer == EXTRACTIVE
    parts = [_extractive(result.failure) if extractive else f"written by {result.writer}"]
    if said:
        supported = sum(sentence.verdict == "supported" for sentence in said)
        count = counted(len(said), "sentence")
        whole = extractive and supported == len(said)
        parts.append(f"{count}, quoted word for word" if whole else f"{supported} of {count} supported")
    if result.removed:
        parts.append(f"{counted(len(result.removed), 'sentence')} taken out")
    if result.cached:
        parts.append(f"{result.cached} of {result.replies} replies from the cache")
    return [*parts, *_took(result.usage)]


def _took(usage: Usage | None) -> list[str]:
    """The tokens of a model, and what they cost, where any were used."""
    if not usage or not usage.prompt_tokens:
        return []
    about = "about " if usage.estimated else ""
    parts = [f"{about}{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens"]
    return parts if usage.cost is None else [*parts, f"about {dollars(usage.cost)}"]


def _extractive(failure: str) -> str:
    return f"{EXTRACTIVE}, since the model failed" if failure else EXTRACTIVE


def in_short(result: Answer) -> str:
    """Why an answer is one in part only, as a sentence."""
    return f"{result.why[:1].upper()}{result.why[1:]}."


def _author(result: Answer) -> str:
    if result.writer is None:
        return "nothing was written"
    if result.recorded:
        return f"recorded on {result.recorded.date}: written by {result.writer} ({result.recorded.source})"
    if result.writer != EXTRACTIVE:
        return (
            f"incomplete: interrupted while {result.writer} wrote"
            if result.interrupted
            else f"written by {result.writer}"
        )
    return _extractive(result.failure)


def _read(result: Answer) -> str:
    read = f"{counted(result.candidates_read, 'candidate')} read"
    if result.recall_estimate is None:
        return read
    matching = len(result.matches)
    if result.writer == EXTRACTIVE:
        return f"{read}, {matching:,} likely match{'es' if matching != 1 else ''}"
    return f"{read}, {matching:,} match{'es' if matching == 1 else ''}"


def _checked(result: Answer) -> str:
    claims = [sentence for sentence in result.sentences if sentence.verdict != "not a claim"]
    supported = sum(sentence.verdict == "supported" for sentence in claims)
    judged = sum(sentence.checked_by != "words" for sentence in claims)
    said = f"{supported} of {counted(len(claims), 'sentence')} supported"
    if result.writer == EXTRACTIVE and supported == len(claims):  # it quotes, so this says nothing of the answer
        said = f"{counted(len(claims), 'sentence')}, quoted word for word"
    return f"{said}, {judged} judged by the model" if judged else said


def dollars(amount: float) -> str:
    """`$0.0042`, `$12.50`; an amount too small for four places is not shown as nothing."""
    return f"${amount:.2f}" if amount >= 1 or not amount else f"${max(amount, 0.0001):.4f}"


def at_most(result: DryRun) -> str:
    """What all exchanges of a dry run would take at most."""
    tokens = f"about {result.prompt_tokens:,} + at most {result.completion_tokens:,} tokens"
    if result.price is None or result.cost is None:
        return f"{tokens} · price: ? (give it with ASSISTANT_PRICE)"
    whose = f"list price of {result.price.as_of}, to be checked" if result.price.as_of else "your price"
    rate = f"${result.price.prompt:g}/${result.price.completion:g} per million"
    return f"{tokens} · at most {dollars(result.cost)} ({rate}, {whose})"


def receiver(result: DryRun) -> str:
    """To whom a dry run's exchanges would go."""
    if result.model is None:
        return "no model is chosen, so that nothing would be sent; a model would get:"
    return f"{counted(len(result.exchanges), 'request')} would go to {result.model} at {result.address}"


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def counted(number: int, what: str) -> str:
    """`1 paper`, `1,466 papers`."""
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def marks(sentence: Sentence) -> str:
    """The markers at the end of a sentence."""
    return "".join(f"[{n}]" for n in sentence.trailing)
