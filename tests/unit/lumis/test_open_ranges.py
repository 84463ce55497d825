"""Ranges that go to the end of a run: the shorthands of the field, and what can't be known of them."""

from __future__ import annotations

import pytest

from runregistry.errors import RangeError
from runregistry.lumis import LumiMask, LumiRanges
from runregistry.lumis.checks import LARGEST


@pytest.fixture
def mask() -> LumiMask:
    return LumiMask.from_json('{"1": [[-1]], "2": [[1, 5], [8, 0]], "3": [[1, 4]]}')


@pytest.mark.parametrize(
    ("written", "ranges"),
    [
        ([[-1]], LumiRanges.since()),
        ([[0, 0]], LumiRanges.since()),
        ([[5, 0]], LumiRanges.since(5)),
        ([[5, 268435455]], LumiRanges.since(5)),
        ([[5, LARGEST]], LumiRanges.since(5)),
        ([[0, 5]], LumiRanges([(1, 5)])),
        ([[-1], [3, 4]], LumiRanges.since()),
        ([[1, 4], [5, 0]], LumiRanges.since()),
    ],
)
def test_the_shorthands_of_the_field_are_understood(written: list[list[int]], ranges: LumiRanges) -> None:
    assert LumiMask.from_json({"7": written})[7] == ranges


def test_a_constructor_knows_no_shorthands() -> None:
    with pytest.raises(RangeError, match=r"run 7, range 1: \[-1\] means all .* LumiRanges\.since\(\)"):
        LumiMask({7: [[-1]]})
    with pytest.raises(RangeError, match="goes below 1"):
        LumiRanges([(0, 5)])


def test_a_whole_run_is_written_as_it_was_read(mask: LumiMask) -> None:
    assert mask.to_dict() == {"1": [[-1]], "2": [[1, 5], [8, LARGEST]], "3": [[1, 4]]}
    assert '"1": [[-1]],' in mask.to_json()
    assert LumiMask.from_json(mask.to_json()) == mask


def test_a_whole_run_and_part_of_it_are_the_part(mask: LumiMask) -> None:
    part = LumiMask({1: [(3, 9)], 2: [(4, 9)]})
    assert (mask & part).to_dict() == {"1": [[3, 9]], "2": [[4, 5], [8, 9]]}
    assert (mask - part)[1] == LumiRanges([(1, 2)]) | LumiRanges.since(10)
    assert not part - LumiMask.from_json({"1": [[-1]], "2": [[-1]]})
    assert (mask | part)[1] == LumiRanges.since()


def test_every_lumisection_is_in_a_whole_run_and_none_of_another_run(mask: LumiMask) -> None:
    assert [(1, 1) in mask, (1, 9999) in mask, (4, 1) in mask] == [True, True, False]
    assert mask([1, 1, 2, 2, 2, 3, 4, 1], [1, LARGEST, 5, 7, 9999, 9999, 1, 0]).tolist() == [
        *(True, True, True, False, True, False, False, False),
    ]
    assert mask([1, 1, 1], [-1, LARGEST + 1, 2**63 - 1]).tolist() == [False, False, False]


def test_what_is_not_known_is_said(mask: LumiMask) -> None:
    assert mask.open_runs == (1, 2)
    for ask in (
        lambda: mask.n_lumisections,
        lambda: len(mask[1]),
        lambda: mask[2].last,
        lambda: list(mask.pairs()),
        mask.pair_array,
    ):
        with pytest.raises(RangeError, match=r"not known|go to the end"):
            ask()
    with pytest.raises(RangeError, match="run 1 goes to its end"):
        mask.pair_array()
    for form in ("pairs", "list"):
        with pytest.raises(RangeError, match="can't be listed"):
            mask.to_text(form)


def test_a_known_mask_makes_the_unknown_known(mask: LumiMask) -> None:
    known = LumiMask({1: [(1, 100)], 2: [(1, 10)]})
    assert (mask & known).n_lumisections == 108


def test_open_sets_are_shown(mask: LumiMask) -> None:
    assert repr(mask) == "<LumiMask: 3 runs 1-3, 4 ranges, 4 lumisections and all of 2 open runs>"
    assert [str(ranges) for ranges in mask.values()] == ["all", "1-5, 8-", "1-4"]
    assert [repr(LumiRanges.since()), repr(LumiRanges.since(4))] == ["LumiRanges.since()", "LumiRanges.since(4)"]
    assert eval(repr(mask[2])) == mask[2]
