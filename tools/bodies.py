"""What a folder of recorded files holds for the readers of papers: its files, and the bodies of recorded answers.

A recorded answer is a JSON file `{"url": …, "status_code": …, "body": …}` or a cassette of vcrpy.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from vcr.serializers import yamlserializer


def bodies(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The name and the bytes of each, sorted by name; several of one cassette are numbered."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        name, data = str(file.relative_to(folder)), file.read_bytes()
        if file.suffix == ".yaml":
            for number, body in enumerate(_cassette(data.decode()), 1):
                yield f"{name}#{number}", body
        else:
            yield name, _answer(data) if file.suffix == ".json" else data


def _answer(data: bytes) -> bytes:
    """The body of a recorded answer, or `data` itself if it is none."""
    found = json.loads(data)
    return str(found["body"]).encode() if isinstance(found, dict) and "status_code" in found else data


def _cassette(text: str) -> Iterator[bytes]:
    for exchange in yamlserializer.deserialize(text)["interactions"]:
        response = exchange["response"]
        body = response["content"] if "content" in response else response["body"]["string"]
        yield body.encode() if isinstance(body, str) else body
