"""Tables of lumisections and ranges: tidy or wide, by range or by lumisection."""

from __future__ import annotations

import pytest
from tests.unit.client.frames import samples

from runregistry.client import frames
from runregistry.errors import RangeError, UsageError


def component_ranges() -> frames.ComponentRanges:
    return frames.ComponentRanges(samples.BY_COMPONENT, **samples.KEY)


def test_lumisections_have_one_row_for_each_component() -> None:
    table = samples.rows_of(frames.LUMISECTIONS).to_arrow()
    assert table.column_names == ["run_number", "dataset_name", "lumisection_number", "component", "status", "comment", "cause"]
    rows = [tuple(row.values()) for row in table.to_pylist()]
    assert rows[0] == (355100, "online", 1, "dt-dt", "GOOD", "", "")
    assert rows[3] == (355100, "online", 2, "csc-csc", "EMPTY", "", "")
    assert rows[4] == (355100, "online", 3, "dt-dt", "BAD", "HV trip", "HV")
    assert len(rows) == 6


def test_wide_lumisections_have_one_column_for_each_component() -> None:
    table = samples.rows_of(frames.LUMISECTIONS).to_arrow(wide=True)
    assert table.column_names == ["run_number", "dataset_name", "lumisection_number", "dt-dt", "csc-csc"]
    assert table["dt-dt"].to_pylist() == ["GOOD", "GOOD", "BAD"]
    assert table["csc-csc"].to_pylist() == ["EMPTY", "EMPTY", "GOOD"]


def test_ranges_have_one_row_for_each_component_and_range() -> None:
    table = samples.rows_of(frames.RANGES).to_arrow()
    assert table.column_names == ["run_number", "dataset_name", "component", "first", "last", "status", "comment", "cause"]
    found = [(row["component"], row["first"], row["last"], row["status"]) for row in table.to_pylist()]
    assert found == [("dt-dt", 1, 2, "GOOD"), ("csc-csc", 1, 2, "EMPTY"), ("dt-dt", 3, 3, "BAD"), ("csc-csc", 3, 3, "GOOD")]


def test_ranges_by_lumisection_are_the_table_of_the_lumisections() -> None:
    by_lumisection = samples.rows_of(frames.RANGES).to_arrow(per="lumisection")
    assert by_lumisection.equals(samples.rows_of(frames.LUMISECTIONS).to_arrow())


def test_wide_ranges_by_lumisection_are_the_wide_lumisections() -> None:
    by_lumisection = samples.rows_of(frames.RANGES).to_arrow(per="lumisection", wide=True)
    assert by_lumisection.equals(samples.rows_of(frames.LUMISECTIONS).to_arrow(wide=True))


def test_the_ranges_of_a_component_follow_each_other() -> None:
    table = component_ranges().to_arrow()
    assert table.schema == samples.rows_of(frames.RANGES).to_arrow().schema
    assert table["component"].to_pylist() == ["dt-dt", "dt-dt", "csc-csc", "csc-csc"]
    assert table["first"].to_pylist() == [1, 3, 1, 3]


def test_component_ranges_by_lumisection_are_the_lumisections_in_another_order() -> None:
    order = [("lumisection_number", "ascending"), ("component", "ascending")]
    tables = (component_ranges().to_arrow(per="lumisection"), samples.rows_of(frames.LUMISECTIONS).to_arrow())
    by_component, by_lumisection = (table.cast(plain(table)).sort_by(order) for table in tables)
    assert by_component.equals(by_lumisection)


def plain(table: object) -> object:
    """The schema with texts instead of categories, which don't sort."""
    import pyarrow as pa

    fields = [pa.field(f.name, pa.string()) if pa.types.is_dictionary(f.type) else f for f in table.schema]  # type: ignore[attr-defined]
    return pa.schema(fields)


def test_where_a_component_is_absent_its_range_has_no_status() -> None:
    table = frames.ComponentRanges({"csc-csc": [{"start": 1, "end": 1}]}, **samples.KEY).to_arrow()
    assert table["status"].to_pylist() == [None]
    assert table["first"].to_pylist() == [1]


def test_a_component_that_a_lumisection_lacks_has_no_row_there_and_an_empty_cell_in_the_wide_table() -> None:
    rows = frames.Rows([{"dt-dt": samples.GOOD}, {"csc-csc": samples.BAD}], frames.LUMISECTIONS, **samples.KEY)
    assert rows.to_arrow()["component"].to_pylist() == ["dt-dt", "csc-csc"]
    assert rows.to_arrow()["lumisection_number"].to_pylist() == [1, 2]
    assert rows.to_arrow(wide=True)["dt-dt"].to_pylist() == ["GOOD", None]


def test_what_a_triplet_has_besides_is_a_column_too() -> None:
    rows = frames.Rows([{"dt-dt": {**samples.GOOD, "weight": 3}}, {"dt-dt": samples.GOOD}], frames.LUMISECTIONS, **samples.KEY)
    assert rows.to_arrow().column_names[-1] == "weight"
    assert rows.to_arrow()["weight"].to_pylist() == [3, None]


def test_oms_lumisections_have_their_flags_and_holes_are_empty() -> None:
    table = samples.rows_of(frames.OMS_LUMISECTIONS).to_arrow()
    assert table["lumisection_number"].to_pylist() == [1, 2]
    assert table["beam1_present"].to_pylist() == [True, None]
    assert table["recorded"].to_pylist() == [0.25, None]
    assert "err" not in table.column_names


def test_oms_ranges_can_be_laid_out_by_lumisection() -> None:
    rows = samples.rows_of(frames.OMS_RANGES)
    assert rows.to_arrow()["last"].to_pylist() == [54, 56]
    table = rows.to_arrow(per="lumisection")
    assert table["lumisection_number"].to_pylist() == list(range(1, 57))
    assert table["prescale_index"].to_pylist() == [2] * 54 + [None] * 2


def test_joint_ranges_have_oms_attributes_and_the_statuses_of_components() -> None:
    table = samples.rows_of(frames.JOINT_RANGES).to_arrow()
    assert table.column_names[-1] == "dt-dt"
    assert table["dt-dt"].to_pylist() == ["GOOD", "BAD"]
    assert table["beam1_present"].to_pylist() == [True, None]
    assert table.to_pandas()["dt-dt"].cat.categories.tolist()[:2] == ["GOOD", "BAD"]


def test_a_range_without_an_end_has_no_lumisections() -> None:
    rows = frames.Rows([{"dt-dt": samples.GOOD, "start": 1}, {"dt-dt": samples.BAD, "start": 5, "end": 6}], frames.RANGES)
    assert rows.to_arrow()["last"].to_pylist() == [None, 6]
    assert rows.to_arrow(per="lumisection")["lumisection_number"].to_pylist() == [5, 6]


def test_an_absurd_range_is_a_row_and_not_a_billion() -> None:
    rows = frames.Rows([{"dt-dt": samples.GOOD, "start": 1, "end": 2**62}], frames.RANGES, **samples.KEY)
    assert rows.to_arrow()["last"].to_pylist() == [2**62]
    with pytest.raises(RangeError, match="are no table"):
        rows.to_arrow(per="lumisection")


@pytest.mark.parametrize("kind", [frames.RUNS, frames.OMS_RANGES, frames.HISTORY])
def test_only_components_can_be_columns(kind: frames.Kind) -> None:
    with pytest.raises(UsageError, match="wide=True is for lumisections and ranges"):
        samples.rows_of(kind).to_arrow(wide=True)


def test_a_wrong_per_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match="did you mean lumisection"):
        samples.rows_of(frames.RANGES).to_csv(per="lumisections")
    with pytest.raises(UsageError, match="for runs there is no per="):
        samples.rows_of(frames.RUNS).to_csv(per="lumisection")
