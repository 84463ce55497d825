"""Answers of the index that are kept for the next page: which rows a filter matched, and the orders that they come in."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple, TypeAlias

import numpy as np

from runregistry.filters import SortKey, TableName
from runregistry.filters.coded import Coded
from runregistry.filters.orders import Order, ordered, reordered

__all__ = ["Answers", "Arranged", "OrderKey", "Orders", "Selected"]

_BLOCK = 16_384
_MAX_BYTES = 64_000_000
_MAX_ORDERS = 8
_MAX_ARRANGED = 3
_MAX_TAKEN = 16

OrderKey: TypeAlias = tuple[TableName, tuple[SortKey, ...]]


class Selected(NamedTuple):
    """The rows that a query found, in its order; a page of them is cut out without going through those before it.

    Attributes
    ----------
    rows : numpy.ndarray of int
        Rows in order.
    matched : numpy.ndarray of bool, or None
        Which of them were found; None: all.
    upto : numpy.ndarray of int
        How many were found up to the end of each block.
    """

    rows: np.ndarray
    matched: np.ndarray | None
    upto: np.ndarray

    @classmethod
    def among(cls, rows: np.ndarray, matched: np.ndarray) -> Selected:
        """Select those of the rows that match.

        Examples
        --------
        >>> selected = Selected.among(np.array([3, 2, 1, 0]), np.array([True, False, True, True]))
        >>> selected.n_found, selected.between(1, 3)
        (3, array([1, 0]))
        """
        blocks = range(0, max(len(matched), 1), _BLOCK)
        return cls(rows, matched, np.cumsum([np.count_nonzero(matched[start : start + _BLOCK]) for start in blocks]))

    @classmethod
    def these(cls, rows: np.ndarray) -> Selected:
        """Select rows that are in order."""
        return cls(rows, None, np.array([len(rows)]))

    @property
    def n_found(self) -> int:
        """How many rows were found."""
        return int(self.upto[-1])

    @property
    def n_bytes(self) -> int:
        """The memory that it has for itself."""
        return self.upto.nbytes + (self.rows if self.matched is None else self.matched).nbytes

    def between(self, start: int, stop: int) -> np.ndarray:
        """Return the rows from one place up to (not including) another."""
        if self.matched is None or stop <= start:
            return self.rows[start : max(start, stop)]
        first, last = np.searchsorted(self.upto, (start, stop - 1), side="right").tolist()
        before = int(self.upto[first - 1]) if first else 0
        begin = first * _BLOCK
        places = np.flatnonzero(self.matched[begin : (last + 1) * _BLOCK])
        found: np.ndarray = self.rows[begin + places[start - before : stop - before]]
        return found


class Arranged:
    """A table in an order, as of one event: its columns as if the rows had always stood so.

    Attributes
    ----------
    rows : numpy.ndarray of int
        Every row, in order.
    shown : numpy.ndarray of bool
        Which of them, in this order, are not hidden.
    """

    def __init__(self, rows: np.ndarray, shown: np.ndarray) -> None:
        self.rows = rows
        self.shown = shown.take(rows)
        self._taken: OrderedDict[int, tuple[np.ndarray, np.ndarray]] = OrderedDict()
        self._lock = Lock()

    def column(self, column: Coded) -> Coded:
        """Return a column in this order; its codes, or the rows of another table that it leads to, are kept for the next one."""
        if column.via is not None:
            return column._replace(via=self._take(column.via))
        if column.codes is not None:
            return column._replace(codes=self._take(column.codes))
        return column._replace(via=self.rows)

    def _take(self, array: np.ndarray) -> np.ndarray:
        with self._lock:
            # The array itself is kept too: its address is not given to another one meanwhile.
            known, taken = self._taken.get(id(array), (None, None))
        if known is None or taken is None:
            known, taken = array, array.take(self.rows)
        with self._lock:
            self._taken[id(array)] = known, taken
            self._taken.move_to_end(id(array))
            while len(self._taken) > _MAX_TAKEN:
                self._taken.popitem(last=False)
        return taken


class Answers:
    """What was selected as of one event; the oldest are forgotten when there are too many."""

    def __init__(self, max_bytes: int | None = None) -> None:
        self._left = _MAX_BYTES if max_bytes is None else max_bytes
        self._kept: OrderedDict[tuple[str, OrderKey], Selected] = OrderedDict()
        self._arranged: OrderedDict[OrderKey, Arranged] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def forget(self) -> None:
        """Forget what was selected; tables in order stay."""
        with self._lock:
            self._left += sum(selected.n_bytes + len(text) for (text, _), selected in self._kept.items())
            self._kept.clear()

    def arranged(self, key: OrderKey) -> Arranged | None:
        """Return a table in an order, if it was kept."""
        return self._arranged.get(key)

    def keep_arranged(self, key: OrderKey, arranged: Arranged) -> None:
        """Keep a table in an order."""
        with self._lock:
            self._arranged[key] = arranged
            while len(self._arranged) > _MAX_ARRANGED:
                self._arranged.popitem(last=False)

    def get(self, key: tuple[str, OrderKey]) -> Selected | None:
        """Return what was kept."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def keep(self, key: tuple[str, OrderKey], selected: Selected) -> None:
        """Keep an answer, and forget what was not asked for lately."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = selected
            self._left -= selected.n_bytes + len(key[0])
            while self._left < 0:
                (forgotten, _), gone = self._kept.popitem(last=False)
                self._left += gone.n_bytes + len(forgotten)


class Orders:
    """Orders of whole tables, each moved on from event to event instead of being made again."""

    def __init__(self) -> None:
        self._kept: OrderedDict[OrderKey, _Kept] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, key: OrderKey) -> bool:
        return key in self._kept

    def get(self, key: OrderKey, fetch: Callable[[SortKey], Coded], n_rows: int) -> np.ndarray:
        """Return all rows of a table in order.

        Parameters
        ----------
        fetch : callable
            Returns the column of a key, as the caller sees it.
        n_rows : int
            Rows of the table, as the caller sees it.
        """
        columns = [fetch(sorting) for sorting in key[1]]
        kept = self._find(key)
        with kept.lock:  # nobody makes an order that another one is making
            known = kept.order
            kept.order = ordered(key[1], columns, n_rows) if known is None else reordered(known, columns, n_rows)
            return kept.order.rows

    def _find(self, key: OrderKey) -> _Kept:
        with self._lock:
            kept = self._kept.setdefault(key, _Kept())
            self._kept.move_to_end(key)
            while len(self._kept) > _MAX_ORDERS:
                self._kept.popitem(last=False)
        return kept


class _Kept:
    """An order, once it is made, and whose turn it is to change it."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.order: Order | None = None
