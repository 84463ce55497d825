"""Tables of components: one row a component and lumisection or range, or a column a component."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from runregistry.client.frames.columns import COMPONENT
from runregistry.client.frames.frame import Frame, Gathered, Series, as_mapping, combine, gather
from runregistry.client.frames.kinds import Shape
from runregistry.client.frames.parts import Part
from runregistry.client.frames.stretches import BOUNDS, Stretches, from_entries, joined, place_series, stretches_of
from runregistry.client.frames.triplets import ABSENT, Triplets
from runregistry.client.frames.values import Troubles, clean
from runregistry.terms.columns import Column

if TYPE_CHECKING:
    import numpy.typing as npt

    Int32: TypeAlias = npt.NDArray[np.int32]

__all__ = ["component_ranges", "components"]


class _Block(NamedTuple):
    """The rows of one part: which place, component and triplet each has."""

    places: Int32
    components: Int32
    triplets: Int32


class _Names:
    """Components, numbered as they are met."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def numbers(self, names: Iterable[str]) -> Int32:
        return np.fromiter((self.known.setdefault(clean(str(name)), len(self.known)) for name in names), dtype=np.int32)


def components(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of the components in each lumisection or range."""
    found = [stretches_of(part, number, troubles) for number, part in enumerate(parts)]
    return _wide(parts, found, shape, troubles) if shape.wide else _tidy(parts, found, shape, troubles)


def _wide(parts: Sequence[Part], found: list[Stretches], shape: Shape, troubles: Troubles) -> Frame:
    places = joined(found)
    rows = places.rows(shape)
    columns = gather(places.elements, (), troubles, skip=BOUNDS, prefix="component", choose=_status_column)
    place = Gathered(place_series(parts, places, rows, shape, troubles), [])
    return combine(len(rows), place, columns.taken(rows))


def _status_column(name: str, values: Sequence[Any]) -> Column:
    return Column(clean(name), "status")


def _tidy(parts: Sequence[Part], found: list[Stretches], shape: Shape, troubles: Troubles) -> Frame:
    triplets, names = Triplets(), _Names()
    blocks: list[_Block] = []
    size = 0
    for stretches in found:
        rows = stretches.rows(shape)
        blocks.append(_block(stretches.elements, rows, size, triplets, names))
        size += len(rows)
    places = joined(found)
    place = place_series(parts, places, places.rows(shape), shape, troubles)
    return _framed(place, blocks, shape, triplets, names, troubles)


def _block(elements: list[Mapping[str, Any]], rows: Int32, offset: int, triplets: Triplets, names: _Names) -> _Block:
    here = [name for name in dict.fromkeys(name for element in elements for name in element) if name not in BOUNDS]
    number = triplets.number
    numbers = [number(element.get(name)) for element in elements for name in here]
    table = np.array(numbers, dtype=np.int32).reshape(len(elements), len(here))
    block = _Block(
        np.repeat(np.arange(offset, offset + len(rows), dtype=np.int32), len(here)),
        np.tile(names.numbers(here), len(rows)),
        table[rows].ravel(),
    )
    is_there = block.triplets != ABSENT
    return block if is_there.all() else _Block(*(column[is_there] for column in block))


def component_ranges(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of the ranges of each component."""
    triplets, names = Triplets(), _Names()
    found: list[Stretches] = []
    blocks: list[_Block] = []
    size = 0
    for number, part in enumerate(parts):
        pairs = list(_entries(part.rows))
        stretches = from_entries([entry for _, entry in pairs], number, troubles)
        rows = stretches.rows(shape)
        kept = np.array([triplets.number(entry) for _, entry in pairs], dtype=np.int32)
        places = np.arange(size, size + len(rows), dtype=np.int32)
        blocks.append(_Block(places, names.numbers(name for name, _ in pairs)[rows], kept[rows]))
        found.append(stretches)
        size += len(rows)
    places_of_all = joined(found)
    place = place_series(parts, places_of_all, places_of_all.rows(shape), shape, troubles)
    return _framed(place, blocks, shape, triplets, names, troubles)


def _entries(ranges: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, entries in ranges.items():
        for entry in entries if isinstance(entries, list) else ():
            yield name, as_mapping(entry)


def _framed(
    place: list[Series], blocks: list[_Block], shape: Shape, triplets: Triplets, names: _Names, troubles: Troubles
) -> Frame:
    rows = _joined_blocks(blocks)
    columns = [series.taken(rows.places) for series in place]
    # A component has ranges, and a lumisection has components.
    columns.insert(2 if shape.per == "range" else 3, Series(COMPONENT, list(names.known), rows.components))
    return combine(len(rows.places), Gathered(columns, []), triplets.series(rows.triplets, troubles))


def _joined_blocks(blocks: list[_Block]) -> _Block:
    nothing = np.zeros(0, np.int32)
    return _Block(*(np.concatenate([nothing, *(block[which] for block in blocks)]) for which in range(3)))
