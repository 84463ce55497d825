"""Filtered, sorted, paged lists as of a version.

What a filter or a sorting asks about runs that have no later event, the columns of the present answer, which are in memory.
The other runs have to be read as they were, up to a limit.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection

from runregistry.errors import UsageError
from runregistry.filters import AllOf, Column, Node, Page, SortKey, TableName
from runregistry.filters.coded import Coded
from runregistry.filters.match import columns_of, match
from runregistry.filters.sort import is_usual_order, order, sorted_by
from runregistry.store.columns import StoredColumn
from runregistry.store.index import View
from runregistry.store.moments import event_number
from runregistry.store.past import Past
from runregistry.store.past_keys import PastKeys, read_keys, runs_with_later_events
from runregistry.store.picking import reader
from runregistry.store.queries import Queries, RowPage
from runregistry.store.versions import last_event

__all__ = ["PastLists"]

_IN_KEYS = frozenset({"run_number", "name", "deleted"})
_ROWS_AT_ONCE = 500
_KEPT = 4
_MOST_ROWS = 20_000


class PastLists:
    """Lists of runs and datasets as of a version; hidden ones never match.

    Parameters
    ----------
    queries : Queries
        What answers for the present.
    most_rows : int
        How many rows of runs with later events a filter or sorting may look into.

    Notes
    -----
    What a version left is never changed by later ones: which keys there were is kept from page to page.
    """

    def __init__(self, queries: Queries, most_rows: int = _MOST_ROWS) -> None:
        self._queries = queries
        self._most_rows = most_rows
        self._lock = Lock()
        self._keys: OrderedDict[tuple[TableName, int], PastKeys] = OrderedDict()
        self._later: OrderedDict[int, _Later] = OrderedDict()

    def page(self, past: Past, table: TableName, node: Node, sortings: Sequence[SortKey], page: Page) -> RowPage:
        """Return a page of what a filter matched.

        Raises
        ------
        UsageError
            The filter or the sorting would have to look into too many rows.
        """
        usual = is_usual_order(sortings, table)
        needed = {*columns_of(node), *(() if usual else (key.column for key in sorted_by(sortings, table)))} - _ALWAYS
        with self._queries.view(table, AllOf(()), (), needed) as (connection, view):
            keys = self.keys(connection, table, past.atomic_version)
            columns = _columns_of_keys(keys)
            of_keys, others = _split(node)
            matched = match(of_keys, columns.__getitem__, len(keys))
            if needed:
                columns |= self._columns(connection, view, past, keys, matched, needed)
                matched &= match(others, columns.__getitem__, len(keys))
            rows = np.flatnonzero(matched)
            wanted = rows if usual else order(sortings, columns.__getitem__, len(keys), table=table, rows=rows, first=page.end)
            return RowPage(_rows(connection, past, table, keys.of(page.cut(wanted))), len(rows))

    def keys(self, connection: Connection, table: TableName, atomic_version: int) -> PastKeys:
        """Return the keys of all visible runs or datasets, in the usual order."""
        with self._lock:
            found = self._keys.get((table, atomic_version))
        if found is None:
            changed = self._runs_with_later_events(connection, atomic_version).tolist()
            found = read_keys(connection, table, atomic_version, changed)
        with self._lock:
            self._keys[table, atomic_version] = found
            self._keys.move_to_end((table, atomic_version))
            while len(self._keys) > _KEPT:
                self._keys.popitem(last=False)
        return found

    def _columns(
        self, connection: Connection, view: View, past: Past, keys: PastKeys, matched: np.ndarray, wanted: set[Column]
    ) -> dict[Column, Coded]:
        """Return columns as they were; rows that did not match may hold anything."""
        places = view.locate(keys.run_numbers, keys.names)
        is_later = np.isin(keys.run_numbers, self._runs_with_later_events(connection, past.atomic_version)) | (places < 0)
        rows = np.flatnonzero(matched & is_later)
        if len(rows) > self._most_rows:
            raise UsageError(
                f"as of a version, a filter or sorting can look into {self._most_rows} {view.table} of runs that changed since,"
                f" and there are {len(rows)}: narrow it with run_number, or ask for the present"
            )
        then = self._read(connection, past, view.table, keys, rows, wanted)
        return {column: _overlaid(view.columns[column], places, then[column], is_later) for column in wanted}

    def _read(
        self, connection: Connection, past: Past, table: TableName, keys: PastKeys, rows: np.ndarray, wanted: set[Column]
    ) -> dict[Column, Coded]:
        """Read columns of some rows as they were; the others have no value there."""
        versions = np.zeros(len(keys), dtype=np.int64)
        stored = {column: StoredColumn(reader(column.path)) for column in wanted - {_VERSION}}
        for values in stored.values():
            values.put(rows[:0], rows[:0], len(keys))
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            chunk = rows[start : start + _ROWS_AT_ONCE]
            found = _rows(connection, past, table, keys.of(chunk))
            versions[chunk] = [row.version for row in found]
            for column, values in stored.items():
                values.put(chunk, values.codes_of([getattr(row, column.kind) for row in found]), len(keys))
        return {column: values.coded() for column, values in stored.items()} | {_VERSION: Coded(None, versions)}

    def _runs_with_later_events(self, connection: Connection, atomic_version: int) -> np.ndarray:
        """Return the runs of which something was said after a version, perhaps later than what the connection sees."""
        upto = event_number(connection)
        with self._lock:
            known = self._later.get(atomic_version)
        if known is None:
            known = _Later(last_event(connection, atomic_version), np.zeros(0, dtype=np.int64))
        if upto > known.seen:
            more = np.array(sorted(runs_with_later_events(connection, known.seen)), dtype=np.int64)
            known = _Later(upto, np.union1d(known.run_numbers, more))
            with self._lock:
                self._later[atomic_version] = known
                self._later.move_to_end(atomic_version)
                while len(self._later) > _KEPT:
                    self._later.popitem(last=False)
        return known.run_numbers


class _Later(NamedTuple):
    """Runs that have events after a version, as of the newest event that was looked at."""

    seen: int
    run_numbers: np.ndarray


_VERSION, _DELETED = Column("version"), Column("deleted")
_ALWAYS = frozenset({Column("run_number"), Column("name"), _DELETED})


def _overlaid(now: Coded, places: np.ndarray, then: Coded, is_then: np.ndarray) -> Coded:
    """Return a column of the present, at some places of it, with values of the past laid over it."""
    at = places if now.via is None else now.via.take(places, mode="clip")
    if now.codes is None:
        assert isinstance(now.values, np.ndarray)
        assert isinstance(then.values, np.ndarray)
        return Coded(None, np.where(is_then, then.values, now.values.take(at, mode="clip")))
    assert then.codes is not None
    values = [*now.values]
    codes = np.where(is_then, then.codes.astype(np.int64) + len(values), now.codes.take(at, mode="clip"))
    return Coded(codes, [*values, *then.values])


def _columns_of_keys(keys: PastKeys) -> dict[Column, Coded]:
    shown = Coded(np.zeros(len(keys), dtype=np.int8), [False])
    return {Column("run_number"): Coded(None, keys.run_numbers), Column("name"): keys.names, _DELETED: shown}


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
