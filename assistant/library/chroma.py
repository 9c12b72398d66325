"""The vector index in a folder: Chroma, holding chunk numbers, vectors and small metadata, no text.

Its files survive neither a kill nor two writers, so `Shelf` has a copy of them written to. This module is the only one
that knows chromadb.
"""

import contextlib
import os
import shutil
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType

from assistant.embedders import Vectors
from assistant.errors import LibraryDamaged
from assistant.library.disk import full
from assistant.library.seals import MEND
from assistant.library.vectors import LOOKED_AT

COLLECTION = "chunks"
BATCH = 5_000  # records a call; Chroma's maximum is 5,461
SYNC_THRESHOLD = 1_000  # Chroma's default: records it replays at every open until they are written out

# Chroma's settings come from variables of these names and from `.env` in the working folder, at import and at
# every construction. Neither may decide where a library's vectors go.
_VARIABLES = frozenset({
    "ENVIRONMENT", "TENANT_ID", "TOPIC_NAMESPACE", "IS_PERSISTENT", "PERSIST_DIRECTORY", "ALLOW_RESET",
    "ANONYMIZED_TELEMETRY", "MIGRATIONS", "MIGRATIONS_HASH_ALGORITHM", "WORKER_MEMBERLIST_NAME",
})  # fmt: skip
_importing = threading.Lock()


class ChromaIndex:
    """The `VectorIndex` in a folder, nearest by inner product (vectors have length 1, so by cosine)."""

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        if create:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        with _mapped(folder):
            try:
                self._open(create=create)
            except BaseException:  # a panic out of Rust is one
                self.close()  # else Chroma gives what it has opened to whoever opens the folder next
                raise

    def _open(self, *, create: bool = False) -> None:
        with _undisturbed(self.folder) as chromadb:
            settings = chromadb.config.Settings(
                _env_file=None,
                chroma_api_impl="chromadb.api.rust.RustBindingsAPI",
                is_persistent=True,
                persist_directory=str(self.folder),
                migrations="apply",
                allow_reset=False,
                anonymized_telemetry=False,
            )
            self._client = chromadb.PersistentClient(path=str(self.folder), settings=settings)
        if create:
            self._collection = self._client.create_collection(
                COLLECTION, embedding_function=None, configuration={"hnsw": {"space": "ip", "ef_search": LOOKED_AT}}
            )
        else:
            self._collection = self._client.get_collection(COLLECTION, embedding_function=None)

    def __len__(self) -> int:
        with _mapped(self.folder):
            return int(self._collection.count())

    def put(self, numbers: Sequence[int], vectors: Vectors, metadata: Sequence[Mapping[str, str | int]]) -> None:
        """Add chunks, or replace those of the same numbers."""
        with _mapped(self.folder):
            for at in range(0, len(numbers), BATCH):
                part = slice(at, at + BATCH)
                self._collection.upsert(
                    ids=[str(number) for number in numbers[part]],
                    embeddings=vectors[part],
                    metadatas=list(metadata[part]),
                )

    def numbers(self) -> list[int]:
        """Of all chunks that it holds."""
        with _mapped(self.folder):
            return [int(number) for number in self._collection.get(include=[])["ids"]]

    def remove(self, numbers: Sequence[int]) -> None:
        with _mapped(self.folder):
            for at in range(0, len(numbers), BATCH):
                self._collection.delete(ids=[str(number) for number in numbers[at : at + BATCH]])

    def flush(self) -> None:
        """Have Chroma write out the records it would else replay at every open (0.1 s for 950, measured).

        It writes when more than `sync_threshold` have gathered, and a new threshold counts after a reopen.
        """
        with _mapped(self.folder):
            some = self._collection.get(limit=3, include=["embeddings", "metadatas"])
            if len(some["ids"]) < 3:
                return
            self._collection.modify(configuration={"hnsw": {"sync_threshold": 2, "batch_size": 2}})
            self.close()
            self._open()
            self._collection.upsert(ids=some["ids"], embeddings=some["embeddings"], metadatas=some["metadatas"])
            self._collection.modify(configuration={"hnsw": {"sync_threshold": SYNC_THRESHOLD, "batch_size": 100}})

    def nearest(self, vector: Vectors, *, limit: int) -> list[int]:
        """As the protocol says.

        LibraryDamaged where Chroma gives fewer than it must: a lost HNSW folder shows itself in no other way.
        """
        with _mapped(self.folder):
            answer = self._collection.query(query_embeddings=vector[None, :], n_results=limit, include=[])
            numbers = [int(number) for number in answer["ids"][0]]
            if len(numbers) < limit and len(numbers) < self._collection.count():  # which takes as long as the query
                raise LibraryDamaged("the vector index has lost records", hint=MEND)
        return numbers

    def close(self) -> None:
        """Give the files and the memory back."""
        if "_client" in self.__dict__:
            self._client.close()
            self.__dict__.pop("_collection", None)
            del self._client


@contextlib.contextmanager
def _undisturbed(folder: Path) -> Iterator[ModuleType]:
    """chromadb, imported and used with its variables out of the environment and no `.env` in sight."""
    with _importing:
        taken = {name: os.environ.pop(name) for name in chroma_variables(os.environ)}
        try:
            before = os.getcwd()
        except FileNotFoundError:  # the working folder was removed under us; nothing to return to
            before = str(folder)
        try:
            os.chdir(folder)
            import chromadb
            import chromadb.config

            yield chromadb
        finally:
            os.chdir(before)
            os.environ.update(taken)


def chroma_variables(environment: Iterable[str]) -> list[str]:
    """Those names of environment variables that Chroma would take settings from."""
    return sorted(name for name in environment if name.upper().startswith("CHROMA_") or name.upper() in _VARIABLES)


@contextlib.contextmanager
def _mapped(folder: Path) -> Iterator[None]:
    """Whatever comes out of Chroma as ours. It raises from many modules, and panics out of its Rust core are
    BaseExceptions of pyo3; only what it is not allowed to swallow passes."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit, GeneratorExit, LibraryDamaged, MemoryError):
        raise
    except BaseException as error:
        said = str(error)
        if short := full(folder, said):
            raise short from error
        raise LibraryDamaged(
            f"the vector index in {folder} cannot be used: {said.splitlines()[0] if said else type(error).__name__}",
            hint=MEND,
        ) from error
