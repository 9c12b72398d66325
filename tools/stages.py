"""Where a cold `search` or `ask` spends its time: one question in this process, its stages as JSON on standard output.

    python tools/stages.py search "which papers reduce KV cache memory?" --library sample

A stage's time does not hold that of the stages inside it. `tools/bench.py` runs this in fresh processes.
"""

import time

STARTED = time.perf_counter()

import argparse  # noqa: E402
import io  # noqa: E402
import json  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

spent: dict[str, float] = {}
_open: list[list[float]] = []  # of each stage that is running: seconds spent in stages inside it


def timed(stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function`, its time added to `stage` and taken from the stage around it."""

    def wrapped(*args: Any, **options: Any) -> Any:
        started = time.perf_counter()
        _open.append([0.0])
        try:
            return function(*args, **options)
        finally:
            taken, inside = time.perf_counter() - started, _open.pop()[0]
            spent[stage] = spent.get(stage, 0.0) + taken - inside
            if _open:
                _open[-1][0] += taken

    return wrapped


def watch(stage: str, owner: Any, name: str) -> None:
    setattr(owner, name, timed(stage, getattr(owner, name)))


def instrument() -> None:
    """Put clocks around the parts of the program that a question passes through."""
    import rich.console  # what the commands import, sooner or later
    import tantivy  # noqa: F401

    from assistant import ask, desk, embedders
    from assistant.library import catalog, chroma, lexical, library, searching
    from assistant.render import terminal

    watch("open", catalog.Catalog, "__init__")
    watch("open", library.Library, "_heal")
    watch("embedder", embedders, "load")
    watch("words", searching.Searcher, "respelled")
    watch("lexical", lexical.LexicalIndex, "__init__")
    watch("lexical", searching.Searcher, "_lexical_hits")
    watch("vectors", searching.Searcher, "_vector_hits")
    watch("Chroma", chroma.ChromaIndex, "__init__")
    watch("fusion", searching, "fuse")
    watch("close reading", searching.Searcher, "_reordered")
    watch("papers", catalog.Catalog, "stored")
    watch("gate", ask, "assess")
    watch("writing", desk.Desk, "write")
    watch("checking", ask, "check")
    watch("render", terminal, "search")
    watch("render", terminal, "answer")
    watch("render", rich.console.Console, "__init__")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("search", "ask"))
    parser.add_argument("question")
    parser.add_argument("--library", default="sample")
    args = parser.parse_args()
    timed("imports", instrument)()
    from rich.console import Console

    from assistant import Assistant
    from assistant.render import terminal

    with Assistant.open(args.library) as assistant:
        if args.what == "search":
            terminal.search(assistant.search(args.question), Console(file=io.StringIO()))
        else:
            terminal.answer(assistant.ask(args.question), Console(file=io.StringIO()))
    total = time.perf_counter() - STARTED
    spent["rest"] = total - sum(spent.values())
    print(json.dumps({"total": total} | spent))


if __name__ == "__main__":
    main()
