"""Masks and numpy arrays. numpy is imported by the functions, so that the algebra loads without it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from runregistry.errors import RangeError
from runregistry.lumis.checks import LARGEST

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["contains", "mask_edges"]


def mask_edges(runs: Iterable[tuple[int, Iterable[tuple[int, int]]]]) -> npt.NDArray[np.uint64]:
    """Lay the ranges of all runs on one line of numbers, as half-open edges: in, out, in, out, …

    A lumisection's number on the line is its run in the high 32 bits and itself, counted from 0, in the low ones: counted from 0
    even the last edge of the last run fits.

    Parameters
    ----------
    runs : iterable of (run_number, ranges)
        Ascending, with sorted, disjoint, closed ranges.

    Returns
    -------
    numpy.ndarray of uint64, shape (2 × number of ranges,)
        Ascending.
    """
    import numpy as np

    edges = [
        edge
        for run_number, ranges in runs
        for first, last in ranges
        for edge in ((run_number << 32) + first - 1, (run_number << 32) + last)
    ]
    return np.array(edges, dtype=np.uint64)


def contains(edges: npt.NDArray[np.uint64], runs: Any, lumisections: Any) -> npt.NDArray[np.bool_]:
    """Tell for each pair of run and lumisection whether it lies between an edge in and the next edge out.

    Parameters
    ----------
    edges : numpy.ndarray of uint64
        From `mask_edges`.
    runs, lumisections : array_like of int
        Of one shape, or of shapes that broadcast.

    Raises
    ------
    RangeError
        They are no integers, or their shapes do not fit together.

    Notes
    -----
    Cost: one binary search a pair.
    """
    import numpy as np

    run_array, lumisection_array = _integers("runs", runs), _integers("lumisections", lumisections)
    try:
        run_array, lumisection_array = np.broadcast_arrays(run_array, lumisection_array)
    except ValueError:
        shapes = f"runs has shape {run_array.shape}, lumisections {lumisection_array.shape}"
        raise RangeError(f"{shapes}: one lumisection is needed for each run") from None
    possible = (run_array >= 1) & (run_array <= LARGEST) & (lumisection_array >= 1) & (lumisection_array <= LARGEST)
    # What is not possible wraps around here, which is harmless: it is masked out at the end.
    line = (run_array.astype(np.uint64) << np.uint64(32)) + (lumisection_array.astype(np.uint64) - np.uint64(1))
    inside = np.searchsorted(edges, line, side="right") & 1
    return np.asarray(inside.astype(bool) & possible)


def _integers(name: str, values: Any) -> npt.NDArray[Any]:
    """Return values as an array of integers, or refuse them: floats may have lost digits, or hold NaN."""
    import numpy as np

    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        if array.size:
            raise RangeError(f"{name} must be integers, not {array.dtype}; convert them if that loses nothing", ranges=values)
        array = array.astype(np.int64)
    return array
