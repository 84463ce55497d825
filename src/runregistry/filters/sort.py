"""Rows in the order that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from runregistry.filters.coded import Coded
from runregistry.filters.match import Fetch
from runregistry.filters.ranks import NO_RANK, ranks_of
from runregistry.filters.tree import Column, SortKey, TableName
from runregistry.filters.values import number_of, text_of

__all__ = ["PlaceOf", "arranged", "is_usual_order", "order", "place_in", "sorted_by"]

PlaceOf: TypeAlias = Callable[[np.ndarray], np.ndarray]

_SPAN = 2**62  # what 64 bits hold, with room for a sign
_BY_NUMBER = frozenset({Column("oms_attributes", ("ls_duration",)), Column("oms_attributes", ("b_field",))})
# What decides between equal rows, and the order where none is asked for: pages can't overlap.
_TIE_BREAKERS: dict[TableName, tuple[SortKey, ...]] = {
    "runs": (SortKey(Column("run_number"), descending=True),),
    "datasets": (SortKey(Column("run_number"), descending=True), SortKey(Column("name"))),
}


def sorted_by(sortings: Sequence[SortKey], table: TableName) -> list[SortKey]:
    """Return the keys that decide the order: those asked for, then newest runs first, then names."""
    return _distinct((*sortings, *_TIE_BREAKERS[table]))


def is_usual_order(sortings: Sequence[SortKey], table: TableName) -> bool:
    """Whether sortings ask for what comes without any: newest runs first, then by name.

    Examples
    --------
    >>> newest_first = SortKey(Column("run_number"), descending=True)
    >>> is_usual_order([newest_first], "datasets"), is_usual_order([SortKey(Column("name"))], "datasets")
    (True, False)
    """
    return sorted_by(sortings, table) == list(_TIE_BREAKERS[table])


def order(
    sortings: Sequence[SortKey], fetch: Fetch, n_rows: int, *, table: TableName, rows: np.ndarray, first: int | None = None
) -> np.ndarray:
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
    first : int or None
        How many are needed, from the beginning; None needs all.

    Returns
    -------
    numpy.ndarray of int
        `rows`, in order; at least the `first` ones.

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
    places = [place_in(key, fetch(key.column)) for key in sorted_by(sortings, table)]
    if first is not None and first < len(rows):
        rows = _front(rows, places[0](rows), first)
    return arranged(rows, places)


def arranged(rows: np.ndarray, places: Sequence[PlaceOf]) -> np.ndarray:
    """Put rows in the order of the keys that `place_in` makes."""
    if len(rows) < 2:
        return rows
    keys = [place(rows) for place in places]
    joined = _joined(keys)
    answer: np.ndarray = rows[np.lexsort(keys[::-1]) if joined is None else np.argsort(joined, kind="stable")]
    return answer


def _front(rows: np.ndarray, key: np.ndarray, first: int) -> np.ndarray:
    """Leave out rows that the most important key keeps from being among the first: a page of a long list."""
    return rows[key <= np.partition(key, first - 1)[first - 1]] if first else rows[:0]


def _joined(keys: Sequence[np.ndarray]) -> np.ndarray | None:
    """Join the keys of each row into one number; None where that is too large for one."""
    answer, span = np.zeros(len(keys[0]), dtype=np.int64), 1
    for key in keys:
        low, high = int(key.min()), int(key.max())
        span *= high - low + 1
        if span >= _SPAN:
            return None
        answer = answer * (high - low + 1) + (key - low)
    return answer


def _distinct(sortings: Sequence[SortKey]) -> list[SortKey]:
    """Leave out keys of a column that already decided."""
    first: dict[Column, SortKey] = {}
    for sorting in sortings:
        first.setdefault(sorting.column, sorting)
    return list(first.values())


def place_in(sorting: SortKey, column: Coded) -> PlaceOf:
    """Return what gives one number for each row, smaller for those that come earlier; all calls of it agree."""
    if isinstance(column.values, np.ndarray):
        numbers = column.values
        return lambda rows: -column.of(numbers, rows) if sorting.descending else column.of(numbers, rows)
    ranks = ranks_of(column, _number_first if sorting.column in _BY_NUMBER else text_of)
    key = -ranks.places if sorting.descending else ranks.places.copy()
    # Beyond both ends of the ranks.
    key[ranks.places == NO_RANK] = -len(ranks.keys) - 1 if sorting.nulls_first else len(ranks.keys) + 1
    return lambda rows: column.of(key, rows)


def _number_first(value: Any) -> Any:
    number = number_of(value)
    if number is not None:
        return (0, number, "")
    text = text_of(value)
    return None if text is None else (1, 0.0, text)
