"""Columns of runs and datasets in memory: what filters and sortings read.

A path of a document (``oms_attributes.energy``, ``triplet_summary.dt-dt.GOOD``) becomes a column when it is first asked for.
Columns follow the database by event number: before a query, only rows with a newer version are read again, and only for the
columns that the query needs. So both databases give the same answers by the same code, and the cost of a query does not depend
on how large the documents are. Queries read arrays that no later change touches, and so need no lock.

Measured against SQL over JSON text, and against expression indexes, in the notes on libraries: a scan of the documents of 500,000
datasets takes seconds on either database, a column milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import groupby
from threading import Lock, RLock
from typing import NamedTuple, TypeAlias

import numpy as np
from sqlalchemy import Connection, Table, select

from runregistry.errors import StoreCorrupt
from runregistry.filters import Column, Node, SortKey, TableName
from runregistry.filters.coded import Coded
from runregistry.filters.match import match
from runregistry.filters.sort import arranged, place_in, sorted_by
from runregistry.store import schema
from runregistry.store.answers import Answers, Arranged, OrderKey, Orders, Selected
from runregistry.store.columns import StoredColumn, codes_beneath, read_arrays
from runregistry.store.moments import event_number
from runregistry.store.picking import reader
from runregistry.store.rows import Rows
from runregistry.terms import ONLINE, STATUSES

__all__ = ["Held", "Index", "View"]

_Path: TypeAlias = tuple[str, ...]

# Paths come from users: what was not asked for lately is forgotten, and read again if it is asked for again.
_MAX_COLUMNS = 200
_MANY = 10_000
# Less than one row of so many is put in order by itself, rather than found in an order of all.
_FEW = 16
_HIDDEN = [True, False]
_HOMES: dict[str, Table] = {
    "oms_attributes": schema.run,
    "rr_attributes": schema.run,
    "dataset_attributes": schema.dataset,
    "datasets_in_gui": schema.dataset,
    "triplet_summary": schema.dataset_cache,
}


class View(NamedTuple):
    """What one query reads: a snapshot of the index.

    Attributes
    ----------
    table : str
        ``runs`` or ``datasets``.
    shown : numpy.ndarray of bool, shape (n_rows,)
        Rows that are not hidden.
    run_numbers : numpy.ndarray of int, shape (n_rows,)
        The run of each row.
    names : Coded
        The name of each row; of datasets only.
    columns : mapping of Column to Coded
        The columns that were asked for.
    answers : Answers
        What was selected from this very state of the table.
    orders : Orders
        The orders of this and other states of it.
    locate : callable
        Finds rows by arrays of run numbers and of names; -1 for what is not there.
    """

    table: TableName
    shown: np.ndarray
    run_numbers: np.ndarray
    names: Coded
    columns: Mapping[Column, Coded]
    answers: Answers
    orders: Orders
    locate: Callable[[np.ndarray, Coded], np.ndarray]

    def select(self, node: Node, sortings: Sequence[SortKey]) -> Selected:
        """Return the rows that a filter matches, in order; hidden ones never match."""
        order = (self.table, tuple(sorted_by(sortings, self.table)))
        # As text: 1 and true are equal in Python, and not here.
        key = (repr(node), order)
        found = self.answers.get(key)
        if found is None:
            found = self._selected(node, order)
            self.answers.keep(key, found)
        return found

    def in_order(self, sortings: Sequence[SortKey]) -> np.ndarray:
        """Return all rows in an order, hidden ones too."""
        return self._arranged((self.table, tuple(sorted_by(sortings, self.table)))).rows

    def _selected(self, node: Node, order: OrderKey) -> Selected:
        if order not in self.orders:
            matched = match(node, self.columns.__getitem__, len(self.shown)) & self.shown
            if np.count_nonzero(matched) * _FEW < len(matched):
                places = [place_in(key, self.columns[key.column]) for key in order[1]]
                return Selected.these(arranged(np.flatnonzero(matched), places))
        table = self._arranged(order)
        matched = match(node, lambda column: table.column(self.columns[column]), len(table.rows))
        return Selected.among(table.rows, matched & table.shown)

    def _arranged(self, order: OrderKey) -> Arranged:
        found = self.answers.arranged(order)
        if found is None:
            rows = self.orders.get(order, lambda key: self.columns[key.column], len(self.shown))
            found = Arranged(rows, self.shown)
            self.answers.keep_arranged(order, found)
        return found

    def dataset_keys(self, rows: np.ndarray) -> list[tuple[int, str]]:
        """Return run number and name of the datasets in these rows."""
        assert self.names.codes is not None
        numbers, codes = self.run_numbers[rows].tolist(), self.names.codes[rows].tolist()
        return [(number, self.names.values[code]) for number, code in zip(numbers, codes, strict=True)]


class Held(NamedTuple):
    """Columns that a query needs, and the state of the index to whose rows they belong."""

    state: _State
    columns: Mapping[_Path, StoredColumn]


class Index:
    """All columns of a registry, and which row of one table belongs to which of another.

    Notes
    -----
    Not one of its own answers is stored: it can be thrown away at any time.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._one_scan = Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._state = _State()

    def hold(self, reading: Callable[[], AbstractContextManager[Connection]], columns: Iterable[Column]) -> Held:
        """Return stored columns, reading those that are not in memory from every row.

        That can take seconds; queries that need only what is there go on meanwhile.

        Parameters
        ----------
        reading : callable
            Opens a connection that sees one snapshot.
        """
        paths = [(column.kind, *column.path) for column in columns if column.kind in _HOMES]
        with self._lock:
            held = self._state.held(paths)
        if len(held.columns) == len(set(paths)):
            return held
        with self._one_scan:  # nobody reads a column that another one is reading, and the database has but one scan to bear
            with self._lock:
                held = self._state.held(paths)
            missing = set(paths) - held.columns.keys()
            return self._read(reading, held, missing) if missing else held

    def _read(self, reading: Callable[[], AbstractContextManager[Connection]], held: Held, paths: Collection[_Path]) -> Held:
        with reading() as connection:
            upto = event_number(connection)
            with self._lock:
                self._advance(connection, upto)
            fresh = held.state.read(connection, _with_statuses(paths), upto)
        with self._lock:
            held.state.keep(fresh)
        return Held(held.state, {**held.columns, **fresh})

    def view(self, connection: Connection, table: TableName, columns: Collection[Column], held: Held) -> View | None:
        """Bring the index to the connection's snapshot, and return what a query reads.

        Returns
        -------
        View or None
            None if the index is already ahead of the snapshot, or was thrown away: the caller begins again.
        """
        upto = event_number(connection)
        with self._lock:
            if held.state is not self._state or upto < held.state.seen:
                return None
            self._advance(connection, upto)
            for path, column in held.columns.items():
                held.state.catch_up(connection, path, column)
            return held.state.view(table, columns, held.columns)

    def _advance(self, connection: Connection, upto: int) -> None:
        if upto > self._state.seen:
            try:
                self._state.advance(connection, upto)
            except BaseException:
                self.reset()  # half of it may have moved on
                raise


class _State:
    """Rows and columns as of one event."""

    def __init__(self) -> None:
        self.seen = -1
        self.runs, self.datasets = Rows(schema.run), Rows(schema.dataset)
        self.columns: dict[_Path, StoredColumn] = {}
        # Which row of runs each dataset belongs to, and which row of datasets is each run's ``online``.
        self.run_of_dataset = np.zeros(0, dtype=np.intp)
        self.online_of_run = np.zeros(0, dtype=np.intp)
        self.answers, self.orders = Answers(), Orders()

    def advance(self, connection: Connection, upto: int) -> None:
        """Read what changed up to an event, except for columns."""
        runs, datasets = self.runs.advance(connection, self.seen), self.datasets.advance(connection, self.seen)
        online = self.datasets.names.codes_of([ONLINE])
        onlines = self.datasets.find(self.runs.run_numbers[runs], online)
        owners = self.runs.find(self.datasets.run_numbers[datasets])
        if (onlines < 0).any() or (owners < 0).any():
            wrong = "a run has no online dataset, or a dataset has no run"
            raise StoreCorrupt(f"{wrong}; make the projections again: runregistry admin rebuild")
        if len(onlines):
            self.online_of_run = np.concatenate([self.online_of_run, onlines.astype(np.intp)])
        if len(owners):
            self.run_of_dataset = np.concatenate([self.run_of_dataset, owners.astype(np.intp)])
        self.answers = Answers()  # queries that are under way keep theirs to the old one
        self.seen = upto

    def held(self, paths: Iterable[_Path]) -> Held:
        """Return those columns that are in memory, and remember that they were asked for."""
        found = {path: self.columns.pop(path) for path in set(paths) if path in self.columns}
        self.columns |= found  # the last ones again
        return Held(self, found)

    def keep(self, columns: Mapping[_Path, StoredColumn]) -> None:
        """Remember columns, and forget those that were not asked for lately."""
        self.columns |= columns
        while len(self.columns) > _MAX_COLUMNS:
            del self.columns[next(iter(self.columns))]

    def read(self, connection: Connection, paths: Iterable[_Path], upto: int) -> dict[_Path, StoredColumn]:
        """Read columns from every row of a snapshot, whose last event is `upto`."""
        fresh = {path: StoredColumn(reader(path[1:])) for path in sorted(paths)}
        for kind, group in groupby(fresh, key=lambda path: path[0]):
            self._put(connection, kind, {path: fresh[path] for path in group}, -1, upto)
        return fresh

    def catch_up(self, connection: Connection, path: _Path, column: StoredColumn) -> None:
        """Read the rows that a column has not seen yet."""
        if column.seen < self.seen:
            self._put(connection, path[0], {path: column}, column.seen, self.seen)

    def _put(self, connection: Connection, kind: str, columns: Mapping[_Path, StoredColumn], seen: int, upto: int) -> None:
        home = _HOMES[kind]
        rows = self._rows_of(kind)

        def codes(documents: Sequence[str]) -> np.ndarray:
            return np.stack(_codes(columns, documents), axis=1)

        query = select(*rows.identity(home), home.c[kind])
        if seen >= 0:
            query = query.where(home.c.version > seen)  # not for a whole table, which the index on versions would only slow down
        *identity, found = read_arrays(connection, query, [*rows.readers(), codes], many=upto - seen > _MANY)
        places = rows.find(*identity)
        for position, column in enumerate(columns.values()):
            column.put(places, found[:, position], len(rows))
            column.seen = upto

    def _rows_of(self, kind: str) -> Rows:
        return self.runs if _HOMES[kind] is schema.run else self.datasets

    def view(self, table: TableName, columns: Iterable[Column], stored: Mapping[_Path, StoredColumn]) -> View:
        """Return what a query of one table reads."""
        rows = self.runs if table == "runs" else self.datasets
        found = {column: self._coded(rows, column, stored) for column in columns}
        return View(table, rows.shown, rows.run_numbers, rows.names.coded(), found, self.answers, self.orders, rows.locate)

    def _coded(self, rows: Rows, column: Column, stored: Mapping[_Path, StoredColumn]) -> Coded:
        if column.kind == "run_number":
            return Coded(None, self.runs.run_numbers, via=self.run_of_dataset if rows is self.datasets else None)
        if column.kind == "version":
            return Coded(None, rows.version)
        if column.kind == "deleted":
            return Coded(rows.shown.view(np.uint8), _HIDDEN)
        if column.kind == "name":
            return rows.names.coded()
        coded = stored[column.kind, *column.path].coded()
        if self._rows_of(column.kind) is rows:
            return coded
        return coded._replace(via=self.run_of_dataset if rows is self.datasets else self.online_of_run)


def _with_statuses(paths: Iterable[_Path]) -> set[_Path]:
    """Return paths, and for each status of a component the other ones: who asks for one soon asks for another."""
    of_components = {path[:2] for path in paths if path[0] == "triplet_summary" and len(path) == 3 and path[2] in STATUSES}
    return {*paths, *((*component, status) for component in of_components for status in STATUSES)}


def _codes(columns: Mapping[_Path, StoredColumn], documents: Sequence[str]) -> list[np.ndarray]:
    """Return which value of each column each document has; paths that begin alike stand together."""
    found: list[np.ndarray] = []
    for key, group in groupby(columns, key=lambda path: path[1:2]):
        paths = list(group)
        if len(paths) == 1:
            found.append(columns[paths[0]].codes_of(documents))
        else:
            found += codes_beneath(key[0], {path[2:]: columns[path] for path in paths}, documents)
    return found
