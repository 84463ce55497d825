"""Lumisections as stretches: neighbours that are alike are read once, and only numbers are made for the rest.

A run has hundreds of lumisections and dozens of components, but few different rows: this is why a table of millions of rows takes
seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from runregistry.client.frames.columns import FIRST, LAST, LUMISECTION_NUMBER
from runregistry.client.frames.frame import Series, as_mapping
from runregistry.client.frames.kinds import Kind, Shape
from runregistry.client.frames.parts import Part, dataset_series
from runregistry.client.frames.values import Troubles, read_values
from runregistry.errors import RangeError, UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

    Int64: TypeAlias = npt.NDArray[np.int64]
    Int32: TypeAlias = npt.NDArray[np.int32]

__all__ = ["BOUNDS", "Stretches", "from_entries", "joined", "place_series", "stretches_of"]

BOUNDS = frozenset({FIRST.key, LAST.key})
_MOST_ROWS = 2**31 - 1  # of an index of 32 bits; a run has thousands of lumisections


class Stretches(NamedTuple):
    """Stretches of lumisections of one or more parts; the lists are of the same length.

    Attributes
    ----------
    elements : list
        What holds in each, as on the wire.
    bounds : tuple of two lists
        First and last lumisection of each, or None where the wire does not say.
    sizes : list of int
        Lumisections of each.
    steps : list of int
        From one lumisection to the next: 1, except in a slice of every other one.
    parts : list of int
        Which part each is of.
    """

    elements: list[Mapping[str, Any]]
    bounds: tuple[list[int | None], list[int | None]]
    sizes: list[int]
    steps: list[int]
    parts: list[int]

    def rows(self, shape: Shape) -> Int32:
        """Return which stretch each row is of.

        Raises
        ------
        RangeError
            The ranges are absurdly long: the registry does not check them.
        """
        index = np.arange(len(self.elements), dtype=np.int32)
        if shape.per == "range":
            return index
        if sum(self.sizes) > _MOST_ROWS:
            longest = self.sizes.index(max(self.sizes))
            bounds = [limits[longest] for limits in self.bounds]
            raise RangeError(f"{sum(self.sizes)} lumisections are no table; the longest range is {bounds}", ranges=bounds)
        return np.repeat(index, self.sizes)

    def numbers(self) -> Int64:
        """Return the number of each lumisection; not to be asked for before `rows` allowed it."""
        sizes = np.array(self.sizes, dtype=np.int64)
        starts = np.array([0 if first is None else first for first in self.bounds[0]], dtype=np.int64)
        within = np.arange(sizes.sum(), dtype=np.int64) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        numbers: Int64 = np.repeat(starts, sizes) + within * np.repeat(np.array(self.steps, dtype=np.int64), sizes)
        return numbers


def joined(parts: Iterable[Stretches]) -> Stretches:
    """Put the stretches of several parts behind each other."""
    whole = Stretches([], ([], []), [], [], [])
    for part in parts:
        whole.elements.extend(part.elements)
        for limits, more in zip(whole.bounds, part.bounds, strict=True):
            limits.extend(more)
        whole.sizes.extend(part.sizes)
        whole.steps.extend(part.steps)
        whole.parts.extend(part.parts)
    return whole


def stretches_of(part: Part, number: int, troubles: Troubles) -> Stretches:
    """Return the stretches of one part, which is the number-th."""
    return _READERS[part.kind](part, number, troubles)


def place_series(parts: Sequence[Part], places: Stretches, rows: Int32, shape: Shape, troubles: Troubles) -> list[Series]:
    """Return the columns that say which lumisections of which dataset a row is about; ``rows`` is as of `Stretches.rows`."""
    keys = dataset_series(parts, np.array(places.parts, dtype=np.int32)[rows], troubles)
    if shape.per == "range":
        first, last = (Series(column, values) for column, values in zip((FIRST, LAST), places.bounds, strict=True))
        return [*keys, first, last]
    return [*keys, Series(LUMISECTION_NUMBER, places.numbers())]


def _from_list(part: Part, number: int, troubles: Troubles) -> Stretches:
    """Read a list with one element a lumisection."""
    numbers = part.context["lumisection_numbers"]
    if len(numbers) != len(part.rows):
        raise UsageError(
            f"these {part.kind} had {len(numbers)} rows when they were read and have {len(part.rows)} now, so that nobody "
            "knows which lumisection is which; take a slice, or make the table first and change that"
        )
    elements: list[Mapping[str, Any]] = []
    firsts: list[int | None] = []
    sizes: list[int] = []
    previous: Any = None
    for lumisection, row in zip(numbers, part.rows, strict=True):
        if sizes and row == previous:
            sizes[-1] += 1
        else:
            elements.append(as_mapping(row))
            firsts.append(lumisection)
            sizes.append(1)
        previous = row
    lasts = [None] * len(sizes)  # only ranges have them
    return Stretches(elements, (firsts, [*lasts]), sizes, [numbers.step] * len(sizes), [number] * len(sizes))


def _from_ranges(part: Part, number: int, troubles: Troubles) -> Stretches:
    """Read a list with one element a range."""
    return from_entries([as_mapping(row) for row in part.rows], number, troubles)


def from_entries(rows: list[Mapping[str, Any]], number: int, troubles: Troubles) -> Stretches:
    """Return the stretches of rows with ``start`` and ``end``; one without them has no lumisections."""
    firsts, lasts = (list(read_values([row.get(column.key) for row in rows], column, troubles)) for column in (FIRST, LAST))
    known = zip(firsts, lasts, strict=True)
    sizes = [0 if first is None or last is None else max(last - first + 1, 0) for first, last in known]
    return Stretches(rows, (firsts, lasts), sizes, [1] * len(rows), [number] * len(rows))


_READERS: Mapping[Kind, Callable[[Part, int, Troubles], Stretches]] = MappingProxyType(
    {
        Kind.LUMISECTIONS: _from_list,
        Kind.OMS_LUMISECTIONS: _from_list,
        Kind.RANGES: _from_ranges,
        Kind.OMS_RANGES: _from_ranges,
        Kind.JOINT_RANGES: _from_ranges,
    }
)
