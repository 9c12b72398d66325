"""The vector index on a Chroma server: one collection of one library.

A server survives a kill of ours: writes can be made again, and what was cut off can be gone on with. What it does not
know is which copy of a library a collection belongs to; so its writer leaves a stamp there (see `Shelf`).
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from assistant.embedders import Vectors
from assistant.errors import LibraryDamaged, StoreError
from assistant.library.seals import MEND
from assistant.library.server import Connection, Server
from assistant.library.vectors import LOOKED_AT


class ServerIndex:
    """The `VectorIndex` in a collection; `stamp` is what the one that wrote to it last has left there.

    LibraryDamaged: there is no such collection.
    """

    def __init__(self, server: Server, name: str, *, create_with: str = "") -> None:
        """Open the collection `name`, or with a stamp to `create_with`, make it."""
        self._server, self._name = server, name
        self._connection = Connection(server)
        self._write_limit = 0
        try:
            if create_with:
                self._create(create_with)
            else:
                self._open()
        except BaseException:
            self.close()
            raise

    def _create(self, stamp: str) -> None:
        body = {
            "name": self._name,
            "configuration": {"hnsw": {"space": "ip", "ef_search": LOOKED_AT}},
            "metadata": {"stamp": stamp},
        }
        answer = self._connection.ask("POST", f"{self._server.database}/collections", body, writes=True)
        if answer is None:
            raise StoreError(
                f"{self._server.address} has no such tenant or database", hint="Check --store; make the database first."
            )
        self._take(answer)

    def _open(self) -> None:
        answer = self._connection.ask("GET", f"{self._server.database}/collections/{self._name}")
        self._take(self._present(answer))

    def _take(self, answer: Any) -> None:
        with self._connection.expected():
            self._path = f"{self._server.database}/collections/{_plain(answer['id'])}"
            self.stamp = str((answer["metadata"] or {}).get("stamp"))

    def __len__(self) -> int:
        answer = self._present(self._connection.ask("GET", f"{self._path}/count"))
        with self._connection.expected():
            if type(answer) is not int or not 0 <= answer < 2**53:
                raise ValueError("no count")
            return answer

    def put(self, numbers: Sequence[int], vectors: Vectors, metadata: Sequence[Mapping[str, str | int]]) -> None:
        limit = self._records()
        for at in range(0, len(numbers), limit):
            part = slice(at, at + limit)
            self._write(
                "upsert",
                ids=[str(number) for number in numbers[part]],
                embeddings=self._encoded(vectors[part]),
                metadatas=list(metadata[part]),
            )

    def remove(self, numbers: Sequence[int]) -> None:
        limit = self._records()
        for at in range(0, len(numbers), limit):
            self._write("delete", ids=[str(number) for number in numbers[at : at + limit]])

    def flush(self) -> None:
        """Nothing to do: what a server has answered for, it keeps."""

    def nearest(self, vector: Vectors, *, limit: int) -> list[int]:
        """As the protocol says; a distributed server may give fewer, since it looks only where they should be."""
        wanted = min(limit, self._server.neighbours)
        question = {"query_embeddings": [vector.tolist()], "n_results": wanted, "include": []}
        answer = self._present(self._connection.ask("POST", f"{self._path}/query", question))
        with self._connection.expected():
            numbers = [_number(name) for name in answer["ids"][0]]
            if len(numbers) > wanted:
                raise ValueError("more than was asked for")
            return numbers

    def claim(self, stamp: str) -> None:
        """Leave this stamp in the collection."""
        self._present(self._connection.ask("PUT", self._path, {"new_metadata": {"stamp": stamp}}, writes=True))
        self.stamp = stamp

    def refresh(self) -> None:
        """See which stamp is there now."""
        self._open()

    def drop(self) -> None:
        """Remove the collection from the server."""
        self._connection.ask("DELETE", f"{self._server.database}/collections/{self._name}", writes=True)

    def close(self) -> None:
        self._connection.close()

    def _write(self, verb: str, **body: object) -> None:
        self._present(self._connection.ask("POST", f"{self._path}/{verb}", body, writes=True))

    def _records(self) -> int:
        """Records for one write: as many as the server says that it takes, within our own bound."""
        if not self._write_limit:
            limits = self._connection.ask("GET", "/pre-flight-checks")
            with self._connection.expected():
                self._packed = limits.get("supports_base64_encoding") is True
                self._write_limit = max(1, min(int(limits["max_batch_size"]), self._server.records))
        return self._write_limit

    def _encoded(self, vectors: Vectors) -> list[str] | list[list[float]]:
        if not self._packed:
            return [[float(number) for number in row] for row in vectors]
        return [base64.b64encode(row.tobytes()).decode() for row in vectors.astype(np.dtype("<f4"))]

    def _present(self, answer: Any) -> Any:
        """`answer`, if there is one. LibraryDamaged: the collection is not there."""
        if answer is None:
            raise LibraryDamaged(f"the vectors are not on {self._server.address} any more", hint=MEND)
        return answer


def _plain(name: object) -> str:
    """A name that can stand in a path. ValueError: it cannot."""
    if not isinstance(name, str) or not name.replace("-", "").isalnum() or not name.isascii():
        raise ValueError("no id")
    return name


def _number(name: object) -> int:
    """The chunk number in an id that is ours. ValueError: it is another's."""
    if not isinstance(name, str) or not (name.isascii() and name.isdecimal()) or len(name) > 18:
        raise ValueError("no number")
    return int(name)
