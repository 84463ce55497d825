"""Filters over columns: which rows match. Each comparison is made once for each distinct value, not for each row."""

from __future__ import annotations

import math
import operator as python
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias, TypeGuard

import numpy as np

from runregistry.filters.coded import Coded, Memo, about_values
from runregistry.filters.compare import predicate
from runregistry.filters.ranks import NO_RANK, ranks_of
from runregistry.filters.tree import AllOf, AnyOf, Column, Comparison, Node, Operand
from runregistry.filters.values import number_of, text_of

__all__ = ["Coded", "Fetch", "Memo", "columns_of", "match"]

_NUMERIC: dict[str, Callable[[Any, Any], Any]] = {
    "=": python.eq,
    "<>": python.ne,
    "<": python.lt,
    ">": python.gt,
    "<=": python.le,
    ">=": python.ge,
}
_ORDERINGS = frozenset({"<", ">", "<=", ">="})
_EXACT = 2**53  # beyond it, two whole numbers may be one float


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


def columns_of(node: Node) -> Iterator[Column]:
    """Go through the columns that a filter reads."""
    if isinstance(node, Comparison):
        yield node.column
    else:
        for part in node.parts:
            yield from columns_of(part)


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
    operator, operand = comparison.operator, comparison.operand
    if operator in _ORDERINGS and isinstance(operand, str):
        return _compare_texts(operator, operand, column)
    if (operator == "=" or operator in _ORDERINGS) and _is_exact(operand):
        compared: np.ndarray = _NUMERIC[operator](about_values(column, "number", _number_or_nan, np.float64), operand)
        return compared
    # The type belongs to the key: 1 and true are equal in Python, and not here.
    return about_values(column, (operator, repr(operand)), predicate(comparison), np.bool_)


def _compare_texts(operator: str, operand: str, column: Coded) -> np.ndarray:
    """Look up once where the operand stands among the values, instead of comparing each of them."""
    places, keys = ranks_of(column, text_of)
    bound = (bisect_left if operator in ("<", ">=") else bisect_right)(keys, operand)
    compared: np.ndarray = places >= bound if operator in (">", ">=") else (places < bound) & (places != NO_RANK)
    return compared


def _is_exact(operand: Operand) -> TypeGuard[float]:
    return isinstance(operand, int | float) and not isinstance(operand, bool) and -_EXACT <= operand <= _EXACT


def _number_or_nan(value: Any) -> float:
    number = number_of(value)
    return math.nan if number is None else number


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
