"""Luminosity in bins of time or of lumisections, few enough to be seen."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from runregistry.luminosity import LUMISECTION_S, LumiTable

__all__ = ["MOST_BINS", "Along", "along_lumisections", "along_time", "choose_width"]

FloatArray = NDArray[np.float64]

MOST_BINS: Final = 600
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_TIME_WIDTHS: Final = {
    **{_MINUTE * n: f"{n} minutes" if n > 1 else "minute" for n in (1, 2, 5, 10, 15, 30)},
    **{_HOUR * n: f"{n} hours" if n > 1 else "hour" for n in (1, 2, 3, 6, 12)},
    **{_DAY * n: f"{n} days" if n > 1 else "day" for n in (1, 2, 7, 14, 28)},
}
_LUMISECTION_WIDTHS: Final = {
    float(factor * 10**power): f"{factor * 10**power:,} lumisections" if factor * 10**power > 1 else "lumisection"
    for power in range(6)
    for factor in (1, 2, 5)
}


class Along(NamedTuple):
    """Where lumisections lie along an axis, and the bins that they are counted in.

    Attributes
    ----------
    order : array of int64, shape (n,)
        The rows of the table as they lie along the axis.
    starts, stops : array of float64, shape (n,)
        Of each lumisection in that order, ascending and without overlap.
    edges : array of float64, shape (bins + 1,)
        Of the bins.
    width_text : str
        How wide a bin is.
    runs : list of (int, float)
        Where each run begins.
    """

    order: NDArray[np.int64]
    starts: FloatArray
    stops: FloatArray
    edges: FloatArray
    width_text: str
    runs: list[tuple[int, float]]

    def binned(self, amounts: FloatArray) -> FloatArray:
        """Return how much is in each bin; a lumisection over an edge is in both, in proportion.

        Examples
        --------
        >>> along = Along(np.array([1, 0]), np.array([0.0, 2.0]), np.array([2.0, 4.0]), np.array([0.0, 3.0, 6.0]), "3 s", [])
        >>> along.binned(np.array([4.0, 10.0])).tolist()
        [12.0, 2.0]
        """
        places = np.stack([self.starts, self.stops], axis=1).ravel()
        sums = np.concatenate([[0.0], np.cumsum(amounts[self.order])])
        heights = np.stack([sums[:-1], sums[1:]], axis=1).ravel()
        binned: FloatArray = np.diff(np.interp(self.edges, places, heights))
        return binned


def along_time(table: LumiTable) -> Along:
    """Return the lumisections along time, in seconds since 1970, UTC."""
    order = np.argsort(table.time, kind="stable")
    starts = table.time[order].astype("datetime64[s]").astype(np.float64)
    # brilcalc's times are whole seconds: without the limit, lumisections would overlap by parts of one.
    stops = np.minimum(starts + LUMISECTION_S, np.append(starts[1:], np.inf))
    width, text = choose_width(stops[-1] - starts[0], _TIME_WIDTHS)
    edges = np.arange(np.floor(starts[0] / width), np.ceil(stops[-1] / width) + 1) * width
    return Along(order, starts, stops, edges, text, _run_starts(table.run_number[order], starts))


def along_lumisections(table: LumiTable) -> Along:
    """Return the lumisections by their number; those of several runs one run after the other."""
    numbers = table.lumisection.astype(np.float64)
    _, begins = np.unique(table.run_number, return_index=True)
    firsts, lasts = numbers[begins], numbers[np.append(begins[1:], len(numbers)) - 1]
    lengths = lasts - firsts + 1
    # A single run keeps its numbers; of several, each begins where the one before ends.
    offsets = np.zeros(1) if len(begins) == 1 else np.concatenate([[0.0], np.cumsum(lengths)[:-1]]) - firsts + 1
    places = numbers + np.repeat(offsets, np.diff(np.append(begins, len(numbers))))
    starts, stops = places - 0.5, places + 0.5
    width, text = choose_width(stops[-1] - starts[0], _LUMISECTION_WIDTHS)
    edges = np.arange(np.ceil((stops[-1] - starts[0]) / width) + 1) * width + starts[0]
    return Along(np.arange(len(numbers)), starts, stops, edges, text, _run_starts(table.run_number, starts))


def choose_width(span: float, widths: dict[float, str]) -> tuple[float, str]:
    """Return the narrowest bins of which there are not too many, and their name.

    Examples
    --------
    >>> choose_width(600.0, {1.0: "lumisection", 2.0: "2 lumisections"}), choose_width(601.0, {1.0: "one", 2.0: "two"})
    ((1.0, 'lumisection'), (2.0, 'two'))
    """
    fitting: Any = next((width for width in widths if span / width <= MOST_BINS), max(widths))
    return fitting, widths[fitting]


def _run_starts(run_numbers: NDArray[np.int64], starts: FloatArray) -> list[tuple[int, float]]:
    fresh = np.flatnonzero(np.append(True, np.diff(run_numbers) != 0))
    return list(zip(run_numbers[fresh].tolist(), starts[fresh].tolist(), strict=True))
