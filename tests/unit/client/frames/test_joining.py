"""One table of many answers."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from tests.unit.client.frames import samples

from runregistry.client import frames
from runregistry.errors import UsageError


def of_run(number: int, kind: frames.Kind = frames.LUMISECTIONS) -> frames.Rows:
    return frames.Rows(samples.ALL[kind], kind, run_number=number, dataset_name="online")


@pytest.mark.parametrize("kind", samples.KINDS_OF_A_DATASET)
def test_a_joined_table_is_the_tables_of_its_parts_behind_each_other(kind: frames.Kind) -> None:
    parts = [of_run(number, kind) for number in (1, 2, 3)]
    rows = [row for part in parts for row in part.to_arrow().to_pylist()]
    assert frames.concatenate(iter(parts)).to_arrow().to_pylist() == rows


@pytest.mark.parametrize("per", ["range", "lumisection"])
def test_component_ranges_of_many_runs_are_one_table(per: str) -> None:
    parts = [frames.ComponentRanges(samples.BY_COMPONENT, run_number=n, dataset_name="online") for n in (1, 2)]
    joined = frames.concatenate(parts).to_arrow(per=per)
    assert joined.to_pylist() == [row for part in parts for row in part.to_arrow(per=per).to_pylist()]


def test_parts_with_other_components_are_joined_too() -> None:
    other = frames.Rows([{"rpc-rpc": samples.BAD}], frames.LUMISECTIONS, run_number=2, dataset_name="online")
    joined = frames.concatenate([of_run(1), other])
    assert joined.to_arrow()["component"].to_pylist()[-1] == "rpc-rpc"
    wide = joined.to_arrow(wide=True)
    assert wide["rpc-rpc"].to_pylist() == [None, None, None, "BAD"]
    assert wide["dt-dt"].to_pylist() == ["GOOD", "GOOD", "BAD", None]


def test_a_part_without_rows_adds_none() -> None:
    nothing = frames.Rows([], frames.LUMISECTIONS, run_number=9, dataset_name="online")
    assert frames.concatenate([nothing, of_run(1)]).to_csv() == of_run(1).to_csv()


def test_an_attribute_that_is_a_number_here_and_text_there_is_json_in_all() -> None:
    parts = [frames.Rows([{"new": value}], frames.OMS_LUMISECTIONS, run_number=1) for value in (3, "x")]
    assert frames.concatenate(parts).to_arrow()["new"].to_pylist() == ["3", '"x"']


def test_parts_of_different_kinds_make_no_table() -> None:
    with pytest.raises(UsageError, match="lumisections and ranges"):
        frames.concatenate([of_run(1), of_run(1, frames.RANGES)])


def test_nothing_is_a_table_without_columns_unless_its_kind_is_known() -> None:
    assert frames.concatenate([]).to_arrow().shape == (0, 0)
    assert frames.concatenate([]).to_csv() == ""
    known = frames.concatenate([], frames.RANGES).to_arrow()
    assert known.schema == samples.rows_of(frames.RANGES).to_arrow().schema


def test_plain_answers_are_rows_with_any_columns() -> None:
    answers: list[Any] = [{"run_number": 1, "version": 5}, {"run_number": 2, "version": 6}]
    table = frames.concatenate(answers).to_arrow()
    assert table.column_names == ["run_number", "version"]
    assert table.schema.field("version").type == pa.int64()
    assert table["run_number"].to_pylist() == [1, 2]


def test_a_large_table_keeps_each_text_once() -> None:
    parts = [of_run(number) for number in range(200)]
    table = frames.concatenate(parts).to_arrow()
    assert table.num_rows == 1200
    assert table["dataset_name"].chunk(0).dictionary.to_pylist() == ["online"]
    assert table["component"].chunk(0).dictionary.to_pylist() == ["dt-dt", "csc-csc"]
