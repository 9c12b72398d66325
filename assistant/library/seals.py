"""Seals: what a writer left an index's files as, so that no other state of them is taken for the index.

A writer seals each index when it is done: names, sizes and CRC-32 sums of its files go into the catalog. For a garbled
HNSW file ends the process that reads it, and from a truncated one Chroma answers wrongly without a word.
"""

import zlib
from collections.abc import Iterable
from pathlib import Path

MEND = "Run: assistant reindex"  # what helps where a seal is broken
BLOCK = 1 << 20  # bytes read at a time; a gigabyte takes a third of a second


def seal(files: Iterable[Path], folder: Path) -> str:
    """A line a file: its name in `folder`, its size in bytes, its sum."""
    lines = []
    for file in sorted(files):
        crc = size = 0
        try:
            with file.open("rb") as opened:
                while part := opened.read(BLOCK):
                    crc, size = zlib.crc32(part, crc), size + len(part)
        except OSError:  # it went away, or may not be read: no seal has this line
            size = -1
        lines.append(f"{file.relative_to(folder)} {size} {crc:08x}")
    return "\n".join(lines)
