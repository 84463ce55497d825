"""The shapes in which lumisections are answered, with holes; examples of the service's documentation, mended where it is."""

from __future__ import annotations

import pytest

from runregistry.model import LumisectionColumns, triplet, views
from runregistry.model.summary import dcs_ranges, dcs_summary, luminosity, rr_ranges, triplet_summary

GOOD, EMPTY = triplet("GOOD"), triplet("EMPTY")


@pytest.fixture
def holes() -> LumisectionColumns:
    columns = LumisectionColumns()
    columns.apply_rr([(3, 3, {"dt-dt": GOOD}), (5, 5, {"dt-dt": GOOD, "csc-csc": triplet("BAD", "noise")})])
    columns.apply_oms([(2, 2, {"cms_active": True}), (4, 5, {"cms_active": False, "recorded": 0.5})])
    return columns


@pytest.fixture
def documented() -> LumisectionColumns:
    columns = LumisectionColumns()
    columns.apply_oms(
        [
            (1, 1, {"dt0_ready": True, "cms_active": None, "recorded": 0.5}),
            (2, 2, {"dt0_ready": False, "recorded": -1}),
            (5, 5, {"dt0_ready": True, "recorded": "1"}),
        ]
    )
    columns.apply_rr(
        [
            (1, 1, {"dt-dt": GOOD}),
            (2, 2, {"dt-dt": triplet("BAD", "noise"), "csc-csc": GOOD}),
            (5, 5, {"dt-dt": triplet("GOOD", "noise"), "csc-csc": GOOD}),
        ]
    )
    return columns


def test_a_positional_list_fills_holes_with_empty(holes: LumisectionColumns) -> None:
    rows = views.rr_lumisections(holes)
    assert len(rows) == 5
    assert rows[0] == rows[1] == rows[3] == {"dt-dt": EMPTY, "csc-csc": EMPTY}
    assert rows[2] == {"dt-dt": GOOD, "csc-csc": EMPTY}


def test_joint_ranges_break_where_a_component_changes(holes: LumisectionColumns) -> None:
    assert [(row["start"], row["end"]) for row in views.rr_ranges_joint(holes)] == [(1, 2), (3, 3), (4, 4), (5, 5)]


def test_ranges_by_component_carry_real_numbers_and_leave_holes_out(holes: LumisectionColumns) -> None:
    assert views.rr_ranges_by_component(holes) == {
        "dt-dt": [{**GOOD, "start": 3, "end": 3}, {**GOOD, "start": 5, "end": 5}],
        "csc-csc": [{"start": 3, "end": 3}, {**triplet("BAD", "noise"), "start": 5, "end": 5}],
    }


def test_oms_holes_say_that_there_is_no_data(holes: LumisectionColumns) -> None:
    hole = {"err": "No data available for this lumisection"}
    assert views.oms_lumisections(holes) == [hole, {"cms_active": True}, hole] + [{"cms_active": False, "recorded": 0.5}] * 2
    assert views.oms_ranges(holes) == [
        {"start": 1, "end": 1},
        {"cms_active": True, "start": 2, "end": 2},
        {"start": 3, "end": 3},
        {"cms_active": False, "start": 4, "end": 5},
    ]


def test_oms_ranges_by_bit_leave_out_the_status_where_the_bit_is_absent(holes: LumisectionColumns) -> None:
    ranges = views.oms_ranges_by_dcs_bit(holes)
    assert ranges["recorded"] == [{"start": 1, "end": 3}, {"status": 0.5, "start": 4, "end": 5}]
    assert [(row["start"], row["end"]) for row in ranges["err"] if "status" in row] == [(1, 1), (3, 3)]


def test_the_joint_list_is_as_long_as_the_longer_of_both() -> None:
    columns = LumisectionColumns()
    columns.apply_rr([(1, 2, {"dt-dt": GOOD})])
    columns.apply_oms([(1, 3, {"cms_active": True})])
    assert views.joint_ranges(columns) == [
        {"cms_active": True, "dt-dt": GOOD, "start": 1, "end": 2},
        {"cms_active": True, "start": 3, "end": 3},
    ]


def test_no_lumisections_make_empty_answers() -> None:
    nothing = LumisectionColumns()
    for view in (views.rr_lumisections, views.oms_lumisections, views.rr_ranges_joint, views.oms_ranges, views.joint_ranges):
        assert view(nothing) == []
    for summary in (
        triplet_summary,
        dcs_summary,
        rr_ranges,
        dcs_ranges,
        views.rr_ranges_by_component,
        views.oms_ranges_by_dcs_bit,
    ):
        assert summary(nothing) == {}


def test_summaries_are_those_of_the_documented_example(documented: LumisectionColumns) -> None:
    assert triplet_summary(documented) == {
        "dt-dt": {"EMPTY": 2, "comments": ["noise"], "causes": [], "GOOD": 2, "BAD": 1},
        "csc-csc": {"EMPTY": 3, "comments": [], "causes": [], "GOOD": 2},
    }
    assert dcs_summary(documented) == {
        "dt0_ready": {"TRUE": 2, "FALSE": 1, "NULL": 0, "EMPTY": 2},
        "cms_active": {"TRUE": 0, "FALSE": 0, "NULL": 1, "EMPTY": 4},
        "recorded": {"TRUE": 0, "FALSE": 0, "NULL": 0, "EMPTY": 2},
        "ls_duration": {"TRUE": 5},
    }
    assert (luminosity(documented, "recorded"), luminosity(documented, "delivered")) == (1.5, 0)


def test_ranges_of_summaries_have_the_right_holes(documented: LumisectionColumns) -> None:
    assert rr_ranges(documented) == {
        "dt-dt": {"EMPTY": [(3, 4)], "GOOD": [(1, 1), (5, 5)], "BAD": [(2, 2)]},
        "csc-csc": {"EMPTY": [(1, 1), (3, 4)], "GOOD": [(2, 2), (5, 5)]},
    }
    ranges = dcs_ranges(documented)
    assert ranges["cms_active"] == {"TRUE": [], "FALSE": [], "NULL": [(1, 1)], "EMPTY": [(2, 5)]}
    assert ranges["all_lumisections"] == {"TRUE": [(1, 2), (5, 5)]}
