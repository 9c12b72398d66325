"""The `assistant` command, in the process of the test."""

from typer.testing import CliRunner, Result

from assistant.cli import app
from tests.conftest import ROOT

QUESTION = "which papers reduce KV cache memory?"
SEED = str(next((ROOT / "seeds").glob("000*")))


def run(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, words, input=text)
