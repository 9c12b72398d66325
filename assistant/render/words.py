"""The words that all outputs share: bylines, footers, what the check has to say."""

from assistant.results import Answer, Citation, Sentence


def dated(one: Citation) -> str:
    """Date and source of a reference."""
    return f"{one.date or 'no date'} · {one.source}"


def byline(one: Citation) -> str:
    """Date, source and id of a reference."""
    return f"{dated(one)} · {one.paper_id}"


def flags(sentence: Sentence) -> list[str]:
    """What a reader must be told of a sentence: its verdict and reasons, where it is not simply supported."""
    if sentence.verdict in ("supported", "not a claim"):
        return []
    label = "not supported" if sentence.verdict == "unsupported" else "partly supported"
    return [f"{label}: {'; '.join(sentence.reasons)}"]


def footer(result: Answer) -> str:
    """Who wrote it, from how much, how the check went, what it took."""
    parts = [_author(result.writer), f"{result.candidates_read} candidates read"]
    if result.status != "unanswered":
        parts.append(_checked(result))
    if result.invented:
        count = len(result.invented)
        parts.append(f"{count} invented citation{'s' if count > 1 else ''} removed ({', '.join(result.invented)})")
    if result.removed:
        parts.append(f"{_count(len(result.removed))} taken out")
    if result.usage:
        about = "about " if result.usage.estimated else ""
        parts.append(f"{about}{result.usage.prompt_tokens:,} + {result.usage.completion_tokens:,} tokens")
    parts.append(f"{result.seconds:.1f} s")
    return " · ".join(parts)


def _author(writer: str | None) -> str:
    if writer is None:
        return "nothing was written"
    return "extractive (sentences of the abstracts)" if writer == "extractive" else f"written by {writer}"


def _checked(result: Answer) -> str:
    claims = [sentence for sentence in result.sentences if sentence.verdict != "not a claim"]
    supported = sum(sentence.verdict == "supported" for sentence in claims)
    return f"{supported} of {_count(len(claims))} supported"


def _count(number: int) -> str:
    return f"{number} sentence{'s' if number != 1 else ''}"
