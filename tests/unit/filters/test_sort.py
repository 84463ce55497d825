"""Sortings: what they accept, and the order they make."""

from __future__ import annotations

import numpy as np
import pytest

from runregistry.errors import FilterError
from runregistry.filters import Column, SortKey, parse_sortings
from runregistry.filters.match import Coded, Memo
from runregistry.filters.sort import order


def coded(values, memo=None):
    distinct = [None, *(value for place, value in enumerate(values) if value is not None and values.index(value) == place)]
    return Coded(np.array([distinct.index(value) for value in values], dtype=np.int32), distinct, memo)


def ordered(values, direction="ASC", numbers=None, memo=None, attribute="x"):
    numbers = np.arange(1, len(values) + 1) if numbers is None else np.array(numbers)
    columns = {"run_number": Coded(None, numbers), "oms_attributes": coded(values, memo)}
    sortings = parse_sortings([[f"oms_attributes.{attribute}", direction]], "runs")
    rows = order(sortings, lambda column: columns[column.kind], len(values), table="runs", rows=np.arange(len(values)))
    return [values[row] for row in rows]


def test_attributes_go_by_their_text_and_text_by_code_points():
    assert ordered([900, 6000, 12.5]) == [12.5, 6000, 900]
    assert ordered(["b", "B", "é", "a"]) == ["B", "a", "b", "é"]
    assert ordered(["a", 5, {"k": 1}, True]) == [5, "a", True, {"k": 1}]


@pytest.mark.parametrize("attribute", ["ls_duration", "b_field"])
def test_two_attributes_go_by_number_and_numbers_before_text(attribute):
    assert ordered([900, 6000, 12.5], attribute=attribute) == [12.5, 900, 6000]
    assert ordered(["900", 6000, "12.5"], attribute=attribute) == ["12.5", "900", 6000]
    assert ordered(["a", 5, True], attribute=attribute) == [5, "a", True]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [
        ("ASC", [1, 2, None]),
        ("desc", [None, 2, 1]),
        ("Asc Nulls First", [None, 1, 2]),
        ("ASC NULLS LAST", [1, 2, None]),
        ("DESC  NULLS LAST", [2, 1, None]),
        ("DESC NULLS FIRST", [None, 2, 1]),
    ],
)
def test_rows_without_a_value_go_where_postgresql_puts_them(direction, expected):
    assert ordered([2, None, 1], direction) == expected


def test_equal_rows_go_newest_run_first():
    values = ["x", "x", "x"]
    columns = {"run_number": Coded(None, np.array([10, 30, 20])), "oms_attributes": coded(values)}
    for direction in ("ASC", "DESC"):
        sortings = parse_sortings([["oms_attributes.x", direction]], "runs")
        rows = order(sortings, lambda column: columns[column.kind], 3, table="runs", rows=np.arange(3))
        assert rows.tolist() == [1, 2, 0]


def test_datasets_go_newest_run_first_then_by_name():
    columns = {"run_number": Coded(None, np.array([1, 2, 2, 1])), "name": coded(["b", "b", "a", "a"])}
    rows = order((), lambda column: columns[column.kind], 4, table="datasets", rows=np.arange(4))
    assert rows.tolist() == [2, 1, 3, 0]


def test_the_first_sorting_of_a_column_decides():
    columns = {"run_number": Coded(None, np.array([1, 3, 2]))}
    sortings = parse_sortings([["run_number", "ASC"], ["run_number", "DESC"]], "runs")
    rows = order(sortings, lambda column: columns[column.kind], 3, table="runs", rows=np.arange(3))
    assert rows.tolist() == [0, 2, 1]


def test_only_the_given_rows_are_ordered():
    columns = {"run_number": Coded(None, np.array([1, 2, 3, 4]))}
    rows = order((), lambda column: columns[column.kind], 4, table="runs", rows=np.array([0, 2]))
    assert rows.tolist() == [2, 0]


def test_ranks_are_made_again_when_values_are_added():
    memo = Memo()
    assert ordered([3, 1], memo=memo) == [1, 3]
    assert ordered([3, 1, 2], memo=memo) == [1, 2, 3]


def test_keys_are_columns_paths_and_components():
    sortings = parse_sortings(
        [["name", "ASC"], ["rr_attributes.class", "ASC"], ["dt-dt", "ASC"], ["triplet_summary.dt-dt.GOOD", "ASC"]], "datasets"
    )
    assert [sorting.column for sorting in sortings] == [
        Column("name"),
        Column("rr_attributes", ("class",)),
        Column("triplet_summary", ("dt-dt",)),
        Column("triplet_summary", ("dt-dt", "GOOD")),
    ]


def test_no_sortings_are_no_keys():
    assert parse_sortings([], "runs") == ()


@pytest.mark.parametrize("sortings", [None, {}, "run_number", 5])
def test_sortings_must_be_a_list(sortings):
    with pytest.raises(FilterError, match="sortings must be a list of pairs"):
        parse_sortings(sortings, "runs")


@pytest.mark.parametrize("pair", [None, "run_number", ["run_number"], ["run_number", None], [1, "ASC"], ["a", "ASC", "x"], {}])
def test_a_sorting_must_be_a_pair(pair):
    with pytest.raises(FilterError, match="a sorting is a pair"):
        parse_sortings([pair], "runs")


@pytest.mark.parametrize("direction", ["", "up", "ASC; drop table run", "NULLS FIRST", "ASC NULLS"])
def test_an_unknown_direction_is_refused(direction):
    with pytest.raises(FilterError, match="must be ASC or DESC"):
        parse_sortings([["run_number", direction]], "runs")


def test_an_unknown_key_is_refused_as_in_filters():
    with pytest.raises(FilterError, match=r"^column Run\.name does not exist"):
        parse_sortings([["name", "ASC"]], "runs")


def test_too_many_sortings_are_refused():
    with pytest.raises(FilterError, match="too many"):
        parse_sortings([["run_number", "ASC"]] * 100, "runs")


def test_defaults_of_a_sort_key_are_ascending_with_nulls_last():
    assert parse_sortings([["run_number", "ASC"]], "runs") == (SortKey(Column("run_number")),)
