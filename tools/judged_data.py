"""The folder of judged data that the benches read; it is not part of this repository."""

import argparse
from pathlib import Path


def folder(text: str) -> Path:
    """The argument as a folder. ArgumentTypeError: there is none."""
    path = Path(text)
    if not (path / "seeds-gold").is_dir():
        raise argparse.ArgumentTypeError(f"no judged data in {path}: they are not part of this repository")
    return path
