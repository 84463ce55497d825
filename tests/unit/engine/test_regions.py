"""Regions against sets of whole numbers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.engine.regions import EVERYWHERE, NOWHERE, Region, all_of, any_of, joined, opposite, within

END = 12
few = settings(max_examples=150, deadline=None)


@st.composite
def regions_(draw: st.DrawFn) -> Region:
    """Pieces that may touch, as columns make them."""
    cuts = sorted(draw(st.sets(st.integers(0, END), max_size=8)))
    pieces = [pair for pair in pairwise(cuts) if draw(st.booleans())]
    starts, stops = (np.array([pair[place] for pair in pieces], dtype=np.int64) for place in (0, 1))
    return Region(starts, stops, draw(st.booleans()))


def numbers(region: Region) -> set[int]:
    covered = {number for start, stop in zip(region.starts, region.stops, strict=True) for number in range(start, stop)}
    return set(range(END)) - covered if region.inverted else covered


@few
@given(st.lists(regions_(), min_size=1, max_size=4))
def test_what_is_in_all_and_in_any(regions: list[Region]) -> None:
    sets = list(map(numbers, regions))
    assert numbers(all_of(regions)) == set.intersection(*sets)
    assert numbers(any_of(regions)) == set.union(*sets)


@few
@given(regions_())
def test_the_opposite_is_the_rest(region: Region) -> None:
    assert numbers(opposite(region)) == set(range(END)) - numbers(region)


@few
@given(regions_(), regions_())
def test_what_lies_within_pieces_is_sorted_and_never_touches(region: Region, pieces: Region) -> None:
    starts, stops = within(region, *joined(pieces.starts, pieces.stops))
    assert numbers(Region(starts, stops)) == numbers(region) & numbers(pieces._replace(inverted=False))
    assert (starts < stops).all()
    assert (stops[:-1] < starts[1:]).all()


def test_everywhere_and_nowhere() -> None:
    some = Region(np.array([3]), np.array([5]))
    assert numbers(all_of([EVERYWHERE, some])) == {3, 4}
    assert numbers(all_of([NOWHERE, some])) == set()
    assert numbers(any_of([NOWHERE, some])) == {3, 4}
    assert numbers(all_of([EVERYWHERE, EVERYWHERE])) == set(range(END))
