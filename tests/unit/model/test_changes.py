"""What a new list of lumisections changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.errors import RangeError, UsageError
from runregistry.lumis.steps import elementary, overlay, to_positions
from runregistry.model import triplet
from runregistry.model.changes import check_not_shorter, columns_of, differences, joint_steps, rr_differences

values = st.sampled_from([True, False, None, 1, "a"])
lumisections = st.lists(st.dictionaries(st.sampled_from("abc"), values, max_size=3), max_size=12)


def spread(columns: dict[str, Any], last: int) -> list[dict[str, Any]]:
    return to_positions(list(elementary(columns)), last, dict)


@settings(max_examples=60)
@given(lumisections)
def test_steps_of_a_list_spread_out_are_the_list(rows: list[dict[str, Any]]) -> None:
    assert to_positions(joint_steps(rows, what="rows"), len(rows), dict) == rows
    assert spread(columns_of(joint_steps(rows, what="rows")), len(rows)) == rows


@settings(max_examples=100)
@given(lumisections, lumisections)
def test_the_differences_put_on_top_of_the_old_give_the_new_and_repeat_nothing(
    old: list[dict[str, Any]], new: list[dict[str, Any]]
) -> None:
    before, after = (columns_of(joint_steps(rows, what="rows")) for rows in (old, new))
    changes = differences(before, after)
    for first, last, change in changes:
        for name, value in change.items():
            for number in range(first, last + 1):
                known = old[number - 1].get(name, "nothing") if number <= len(old) else "nothing"
                assert known is not value, "an unchanged value is no change"
            overlay(before.setdefault(name, []), first, last, value)
    merged = spread(before, max(len(old), len(new)))
    for number, row in enumerate(new):
        assert merged[number] == {**(old[number] if number < len(old) else {}), **row}


def test_a_change_like_one_before_an_unchanged_lumisection_is_kept() -> None:
    good, bad = triplet("GOOD"), triplet("BAD", "noise")
    old, new = ({"dt-dt": [(1, 3, good)]}, {"dt-dt": [(1, 1, bad), (2, 2, good), (3, 3, bad)]})
    assert rr_differences(old, new, 3) == [(1, 1, {"dt-dt": bad}), (3, 3, {"dt-dt": bad})]


def test_a_component_without_value_is_as_good_as_an_empty_one() -> None:
    new = {"dt-dt": [(1, 2, triplet("EMPTY")), (3, 4, triplet("GOOD"))]}
    assert rr_differences({}, new, 4) == [(3, 4, {"dt-dt": triplet("GOOD")})]


def test_only_what_the_registry_stores_of_oms_is_kept() -> None:
    rows = [{"cms_active": True, "pileup": 31.0}, {"cms_active": True, "pileup": 32.0, "recorded": 0.5}]
    assert joint_steps(rows, what="oms", oms=True) == [
        (1, 1, {"cms_active": True}),
        (2, 2, {"cms_active": True, "recorded": 0.5}),
    ]


@pytest.mark.parametrize(
    ("rows", "says"), [(None, "rows must be a list"), ("ab", "rows must be a list"), ([{}, 3], "lumisection 2 must")]
)
def test_a_list_of_something_else_is_refused_with_its_place(rows: object, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        joint_steps(rows, what="rows")


def test_a_list_that_got_shorter_is_refused() -> None:
    check_not_shorter(3, 3)
    with pytest.raises(RangeError, match="Lumisections cannot be deleted: 3 are stored, 2 were received"):
        check_not_shorter(3, 2)
