"""Variables as they were once called, turned into those of today."""

from __future__ import annotations

import pytest

from runregistry.errors import LogicError
from runregistry.server.services.old_rules import translated


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("dataset.dataset_attributes.global_state", "dataset.global_state"),
        ("DATASET.dataset_attributes.Global_State", "dataset.global_state"),
        ("dataset.run_number", "run.run_number"),
        ("dataset.name", "dataset.name"),
        ("run.run_number", "run.run_number"),
        ("Run.OMS.energy", "run.oms.energy"),
        ("run.rr.CLASS", "run.rr.class"),
        ("Lumisection.RR.DT-DT", "lumisection.rr.dt-dt"),
        ("lumisection.rr.hcal-hoo_ls", "lumisection.rr.hcal-hoO_ls"),
        ("lumisection.oms.CMS_ACTIVE", "lumisection.oms.cms_active"),
        ("", ""),
    ],
)
def test_a_variable_is_called_as_in_the_document(old: str, new: str) -> None:
    assert translated({"var": old}) == {"var": new}
    assert translated({"var": [old, "otherwise"]}) == {"var": [new, "otherwise"]}


def test_only_variables_change() -> None:
    rule = {"and": [{"==": [{"var": "RUN.rr.class"}, "RUN.rr.class"]}, {"in": ["Cosmics", {"a": 1, "var": "x"}]}, None, True]}
    assert translated(rule) == {
        "and": [{"==": [{"var": "run.rr.class"}, "RUN.rr.class"]}, {"in": ["Cosmics", {"a": 1, "var": "x"}]}, None, True]
    }


def test_what_is_inside_an_element_keeps_its_name() -> None:
    rule = {"some": [{"var": "Dataset.dataset_attributes.appeared_in"}, {"==": [{"var": "Name"}, "DBS"]}]}
    assert translated(rule) == {"some": [{"var": "dataset.appeared_in"}, {"==": [{"var": "Name"}, "DBS"]}]}
    body = {"+": [{"var": "Current"}, {"var": "accumulator"}]}
    summed = {"reduce": [{"var": "run.oms.Fills"}, body, {"var": "RUN.run_number"}]}
    assert translated(summed) == {"reduce": [{"var": "run.oms.fills"}, body, {"var": "run.run_number"}]}


def test_a_default_and_a_computed_name_are_rules_too() -> None:
    rule = {"var": [{"if": [{"var": "Run.rr.class"}, "run.oms.energy", ""]}, {"var": "dataset.run_number"}]}
    assert translated(rule) == {"var": [{"if": [{"var": "run.rr.class"}, "run.oms.energy", ""]}, {"var": "run.run_number"}]}


@pytest.mark.parametrize("name", ["runs.oms.energy", "energy", "lumisections.rr.dt-dt"])
def test_a_variable_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(LogicError, match=r"is not known.*it must begin with dataset, run, lumisection"):
        translated({"!": [{"var": name}]})
