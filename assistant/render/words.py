"""The words that all outputs share: bylines, footers, what the check has to say."""

from collections.abc import Sequence

from assistant.results import Answer, Citation, Sentence


def dated(one: Citation) -> str:
    """Date, where it is known, and source of a reference."""
    return f"{one.date} · {one.source}" if one.date else one.source


def byline(one: Citation) -> str:
    """Date, source and id of a reference."""
    return f"{dated(one)} · {one.paper_id}"


def flags(block: Sequence[Sentence]) -> list[tuple[Sentence, str]]:
    """What a reader must be told of the sentences of a block that are not simply supported: verdict and reasons, and
    the first words where the block has more than one sentence."""
    told = []
    for sentence in block:
        if sentence.verdict not in ("supported", "not a claim"):
            label = "not supported" if sentence.verdict == "unsupported" else "partly supported"
            words = sentence.text.split()
            which = f", “{' '.join(words[:5])}{' …' if len(words) > 5 else ''}”" if len(block) > 1 else ""
            told.append((sentence, f"{label}{which}: {'; '.join(sentence.reasons)}"))
    return told


def footer(result: Answer) -> str:
    """Who wrote it, from how much, how the check went, what it took."""
    parts = [_author(result), _read(result)]
    if result.recall_estimate is not None:
        parts.append(f"by estimate {result.recall_estimate:.0%} of all that do")
    if result.status != "unanswered":
        parts.append(_checked(result))
    if result.invented:
        count = len(result.invented)
        parts.append(f"{counted(count, 'invented citation')} removed ({', '.join(result.invented)})")
    if result.removed:
        parts.append(f"{counted(len(result.removed), 'sentence')} taken out")
    if result.usage:
        about = "about " if result.usage.estimated else ""
        parts.append(f"{about}{result.usage.prompt_tokens:,} + {result.usage.completion_tokens:,} tokens")
    parts.append(f"{result.seconds:.1f} s")
    return " · ".join(parts)


def in_short(result: Answer) -> str:
    """Why an answer is one in part only, as a sentence."""
    return f"{result.why[:1].upper()}{result.why[1:]}."


def _author(result: Answer) -> str:
    if result.writer is None:
        return "nothing was written"
    if result.writer != "extractive":
        return f"written by {result.writer}"
    return "extractive, since the model failed" if result.failure else "extractive"


def _read(result: Answer) -> str:
    read = f"{counted(result.candidates_read, 'candidate')} read"
    if result.recall_estimate is None:
        return read
    matching = len(result.matches)
    return f"{read}, {matching:,} match{'es' if matching == 1 else ''}"


def _checked(result: Answer) -> str:
    claims = [sentence for sentence in result.sentences if sentence.verdict != "not a claim"]
    supported = sum(sentence.verdict == "supported" for sentence in claims)
    if result.writer == "extractive" and supported == len(claims):  # it quotes, so this says nothing of the answer
        return f"{counted(len(claims), 'sentence')}, quoted word for word"
    return f"{supported} of {counted(len(claims), 'sentence')} supported"


def counted(number: int, what: str) -> str:
    """`1 paper`, `1,466 papers`."""
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def marks(sentence: Sentence) -> str:
    """The markers at the end of a sentence."""
    return "".join(f"[{n}]" for n in sentence.trailing)
