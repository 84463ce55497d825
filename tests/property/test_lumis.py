"""The algebra of lumisections against Python's own sets."""

from __future__ import annotations

import itertools
import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.lumis import LumiMask, LumiRanges

EXTENT = 40
Pairs = set[tuple[int, int]]

few = settings(max_examples=60, deadline=None)
written_ranges = st.lists(
    st.tuples(st.integers(1, EXTENT), st.integers(1, EXTENT)).map(lambda pair: (min(pair), max(pair))), max_size=6
)
ranges_ = written_ranges.map(LumiRanges)
written_masks = st.dictionaries(st.integers(1, 4), written_ranges, max_size=4)
masks = written_masks.map(LumiMask)


def lumisections_of(ranges: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def pairs_of(written: dict[int, list[tuple[int, int]]]) -> Pairs:
    return {(run, number) for run, ranges in written.items() for number in lumisections_of(ranges)}


@few
@given(written_ranges)
def test_ranges_hold_what_was_written_in_normal_form(written: list[tuple[int, int]]) -> None:
    ranges = LumiRanges(written)
    numbers = lumisections_of(written)
    assert set(ranges.numbers()) == numbers
    assert len(ranges) == len(numbers)
    assert ranges == LumiRanges.from_numbers(numbers)
    assert all(first <= last for first, last in ranges)
    assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(ranges.ranges))
    assert [number for number in range(EXTENT + 2) if number in ranges] == sorted(numbers)


@few
@given(written_ranges, written_ranges)
def test_ranges_agree_with_sets(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    a, b = LumiRanges(one), LumiRanges(other)
    x, y = lumisections_of(one), lumisections_of(other)
    assert set((a & b).numbers()) == x & y
    assert set((a | b).numbers()) == x | y
    assert set((a - b).numbers()) == x - y
    assert set((a ^ b).numbers()) == x ^ y
    assert (a <= b, a < b, a >= b, a > b, a == b) == (x <= y, x < y, x >= y, x > y, x == y)
    assert a.isdisjoint(b) == x.isdisjoint(y)
    for result in (a & b, a | b, a - b, a ^ b):
        assert result == LumiRanges(result.ranges), "not in normal form"


@few
@given(written_masks, written_masks)
def test_masks_agree_with_sets_of_pairs(one: dict, other: dict) -> None:
    a, b = LumiMask(one), LumiMask(other)
    x, y = pairs_of(one), pairs_of(other)
    assert set(a.pairs()) == x
    assert a.n_lumisections == len(x)
    assert set((a & b).pairs()) == x & y
    assert set((a | b).pairs()) == x | y
    assert set((a - b).pairs()) == x - y
    assert set((a ^ b).pairs()) == x ^ y
    assert (a <= b, a < b, a >= b, a > b, a == b) == (x <= y, x < y, x >= y, x > y, x == y)
    assert a.isdisjoint(b) == x.isdisjoint(y)
    for result in (a & b, a | b, a - b, a ^ b):
        assert all(result[run] for run in result), "a run without lumisections"
        assert list(result) == sorted(result)


@few
@given(st.one_of(st.tuples(ranges_, ranges_, ranges_), st.tuples(masks, masks, masks)))
def test_the_laws_of_sets_hold(three: tuple) -> None:
    a, b, c = three
    assert a & b == b & a
    assert a | b == b | a
    assert a ^ b == b ^ a
    assert (a & b) & c == a & (b & c)
    assert (a | b) | c == a | (b | c)
    assert (a ^ b) ^ c == a ^ (b ^ c)
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)
    assert a & a == a | a == a
    assert a | (a & b) == a & (a | b) == a
    assert a - b == a - (a & b)
    assert (a - b) | (a & b) == a
    assert (a - b).isdisjoint(b)
    assert a ^ b == (a - b) | (b - a)
    assert not a - a
    assert not a ^ a


@few
@given(st.one_of(st.tuples(ranges_, ranges_, ranges_), st.tuples(masks, masks, masks)))
def test_de_morgan_holds_within_what_is_known(three: tuple) -> None:
    a, b, known = three
    assert (a | b).complement(known) == a.complement(known) & b.complement(known)
    assert (a & b).complement(known) == a.complement(known) | b.complement(known)
    assert a.complement(known).complement(known) == a & known


@few
@given(ranges_)
def test_a_complement_up_to_the_last_lumisection_fills_the_run(ranges: LumiRanges) -> None:
    rest = ranges.complement(EXTENT)
    assert rest.isdisjoint(ranges)
    assert rest | ranges == LumiRanges([(1, EXTENT)])


@few
@given(masks, st.lists(st.tuples(st.integers(-1, 6), st.integers(-1, EXTENT + 2)), max_size=30))
def test_arrays_agree_with_one_pair_at_a_time(mask: LumiMask, pairs: list[tuple[int, int]]) -> None:
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    assert mask.contains(columns[:, 0], columns[:, 1]).tolist() == [pair in mask for pair in pairs]


@few
@given(written_masks)
def test_json_gives_back_the_same_mask(written: dict) -> None:
    mask = LumiMask(written)
    as_written = json.dumps({str(run): ranges for run, ranges in written.items()})
    assert LumiMask.from_json(as_written) == mask
    assert LumiMask.from_json(mask.to_json()) == LumiMask.from_json(mask.to_dict()) == mask
    assert LumiMask.from_json(mask.to_json()).to_json() == mask.to_json()
    assert hash(LumiMask.from_json(mask.to_json())) == hash(mask)


@few
@given(masks, masks)
def test_a_diff_leads_from_one_mask_to_the_other(old: LumiMask, new: LumiMask) -> None:
    change = old.diff(new)
    assert (old - change.removed) | change.added == new
    assert bool(change) == (old != new)
    assert set(change.by_run()) == {run for run in {*old, *new} if old.get(run) != new.get(run)}
