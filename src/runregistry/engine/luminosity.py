"""Luminosity over pieces of the line of positions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from runregistry.engine.columns import Column, IntArray
from runregistry.model.summary import positive_number

__all__ = ["FloatArray", "Luminosity"]

FloatArray = NDArray[np.float64]


class Luminosity:
    """One luminosity (``recorded`` or ``delivered``) of many datasets, per lumisection.

    Parameters
    ----------
    column : Column
        The OMS attribute. Numbers and texts of numbers count; whatever else, and what is negative, is 0.
    """

    def __init__(self, column: Column) -> None:
        self._starts, self._stops = column.starts, column.stops
        self._values = _numbers(column.values)[column.codes]
        # One more, so that sums may end behind the last step.
        self._sums = np.append(self._values * (self._stops - self._starts), 0.0)

    def within(self, starts: IntArray, stops: IntArray) -> FloatArray:
        """Return the luminosity of each piece of the line.

        Parameters
        ----------
        starts, stops : array of int64, shape (n,)
            Half-open, not empty.

        Returns
        -------
        array of float64, shape (n,)
            Sums over lumisections, in the unit of the registry (nominally /pb).

        Notes
        -----
        Steps that lie within a piece are summed as they are, so that only the first and the last one have to be cut.
        """
        if not len(self._starts) or not len(starts):
            return np.zeros(len(starts))
        first = np.searchsorted(self._stops, starts, side="right")
        beyond = np.searchsorted(self._starts, stops, side="left")
        edges = np.stack([first + 1, np.maximum(beyond - 1, first + 1)], axis=1).ravel()
        inner = np.add.reduceat(self._sums, np.minimum(edges, len(self._starts)))[::2]
        total = np.where(beyond - first > 2, inner, 0.0)
        total += np.where(beyond > first, self._cut(first, starts, stops), 0.0)
        total += np.where(beyond > first + 1, self._cut(beyond - 1, starts, stops), 0.0)
        return total

    def _cut(self, step: IntArray, starts: IntArray, stops: IntArray) -> FloatArray:
        """Return what each piece has of one step."""
        step = np.minimum(step, len(self._starts) - 1)
        overlap: FloatArray = self._values[step] * (np.minimum(self._stops[step], stops) - np.maximum(self._starts[step], starts))
        return overlap

    def total(self, starts: IntArray, stops: IntArray) -> float:
        """Return the luminosity of all pieces together."""
        return float(self.within(starts, stops).sum())


def _numbers(values: list[Any]) -> FloatArray:
    if set(map(type, values)) <= {int, float, type(None)}:
        numbers = np.array(values, dtype=np.float64)  # null becomes nan
    else:
        numbers = np.fromiter(map(positive_number, values), dtype=np.float64, count=len(values))
    return np.where((numbers > 0) & np.isfinite(numbers), numbers, 0.0)
