"""Filters over columns: which rows match. Each comparison is made once for each distinct value, not for each row."""

from __future__ import annotations

import math
import operator as python
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeAlias, TypeGuard

import numpy as np

from runregistry.filters.coded import Coded, Memo, about_values
from runregistry.filters.compare import predicate
from runregistry.filters.ranks import NO_RANK, ranks_of
from runregistry.filters.tree import AllOf, Column, Comparison, Node, Operand
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
_EQUALITIES = frozenset({"=", "<>"})
_TEXTUAL = _ORDERINGS | _EQUALITIES
_SMALL, _FEW = 2, 4  # bytes of a place, values
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
    What is said about values is joined before rows are looked at, and what is said about runs before their datasets are.

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

    found = _found(node, fetch_once)
    return np.full(n_rows, found) if isinstance(found, bool) else found.of_rows()


def columns_of(node: Node) -> Iterator[Column]:
    """Go through the columns that a filter reads."""
    if isinstance(node, Comparison):
        yield node.column
    else:
        for part in node.parts:
            yield from columns_of(part)


class _Found(NamedTuple):
    """What holds of some values, or rows, and the look-ups that lead from there to the rows of the table."""

    truth: np.ndarray
    steps: tuple[np.ndarray, ...]

    def of_rows(self) -> np.ndarray:
        found = self
        while found.steps:
            found = found.looked_up()
        return found.truth

    def looked_up(self) -> _Found:
        places, rest = self.steps[0], self.steps[1:]
        if rest and len(rest[0]) < len(places):
            places, rest = places.take(rest[0]), rest[1:]
        return _Found(_looked_up(self.truth, places), rest)


def _looked_up(truth: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return what holds at each place."""
    if places.itemsize <= _SMALL and len(truth) < len(places):
        # Comparing small numbers is thirty times as fast as looking something up for each of them.
        for is_wanted in (True, False):
            values = np.flatnonzero(truth == is_wanted).tolist()
            if len(values) <= _FEW:
                found = _any_of(places, values)
                return found if is_wanted else ~found
    looked_up: np.ndarray = truth.take(places)
    return looked_up


def _any_of(places: np.ndarray, values: list[int]) -> np.ndarray:
    found = np.zeros(len(places), dtype=bool)
    for value in values:
        found |= places == value
    return found


def _found(node: Node, fetch: Fetch) -> _Found | bool:
    """Return where a filter holds; True for everywhere, False for nowhere."""
    if isinstance(node, Comparison):
        column = fetch(node.column)
        steps = tuple(step for step in (column.codes, column.via) if step is not None)
        return _Found(_truth(node, column), steps)
    is_all = isinstance(node, AllOf)
    parts = [_found(part, fetch) for part in node.parts]
    if any(part is (not is_all) for part in parts):
        return not is_all
    founds = [part for part in parts if not isinstance(part, bool)]
    return _joined(founds, _and if is_all else _or) if founds else is_all


def _joined(founds: list[_Found], join: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> _Found:
    """Join what holds: of the values of one column, then of the rows of one table, then of the rows that are asked for."""
    while True:
        together: dict[tuple[int, ...], _Found] = {}
        for found in founds:
            key = tuple(map(id, found.steps))
            known = together.get(key)
            together[key] = found if known is None else known._replace(truth=join(known.truth, found.truth))
        founds = list(together.values())
        if len(founds) == 1:
            return founds[0]
        furthest = max(len(found.steps) for found in founds)
        founds = [found.looked_up() if len(found.steps) == furthest else found for found in founds]


def _and(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    size = min(len(one), len(other))  # values may have been added meanwhile, which no row of this query has
    both: np.ndarray = one[:size] & other[:size]
    return both


def _or(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    size = min(len(one), len(other))
    either: np.ndarray = one[:size] | other[:size]
    return either


def _truth(comparison: Comparison, column: Coded) -> np.ndarray:
    """Make the comparison with each distinct value."""
    if isinstance(column.values, np.ndarray):
        return _compare_numbers(comparison, column.values)
    operator, operand = comparison.operator, comparison.operand
    if isinstance(operand, str) and operator in _TEXTUAL:
        return _compare_texts(operator, operand, column)
    if (operator == "=" or operator in _ORDERINGS) and _is_exact(operand):
        compared: np.ndarray = _NUMERIC[operator](about_values(column, "number", _number_or_nan, np.float64), operand)
        return compared
    # The type belongs to the key: 1 and true are equal in Python, and not here.
    return about_values(column, (operator, repr(operand)), predicate(comparison), np.bool_)


def _compare_texts(operator: str, operand: str, column: Coded) -> np.ndarray:
    """Look up once where the operand stands among the values, instead of comparing each of them."""
    places, keys = ranks_of(column, text_of)
    if operator in _EQUALITIES:
        place = bisect_left(keys, operand)
        if place == len(keys) or keys[place] != operand:
            place = len(keys)  # no value has it
        equal: np.ndarray = places == place
        return equal if operator == "=" else ~equal & (places != NO_RANK)
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
