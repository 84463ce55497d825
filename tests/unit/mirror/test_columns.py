"""Lumisections out of the service's answers about them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.mirror.columns import columns_of, has_ranges
from runregistry.model import LumisectionColumns, triplet, views
from runregistry.model.summary import dcs_ranges, rr_ranges

GOOD, BAD, EMPTY = triplet("GOOD"), triplet("BAD", "HV trip"), triplet("EMPTY")
EVENT = st.tuples(st.integers(1, 12), st.integers(0, 4))


def answers(columns: LumisectionColumns) -> tuple[Any, Any, Any, Any]:
    """What the service answers about lumisections, and its list of certified ones."""
    certified = dcs_ranges(columns).get("all_lumisections", {}).get("TRUE", [])
    by_component = views.rr_ranges_by_component(columns)
    return by_component, views.rr_ranges_joint(columns), views.oms_ranges_by_dcs_bit(columns), certified


def made(rr: list[tuple[int, int, dict[str, Any]]], oms: list[tuple[int, int, dict[str, Any]]]) -> LumisectionColumns:
    columns = LumisectionColumns()
    columns.apply_rr(rr)
    columns.apply_oms(oms)
    return columns


def as_ordinals(columns: LumisectionColumns) -> dict[str, list[dict[str, Any]]]:
    """Ranges by component as the service counts them: positions among the lumisections that exist."""
    existing = [number for first, last in columns.rr_present for number in range(first, last + 1)]
    answer: dict[str, list[dict[str, Any]]] = {}
    for name, steps in columns.rr.items():
        found: dict[int, Any] = {number: value for first, last, value in steps for number in range(first, last + 1)}
        entries: list[dict[str, Any]] = []
        for place, number in enumerate(existing, 1):
            value = found.get(number, {})
            if entries and value and {key: entries[-1].get(key) for key in value} == value:
                entries[-1]["end"] = place
            else:
                entries.append({**value, "start": place, "end": place})
        answer[name] = entries
    return answer


@settings(max_examples=60)
@given(
    st.lists(st.tuples(EVENT, st.sampled_from(["dt-dt", "csc-csc", "rpc-rpc"]), st.sampled_from([GOOD, BAD, EMPTY])), max_size=8),
    st.lists(
        st.tuples(EVENT, st.sampled_from(["cms_active", "pileup"]), st.sampled_from([True, False, None, 1, 31.5])), max_size=6
    ),
)
def test_every_shape_can_be_made_of_the_answers_again(rr: Any, oms: Any) -> None:
    columns = made(
        [(first, first + more, {name: value}) for (first, more), name, value in rr],
        [(first, first + more, {name: value}) for (first, more), name, value in oms],
    )
    by_component, joint, by_bit, certified = answers(columns)
    for again in (columns_of(by_component, joint, by_bit, certified), columns_of(by_component, None, by_bit)):
        assert answers(again) == (by_component, joint, by_bit, certified)
        assert views.joint_ranges(again) == views.joint_ranges(columns)
        assert has_ranges(again, rr_ranges(columns))


def test_positions_that_the_service_counts_without_holes_are_put_right() -> None:
    columns = made(
        [(3, 3, {"dt-dt": GOOD, "csc-csc": GOOD}), (5, 6, {"dt-dt": GOOD, "csc-csc": BAD})], [(1, 9, {"cms_active": True})]
    )
    ordinals = as_ordinals(columns)
    assert ordinals["csc-csc"] == [{**GOOD, "start": 1, "end": 1}, {**BAD, "start": 2, "end": 3}]
    _, joint, by_bit, certified = answers(columns)
    assert not has_ranges(columns_of(ordinals, None, by_bit), rr_ranges(columns))
    again = columns_of(ordinals, joint, by_bit, certified)
    assert again.rr == columns.rr
    assert again.rr_present == columns.rr_present == [(3, 3), (5, 6)]
    assert has_ranges(again, rr_ranges(columns))


def test_a_lumisection_that_is_certified_exists_though_all_of_it_is_empty() -> None:
    columns = made([(1, 1, {"dt-dt": GOOD}), (3, 3, {"dt-dt": EMPTY}), (4, 4, {"dt-dt": GOOD})], [(1, 4, {"cms_active": True})])
    _, joint, by_bit, certified = answers(columns)
    again = columns_of(as_ordinals(columns), joint, by_bit, certified)
    assert again.rr_present == [(1, 1), (3, 4)]


def test_a_summary_that_does_not_follow_from_the_lumisections_is_seen() -> None:
    columns = made([(1, 9, {"dt-dt": GOOD})], [(1, 9, {"cms_active": True})])
    assert has_ranges(columns, {"dt-dt": {"EMPTY": [], "GOOD": [[1, 9]]}})
    assert not has_ranges(columns, {"dt-dt": {"EMPTY": [], "GOOD": [[1, 8]], "BAD": [[9, 9]]}})


def test_events_that_name_no_component_are_lumisections_all_the_same() -> None:
    columns = LumisectionColumns()
    columns.apply_rr([(1, 5, {})])
    by_component, joint, by_bit, certified = answers(columns)
    assert columns_of(by_component, joint, by_bit, certified).rr_present == [(1, 5)]


@pytest.mark.parametrize("joint", [None, []])
def test_nothing_is_made_of_nothing(joint: Any) -> None:
    columns = columns_of({}, joint, {})
    assert (columns.rr, columns.oms, columns.rr_present, columns.oms_present) == ({}, {}, [], [])
