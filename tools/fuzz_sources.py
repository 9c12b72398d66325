"""Feed every reader of papers damaged files: no traceback, no hang, no memory without bound.

    python tools/fuzz_sources.py --data ../shared/data/recorded --inputs 100000 [--seed 1] [--failures FOLDER]

The files of a folder (recorded answers by their bodies), the seeds and tests/vectors are, mostly, cut down to a part
that is quickly read, damaged (bytes flipped, cut out, doubled, put in; parts of another file; marks of the formats),
and given to the reader that recognises the whole file, or now and then to another one. A failure is any exception but
SourceError, more than a second for one input, or a process that has grown by more than 200 MB; a hang ends the run
with a traceback. What failed is written to a folder, to be looked at. Exit status 1 if anything did.
"""

import argparse
import faulthandler
import io
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bodies import bodies

from assistant.errors import NotPapers, SourceError
from assistant.papers import Problem, Record
from assistant.sources import SOURCES, Source, recognise

LIMIT = 1.0  # seconds for an input
HANG = 60  # seconds after which the run is over
GROWTH = 200  # MB that the process may grow by
PART = 20_000  # bytes of a file that are mostly used
HEAD = 65_536
# What the formats are made of, and what breaks them.
MARKS = (
    b'"', b"'", b"{", b"}", b"[", b"]", b"<", b">", b"</", b"/>", b"&", b"&#0;", b"&#x110000;", b"&lt;", b"<!--",
    b"-->", b"<![CDATA[", b"]]>", b"<?xml version='1.0' encoding='utf-16'?>", b"<!DOCTYPE x [<!ENTITY y 'z'>]>",
    b"\\", b"\\u", b"\\ud800", b"\n", b"\r\n", b"\r", b"\0", b"\t", b",", b":", b"=", b"@", b"@article{", b"@string{",
    b"#", b"%", b"$", b"\\'{", b"--", b"\xff", b"\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\xf4\x8f\xbf\xbf",
    "\u202e\u200b\u0300".encode(), b"1e999", b"-1", b"9" * 400, b"NaN", b"null", b"true", b"0000-00-00", b"9999-99-99",
    b"10.1/", b"arXiv:", b"PMID- ", b"TY  - JOUR", b"ER  - ", b"AB  - ", b"      ", b";", b'""', b"(" * 300,
    b"[" * 300, b"{" * 300, b"<a>" * 150, b"A" * 3_000,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    originals = read_originals(options.data)
    chosen = random.Random(options.seed)
    counts: Counter[str] = Counter()
    failures: list[str] = []
    slowest, grown_from = (0.0, ""), _memory()
    started = time.perf_counter()
    for number in range(options.inputs):
        name, reader, data = damaged(originals, chosen)
        faulthandler.dump_traceback_later(HANG, exit=True, file=sys.__stderr__ or sys.stderr)
        begun = time.perf_counter()
        what = outcome(reader, data)
        took = time.perf_counter() - begun
        faulthandler.cancel_dump_traceback_later()
        counts[f"{reader.name}: {what if not what.startswith('!') else 'FAILED'}"] += 1
        slowest = max(slowest, (took, f"{reader.name}, {name}"))
        if what.startswith("!") or took > LIMIT:
            failures.append(f"input {number}, {reader.name}, {name}: {what}, {took:.2f} s")
            print(failures[-1], file=sys.stderr)
            options.failures.mkdir(parents=True, exist_ok=True)
            (options.failures / f"{options.seed}-{number}-{reader.name}").write_bytes(data)
    for what, count in sorted(counts.items()):
        print(f"{count:8,}  {what}")
    grown = _memory() - grown_from
    took = time.perf_counter() - started
    print(f"{options.inputs:,} inputs from {len(originals)} files in {took:.0f} s, seed {options.seed}")
    print(f"slowest: {slowest[0]:.2f} s ({slowest[1]}); grown by {grown:.0f} MB; failures: {len(failures)}")
    return 1 if failures or grown > GROWTH else 0


def read_originals(folder: Path) -> list[tuple[str, Source, bytes]]:
    """The files of a folder, and ours, with the readers that recognise them."""
    home = Path(__file__).parent.parent
    found = []
    for name, body in [*bodies(folder), *bodies(home / "seeds"), *bodies(home / "tests" / "vectors")]:
        try:
            found.append((name, recognise(body[:HEAD]), body))
        except NotPapers:
            continue
    return found


def damaged(originals: Sequence[tuple[str, Source, bytes]], chosen: random.Random) -> tuple[str, Source, bytes]:
    """A part of one of the files, damaged, and the reader to give it to. Every reader is as likely as the others."""
    source = chosen.choice(sorted({source.name for _, source, _ in originals}))
    name, reader, data = chosen.choice([one for one in originals if one[1].name == source])
    if len(data) > PART and chosen.random() > 0.1:
        start = 0 if chosen.random() < 0.7 else chosen.randrange(len(data) - PART // 2)
        data = data[: chosen.randrange(1, 4_000)] * (start > 0) + data[start : start + chosen.randrange(100, PART)]
    other = chosen.choice(originals)[2] if chosen.random() < 0.1 else data
    data = mutated(data, other, chosen)
    return name, reader if chosen.random() > 0.03 else chosen.choice(SOURCES), data


def mutated(data: bytes, other: bytes, chosen: random.Random) -> bytes:
    """`data` with one to twelve damages, some with parts of `other`."""
    out = bytearray(data)
    for _ in range(chosen.choice((1, 1, 2, 3, 5, 12))):
        at = chosen.randrange(len(out) + 1)
        size = min(chosen.choice((1, 1, 4, 30, 300)), len(out) - at)
        kind = chosen.randrange(6)
        if kind == 0 and at < len(out):
            out[at] ^= 1 << chosen.randrange(8)
        elif kind == 1:
            out[at : at + size] = chosen.randbytes(size)
        elif kind == 2:
            del out[at : at + size]
        elif kind == 3:
            out[at:at] = out[at : at + size] * chosen.choice((1, 2, 20))
        elif kind == 4:
            out[at : at + chosen.choice((0, size))] = chosen.choice(MARKS)
        elif other:
            start = chosen.randrange(len(other))
            out[at : at + chosen.choice((0, size))] = other[start : start + chosen.choice((10, 200, 2_000))]
    return bytes(out)


def outcome(reader: Source, data: bytes) -> str:
    """What a reader makes of an input in a word; a failure begins with `!`."""
    try:
        reader.sniff(data[:HEAD])
        records = problems = 0
        for item in reader.read(io.BytesIO(data)):
            records += isinstance(item, Record)
            problems += isinstance(item, Problem)
            if item.line < 1:
                return f"!line {item.line}"
    except SourceError as error:
        return "refused" if error.hint and "\n" not in str(error) else f"!no hint or several lines: {error}"
    except Exception as error:
        return f"!{type(error).__name__}: {error}"[:300]
    return "papers" if records else "problems only" if problems else "nothing"


def _memory() -> float:
    """The most memory this process has held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder of real files")
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"), help="where what failed is written")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main())
