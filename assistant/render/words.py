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
    parts = [_author(result), f"{counted(result.candidates_read, 'candidate')} read"]
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


def _author(result: Answer) -> str:
    if result.writer is None:
        return "nothing was written"
    if result.recorded:
        return f"recorded on {result.recorded.date}: written by {result.writer} ({result.recorded.source})"
    if result.writer != "extractive":
        return f"written by {result.writer}"
    return "extractive, since the model failed" if result.failure else "extractive"


def _checked(result: Answer) -> str:
    claims = [sentence for sentence in result.sentences if sentence.verdict != "not a claim"]
    supported = sum(sentence.verdict == "supported" for sentence in claims)
    judged = sum(sentence.checked_by != "words" for sentence in claims)
    said = f"{supported} of {counted(len(claims), 'sentence')} supported"
    if result.writer == "extractive" and supported == len(claims):  # it quotes, so this says nothing of the answer
        said = f"{counted(len(claims), 'sentence')}, quoted word for word"
    return f"{said}, {judged} judged by the model" if judged else said


def counted(number: int, what: str) -> str:
    """`1 paper`, `1,466 papers`."""
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def marks(sentence: Sentence) -> str:
    """The markers at the end of a sentence."""
    return "".join(f"[{n}]" for n in sentence.trailing)
