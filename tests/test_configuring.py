"""The configuration shown with where it is from, and edited."""

import json
import stat
import sys
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant.cli import app
from assistant.configuring import configuration
from assistant.settings import VARIABLES, given, load, template

SECRETS = {
    "OPENAI_API_KEY": "sk-sEcret",
    "CHROMA_API_KEY": "ck-sEcret",
    "OPENAI_BASE_URL": "http://me:sEcret@h/v1?k=sEcret",
}


def run(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(app, words, env=environment)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "a folder" / "config.toml"
    monkeypatch.setenv("ASSISTANT_CONFIG", str(path))
    return path


def editor(folder: Path, code: str) -> str:
    """An editor that does something to the file, which is its last argument, and can be named in EDITOR."""
    script = folder / "an editor.py"
    script.write_text(f"import sys; from pathlib import Path; file = Path(sys.argv[-1])\n{code}\n")
    return f"'{sys.executable}' '{script}' --wait"


def test_every_setting_is_shown_with_where_it_is_from(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('model = "from-file"\nk = 3\nwait = 5\n')
    done = run("config", "show", "-k", "9", "-f", "json", ASSISTANT_MODEL="from-environment")
    document = json.loads(done.stdout)
    assert (document["schema"], document["library"], document["file"]) == ("config/1", None, str(file))
    shown = {one["name"]: (one["value"], one["origin"]) for one in document["settings"]}
    assert shown.keys() == VARIABLES.keys()
    assert shown["k"] == ("9", "flag")
    assert shown["model"] == ("from-environment", "ASSISTANT_MODEL")
    assert shown["wait"] == ("5", str(file))
    assert shown["timeout"] == ("120", "default")
    assert shown["judge"] == ("no", "default")
    assert shown["price"] == (None, "default")
    assert "wait              5  (" in run("config", "show").stdout


def test_what_is_shown_is_what_holds(file: Path) -> None:
    flags, environment = {"k": 4, "judge": True}, {"ASSISTANT_PRICE": " 0.15/0.60 ", "ASSISTANT_STORE": "HTTP://H:1/"}
    shown = {one.name: one for one in configuration(flags, environment)}
    assert (shown["price"].value, shown["store"].value, shown["judge"].value) == ("0.15/0.6", "http://h:1", "yes")
    again = {VARIABLES[name][0][0]: one.value for name, one in shown.items() if one.value is not None}
    assert load({}, again) == load(flags, environment)
    assert {name for name, one in shown.items() if one.origin != "default"} == given(flags, environment).keys()


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_is_shown(form: str) -> None:
    done = run("config", "show", "-f", form, **SECRETS)
    assert done.exit_code == 0
    assert "sEcret" not in done.output
    assert "****@h/v1" in done.stdout
    assert "OPENAI_API_KEY" in done.stdout


def test_a_value_that_cannot_be_used_is_reported_and_the_file_can_still_be_found_and_edited(
    file: Path, tmp_path: Path
) -> None:
    file.parent.mkdir()
    file.write_text("k = 'many'\n")
    done = run("config", "show")
    assert (done.exit_code, done.stdout) == (2, "")
    assert f"k (from {file}) must be a number" in done.stderr
    assert run("config", "path").stdout == f"{file}\n"
    mended = run("config", "edit", EDITOR=editor(tmp_path, "file.write_text('k = 4')"))
    assert mended.exit_code == 0
    assert run("config", "show").exit_code == 0


def test_the_first_edit_makes_a_file_of_comments_that_only_its_owner_reads(file: Path, tmp_path: Path) -> None:
    done = run("config", "edit", VISUAL=editor(tmp_path, ""), EDITOR="false")
    assert done.exit_code == 0
    assert f"{file} is in order" in done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert tomllib.loads(file.read_text()) == {}
    file.write_text("k = 4\n")
    assert run("config", "edit", VISUAL=editor(tmp_path, "")).exit_code == 0
    assert file.read_text() == "k = 4\n"


def test_the_comments_are_the_defaults(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("\n".join(line.removeprefix("#") for line in template().splitlines() if line[1:2] != " "))
    assert tomllib.loads(file.read_text()).keys() == VARIABLES.keys()
    assert load({}, {"ASSISTANT_CONFIG": str(file)}) == load({}, {})


@pytest.mark.parametrize(
    ("text", "said"),
    [("k = 0", "must be from 1 to 200"), ("mdel = 'x'", "no setting “mdel”"), ("k = ", "cannot be read")],
)
def test_what_is_wrong_after_editing_is_told_and_the_file_kept(
    file: Path, tmp_path: Path, text: str, said: str
) -> None:
    done = run("config", "edit", EDITOR=editor(tmp_path, f"file.write_text({text!r})"), ASSISTANT_K="7")
    assert done.exit_code == 2
    assert said in done.stderr
    assert "The file stays as you left it" in done.stderr
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-editor-of-this-name", "cannot be run"),
        ("false", "ended with status 1"),
        ("'unclosed", "is no command"),
        ("", "no editor is known"),
    ],
)
def test_an_editor_that_does_not_work(file: Path, command: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("assistant.configuring.EDITORS", ())
    done = run("config", "edit", EDITOR=command)
    assert done.exit_code == 2
    assert said in done.stderr
    assert str(file) in done.stderr


def test_a_folder_that_cannot_be_made_is_an_error_in_a_line(file: Path) -> None:
    file.parent.write_text("a file")
    done = run("config", "edit", EDITOR="true")
    assert done.exit_code == 1
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('source = "nope"', "no papers can be fetched from “nope”"),
        ('source = "arxiv"', "wants a category or a query"),
        ('source = "hf-daily"\nsince = "soon"', "is not a day"),
    ],
)
def test_what_sync_would_refuse_is_not_in_order(file: Path, tmp_path: Path, table: str, said: str) -> None:
    text = f"[[sync]]\n{table}\n"
    done = run("config", "edit", EDITOR=editor(tmp_path, f"file.write_text({text!r})"))
    assert (done.exit_code, file.read_text()) == (2, text)
    assert said in done.stderr
    assert "in order" not in done.stderr


def test_a_file_that_the_editor_removed_is_told(file: Path, tmp_path: Path) -> None:
    done = run("config", "edit", EDITOR=editor(tmp_path, "file.unlink()"))
    assert done.exit_code == 2
    assert done.stderr.startswith(f"error: {file} is no longer there\n")
    assert "stays" not in done.stderr
