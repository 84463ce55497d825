"""All rows of a table in an order that is kept: after a change, only the rows that it moved are put in their place again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from runregistry.filters.coded import Coded
from runregistry.filters.sort import PlaceOf, arranged, place_in
from runregistry.filters.tree import SortKey

__all__ = ["Order", "ordered", "reordered"]

# Beyond so many rows, sorting all of them is not slower.
_ONE_OF = 16


class Order(NamedTuple):
    """Rows in order, and the columns that they were put in order by. Arrays are replaced, never changed.

    Attributes
    ----------
    rows : numpy.ndarray of int, shape (n_rows,)
        Every row of the table.
    keys : tuple of SortKey
        What decides. No two rows are equal in all of them.
    columns : tuple of Coded
        The column of each key, as it was.
    """

    rows: np.ndarray
    keys: tuple[SortKey, ...]
    columns: tuple[Coded, ...]


def ordered(keys: Sequence[SortKey], columns: Sequence[Coded], n_rows: int) -> Order:
    """Put every row of a table in order.

    Examples
    --------
    >>> from runregistry.filters import Column
    >>> key = SortKey(Column("run_number"), descending=True)
    >>> ordered([key], [Coded(None, np.array([355101, 355103, 355102]))], 3).rows
    array([1, 2, 0])
    """
    return Order(arranged(np.arange(n_rows), _places(keys, columns)), tuple(keys), tuple(columns))


def reordered(order: Order, columns: Sequence[Coded], n_rows: int) -> Order:
    """Return an order after changes of its columns; rows are only ever added, at the end.

    Examples
    --------
    >>> from runregistry.filters import Column
    >>> order = ordered([SortKey(Column("run_number"))], [Coded(None, np.array([355101, 355103]))], 2)
    >>> reordered(order, [Coded(None, np.array([355101, 355103, 355102]))], 3).rows
    array([0, 2, 1])
    """
    moved = _moved(order, columns, n_rows)
    if moved is None or len(moved) * _ONE_OF > n_rows:
        return ordered(order.keys, columns, n_rows)
    rows = _put_in(order.rows, moved, _places(order.keys, columns), n_rows) if len(moved) else order.rows
    return order._replace(rows=rows, columns=tuple(columns))


def _places(keys: Sequence[SortKey], columns: Sequence[Coded]) -> list[PlaceOf]:
    return [place_in(key, column) for key, column in zip(keys, columns, strict=True)]


def _moved(order: Order, columns: Sequence[Coded], n_rows: int) -> np.ndarray | None:
    """Return the rows that are new or have another value than before; None if it can't be told."""
    known = len(order.rows)
    if known > n_rows:
        return None  # made by a query that had seen more
    moved = [np.arange(known, n_rows)]
    for before, now in zip(order.columns, columns, strict=True):
        found = _changed(before, now)
        if found is None:
            return None
        moved.append(found)
    return np.unique(np.concatenate(moved))


def _changed(before: Coded, now: Coded) -> np.ndarray | None:
    one, other = _of_rows(before), _of_rows(now)
    if one is other:
        return np.zeros(0, dtype=np.intp)
    if now.codes is not None and before.values is not now.values:
        return None  # read again from the beginning: its codes mean something else
    common = min(len(one), len(other))
    changed = one[:common] != other[:common]
    if now.via is None or not changed.any():
        return np.flatnonzero(changed)
    everywhere = np.zeros(len(other), dtype=bool)
    everywhere[:common] = changed
    return np.flatnonzero(everywhere.take(now.via))


def _of_rows(column: Coded) -> np.ndarray:
    if column.codes is not None:
        return column.codes
    assert isinstance(column.values, np.ndarray)
    return column.values


def _put_in(rows: np.ndarray, moved: np.ndarray, places: Sequence[PlaceOf], n_rows: int) -> np.ndarray:
    stays = np.ones(n_rows, dtype=bool)
    stays[moved] = False
    kept, placed = rows[stays.take(rows)], arranged(moved, places)
    return np.insert(kept, _search(kept, placed, places), placed)


def _search(kept: np.ndarray, placed: np.ndarray, places: Sequence[PlaceOf]) -> np.ndarray:
    """Return before how many of the rows that are in order each of the others belongs: a binary search for all at once."""
    wanted = [place(placed) for place in places]
    first, last = np.zeros(len(placed), dtype=np.intp), np.full(len(placed), len(kept), dtype=np.intp)
    while (is_open := first < last).any():
        middle = (first + last) // 2
        there = kept.take(middle, mode="clip")
        later = _is_before([place(there) for place in places], wanted)
        first = np.where(is_open & later, middle + 1, first)
        last = np.where(is_open & ~later, middle, last)
    return first


def _is_before(some: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> np.ndarray:
    """Tell for each pair of rows whether the first comes first; the last key decides last."""
    answer = np.zeros(len(some[0]), dtype=bool)
    for one, other in zip(reversed(some), reversed(others), strict=True):
        answer = (one < other) | ((one == other) & answer)
    return answer
