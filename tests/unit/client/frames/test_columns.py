"""Columns are those of the kind, whatever the rows: the same names, order, types and units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.unit.client.frames import samples

from runregistry.client import frames
from runregistry.client.frames.columns import column_named
from runregistry.terms import RUN_ATTRIBUTES, STATUSES
from runregistry.terms.attributes import OMS_NAMES
from runregistry.terms.columns import COLUMN_TYPES
from runregistry.terms.lumisections import LUMINOSITY_ATTRIBUTES, OMS_LUMISECTION_COLUMNS, OMS_LUMISECTION_WHITELIST

# Kinds whose columns are named by the rows.
FREE = (frames.PLAN,)


def cut(kind: frames.Kind, rows: list[dict[str, Any]]) -> frames.Rows:
    """Rows of a kind in place of the sample's."""
    context = {name: value for name, value in samples.rows_of(kind).context.items() if name != "lumisection_numbers"}
    return frames.Rows(rows, kind, **context)


@pytest.mark.parametrize("kind", [kind for kind in samples.ALL if kind not in FREE])
@pytest.mark.parametrize("rows", [[], [{"Run": {"oms_attributes": {}}}]], ids=["empty", "partial"])
def test_the_columns_are_the_same_with_few_rows_or_none(kind: frames.Kind, rows: list[dict[str, Any]]) -> None:
    few = cut(kind, rows if kind in (frames.DATASETS, frames.JOINT_RANGES) else [{} for _ in rows])
    full, fixed = samples.rows_of(kind).to_arrow().schema, cut(kind, []).to_arrow().schema
    for schema in (few.to_arrow().schema, full):
        assert schema.names[: len(fixed)] == fixed.names
        assert all(schema.field(field.name).equals(field, check_metadata=True) for field in fixed)


@pytest.mark.parametrize("kind", [kind for kind in samples.ALL if kind not in FREE])
def test_pandas_and_polars_types_are_the_same_with_no_rows(kind: frames.Kind) -> None:
    full = samples.rows_of(kind)
    none = cut(kind, [])
    types = none.to_pandas().dtypes.astype(str)
    assert full.to_pandas().dtypes.astype(str)[: len(types)].to_dict() == types.to_dict()
    schema = none.to_polars().schema
    assert {name: full.to_polars().schema[name] for name in schema} == dict(schema)


def test_runs_have_rr_attributes_then_oms_attributes_then_the_rest() -> None:
    names = samples.rows_of(frames.RUNS).to_arrow().column_names
    rr = [one.name for one in RUN_ATTRIBUTES.values() if one.source == "rr"]
    assert names == ["run_number", *rr, *(name for name in OMS_NAMES if name != "run_number"), "version", "deleted"]


def test_the_values_of_a_run_have_their_types() -> None:
    table = samples.rows_of(frames.RUNS).to_arrow()
    assert table.schema.field("fill_number").type == pa.int64()
    assert table.schema.field("energy").type == pa.float64()
    assert table.schema.field("start_time").type == pa.timestamp("us", tz="UTC")
    assert table.schema.field("dt_included").type == pa.bool_()
    assert table["components"].to_pylist() == [["DAQ", "DT"]]
    assert table["last_update"].to_pylist()[0].isoformat() == "2022-07-05T17:10:02.123000+00:00"
    assert table["gem_included"].to_pylist() == [None]


def test_units_are_in_the_metadata_of_the_fields_and_in_attrs() -> None:
    rows = samples.rows_of(frames.RUNS)
    assert rows.to_arrow().schema.field("energy").metadata == {b"unit": b"GeV"}
    assert rows.to_arrow().schema.field("hlt_key").metadata is None
    assert rows.to_pandas().attrs["units"]["b_field"] == "T"
    assert samples.rows_of(frames.OMS_LUMISECTIONS).to_arrow().schema.field("recorded").metadata == {b"unit": b"/pb"}


def test_statuses_are_categories_in_the_fixed_order() -> None:
    rows = samples.rows_of(frames.LUMISECTIONS)
    assert rows.to_pandas()["status"].cat.categories.tolist() == list(STATUSES)
    assert rows.to_polars().schema["status"] == pl.Enum(list(STATUSES))
    by_quality = rows.to_pandas().sort_values("status", kind="stable")["status"].tolist()
    assert by_quality == ["GOOD", "GOOD", "GOOD", "BAD", "EMPTY", "EMPTY"]


def test_a_status_that_the_registry_made_up_comes_after_the_fixed_ones() -> None:
    rows = frames.Rows([{"dt-dt": {"status": "SPLENDID", "comment": "", "cause": ""}}], frames.LUMISECTIONS)
    assert rows.to_pandas()["status"].cat.categories.tolist() == [*STATUSES, "SPLENDID"]
    assert rows.to_polars()["status"].to_list() == ["SPLENDID"]
    assert (
        rows.to_arrow().schema.field("status").type == samples.rows_of(frames.LUMISECTIONS).to_arrow().schema.field("status").type
    )


def test_pandas_has_nullable_integers_and_flags() -> None:
    data = frames.Rows([samples.RUN, {"run_number": 1}], frames.RUNS).to_pandas()
    assert data["fill_number"].dtype == pd.Int64Dtype()
    assert data["fill_number"].tolist() == [7920, pd.NA]
    assert data["significant"].dtype == pd.BooleanDtype()
    assert data["energy"].dtype == np.float64
    assert str(data["start_time"].dtype) == "datetime64[us, UTC]"


def test_datasets_have_the_states_of_workspaces_and_the_class_of_their_run() -> None:
    (row,) = samples.rows_of(frames.DATASETS).to_arrow().to_pylist()
    assert row["dataset_name"] == "/PromptReco/Collisions2022/DQM"
    assert (row["class"], row["state"]) == ("Collisions22", "OPEN")
    assert (row["global_state"], row["csc_state"], row["dt_state"]) == ("OPEN", "waiting dqm gui", None)
    assert row["energy"] == 6799.0
    assert row["datasets_in_gui"] == ["/ZeroBias/Run2022C-PromptReco-v1/DQMIO"]


def test_oms_columns_of_datasets_are_left_out_where_no_row_carries_them() -> None:
    bare = {**samples.DATASET, "Run": {"rr_attributes": samples.RR}}
    assert "energy" not in frames.Rows([bare], frames.DATASETS).to_arrow().column_names
    added = {**bare, "oms_attributes": {"energy": 6800}}
    assert frames.Rows([bare, added], frames.DATASETS).to_arrow()["energy"].to_pylist() == [None, 6800.0]


def test_what_no_table_knows_comes_last_under_its_own_name_or_that_of_its_section() -> None:
    run = {**samples.RUN, "oms_attributes": {"beta_star": 0.3, "state": "x"}, "rr_attributes": {"energy": 1}, "colour": None}
    table = frames.Rows([run], frames.RUNS).to_arrow()
    assert table.column_names[-5:] == ["deleted", "rr_energy", "beta_star", "oms_state", "colour"]
    assert table["state"].to_pylist() == [None]
    assert table["oms_state"].to_pylist() == ["x"]
    assert table["rr_energy"].to_pylist() == [1]


def test_cycles_have_one_row_each_or_one_for_each_dataset() -> None:
    rows = samples.rows_of(frames.CYCLES)
    (cycle,) = rows.to_arrow().to_pylist()
    assert (cycle["id_cycle"], cycle["dataset_count"], cycle["csc_state"]) == (41, 2, "completed")
    inside = rows.to_arrow(per="dataset")
    assert inside["run_number"].to_pylist() == [355100, 355101]
    assert inside["cycle_name"].to_pylist() == ["2022 week 30"] * 2


def test_datasets_accepted_leave_out_how_the_service_keeps_them() -> None:
    (row,) = samples.rows_of(frames.ACCEPTED).to_arrow().to_pylist()
    assert (row["id"], row["run_from"], row["dataset_name"]) == (312, 355065, "/PromptReco/Collisions2022/DQM")
    assert "DatasetsAcceptedLists" not in row


def test_history_has_one_row_for_each_thing_that_was_changed() -> None:
    rows = samples.rows_of(frames.HISTORY).to_arrow().to_pylist()
    assert [(row["component"], row["attribute"]) for row in rows] == [
        ("dt-dt", None),
        ("csc-csc", None),
        (None, "class"),
        (None, "energy"),
    ]
    assert (rows[0]["status"], rows[0]["status_comment"], rows[0]["cause"]) == ("BAD", "HV trip", "HV")
    assert (rows[0]["comment"], rows[0]["first"], rows[0]["last"]) == ("Edit run 355100", 1, 3)
    assert (rows[2]["value"], rows[3]["value"]) == ('"Collisions22"', "6799")
    assert all(row["author"] == "shifter@example.org" for row in rows)


def test_a_plan_has_the_columns_of_its_rows_and_mixed_values_as_json() -> None:
    table = samples.rows_of(frames.PLAN).to_arrow()
    assert table.column_names == list(samples.PLAN[0])
    assert table["now"].to_pylist() == ['"OPEN"', "true"]
    assert table.schema.field("run_number").type == pa.int64()


def test_chosen_fields_keep_their_order_and_their_types() -> None:
    table = samples.rows_of(frames.FIELDS).to_arrow()
    assert table.column_names == ["run_number", "class", "dt-dt.BAD", "energy"]
    assert table.schema.field("energy").type == pa.float64()
    assert table.schema.field("dt-dt.BAD").type == pa.int64()


@pytest.mark.parametrize(
    ("name", "type_name"),
    [
        ("rr_attributes.state", "state"),
        ("dt-dt", "json"),
        ("dt-dt.comments", "list"),
        ("dt-dt.NO VALUE FOUND", "integer"),
        ("GOOD", ""),
    ],
)
def test_a_field_has_the_type_of_the_last_part_of_its_name(name: str, type_name: str) -> None:
    column = column_named(name)
    assert (column.type if column else "") == type_name


def test_every_attribute_has_a_type_that_a_column_can_have() -> None:
    assert {attribute.column for attribute in RUN_ATTRIBUTES.values()} <= set(COLUMN_TYPES)


def test_oms_lumisections_have_the_whitelist_and_the_luminosity() -> None:
    names = [column.name for column in OMS_LUMISECTION_COLUMNS]
    assert set(names) == OMS_LUMISECTION_WHITELIST | set(LUMINOSITY_ATTRIBUTES)
    assert len(names) == len(set(names))
