"""Who writes, and from how much: the model within its context where there is one, the extractive writer otherwise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from assistant import prompts
from assistant.cleaning import clean
from assistant.endpoint import OnText
from assistant.errors import AssistantError, BudgetError, ContextOverflow, EndpointError, IncompleteReply
from assistant.papers import Passage
from assistant.results import THEN_EXTRACTIVE
from assistant.text import count_tokens
from assistant.together import together
from assistant.writers import MESSAGE_TOKENS, Draft, Request, Writer, joined

BATCH = 20  # abstracts of a survey that are put to a model at once: a line for each keeps within 900 tokens


@dataclass(frozen=True, slots=True)
class Written:
    """A draft, the passages that its markers number, what went wrong at the model's endpoint where the extractive
    writer stood in for all or the rest of it, and what a reader should know besides."""

    draft: Draft
    passages: tuple[Passage, ...]
    failure: str = ""
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """`model` is asked where there is one, with the templates in `prompts` (None: the bundled ones); prompt and answer
    together keep within `context_tokens`, of which the answer gets `max_tokens`. Of several requests `jobs` are
    asked at a time."""

    extractive: Writer
    model: Writer | None = None
    prompts: str | None = None
    context_tokens: int = 8_192
    max_tokens: int = 900
    jobs: int = 1

    def write(self, request: Request, *, on_text: OnText | None = None) -> Written:
        """The draft of the model; of the extractive writer where there is none or its endpoint fails. PromptError."""
        if self.model is None:
            return Written(self.extractive.write(request), request.passages)
        try:
            if request.likely:
                return self.survey(request, self.model, on_text=on_text)
            draft, passages = self.ask_model(request, self.model, on_text=on_text)
        except EndpointError as error:
            return Written(self.extractive.write(request), request.passages, failure=f"{error} ({error.hint})")
        notices = [draft.notice] if draft.notice else []
        notices += _left_out(len(request.passages) - len(passages))
        return Written(draft, passages, notices=tuple(notices))

    def survey(self, request: Request, model: Writer, *, on_text: OnText | None = None) -> Written:
        """The model's drafts over all passages as one, asked for in as many batches as its context needs. Where the
        endpoint fails after a batch, the extractive writer lists what is likely of the rest. EndpointError: at the
        first."""
        drafts: list[Draft] = []
        at, failure = 0, ""
        while at < len(request.passages):
            if on_text and drafts:
                on_text("\n")
            batch = replace(request, passages=request.passages[at : at + BATCH], first=at + 1)
            try:
                draft, read = self.ask_model(batch, model, on_text=on_text)
            except EndpointError as error:
                if not drafts:
                    raise
                failure = f"{error} ({error.hint})"
                break
            drafts.append(draft)
            at += len(read)
            if draft.interrupted:
                break
        draft = joined(drafts)
        notices = [draft.notice] if draft.notice else []
        if failure:
            rest = self._likely(request, at)
            draft = replace(joined([draft, rest]), writer=f"{model.name}{THEN_EXTRACTIVE}")
            notices.append(f"the model read the first {at} of {len(request.passages)} candidates")
        return Written(draft, request.passages, failure, tuple(notices))

    def _likely(self, request: Request, at: int) -> Draft:
        """The extractive writer's draft over the passages from `at` on; empty where none is likely to match."""
        likely = tuple(n - at for n in request.likely if n > at)
        rest = replace(request, passages=request.passages[at:], first=at + 1, likely=likely)
        return self.extractive.write(rest) if likely else Draft("", self.extractive.name)

    def ask_each(
        self, requests: Sequence[Request], model: Writer, *, done: Callable[[int], None] = lambda count: None
    ) -> list[Draft | AssistantError]:
        """The model's draft for each request, or why there is none. All have one system prompt for each task, so that
        what a server caches of the one serves the next. Once the endpoint has failed, or a limit is reached, nothing
        more is asked of it; a reply that is empty or breaks off fails by itself. BudgetError: the limit leaves nothing
        to ask. PromptError."""
        seed = "\0".join(clean(one.found.paper.abstract) for request in requests for one in request.passages)
        over: list[AssistantError] = []

        def asked(request: Request) -> Draft | AssistantError:
            if over:
                return over[0]
            try:
                draft, read = self.ask_model(request, model, seed=seed)
                told = [draft.notice, *_left_out(len(request.passages) - len(read))]
                return replace(draft, notice="; ".join(filter(None, told)))
            except (IncompleteReply, ContextOverflow) as error:
                return error
            except (EndpointError, BudgetError) as error:
                over.append(error)
                return error

        tasks = [partial(asked, request) for request in requests]
        given = together(tasks, jobs=self.jobs, done=done)
        if given and all(isinstance(one, BudgetError) for one in given):
            raise given[0]  # type: ignore[misc]  # it is one
        return given

    def ask_model(
        self, request: Request, model: Writer, *, on_text: OnText | None = None, seed: str = ""
    ) -> tuple[Draft, tuple[Passage, ...]]:
        """The model's draft and the passages it was given. Those that do not fit are left out, weakest first: by
        count before sending, and by half if the endpoint still finds the prompt too long. EndpointError."""
        folder = prompts.folder(self.prompts)
        fitted = self._fitted(request, model.name, folder, seed)
        try:
            return model.write(fitted, on_text=on_text), fitted.passages
        except ContextOverflow:
            if len(fitted.passages) < 2:
                raise
            halved = prompted(fitted, fitted.passages[: len(fitted.passages) // 2], folder, seed)
            return model.write(halved, on_text=on_text), halved.passages

    def _fitted(self, request: Request, model: str, folder: Path, seed: str) -> Request:
        passages = request.passages
        while True:
            filled = prompted(replace(request, max_tokens=self.max_tokens), passages, folder, seed)
            tokens = sum(count_tokens(text, model=model) for text in (filled.system, filled.prompt)) + MESSAGE_TOKENS
            if tokens + self.max_tokens <= self.context_tokens or len(passages) == 1:
                return filled
            passages = passages[:-1]


def _left_out(count: int) -> list[str]:
    """What a reader should know where so many papers were not read."""
    papers = "1 paper" if count == 1 else f"{count} papers"
    return [f"{papers} did not fit into the model's context and were left out"] if count else []


def prompted(request: Request, passages: Sequence[Passage], folder: Path, seed: str = "") -> Request:
    """The request with its prompts filled, the passages fenced."""
    boundary, fenced = prompts.fenced(
        request.question, passages, first=request.first, notes=request.notes[: len(passages)], seed=seed
    )
    task = request.task
    return replace(
        request,
        passages=tuple(passages),
        system=prompts.fill(f"{task}-system", place=folder, boundary=boundary),
        prompt=prompts.fill(
            f"{task}-user",
            place=folder,
            question=request.question,
            passages=fenced,
            count=str(min(request.lines or len(passages), len(passages))),
        ),
    )
