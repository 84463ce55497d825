"""CSV, Parquet and the libraries all say the same."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.client.frames import samples

from runregistry.client import frames
from runregistry.errors import MissingExtraError


@pytest.mark.parametrize("kind", samples.ALL)
def test_csv_has_a_line_for_each_row_and_a_cell_for_each_column(kind: frames.Kind) -> None:
    rows = samples.rows_of(kind)
    head, *lines = csv.reader(io.StringIO(rows.to_csv()))
    table = rows.to_arrow()
    assert head == table.column_names
    assert len(lines) == table.num_rows
    assert [[cell != "" for cell in line] for line in lines] == [
        [value not in (None, "") for value in row.values()] for row in table.to_pylist()
    ]


def test_cells_of_csv_are_as_people_write_them() -> None:
    (row,) = csv.DictReader(io.StringIO(samples.rows_of(frames.RUNS).to_csv()))
    assert row["start_time"] == "2022-07-05T14:48:36Z"
    assert row["last_update"] == "2022-07-05T17:10:02.123Z"
    assert (row["dt_included"], row["b_field"], row["components"]) == ("true", "3.8", '["DAQ", "DT"]')
    assert (row["fill_number"], row["energy"], row["gem_included"]) == ("7920", "6799.0", "")


def test_csv_is_written_to_a_file_or_a_stream(tmp_path: Path) -> None:
    rows = samples.rows_of(frames.LUMISECTIONS)
    assert rows.to_csv(tmp_path / "rows.csv") is None
    stream = io.StringIO()
    rows.to_csv(stream)
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8") == stream.getvalue() == rows.to_csv()


def test_a_comment_with_line_ends_stays_in_its_cell() -> None:
    comment = 'HV\r\ntrip\rat, "noon"\n'
    rows = frames.Rows([{"dt-dt": {**samples.BAD, "comment": comment}}], frames.LUMISECTIONS, **samples.KEY)
    (row,) = csv.DictReader(io.StringIO(rows.to_csv(), newline=""))
    assert row["comment"] == comment


def test_csv_of_more_rows_than_are_text_at_once_is_whole() -> None:
    rows = frames.Rows([{"dt-dt": samples.GOOD, "start": 1, "end": 120_001}], frames.RANGES, **samples.KEY)
    lines = (rows.to_csv(per="lumisection") or "").splitlines()
    assert len(lines) == 120_002
    assert lines[-1] == "355100,online,120001,dt-dt,GOOD,,"


@pytest.mark.parametrize("kind", samples.ALL)
def test_parquet_keeps_types_values_and_units(kind: frames.Kind, tmp_path: Path) -> None:
    rows = samples.rows_of(kind)
    rows.to_parquet(tmp_path / "rows.parquet")
    table, again = rows.to_arrow(), pq.read_table(tmp_path / "rows.parquet")
    assert again.to_pylist() == table.to_pylist()
    units = [(field.metadata or {}).get(b"unit") for field in again.schema]
    assert units == [(field.metadata or {}).get(b"unit") for field in table.schema]
    assert pa.types.is_dictionary(again.schema.field("component").type) if "component" in again.column_names else True


@pytest.mark.parametrize("kind", samples.ALL)
def test_pandas_and_polars_hold_what_arrow_holds(kind: frames.Kind) -> None:
    rows = samples.rows_of(kind)
    table = rows.to_arrow()
    assert rows.to_polars().to_dicts() == table.to_pylist()
    data = rows.to_pandas()
    assert list(data.columns) == table.column_names
    assert data.isna().to_numpy().tolist() == [[value is None for value in row.values()] for row in table.to_pylist()]


def test_a_missing_library_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = samples.rows_of(frames.RUNS)
    for name in ("pandas", "polars", "pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"pandas.*runregistry\[tables\]"):
        rows.to_pandas()
    with pytest.raises(MissingExtraError, match=r"polars.*runregistry\[polars\]"):
        rows.to_polars()
    with pytest.raises(MissingExtraError, match=r"pyarrow.*runregistry\[tables\]"):
        rows.to_arrow()
    with pytest.raises(MissingExtraError, match=r"runregistry\[tables\]"):
        rows.to_parquet("never.parquet")
    assert rows.to_csv()


def test_results_load_no_library_before_a_table_is_asked_for() -> None:
    code = (
        "import sys; from runregistry.client.frames import Rows; rows = Rows([{'DatasetTripletCache': {}}], 'runs'); "
        "rows._repr_html_(); rows.component_counts(); "
        "assert not {'numpy', 'pandas', 'pyarrow', 'polars'} & set(sys.modules); rows.to_csv(); "
        "assert not {'pandas', 'pyarrow', 'polars'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_tables_of_two_results_join_in_polars() -> None:
    runs = samples.rows_of(frames.RUNS).to_polars()
    lumisections = samples.rows_of(frames.LUMISECTIONS).to_polars()
    assert lumisections.join(runs, on="run_number").height == 6
    ranges = samples.rows_of(frames.RANGES).to_polars()
    assert lumisections.join(ranges, on=["run_number", "dataset_name", "component", "status"]).height == 6
    assert pl.concat([lumisections, lumisections]).height == 12
