"""A second opinion on the sentences of an answer: the model is asked whether what is quoted says what they say.

It sees sentence, title and quote, nothing else. What it replies is data from outside: what is no verdict counts for
nothing, and no verdict lifts a sentence whose number, name or marker is wrong.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, get_args

from assistant import prompts as templates
from assistant.citations import Checked
from assistant.cleaning import clean, one_line
from assistant.drafts import defused
from assistant.endpoint import Completions, Structured
from assistant.errors import BudgetError, ContextOverflow, EndpointError, IncompleteReply
from assistant.results import Citation, Sentence, Verdict
from assistant.writers import TOKEN_CHARACTERS, without_thinking

BATCH = 8  # sentences a request: with quotes of two sentences about 1,500 tokens, and 500 for the reply
MOST = 48  # sentences of an answer; the others keep the verdict they have
CHARACTERS = 8_000  # of sentences and quotes in a request; a sentence that takes more by itself is not asked about
READ = 40_000  # characters of a reply that are looked at for verdicts
REASON = 160  # characters that are shown of a reason

# what the model may say, and which verdict that is; the worse the later
VERDICTS: dict[str, Verdict] = {"entailed": "supported", "partly": "partial", "not entailed": "unsupported"}
_SAID = {
    "supported": "the model judges that the quote says it",
    "partial": "the model judges that the quote says it only in part",
    "unsupported": "the model judges that the quote does not say it",
}
_WORSE = list(get_args(Verdict))
SCHEMA = {
    "type": "object",
    "properties": {
        "verdicts": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "n": {"type": "integer"},
                    "reason": {"type": "string"},
                    "verdict": {"type": "string", "enum": list(VERDICTS)},
                },
                "required": ["n", "reason", "verdict"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["verdicts"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model says of a sentence, and its reason: cleaned, short, without anything that looks like a marker."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Judged:
    """A checked draft with the model's judgement in it; why it is missing where the endpoint failed, and what a reader
    should know besides."""

    checked: Checked
    failure: str = ""
    notices: tuple[str, ...] = ()


class Judge:
    """Asks `model` at `endpoint`, with the templates of the folder `prompts` (None: the bundled ones)."""

    def __init__(self, model: str, endpoint: Completions, *, prompts: str | None = None, max_tokens: int = 900) -> None:
        self._model, self._endpoint, self._prompts, self._max_tokens = model, Structured(endpoint), prompts, max_tokens

    def judge(self, checked: Checked) -> Judged:
        """`checked` with every verdict that the model has an opinion on. Where the endpoint fails, with those it gave
        before. PromptError."""
        pairs = {at: _pair(one, checked.citations) for at, one in enumerate(checked.sentences) if _is_open(one)}
        opinions: dict[int, Opinion] = {}
        failure = ""
        try:
            for batch in _batches(pairs):
                for found in self._exchanges(batch):
                    opinions |= found
        except (EndpointError, BudgetError) as error:  # what is written and paid for is not thrown away
            failure = f"{error} ({error.hint})"
        silent = len(pairs) - len(opinions)
        told = () if failure or not silent else (f"the model gave no verdict on {silent} of {len(pairs)} sentences",)
        sentences = (weighed(one, opinions.get(at)) for at, one in enumerate(checked.sentences))
        return Judged(replace(checked, sentences=tuple(sentences)), failure, told)

    def _exchanges(self, pairs: Mapping[int, str]) -> Iterator[dict[int, Opinion]]:
        """What the model says of the pairs, by their keys: at once, or by halves where it finds them too long.
        EndpointError, PromptError."""
        try:
            answered = self._opinions(pairs)
        except ContextOverflow:
            if len(pairs) == 1:
                raise
            keys = list(pairs)
            for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
                yield from self._exchanges({at: pairs[at] for at in half})
        else:
            yield answered

    def _opinions(self, pairs: Mapping[int, str]) -> dict[int, Opinion]:
        """One exchange. EndpointError, also where the model says nothing of any pair; PromptError."""
        place = templates.folder(self._prompts)
        boundary, fenced = templates.fence(list(pairs.values()), beside="judge")
        system = templates.fill("judge-system", place=place, boundary=boundary)
        prompt = templates.fill("judge-user", place=place, pairs=fenced, count=str(len(pairs)))
        messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
        body = {"model": self._model, "messages": messages, "temperature": 0, "max_tokens": self._max_tokens}
        reply = self._endpoint.complete(body, name="verdicts", schema=SCHEMA)
        text = without_thinking(reply.text)[: TOKEN_CHARACTERS * self._max_tokens]
        said = read(text, len(pairs))
        if not said:
            raise IncompleteReply(f"{self._model} sent no verdicts", hint="Try another model.")
        return {at: said[n] for n, at in enumerate(pairs, 1) if n in said}


def _is_open(sentence: Sentence) -> bool:
    """Whether a model's opinion can change the verdict: there is a quote, and it is not already the worst for good."""
    return bool(sentence.quotes) and not (sentence.firm and sentence.verdict == "unsupported")


def _pair(sentence: Sentence, citations: Sequence[Citation]) -> str:
    """A sentence without its markers, and what is quoted for it under the titles of the papers."""
    titles = {citation.n: citation.title for citation in citations}
    said = " ".join(re.sub(r"\[\d+\]", " ", sentence.text).split())
    quoted = [f"Quoted from “{titles[quote.n]}”: {clean(quote.text)}" for quote in sentence.quotes]
    return "\n".join([f"Sentence: {said}", *quoted])


def _batches(pairs: Mapping[int, str]) -> Iterator[dict[int, str]]:
    """The first MOST pairs in order, as many at a time as a request may hold, without those that are too long."""
    batch: dict[int, str] = {}
    for at, pair in islice(((at, pair) for at, pair in pairs.items() if len(pair) <= CHARACTERS), MOST):
        if len(batch) == BATCH or sum(map(len, batch.values())) + len(pair) > CHARACTERS:
            yield batch
            batch = {}
        batch[at] = pair
    if batch:
        yield batch


def read(reply: str, count: int) -> dict[int, Opinion]:
    """The opinions in a reply on `count` pairs, by number; the last where there are two on one. Whatever stands
    around them, such as a fence or half a list, does no harm."""
    found: dict[int, Opinion] = {}
    for one in _objects(reply[:READ]):
        n, said, reason = one.get("n"), one.get("verdict"), one.get("reason")
        verdict = VERDICTS.get(said.strip().casefold()) if isinstance(said, str) else None
        if verdict and type(n) is int and 1 <= n <= count:
            found[n] = Opinion(verdict, _short(reason) if isinstance(reason, str) else "")
    return found


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object in a text that is whole, and those of a list that one holds under `verdicts`."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        end = at + 1
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            found = {}
        listed = found.get("verdicts")
        yield found
        yield from (one for one in (listed if isinstance(listed, list) else ()) if isinstance(one, dict))
        at = text.find("{", end)


def _short(reason: str) -> str:
    reason = defused(one_line(reason[: 4 * REASON])).rstrip(".")
    return reason if len(reason) <= REASON else f"{reason[:REASON].rsplit(' ', 1)[0]} …"


def weighed(sentence: Sentence, opinion: Opinion | None) -> Sentence:
    """The sentence with the verdict that both checks come to: the model's if it has one, but that it lifts no firm
    one."""
    if opinion is None:
        return sentence
    if opinion.verdict == sentence.verdict:
        return replace(sentence, checked_by="both")
    if sentence.firm and _WORSE.index(opinion.verdict) < _WORSE.index(sentence.verdict):
        return sentence
    reason = _SAID[opinion.verdict] + (f": {opinion.reason}" if opinion.reason else "")
    return replace(sentence, verdict=opinion.verdict, reasons=(reason, *sentence.reasons), checked_by="model")
