"""Columns of runs and datasets in memory: what filters and sortings read.

A path of a document (``oms_attributes.energy``, ``triplet_summary.dt-dt.GOOD``) becomes a column when it is first asked for: each
distinct value once, and for each row which one it is. Columns follow the database by event number: before a query, only rows with
a newer version are read again. So both databases give the same answers by the same code, and the cost of a query does not depend
on how large the documents are.

Measured against SQL over JSON text, and against expression indexes, in the notes on libraries: a scan of the documents of 500,000
datasets takes seconds on either database, a column milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice
from threading import RLock
from typing import Any

import msgspec
import numpy as np
from sqlalchemy import Connection, Table, select

from runregistry.filters import Column
from runregistry.filters.match import Coded, Memo
from runregistry.store import schema
from runregistry.terms import ONLINE

__all__ = ["Index"]

_ABSENT = b""
# Paths come from users: what was not asked for lately is forgotten, and read again if it is asked for again.
_MAX_COLUMNS = 200
_NOT_IN_FIELD_NAMES = frozenset('"\\')


class _Dictionary:
    """A growing column: codes of rows, and the distinct values behind them."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self.read = read
        self.codes = np.zeros(0, dtype=np.int32)
        self.values: list[Any] = [None]
        self.memo = Memo()
        self._index: dict[bytes, int] = {_ABSENT: 0}

    def coded(self) -> Coded:
        """Return the column as it is now."""
        return Coded(self.codes, self.values, self.memo)

    def grow(self, n_rows: int) -> None:
        """Make room for rows up to `n_rows`; new ones hold nothing yet."""
        if n_rows > len(self.codes):
            self.codes = np.concatenate([self.codes, np.zeros(n_rows - len(self.codes), dtype=np.int32)])

    def put(self, rows: list[int], documents: list[str]) -> None:
        """Read the value out of each row's document."""
        fresh = np.fromiter(map(self._code, documents), dtype=np.int32, count=len(documents))
        # A copy, not a change in place: a query in another thread may be reading the old one.
        codes = self.codes.copy()
        codes[rows] = fresh
        self.codes = codes

    def _code(self, document: str) -> int:
        raw = self.read(document)
        code = self._index.get(raw)
        if code is None:
            code = self._index[raw] = len(self.values)
            self.values.append(msgspec.json.decode(raw))
        return code


class _TableColumns:
    """The rows of one table in the order in which they were first seen, and the columns asked for so far."""

    def __init__(self, table: Table, keys: tuple[str, ...]) -> None:
        self.table = table
        self.keys = keys
        self.rows: dict[tuple[Any, ...], int] = {}
        self.version = np.zeros(0, dtype=np.int64)
        self.deleted = np.zeros(0, dtype=bool)
        self.columns: dict[tuple[str, ...], _Dictionary] = {}
        self.seen = -1

    def advance(self, connection: Connection, upto: int) -> list[tuple[Any, ...]]:
        """Read the rows that changed since last time; return the keys of new rows."""
        names = [self.table.c[name] for name in (*self.keys, "version", *self._plain(), *self._documents())]
        found = connection.execute(select(*names).where(self.table.c.version > self.seen)).all()
        self.seen = upto
        if not found:
            return []
        width = len(self.keys)
        known = len(self.rows)
        positions = [self.rows.setdefault(tuple(row[:width]), len(self.rows)) for row in found]
        self._put_plain(positions, found, width)
        for place, name in enumerate(self._documents(), width + 1 + len(self._plain())):
            texts = [row[place] for row in found]
            for path, column in self.columns.items():
                if path[0] == name:
                    column.grow(len(self.rows))
                    column.put(positions, texts)
        return list(islice(self.rows, known, None))

    def column(self, connection: Connection, path: tuple[str, ...]) -> Coded:
        """Return the column of a path, reading it from every row when it is asked for the first time."""
        column = self.columns.pop(path, None)
        if column is None:
            while len(self.columns) >= _MAX_COLUMNS:
                del self.columns[next(iter(self.columns))]
            column = _Dictionary(_reader(path[1:]))
            column.grow(len(self.rows))
            names = [self.table.c[name] for name in self.keys]
            found = connection.execute(select(*names, self.table.c[path[0]]).where(self.table.c.version <= self.seen)).all()
            column.put([self.rows[tuple(row[:-1])] for row in found], [row[-1] for row in found])
        self.columns[path] = column  # the last one again
        return column.coded()

    def _plain(self) -> tuple[str, ...]:
        return ("deleted",) if "deleted" in self.table.c else ()

    def _documents(self) -> list[str]:
        return sorted({path[0] for path in self.columns})

    def _put_plain(self, positions: list[int], found: Any, width: int) -> None:
        version, deleted = np.zeros(len(self.rows), dtype=np.int64), np.zeros(len(self.rows), dtype=bool)
        version[: len(self.version)], deleted[: len(self.deleted)] = self.version, self.deleted
        version[positions] = [row[width] for row in found]
        if self._plain():
            deleted[positions] = [row[width + 1] for row in found]
        self.version, self.deleted = version, deleted


class Index:
    """All columns of a registry, and which row of one table belongs to which of another.

    Notes
    -----
    Not one of its own answers is stored: it can be thrown away at any time.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.runs = _TableColumns(schema.run, ("run_number",))
        self.datasets = _TableColumns(schema.dataset, ("run_number", "name"))
        self.caches = _TableColumns(schema.dataset_cache, ("run_number", "name"))
        self.run_numbers = np.zeros(0, dtype=np.int64)
        self.dataset_runs = np.zeros(0, dtype=np.int64)
        self.names = _Dictionary(msgspec.json.encode)
        # Row of the run of each dataset, of the cache of each dataset, and of the cache of each run's online dataset.
        self.run_of_dataset = np.zeros(0, dtype=np.int64)
        self.cache_of_dataset = np.zeros(0, dtype=np.int64)
        self.cache_of_run = np.zeros(0, dtype=np.int64)

    def advance(self, connection: Connection) -> bool:
        """Bring the index to the connection's snapshot.

        Returns
        -------
        bool
            False if the index is already ahead of the snapshot: the caller must take a new one.
        """
        upto = connection.scalar(select(schema.counter.c.value).where(schema.counter.c.name == "event")) or 0
        if upto < self.runs.seen:
            return False
        if upto > self.runs.seen:
            try:
                runs, datasets = self.runs.advance(connection, upto), self.datasets.advance(connection, upto)
                self.caches.advance(connection, upto)
                self._relate(runs, datasets)
            except BaseException:
                self.reset()  # half of it may have moved on
                raise
        return True

    def _relate(self, runs: list[tuple[Any, ...]], datasets: list[tuple[Any, ...]]) -> None:
        """Find out where new runs and datasets have their other rows; these never change."""
        if runs:
            self.run_numbers = _longer(self.run_numbers, (number for (number,) in runs))
            self.cache_of_run = _longer(self.cache_of_run, (self.caches.rows[number, ONLINE] for (number,) in runs))
        if datasets:
            self.dataset_runs = _longer(self.dataset_runs, (number for number, _ in datasets))
            self.run_of_dataset = _longer(self.run_of_dataset, (self.runs.rows[number,] for number, _ in datasets))
            self.cache_of_dataset = _longer(self.cache_of_dataset, (self.caches.rows[key] for key in datasets))
            known = len(self.names.codes)
            self.names.grow(known + len(datasets))
            self.names.put(list(range(known, known + len(datasets))), [name for _, name in datasets])

    def dataset_keys(self, rows: np.ndarray) -> list[tuple[int, str]]:
        """Return run number and name of the datasets in these rows."""
        numbers, codes = self.dataset_runs[rows].tolist(), self.names.codes[rows].tolist()
        return [(number, self.names.values[code]) for number, code in zip(numbers, codes, strict=True)]

    def fetch(self, connection: Connection, table: str) -> Callable[[Column], Coded]:
        """Return the function that filters and sortings ask for columns of ``runs`` or ``datasets``."""
        whose = self._run_column if table == "runs" else self._dataset_column
        return lambda column: whose(connection, column)

    def _run_column(self, connection: Connection, column: Column) -> Coded:
        if column.kind == "run_number":
            return _plain(self.run_numbers)
        if column.kind == "version":
            return _plain(self.runs.version)
        if column.kind == "deleted":
            return _flags(self.runs.deleted)
        if column.kind == "triplet_summary":
            return _take(self.caches.column(connection, (column.kind, *column.path)), self.cache_of_run)
        return self.runs.column(connection, (column.kind, *column.path))

    def _dataset_column(self, connection: Connection, column: Column) -> Coded:
        if column.kind == "run_number":
            return _plain(self.dataset_runs)
        if column.kind == "version":
            return _plain(self.datasets.version)
        if column.kind == "deleted":
            return _flags(self.datasets.deleted)
        if column.kind == "name":
            return self.names.coded()
        if column.kind == "triplet_summary":
            return _take(self.caches.column(connection, (column.kind, *column.path)), self.cache_of_dataset)
        if column.kind in ("oms_attributes", "rr_attributes"):
            return _take(self.runs.column(connection, (column.kind, *column.path)), self.run_of_dataset)
        return self.datasets.column(connection, (column.kind, *column.path))


def _longer(numbers: np.ndarray, more: Iterable[int]) -> np.ndarray:
    return np.concatenate([numbers, np.fromiter(more, dtype=np.int64)])


def _plain(numbers: np.ndarray) -> Coded:
    return Coded(None, numbers)


def _flags(flags: np.ndarray) -> Coded:
    return Coded(flags.astype(np.int32), [False, True])


def _take(column: Coded, rows: np.ndarray) -> Coded:
    return column._replace(codes=rows if column.codes is None else column.codes[rows])


def _reader(path: tuple[str, ...]) -> Callable[[str], bytes]:
    """Return a function that cuts the JSON text of one path out of a document, without reading the rest."""
    if not path:
        return str.encode
    pick = _picker(path[0])
    deeper = _reader(path[1:])

    def read(document: str) -> bytes:
        found = pick(document)
        return deeper(found.decode()) if found and len(path) > 1 else found

    return read


def _picker(name: str) -> Callable[[str], bytes]:
    """Return a function that cuts the JSON text of one key (or of one element) out of a document."""
    if name.isdecimal() or not name.isprintable() or not _NOT_IN_FIELD_NAMES.isdisjoint(name):
        return _slow_picker(name)
    pick = msgspec.defstruct("Pick", [("found", msgspec.Raw, msgspec.Raw(_ABSENT))], rename={"found": name})
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(pick)

    def read(document: str) -> bytes:
        try:
            return bytes(decoder.decode(document).found)
        except msgspec.ValidationError:
            return _ABSENT  # not an object: nothing has this name

    return read


def _slow_picker(name: str) -> Callable[[str], bytes]:
    # What no field of a struct can be called, and numbers, which also count the elements of a list.
    decoder = msgspec.json.Decoder(dict[str, msgspec.Raw] | list[msgspec.Raw])

    def read(document: str) -> bytes:
        try:
            found = decoder.decode(document)
        except msgspec.ValidationError:
            return _ABSENT
        if isinstance(found, dict):
            return bytes(found.get(name, _ABSENT))
        return bytes(found[int(name)]) if name.isdecimal() and int(name) < len(found) else _ABSENT

    return read
