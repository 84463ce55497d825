"""Whatever a registry holds becomes a table, and a table says what the rows say."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.client import frames
from runregistry.client.frames import Kind, Rows
from runregistry.client.frames.columns import OMS_COLUMNS
from runregistry.terms import STATUSES

OMS = {column.name for column in OMS_COLUMNS}
TEXTS = st.text(max_size=6)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=4,
)
KEYS = st.sampled_from(
    [
        *("run_number", "name", "oms_attributes", "rr_attributes", "dataset_attributes", "Run", "DatasetTripletCache", "jsonb"),
        *("start", "end", "energy", "class", "state", "components", "start_time", "dt-dt", "status", "createdAt", "CycleDataset"),
    ]
)
ANYTHING = VALUES | st.dictionaries(KEYS, VALUES, max_size=4)
ROWS = st.lists(st.dictionaries(KEYS | TEXTS, ANYTHING, max_size=5), max_size=4)

TRIPLETS = st.fixed_dictionaries(
    {"status": st.sampled_from(STATUSES), "comment": st.sampled_from(["", "HV trip"]), "cause": st.sampled_from(["", "HV"])}
)
COMPONENTS = ("dt-dt", "csc-csc", "tracker-strip")
ELEMENTS = st.dictionaries(st.sampled_from(COMPONENTS), TRIPLETS, min_size=1, max_size=3)
# Neighbours that are alike are what makes tables fast, so there must be many.
LUMISECTIONS = st.lists(st.tuples(ELEMENTS, st.integers(1, 4)), max_size=6).map(
    lambda several: [dict(element) for element, times in several for _ in range(times)]
)


@contextmanager
def quiet() -> Iterator[None]:
    """Expect that values are left empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", frames.TableWarning)
        yield


def expected(run_number: int, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tidy table, made the obvious way."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return [
        {"run_number": run_number, "dataset_name": "online", "lumisection_number": number, "component": name, **row[name]}
        for number, row in enumerate(rows, 1)
        for name in names
        if name in row
    ]


def ranges(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Neighbours that are alike as one range, as the service answers."""
    found: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        if found and {k: v for k, v in found[-1].items() if k not in ("start", "end")} == row:
            found[-1]["end"] = number
        else:
            found.append({**row, "start": number, "end": number})
    return found


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.COMPONENT_RANGES])
@settings(max_examples=25)
@given(rows=ROWS)
def test_no_rows_make_a_table_fail(kind: Kind, rows: list[dict[str, Any]]) -> None:
    with quiet():
        made = Rows(rows, kind, run_number="one", dataset_name=None)
        table, none = made.to_arrow(), Rows([], kind).to_arrow()
        # Those of OMS are left out where no row of a dataset carries any.
        fixed = [name for name in none.column_names if kind is not frames.DATASETS or name not in OMS]
        assert table.column_names[: len(fixed)] == fixed
        assert len(set(table.column_names)) == table.num_columns
        lines = list(csv.reader(io.StringIO(made.to_csv(), newline="")))
    assert len(lines) == table.num_rows + bool(table.num_columns)


@given(ranges=st.dictionaries(TEXTS, ANYTHING | st.lists(st.dictionaries(KEYS, ANYTHING, max_size=4), max_size=3), max_size=3))
@settings(max_examples=50)
def test_no_ranges_of_components_make_a_table_fail(ranges: dict[str, Any]) -> None:
    with quiet():
        table = frames.ComponentRanges(ranges, run_number=1, dataset_name="online").to_arrow()
    assert table.num_rows == sum(len(entries) for entries in ranges.values() if isinstance(entries, list))


@given(rows=ROWS, caches=st.lists(ANYTHING, min_size=4, max_size=4))
@settings(max_examples=50)
def test_no_summaries_make_counts_fail(rows: list[dict[str, Any]], caches: list[Any]) -> None:
    given = [
        {**row, "DatasetTripletCache": {"triplet_summary": {"dt-dt": cache}}} for row, cache in zip(rows, caches, strict=False)
    ]
    with quiet():
        counts = Rows(given, frames.RUNS).component_counts()
        assert counts.to_arrow().num_rows == len(given)
    assert all(row["good_fraction"] is None or isinstance(row["good_fraction"], float) for row in counts)


@given(rows=ROWS)
@settings(max_examples=25)
def test_pandas_and_polars_take_what_arrow_took(rows: list[dict[str, Any]]) -> None:
    with quiet():
        made = Rows(rows, frames.RUNS)
        assert made.to_polars().height == len(made.to_pandas()) == len(rows)


@given(several=st.lists(LUMISECTIONS, max_size=3))
@settings(max_examples=50)
def test_lumisections_of_many_runs_are_laid_out_as_the_obvious_way_does(several: list[list[dict[str, Any]]]) -> None:
    parts = [Rows(rows, frames.LUMISECTIONS, run_number=n, dataset_name="online") for n, rows in enumerate(several)]
    table = frames.concatenate(parts, frames.LUMISECTIONS).to_arrow()
    assert table.to_pylist() == [row for n, rows in enumerate(several) for row in expected(n, rows)]


@given(rows=LUMISECTIONS)
@settings(max_examples=50)
def test_ranges_by_lumisection_are_the_lumisections(rows: list[dict[str, Any]]) -> None:
    key = {"run_number": 1, "dataset_name": "online"}
    by_range = Rows(ranges(rows), frames.RANGES, **key)
    by_lumisection = Rows(rows, frames.LUMISECTIONS, **key)
    assert by_range.to_arrow(per="lumisection").equals(by_lumisection.to_arrow())
    assert by_range.to_arrow(per="lumisection", wide=True).equals(by_lumisection.to_arrow(wide=True))


@given(rows=LUMISECTIONS, first=st.integers(0, 6), step=st.integers(1, 3))
@settings(max_examples=25)
def test_a_slice_is_the_rows_of_the_table_with_its_numbers(rows: list[dict[str, Any]], first: int, step: int) -> None:
    whole = Rows(rows, frames.LUMISECTIONS, run_number=1, dataset_name="online")
    numbers = set(range(1, len(rows) + 1)[first::step])
    kept = {(row["lumisection_number"], row["component"]) for row in whole.to_arrow().to_pylist()}
    cut = {(row["lumisection_number"], row["component"]) for row in whole[first::step].to_arrow().to_pylist()}
    assert cut == {one for one in kept if one[0] in numbers}
