from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import ROOT

from runregistry.errors import UsageError
from runregistry.luminosity import LUMISECTION_S, LumiTable, read_brilcalc
from runregistry.lumis import LumiMask
from runregistry.pictures import draw_luminosity
from runregistry.pictures.bins import MOST_BINS, along_lumisections, along_time

pytest.importorskip("matplotlib")
DATA = ROOT / "tests" / "data" / "luminosity"


def table(runs: dict[int, int], start: str | None = "2018-05-01T12:00:00", each: float = 0.001) -> LumiTable:
    """Return runs of so many lumisections, one after the other."""
    run_numbers = np.repeat(list(runs), list(runs.values()))
    numbers = np.concatenate([np.arange(1, n + 1) for n in runs.values()])
    time = None if start is None else np.datetime64(start) + (np.arange(len(numbers)) * 23.31).astype("timedelta64[s]")
    recorded = np.full(len(numbers), each)
    return LumiTable.from_columns(
        run_numbers,
        numbers,
        delivered=1.25 * recorded,
        recorded=recorded,
        unit="/pb",
        time=time,
        fill_number=[6629] * len(numbers),
    )


def heights(figure: Any) -> list[float]:
    """Return the area under each filled layer and under the line, in the unit of the axis."""
    from matplotlib.patches import StepPatch

    found = []
    for patch in figure.axes[0].patches:
        assert isinstance(patch, StepPatch)
        values, _, baseline = patch.get_data()
        found.append(float(np.sum(values - (0 if baseline is None else baseline))))
    return found


def title(figure: Any) -> str:
    return str(figure.axes[0].get_title(loc="left"))


def test_the_golden_part_and_the_rest_add_up_to_what_was_recorded() -> None:
    figure = draw_luminosity(table({315512: 100}), LumiMask({315512: [(1, 75)]}))
    rest, golden, delivered = heights(figure)
    assert (rest, golden, delivered) == (pytest.approx(25), pytest.approx(75), pytest.approx(125))
    assert figure.axes[0].get_ylabel() == "luminosity per lumisection [nb⁻¹]"
    assert title(figure) == "Run 315512: 75.0 of 100 nb⁻¹ recorded are golden (75.0 %)"
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "golden 75.0 nb⁻¹",
        "recorded, not golden 25.0 nb⁻¹",
        "delivered 125 nb⁻¹",
    ]


def test_the_golden_part_is_where_the_json_has_it() -> None:
    axes = draw_luminosity(table({1: 10}), LumiMask({1: [(3, 5)]})).axes[0]
    values, edges, _ = axes.patches[1].get_data()
    assert [left + 0.5 for left, value in zip(edges, values, strict=False) if value] == [3, 4, 5]


def test_without_a_json_all_that_was_recorded_is_filled() -> None:
    figure = draw_luminosity(table({315512: 100}))
    assert heights(figure) == [pytest.approx(100), pytest.approx(125)]
    assert title(figure) == "Run 315512: 100 of 125 nb⁻¹ delivered were recorded (80.0 %)"


@pytest.mark.parametrize(("mask", "share"), [({}, "(0.0 %)"), ({1: [(1, 50)]}, "(100.0 %)"), ({2: [(1, 50)]}, "(0.0 %)")])
def test_all_golden_and_nothing_golden_are_drawn(mask: Any, share: str) -> None:
    assert share in title(draw_luminosity(table({1: 50}), LumiMask(mask)))


def test_several_runs_are_drawn_against_time_if_it_is_known() -> None:
    figure = draw_luminosity(table({1: 50, 2: 50}))
    assert figure.axes[0].get_xlabel() == "time (UTC)"
    assert title(figure).startswith("Fill 6629, 2 runs: ")
    assert figure.axes[0].get_ylabel() == "luminosity per minute [nb⁻¹]"
    without = draw_luminosity(table({1: 50, 2: 50}, start=None))
    assert without.axes[0].get_xlabel().startswith("lumisections, one run after the other")
    assert [text.get_text() for text in without.axes[0].get_xticklabels()] == ["1", "2"]


def test_time_is_that_of_the_table_whatever_the_order_of_its_runs() -> None:
    late, early = table({1: 3}, start="2018-05-02T00:00:00"), table({2: 3}, start="2018-05-01T00:00:00", each=0.5)
    along = along_time(LumiTable.concatenate([late, early]))
    assert [run_number for run_number, _ in along.runs] == [2, 1]
    binned = along.binned(LumiTable.concatenate([late, early]).recorded_invpb)
    assert binned[0] > 100 * binned[-1] > 0


def test_what_is_not_drawn_is_said() -> None:
    known = table({1: 10})
    gap = LumiTable.from_columns([1], [11], delivered=[np.nan], recorded=[np.nan], unit="/pb")
    label = draw_luminosity(LumiTable.concatenate([known, gap]), LumiMask({1: [(1, 20)], 7: [(1, 99)]})).axes[0].get_xlabel()
    assert "1 lumisections are not drawn" in label
    assert "the JSON has 9 more lumisections of these runs" in label


def test_a_year_is_drawn_in_bins() -> None:
    figure = draw_luminosity(table(dict.fromkeys(range(1, 31), 1000)), LumiMask({5: [(1, 1000)]}))
    values, _, _ = figure.axes[0].patches[0].get_data()
    assert len(values) <= MOST_BINS + 1
    rest, golden, _ = heights(figure)
    assert golden / (rest + golden) == pytest.approx(1 / 30)


@given(st.dictionaries(st.integers(1, 9), st.integers(1, 900), min_size=1, max_size=5), st.booleans())
@settings(max_examples=30)
def test_binning_loses_no_luminosity(runs: dict[int, int], by_time: bool) -> None:
    one = table(dict(sorted(runs.items())))
    along = along_time(one) if by_time else along_lumisections(one)
    assert along.binned(one.recorded_invpb).sum() == pytest.approx(one.recorded_invpb.sum())
    assert len(along.edges) <= MOST_BINS + 3
    assert (np.diff(along.starts) > 0).all()
    assert (along.stops <= np.append(along.starts[1:], np.inf) + 1e-6).all()


def test_a_lumisection_is_as_long_as_brilcalc_takes_it() -> None:
    along = along_time(table({1: 1}))
    assert along.stops[0] - along.starts[0] == pytest.approx(LUMISECTION_S)


def test_a_real_file_is_drawn_with_the_total_of_its_footer() -> None:
    figure = draw_luminosity(read_brilcalc(DATA / "FillByLs_2017_lowPU.csv.gz"))
    assert title(figure) == "23 runs, 306929–307082: 199 of 206 pb⁻¹ delivered were recorded (96.9 %)"


def test_no_luminosity_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="it has no lumisections"):
        draw_luminosity(LumiTable.concatenate([]))
    with pytest.raises(UsageError, match="none of its 10 lumisections has any"):
        draw_luminosity(table({1: 10}, each=0.0))


def test_an_axis_that_cannot_be_is_refused() -> None:
    odd: Any = "tiem"
    with pytest.raises(UsageError, match=r"no axis 'tiem'.*time"):
        draw_luminosity(table({1: 10}), against=odd)
    with pytest.raises(UsageError, match="has a time"):
        draw_luminosity(table({1: 10}, start=None), against="time")


def test_what_was_delivered_and_not_recorded_is_drawn() -> None:
    lost = LumiTable.from_columns([1, 1], [1, 2], delivered=[1.0, 1.0], recorded=[0.0, 0.0], unit="/nb")
    assert title(draw_luminosity(lost, LumiMask())) == "Run 1: 0 of 0 nb⁻¹ recorded are golden"
