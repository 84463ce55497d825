"""Rows in the order that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from runregistry.filters.match import Coded, Fetch
from runregistry.filters.tree import Column, SortKey, TableName
from runregistry.filters.values import number_of, text_of

__all__ = ["order"]

_NULL = -1
_BY_NUMBER = frozenset({Column("oms_attributes", ("ls_duration",)), Column("oms_attributes", ("b_field",))})
# What decides between equal rows, and the order where none is asked for: pages can't overlap.
_TIE_BREAKERS: dict[TableName, tuple[SortKey, ...]] = {
    "runs": (SortKey(Column("run_number"), descending=True),),
    "datasets": (SortKey(Column("run_number"), descending=True), SortKey(Column("name"))),
}


def order(sortings: Sequence[SortKey], fetch: Fetch, n_rows: int, *, table: TableName, rows: np.ndarray) -> np.ndarray:
    """Put rows in order.

    Parameters
    ----------
    sortings : sequence of SortKey
        Keys, the first one first. Newest runs first, then by name, where they leave rows equal.
    fetch : callable
        Returns a column.
    n_rows : int
        Rows of the table.
    table : str
        ``runs`` or ``datasets``.
    rows : numpy.ndarray of int
        The rows to put in order.

    Returns
    -------
    numpy.ndarray of int
        `rows`, in order.

    Notes
    -----
    Two attributes of OMS are sorted by number. compat: all others are sorted by their text, ``900`` after ``6000``; the recorded
    answers in ``tests/conformance`` pin it. Text goes by code points.

    Examples
    --------
    >>> runs = Coded(None, np.array([355100, 355101, 355102]))
    >>> duration = Coded(np.array([1, 0, 2], dtype=np.int32), [None, 900, 6000])
    >>> key = SortKey(Column("oms_attributes", ("ls_duration",)))
    >>> fetch = lambda column: runs if column.kind == "run_number" else duration
    >>> order([key], fetch, 3, table="runs", rows=np.arange(3))
    array([0, 2, 1])
    """
    if len(rows) < 2:
        return rows
    keys = [_key(sorting, fetch(sorting.column), rows) for sorting in _distinct((*sortings, *_TIE_BREAKERS[table]))]
    arranged: np.ndarray = rows[np.lexsort(keys[::-1])]
    return arranged


def _distinct(sortings: Sequence[SortKey]) -> list[SortKey]:
    """Leave out keys of a column that already decided."""
    first: dict[Column, SortKey] = {}
    for sorting in sortings:
        first.setdefault(sorting.column, sorting)
    return list(first.values())


def _key(sorting: SortKey, column: Coded, rows: np.ndarray) -> np.ndarray:
    """Return one number for each row, smaller for those that come earlier."""
    key = column.of(_ranks(column, _number_first if sorting.column in _BY_NUMBER else text_of), rows)
    if isinstance(column.values, np.ndarray):
        return -key if sorting.descending else key
    null = key == _NULL
    key = -key if sorting.descending else key.copy()
    # Beyond both ends of the ranks.
    key[null] = -len(column.values) - 1 if sorting.nulls_first else len(column.values) + 1
    return key


def _ranks(column: Coded, key_of: Callable[[Any], Any]) -> np.ndarray:
    """Return the place of each distinct value among all of them; equal ones share a place."""
    if isinstance(column.values, np.ndarray):
        return column.values
    known = column.memo.get("ranks") if column.memo else None
    if known is not None and len(known) == len(column.values):
        return known
    keys = [key_of(value) for value in column.values]
    ranks = np.full(len(keys), _NULL, dtype=np.int64)
    place, before = 0, None
    for position in sorted((code for code, key in enumerate(keys) if key is not None), key=keys.__getitem__):
        place += keys[position] != before
        before = keys[position]
        ranks[position] = place
    return column.memo.put("ranks", ranks) if column.memo else ranks


def _number_first(value: Any) -> Any:
    number = number_of(value)
    if number is not None:
        return (0, number, "")
    text = text_of(value)
    return None if text is None else (1, 0.0, text)
