"""Rows on which rules are evaluated: datasets, or the longest ranges over which nothing changes.

A `Table` cuts the line of positions wherever one of its sources changes, and says of each range which of the distinct values of
each source is there. This is the way that can do every rule; `runregistry.engine.sweep` is the fast one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

import numpy as np

from runregistry.engine.columns import Coded, Column, IntArray, Line
from runregistry.engine.sources import Source, changes_within_run

if TYPE_CHECKING:
    from runregistry.engine.snapshot import Snapshot

__all__ = ["DatasetView", "Table", "View"]


class View(Protocol):
    """Rows on which rules are evaluated."""

    size: int

    def column(self, source: Source) -> Coded | None:
        """Return a column, or None where these rows are too coarse to have it."""


class DatasetView:
    """One row per dataset; has the columns that are the same in all lumisections of a dataset."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.size = snapshot.n_datasets

    def column(self, source: Source) -> Coded | None:
        """Return a column, or None if it changes within a run."""
        return None if changes_within_run(source) else self._snapshot.attribute(source)


class Table:
    """One row per elementary range of the given sources; has their columns.

    Attributes
    ----------
    line : Line
        Where the datasets lie.
    starts, stops : array of int64, shape (rows,)
        The rows, half-open in positions, sorted, disjoint; together the lumisections that rules see.
    owner : array of int64, shape (rows,)
        Which dataset each row belongs to.
    """

    def __init__(self, snapshot: Snapshot, sources: Iterable[Source]) -> None:
        self.line = snapshot.line
        changing = {source: snapshot.column(source) for source in sources if changes_within_run(source)}
        self.starts, self.stops = _cut(self.line, changing.values())
        self.size = len(self.starts)
        self.owner = self.line.owner(self.starts)
        self._datasets = DatasetView(snapshot)
        self._columns = {source: self._spread(column) for source, column in changing.items()}

    def column(self, source: Source) -> Coded | None:
        """Return a column."""
        known = self._columns.get(source)
        if known is None and (of_dataset := self._datasets.column(source)) is not None:
            known = self._columns[source] = Coded(of_dataset.codes[self.owner], of_dataset.values)
        return known

    def _spread(self, column: Column) -> Coded:
        if not len(column.codes):
            return Coded(np.zeros(self.size, dtype=np.int64), column.values)
        index = np.searchsorted(column.starts, self.starts, side="right") - 1
        inside = (index >= 0) & (self.starts < column.stops[index])
        return Coded(np.where(inside, column.codes[index], 0), column.values)


def _cut(line: Line, columns: Iterable[Column]) -> tuple[IntArray, IntArray]:
    """Cut the line wherever a column changes; keep the pieces with data."""
    edges = [line.starts, line.stops]
    for column in columns:
        edges += (column.starts, column.stops)
    cuts = np.unique(np.concatenate(edges))
    if not len(line.starts):
        return cuts[:0], cuts[:0]
    index = np.searchsorted(line.starts, cuts, side="right") - 1
    inside = (index >= 0) & (cuts < line.stops[index])
    # The last cut ends a piece and never begins one, so that each kept cut has a next one.
    begins = np.flatnonzero(inside)
    return cuts[begins], cuts[begins + 1]
