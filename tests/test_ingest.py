"""What an ingest makes of files, archives, bad records and long files, on a library of its own."""

import contextlib
import errno
import json
import os
import signal
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.app import Assistant
from assistant.cli import app
from assistant.errors import LibraryFull, UsageError
from assistant.holdings import IngestReport
from assistant.sources import resuming

DEADLINE = 20  # seconds; only a failing test waits for it
LINE = {"title": "T", "abstract": "A."}
BROKEN = "@article{one, title = {One}, abstract = {A.}}\n@article{two, title = {Two}}\n"


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(home=str(tmp_path / "home")) as opened:
        yield opened


def lines(count: int, *, first: int = 0) -> str:
    return "".join(
        json.dumps({"title": f"Paper {n}", "abstract": f"Word{n}."}) + "\n" for n in range(first, first + count)
    )


def rows(report: IngestReport) -> list[dict[str, object]]:
    return [json.loads(line) for line in Path(report.rejects).read_text().splitlines()]


def test_an_archive_is_read_as_a_folder_is(assistant: Assistant, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("refs.bib", BROKEN)
        archive.writestr("readme.txt", "no papers")
        archive.writestr("more/papers.jsonl", lines(2))
    report = assistant.ingest(tmp_path / "a.zip")
    assert [(Path(file.file).name, file.new, file.passed_over) for file in report.files] == [
        ("refs.bib", 1, False),
        ("readme.txt", 0, True),
        ("papers.jsonl", 2, False),
    ]
    assert not report.refused
    assert assistant.show("One").sources[0].file == f"{tmp_path}/a.zip/refs.bib"


def test_a_damaged_archive_is_refused_and_the_others_are_read(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04 nothing more")
    (tmp_path / "b.jsonl").write_text(lines(1))
    report = assistant.ingest(tmp_path)
    assert [file.refused.split(":")[0] for file in report.files] == ["a damaged zip archive", ""]
    assert report.papers == 1


def test_bad_records_are_kept_with_file_line_and_reason(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(BROKEN)
    report = assistant.ingest(tmp_path / "refs.bib")
    assert report.rejects == str(assistant.folder / "rejects.jsonl")
    assert report.rejected == 1
    assert rows(report) == [
        {
            "file": str(tmp_path / "refs.bib"),
            "line": 2,
            "reason": "no abstract",
            "raw": "@article{two, title = {Two}}",
        }
    ]
    assert [(problem.line, problem.raw) for problem in report.files[0].problems] == [(2, "")]


def test_a_reject_file_is_mended_and_ingested(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(BROKEN + "@article{three, title = {Three}}\n")
    (tmp_path / "more.jsonl").write_text(lines(1) + '{"title": "Four"}\n')
    (tmp_path / "t.csv").write_text("title,abstract\nZero,A.\nFive,\n")
    kept = tmp_path / "kept.jsonl"
    report = assistant.ingest([tmp_path], rejects=kept)
    assert (report.rejected, report.rejects, report.papers) == (4, str(kept), 3)
    mended = kept.read_text().replace("title = {Two}", "title = {Two}, abstract = {B.}")
    mended = mended.replace('{\\"title\\": \\"Four\\"}', '{\\"title\\": \\"Four\\", \\"abstract\\": \\"D.\\"}')
    kept.write_text(mended.replace("Five,", "Five,E."))
    report = assistant.ingest(kept, rejects=kept)
    assert report.files[0].source == "rejects"
    assert (report.total("new"), report.rejected) == (3, 1)
    assert rows(report) == [
        {
            "file": str(tmp_path / "refs.bib"),
            "line": 3,
            "reason": "no abstract",
            "raw": "@article{three, title = {Three}}",
        }
    ]
    assert {found.paper.title for found in assistant.list()} >= {"Two", "Four", "Five"}


def test_a_clash_of_ids_is_kept_as_a_row(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": "1", "title": "One", "abstract": "On whales."}\n{"id": "1", "title": "Two", "abstract": "Of ships."}\n'
    )
    report = assistant.ingest(tmp_path / "a.jsonl")
    (row,) = rows(report)
    assert str(row["reason"]).startswith("id “1” already names “One”")
    assert json.loads(str(row["raw"])) == {"id": "1", "title": "Two", "abstract": "Of ships."}


def test_what_a_folder_holds_beside_papers_is_not_kept_as_rejects(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"_id": 1, "text": "a query"}\n' * 30)
    (tmp_path / "papers.jsonl").write_text(lines(1))
    report = assistant.ingest(tmp_path)
    assert (report.rejected, report.rejects) == (0, "")
    assert not (assistant.folder / "rejects.jsonl").exists()


def test_a_reject_file_that_is_read_again_does_not_grow(assistant: Assistant, tmp_path: Path) -> None:
    bad = {"doi": "x", "date": "y", "url": "z:", "upvotes": "many"}
    rows_of = [{"title": "One"}, LINE | bad, LINE | bad | {"title": "Two"}, LINE | bad | {"abstract": "Other."}]
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows_of))
    refs = "".join(f"@article{{{n}, title={{B{n}}} abstract={{A.}}, doi={{x}}, url={{y:z}}\n" for n in range(3))
    (tmp_path / "b.bib").write_text(refs)
    report = assistant.ingest([tmp_path / "a.jsonl", tmp_path / "b.bib"])
    assert str(rows(report)[1]["reason"]).count("; ") == 3
    before = [row["raw"] for row in rows(report)]
    assert len(before) == len(set(before)) == 4 + 1 + 3  # the one more is a clash of titles
    for _ in range(2):
        report = assistant.ingest(report.rejects)
        assert {row["raw"] for row in rows(report)} == set(before)
        assert len(rows(report)) == len(before)


def test_a_file_refused_as_no_papers_leaves_the_reject_file_alone(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(BROKEN)
    kept = Path(assistant.ingest(tmp_path / "refs.bib").rejects)
    before = kept.read_bytes()
    (tmp_path / "quote.csv").write_text('title,abstract\n"T,A\n' + "x\n" * 3_000)
    report = assistant.ingest(tmp_path / "quote.csv")
    assert "no row is a paper" in report.files[0].refused
    assert (report.rejected, report.rejects) == (0, "")
    assert kept.read_bytes() == before


def test_a_program_with_xml_in_it_is_passed_over_in_a_folder(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "test.py").write_text('FEED = """<feed xmlns="http://arxiv.org/x"><entry><title>"""\n')
    (tmp_path / "papers.jsonl").write_text(lines(1))
    report = assistant.ingest(tmp_path)
    assert [file.passed_over for file in report.files] == [False, True]
    assert not report.refused
    assert assistant.ingest(tmp_path / "test.py").refused


def test_a_reject_file_must_have_a_folder(assistant: Assistant, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be a reject file"):
        assistant.ingest(tmp_path, rejects=tmp_path / "nowhere" / "file")
    with pytest.raises(UsageError, match="cannot be a reject file"):
        assistant.ingest(tmp_path, rejects=tmp_path)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of ten lines count as long, and batches have four records."""
    monkeypatch.setattr("assistant.library.catalog.FROM", 10)
    monkeypatch.setattr("assistant.library.indexing.BATCH", 4)


@pytest.mark.usefixtures("short")
def test_what_is_known_of_a_long_file_is_passed_over(assistant: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    file.write_text(lines(12))
    assert assistant.ingest(file).files[0].new == 12
    (again,) = assistant.ingest(file).files
    assert (again.skipped, again.records, again.refused) == (12, 0, "")
    file.write_text(lines(15))
    (grown,) = assistant.ingest(file).files
    assert (grown.skipped, grown.records, grown.new) == (12, 3, 3)
    assert assistant.show("Paper 14").sources[0].line == 15


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("pack", [False, True])
def test_a_long_file_that_was_changed_is_read_again(assistant: Assistant, tmp_path: Path, pack: bool) -> None:
    def written(text: str) -> Path:
        if not pack:
            (tmp_path / "long.jsonl").write_text(text)
            return tmp_path / "long.jsonl"
        with zipfile.ZipFile(tmp_path / "long.zip", "w") as archive:
            archive.writestr("long.jsonl", text)
        return tmp_path / "long.zip"

    assistant.ingest(written(lines(12)))
    (changed,) = assistant.ingest(written(lines(12).replace("Word3.", "Other."))).files
    assert (changed.skipped, changed.records) == (0, 12)
    (shorter,) = assistant.ingest(written(lines(3))).files
    assert (shorter.skipped, shorter.known) == (0, 3)


@pytest.mark.usefixtures("short")
def test_an_interrupted_ingest_goes_on_where_it_was(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "long.jsonl"
    file.write_text(lines(30))
    readline = resuming.Followed.readline

    def interrupted(self: resuming.Followed, size: int, /) -> bytes:
        if self.mark.lines == 18:
            raise KeyboardInterrupt
        return readline(self, size)

    with monkeypatch.context() as patch:
        patch.setattr(resuming.Followed, "readline", interrupted)
        with pytest.raises(KeyboardInterrupt):
            assistant.ingest(file)
    (rest,) = assistant.ingest(file).files
    assert (rest.skipped, rest.known, rest.new) == (16, 2, 12)  # what is filed of a batch that was broken off is known
    assert assistant.status().papers == 30


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize("bad", ['{"title": "No abstract"}\n', '{"title": "Paper 1", "abstract": "Another one."}\n'])
def test_the_problems_of_a_long_file_are_told_and_kept_again(assistant: Assistant, tmp_path: Path, bad: str) -> None:
    file, other = tmp_path / "long.jsonl", tmp_path / "other.jsonl"
    file.write_text(lines(14) + bad + lines(6, first=14))
    other.write_text(lines(1) + '{"title": "Of another file"}\n')
    first = assistant.ingest(file)
    assert [row["line"] for row in rows(first)] == [15]
    assert assistant.ingest(other).rejected == 1  # its reject file takes the place of the first
    again = assistant.ingest(file)
    assert again.files[0].problems == first.files[0].problems
    assert rows(again) == rows(first)
    assert again.files[0].skipped == 12  # whole batches before the problem
    file.write_text(lines(20))
    assert assistant.ingest(file).files[0].skipped == 12
    assert assistant.ingest(file).files[0].skipped == 20


@pytest.mark.usefixtures("short")
def test_problems_that_a_kill_left_untold_are_told_the_next_time(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "long.jsonl"
    file.write_text(lines(10) + '{"title": "No abstract"}\n' + lines(20, first=10))
    with monkeypatch.context() as patch:
        patch.setattr("assistant.library.indexing.Writer.index", raising)
        patch.setattr("assistant.sources.rejects.Rejects.add", lambda *_, **__: None)  # so none is kept
        with pytest.raises(KeyboardInterrupt):
            assistant.ingest(file)
    report = assistant.ingest(file)
    assert [row["line"] for row in rows(report)] == [11]
    assert report.papers == 30


def raising(*args: object, **options: object) -> int:
    raise KeyboardInterrupt


@pytest.mark.usefixtures("short")
def test_what_was_removed_comes_back_with_its_file(assistant: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "long.jsonl"
    file.write_text(lines(12))
    assistant.ingest(file)
    assistant.remove("Paper 5", dry_run=False)
    (again,) = assistant.ingest(file).files
    assert (again.skipped, again.known, again.new) == (0, 11, 1)


def test_columns_are_named_on_the_command_line(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("Titel;Zusammenfassung\nÜber;Größe\n")
    run = CliRunner()
    done = run.invoke(app, ["ingest", str(tmp_path / "t.csv"), "--columns", "title=Titel,abstract=Zusammenfassung"])
    assert "1 new" in done.stdout
    done = run.invoke(app, ["ingest", str(tmp_path / "t.csv"), "--columns", "titel=Titel"])
    assert done.exit_code == 2
    assert "“titel=Titel” names no column" in done.stderr
    done = run.invoke(app, ["ingest", str(tmp_path / "t.csv")])
    assert "--columns" in done.stderr


@pytest.mark.parametrize("name", ["notes.bib", "input.jsonl", "home/libraries/default/catalog.sqlite3"])
def test_no_file_of_another_kind_is_taken_for_rejects(assistant: Assistant, tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.bib").write_text(BROKEN)
    (tmp_path / "input.jsonl").write_text(lines(1) + '{"title": "Four"}\n')
    assistant.ingest(tmp_path / "notes.bib")
    before = (tmp_path / name).read_bytes()
    with pytest.raises(UsageError, match="is no reject file"):
        assistant.ingest(tmp_path / "input.jsonl", rejects=tmp_path / name)
    assert (tmp_path / name).read_bytes() == before
    assert len(assistant.library) == 1


def test_of_a_library_only_its_reject_file_can_be_one(assistant: Assistant, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(BROKEN)
    assistant.ingest(tmp_path / "refs.bib")
    folder = assistant.folder
    for name in ("new.jsonl", "lexical/rejects.jsonl"):
        with pytest.raises(UsageError, match="lies in the library"):
            assistant.ingest(tmp_path / "refs.bib", rejects=folder / name)
        assert not (folder / name).exists()
    report = assistant.ingest(tmp_path / "refs.bib", rejects=folder / "rejects.jsonl")
    assert (report.rejected, report.rejects) == (1, str(folder / "rejects.jsonl"))


def test_a_field_of_two_columns_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("title,abstract\nZero,A.\n")
    done = CliRunner().invoke(app, ["ingest", str(tmp_path / "t.csv"), "--columns", "title=title,title=abstract"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "names title twice" in done.stderr


@pytest.mark.usefixtures("short")
def test_a_pipe_is_read_whole_and_once_whatever_came_through_it_before(assistant: Assistant, tmp_path: Path) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("the pipe was opened again"))
    signal.alarm(DEADLINE)
    try:
        for first in (0, 30):
            threading.Thread(target=given, args=(pipe, lines(30, first=first)), daemon=True).start()
            (file,) = assistant.ingest(pipe).files
            assert (file.records, file.new, file.skipped, file.refused) == (30, 30, 0, "")
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def given(pipe: Path, text: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        pipe.write_text(text)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="needs a folder that nobody can write in")
def test_a_reject_file_that_cannot_be_written_is_said_before_anything_is_read(
    assistant: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "refs.bib").write_text(BROKEN)

    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(UsageError, match=r"^the reject file /proc/x\.jsonl cannot be written: "):
        assistant.ingest(tmp_path / "refs.bib", rejects="/proc/x.jsonl")
    assert not assistant.folder.exists()
    monkeypatch.setattr("assistant.sources.rejects.tempfile.mkstemp", full)
    with pytest.raises(LibraryFull, match=r"the disk is full: .*/r\.jsonl cannot be written"):
        assistant.ingest(tmp_path / "refs.bib", rejects=tmp_path / "r.jsonl")
