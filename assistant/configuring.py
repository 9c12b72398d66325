"""`config`: the settings shown with where each comes from, and the configuration file put into the user's editor."""

import contextlib
import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date as Date
from pathlib import Path

from assistant import settings
from assistant.errors import SettingsError, UsageError
from assistant.journal import Journal
from assistant.places import exists
from assistant.results import Configured
from assistant.sync import due

EDITORS = ("notepad",) if os.name == "nt" else ("nano", "vi")
DEFAULT = "default"


def configuration(flags: Mapping[str, object], environment: Mapping[str, str]) -> tuple[Configured, ...]:
    """Every setting as it holds, the secrets hidden. SettingsError: one cannot be used."""
    given, chosen = settings.given(flags, environment), settings.load(flags, environment)
    return tuple(
        Configured(name, settings.shown(name, getattr(chosen, name)), given[name].origin if name in given else DEFAULT)
        for name in settings.VARIABLES
    )


def path(environment: Mapping[str, str]) -> Path:
    """Where the configuration file is, or would be."""
    return settings.file_path(environment).absolute()


def edit(environment: Mapping[str, str]) -> Path:
    """Have the user edit the configuration file, which is made if there is none, with everything in it a comment.
    UsageError: there is no editor, or it failed. SettingsError: what the file says now cannot be used; it stays."""
    file = path(environment)
    words = _editor(environment, file)
    if not exists(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # it may come to hold a key
            with open(opened, "w", encoding="utf-8") as out:
                out.write(settings.template())
    try:
        status = subprocess.run([*words, str(file)], check=False).returncode
    except OSError as error:
        raise UsageError(f"{words[0]} cannot be run: {error.strerror}", hint=f"Set EDITOR, or edit {file}.") from error
    if status:
        raise UsageError(f"{words[0]} ended with status {status}", hint=f"Nothing was checked; the file is {file}.")
    if not exists(file):
        raise UsageError(
            f"{file} is no longer there", hint="Every setting has its default; a new one: assistant config edit"
        )
    try:
        chosen = settings.load({}, {settings.CONFIG_VARIABLE: str(file)})  # the file alone, without what is above it
        for one in chosen.sync:
            due(**asdict(one), journal=Journal(file / "none"), today=Date.today())
    except SettingsError as error:
        raise SettingsError(
            str(error), hint=f"The file stays as you left it: assistant config edit. {error.hint}"
        ) from error
    return file


def _editor(environment: Mapping[str, str], file: Path) -> list[str]:
    for variable in ("VISUAL", "EDITOR"):
        try:
            if words := shlex.split(environment.get(variable, "")):
                return words
        except ValueError as error:  # a quotation mark is not closed
            raise UsageError(f"{variable} is no command: {error}", hint=f"Correct it, or edit {file}.") from error
    if found := next(filter(None, map(shutil.which, EDITORS)), None):
        return [found]
    raise UsageError("no editor is known", hint=f"Set EDITOR, or edit {file}.")
