from __future__ import annotations

import pytest

from runregistry import attributes
from runregistry.terms import DATASET_ATTRIBUTES, DATASET_COMPONENTS, OPERATORS, RUN_ATTRIBUTES, RUN_COMPONENTS


@pytest.mark.parametrize(
    ("name", "source", "kind", "wire"),
    [
        ("run_number", "table", "number", "run_number"),
        ("energy", "oms", "number", "oms_attributes.energy"),
        ("hlt_key", "oms", "string", "oms_attributes.hlt_key"),
        ("start_time", "oms", "date", "oms_attributes.start_time"),
        ("tracker_included", "oms", "boolean", "oms_attributes.tracker_included"),
        ("beams_present_and_stable", "oms", "boolean", "oms_attributes.beams_present_and_stable"),
        ("class", "rr", "string", "rr_attributes.class"),
        ("significant", "rr", "boolean", "rr_attributes.significant"),
    ],
)
def test_an_attribute_of_a_run_has_source_type_and_wire_key(name: str, source: str, kind: str, wire: str) -> None:
    row = RUN_ATTRIBUTES[name]
    assert (row.source, row.type, row.wire) == (source, kind, wire)


@pytest.mark.parametrize(
    ("name", "wire"),
    [("run_number", "run_number"), ("dataset_name", "name"), ("dt_state", "dataset_attributes.dt_state")],
)
def test_an_attribute_of_a_dataset_has_its_wire_key(name: str, wire: str) -> None:
    assert DATASET_ATTRIBUTES[name].wire == wire


def test_every_attribute_has_a_type_with_operators() -> None:
    for row in (*RUN_ATTRIBUTES.values(), *DATASET_ATTRIBUTES.values()):
        assert "=" in row.operators
        assert row.type in OPERATORS


def test_wire_keys_are_unique_within_a_level() -> None:
    for table in (RUN_ATTRIBUTES, DATASET_ATTRIBUTES):
        wires = [row.wire for row in table.values()]
        assert len(set(wires)) == len(wires)


def test_units_are_given_where_they_are_known() -> None:
    assert {name: row.unit for name, row in RUN_ATTRIBUTES.items() if row.unit} == {
        "energy": "GeV",
        "b_field": "T",
        "duration": "s",
        "ls_duration": "lumisections",
        "l1_rate": "Hz",
        "hlt_physics_rate": "Hz",
        "recorded_lumi": "/pb",
        "delivered_lumi": "/pb",
    }


def test_components_are_workspace_and_column() -> None:
    assert all(name.count("-") >= 1 for name in (*RUN_COMPONENTS, *DATASET_COMPONENTS))
    assert len(set(RUN_COMPONENTS)) == len(RUN_COMPONENTS)
    assert len(set(DATASET_COMPONENTS)) == len(DATASET_COMPONENTS)


def test_the_old_module_has_the_lists_of_the_official_releases() -> None:
    assert attributes.run_table_attributes == "run_number"
    assert attributes.dataset_table_attributes == ("run_number", "dataset_name")
    sizes = {name: len(getattr(attributes, name)) for name in attributes.__all__}
    assert sizes == {
        "run_table_attributes": 10,
        "run_triplet_attributes": 92,
        "run_rr_attributes": 6,
        "run_oms_attributes": 71,
        "dataset_table_attributes": 2,
        "dataset_attributes": 19,
        "dataset_triplet_attributes": 86,
    }
    assert "run_number" in attributes.run_oms_attributes
