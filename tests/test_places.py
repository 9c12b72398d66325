from pathlib import Path

from assistant.places import exists, expanded, is_folder


def test_a_home_is_expanded_and_an_unknown_one_left_alone() -> None:
    assert expanded("~/papers") == Path.home() / "papers"
    assert expanded("~nobody-of-this-name/papers") == Path("~nobody-of-this-name/papers")


def test_what_cannot_be_looked_at_is_not_there(tmp_path: Path) -> None:
    assert exists(tmp_path)
    assert is_folder(tmp_path)
    assert not exists(tmp_path / ("x" * 300))
    assert not is_folder(tmp_path / "\0")
