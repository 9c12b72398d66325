import copy
import gzip
import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import NotPapers, SourceError
from assistant.sources import Entry, entries, opened, packed, recognise

zstd = packed._zstandard()  # under the name that this Python has it by
LINE = b'{"title": "T", "abstract": "A."}\n'


def zipped(path: Path, files: dict[str, bytes]) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return str(path)


def read(entry: Entry) -> bytes:
    with entry.open() as source:
        return source.stream.read()


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_what_is_packed_comes_out_plain_whatever_its_name(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "papers.txt").write_bytes(pack(LINE * 20_000))
    with opened(str(tmp_path / "papers.txt")) as source:
        assert recognise(source.head).name == "jsonl"
        assert source.stream.read() == LINE * 20_000
        assert source.position() == source.size == len(pack(LINE * 20_000))


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_what_is_cut_or_damaged_says_so(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    draw = random.Random(3)
    whole = pack(b"".join(b'{"title": "%d", "abstract": "A."}\n' % draw.randrange(10**12) for _ in range(9_000)))
    for name, data in {"cut": whole[: len(whole) // 2], "odd": whole[:-9] + bytes(9)}.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(SourceError), opened(str(tmp_path / name)) as source:
            source.stream.read()


def test_the_members_of_a_zip_are_files_of_their_own(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "a.zip",
        {
            "one.jsonl": LINE,
            "in/two.gz": gzip.compress(LINE * 2),
            ".hidden": LINE,
            "__MACOSX/x": LINE,
            "../up": LINE * 3,
        },
    )
    assert {entry.name: read(entry) for entry in entries(path)} == {
        f"{path}/one.jsonl": LINE,
        f"{path}/in/two.gz": LINE * 2,
    }


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path) -> None:
    inner = zipped(tmp_path / "inner.zip", {"a": LINE})
    outer = zipped(tmp_path / "outer.zip", {"inner.zip": Path(inner).read_bytes()})
    inside = entries(outer)
    with pytest.raises(NotPapers, match="a zip archive inside another"):
        read(next(inside))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"PK\x03\x04" + bytes(40), "a damaged zip archive"),
        (b"PK\x05\x06" + bytes(18), "an empty archive"),
    ],
)
def test_an_archive_that_cannot_be_read_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(SourceError, match=reason):
        list(entries(str(tmp_path / "a.zip")))


def test_an_encrypted_member_is_reported_and_the_others_are_read(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"locked": LINE, "open": LINE})
    data = bytearray(Path(path).read_bytes())
    data[6] |= 1  # the flag of the first member, there and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    Path(path).write_bytes(data)
    inside = entries(path)
    with pytest.raises(SourceError, match="encrypted"):
        read(next(inside))
    assert read(next(inside)) == LINE


def test_entries_are_opened_one_after_the_other(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {str(number): LINE * number for number in range(1, 4)})
    assert [len(read(entry)) for entry in entries(path)] == [len(LINE) * number for number in range(1, 4)]


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress])
def test_a_bomb_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(packed, "FREE", 100_000)
    (tmp_path / "bomb").write_bytes(pack(LINE + b"\n" * 10_000_000))
    with opened(str(tmp_path / "bomb")) as source, pytest.raises(SourceError, match="unpacks to more than 200 times"):
        list(source.stream)


def test_a_zip_bomb_is_refused_by_what_it_says_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "FREE", 100_000)
    path = zipped(tmp_path / "bomb.zip", {str(number): LINE + b"\n" * 1_000_000 for number in range(5)})
    with pytest.raises(SourceError, match="unpacks to more than 200 times its size"):
        list(entries(path))
    monkeypatch.setattr(packed, "MAX_MEMBERS", 4)
    with pytest.raises(SourceError, match="more than 4 files"):
        list(entries(path))


def test_flipped_bytes_of_an_archive_are_an_error_of_ours_or_nothing(tmp_path: Path) -> None:
    draw = random.Random(11)
    path = Path(zipped(tmp_path / "a.zip", {"one": LINE * 50, "two": gzip.compress(LINE), "3": zstd.compress(LINE)}))
    whole = path.read_bytes()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(draw.randint(1, 10)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        path.write_bytes(data)
        try:
            for entry in entries(str(path)):
                try:
                    read(entry)
                except SourceError:
                    continue
        except SourceError:
            continue


@pytest.mark.parametrize("form", ["utf-16", "utf-8-sig"])
def test_text_with_a_byte_order_mark_is_read(tmp_path: Path, form: str) -> None:
    text = "title,abstract\nÄ\U0001f600,A.\n" * 30_000
    (tmp_path / "table").write_bytes(text.encode(form))
    with opened(str(tmp_path / "table")) as source:
        assert recognise(source.head).name == "csv"
        assert source.stream.read().decode("utf-8-sig") == text


def test_a_pipe_of_a_zip_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b"PK\x03\x04 and more")

    monkeypatch.setattr("sys.stdin", Stdin())
    with pytest.raises(NotPapers, match="from a pipe"), opened("-"):
        pass


def test_an_archive_whose_files_share_their_bytes_is_refused_at_once(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"one": LINE, "two": LINE * 2})
    with zipfile.ZipFile(path, "a") as archive:
        twin = copy.copy(archive.getinfo("one"))
        twin.filename = "twin"
        archive.filelist.append(twin)
        archive.NameToInfo["twin"] = twin
        archive._didModify = True  # type: ignore[attr-defined]
    with pytest.raises(SourceError, match="lie in one another"):
        next(entries(path))
