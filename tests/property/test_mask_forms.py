"""Masks as texts, open masks, and look-ups in arrays: against what defines them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.lumis import LumiMask, LumiRanges, arrays
from runregistry.lumis.checks import LARGEST
from runregistry.lumis.forms import FORMS

EXTENT = 30
BEYOND = 1000  # stands for all lumisections after the last edge

few = settings(max_examples=60)
closed_range = st.tuples(st.integers(1, EXTENT), st.integers(1, EXTENT)).map(lambda pair: (min(pair), max(pair)))
open_range = st.integers(1, EXTENT).map(lambda first: (first, LARGEST))
closed_masks = st.dictionaries(st.integers(1, 5), st.lists(closed_range, max_size=4), max_size=4).map(LumiMask)
masks = st.dictionaries(st.integers(1, 5), st.lists(closed_range | open_range, max_size=4), max_size=4).map(LumiMask)


def sample(mask: LumiMask) -> set[tuple[int, int]]:
    """What of a small world, and of what lies beyond it, is in a mask."""
    return {(run, number) for run in range(1, 6) for number in [*range(1, EXTENT + 2), BEYOND, LARGEST] if (run, number) in mask}


@few
@given(masks, masks)
def test_open_masks_are_sets_too(one: LumiMask, other: LumiMask) -> None:
    x, y = sample(one), sample(other)
    assert sample(one & other) == x & y
    assert sample(one | other) == x | y
    assert sample(one - other) == x - y
    assert sample(one ^ other) == x ^ y
    assert (one <= other) == (x <= y)
    assert (one == other) == (x == y)
    assert one.isdisjoint(other) == x.isdisjoint(y)
    assert set(one.open_runs) == {run for run, number in x if number == BEYOND}


@few
@given(masks, masks, masks)
def test_the_laws_of_sets_hold_for_open_masks(a: LumiMask, b: LumiMask, c: LumiMask) -> None:
    whole = LumiMask(dict.fromkeys(range(1, 6), LumiRanges.since()))
    assert a & whole == a
    assert a | whole == whole
    assert whole - (whole - a) == a
    assert whole - (a | b) == (whole - a) & (whole - b)
    assert a & (b | c) == (a & b) | (a & c)
    assert (a - b) | (a & b) == a
    assert a ^ b == (a | b) - (a & b)


@few
@given(masks)
def test_open_masks_come_back_from_texts(mask: LumiMask) -> None:
    for form in ("json", "compact", "cmssw", "csv"):
        assert LumiMask.from_text(mask.to_text(form), form) == mask
    assert LumiMask.from_json(mask.to_dict()) == mask
    assert not LumiMask.problems(mask.to_json())


@few
@given(closed_masks.filter(bool), st.sampled_from(FORMS))
def test_masks_come_back_from_every_text_without_its_form_being_told(mask: LumiMask, form: str) -> None:
    assert LumiMask.from_text(mask.to_text(form)) == mask


@few
@given(closed_masks)
def test_pairs_are_those_of_sets(mask: LumiMask) -> None:
    assert [tuple(pair) for pair in mask.pair_array().tolist()] == sorted(sample(mask))
    assert LumiMask.from_pairs(mask.pair_array()) == mask


@few
@given(masks, st.sampled_from(["uint8", "int16", "int32", "uint32", "int64", "uint64", ">u4", ">i8"]))
def test_both_look_ups_find_what_is_in_the_mask(mask: LumiMask, dtype: str) -> None:
    runs, numbers = (each.ravel().astype(dtype) for each in np.meshgrid(np.arange(0, 8), np.arange(0, EXTENT + 3)))
    expected = [(int(run), int(number)) in mask for run, number in zip(runs, numbers, strict=True)]
    assert mask(runs, numbers).tolist() == expected
    searched = np.empty(len(runs), bool)
    arrays.SearchLookup(mask._ranges_of_runs()).find(runs, numbers, searched)
    assert searched.tolist() == expected


@pytest.mark.parametrize("size", [0, 1, arrays._PIECE - 1, arrays._PIECE, arrays._PIECE + 1, 3 * arrays._PIECE + 7])
def test_pieces_join_without_gaps(size: int) -> None:
    mask = LumiMask({7: [(2, 5), (9, LARGEST)], 4_000_000: [(1, 1)]})
    random = np.random.default_rng(size)
    runs, numbers = random.choice(np.array([6, 7, 8, 4_000_000]), size), random.integers(0, 20, size)
    expected = ((runs == 7) & (((numbers >= 2) & (numbers <= 5)) | (numbers >= 9))) | ((runs == 4_000_000) & (numbers == 1))
    assert np.array_equal(mask(runs, numbers), expected)


def test_numbers_that_lie_far_apart_are_searched_and_others_looked_up() -> None:
    near, far = LumiMask({1: [(1, 5)], 400_000: [(1, LARGEST)]}), LumiMask({1: [(1, 5)], LARGEST: [(1, 5)]})
    long = LumiMask({1: [(1, 5), (10**9, 10**9 + 5)]})
    kinds = [type(arrays.make_lookup(mask._ranges_of_runs())) for mask in (near, far, long, LumiMask())]
    assert kinds == [arrays.TableLookup, arrays.SearchLookup, arrays.SearchLookup, arrays.TableLookup]
    assert far([1, LARGEST, 2], [5, 5, 5]).tolist() == [True, True, False]
    assert long([1, 1, 1], [6, 10**9, 10**9 + 6]).tolist() == [False, True, False]
