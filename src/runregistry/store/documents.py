"""Documents of the store: compact JSON text in, Python values out, each distinct lumisection value kept once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from threading import Lock
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from runregistry.store import schema
from runregistry.store.chunks import chunks

__all__ = ["Values", "decode", "encode", "merge", "now"]

_encoder = msgspec.json.Encoder()
_CACHED_VALUES = 20_000
_CHUNK = 500


def encode(value: Any) -> str:
    """Return compact JSON text, keys in the order in which they were given."""
    return _encoder.encode(value).decode()


def decode(text: str | bytes) -> Any:
    """Read JSON text."""
    return msgspec.json.decode(text)


def now() -> str:
    """Return the time as the service writes it: ISO-8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def merge(texts: Iterable[str]) -> dict[str, Any]:
    """Merge JSON objects, later ones on top, one level deep."""
    answer: dict[str, Any] = {}
    for text in texts:
        answer |= decode(text)
    return answer


class Values:
    """The distinct values of lumisections, by number. Numbers never change, so that what was read once is kept in memory."""

    def __init__(self) -> None:
        self._documents: OrderedDict[int, Any] = OrderedDict()
        self._lock = Lock()

    def ids(self, connection: Connection, values: Iterable[Any]) -> list[int]:
        """Return the number of each value, storing those that are new. Call it inside the writing transaction."""
        texts = [encode(value) for value in values]
        hashes = [hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest() for text in texts]
        known = self._find(connection, set(hashes))
        missing = {key: text for key, text in zip(hashes, texts, strict=True) if key not in known}
        if missing:
            connection.execute(insert(schema.value), [{"unique_hash": key, "document": text} for key, text in missing.items()])
            known |= self._find(connection, set(missing))
        return [known[key] for key in hashes]

    def documents(self, connection: Connection, ids: set[int]) -> dict[int, Any]:
        """Return the values of these numbers. The answer is shared: it must not be changed."""
        with self._lock:
            found = {key: self._documents[key] for key in ids if key in self._documents}
        missing = sorted(ids - found.keys())
        for chunk in chunks(missing, _CHUNK):
            rows = connection.execute(select(schema.value.c.id, schema.value.c.document).where(schema.value.c.id.in_(chunk)))
            found |= {key: _sharing(decode(text)) for key, text in rows}
        with self._lock:
            self._documents |= {key: found[key] for key in missing}
            while len(self._documents) > _CACHED_VALUES:
                self._documents.popitem(last=False)
        return found

    def forget(self) -> None:
        """Drop what is in memory: after a rolled back transaction the numbers it gave out are given again."""
        with self._lock:
            self._documents.clear()

    @contextmanager
    def forgotten_on_failure(self) -> Iterator[None]:
        """Drop what is in memory if the block raises."""
        try:
            yield
        except BaseException:
            self.forget()
            raise

    @staticmethod
    def _find(connection: Connection, hashes: set[str]) -> dict[str, int]:
        known: dict[str, int] = {}
        for chunk in chunks(sorted(hashes), _CHUNK):
            query = select(schema.value.c.unique_hash, schema.value.c.id).where(schema.value.c.unique_hash.in_(chunk))
            known |= {row.unique_hash: row.id for row in connection.execute(query)}
        return known


def _sharing(document: Any) -> Any:
    """Make equal triplets one object: there are few different ones, and comparing them is then done by looking."""
    if not isinstance(document, dict):
        return document
    return {
        name: _shared(tuple(value.items())) if isinstance(value, dict) and all(map(_is_text, value.values())) else value
        for name, value in document.items()
    }


@lru_cache(maxsize=10_000)
def _shared(items: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(items)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)
