"""Filtered, sorted, paged lists as of a version.

The present has its columns in memory; the past has to be read. So a list that asks for run numbers and names only is answered
from keys, and any other looks at what those leave, up to a limit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from sqlalchemy import Connection

from runregistry.errors import UsageError
from runregistry.filters import AllOf, Column, Node, Page, SortKey, TableName
from runregistry.filters.coded import Coded
from runregistry.filters.match import columns_of, match
from runregistry.filters.sort import is_usual_order, order, sorted_by
from runregistry.store.columns import StoredColumn
from runregistry.store.past import Past
from runregistry.store.past_keys import PastKeys, read_keys
from runregistry.store.picking import reader
from runregistry.store.queries import RowPage

__all__ = ["PastLists"]

_IN_KEYS = frozenset({"run_number", "name"})
_ROWS_AT_ONCE = 500
_KEPT = 4
_MOST_ROWS = 20_000


class PastLists:
    """Lists of runs and datasets as of a version; hidden ones never match.

    Parameters
    ----------
    most_rows : int
        How many rows a filter or sorting may look into.

    Notes
    -----
    What a version left is never changed by later ones: which keys there were is kept from page to page.
    """

    def __init__(self, most_rows: int = _MOST_ROWS) -> None:
        self._most_rows = most_rows
        self._lock = Lock()
        self._keys: OrderedDict[tuple[TableName, int], PastKeys] = OrderedDict()

    def page(
        self, connection: Connection, past: Past, table: TableName, node: Node, sortings: Sequence[SortKey], page: Page
    ) -> RowPage:
        """Return a page of what a filter matched.

        Raises
        ------
        UsageError
            The filter or the sorting would have to look into too many rows.
        """
        keys = self.keys(connection, table, past.atomic_version)
        columns = _columns_of_keys(keys)
        of_keys, others = _split(node)
        matched = match(of_keys, columns.__getitem__, len(keys))
        usual = is_usual_order(sortings, table)
        sorted_columns = () if usual else (key.column for key in sorted_by(sortings, table))
        needed = {*columns_of(others), *sorted_columns} - columns.keys()
        if needed:
            columns |= self._read(connection, past, table, keys, np.flatnonzero(matched), needed)
            matched &= match(others, columns.__getitem__, len(keys))
        rows = np.flatnonzero(matched)
        wanted = rows if usual else order(sortings, columns.__getitem__, len(keys), table=table, rows=rows, first=page.end)
        return RowPage(_rows(connection, past, table, keys.of(page.cut(wanted))), len(rows))

    def keys(self, connection: Connection, table: TableName, atomic_version: int) -> PastKeys:
        """Return the keys of all visible runs or datasets, in the usual order."""
        with self._lock:
            found = self._keys.get((table, atomic_version))
        if found is None:
            found = read_keys(connection, table, atomic_version)
        with self._lock:
            self._keys[table, atomic_version] = found
            self._keys.move_to_end((table, atomic_version))
            while len(self._keys) > _KEPT:
                self._keys.popitem(last=False)
        return found

    def _read(
        self, connection: Connection, past: Past, table: TableName, keys: PastKeys, rows: np.ndarray, wanted: set[Column]
    ) -> dict[Column, Coded]:
        """Read columns of some rows; the others have no value there."""
        if len(rows) > self._most_rows:
            raise UsageError(
                f"as of a version, a filter or sorting can look into {self._most_rows} {table}, and there are {len(rows)}:"
                " narrow it with run_number, or ask for the present"
            )
        versions = np.zeros(len(keys), dtype=np.int64)
        stored = {column: StoredColumn(reader(column.path)) for column in wanted - {_VERSION, _DELETED}}
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            chunk = rows[start : start + _ROWS_AT_ONCE]
            found = _rows(connection, past, table, keys.of(chunk))
            versions[chunk] = [row.version for row in found]
            for column, values in stored.items():
                values.put(chunk, values.codes_of([getattr(row, column.kind) for row in found]), len(keys))
        nothing = Coded(np.zeros(len(keys), dtype=np.int8), [None])
        columns = {column: values.coded() if len(rows) else nothing for column, values in stored.items()}
        shown = Coded(np.zeros(len(keys), dtype=np.int8), [False])
        return columns | {_VERSION: Coded(None, versions), _DELETED: shown}


_VERSION, _DELETED = Column("version"), Column("deleted")


def _columns_of_keys(keys: PastKeys) -> dict[Column, Coded]:
    return {Column("run_number"): Coded(None, keys.run_numbers), Column("name"): keys.names}


def _split(node: Node) -> tuple[Node, Node]:
    """Return the parts of a filter that ask for keys only, and all others."""
    parts = node.parts if isinstance(node, AllOf) else (node,)
    of_keys = [part for part in parts if {column.kind for column in columns_of(part)} <= _IN_KEYS]
    return AllOf(tuple(of_keys)), AllOf(tuple(part for part in parts if part not in of_keys))


def _rows(connection: Connection, past: Past, table: TableName, keys: Sequence[tuple[int, str]]) -> list[Any]:
    if table == "runs":
        runs = {row.run_number: row for row in past.runs(connection, [run_number for run_number, _ in keys])}
        return [runs[run_number] for run_number, _ in keys]
    datasets = {(row.run_number, row.name): row for row in past.datasets(connection, keys)}
    return [datasets[key] for key in keys]
