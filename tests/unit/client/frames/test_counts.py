"""Counts of lumisections by status: what a plot of the GOOD fraction needs."""

from __future__ import annotations

import pytest
from tests.unit.client.frames import samples

from runregistry.client import frames
from runregistry.errors import UsageError


def test_runs_have_one_row_of_counts_for_each_component() -> None:
    counts = samples.rows_of(frames.RUNS).component_counts()
    assert counts.kind is frames.COUNTS
    assert [(row["dataset_name"], row["component"]) for row in counts] == [("online", "dt-dt"), ("online", "csc-csc")]
    first = counts.to_arrow().to_pylist()[0]
    assert (first["GOOD"], first["BAD"], first["STANDBY"], first["NO VALUE FOUND"], first["EMPTY"]) == (300, 12, 0, 0, 0)
    assert first["lumisections"] == 312
    assert first["good_fraction"] == pytest.approx(300 / 312)
    assert first["comments"] == ["HV trip"]


def test_the_good_fraction_is_of_what_is_not_empty_and_missing_where_all_is() -> None:
    _, second = samples.rows_of(frames.RUNS).component_counts()
    assert (second["lumisections"], second["EMPTY"], second["good_fraction"]) == (312, 312, None)
    row = {**samples.RUN, "DatasetTripletCache": {"triplet_summary": {"dt-dt": {"GOOD": 1, "BAD": 1, "EMPTY": 6}}}}
    assert frames.Rows([row], frames.RUNS).component_counts()[0]["good_fraction"] == 0.5


def test_counts_of_datasets_have_their_names() -> None:
    counts = samples.rows_of(frames.DATASETS).component_counts()
    assert {row["dataset_name"] for row in counts} == {"/PromptReco/Collisions2022/DQM"}


def test_a_status_that_is_none_of_the_fixed_ones_is_counted() -> None:
    row = {**samples.RUN, "DatasetTripletCache": {"triplet_summary": {"dt-dt": {"GOOD": 1, "SPLENDID": 3, "EMPTY": 0}}}}
    table = frames.Rows([row], frames.RUNS).component_counts().to_arrow()
    assert table.column_names[-1] == "SPLENDID"
    assert table["lumisections"].to_pylist() == [4]


def test_a_run_without_summaries_has_no_counts() -> None:
    assert frames.Rows([{**samples.RUN, "DatasetTripletCache": None}], frames.RUNS).component_counts() == []


def test_rows_of_other_kinds_or_cut_to_fields_have_none() -> None:
    with pytest.raises(UsageError, match="these rows are lumisections"):
        samples.rows_of(frames.LUMISECTIONS).component_counts()
    with pytest.raises(UsageError, match="run 7 came without"):
        frames.Rows([{"run_number": 7}], frames.RUNS).component_counts()


def test_a_plot_of_the_good_fraction_needs_a_pivot_and_no_more() -> None:
    data = samples.rows_of(frames.RUNS).component_counts().to_pandas()
    fractions = data.pivot(index="run_number", columns="component", values="good_fraction")
    assert fractions.loc[355100, "dt-dt"] == pytest.approx(300 / 312)
