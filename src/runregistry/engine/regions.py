"""Sets of positions, and what ``and``, ``or`` and ``!`` make of them.

A region is held by its edges, or by those of its complement: whether lumisections that no piece covers belong to it then costs
nothing, and ``!`` neither. Any number of regions are combined at once, by one sort of all their edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from runregistry.engine.columns import Column, IntArray, Line

__all__ = ["EVERYWHERE", "NOWHERE", "Region", "all_of", "any_of", "complete", "joined", "opposite", "within"]

_NONE: IntArray = np.zeros(0, dtype=np.int64)
# Before and behind everything that can lie on the line.
_BEFORE, _BEHIND = np.array([-1]), np.array([2**60])


class Region(NamedTuple):
    """A set of positions.

    Attributes
    ----------
    starts, stops : array of int64, shape (n,)
        Half-open pieces: sorted, disjoint, none empty; they may touch.
    inverted : bool
        True if the set is what the pieces leave out.
    """

    starts: IntArray
    stops: IntArray
    inverted: bool = False


NOWHERE = Region(_NONE, _NONE)
EVERYWHERE = Region(_NONE, _NONE, inverted=True)


def opposite(region: Region) -> Region:
    """Return what is not in a region."""
    return region._replace(inverted=not region.inverted)


def all_of(regions: Sequence[Region]) -> Region:
    """Return what is in every one of some regions.

    Examples
    --------
    >>> one, other = (Region(np.array([0, 6]), np.array([4, 9]), inverted) for inverted in (False, True))
    >>> all_of([one, Region(np.array([2]), np.array([7]))])
    Region(starts=array([2, 6]), stops=array([4, 7]), inverted=False)
    >>> all_of([other, Region(np.array([2]), np.array([7]))])
    Region(starts=array([4]), stops=array([6]), inverted=False)
    """
    inside = [region for region in regions if not region.inverted]
    outside = [region for region in regions if region.inverted and len(region.starts)]
    if not inside:
        return opposite(_union(outside))
    if outside:
        left_out = _union(outside)
        inside.append(Region(np.concatenate([_BEFORE, left_out.stops]), np.concatenate([left_out.starts, _BEHIND])))
    return _common(inside)


def any_of(regions: Sequence[Region]) -> Region:
    """Return what is in at least one of some regions.

    Examples
    --------
    >>> any_of([Region(np.array([0]), np.array([4])), Region(np.array([2, 6]), np.array([5, 7]))])
    Region(starts=array([0, 6]), stops=array([5, 7]), inverted=False)
    """
    return opposite(all_of([opposite(region) for region in regions]))


def within(region: Region, starts: IntArray, stops: IntArray) -> tuple[IntArray, IntArray]:
    """Return what a region has of some pieces (sorted, disjoint): pieces that never touch each other.

    Examples
    --------
    >>> within(Region(np.array([2, 3]), np.array([3, 5]), inverted=False), np.array([0]), np.array([9]))
    (array([2]), array([5]))
    """
    found = all_of([Region(starts, stops), region])
    return joined(found.starts, found.stops)


def joined(starts: IntArray, stops: IntArray) -> tuple[IntArray, IntArray]:
    """Join pieces that touch."""
    apart = starts[1:] != stops[:-1]
    if apart.all():
        return starts, stops
    begins = np.concatenate([[True], apart])
    return starts[begins], stops[np.append(begins[1:], True)]


def complete(column: Column, line: Line) -> Column:
    """Give a column of distinct values pieces of number 0, `ABSENT`, where rules see a lumisection that it has no value for."""
    gaps = all_of([Region(line.starts, line.stops), Region(column.starts, column.stops, inverted=True)])
    if not len(gaps.starts):
        return column
    starts = np.concatenate([column.starts, gaps.starts])
    order = np.argsort(starts, kind="stable")
    stops = np.concatenate([column.stops, gaps.stops])[order]
    codes = np.concatenate([column.codes, np.zeros(len(gaps.starts), dtype=np.int64)])[order]
    counts = column.counts + np.bincount(line.owner(gaps.starts), minlength=len(column.counts))
    return Column(counts, starts[order], stops, codes, column.values)


def _common(regions: Sequence[Region]) -> Region:
    """Intersect pieces: what is common begins where the last of all regions begins, and goes on to the next edge."""
    if len(regions) == 1:
        return regions[0]
    if not all(len(region.starts) for region in regions):
        return NOWHERE
    # The lowest bit tells an end (0) from a beginning (1); at one position ends come first.
    edges = np.concatenate([part for region in regions for part in (region.starts * 2 + 1, region.stops * 2)])
    edges.sort(kind="stable")  # as fast as merging, for that is what it is
    full = np.flatnonzero(np.cumsum((edges & 1) * 2 - 1) == len(regions))
    return Region(edges[full] >> 1, edges[full + 1] >> 1)


def _union(regions: Sequence[Region]) -> Region:
    """Unite pieces; those that overlap or touch become one."""
    if not regions:
        return NOWHERE
    # Here beginnings (0) come first, so that what touches is one.
    edges = np.concatenate([part for region in regions for part in (region.starts * 2, region.stops * 2 + 1)])
    edges.sort(kind="stable")  # as fast as merging, for that is what it is
    ends = np.flatnonzero(np.cumsum(1 - (edges & 1) * 2) == 0)
    begins = np.concatenate([np.zeros(1, dtype=np.int64), ends[:-1] + 1])
    return Region(edges[begins] >> 1, edges[ends] >> 1)
