"""Record a model's answers to the questions of tools/recorded_questions.txt over the sample, for `ask --replay`.

    python tools/record.py http://127.0.0.1:8099/v1 --model relay --stands-for "a large language model, through a relay"
    python tools/record.py

The first asks the endpoint each question that has no cassette in `cassettes/answers/` yet (`--anew`: every question),
and says of each answer what the check finds; a cassette whose question is no longer in the list is removed. Both then
write `assistant/recordings.json`, which the program replays, from the cassettes alone: it needs neither vcrpy nor the
prompts that were asked with. A test holds that it is what the cassettes say.
"""

import argparse
import json
import os
import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import date as Date
from functools import reduce
from pathlib import Path
from typing import Any

import vcr
from vcr.cassette import Cassette
from vcr.persisters.filesystem import FilesystemPersister
from vcr.request import Request as VcrRequest
from vcr.serializers import yamlserializer

from assistant import Assistant
from assistant.ask import ask
from assistant.cleaning import clean
from assistant.desk import Desk
from assistant.drafts import defused
from assistant.endpoint import Endpoint
from assistant.errors import EndpointError
from assistant.replaying import PLACE
from assistant.results import Usage, total
from assistant.writers import OpenAIWriter, without_thinking

ROOT = Path(__file__).parent.parent
QUESTIONS = Path(__file__).parent / "recorded_questions.txt"
ANSWERS = ROOT / "cassettes" / "answers"
REPLAYED = "http://llm.invalid/v1"
DATE, STANDS_FOR = "x-recorded-on", "x-recorded-from"  # our headers of a recorded reply
_TITLE = re.compile(r"^=\w+ \[\d+\]\nTitle: (.*)$", re.MULTILINE)  # as prompts.fenced writes it


def tape(path: Path, *, record: bool, headers: Mapping[str, str] | None = None) -> AbstractContextManager[Cassette]:
    """The cassette at `path`, played, or recorded with `headers` added to its replies. It holds no address, key or
    other header of the request, so that it answers at REPLAYED or any other base URL."""

    def placeless(request: VcrRequest) -> VcrRequest:
        request.uri = re.sub(r"^https?://[^/]+(?:/[^?]*)?/v1/", f"{REPLAYED}/", request.uri)
        request.headers = {name: value for name, value in request.headers.items() if name.lower() == "content-type"}
        return request

    def bare(response: dict[str, Any]) -> dict[str, Any]:
        kept = {k: v for k, v in response["headers"].items() if k.lower() in ("content-type", "server")}
        response["headers"] = kept | {name: [value] for name, value in (headers or {}).items()}
        return response

    recorder = vcr.VCR(
        record_mode=vcr.mode.NEW_EPISODES if record else vcr.mode.NONE,
        match_on=["method", "path", "query", "body"],
        before_record_request=placeless,
        before_record_response=bare,
    )
    if record:
        path.unlink(missing_ok=True)
    tape: AbstractContextManager[Cassette] = recorder.use_cassette(str(path))
    return tape


def questions() -> dict[str, str]:
    """The questions to record, by the name of their cassette."""
    lines = [line.strip() for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    return {slug(line): line for line in lines if line and not line.startswith("#")}


def slug(question: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", question.lower()))[:80]


def recordings(assistant: Assistant) -> list[dict[str, Any]]:
    """What the cassettes hold, in the order of the questions; titles become ids of the sample's papers."""
    ids = ids_by_title(assistant)
    return [
        {"question": question} | recording(path, ids)
        for name, question in questions().items()
        if (path := ANSWERS / f"{name}.yaml").exists()
    ]


def ids_by_title(assistant: Assistant) -> dict[str, str]:
    """The ids of the sample's papers by their titles, as prompts have them."""
    return {defused(clean(one.paper.title)): one.paper_id for one in assistant.list()}


def recording(path: Path, ids: Mapping[str, str]) -> dict[str, Any]:
    """What a cassette holds of one question: the drafts of its exchanges one after the other, each of a batch of papers
    that are numbered on, without those that were refused; `ids` are those of the papers by title."""
    requests, responses = FilesystemPersister.load_cassette(path, yamlserializer)
    answered = [(r, a) for r, a in zip(requests, responses, strict=True) if a["status"]["code"] == 200]
    bodies = [json.loads(request.body) for request, _ in answered]
    headers = answered[-1][1]["headers"]
    with tape(path, record=False):  # read as the program reads a reply
        endpoint = Endpoint(base_url=REPLAYED, api_key=None, timeout_s=5)
        replies = [endpoint.complete(body, on_text=_nowhere if body.get("stream") else None) for body in bodies]
    prompts = [body["messages"][-1]["content"] for body in bodies]
    usages = [reply.usage for reply in replies if reply.usage]
    return {
        "writer": bodies[-1]["model"],
        "date": headers[DATE][0],
        "from": headers[STANDS_FOR][0],
        "papers": [ids[title] for prompt in prompts for title in _TITLE.findall(prompt)],
        "draft": "\n\n".join(without_thinking(reply.text).strip() for reply in replies),
        "usage": _counted(reduce(total, usages)) if usages else None,
    }


def _nowhere(piece: str) -> None:
    pass


def _counted(usage: Usage) -> dict[str, int]:
    return {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}


def record(assistant: Assistant, question: str, path: Path, *, writer: OpenAIWriter, stands_for: str) -> None:
    """Record what the model is asked and replies when this question is asked of the sample. EndpointError: it fails, or
    the gate stops the question, so that there is nothing to record."""
    chosen = assistant.settings
    desk = Desk(writer, writer, context_tokens=chosen.context_tokens, max_tokens=chosen.answer_tokens)
    try:
        with tape(path, record=True, headers={DATE: str(Date.today()), STANDS_FOR: stands_for}):
            answer = ask(question, library=assistant.library, desk=desk, k=chosen.k, today=Date.today())
        if answer.writer is None:
            raise EndpointError(answer.why, hint="Ask another question.")
    except EndpointError:  # also of the model as its own stand-in
        path.unlink(missing_ok=True)
        raise
    verdicts = [sentence.verdict for sentence in (*answer.sentences, *answer.removed)]
    print(f"{question}\n    {answer.status}: {', '.join(verdicts) or 'no sentence'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_url", nargs="?", help="ending in /v1; without it, nothing is recorded")
    parser.add_argument("--model", default="relay", help="the name that is sent and shown")
    parser.add_argument("--stands-for", default="", help="what stands behind that name, for the footer")
    parser.add_argument("--anew", action="store_true", help="record every question again")
    chosen = parser.parse_args()
    with Assistant.open("sample") as assistant:
        if chosen.base_url:
            endpoint = Endpoint(base_url=chosen.base_url, api_key=os.environ.get("OPENAI_API_KEY"), timeout_s=3_600)
            writer = OpenAIWriter(chosen.model, endpoint)
            for old in ANSWERS.glob("*.yaml"):
                if old.stem not in questions():
                    old.unlink()
            for name, question in questions().items():
                path = ANSWERS / f"{name}.yaml"
                if chosen.anew or not path.exists():
                    record(assistant, question, path, writer=writer, stands_for=chosen.stands_for or chosen.model)
        text = json.dumps(recordings(assistant), ensure_ascii=False, indent=1)
        PLACE.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
