"""Papers on disk: a SQLite catalog that is the truth, and a vector and a lexical index derived from it."""

from assistant.library.catalog import FILE as CATALOG
from assistant.library.disk import around
from assistant.library.indexing import Progress
from assistant.library.library import Library
from assistant.library.memory import fingerprint

__all__ = ["CATALOG", "Library", "Progress", "around", "fingerprint"]
