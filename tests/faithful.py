"""A model on loopback that answers each task from its prompt alone, in the form asked for, as the abstracts have it."""

import re
from typing import Any

from tests.server import Reply, completion

_BODY = re.compile(r"^=\w+ \[(\d+)\]\nTitle: (.*?)\n(.*?)\n=\w+ end of \[\1\]$", re.DOTALL | re.MULTILINE)
USAGE = {"prompt_tokens": 900, "completion_tokens": 90}


def task_of(body: dict[str, Any]) -> str:
    """Which task a request is for, by how its system prompt begins."""
    begins = {
        "You write one part of a digest": "theme",
        "You write the beginning of a digest": "overview",
        "You take notes": "notes",
        "You write a summary": "sections",
    }
    system = body["messages"][0]["content"]
    return next(task for begin, task in begins.items() if system.startswith(begin))


def papers_of(body: dict[str, Any]) -> list[tuple[int, str, list[str]]]:
    """(number, title, sentences of the abstract or note) of the papers in a request."""
    found = []
    for number, title, said in _BODY.findall(body["messages"][1]["content"]):
        text = re.sub(r"^(?:Date|Part|Idea|Result|Open|Abstract): ?", "", said, flags=re.MULTILINE)
        text = re.sub(r"^\d{4}-\d\d-\d\d$", "", text, flags=re.MULTILINE)
        found.append((int(number), title, re.split(r"(?<=\.)\s+", text.strip())))
    return found


def written(body: dict[str, Any]) -> str:
    """The reply's text."""
    papers = papers_of(body)
    match task_of(body):
        case "theme":
            words = papers[0][1].split()[:3]
            count = int(re.findall(r"abstracts 1 to (\d+)", body["messages"][1]["content"])[0])
            lines = [f"- The paper says: {said[-1]} [{n}]" for n, _, said in papers[:count]]
            return "\n".join([f"# {' '.join(words)}", f"In short, {papers[0][2][0]} [{papers[0][0]}]", *lines])
        case "overview":
            return " ".join(f"Of note, {said[-1]} [{n}]" for n, _, said in papers[:2])
        case "notes":
            return "\n".join(f"- It says {said[0]} [{n}]\n- It found {said[-1]} [{n}]" for n, _, said in papers)
        case _:
            first, second = papers[0], papers[-1]
            return (
                f"## What it is about\nIt is said that {first[2][0]} [{first[0]}]\n\n## Results\n"
                f"- As noted, {second[2][-1]} [{second[0]}]"
            )


def faithful(body: dict[str, Any]) -> Reply:
    return completion(written(body), usage=USAGE)
