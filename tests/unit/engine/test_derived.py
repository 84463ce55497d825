from __future__ import annotations

from typing import Any

import pytest

from runregistry.engine import OMSLumisections, derived_run_attributes, oms_lumisections
from runregistry.engine.derived import reduced_attributes

BEAMS = ("beam1_present", "beam1_stable", "beam2_present", "beam2_stable")


def cumulative(*pairs: tuple[float | None, float | None]) -> OMSLumisections:
    return oms_lumisections([{"recorded_lumi": recorded, "delivered_lumi": delivered} for recorded, delivered in pairs])


def test_luminosity_of_a_lumisection_is_what_the_next_one_has_more() -> None:
    columns = cumulative((0, 0), (1, 2), (4, 8)).columns
    assert columns["recorded_lumi_per_lumi"] == [(1, 1, 1.0), (2, 2, 3.0), (3, 3, 0.0)]
    assert columns["delivered_lumi_per_lumi"] == [(1, 1, 2.0), (2, 2, 6.0), (3, 3, 0.0)]
    assert columns["live_lumi_per_lumi"] == [(1, 2, 0.5), (3, 3, None)]


def test_luminosity_is_null_where_either_is() -> None:
    columns = cumulative((0, 0), (None, 2), (4, 8)).columns
    assert columns["recorded_lumi_per_lumi"] == columns["delivered_lumi_per_lumi"] == [(1, 2, None), (3, 3, 0.0)]
    assert columns["live_lumi_per_lumi"] == [(1, 3, None)]


def test_lumisections_are_numbered_as_oms_does_where_it_ascends() -> None:
    lumisections = oms_lumisections([{"lumisection_number": number, "bit": True} for number in (2, 3, 6)])
    assert lumisections.present == [(2, 3), (6, 6)]
    assert lumisections.columns["bit"] == [(2, 3, True), (6, 6, True)]
    assert lumisections.size == 3


@pytest.mark.parametrize("numbers", [[2, 1], [1, 1], [0, 1], [1, None]])
def test_other_numbers_give_way_to_positions(numbers: list[int | None]) -> None:
    assert oms_lumisections([{"lumisection_number": number} for number in numbers]).present == [(1, 2)]


def test_an_attribute_that_some_rows_lack_is_not_covered_there() -> None:
    assert oms_lumisections([{"bit": 1}, {}, {"bit": 1}, {"bit": True}]).columns["bit"] == [(1, 1, 1), (3, 3, 1), (4, 4, True)]


def test_no_rows_are_no_lumisections() -> None:
    assert oms_lumisections([]) == OMSLumisections({}, [])


def test_components_are_included_by_their_lower_case_names() -> None:
    attributes = derived_run_attributes({"components": ["DT", "CTPPS_TOT"]}, OMSLumisections({}, []))
    assert attributes == {"dt_included": True, "ctpps_tot_included": True, "beams_present_and_stable": False, "ls_duration": 0}


@pytest.mark.parametrize("oms_attributes", [{}, {"components": None}, {"components": []}])
def test_unknown_components_are_not_made_up(oms_attributes: dict[str, Any]) -> None:
    assert set(derived_run_attributes(oms_attributes, OMSLumisections({}, []))) == {"beams_present_and_stable", "ls_duration"}


@pytest.mark.parametrize(("last", "expected"), [(True, False), (False, False), (None, None)])
def test_the_beam_flag_is_false_or_null_and_never_true(last: bool | None, expected: bool | None) -> None:
    columns: dict[str, Any] = {name: [(1, 9, True)] for name in BEAMS} | {"beam2_stable": [(1, 8, True), (9, 9, last)]}
    assert derived_run_attributes({}, OMSLumisections(columns, [(1, 9)]))["beams_present_and_stable"] is expected


def test_reduced_attributes_say_whether_it_was_ever_true() -> None:
    columns: dict[str, Any] = {
        "ever": [(1, 1, None), (2, 2, True), (3, 3, False)],
        "never": [(1, 1, False)],
        "unknown": [(1, 1, None)],
        "number": [(1, 9, 1)],
        "text_or_null": [(1, 1, "a"), (2, 2, None)],
    }
    assert reduced_attributes(columns) == {"ever": True, "never": False, "unknown": False, "text_or_null": False}
