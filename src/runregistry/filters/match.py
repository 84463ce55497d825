"""Filters over columns: which rows match. Each comparison is made once for each distinct value, not for each row."""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from runregistry.filters.compare import predicate
from runregistry.filters.tree import AllOf, AnyOf, Column, Comparison, Node

__all__ = ["Coded", "Fetch", "Memo", "match"]

_NUMERIC: dict[str, Callable[[Any, Any], Any]] = {
    "=": python.eq,
    "<>": python.ne,
    "<": python.lt,
    ">": python.gt,
    "<=": python.le,
    ">=": python.ge,
}
_MAX_REMEMBERED = 64


class Memo:
    """Answers about the distinct values of a column, kept for the next query (the next page asks the same).

    Values are only ever added at the end, so that an answer stays right for the values it was made for.
    """

    def __init__(self) -> None:
        self._answers: dict[Any, np.ndarray] = {}

    def get(self, key: Any) -> np.ndarray | None:
        """Return what was remembered, as long as the values were when it was."""
        return self._answers.get(key)

    def put(self, key: Any, answer: np.ndarray) -> np.ndarray:
        """Remember an answer in the place of the oldest one."""
        self._answers.pop(key, None)
        while len(self._answers) >= _MAX_REMEMBERED:
            del self._answers[next(iter(self._answers))]
        self._answers[key] = answer
        return answer


class Coded(NamedTuple):
    """A column in memory: its distinct values, and for each row which one it has.

    Attributes
    ----------
    codes : numpy.ndarray of int32, shape (n_rows,), or None
        Position of each row's value; None when `values` is itself one number for each row.
    values : sequence or numpy.ndarray of int64
        Decoded JSON; None is a row without a value.
    memo : Memo or None
        Where answers about `values` are kept, if they may be.
    """

    codes: np.ndarray | None
    values: Sequence[Any] | np.ndarray
    memo: Memo | None = None

    def of(self, table: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
        """Look up, for each of the rows (None: all), what `table` says about its value."""
        places = rows if self.codes is None else self.codes if rows is None else self.codes[rows]
        found: np.ndarray = table if places is None else table[places]
        return found


Fetch: TypeAlias = Callable[[Column], Coded]


def match(node: Node, fetch: Fetch, n_rows: int) -> np.ndarray:
    """Tell which rows a filter matches.

    Parameters
    ----------
    node : Node
        The filter, as `parse_filter` returns it.
    fetch : callable
        Returns a column.
    n_rows : int
        Rows of the table.

    Returns
    -------
    numpy.ndarray of bool, shape (n_rows,)

    Notes
    -----
    The parts of an *and* look only at the rows that the parts before it left.

    Examples
    --------
    >>> from runregistry.filters import parse_filter
    >>> column = Coded(np.array([1, 0, 2], dtype=np.int32), [None, "GOOD", "BAD"])
    >>> match(parse_filter({"rr_attributes.x": {"<>": "BAD"}}, "runs"), lambda _: column, 3)
    array([ True, False, False])
    """
    columns: dict[Column, Coded] = {}

    def fetch_once(column: Column) -> Coded:
        if column not in columns:
            columns[column] = fetch(column)
        return columns[column]

    found = _rows(node, fetch_once, n_rows, None)
    answer = np.zeros(n_rows, dtype=bool)
    answer[slice(None) if found is None else found] = True
    return answer


def _rows(node: Node, fetch: Fetch, n_rows: int, among: np.ndarray | None) -> np.ndarray | None:
    """Return which of the rows `among` match, in the same order; None stands for all rows of the table."""
    if isinstance(node, AllOf):
        for part in node.parts:
            among = _rows(part, fetch, n_rows, among)
            if among is not None and not len(among):
                break
        return among
    if isinstance(node, AnyOf):
        return _either(node, fetch, n_rows, among)
    column = fetch(node.column)
    hits = np.flatnonzero(column.of(_truth(node, column), among))
    return hits if among is None else among[hits]


def _either(node: AnyOf, fetch: Fetch, n_rows: int, among: np.ndarray | None) -> np.ndarray | None:
    if among is not None and not len(among):
        return among
    found = np.zeros(n_rows, dtype=bool)
    for part in node.parts:
        rows = _rows(part, fetch, n_rows, among)
        if rows is None:
            return None
        found[rows] = True
    return np.flatnonzero(found) if among is None else among[found[among]]


def _truth(comparison: Comparison, column: Coded) -> np.ndarray:
    """Make the comparison with each distinct value."""
    if isinstance(column.values, np.ndarray):
        return _compare_numbers(comparison, column.values)
    # The type belongs to the key: 1 and true are equal in Python, and not here.
    key = (comparison.operator, repr(comparison.operand))
    known = column.memo.get(key) if column.memo else None
    start = 0 if known is None else len(known)
    if known is not None and start == len(column.values):
        return known
    test = predicate(comparison)
    fresh = np.fromiter(map(test, column.values[start:]), dtype=bool, count=len(column.values) - start)
    truth = fresh if known is None else np.concatenate([known, fresh])
    return column.memo.put(key, truth) if column.memo else truth


def _compare_numbers(comparison: Comparison, numbers: np.ndarray) -> np.ndarray:
    """Make a comparison of ``run_number`` or ``version``, which every row has."""
    operator, operand = comparison.operator, comparison.operand
    if operator in ("in", "not in"):
        operands = operand if isinstance(operand, tuple) else (operand,)
        found = np.isin(numbers, [item for item in operands if item is not None])
        return found if operator == "in" else ~found
    if operand is None:
        return np.full(len(numbers), operator == "<>")
    compared: np.ndarray = _NUMERIC[operator](numbers, operand)
    return compared
