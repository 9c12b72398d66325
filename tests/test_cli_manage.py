"""tag, note, read, list, backup and restore as a user meets them."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant import Assistant
from assistant.cli import app

ESCAPES = "\x1b]0;evil\x07\x1b[31mred\u202e"


def run(*words: str, text: str | None = None) -> Result:
    return CliRunner().invoke(app, words, input=text)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("built")
    lines = [
        {"id": f"2401.0000{n}", "title": f"On {n} bees", "abstract": f"{n} bees dance to tell where flowers are.",
         "date": f"2026-06-2{n}", "upvotes": n, "categories": ["q-bio.NC"]}
        for n in range(1, 6)
    ]  # fmt: skip
    (folder / "bees.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Assistant.open(home=str(folder / "home")) as assistant:
        assistant.ingest(folder / "bees.jsonl")
    return folder / "home"


@pytest.fixture(autouse=True)
def home(built: Path, tmp_path: Path) -> Path:
    """The data folder that ASSISTANT_HOME names, with a library of five papers."""
    return Path(shutil.copytree(built, tmp_path / "home"))


def listed(*words: str) -> list[str]:
    return [one["id"][-1] for one in json.loads(run("list", "-f", "json", *words).stdout)["papers"]]


def test_tags_are_put_listed_and_taken(home: Path) -> None:
    done = run("tag", "add", "To Read", "2401.00001", "On 2 bees")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "note: 2 papers tagged\n")
    assert run("tag", "add", "to read", "2401.00001").stderr == "note: 0 papers tagged; they had that tag already\n"
    assert run("tag", "list").stdout == "to read · 2 papers\n"
    document = json.loads(run("tag", "list", "-f", "json").stdout)
    assert document == {"schema": "tags/1", "library": "default", "tags": [{"name": "to read", "papers": 2}]}
    assert listed("--tag", "TO READ") == ["2", "1"]
    assert run("tag", "rm", "to read", "2401.00001").stderr == "note: 1 paper lost the tag\n"
    assert run("tag", "rm", "to read", "--all").exit_code == 0
    assert run("tag", "list").stdout == ""


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("tag", "add", "x", "2401.00001", "nothing-of-the-kind"), 1, "no paper is called “nothing-of-the-kind”"),
        (("tag", "add", "x", "2401"), 1, "begins more than one id"),
        (("tag", "add", "", "2401.00001"), 2, "a tag has 1 to 60 characters"),
        (("tag", "add", ESCAPES, "2401.00001"), 2, "cannot be a tag"),
        (("tag", "rm", "x", "2401.00001"), 2, "no paper has the tag “x”"),
        (("tag", "rm", "x"), 2, "Name some, or give --all"),
        (("tag", "rm", "x", "2401.00001", "--all"), 2, "Name some, or give --all"),
        (("note", "nothing-of-the-kind", "x"), 1, "no paper is called"),
        (("note", "2401.00001", ""), 2, "the note is empty"),
        (("note", "2401.00001", "x" * 100_001), 2, "a note has 100,000 characters at most"),
        (("note", "2401.00001", "x", "--rm"), 2, "--rm takes the note away"),
        (("note", "2401.00001", "--append"), 2, "--append has nothing"),
        (("read", "2401.00001", "nothing-of-the-kind"), 1, "no paper is called"),
        (("remove", "2401.00001", "--yes", "--dry-run"), 2, "--dry-run removes nothing"),
        (("tag", "add", "x", "cskv", "--library", "sample"), 2, "the sample library cannot be changed"),
        (("tag", "add", "x", "cskv", "--library", "nowhere"), 1, "there is no library"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(
    sample_home: Path, home: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    if "sample" in words:
        shutil.copytree(sample_home / "samples", home / "samples")
    done = run(*words)
    assert (done.exit_code, done.stdout) == (status, "")
    assert said in done.stderr
    assert done.stderr.count("error: ") == 1
    assert "\x1b" not in done.stderr
    assert run("tag", "list").stdout == ""
    assert (listed("--read"), len(listed())) == ([], 5)


def test_who_would_change_the_sample_is_told_how_to_have_a_library(sample_home: Path, home: Path) -> None:
    shutil.copytree(sample_home / "samples", home / "samples")
    told = run("read", "cskv", "--library", "sample").stderr.splitlines()[-1].strip()
    assert told == "Make your own: assistant ingest PATH, or name one of yours with --library: default"
    shutil.rmtree(home / "libraries")
    assert run("read", "cskv").stderr.splitlines()[-1].strip() == "Make your own: assistant ingest PATH"


def test_a_note_is_written_shown_added_to_replaced_and_taken_away(home: Path) -> None:
    assert run("note", "2401.00001").exit_code == 3
    assert run("note", "2401.00001", "count", "them", "again").output == "note: the note is kept\n"
    added = run("note", "2401.00001", "-", "-a", text="second line\nthird\n")
    assert (added.exit_code, added.output) == (0, "note: it is added to the note\n")
    assert run("note", "2401.00001").stdout == "count them again\nsecond line\nthird\n"
    replaced = run("note", "2401.00001", "new")
    assert replaced.stderr == "note: the note was: count them again second line third\n"
    document = json.loads(run("note", "2401.00001", "-f", "json").stdout)
    assert document == {"schema": "note/1", "library": "default", "id": "arxiv:2401.00001", "note": "new"}
    assert run("note", "2401.00001", "--rm").stderr == "note: the note was: new\n"
    assert run("note", "2401.00001", "--rm").stderr == "note: there was no note\n"


def test_show_and_list_tell_of_marks_in_every_form(home: Path) -> None:
    run("tag", "add", "[bold]x", "2401.00001")
    run("note", "2401.00001", f"*see* [bold]\n{ESCAPES}")
    run("read", "2401.00001")
    shown = run("show", "2401.00001").stdout
    assert "tags         [bold]x\n" in shown
    assert "note *see* [bold]\nnote red\n" in shown
    assert " · read · #[bold]x\n" in run("list", "--read").stdout
    page = run("show", "2401.00001", "-f", "md").stdout
    assert "> \\*see\\* \\[bold\\]\n> red" in page
    (paper,) = json.loads(run("show", "2401.00001", "-f", "json").stdout)["papers"]
    assert (paper["tags"], paper["note"]) == (["[bold]x"], "*see* [bold]\nred")
    assert paper["read"] is not None
    assert "\x1b" not in run("show", "2401.00001").output + page


def test_what_is_read_can_be_left_out_of_lists_searches_and_answers(home: Path) -> None:
    assert run("read", "2401.00001", "2401.00002").stderr == "note: 2 papers marked as read\n"
    assert (listed("--unread"), listed("--read")) == (["5", "4", "3"], ["2", "1"])
    for words in (("--unread",), ("is:unread",)):
        found = json.loads(run("search", "bees that dance", *words, "-f", "json").stdout)["results"]
        assert sorted(one["paper_id"][-1] for one in found) == ["3", "4", "5"]
        answer = json.loads(run("ask", "where do bees tell flowers are?", *words, "-f", "json").stdout)
        assert {one["paper_id"][-1] for one in answer["citations"]} <= {"3", "4", "5"}
    assert json.loads(run("trends", "bees", "--read", "--by", "year", "-f", "json").stdout)["points"][0]["papers"] == 2
    run("unread", "2401.00001")
    assert listed("--read") == ["2"]


def test_lists_are_sorted_and_narrowed_by_every_option(home: Path) -> None:
    assert listed("--sort", "upvotes", "--reverse", "-n", "2") == ["1", "2"]
    assert listed("--sort", "title") == ["1", "2", "3", "4", "5"]
    assert listed("--sort", "added", "--offset", "3") == ["2", "1"]
    assert listed("--since", "2026-06-24", "--category", "q-bio") == ["5", "4"]
    assert listed("--category", "cs") == []
    assert run("list", "--sort", "colour").exit_code == 2


def test_a_digest_leaves_out_what_is_read_until_it_is_asked_for(home: Path) -> None:
    days = ("digest", "--since", "2026-06-20", "--until", "2026-06-26", "-f", "json")
    run("read", "2401.00001")
    run("tag", "add", "thesis", "2401.00001", "2401.00002")

    def sent(*words: str) -> tuple[list[str], dict[str, object]]:
        document = json.loads(run(*days, *words).stdout)
        return sorted(one["paper_id"][-1] for one in document["citations"]), document

    assert sent("--dry-run")[0] == ["2", "3", "4", "5"]
    assert sent("--dry-run")[1]["already_read"] == 1
    assert sent("--dry-run", "--again")[0] == ["1", "2", "3", "4", "5"]
    papers, document = sent("--tag", "Thesis")
    assert (papers, document["tag"], document["recorded"]) == (["2"], "thesis", False)
    assert sent()[0] == ["2", "3", "4", "5"]  # the one of a tag was none
    assert sent("--tag", "thesis")[0] == ["2"]  # sent or not
    assert sent("--tag", "thesis", "--again")[0] == ["1", "2"]
    done = run(*days)
    assert (done.exit_code, json.loads(done.stdout)["citations"]) == (3, [])
    assert "was in an earlier digest, or is marked as read" in json.loads(done.stdout)["why"]
    assert "no paper of" in json.loads(run(*days, "--tag", "nothing").stdout)["why"]
    assert "1 marked as read" in run(*days[:-2], "--dry-run").stdout


def test_status_tells_of_marks_disk_and_last_days(home: Path) -> None:
    run("tag", "add", "x", "2401.00001")
    run("note", "2401.00001", "y")
    run("read", "2401.00001", "2401.00002")
    run("digest", "--week", "2026-W26")
    document = json.loads(run("status", "-f", "json").stdout)
    assert (document["tagged"], document["noted"], document["read"]) == (1, 1, 2)
    assert set(document["disk"]) == {"catalog", "vectors", "lexical", "other"}
    assert sum(document["disk"].values()) == document["disk_bytes"]
    assert min(document["disk"][part] for part in ("catalog", "vectors", "lexical")) > 1_000
    assert document["last_digest"] == "2026-06-28"
    assert document["last_ingest"] is not None
    assert "1 paper tagged, 1 with a note, 2 read" in run("status").stdout


def test_backup_and_restore_say_what_they_did(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("tag", "add", "x", "2401.00001")
    done = json.loads(run("backup", str(tmp_path / "b.zip"), "-f", "json").stdout)
    assert (done["schema"], done["papers"], done["library"]) == ("backup/1", 5, "default")
    checked = run("restore", str(tmp_path / "b.zip"), "--dry-run")
    assert (checked.exit_code, checked.stderr.splitlines()[-1]) == (0, "note: it is sound; nothing was restored")
    monkeypatch.chdir(tmp_path)
    made = run("backup", "b.zip").stdout
    assert made.startswith(f"backup       {tmp_path / 'b.zip'}\nholds        5 papers of the library default\n")
    assert run("restore", "b.zip", "--library", "copy").stdout == made
    refused = run("restore", str(tmp_path / "b.zip"))
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "holds 5 papers" in refused.stderr
    run("remove", "2401.00001", "--yes")
    forced = run("restore", str(tmp_path / "b.zip"), "--force")
    assert forced.stderr.splitlines()[-1] == f"note: restored into {home / 'libraries' / 'default'}"
    assert run("tag", "list").stdout == "x · 1 paper\n"
    run("restore", str(tmp_path / "b.zip"), "--library", "other")
    assert len(listed("--library", "other")) == 5
    (tmp_path / "b.zip").write_bytes((tmp_path / "b.zip").read_bytes()[:-50])
    broken = run("restore", str(tmp_path / "b.zip"), "--library", "third")
    assert (broken.exit_code, broken.stdout) == (1, "")
    assert "is damaged, or is no backup" in broken.stderr
    assert run("restore", str(tmp_path / "nothing.zip")).stderr.startswith(f"error: {tmp_path / 'nothing.zip'} cannot")


@pytest.mark.parametrize(
    "words", [("export",), ("digest", "--since", "2026-06-20"), ("summarize", "bees dance"), ("trends", "bees")]
)
@pytest.mark.parametrize("name", ["catalog.sqlite3", "new.bib", "lexical/new.bib"])
def test_no_result_is_written_into_a_library(home: Path, words: tuple[str, ...], name: str) -> None:
    folder = home / "libraries" / "default"
    before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
    done = run(*words, "-o", str(folder / name))
    assert (done.exit_code, done.stdout) == (2, "")
    assert "lies in the library" in done.stderr
    assert {file for file in folder.rglob("*") if file.is_file()} >= before.keys()
    assert (folder / "catalog.sqlite3").read_bytes().startswith(b"SQLite format 3")
    assert len(listed()) == 5


def test_a_result_takes_the_place_of_no_pipe_or_device(home: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    done = run("export", "-o", str(tmp_path / "pipe"))
    assert (done.exit_code, (tmp_path / "pipe").is_fifo()) == (2, True)


def test_marks_stay_with_the_library_they_were_made_in(home: Path) -> None:
    before = run("export").stdout
    run("tag", "add", "thesis", "2401.00001")
    run("note", "2401.00001", "compare")
    run("read", "2401.00001")
    assert run("export").stdout == before
