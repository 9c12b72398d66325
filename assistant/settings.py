"""Settings: flags over environment over file over defaults, worked out once, then frozen.

Only `app.py` reads them; everything below it takes plain values.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from assistant.errors import SettingsError
from assistant.places import expanded

APP = "paper-assistant"

# setting: (environment variables in order of weight, what it is)
VARIABLES: dict[str, tuple[tuple[str, ...], str]] = {
    "home": (("ASSISTANT_HOME",), "folder that holds the libraries"),
    "library": (("ASSISTANT_LIBRARY",), "library to use: a name, or a path"),
    "model": (("ASSISTANT_MODEL",), "model that writes the answers; “extractive” for none"),
    "base_url": (("OPENAI_BASE_URL",), "address of an OpenAI-compatible API, ending in /v1"),
    "api_key": (("OPENAI_API_KEY",), "key for it"),
    "embedder": (("ASSISTANT_EMBEDDER",), "what makes vectors of texts: docs/embedders.md"),
    "store": (("ASSISTANT_STORE",), "where vectors are kept: “local”, a Chroma server, or “cloud:<tenant>/<database>”"),
    "store_key": (("CHROMA_API_KEY",), "key for Chroma Cloud"),
    "rerank": (("ASSISTANT_RERANK",), "what reads the best papers again to order them: docs/embedders.md"),
    "judge": (("ASSISTANT_JUDGE",), "whether the model judges every sentence too: “yes” or “no”"),
    "prompts": (("ASSISTANT_PROMPTS",), "folder of prompt templates to use instead of the bundled ones"),
    "k": (("ASSISTANT_K",), "papers given to the writer"),
    "chunk_tokens": (("ASSISTANT_CHUNK_TOKENS",), "size of the chunks of a new or re-indexed library"),
    "context_tokens": (("ASSISTANT_CONTEXT_TOKENS",), "tokens that prompt and answer may have together"),
    "answer_tokens": (("ASSISTANT_ANSWER_TOKENS",), "tokens that an answer may have"),
    "jobs": (("ASSISTANT_JOBS",), "requests that a digest or a summary has open at the endpoint at once"),
    "timeout": (("ASSISTANT_TIMEOUT",), "seconds to wait for the endpoint's next words"),
    "wait": (("ASSISTANT_WAIT",), "seconds to wait for another process that writes to the library"),
    "price": (("ASSISTANT_PRICE",), "dollars per million tokens of the model, “prompt/completion”"),
    "max_tokens_total": (("ASSISTANT_MAX_TOKENS_TOTAL",), "tokens that a command may use, prompts and replies"),
    "max_cost": (("ASSISTANT_MAX_COST",), "dollars that a command may cost"),
    "cache": (("ASSISTANT_CACHE",), "“on” or “off”: whether models' replies are kept in the library"),
    "contact": (("ASSISTANT_CONTACT",), "e-mail address that services are told when papers are fetched from them"),
    "s2_key": (("S2_API_KEY",), "key for Semantic Scholar"),
    "openalex_key": (("OPENALEX_API_KEY",), "key for OpenAlex"),
}
CONFIG_VARIABLE = "ASSISTANT_CONFIG"
HIDDEN = "****"  # in the place of what is secret
SYNC = "sync"  # tables of the file alone: no flag or variable has them


@dataclass(frozen=True, slots=True)
class Followed:
    """A `[[sync]]` table of the file: what `assistant sync` fetches. `since` is where it begins the first time."""

    source: str
    query: str = ""
    category: str = ""
    since: str = ""
    max: int | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """One value each; the keys stay out of the representation."""

    home: Path
    library: str | None = None
    model: str | None = None
    base_url: str | None = field(default=None, repr=False)  # it may hold a password
    api_key: str | None = field(default=None, repr=False)
    embedder: str = "bundled"
    store: str | None = None
    store_key: str | None = field(default=None, repr=False)
    rerank: str | None = None
    judge: bool = False
    prompts: str | None = None
    k: int = 10
    chunk_tokens: int = 640
    context_tokens: int = 8_192
    answer_tokens: int = 900
    jobs: int = 4
    timeout: float = 120.0
    wait: int = 60
    price: tuple[float, float] | None = None
    max_tokens_total: int | None = None
    max_cost: float | None = None
    cache: str = "on"
    contact: str | None = None
    s2_key: str | None = field(default=None, repr=False)
    openalex_key: str | None = field(default=None, repr=False)
    sync: tuple[Followed, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """The value of a setting, and where it comes from: `flag`, the name of a variable, the path of the file."""

    value: object
    origin: str


def load(flags: Mapping[str, object], environment: Mapping[str, str]) -> Settings:
    """The settings that hold, given flags (None where not given) and environment variables.

    An empty value counts as not given, so that `--model "$UNSET"` asks none. SettingsError: a value that cannot be
    used, named with where it is from, or a name that is no setting.
    """
    file, path = _file(environment)
    values = {name: one.value for name, one in _given(flags, environment, file, path).items()}
    sync = _followed(file.get(SYNC, []), str(path))
    return Settings(**{"home": _default_home(), **values, "sync": sync})  # type: ignore[arg-type]


def given(flags: Mapping[str, object], environment: Mapping[str, str]) -> dict[str, Given]:
    """The settings that are not left at their default, with where each is from. SettingsError, as `load`."""
    return _given(flags, environment, *_file(environment))


def _given(
    flags: Mapping[str, object], environment: Mapping[str, str], file: Mapping[str, object], path: Path
) -> dict[str, Given]:
    for name in flags.keys() - VARIABLES.keys():
        raise SettingsError(f"there is no setting “{name}”", hint=f"Settings are: {', '.join(VARIABLES)}.")
    found: dict[str, Given] = {}
    for name, (variables, _) in VARIABLES.items():
        candidates: list[tuple[str, object]] = [("flag", flags.get(name))]
        candidates += [(variable, environment.get(variable)) for variable in variables]
        candidates += [(str(path), file.get(name))]
        for where, value in candidates:
            if value is not None and str(value).strip():
                found[name] = Given(_checked(name, value, where), where)
                break
    return found


def _default_home() -> Path:
    import platformdirs

    return platformdirs.user_data_path(APP, appauthor=False)


def file_path(environment: Mapping[str, str]) -> Path:
    """Where the configuration file is, or would be."""
    if chosen := environment.get(CONFIG_VARIABLE, "").strip():
        return expanded(chosen)
    import platformdirs

    return platformdirs.user_config_path(APP, appauthor=False) / "config.toml"


def shown(name: str, value: object) -> str | None:
    """A setting's value as it may be seen by others, in the form that it is given in; None for none."""
    if value is None:
        return None
    if name in _KEYS:
        return HIDDEN
    if name == "base_url":
        parts = urlsplit(str(value))
        user, at, host = parts.netloc.rpartition("@")
        hidden = (f"{HIDDEN}{at}" if user else "") + host
        return urlunsplit((parts.scheme, hidden, parts.path, HIDDEN if parts.query else "", ""))
    if isinstance(value, bool):
        return "yes" if value else "no"
    numbers = value if isinstance(value, tuple) else (value,)
    return "/".join(f"{one:g}" if isinstance(one, float) else str(one) for one in numbers)


def template() -> str:
    """A configuration file that sets nothing: what there is to set, with its default, as comments."""
    lines = ["# Settings of paper-assistant. Take the # away before a name to set it.", ""]
    defaults = {one.name: one.default for one in fields(Settings)}
    for name, (variables, what) in VARIABLES.items():
        default = "" if defaults[name] in (None, MISSING) else shown(name, defaults[name]) or ""
        plain = isinstance(defaults[name], int | float) and not isinstance(defaults[name], bool)
        lines += [f"# {what} ({', '.join(variables)})", f"#{name} = {default if plain else json.dumps(default)}", ""]
    return "\n".join(lines)


def _file(environment: Mapping[str, str]) -> tuple[dict[str, object], Path]:
    path = file_path(environment)
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if environment.get(CONFIG_VARIABLE, "").strip():
            raise SettingsError(f"{path}: no such file", hint=f"Correct {CONFIG_VARIABLE}, or unset it.") from error
        return {}, path
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}", hint="Mend or remove the file.") from error
    for key in read.keys() - VARIABLES.keys() - {SYNC}:
        raise SettingsError(f"{path}: there is no setting “{key}”", hint=f"Settings are: {', '.join(VARIABLES)}.")
    return read, path


_YES_OR_NO = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}


def _followed(tables: object, path: str) -> tuple[Followed, ...]:
    """What `[[sync]]` tables say. SettingsError: not tables, or with other things in them than these."""
    hint = f"Each is a [[{SYNC}]] with source, and query or category; since and max as you like: docs/fetch.md."
    entries: list[Any] = tables if isinstance(tables, list) else [tables]
    for number, table in enumerate(entries, 1):
        where = f"{path}: [[{SYNC}]] {number}"
        if not isinstance(table, dict):
            raise SettingsError(f"{where} is no table", hint=hint)
        for key, value in table.items():
            if key not in Followed.__dataclass_fields__:
                raise SettingsError(f"{where} has no “{key}”", hint=hint)
            if key == "max" and not (type(value) is int and 1 <= value <= _MOST_RECORDS):
                raise SettingsError(f"{where}: max must be a number from 1 to {_MOST_RECORDS:,}", hint=hint)
            if key != "max" and not isinstance(value, str):
                raise SettingsError(f"{where}: {key} must be a text", hint=hint)
        if not table.get("source"):
            raise SettingsError(f"{where} names no source", hint=hint)
    return tuple(Followed(**table) for table in entries)


_MOST_RECORDS = 1_000_000
_KEYS = ("api_key", "store_key", "s2_key", "openalex_key")
_NUMBERS = {
    "k": (1, 200),
    "chunk_tokens": (32, 100_000),
    "context_tokens": (512, 10_000_000),
    "answer_tokens": (32, 100_000),
    "jobs": (1, 64),
    "wait": (0, 86_400),
    "max_tokens_total": (1, 1_000_000_000),
}
_MOST_DOLLARS = 1_000_000.0


def in_range(name: str, number: int, source: str = "") -> int:
    """`number`, if the setting `name` may have it. SettingsError."""
    low, high = _NUMBERS[name]
    if not low <= number <= high:
        raise SettingsError(
            f"{source or name} must be from {low} to {high:,}, not {number:,}", hint="Choose a number in that range."
        )
    return number


def _checked(name: str, value: object, where: str) -> object:
    """The value in its type. SettingsError."""
    source = (
        f"{name} (from {where})" if where != "flag" else f"{'-' if len(name) == 1 else '--'}{name.replace('_', '-')}"
    )
    try:
        if name in _NUMBERS:
            return in_range(name, int(str(value)), source)
        if name == "timeout":
            seconds = float(str(value))
            if not 0 < seconds <= 86_400:
                raise SettingsError(f"{source} must be more than 0 seconds", hint="Choose another.")
            return seconds
        if name == "max_cost":
            return _dollars(str(value), source)
    except ValueError:
        raise SettingsError(f"{source} must be a number, not “{value}”", hint="Choose another.") from None
    text = str(value).strip()
    if name == "judge":
        if text.casefold() not in _YES_OR_NO:
            raise SettingsError(f"{source} must be yes or no, not “{text[:80]}”", hint="Choose one of them.")
        return _YES_OR_NO[text.casefold()]
    if name not in _KEYS and not text.isprintable():
        raise SettingsError(f"{source} holds a character that cannot be used", hint="Write it anew.")
    if name == "home":
        return expanded(text).absolute()
    if name in _KEYS and not re.fullmatch(r"[\x21-\x7e]+", text):
        raise SettingsError(f"{source} holds a blank or a character no key has", hint="Copy the key again.")
    if name == "base_url" and not _is_address(text):
        raise SettingsError(
            f"{source} is not an http address: {text.rpartition('@')[2][:80]}",
            hint="It looks like http://host:8000/v1.",
        )
    if name == "contact" and not re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", text, re.ASCII):
        raise SettingsError(f"{source} is no e-mail address: {text[:80]}", hint="It looks like you@example.org.")
    if name == "price":
        return _price(text, source)
    if name == "cache" and text not in ("on", "off"):
        raise SettingsError(f"{source} must be on or off, not “{text[:80]}”", hint="Choose one.")
    return _store(text, source) if name == "store" else text


def _dollars(text: str, source: str) -> float:
    """ValueError: no number; SettingsError: none that can be meant."""
    dollars = float(text)
    if not 0 <= dollars <= _MOST_DOLLARS:
        raise SettingsError(f"{source} must be from 0 to {_MOST_DOLLARS:,.0f} dollars", hint="Choose another.")
    return dollars


def _price(text: str, source: str) -> tuple[float, float]:
    """Dollars per million tokens of a prompt and of a reply. SettingsError."""
    try:
        prompt, completion = (_dollars(part, source) for part in text.split("/"))
    except ValueError:
        raise SettingsError(
            f"{source} is no price: {text[:80]}",
            hint="It is in dollars per million tokens of prompt and reply, such as 0.15/0.60.",
        ) from None
    return prompt, completion


def _store(text: str, source: str) -> str:
    """The place of vectors in the one form that libraries remember: no capitals in a host, no slash at the end, and
    nothing secret in it. SettingsError."""
    if text == "local" or re.fullmatch(r"cloud:(?!\.{1,2}/)[\w.-]{1,100}/(?!\.{1,2}$)[\w.-]{1,100}", text, re.ASCII):
        return text
    parts = urlsplit(text if _is_address(text) else "")
    if not re.fullmatch(r"https?://[\w.:/\[\]-]{1,200}", text, re.ASCII | re.IGNORECASE) or not parts.hostname:
        raise SettingsError(
            f"{source} is no place for vectors: {text.rpartition('@')[2][:80]}",
            hint="It is local, an address such as http://localhost:8000 with no name or password, or "
            "cloud:TENANT/DATABASE.",
        )
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), "", ""))


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and " " not in text
    except ValueError:  # a port that is no number
        return False
