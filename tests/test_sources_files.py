import io
import sys
from pathlib import Path

import pytest

from assistant.errors import SourceError
from assistant.sources import expand, opened, recognise

LINE = b'{"title": "T", "abstract": "A."}\n'


def test_a_folder_stands_for_its_files_sorted_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a/c.jsonl", ".hidden", ".git/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(LINE)
    assert expand(str(tmp_path)) == [str(tmp_path / "a/c.jsonl"), str(tmp_path / "b.jsonl")]


def test_missing_paths_and_empty_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        expand(str(tmp_path / "nothing"))
    with pytest.raises(SourceError, match="an empty folder"):
        expand(str(tmp_path))


@pytest.mark.parametrize(
    ("data", "reason"),
    [(b"", "empty"), (b" \n ", "empty"), (b"\x7fELF\0\0", "a binary file"), (b"plain words", "not a format")],
)
def test_what_is_no_source_is_refused_with_a_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "f").write_bytes(data)
    with pytest.raises(SourceError, match=reason), opened(str(tmp_path / "f")) as source:
        recognise(source.head)


def test_standard_input_is_recognised_even_when_it_comes_in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    class Slow(io.RawIOBase):
        def __init__(self) -> None:
            self.parts = [b"new\n", b"Get trending papers in your email inbox!\n", b"rest"]

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self.parts.pop(0) if self.parts else b""

    class Stdin:
        buffer = Slow()

    monkeypatch.setattr(sys, "stdin", Stdin())
    with opened("-") as source:
        assert recognise(source.head).name == "hf-page"
        assert source.stream.read().endswith(b"rest")
        assert source.size is None
