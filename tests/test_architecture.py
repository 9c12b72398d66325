"""The house as docs/architecture.md draws it: a module imports only from floors above its own."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "assistant"

FLOORS = [
    {"errors", "cleaning", "places", "together"},
    {"papers", "settings", "periods"},
    {
        "results",
        "holdings",
        "text",
        "quantities",
        "questions",
        "roles",
        "queries",
        "spelling",
        "acronyms",
        "bounds",
        "opposites",
    },
    {
        "sources",
        "drafts",
        "endpoint",
        "discovery",
        "names",
        "parts",
        "polarity",
        "support",
        "reports",
        "evaluations",
        "tldr",
        "findings",
    },
    {"services", "fetches", "weighing", "evidence", "writers", "embedders", "prompts"},
    {
        "journal",
        "citations",
        "extractive",
        "desk",
        "rerankers",
        "library",
        "spending",
        "remembering",
        "surveys",
        "themes",
    },
    {"judging"},
    {
        "ask",
        "search",
        "listing",
        "ingest",
        "doctor",
        "render",
        "rehearsal",
        "written",
        "credits",
        "duplicates",
        "curating",
        "backups",
    },
    {"quoting"},
    {"briefing"},
    {"noting"},
    {"digest", "summary", "trends", "sample", "replaying", "fetch"},
    {"topics", "sync"},
    {"opening", "wiring", "configuring"},
    {"app"},
    {"evaluate", "console"},
    {"options"},
    {"cli_ask", "cli_library", "cli_evaluate", "cli_reports", "cli_fetch", "cli_dedupe", "cli_manage", "cli_export"},
    {"cli"},
    {"__main__"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(PACKAGE.rglob("*.py"))
# A foreign package, and the only modules that may know it.
ONLY_IN = {
    "chromadb": {"library/chroma.py"},
    "tantivy": {"library/lexical.py", "text.py"},
    "openai": {"bounds.py", "endpoint.py"},
    "httpx2": {"bounds.py", "discovery.py", "endpoint.py", "library/server.py", "services/client.py"},
    "tiktoken": {"text.py", "doctor.py"},
    "huggingface_hub": {"embedders/static.py"},
    "onnxruntime": {"embedders/onnx.py"},
    "safetensors": {"embedders/static.py"},
    "tokenizers": {"embedders/onnx.py", "embedders/tokens.py"},
    "rerankers": {"rerankers/cross_encoder.py"},
    "sqlite3": {
        "library/absorbing.py",
        "library/catalog.py",
        "library/connecting.py",
        "library/filing.py",
        "library/replies.py",
        "library/marking.py",
        "library/memory.py",
        "library/origins.py",
        "library/schema.py",
        "library/selecting.py",
    },
    "filelock": {"library/lock.py"},
    "jinja2": {"render/html.py"},
    "sklearn": {"themes.py"},
    "datasketch": {"duplicates.py"},
    "pydantic": {"sources/rows.py"},
    "bibtexparser": {"sources/bibtex.py"},
    "pylatexenc": {"sources/latex.py"},
    "markdown_it": {"drafts.py"},
    "typer": {
        "cli.py",
        "cli_ask.py",
        "cli_dedupe.py",
        "cli_evaluate.py",
        "cli_export.py",
        "cli_fetch.py",
        "cli_library.py",
        "cli_manage.py",
        "cli_reports.py",
        "console.py",
        "options.py",
    },
}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_floors_above(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "assistant" and len(parts) > 1 and parts[1] in FLOOR and parts[1] != room:
            assert FLOOR[parts[1]] < FLOOR[room], f"{path.name} imports {name}"


def test_every_room_has_a_floor() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__"} == set(FLOOR)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_foreign_package_is_known_only_where_it_belongs(path: Path) -> None:
    for name in imports(path):
        package = name.split(".")[0]
        if package in ONLY_IN:
            assert str(path.relative_to(PACKAGE)) in ONLY_IN[package], name


def test_settings_stop_at_the_app() -> None:
    for path in MODULES:
        # The app has its library opened and its parts made by two rooms of its own; `configuring` shows settings, and
        # has them edited.
        if room_of(path) not in ("app", "opening", "wiring", "configuring"):
            assert not any(name.startswith("assistant.settings") for name in imports(path)), path


def test_help_loads_none_of_the_heavy_packages() -> None:
    code = (
        "import sys\nfrom assistant.cli import app\n"
        "try:\n    app(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = ('chromadb', 'openai', 'numpy', 'tantivy', 'tokenizers', 'pydantic', 'onnxruntime', 'rerankers')\n"
        "print('loaded:', *[name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("loaded:"), done.stdout[-200:]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))
