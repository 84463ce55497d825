"""Sums, choices and joins of luminosity."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.unit.luminosity.layouts import BEAM_LAYOUT, write

from runregistry.errors import LuminosityError, RangeError, UsageError
from runregistry.luminosity import Luminosity, LumiTable, format_luminosity, from_oms, invpb_per
from runregistry.lumis import LumiMask


def table(*pairs: tuple[int, int], unit: str = "/pb") -> LumiTable:
    runs, numbers = [run for run, _ in pairs], [number for _, number in pairs]
    return LumiTable.from_columns(runs, numbers, delivered=[2.0] * len(pairs), recorded=[1.0] * len(pairs), unit=unit)


def test_a_total_of_a_mask_names_what_is_missing() -> None:
    total = table((1, 1), (1, 2), (2, 5)).total(LumiMask({1: [(2, 4)], 3: [(1, 2)]}))
    assert (total.delivered_invpb, total.recorded_invpb, total.n_lumisections) == (2.0, 1.0, 1)
    assert total.missing == LumiMask({1: [(3, 4)], 3: [(1, 2)]})
    assert total.format("/nb") == "recorded 1000 /nb, delivered 2000 /nb, 1 lumisections; 4 more are not in the table"


def test_runs_and_fills_are_summed() -> None:
    made = LumiTable.from_columns(
        [2, 1, 1], [1, 1, 2], delivered=[3, 1, np.nan], recorded=[2, 1, 0], unit="/fb", fill_number=[9, 8, 9]
    )
    assert made.by_run() == {1: Luminosity(1000, 1000, 2), 2: Luminosity(3000, 2000, 1)}
    assert made.by_fill() == {8: Luminosity(1000, 1000, 1), 9: Luminosity(3000, 2000, 2)}


def test_runs_of_a_mask_are_all_there() -> None:
    found = table((1, 1), (2, 1)).by_run(LumiMask({2: [(1, 2)], 3: [(7, 7)]}))
    assert found == {
        2: Luminosity(2.0, 1.0, 1, LumiMask({2: [(2, 2)]})),
        3: Luminosity(0.0, 0.0, 0, LumiMask({3: [(7, 7)]})),
    }


def test_a_mask_and_what_it_selects_agree() -> None:
    made = table((1, 1), (1, 2), (1, 4), (3, 7))
    assert made.mask() == LumiMask({1: [(1, 2), (4, 4)], 3: [(7, 7)]})
    some = LumiMask({1: [(2, 9)]})
    assert made.select(some).mask() == made.mask() & some
    assert made.select(made.mask()) is made
    assert made.covers(some) is False
    assert made.covers(LumiMask({1: [(1, 2)]})) is True


def test_nothing_can_be_summed_too() -> None:
    empty = LumiTable.concatenate([])
    assert (len(empty), empty.total(), empty.mask(), empty.by_run()) == (0, Luminosity(0.0, 0.0, 0), LumiMask(), {})
    assert np.isnan(empty.lookup([1], [1])[0]).all()


def test_a_lumisection_that_is_there_twice_is_refused() -> None:
    with pytest.raises(LuminosityError, match="lumisection 2 of run 1 is there twice"):
        table((1, 2), (1, 1), (1, 2))
    with pytest.raises(LuminosityError, match="lumisection 2 of run 1 is there twice"):
        LumiTable.concatenate([table((1, 2)), table((1, 2))])


def test_files_in_different_units_are_one_table(tmp_path: Path) -> None:
    one = write(tmp_path / "one.csv", BEAM_LAYOUT)
    other = write(tmp_path / "other.csv", BEAM_LAYOUT.replace("31551", "31661").replace("(/nb)", "(/pb)"))
    both = LumiTable.read_many([one, other])
    assert (both.unit, both.is_checked, len(both)) == ("/pb", True, 6)
    assert both.total().delivered_invpb == pytest.approx(0.65065)


def test_frames_and_arrow_tables_name_the_unit() -> None:
    pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    made = table((1, 1), (1, 2), unit="/nb")
    frame = made.to_pandas()
    assert frame["recorded_invpb"].tolist() == [0.001, 0.001]
    arrow = made.to_arrow()
    assert arrow.column_names == list(frame.columns) == list(made.to_columns())
    assert arrow.column("lumisection").to_pylist() == [1, 2]


def test_units_are_chosen_and_named() -> None:
    assert format_luminosity(59_740.0) == "59.74 /fb"
    assert format_luminosity(-0.0005) == "-500 /ub"
    assert format_luminosity(0.0) == "0 /pb"
    with pytest.raises(UsageError, match="'/xb' is no unit of integrated luminosity"):
        format_luminosity(1.0, "/xb")
    with pytest.raises(UsageError, match="'hz/ub' is no unit of integrated luminosity"):
        format_luminosity(1.0, "hz/ub")
    assert invpb_per(" /PB ") == 1.0


def test_counters_of_oms_become_luminosity_of_lumisections() -> None:
    columns = {
        "delivered_lumi": [10.0, 10.5, 11.0, 11.25, 20.0, 19.0, None],
        "recorded_lumi": [9.0, 9.25, 9.25, 9.5, 15.0, 15.0, 15.0],
        "fill_number": [7, 7, 7, 7, 7, 7, None],
    }
    made = from_oms([1, 1, 1, 1, 2, 2, 2], [1, 2, 4, 5, 1, 2, 3], columns)
    assert np.array_equal(made.delivered_invpb, [0.5, np.nan, 0.25, np.nan, np.nan, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(made.recorded_invpb, [0.25, np.nan, 0.25, np.nan, 0, 0, np.nan], equal_nan=True)
    assert made.fill_number.tolist() == [7, 7, 7, 7, 7, 7, 0]


def test_luminosity_that_oms_gives_for_each_lumisection_is_taken() -> None:
    each = {"delivered_lumi_per_lumisection": [0.3, 0.2], "recorded_lumi_per_lumisection": [0.1, None]}
    made = from_oms([1, 1], [2, 1], {**each, "delivered_lumi": [9, 9]})
    assert made.delivered_invpb.tolist() == [0.2, 0.3]
    assert np.array_equal(made.recorded_invpb, [np.nan, 0.1], equal_nan=True)


def test_of_a_run_without_end_only_gaps_are_missing() -> None:
    table = LumiTable.from_columns([1, 1, 2], [2, 4, 1], delivered=[3.0, 4.0, 1.0], recorded=[1.0, 2.0, 1.0], unit="/pb")
    mask = LumiMask.from_json('{"1": [[-1]], "2": [[1, 3]]}')
    total = table.total(mask)
    assert total.n_lumisections == 3
    assert total.missing.to_dict() == {"1": [[1, 1], [3, 3]], "2": [[2, 3]]}
    assert table.by_run(mask)[1].missing.to_dict() == {"1": [[1, 1], [3, 3]]}


def test_a_run_without_end_that_the_table_has_not_is_named() -> None:
    table = LumiTable.from_columns([1], [2], delivered=[3.0], recorded=[1.0], unit="/pb")
    with pytest.raises(RangeError, match="run 7 is in the mask to its end"):
        table.total(LumiMask.from_json('{"7": [[-1]]}'))
