from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from runregistry.errors import RangeError
from runregistry.lumis import LumiRanges
from runregistry.lumis.checks import LARGEST


@pytest.mark.parametrize(
    ("given", "normal"),
    [
        ([], []),
        ([[15, 15], [1, 14]], [(1, 15)]),
        ([(5, 6), (1, 2)], [(1, 2), (5, 6)]),
        ([(1, 2), (3, 4)], [(1, 4)]),
        ([(1, 10), (2, 3)], [(1, 10)]),
        ([(1, 5), (4, 9), (9, 9)], [(1, 9)]),
        ([(1, 5), (1, 5)], [(1, 5)]),
        ([(1, 1), (3, 3)], [(1, 1), (3, 3)]),
    ],
)
def test_ranges_are_sorted_and_joined_however_they_are_written(given: list, normal: list) -> None:
    assert list(LumiRanges(given).ranges) == normal


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([[1, 2], [15, 3]], "run 314487, range 2: [15, 3] is reversed; write [3, 15]"),
        ([[0, 3]], "run 314487, range 1: [0, 3] goes below 1"),
        ([[5, -1]], "run 314487, range 1: [5, -1] goes below 1"),
        ([[3.0, 5]], "run 314487, range 1: [3.0, 5] holds 3.0, which is no whole number"),
        ([[1, float("nan")]], "range 1: [1, NaN] holds NaN"),
        ([[True, 5]], "range 1: [true, 5] holds true"),
        ([["1", "5"]], 'range 1: ["1", "5"] holds "1"'),
        ([[1, None]], "range 1: [1, null] holds null"),
        ([[1, 2, 3]], "range 1: [1, 2, 3] is no pair [first, last]"),
        ([[1]], "range 1: [1] is no pair"),
        ([[]], "range 1: [] is no pair"),
        ([1, 5], "range 1: 1 is no pair"),
        (["15"], 'range 1: "15" is no pair'),
        ([{"first": 1, "last": 2}], "is no pair"),
        ([[-1]], "run 314487, range 1: [-1] means all lumisections of the run"),
        ([[1, LARGEST + 1]], f"goes beyond {LARGEST}"),
        ([[1, 10**5000]], f"goes beyond {LARGEST}"),
        ("1-5", 'run 314487: "1-5" is no list of ranges'),
        ({"1": 5}, "run 314487: "),
        (5, "run 314487: 5 is no list of ranges"),
        (None, "run 314487: null is no list of ranges"),
    ],
)
def test_what_is_no_range_is_refused_with_its_place(given: object, says: str) -> None:
    with pytest.raises(RangeError) as caught:
        LumiRanges(given, run_number=314487)
    assert says in str(caught.value)
    assert caught.value.run_number == 314487


def test_the_error_carries_the_wrong_range() -> None:
    with pytest.raises(RangeError) as caught:
        LumiRanges([[1, 2], [15, 3]])
    assert caught.value.ranges == [15, 3]
    assert str(caught.value).startswith("range 2: ")


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(RangeError) as caught:
        LumiRanges([list(range(1000))])
    assert len(str(caught.value)) < 200


def test_numpy_integers_become_plain_ones() -> None:
    ranges = LumiRanges(np.array([[4, 6], [1, 2]], dtype=np.uint32))
    assert ranges == LumiRanges([(1, 2), (4, 6)])
    assert {type(bound) for pair in ranges for bound in pair} == {int}


def test_a_numpy_bool_is_no_lumisection() -> None:
    with pytest.raises(RangeError, match="no whole number"):
        LumiRanges([(np.True_, 5)])


def test_the_largest_lumisection_is_accepted() -> None:
    assert LumiRanges([(1, LARGEST)]).ranges == ((1, LARGEST),)


def test_numbers_make_ranges_in_any_order() -> None:
    assert LumiRanges.from_numbers([9, 3, 1, 2, 2]) == LumiRanges([(1, 3), (9, 9)])
    assert LumiRanges.from_numbers(np.array([7, 8])).to_list() == [[7, 8]]
    assert not LumiRanges.from_numbers([])


@pytest.mark.parametrize("wrong", [0, -3, 2.0, True, "4", None, LARGEST + 1])
def test_a_number_that_is_no_lumisection_is_refused(wrong: object) -> None:
    with pytest.raises(RangeError, match=r"run 5: .* is no lumisection") as caught:
        LumiRanges.from_numbers([1, wrong], run_number=5)
    assert caught.value.ranges is wrong


def test_numbers_come_back_in_order() -> None:
    assert list(LumiRanges([(5, 6), (1, 2)]).numbers()) == [1, 2, 5, 6]


def test_iterating_gives_ranges_and_len_counts_lumisections() -> None:
    ranges = LumiRanges([(1, 3), (7, 7)])
    assert list(ranges) == [(1, 3), (7, 7)]
    assert len(ranges) == 4
    assert ranges.n_ranges == 2
    assert (ranges.first, ranges.last) == (1, 7)


def test_no_lumisections_are_false_and_have_no_first_one() -> None:
    empty = LumiRanges()
    assert not empty
    assert len(empty) == 0
    for bound in ("first", "last"):
        with pytest.raises(RangeError, match=f"no {bound} lumisection"):
            getattr(empty, bound)


@pytest.mark.parametrize(("number", "there"), [(0, False), (1, True), (3, True), (4, False), (7, True), (8, False)])
def test_in_looks_at_both_closed_ends(number: int, there: bool) -> None:
    assert (number in LumiRanges([(1, 3), (7, 7)])) is there


@pytest.mark.parametrize("other", [2.5, 2.0, "2", True, None, (1, 3), [2]])
def test_what_is_no_whole_number_is_never_in(other: object) -> None:
    assert other not in LumiRanges([(1, 3)])


def test_numpy_integers_can_be_in() -> None:
    assert np.int32(2) in LumiRanges([(1, 3)])


def test_operators_speak_of_lumisections() -> None:
    one, other = LumiRanges([(1, 5), (8, 9)]), LumiRanges([(4, 8)])
    assert (one & other).to_list() == [[4, 5], [8, 8]]
    assert (one | other).to_list() == [[1, 9]]
    assert (one - other).to_list() == [[1, 3], [9, 9]]
    assert (one ^ other).to_list() == [[1, 3], [6, 7], [9, 9]]


def test_a_subset_is_told_across_range_borders() -> None:
    small, large = LumiRanges([(1, 2), (4, 5)]), LumiRanges([(1, 5)])
    assert small <= large
    assert small < large
    assert large >= small
    assert large > small
    assert not large <= small
    assert large <= LumiRanges([(1, 3), (4, 5)])
    assert not large < LumiRanges([(1, 5)])


def test_disjoint_ranges_may_touch() -> None:
    assert LumiRanges([(1, 2)]).isdisjoint(LumiRanges([(3, 4)]))
    assert not LumiRanges([(1, 3)]).isdisjoint(LumiRanges([(3, 4)]))


def test_a_complement_needs_a_known_extent() -> None:
    ranges = LumiRanges([(3, 5), (9, 12)])
    assert ranges.complement(10).to_list() == [[1, 2], [6, 8]]
    assert ranges.complement(LumiRanges([(5, 6)])).to_list() == [[6, 6]]
    with pytest.raises(RangeError, match=r"complement\(known\)"):
        _ = ~ranges


@pytest.mark.parametrize("operator", ["__and__", "__or__", "__sub__", "__xor__", "__le__", "__lt__"])
def test_operators_with_anything_else_are_not_defined(operator: str) -> None:
    assert getattr(LumiRanges([(1, 2)]), operator)([(1, 2)]) is NotImplemented
    with pytest.raises(TypeError):
        LumiRanges([(1, 2)]) | [(1, 2)]  # type: ignore[operator]


def test_equal_sets_are_equal_and_hash_alike_however_they_were_written() -> None:
    one, other = LumiRanges([(15, 15), (1, 14)]), LumiRanges([(1, 15)])
    assert one == other
    assert hash(one) == hash(other)
    assert one != LumiRanges([(1, 14)])
    assert one != [(1, 15)]


def test_ranges_can_not_be_changed() -> None:
    ranges = LumiRanges([(1, 2)])
    with pytest.raises(AttributeError):
        ranges.first = 3  # type: ignore[misc]
    with pytest.raises(AttributeError):
        ranges.note = "x"  # type: ignore[attr-defined]
    ranges.to_list()[0][0] = 2
    assert ranges == LumiRanges([(1, 2)])


def test_copies_and_pickles_are_equal() -> None:
    ranges = LumiRanges([(1, 2), (9, 9)])
    assert pickle.loads(pickle.dumps(ranges)) == ranges
    assert copy.deepcopy(ranges) == ranges
    assert LumiRanges(ranges) == ranges


def test_text_and_repr_are_short() -> None:
    assert str(LumiRanges([(1, 14), (16, 16)])) == "1-14, 16"
    assert repr(LumiRanges([(1, 14), (16, 16)])) == "LumiRanges([(1, 14), (16, 16)])"
    assert repr(LumiRanges((n, n) for n in range(1, 200, 2))) == "LumiRanges([(1, 1), (3, 3), (5, 5), … 100 ranges to 199])"
