"""What a user can get wrong, or a machine: one clear line on standard error with what to do, the right exit status, no
traceback, and nothing lost. What needs a process of its own has one."""

import gzip
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from tests.conftest import ROOT

LINE = b'{"title": "T", "abstract": "A."}\n'
SEED = str(next((ROOT / "seeds").glob("000*")))


@dataclass(frozen=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: str, home: Path, prefix: tuple[str, ...] = ()) -> Done:
    """A command as a user types it: here, or behind `prefix` in a process of its own."""
    if not prefix:
        result = CliRunner(env={"ASSISTANT_HOME": str(home)}).invoke(app, list(words), catch_exceptions=False)
        return Done(result.exit_code, result.stdout, result.stderr)
    environment = os.environ | {"ASSISTANT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    command = [*prefix, sys.executable, "-m", "assistant", *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    return Done(done.returncode, done.stdout, done.stderr)


def refused(done: Done, status: int, said: str) -> None:
    """The run failed as a user should see it: nothing on standard output, one error line and a hint."""
    assert done.returncode == status, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.stderr
    assert said in errors[0]
    assert done.stderr.splitlines()[-1].startswith("       "), done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ingested")
    assert run("ingest", SEED, home=home).returncode == 0
    return home


@pytest.fixture
def home(ingested: Path, tmp_path: Path) -> Path:
    """A data folder with a library of one seed file."""
    return Path(shutil.copytree(ingested, tmp_path / "home"))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("binary.bin", b"\x7fELF\x02\x01\x01\0\0\0", "a binary file, not text"),
        ("empty.txt", b"", "empty"),
        ("words.txt", b"Just some words.\n", "not a format this version reads"),
        (
            "latin.txt",
            b"Get trending papers in your email inbox!\nCaf\xe9\n",
            "not UTF-8 text (byte 0xe9 at offset 44)",
        ),
        # mtime=0: the value is in the name of the test, which every worker must find the same
        ("cut.gz", gzip.compress(LINE * 9000, mtime=0)[:200], "cannot be read to its end"),
        ("other.jsonl", b'{"_id": "1", "text": "a query"}\n' * 30, "none of the first 20 lines is a paper"),
    ],
)
def test_a_file_that_is_no_source_of_papers(home: Path, tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    done = run("ingest", str(tmp_path / name), home=home)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path / name}: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "64" in run("status", home=home).stdout


@pytest.mark.parametrize("beginning", [b"", b'{"title": "'])
def test_a_file_of_200_mb_in_one_line_is_refused_in_little_memory(home: Path, tmp_path: Path, beginning: bytes) -> None:
    big = tmp_path / "big"
    with big.open("wb") as file:
        file.write(beginning)
        for _ in range(200):
            file.write(b"x" * 1_000_000)
    limit = "import resource; resource.setrlimit(resource.RLIMIT_DATA, (1_500_000_000,) * 2); "
    code = (
        f"{limit}import sys; sys.argv = ['assistant', 'ingest', {str(big)!r}]; from assistant.cli import main; main()"
    )
    environment = os.environ | {"ASSISTANT_HOME": str(home), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    big.unlink()
    assert done.returncode == 1, done.stderr
    assert "not a format" in done.stderr or "longer than 8 MB" in done.stderr


def test_a_library_made_by_a_newer_version(home: Path) -> None:
    with sqlite3.connect(home / "libraries" / "default" / "catalog.sqlite3") as db:
        db.execute("PRAGMA user_version = 7")
    db.close()
    for words in (("ask", "anything?"), ("ingest", SEED), ("status",), ("show", "x")):
        refused(run(*words, home=home), 1, "written by a newer version (form 7")


def test_a_damaged_catalog(home: Path) -> None:
    path = home / "libraries" / "default" / "catalog.sqlite3"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * 20_000 + whole[20_100:])
    harmed = path.read_bytes()
    for words in (("ask", "which papers are about video?"), ("ingest", SEED), ("list",)):
        done = run(*words, home=home)
        refused(done, 1, "catalog")
    assert "fault" in run("doctor", home=home).stdout
    assert path.read_bytes() == harmed


def test_a_library_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(run("ingest", SEED, "--library", str(tmp_path / "file"), home=tmp_path), 1, "no library can be made in")
    refused(run("ask", "x?", home=tmp_path / "file"), 1, "no library can be made in")


def test_a_file_is_refused_by_any_spelling_of_its_name(home: Path, tmp_path: Path) -> None:
    (tmp_path / "b.bin").write_bytes(b"\x7fELF\0\0")
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "ingest", "./b.bin"],
        env=os.environ | {"ASSISTANT_HOME": str(home), "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "b.bin: a binary file" in done.stderr


def test_a_file_whose_name_is_no_text(home: Path, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/n\xff.jsonl"
    with open(name, "wb") as file:
        file.write(b'{"title": "T", "abstract": "A."}\n')
    done = run("ingest", str(tmp_path / "n\udcff.jsonl"), home=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 new" in done.stdout


@pytest.mark.parametrize("path", ["x" * 300, "~nobody-of-this-name/x"])
def test_a_path_that_cannot_be(home: Path, path: str) -> None:
    refused(run("ingest", path, home=home), 1, path)


def test_standard_input_that_is_closed(home: Path) -> None:
    for words, status in ((("ingest", "-"), 1), (("ask", "-"), 2)):
        refused(run(*words, home=home, prefix=("sh", "-c", 'exec "$@" <&-', "sh")), status, "standard input is closed")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full (Linux)")
def test_an_output_that_cannot_be_written(home: Path) -> None:
    done = run("list", home=home, prefix=("sh", "-c", 'exec "$@" >/dev/full', "sh"))
    assert done.returncode == 1
    assert "error: [Errno 28] No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_relative_data_folder(tmp_path: Path) -> None:
    environment = os.environ | {"ASSISTANT_HOME": "data", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "assistant", "ask", "which papers reduce KV cache memory?"]
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["data"]


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    refused(run("ask", "x?", "--library", "nothing", home=tmp_path), 1, "there is no library in")


def _unshared() -> bool:
    probe = ("unshare", "--user", "--map-root-user", "--mount", "true")
    return bool(shutil.which("unshare")) and subprocess.run(probe, capture_output=True).returncode == 0


@pytest.mark.skipif(not _unshared(), reason="a small disk needs user namespaces (Linux)")
@pytest.mark.parametrize("size", ["8k", "300k", "2m", "4m"])
def test_a_full_disk_loses_nothing_and_the_next_ingest_goes_on(tmp_path: Path, size: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size={size} none {disk} && export ASSISTANT_HOME={disk}/home && "
        f'{{ "$@" ingest {SEED} {ROOT}/seeds; echo "first: $?"; }} && mount -o remount,size=60m {disk} && '
        f'"$@" ingest {ROOT}/seeds | tail -1 && "$@" doctor | grep -E "catalog|index"'
    )
    prefix = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh")
    command = [*prefix, sys.executable, "-m", "assistant"]
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert "error: the disk is full" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert "first: 1" in done.stdout
    assert "The library holds 333 papers." in done.stdout
    catalog, lexical, vectors = done.stdout.splitlines()[-3:]
    assert re.fullmatch(r"ok +catalog: 333 papers, \d+ chunks", catalog)
    assert lexical.endswith("lexical index: 333 papers")
    assert vectors.startswith("ok ")
    assert vectors.split()[-2:] == catalog.split()[-2:]


@pytest.mark.skipif(not _unshared(), reason="a small disk needs user namespaces (Linux)")
def test_backup_and_restore_on_a_full_disk_leave_nothing_half_done(home: Path, tmp_path: Path) -> None:
    assert run("backup", str(tmp_path / "b.zip"), home=home).returncode == 0
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f'mount -t tmpfs -o size=200k none {disk} && {{ "$@" backup {disk}/b.zip; echo "backup: $?"; ls -A {disk}; '
        f'"$@" restore {tmp_path}/b.zip --library {disk}/lib; echo "restore: $?"; ls -A {disk}; }}'
    )
    prefix = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, "sh")
    done = run(home=home, prefix=prefix)
    assert done.stdout == "backup: 1\nrestore: 1\n"
    assert done.stderr.count("error: ") == 2
    assert "error: the disk is full" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error(home: Path) -> None:
    command = f"{{ {sys.executable} -m assistant list -n 5000; echo status $? >&2; }} | head -1"
    environment = os.environ | {"ASSISTANT_HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True)
    assert done.stdout.count("\n") == 1
    assert done.stderr == "status 0\n"


@pytest.mark.parametrize("words", [("show", "caf\udce9"), ("list", "--author", "caf\udce9"), ("ask", "caf\udce9")])
def test_words_that_are_no_text(home: Path, words: tuple[str, ...]) -> None:
    done = run(*words, home=home)
    assert "unexpected" not in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("ask", "x?", "--model", "m\udce9"), "--model holds a character that cannot be used"),
        (("status", "--library", "./caf\udce9"), "--library holds a character that cannot be used"),
    ],
)
def test_settings_that_are_no_text(home: Path, words: tuple[str, ...], said: str) -> None:
    refused(run(*words, home=home), 2, said)


def test_an_offset_beyond_every_number(home: Path) -> None:
    assert run("list", "--offset", "9" * 20, home=home).returncode == 2


def test_standard_output_that_is_closed(home: Path) -> None:
    done = run("status", home=home, prefix=("sh", "-c", 'exec "$@" >&-', "sh"))
    assert done.returncode == 2
    assert "error: standard output is closed" in done.stderr
