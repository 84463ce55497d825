"""Pieces of the line of positions, cut by other pieces."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from runregistry.engine.columns import Bools, IntArray

__all__ = ["Cut", "cut"]


class Cut(NamedTuple):
    """Rows cut wherever a piece begins or ends.

    Attributes
    ----------
    row : array of int64, shape (n,)
        Which row a part belongs to; ascending.
    starts, stops : array of int64, shape (n,)
        The parts, half-open; together the rows.
    piece : array of int64, shape (n,)
        Which piece covers a part, -1 where none does.
    """

    row: IntArray
    starts: IntArray
    stops: IntArray
    piece: IntArray


def cut(starts: IntArray, stops: IntArray, piece_starts: IntArray, piece_stops: IntArray) -> Cut:
    """Cut rows by pieces; both half-open, sorted and disjoint.

    Examples
    --------
    >>> found = cut(np.array([0, 20]), np.array([9, 30]), np.array([4, 6]), np.array([6, 25]))
    >>> [(int(row), int(start), int(stop), int(piece)) for row, start, stop, piece in zip(*found)]
    [(0, 0, 4, -1), (0, 4, 6, 0), (0, 6, 9, 1), (1, 20, 25, 1), (1, 25, 30, -1)]
    """
    edges = np.unique(np.concatenate([starts, stops, piece_starts, piece_stops]))
    row, inside = _covering(edges, starts, stops)
    begins = np.flatnonzero(inside)
    # The last edge ends a row and never begins one, so that each kept edge has a next one.
    found_starts, found_stops = edges[begins], edges[begins + 1]
    piece, covered = _covering(found_starts, piece_starts, piece_stops)
    return Cut(row[begins], found_starts, found_stops, np.where(covered, piece, -1))


def _covering(positions: IntArray, starts: IntArray, stops: IntArray) -> tuple[IntArray, Bools]:
    """Return which piece each position may lie in, and whether it does."""
    index: IntArray = np.searchsorted(starts, positions, side="right") - 1
    if not len(starts):
        return index, np.zeros(len(positions), dtype=bool)
    return index, (index >= 0) & (positions < stops[index])
