from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from runregistry.errors import RangeError
from runregistry.lumis import LumiMask
from runregistry.lumis.checks import LARGEST


@pytest.fixture
def mask() -> LumiMask:
    return LumiMask({1: [(1, 3), (7, 9)], 3: [(2, 2)]})


def test_each_pair_is_looked_up(mask: LumiMask) -> None:
    found = mask.contains([1, 1, 1, 1, 2, 3, 3], [1, 3, 4, 9, 1, 2, 3])
    assert found.dtype == np.bool_
    assert found.tolist() == [True, True, False, True, False, True, False]


def test_calling_a_mask_is_the_same_as_contains(mask: LumiMask) -> None:
    assert mask(np.array([1, 3]), np.array([8, 8])).tolist() == [True, False]


def test_one_run_goes_with_many_lumisections(mask: LumiMask) -> None:
    assert mask.contains(1, range(1, 5)).tolist() == [True, True, True, False]
    assert mask.contains([[1], [3]], [1, 2]).tolist() == [[True, True], [False, True]]


def test_one_pair_gives_one_answer(mask: LumiMask) -> None:
    assert mask.contains(3, 2).shape == ()
    assert bool(mask.contains(3, 2)) is True


def test_no_pairs_give_no_answers(mask: LumiMask) -> None:
    assert mask.contains([], []).shape == (0,)
    assert mask.contains([], []).dtype == np.bool_


def test_an_empty_mask_holds_nothing() -> None:
    assert LumiMask().contains([1, 2], [1, 1]).tolist() == [False, False]


@pytest.mark.parametrize("dtype", [np.int32, np.uint32, np.int64, np.uint64])
def test_every_integer_type_will_do(mask: LumiMask, dtype: type) -> None:
    assert mask.contains(np.array([1, 3], dtype), np.array([9, 1], dtype)).tolist() == [True, False]


def test_numbers_that_no_run_or_lumisection_can_have_are_in_no_mask() -> None:
    mask = LumiMask({1: [(1, LARGEST)], LARGEST: [(1, LARGEST)]})
    beyond = np.array([0, -1, LARGEST + 1, 2**33 + 1, -(2**32) + 1, np.iinfo(np.int64).max, np.iinfo(np.int64).min])
    assert not mask.contains(beyond, 1).any()
    assert not mask.contains(1, beyond).any()
    assert mask.contains([1, 1, LARGEST, LARGEST], [1, LARGEST, 1, LARGEST]).all()


def test_runs_that_follow_each_other_do_not_run_into_each_other() -> None:
    mask = LumiMask({5: [(2, LARGEST)], 6: [(1, 1)]})
    assert mask.contains([5, 5, 6, 6, 7], [1, LARGEST, 1, 2, 1]).tolist() == [False, True, True, False, False]


@pytest.mark.parametrize("runs", [[1.0], ["1"], [True], [None], np.array([1], dtype=object)])
def test_what_is_no_integer_is_refused(mask: LumiMask, runs: object) -> None:
    with pytest.raises(RangeError, match="runs must be integers, not "):
        mask.contains(runs, [1])
    with pytest.raises(RangeError, match="lumisections must be integers, not "):
        mask.contains([1], runs)


def test_shapes_that_do_not_fit_are_refused(mask: LumiMask) -> None:
    with pytest.raises(RangeError, match=r"runs has shape \(3,\), lumisections \(2,\)"):
        mask.contains([1, 1, 1], [1, 2])


def test_the_arrays_of_the_caller_stay_as_they_are(mask: LumiMask) -> None:
    runs, lumisections = np.array([1, 3]), np.array([1, 2])
    mask.contains(runs, lumisections)
    assert (runs.tolist(), lumisections.tolist()) == ([1, 3], [1, 2])


def test_the_mask_of_a_whole_year_answers_as_one_pair_at_a_time(published: Callable[[str], LumiMask]) -> None:
    mask = published("Cert_294927-306462_13TeV_EOY2017ReReco_Collisions17_JSON.txt")
    runs = np.repeat(np.array(mask.runs[::20]), 400)
    lumisections = np.tile(np.arange(1, 401), len(mask.runs[::20]))
    expected = [pair in mask for pair in zip(runs.tolist(), lumisections.tolist(), strict=True)]
    assert mask(runs, lumisections).tolist() == expected
    assert mask([303825, 123], [115, 123]).tolist() == [True, False]


def test_the_algebra_loads_without_numpy() -> None:
    code = "import sys, runregistry.lumis; assert 'numpy' not in sys.modules, 'numpy was imported'"
    subprocess.run([sys.executable, "-c", code], check=True)
