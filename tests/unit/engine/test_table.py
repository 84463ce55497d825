from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from tests.unit.engine.making import make_dataset

from runregistry.engine.columns import Line, coded
from runregistry.engine.snapshot import Snapshot
from runregistry.engine.sources import ABSENT, WHOLE, Source, dataset_value, lumisection_steps, sources_of
from runregistry.engine.table import DatasetView, Table
from runregistry.model import CertifiedDataset

BIT = ("lumisection", "oms", "bit")
DT = ("lumisection", "rr", "dt-dt")
ENERGY = ("run", "oms", "energy")

ONE = make_dataset(1, "online", rr={"dt-dt": [(1, 9, "GOOD"), (4, 5, "BAD")]}, oms={"bit": [(3, 9, True)]}, run={"energy": 6800})
TWO = make_dataset(2, "online", rr={"dt-dt": [(2, 3, "GOOD")]}, oms={"bit": [(1, 3, False)]}, attributes={"state": "OPEN"})


def table_of(datasets: Sequence[CertifiedDataset], sources: Sequence[Source]) -> Table:
    return Table(Snapshot.of(datasets), sources)


def line_of(datasets: Sequence[CertifiedDataset]) -> Line:
    return Snapshot.of(datasets).line


def rows_of(table: Table) -> list[tuple[int, int, int]]:
    spans = [next(table.line.spans(table.starts[i : i + 1], table.stops[i : i + 1])) for i in range(table.size)]
    return [(dataset, first, last) for _, dataset, first, last in spans]


def test_rows_are_cut_only_where_a_source_changes() -> None:
    assert rows_of(table_of([ONE, TWO], [DT])) == [(0, 3, 3), (0, 4, 5), (0, 6, 9), (1, 2, 3)]


def test_a_table_of_no_changing_source_has_one_row_for_each_range_of_lumisections() -> None:
    assert rows_of(table_of([ONE, TWO], [ENERGY])) == [(0, 3, 9), (1, 2, 3)]


def test_lumisection_numbers_cut_into_single_lumisections() -> None:
    assert table_of([ONE, TWO], [("lumisection", "lumisection_number")]).size == 9


def test_a_column_has_the_value_of_each_row() -> None:
    table = table_of([ONE, TWO], [DT, BIT])
    column = table.column(DT)
    assert column is not None
    assert [column.values[code] for code in column.codes] == ["GOOD", "BAD", "GOOD", "GOOD"]


def test_attributes_of_the_run_are_spread_over_its_rows() -> None:
    column = table_of([ONE, TWO], [DT, ENERGY]).column(ENERGY)
    assert column is not None
    assert [column.values[code] for code in column.codes] == [6800, 6800, 6800, ABSENT]


def test_a_view_of_datasets_has_no_columns_of_lumisections() -> None:
    view = DatasetView(Snapshot.of([ONE, TWO]))
    assert view.column(DT) is None
    assert view.column(WHOLE) is None
    assert view.column(ENERGY) is not None


@pytest.mark.parametrize("datasets", [[], [make_dataset(5)]])
def test_without_lumisections_a_table_is_empty(datasets: list[object]) -> None:
    table = table_of(datasets, [DT, ENERGY])  # type: ignore[arg-type]
    assert table.size == 0
    assert table.column(DT).codes.tolist() == []  # type: ignore[union-attr]


def test_spans_join_what_touches_and_has_one_label() -> None:
    line = line_of([ONE, TWO])
    shift = int(line.offsets[1])
    starts = np.array([1, 3, 5, shift + 1])
    stops = np.array([3, 5, 6, shift + 2])
    assert list(line.spans(starts, stops)) == [(0, 0, 1, 5), (0, 1, 1, 1)]
    assert list(line.spans(starts, stops, np.array([0, 0, 1, 1]))) == [(0, 0, 1, 4), (1, 0, 5, 5), (1, 1, 1, 1)]


def test_the_last_lumisection_of_a_run_never_joins_the_first_of_the_next() -> None:
    one = make_dataset(1, oms={"bit": [(1, 4, True)]}, n=4)
    two = make_dataset(2, oms={"bit": [(1, 2, True)]}, n=2)
    line = line_of([one, two])
    assert list(line.spans(line.starts, line.stops)) == [(0, 0, 1, 4), (0, 1, 1, 2)]


def test_values_that_can_not_be_hashed_are_numbered_by_what_they_hold() -> None:
    column = coded([{"a": [1]}, [1], {"a": [1]}, ABSENT])
    assert column.codes.tolist() == [1, 2, 1, 0]


def test_what_lies_inside_another_source_is_not_read_twice() -> None:
    assert sources_of(["lumisection.oms.bit", "lumisection.oms", "run.rr.class.0"]) == (
        ("lumisection", "oms"),
        ("run", "rr", "class"),
    )


def test_paths_of_another_depth_lead_to_flat_columns() -> None:
    assert sources_of(["components.0", "hlt_key"], depth=1) == (("components",), ("hlt_key",))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        (("run", "run_number"), 2),
        (("run", "rr"), {}),
        (("dataset", "name"), "online"),
        (("dataset", "state"), "OPEN"),
        (("dataset",), {"state": "OPEN", "name": "online"}),
        (("run", "oms", "energy"), ABSENT),
        (("elsewhere",), ABSENT),
    ],
)
def test_values_of_a_dataset(source: tuple[str, ...], value: object) -> None:
    assert dataset_value(source, TWO) == value


def test_whole_parts_of_the_document_cover_every_lumisection() -> None:
    assert list(lumisection_steps(("lumisection", "oms"), TWO)) == [(2, 3, {"bit": False})]
    assert next(iter(lumisection_steps(("lumisection",), TWO))) == (
        2,
        2,
        {"lumisection_number": 2, "oms": {"bit": False}, "rr": {"dt-dt": "GOOD"}},
    )
    assert list(lumisection_steps(WHOLE, make_dataset(3))) == []
