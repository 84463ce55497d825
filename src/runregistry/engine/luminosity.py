"""Luminosity over pieces of the line of positions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from runregistry.engine.table import IntArray, Line
from runregistry.model.summary import positive_number

__all__ = ["FloatArray", "Luminosity"]

FloatArray = NDArray[np.float64]


class Luminosity:
    """One luminosity (``recorded`` or ``delivered``) of many datasets, per lumisection.

    Parameters
    ----------
    line : Line
        Where the datasets lie.
    name : str
        The OMS attribute. Numbers and texts of numbers count; whatever else, and what is negative, is 0.
    """

    def __init__(self, line: Line, name: str) -> None:
        self._starts, self._stops, values = line.pieces(lambda dataset: dataset.columns.oms.get(name, ()))
        self._values = _numbers(values)

    def within(self, starts: IntArray, stops: IntArray) -> FloatArray:
        """Return the luminosity of each piece of the line.

        Parameters
        ----------
        starts, stops : array of int64, shape (n,)
            Half-open, sorted, disjoint.

        Returns
        -------
        array of float64, shape (n,)
            Sums over lumisections, in the unit of the registry (nominally /pb).
        """
        first = np.searchsorted(self._stops, starts, side="right")
        beyond = np.searchsorted(self._starts, stops, side="left")
        counts = np.maximum(beyond - first, 0)
        piece = np.repeat(np.arange(len(starts)), counts)
        step = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts - first, counts)
        overlap = np.minimum(self._stops[step], stops[piece]) - np.maximum(self._starts[step], starts[piece])
        weights = self._values[step] * overlap
        return np.bincount(piece, weights=weights, minlength=len(starts)).astype(np.float64)

    def total(self, starts: IntArray, stops: IntArray) -> float:
        """Return the luminosity of all pieces together."""
        return float(self.within(starts, stops).sum())


def _numbers(values: list[Any]) -> FloatArray:
    if set(map(type, values)) <= {int, float, type(None)}:
        numbers = np.array(values, dtype=np.float64)  # null becomes nan
    else:
        numbers = np.fromiter(map(positive_number, values), dtype=np.float64, count=len(values))
    return np.where((numbers > 0) & np.isfinite(numbers), numbers, 0.0)
