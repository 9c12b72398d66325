"""Print docs/commands.md: the help of every command, as the program prints it at 80 columns.

python tools/command_pages.py > docs/commands.md
"""

import contextlib
import io
import os

COMMANDS = (
    "",
    "ask",
    "search",
    "digest",
    "topics",
    "topics add",
    "topics list",
    "topics rm",
    "topics test",
    "summarize",
    "trends",
    "ingest",
    "fetch",
    "fetch arxiv",
    "fetch arxiv-oai",
    "fetch hf-daily",
    "fetch s2",
    "fetch openalex",
    "sync",
    "show",
    "list",
    "tag",
    "tag add",
    "tag rm",
    "tag list",
    "note",
    "read",
    "unread",
    "remove",
    "dedupe",
    "backup",
    "restore",
    "status",
    "config",
    "config show",
    "config path",
    "config edit",
    "reindex",
    "doctor",
    "eval",
)


def page() -> str:
    parts = ["# Commands\n\n`ask …` is `assistant ask …`. Exit statuses and streams: see the README.\n"]
    os.environ |= {"COLUMNS": "80", "TERMINAL_WIDTH": "80"}
    from assistant.cli import app  # how wide a help is, Typer asks when it is imported

    for command in COMMANDS:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            app([*command.split(), "--help"], prog_name="assistant", standalone_mode=False)
        text = printed.getvalue().rstrip()
        parts.append(f"## `{' '.join(['assistant', command]).strip()}`\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
