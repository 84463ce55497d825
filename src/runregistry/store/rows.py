"""The rows of runs or of datasets in memory: which there are, and which are hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Table, select

from runregistry.filters.coded import Coded
from runregistry.store.columns import StoredColumn, read_arrays
from runregistry.store.keys import Keys

__all__ = ["Rows", "extended"]

_NAME_BITS = 24


class Rows:
    """The rows of a table, in the order in which they were first seen. Arrays are replaced, never changed.

    Attributes
    ----------
    run_numbers, version, shown : numpy.ndarray, shape (n_rows,)
        What every row has; `shown` is False for hidden ones.
    names : StoredColumn
        Names of datasets.
    """

    def __init__(self, table: Table) -> None:
        self.run_numbers = np.zeros(0, dtype=np.int64)
        self.version = np.zeros(0, dtype=np.int64)
        self.shown = np.zeros(0, dtype=bool)
        self.names = StoredColumn(msgspec.json.encode)
        self._table = table
        self._has_names = "name" in table.c
        self._keys = Keys()

    def __len__(self) -> int:
        return len(self._keys)

    def advance(self, connection: Connection, seen: int) -> np.ndarray:
        """Read the rows that changed after an event; return the new ones."""
        table = self._table.c
        query = select(*self.identity(self._table), table.version, table.deleted)
        if seen >= 0:
            query = query.where(table.version > seen)
        *identity, versions, hidden = read_arrays(connection, query, [*self.readers(), _integers, _flags], many=seen < 0)
        known = len(self)
        rows = self._keys.place(_joined(*identity))
        n_rows = len(self)
        self.version = extended(self.version, n_rows, rows, versions)
        self.shown = extended(self.shown, n_rows, rows, ~hidden)
        if n_rows > known:
            self.run_numbers = extended(self.run_numbers, n_rows, rows, identity[0])
            if self._has_names:
                self.names.put(rows, identity[1], n_rows)
        return np.arange(known, n_rows)

    def identity(self, table: Table) -> list[Any]:
        """Return the columns of a table that say whose row it is; `readers` makes arrays of them, `find` rows of those."""
        return [table.c.run_number, table.c.name] if self._has_names else [table.c.run_number]

    def readers(self) -> list[Callable[[Sequence[Any]], np.ndarray]]:
        """Return how `identity` is read."""
        return [_integers, self.names.codes_of] if self._has_names else [_integers]

    def find(self, run_numbers: np.ndarray, names: np.ndarray | None = None) -> np.ndarray:
        """Return rows; -1 for what is not there."""
        return self._keys.find(_joined(run_numbers, names))

    def locate(self, run_numbers: np.ndarray, names: Coded) -> np.ndarray:
        """Return the rows of keys whose names are coded in another way; -1 for what is not there."""
        if not self._has_names:
            return self.find(run_numbers)
        assert names.codes is not None
        return self.find(run_numbers, self.names.known_codes(names.values)[names.codes])


def extended(array: np.ndarray, n_rows: int, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a longer copy of an array, with the values of some rows set.

    Examples
    --------
    >>> extended(np.array([7, 8]), 4, np.array([1, 3]), np.array([9, 10])).tolist()
    [7, 9, 0, 10]
    """
    longer = np.zeros(n_rows, dtype=array.dtype)
    longer[: len(array)] = array
    longer[rows] = values
    return longer


def _joined(numbers: np.ndarray, names: np.ndarray | None = None) -> np.ndarray:
    return numbers if names is None else (numbers << _NAME_BITS) + names


def _integers(values: Sequence[Any]) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def _flags(values: Sequence[Any]) -> np.ndarray:
    return np.array(values, dtype=bool)
