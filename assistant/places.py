"""Paths as users type them. Unlike pathlib's own, these raise nothing: what cannot be looked at is not there."""

import os
from pathlib import Path


def expanded(text: str) -> Path:
    """The path that `text` names, with a leading `~`; one of an unknown user stays as it is."""
    return Path(os.path.expanduser(text))  # noqa: PTH111


def exists(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110


def is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112


def is_file(path: Path) -> bool:
    """Whether it is one that can be read again, and not a pipe or a device."""
    return os.path.isfile(path)  # noqa: PTH113


def written(file: str) -> str:
    """A file's full name as text; bytes of it that are no UTF-8 are replaced. Standard input stays `-`."""
    return file if file == "-" else os.fsencode(Path(file).absolute()).decode(errors="replace")
