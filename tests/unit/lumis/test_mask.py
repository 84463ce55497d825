from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

from runregistry.errors import RangeError
from runregistry.lumis import LumiMask, LumiRanges


@pytest.fixture
def golden() -> LumiMask:
    return LumiMask({3: [(1, 5)], 1: [(1, 3), (7, 9)], 2: [(4, 4)]})


def test_a_mask_is_a_mapping_sorted_by_run(golden: LumiMask) -> None:
    assert list(golden) == [1, 2, 3]
    assert golden.runs == (1, 2, 3)
    assert len(golden) == golden.n_runs == 3
    assert golden[1] == LumiRanges([(1, 3), (7, 9)])
    assert list(golden.items())[1] == (2, LumiRanges([(4, 4)]))
    assert golden.get(9) is None


def test_a_mask_counts_ranges_and_lumisections(golden: LumiMask) -> None:
    assert golden.n_ranges == 4
    assert golden.n_lumisections == 12


def test_runs_and_pairs_can_be_in_a_mask(golden: LumiMask) -> None:
    assert 2 in golden
    assert 4 not in golden
    assert (1, 7) in golden
    assert (1, 6) not in golden
    assert (4, 1) not in golden
    assert (1, 7, 7) not in golden
    assert np.int64(2) in golden


def test_a_run_that_is_not_there_is_a_key_error_that_names_it(golden: LumiMask) -> None:
    with pytest.raises(KeyError, match="run 99 is not in the mask"):
        golden[99]


def test_runs_without_lumisections_are_left_out() -> None:
    mask = LumiMask({1: [], 2: [(1, 1)]})
    assert mask.runs == (2,)
    assert mask == LumiMask({2: [(1, 1)]})
    assert not LumiMask({1: []})


def test_keys_may_be_texts_as_in_a_golden_json() -> None:
    assert LumiMask({"314487": [[1, 15]]}) == LumiMask({314487: LumiRanges([(1, 15)])})


@pytest.mark.parametrize(
    "key", ["", "run", "-5", "+5", " 5", "5 ", "007", "0", "5.0", "٣", "9" * 5000, 0, -1, 5.0, True, None, 2**32]
)
def test_a_key_that_is_no_run_number_is_refused(key: object) -> None:
    with pytest.raises(RangeError, match="is no run number") as caught:
        LumiMask({key: [(1, 2)]})
    assert caught.value.run_number == key


def test_a_run_given_as_number_and_as_text_is_refused() -> None:
    with pytest.raises(RangeError, match="run 5 is given twice"):
        LumiMask({5: [(1, 2)], "5": [(3, 4)]})


def test_a_wrong_range_is_named_with_its_run() -> None:
    with pytest.raises(RangeError, match=r"run 314487, range 2: \[15, 3\] is reversed") as caught:
        LumiMask({314487: [[1, 2], [15, 3]]})
    assert caught.value.run_number == 314487
    assert caught.value.ranges == [15, 3]


def test_pairs_make_a_mask_and_come_back(golden: LumiMask) -> None:
    pairs = list(golden.pairs())
    assert len(pairs) == 12
    assert pairs == sorted(pairs)
    assert LumiMask.from_pairs(reversed(pairs + pairs)) == golden


def test_pairs_may_be_columns_of_an_array() -> None:
    mask = LumiMask.from_pairs(zip(np.array([5, 5]), np.array([2, 1]), strict=True))
    assert mask.to_dict() == {"5": [[1, 2]]}
    assert type(mask.runs[0]) is int


def test_a_wrong_pair_names_its_run() -> None:
    with pytest.raises(RangeError, match="run 7: 0 is no lumisection"):
        LumiMask.from_pairs([(7, 1), (7, 0)])


def test_pairs_that_write_one_run_in_two_ways_are_joined() -> None:
    assert LumiMask.from_pairs([(7, 1), ("7", 2)]).to_dict() == {"7": [[1, 2]]}  # type: ignore[list-item]


def test_operators_work_run_by_run(golden: LumiMask) -> None:
    other = LumiMask({1: [(3, 7)], 4: [(1, 1)]})
    assert (golden & other).to_dict() == {"1": [[3, 3], [7, 7]]}
    assert (golden | other).to_dict() == {"1": [[1, 9]], "2": [[4, 4]], "3": [[1, 5]], "4": [[1, 1]]}
    assert (golden - other).to_dict() == {"1": [[1, 2], [8, 9]], "2": [[4, 4]], "3": [[1, 5]]}
    assert (golden ^ other).to_dict() == {"1": [[1, 2], [4, 6], [8, 9]], "2": [[4, 4]], "3": [[1, 5]], "4": [[1, 1]]}


def test_results_are_sorted_by_run() -> None:
    assert (LumiMask({300: [(1, 1)]}) | LumiMask({20: [(1, 1)], 1000: [(1, 1)]})).runs == (20, 300, 1000)


@pytest.mark.parametrize("operator", ["__and__", "__or__", "__sub__", "__xor__", "__le__", "__lt__"])
def test_operators_with_anything_else_are_not_defined(golden: LumiMask, operator: str) -> None:
    assert getattr(golden, operator)({1: [(1, 2)]}) is NotImplemented


def test_a_subset_may_lack_runs_and_lumisections(golden: LumiMask) -> None:
    part = LumiMask({1: [(2, 3)]})
    assert part <= golden
    assert part < golden
    assert golden > part
    assert not golden <= part
    assert not LumiMask({4: [(1, 1)]}) <= golden
    assert LumiMask() <= part
    assert not golden < golden.restrict()


def test_masks_are_disjoint_if_no_lumisection_is_common(golden: LumiMask) -> None:
    assert golden.isdisjoint(LumiMask({1: [(4, 6)], 8: [(1, 1)]}))
    assert not golden.isdisjoint(LumiMask({1: [(3, 4)]}))


def test_a_complement_needs_what_is_known(golden: LumiMask) -> None:
    assert golden.complement(LumiMask({1: [(1, 8)], 9: [(1, 1)]})).to_dict() == {"1": [[4, 6]], "9": [[1, 1]]}
    with pytest.raises(RangeError, match=r"complement\(known\)"):
        _ = ~golden


@pytest.mark.parametrize(
    ("bounds", "left"),
    [
        ({}, (1, 2, 3)),
        ({"first_run": 2}, (2, 3)),
        ({"last_run": 2}, (1, 2)),
        ({"first_run": 2, "last_run": 2}, (2,)),
        ({"runs": [3, 1, 77]}, (1, 3)),
        ({"runs": []}, ()),
        ({"first_run": 2, "runs": LumiMask({1: [(1, 1)], 3: [(9, 9)]})}, (3,)),
        ({"first_run": 4}, ()),
    ],
)
def test_restrict_keeps_whole_runs_within_closed_bounds(golden: LumiMask, bounds: dict, left: tuple) -> None:
    restricted = golden.restrict(**bounds)
    assert restricted.runs == left
    assert all(restricted[run] == golden[run] for run in left)


@pytest.mark.parametrize("bounds", [{"first_run": "1"}, {"last_run": 2.0}, {"runs": ["3"]}])
def test_restrict_refuses_what_is_no_run_number(golden: LumiMask, bounds: dict) -> None:
    with pytest.raises(RangeError, match="is no run number"):
        golden.restrict(**bounds)


def test_restrict_refuses_reversed_bounds(golden: LumiMask) -> None:
    with pytest.raises(RangeError, match="first_run 3 is beyond last_run 1"):
        golden.restrict(3, 1)


def test_a_diff_tells_what_was_added_and_removed_in_each_run(golden: LumiMask) -> None:
    new = LumiMask({1: [(1, 4), (7, 9)], 3: [(2, 5)], 4: [(1, 1)], 2: [(4, 4)]})
    change = golden.diff(new)
    assert change.added.to_dict() == {"1": [[4, 4]], "4": [[1, 1]]}
    assert change.removed.to_dict() == {"3": [[1, 1]]}
    assert change.runs == (1, 3, 4)
    assert change.by_run()[3] == (LumiRanges(), LumiRanges([(1, 1)]))
    assert (golden | change.added) - change.removed == new


def test_a_diff_of_equal_masks_is_false(golden: LumiMask) -> None:
    assert not golden.diff(golden)
    assert golden.diff(LumiMask())


def test_equal_masks_hash_alike_however_they_were_written(golden: LumiMask) -> None:
    other = LumiMask({1: [(7, 9), (1, 1), (2, 3)], 2: [(4, 4)], 3: [(1, 5)]})
    assert other == golden
    assert hash(other) == hash(golden)
    assert golden != golden.to_dict()


def test_a_mask_can_not_be_changed(golden: LumiMask) -> None:
    with pytest.raises(TypeError):
        golden[1] = LumiRanges()  # type: ignore[index]
    golden.to_dict()["1"][0][0] = 3
    assert golden[1].first == 1


def test_copies_and_pickles_are_equal_even_after_use_with_arrays(golden: LumiMask) -> None:
    golden.contains([1], [1])
    again = pickle.loads(pickle.dumps(golden))
    assert again == golden
    assert again.contains([1], [1]).all()
    assert copy.deepcopy(golden) == LumiMask(golden) == golden


def test_repr_is_short(golden: LumiMask) -> None:
    assert repr(golden) == str(golden) == "<LumiMask: 3 runs 1-3, 4 ranges, 12 lumisections>"
    assert repr(LumiMask({5: [(1, 1)]})) == "<LumiMask: 1 run 5, 1 range, 1 lumisection>"
    assert repr(LumiMask()) == "<LumiMask: empty>"
