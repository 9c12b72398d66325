"""Print docs/commands.md: the help of every command, as the program prints it at 80 columns.

python tools/command_pages.py > docs/commands.md
"""

import os
import subprocess
import sys

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
    for command in COMMANDS:
        words = [*command.split(), "--help"]
        done = subprocess.run(
            [sys.executable, "-m", "assistant", *words],
            env=os.environ | {"COLUMNS": "80", "TERMINAL_WIDTH": "80"},
            capture_output=True,
            text=True,
            check=True,
        )
        text = done.stdout.replace("python -m assistant", "assistant").rstrip()
        parts.append(f"## `{' '.join(['assistant', command]).strip()}`\n\n```text\n{text}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    print(page(), end="")
