"""Masks and numpy arrays. numpy is imported by the functions, so that the algebra loads without it.

A lookup answers for columns of runs and lumisections, as an analysis has them: an entry an event. It is a table wherever one is
small enough: one gather finds the row of a run, another the bit of the lumisection. Masks whose numbers lie too far apart for
that are searched instead. Both work in pieces, so that the memory they need beside the answer does not grow with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from runregistry.errors import RangeError
from runregistry.lumis.checks import LARGEST

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Lookup", "SearchLookup", "TableLookup", "contains", "make_lookup", "pair_array"]

Runs: TypeAlias = Sequence[tuple[int, Sequence[tuple[int, int]]]]

_PIECE = 1 << 15  # pairs at a time: what is computed on the way stays in the processor's cache
_LARGEST_TABLE = 1 << 26  # bytes


class Lookup(Protocol):
    """What tells which pairs lie in a mask."""

    def find(self, runs: npt.NDArray[Any], lumisections: npt.NDArray[Any], found: npt.NDArray[np.bool_]) -> None:
        """Write the answers for flat arrays of integers."""


def make_lookup(runs: Runs) -> Lookup:
    """Prepare a mask for arrays.

    Parameters
    ----------
    runs : sequence of (run_number, ranges)
        Ascending, with sorted, disjoint, closed ranges.
    """
    n_bits = sum(_extent(ranges) + 1 for _, ranges in runs)
    span = runs[-1][0] - runs[0][0] + 1 if runs else 0
    return TableLookup(runs) if n_bits + 16 * span <= _LARGEST_TABLE else SearchLookup(runs)


def _extent(ranges: Sequence[tuple[int, int]]) -> int:
    """Return the first lumisection from which on nothing changes any more."""
    first, last = ranges[-1]
    return first if last == LARGEST else last + 1


class TableLookup:
    """A bit for each lumisection of each run, one run after the other, and where each run begins.

    Parameters
    ----------
    runs : sequence of (run_number, ranges)
        As for `make_lookup`.

    Notes
    -----
    The last bit of a run holds for all lumisections beyond; the row after those of all run numbers is that of a run without any.
    """

    def __init__(self, runs: Runs) -> None:
        import numpy as np

        self._first_run = runs[0][0] if runs else 1
        self._n_runs = runs[-1][0] - self._first_run + 1 if runs else 0
        # Indices in the type that gathers need, which saves converting them for each piece.
        self._starts, self._extents = (np.zeros(self._n_runs + 1, np.int64) for _ in range(2))
        start = 1  # bit 0 is the only one of all runs that are not there
        for run_number, ranges in runs:
            row = run_number - self._first_run
            self._starts[row], self._extents[row] = start, _extent(ranges)
            start += _extent(ranges) + 1
        self._bits = np.zeros(start, np.bool_)
        for run_number, ranges in runs:
            offset = self._starts[run_number - self._first_run]
            for first, last in ranges:
                # An open range ends with the run's last bit.
                self._bits[offset + first : offset + min(last, _extent(ranges)) + 1] = True

    def find(self, runs: npt.NDArray[Any], lumisections: npt.NDArray[Any], found: npt.NDArray[np.bool_]) -> None:
        """Write the answers for flat arrays of integers."""
        import numpy as np

        first_run, n_runs = np.uint32(self._first_run), np.uint32(self._n_runs)
        # Written to again and again: memory that is new for each piece costs more than what is computed.
        numbers = np.empty(_PIECE, np.uint32)
        rows, places, starts = (np.empty(_PIECE, np.int64) for _ in range(3))
        for piece in _pieces(found.size):
            size = piece.stop - piece.start
            row, place, start = rows[:size], places[:size], starts[:size]
            # Runs before the first one wrap around and become large, so one comparison is enough for both sides.
            np.subtract(_unsigned(runs[piece]), first_run, out=numbers[:size])
            np.minimum(numbers[:size], n_runs, out=row)
            # Nothing is out of bounds; to have that checked again would cost a copy.
            self._extents.take(row, out=place, mode="clip")
            np.minimum(place, _unsigned(lumisections[piece]), out=place)
            place += self._starts.take(row, out=start, mode="clip")
            self._bits.take(place, out=found[piece], mode="clip")


class SearchLookup:
    """All ranges on one line of numbers, as half-open edges: in, out, in, out, …; a binary search a pair.

    A lumisection's number on the line is its run in the high 32 bits and itself, counted from 0, in the low ones: counted from 0
    even the last edge of the last run fits.
    """

    def __init__(self, runs: Runs) -> None:
        import numpy as np

        edges = [
            edge
            for run_number, ranges in runs
            for first, last in ranges
            for edge in ((run_number << 32) + first - 1, (run_number << 32) + last)
        ]
        self._edges = np.array(edges, dtype=np.uint64)

    def find(self, runs: npt.NDArray[Any], lumisections: npt.NDArray[Any], found: npt.NDArray[np.bool_]) -> None:
        """Write the answers for flat arrays of integers."""
        import numpy as np

        for piece in _pieces(found.size):
            run, lumisection = (_unsigned(each[piece]).astype(np.uint64) for each in (runs, lumisections))
            inside = np.searchsorted(self._edges, (run << np.uint64(32)) + (lumisection - np.uint64(1)), side="right") & 1
            np.logical_and(inside, lumisection > 0, out=found[piece])


def _pieces(size: int) -> Iterator[slice]:
    return (slice(start, min(start + _PIECE, size)) for start in range(0, size, _PIECE))


def contains(lookup: Lookup, runs: Any, lumisections: Any) -> npt.NDArray[np.bool_]:
    """Tell for each pair of run and lumisection whether it is in a mask.

    Parameters
    ----------
    lookup : Lookup
        From `make_lookup`.
    runs, lumisections : array_like of int
        Of one shape, or of shapes that broadcast.

    Raises
    ------
    RangeError
        They are no integers, or their shapes do not fit together.
    """
    import numpy as np

    run_array, lumisection_array = _integers("runs", runs), _integers("lumisections", lumisections)
    try:
        run_array, lumisection_array = np.broadcast_arrays(run_array, lumisection_array)
    except ValueError:
        shapes = f"runs has shape {run_array.shape}, lumisections {lumisection_array.shape}"
        raise RangeError(f"{shapes}: one lumisection is needed for each run") from None
    found = np.empty(run_array.shape, np.bool_)
    lookup.find(run_array.reshape(-1), lumisection_array.reshape(-1), found.reshape(-1))
    return found


def pair_array(runs: Runs) -> npt.NDArray[np.int64]:
    """Return all pairs of run and lumisection as an array of shape (n, 2), ascending."""
    import numpy as np

    firsts = np.array([first for _, ranges in runs for first, _ in ranges], np.int64)
    counts = np.array([last for _, ranges in runs for _, last in ranges], np.int64) - firsts + 1
    numbers = np.array([run_number for run_number, ranges in runs for _ in ranges], np.int64)
    pairs = np.empty((int(counts.sum()), 2), np.int64)
    pairs[:, 0] = np.repeat(numbers, counts)
    pairs[:, 1] = np.arange(len(pairs)) - np.repeat(np.cumsum(counts) - counts - firsts, counts)
    return pairs


def _unsigned(numbers: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return integers of any type as unsigned ones of 32 or 64 bits; what no run or lumisection can have becomes 0."""
    import numpy as np

    if numbers.dtype.kind == "u" and numbers.dtype.itemsize <= 4:
        return numbers.astype(np.uint32, copy=False)
    # Negative numbers become large ones.
    wide = numbers.astype(np.uint64) if numbers.dtype.kind == "u" else numbers.astype(np.int64, copy=False).view(np.uint64)
    return np.where(wide <= LARGEST, wide, np.uint64(0)).astype(np.uint32)


def _integers(name: str, values: Any) -> npt.NDArray[Any]:
    """Return values as an array of integers, or refuse them: floats may have lost digits, or hold NaN."""
    import numpy as np

    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        if array.size:
            raise RangeError(f"{name} must be integers, not {array.dtype}; convert them if that loses nothing", ranges=values)
        array = array.astype(np.int64)
    return array
