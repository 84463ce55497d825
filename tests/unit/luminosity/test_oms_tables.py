"""Real tables of OMS and WBM: pages put together, empty numbers, lists in quotes, a mark at the beginning."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.luminosity.layouts import DATA

from runregistry.engine.oms_files import read_runs
from runregistry.errors import UsageError


def test_the_table_of_all_runs_of_2022_is_read_though_its_pages_repeat_the_names() -> None:
    runs = read_runs(DATA / "Runs2022-hltmode.csv.gz")
    assert (len(runs), min(runs), max(runs)) == (3990, 354775, 362881)
    assert runs[354779]["delivered_lumi"] == 1e-6
    assert runs[354779]["components_out"] == ["CTPPS", "CTPPS_TOT", "PIXEL", "TRACKER"]
    assert {type(run["delivered_lumi"]) for run in runs.values()} == {float, type(None)}
    assert {type(run["components_out"]) for run in runs.values()} == {list}


@pytest.mark.parametrize(("year", "n_fills"), [(2015, 162), (2018, 289)])
def test_a_mark_blanks_around_commas_and_empty_cells_do_no_harm(year: int, n_fills: int, tmp_path: Path) -> None:
    text = (DATA / f"FillsWBM_{year}.csv").read_text(encoding="utf-8")
    assert text.startswith("\ufeffFill , Create Time ,")
    path = tmp_path / "fills.csv"
    path.write_text(text.replace("Fill ,", "run_number ,", 1), encoding="utf-8")
    rows = read_runs(path)
    assert len(rows) == n_fills
    row = next(iter(rows.values()))
    assert row["Type"] == "Ion - PB82 vs PB82"
    assert row["Comments"] is None
    assert row["Create Time"] == ("2015.12.12 22:12:43" if year == 2015 else "2018.12.02 12:43:25")


def test_a_table_of_fills_is_no_table_of_runs() -> None:
    with pytest.raises(UsageError, match=r"row 1 has no run_number; its columns are Fill, Create Time, Duration Stable"):
        read_runs(DATA / "FillsWBM_2018.csv")


def test_a_value_in_a_column_without_a_name_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("run_number,\n1, \n2,x\n")
    with pytest.raises(UsageError, match="line 3 has 'x' in a column without a name"):
        read_runs(path)
