from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from runregistry.filters.spread import plain, spread


def test_keys_become_conditions_of_their_own():
    assert spread({"run_number": {">": 1, "<": 9}, "name": "online"}) == [{"run_number": {">": 1, "<": 9}}, {"name": "online"}]


def test_groups_come_before_conditions_because_the_service_loses_those_that_come_after():
    either = {"or": [{"rr_attributes.class": {"=": "A"}}, {"rr_attributes.class": {"=": "B"}}]}
    assert spread({"name": "x", **either}) == [either, {"name": "x"}]


@pytest.mark.parametrize(
    ("rule", "conditions"),
    [
        ({"and": [{">": 1}, {"<": 9}]}, [{"e": {">": 1}}, {"e": {"<": 9}}]),
        ({"or": [{"=": 1}, 2]}, [{"or": [{"e": {"=": 1}}, {"e": {"=": 2}}]}]),
        ({"or": {"<": 1, ">": 9}}, [{"or": [{"e": {"<": 1}}, {"e": {">": 9}}]}]),
        (
            {"OR": [{"AND": [{">": 1}, {"<": 2}]}, True]},
            [{"or": [{"and": [{"e": {">": 1}}, {"e": {"<": 2}}]}, {"e": {"=": True}}]}],
        ),
        ({"<>": 5, "and": [{">": 1}]}, [{"e": {"<>": 5}}, {"e": {">": 1}}]),
        ({"or": [{"=": "A"}, {"=": "B"}]}, [{"e": {"or": [{"=": "A"}, {"=": "B"}]}}]),
    ],
)
def test_numbers_in_a_group_of_one_attribute_become_conditions(rule, conditions):
    def named(part):
        if isinstance(part, list):
            return [named(one) for one in part]
        if isinstance(part, dict):
            return {
                "oms_attributes.energy" if key == "e" else key: named(one) if key in ("and", "or", "e") else one
                for key, one in part.items()
            }
        return part

    assert spread({"oms_attributes.energy": rule}) == named(conditions)


def test_columns_of_the_table_keep_their_groups():
    rule = {"run_number": {"or": [{"=": 1}, {"=": 2}]}}
    assert spread(rule) == [rule]


def test_what_is_no_list_of_filters_is_left_for_the_check_to_refuse():
    assert spread({"and": 3}) == [{"and": 3}]


def test_values_of_tables_become_values_of_json():
    given = {"a": np.int64(3), "b": (np.float64(1.5), np.bool_(True)), "c": pd.Series([1, 2]), "d": {"e": {7}}}
    found = plain(given)
    assert found == {"a": 3, "b": [1.5, True], "c": [1, 2], "d": {"e": [7]}}
    assert type(found["a"]) is int
    assert type(found["b"][1]) is bool


def test_times_become_the_text_that_the_registry_compares():
    assert plain([datetime(2022, 7, 5, tzinfo=UTC), pd.Timestamp("2022-07-05 12:00")]) == [
        "2022-07-05T00:00:00Z",
        "2022-07-05T12:00:00Z",
    ]
