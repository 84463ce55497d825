"""Columns of stored documents in memory: each distinct value once, and for each row which one it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Select

from runregistry.filters.coded import Coded, Memo
from runregistry.store.picking import ABSENT, reader

__all__ = ["StoredColumn", "codes_beneath", "read_arrays"]

_ROWS_AT_ONCE = 2000


class StoredColumn:
    """A growing column of JSON values.

    Parameters
    ----------
    read : callable
        Cuts the value's JSON text out of a document.

    Attributes
    ----------
    seen : int
        The event up to which it has been read.
    """

    def __init__(self, read: Callable[[Any], bytes]) -> None:
        self.read = read
        self.seen = -1
        self._codes = np.zeros(0, dtype=np.uint8)
        self._values: list[Any] = [None]
        self._memo = Memo()
        self._index: dict[bytes, int] = {ABSENT: 0}

    def coded(self) -> Coded:
        """Return the column as it is now; no later change touches what is returned."""
        return Coded(self._codes, self._values, self._memo)

    def codes_of(self, documents: Sequence[Any]) -> np.ndarray:
        """Read the value out of each document; return which one it is."""
        return self.codes_of_json(map(self.read, documents), len(documents))

    def known_codes(self, documents: Sequence[Any] | np.ndarray) -> np.ndarray:
        """Return which of the values that it has each document holds; -1 for others."""
        codes = (self._index.get(self.read(document), -1) for document in documents)
        return np.fromiter(codes, dtype=np.int32, count=len(documents))

    def codes_of_json(self, texts: Iterable[bytes], n_texts: int) -> np.ndarray:
        """Return which value each JSON text is, as it was cut out of a document."""
        return np.fromiter(map(self._code, texts), dtype=np.int32, count=n_texts)

    def put(self, rows: np.ndarray, codes: np.ndarray, n_rows: int) -> None:
        """Set the values of some rows, and make the column `n_rows` long; rows without a value hold nothing."""
        # A copy, not a change in place: a query in another thread may be reading the old one.
        longer = np.zeros(max(n_rows, len(self._codes)), dtype=np.min_scalar_type(len(self._values) - 1))
        longer[: len(self._codes)] = self._codes
        longer[rows] = codes
        self._codes = longer

    def _code(self, raw: bytes) -> int:
        code = self._index.get(raw)
        if code is None:
            code = self._index[raw] = len(self._values)
            self._values.append(msgspec.json.decode(raw))
        return code


def codes_beneath(key: str, columns: Mapping[tuple[str, ...], StoredColumn], documents: Sequence[str]) -> list[np.ndarray]:
    """Read columns beneath one key of each document, which is gone through once for all of them.

    Parameters
    ----------
    columns : mapping of tuple of str to StoredColumn
        By what follows the key in their paths.

    Returns
    -------
    list of numpy.ndarray of int
        For each column, which of its values each document has.
    """
    cut = list(map(reader((key,)), documents))
    distinct = {text: position for position, text in enumerate(dict.fromkeys(cut))}
    places = np.fromiter(map(distinct.__getitem__, cut), dtype=np.intp, count=len(cut))
    inner = [text.decode() for text in distinct]
    found = []
    for path, column in columns.items():
        read = reader(path)
        texts = (read(text) if text else ABSENT for text in inner)
        found.append(column.codes_of_json(texts, len(inner))[places])
    return found


def read_arrays(
    connection: Connection, query: Select[Any], readers: Sequence[Callable[[Sequence[Any]], np.ndarray]], *, many: bool
) -> list[np.ndarray]:
    """Read the columns of a query into arrays.

    Parameters
    ----------
    readers : sequence of callable
        For each column, what makes an array of some of its values.
    many : bool
        True reads part by part, so that documents of a whole table are never in memory together.
    """
    options = {"yield_per": _ROWS_AT_ONCE} if many else {}
    parts: list[list[np.ndarray]] = [[read(())] for read in readers]
    for rows in connection.execute(query, execution_options=options).partitions(_ROWS_AT_ONCE):
        for part, read, values in zip(parts, readers, zip(*rows, strict=True), strict=True):
            part.append(read(values))
    return [np.concatenate(part) for part in parts]
