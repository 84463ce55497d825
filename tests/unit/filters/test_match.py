"""Filters over columns in memory."""

from __future__ import annotations

import numpy as np
import pytest

from runregistry.filters import parse_filter
from runregistry.filters.match import Coded, Memo, match

NUMBERS = np.array([355100, 355101, 355102, 355103])
CLASSES = ["Cosmics22", "Collisions22", None, "Collisions22"]


def coded(values, memo=None):
    distinct = [None, *dict.fromkeys(value for value in values if value is not None)]
    return Coded(np.array([distinct.index(value) for value in values], dtype=np.int32), distinct, memo)


def fetch(column):
    if column.kind == "run_number":
        return Coded(None, NUMBERS)
    if column.kind == "deleted":
        return Coded(np.array([0, 1, 0, 0], dtype=np.int32), [False, True])
    return coded(CLASSES)


def found(filter_):
    return NUMBERS[match(parse_filter(filter_, "runs"), fetch, 4)].tolist()


def test_no_filter_matches_every_row():
    assert found({}) == NUMBERS.tolist()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (355101, [355101]),
        ({"<>": 355101}, [355100, 355102, 355103]),
        ({">": 355101}, [355102, 355103]),
        ({">=": "355103"}, [355103]),
        ({"<": 355100.5}, [355100]),
        ({"<=": 355100}, [355100]),
        ([355100, 1, 355103], [355100, 355103]),
        ({"not in": "355100, 355103"}, [355101, 355102]),
        ({"in": []}, []),
        ({"=": None}, []),
        ({"<>": None}, [355100, 355101, 355102, 355103]),
        ({">": None}, []),
        ({"<": 10**30}, [355100, 355101, 355102, 355103]),
        ({"in": [10**30, 355100]}, [355100]),
        ({">": "-999999999999999999"}, [355100, 355101, 355102, 355103]),
        ({"in": [355100.5]}, []),
    ],
)
def test_integer_columns(rule, expected):
    assert found({"run_number": rule}) == expected


def test_parts_of_and_narrow_each_other():
    assert found({"rr_attributes.class": "Collisions22", "run_number": {">": 355101}}) == [355103]
    assert found({"run_number": {">": 355103}, "rr_attributes.class": "Collisions22"}) == []


def test_an_or_inside_an_and_keeps_to_the_rows_that_are_left():
    either = {"or": [{"rr_attributes.class": "Cosmics22"}, {"run_number": {">": 355101}}]}
    assert found({"and": [{"run_number": {"<": 355103}}, either]}) == [355100, 355102]


def test_an_or_across_columns_is_an_or():
    assert found({"or": [{"rr_attributes.class": None}, {"run_number": 355100}]}) == [355100, 355102]


def test_deleted_inside_a_group_is_compared():
    assert found({"and": [{"deleted": True}]}) == [355101]


def test_a_table_without_rows_matches_nothing():
    assert match(parse_filter({"run_number": 1}, "runs"), lambda _: Coded(None, np.zeros(0, dtype=np.int64)), 0).tolist() == []


def test_each_distinct_value_is_looked_at_once_and_each_column_fetched_once():
    asked = []

    def counting(column):
        asked.append(column)
        return fetch(column)

    match(parse_filter({"rr_attributes.class": {"like": "c%", "<>": "x"}}, "runs"), counting, 4)
    assert len(asked) == 1


def test_what_is_remembered_is_completed_when_values_are_added():
    memo = Memo()
    node = parse_filter({"rr_attributes.class": {"like": "cosm%"}}, "runs")
    column = coded(CLASSES, memo)
    assert match(node, lambda _: column, 4).tolist() == [True, False, False, False]
    longer = Coded(np.array([1, 2, 0, 3], dtype=np.int32), [*column.values, "Cosmics23"], memo)
    assert match(node, lambda _: longer, 4).tolist() == [True, False, False, True]


def test_what_is_remembered_knows_one_from_true():
    memo = Memo()
    column = Coded(np.array([1, 2], dtype=np.int32), [None, "yes", 1], memo)
    number, flag = ({"oms_attributes.x": {"=": operand}} for operand in (1, True))
    assert match(parse_filter(number, "runs"), lambda _: column, 2).tolist() == [False, True]
    assert match(parse_filter(flag, "runs"), lambda _: column, 2).tolist() == [True, True]


def test_the_memo_forgets_the_oldest():
    memo = Memo()
    for key in range(200):
        memo.put(key, np.zeros(1))
    assert memo.get(0) is None
    assert memo.get(199) is not None
