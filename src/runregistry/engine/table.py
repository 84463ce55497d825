"""Columns over many datasets: what rules are evaluated on.

All lumisections of all datasets lie on one line of *positions*, one dataset behind the other with a gap in between. A `Table`
cuts this line into the longest ranges over which none of the sources that it holds changes; a column then says for each range
*which* of its distinct values is there. So the work grows with the number of changes, and a rule is evaluated once per distinct
value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from runregistry.engine.sources import ABSENT, Source, as_seen, changes_within_run, dataset_value, lumisection_steps
from runregistry.lumis.steps import Step
from runregistry.model import CertifiedDataset
from runregistry.model.summary import certified_ranges

__all__ = ["Coded", "DatasetView", "IntArray", "Line", "Pieces", "Table", "View", "coded", "value_key"]

IntArray: TypeAlias = NDArray[np.int64]
_encode = msgspec.json.Encoder().encode
# Types whose values are their own keys.
_OWN_KEYS = {str, bool, type(None), type(ABSENT)}


class Coded(NamedTuple):
    """A column: for each row the index of its value among the distinct ones."""

    codes: IntArray
    values: list[Any]


class Pieces(NamedTuple):
    """Steps of one column of all datasets: half-open in positions, sorted, disjoint."""

    starts: IntArray
    stops: IntArray
    values: list[Any]


class View(Protocol):
    """Rows on which rules are evaluated."""

    size: int

    def column(self, source: Source) -> Coded | None:
        """Return a column, or None where these rows are too coarse to have it."""


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
    plain = set(map(type, values)) <= _OWN_KEYS
    keys = values if plain else list(map(value_key, values))
    first = dict(zip(reversed(keys), reversed(values), strict=True)) | {ABSENT: ABSENT}
    distinct = dict.fromkeys([ABSENT, *keys])
    index = {key: code for code, key in enumerate(distinct)}
    codes = np.fromiter(map(index.__getitem__, keys), dtype=np.int64, count=len(keys))
    return Coded(codes, [first[key] for key in distinct])


class Line:
    """The line of positions: where each dataset lies, and which lumisections of it rules see.

    Attributes
    ----------
    offsets : array of int64, shape (datasets,)
        Position of the (non-existing) lumisection 0 of each dataset.
    starts, stops : array of int64, shape (ranges,)
        Lumisections with both Run Registry and OMS data, half-open, in positions.
    """

    def __init__(self, datasets: Sequence[CertifiedDataset]) -> None:
        self.datasets = datasets
        sizes = [max(dataset.columns.rr_last, dataset.columns.oms_last) + 2 for dataset in datasets]
        self.offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.array(sizes, dtype=np.int64))])[:-1]
        present = self.pieces(lambda dataset: [(first, last, True) for first, last in certified_ranges(dataset.columns)])
        self.starts, self.stops = present.starts, present.stops

    def pieces(self, read: Callable[[CertifiedDataset], Sequence[Step]]) -> Pieces:
        """Put one column of every dataset on the line."""
        columns = [read(dataset) for dataset in self.datasets]
        steps = list(chain.from_iterable(columns))
        shift = np.repeat(self.offsets, np.fromiter(map(len, columns), dtype=np.int64, count=len(columns)))
        starts = np.fromiter(map(itemgetter(0), steps), dtype=np.int64, count=len(steps)) + shift
        stops = np.fromiter(map(itemgetter(1), steps), dtype=np.int64, count=len(steps)) + shift + 1
        return Pieces(starts, stops, list(map(itemgetter(2), steps)))

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


class DatasetView:
    """One row per dataset; has the columns that are the same in all lumisections of a dataset."""

    def __init__(self, datasets: Sequence[CertifiedDataset]) -> None:
        self.datasets = datasets
        self.size = len(datasets)
        self._columns: dict[Source, Coded] = {}

    def column(self, source: Source) -> Coded | None:
        """Return a column, or None if it changes within a run."""
        if changes_within_run(source):
            return None
        if source not in self._columns:
            self._columns[source] = coded([dataset_value(source, dataset) for dataset in self.datasets])
        return self._columns[source]


class Table:
    """One row per elementary range of the given sources; has their columns.

    Attributes
    ----------
    line : Line
        Where the datasets lie.
    starts, stops : array of int64, shape (rows,)
        The rows, half-open in positions, sorted, disjoint; together the lumisections that rules see.
    """

    def __init__(self, datasets: Sequence[CertifiedDataset], sources: Iterable[Source]) -> None:
        self.line = Line(datasets)
        changing = {source: _pieces(self.line, source) for source in sources if changes_within_run(source)}
        self.starts, self.stops = _cut(self.line, changing.values())
        self.size = len(self.starts)
        self.owner = self.line.owner(self.starts)
        self._datasets = DatasetView(datasets)
        self._columns = {source: self._spread(pieces) for source, pieces in changing.items()}

    def column(self, source: Source) -> Coded | None:
        """Return a column."""
        known = self._columns.get(source)
        if known is None and (of_dataset := self._datasets.column(source)) is not None:
            known = self._columns[source] = Coded(of_dataset.codes[self.owner], of_dataset.values)
        return known

    def _spread(self, pieces: Pieces) -> Coded:
        column = coded(pieces.values)
        if not len(column.codes):
            return Coded(np.zeros(self.size, dtype=np.int64), column.values)
        index = np.searchsorted(pieces.starts, self.starts, side="right") - 1
        inside = (index >= 0) & (self.starts < pieces.stops[index])
        return Coded(np.where(inside, column.codes[index], 0), column.values)


def _pieces(line: Line, source: Source) -> Pieces:
    starts, stops, values = line.pieces(lambda dataset: lumisection_steps(source, dataset))
    return Pieces(starts, stops, as_seen(source, values))


def _cut(line: Line, columns: Iterable[Pieces]) -> tuple[IntArray, IntArray]:
    """Cut the line wherever a column changes; keep the pieces with data."""
    edges = [line.starts, line.stops]
    for pieces in columns:
        edges += (pieces.starts, pieces.stops)
    cuts = np.unique(np.concatenate(edges))
    if not len(line.starts):
        return cuts[:0], cuts[:0]
    index = np.searchsorted(line.starts, cuts, side="right") - 1
    inside = (index >= 0) & (cuts < line.stops[index])
    # The last cut ends a piece and never begins one, so that each kept cut has a next one.
    begins = np.flatnonzero(inside)
    return cuts[begins], cuts[begins + 1]
