"""Columns over many datasets, as run-length arrays.

All lumisections of all datasets lie on one line of *positions*, one dataset behind the other with a gap in between. A column
holds the pieces of the line over which its value does not change: where each starts and stops, and *which* of the distinct values
is there. So the work grows with the number of changes, and a rule is evaluated once per distinct value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from runregistry.engine.sources import ABSENT
from runregistry.lumis.steps import Step

__all__ = ["Bools", "Coded", "Column", "Distinct", "IntArray", "Line", "coded", "column_of_steps", "distinct_column", "value_key"]

IntArray: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]

_encode = msgspec.json.Encoder().encode
# Types whose values are their own keys; numbers too, where there is no true that equals 1.
_OWN_KEYS = {str, bool, type(None), type(ABSENT)}
_NUMBERS = {int, float, str, type(None), type(ABSENT)}


class Distinct(list[Any]):
    """The distinct values of a column, `ABSENT` first; they remember what parts of rules make of them.

    Attributes
    ----------
    answers : dict of str to array of int64, shape (values,)
        By the text of a part: the outcome for each value.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        super().__init__(values)
        self.answers: dict[str, IntArray] = {}


class Coded(NamedTuple):
    """A column: for each row the index of its value among the distinct ones."""

    codes: IntArray
    values: list[Any]


class Column(NamedTuple):
    """A column of all datasets, in pieces: half-open in positions, sorted, disjoint.

    Attributes
    ----------
    counts : array of int64, shape (datasets,)
        How many pieces each dataset has.
    starts, stops, codes : array of int64, shape (pieces,)
        Where a piece lies, and the index of its value.
    values : list
        As read, or distinct ones of which `ABSENT` is number 0: whoever makes a column says so.
    """

    counts: IntArray
    starts: IntArray
    stops: IntArray
    codes: IntArray
    values: list[Any]

    def part(self, chosen: Bools) -> Column:
        """Return what some datasets have of it; `chosen` has one entry a dataset."""
        kept = np.repeat(chosen, self.counts)
        return Column(self.counts[chosen], self.starts[kept], self.stops[kept], self.codes[kept], self.values)


class Line:
    """The line of positions: where each dataset lies, and which of its lumisections rules see.

    Attributes
    ----------
    offsets : array of int64, shape (datasets,)
        Position of the (non-existing) lumisection 0 of each dataset; ascending.
    counts : array of int64, shape (datasets,)
        How many ranges each dataset has.
    starts, stops : array of int64, shape (ranges,)
        Lumisections with both Run Registry and OMS data, half-open, in positions; sorted, disjoint.
    """

    def __init__(self, offsets: IntArray, counts: IntArray, starts: IntArray, stops: IntArray) -> None:
        self.offsets = offsets
        self.counts = counts
        self.starts = starts
        self.stops = stops

    @classmethod
    def of(cls, lasts: Sequence[int], present: Sequence[Sequence[tuple[int, int]]]) -> Line:
        """Lay datasets on a line.

        Parameters
        ----------
        lasts : sequence of int
            The highest lumisection of each dataset that anything is known of.
        present : sequence of (sequence of (first, last))
            The lumisections that rules see, closed ranges, sorted, disjoint.
        """
        sizes = np.array(lasts, dtype=np.int64) + 2
        offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes)])[:-1]
        counts = _lengths(present)
        flat = np.fromiter(chain.from_iterable(chain.from_iterable(present)), np.int64, 2 * int(counts.sum())).reshape(-1, 2)
        shift = np.repeat(offsets, counts)
        return cls(offsets, counts, flat[:, 0] + shift, flat[:, 1] + shift + 1)

    @property
    def n_lumisections(self) -> int:
        """How many lumisections rules see."""
        return int((self.stops - self.starts).sum())

    def part(self, chosen: Bools) -> Line:
        """Return some datasets where they lie."""
        kept = np.repeat(chosen, self.counts)
        return Line(self.offsets[chosen], self.counts[chosen], self.starts[kept], self.stops[kept])

    def column(self, counts: IntArray, firsts: IntArray, lasts: IntArray, codes: IntArray, values: list[Any]) -> Column:
        """Put the steps of all datasets, one dataset behind the other, on the line."""
        shift = np.repeat(self.offsets, counts)
        return Column(counts, firsts + shift, lasts + shift + 1, codes, values)

    def owner(self, positions: IntArray) -> IntArray:
        """Return which dataset each position belongs to."""
        return np.searchsorted(self.offsets, positions, side="right") - 1

    def spans(self, starts: IntArray, stops: IntArray, labels: IntArray | None = None) -> Iterator[tuple[int, int, int, int]]:
        """Turn pieces of the line into lumisections: closed ranges, joined where they touch and have one label.

        Parameters
        ----------
        starts, stops : array of int64, shape (n,)
            Half-open; sorted and disjoint among those with one label.
        labels : array of int64, shape (n,), optional
            Sorted. By default all have the label 0.

        Yields
        ------
        label, dataset, first, last : int
            By label, then by dataset, ascending.
        """
        if not len(starts):
            return
        labels = np.zeros(len(starts), dtype=np.int64) if labels is None else labels
        begins = np.concatenate([[True], (starts[1:] != stops[:-1]) | (labels[1:] != labels[:-1])])
        firsts, lasts = starts[begins], stops[np.concatenate([begins[1:], [True]])] - 1
        owner = self.owner(firsts)
        shift = self.offsets[owner]
        columns = (labels[begins], owner, firsts - shift, lasts - shift)
        yield from zip(*(column.tolist() for column in columns), strict=True)


def value_key(value: Any) -> Any:
    """Return a hashable stand-in, equal exactly for values that a rule can't tell apart.

    Examples
    --------
    >>> value_key(1) == value_key(1.0), value_key(1) == value_key(True), value_key(0.0) == value_key(-0.0)
    (True, False, False)
    """
    kind = value.__class__
    if kind is str or kind is bool or value is None or value is ABSENT:
        return value
    if kind is int or kind is float:
        return ("#", value) if value else ("#", repr(value))
    return _encode(value)


def coded(values: Sequence[Any]) -> Coded:
    """Number the distinct values of a column; `ABSENT` is always number 0.

    Examples
    --------
    >>> column = coded(["GOOD", "BAD", "GOOD"])
    >>> column.codes.tolist(), column.values
    ([1, 2, 1], [ABSENT, 'GOOD', 'BAD'])
    """
    keys = _keys(values)
    first = dict(zip(reversed(keys), reversed(values), strict=True)) | {ABSENT: ABSENT}
    distinct = dict.fromkeys([ABSENT, *keys])
    index = {key: code for code, key in enumerate(distinct)}
    codes = np.fromiter(map(index.__getitem__, keys), dtype=np.int64, count=len(keys))
    return Coded(codes, Distinct(first[key] for key in distinct))


def _keys(values: Sequence[Any]) -> Sequence[Any]:
    kinds = set(map(type, values))
    if kinds <= _OWN_KEYS:
        return values
    if kinds <= _NUMBERS:  # measurements, of which there may be millions: only zeros are equal without being the same
        return [value if value or value is None or value == "" else value_key(value) for value in values]
    return list(map(value_key, values))


def column_of_steps(line: Line, steps: Sequence[Sequence[Step]]) -> Column:
    """Make a column of the steps of each dataset; its values are as they stand there, one for each piece."""
    flat = list(chain.from_iterable(steps))
    firsts, lasts = (np.fromiter(map(itemgetter(place), flat), dtype=np.int64, count=len(flat)) for place in (0, 1))
    return line.column(_lengths(steps), firsts, lasts, np.arange(len(flat)), list(map(itemgetter(2), flat)))


def distinct_column(column: Column, seen: Callable[[list[Any]], list[Any]]) -> Column:
    """Number the distinct values of a column, and join pieces that touch and have one value.

    Parameters
    ----------
    column : Column
        As read.
    seen : callable
        Turns values into what rules see.
    """
    numbered = coded(seen(column.values))
    codes = numbered.codes[column.codes]
    begins = np.ones(len(codes), dtype=bool)
    begins[1:] = (codes[1:] != codes[:-1]) | (column.starts[1:] != column.stops[:-1])
    if begins.all():
        return column._replace(codes=codes, values=numbered.values)
    edges = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(column.counts)])
    counts = np.diff(np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(begins)])[edges])
    stops = column.stops[np.append(begins[1:], True)]
    return Column(counts, column.starts[begins], stops, codes[begins], numbered.values)


def _lengths(lists: Iterable[Sequence[Any]]) -> IntArray:
    return np.array(list(map(len, lists)), dtype=np.int64)
