"""Laws of json-logic rules that hold for any rule and any data."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.logic.exact import exact
from tests.unit.logic.random_rules import KEYS, NAMES, random_case, random_value

from runregistry.errors import LogicError
from runregistry.logic import Literal, parse_rule, parse_rule_text, truthy, walk

seeds = st.integers(0, 2**32)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
keys = st.text(max_size=3)
values = st.recursive(scalars, lambda part: st.lists(part, max_size=3) | st.dictionaries(keys, part, max_size=3), max_leaves=12)


def outcome(rule: Any, data: Any) -> Any:
    try:
        return exact(parse_rule(rule, defer_unknown=True).apply(data))
    except LogicError as error:
        return ("error", str(error))


@settings(max_examples=300)
@given(seeds)
def test_evaluation_changes_neither_data_nor_rule(seed: int) -> None:
    rule, data = random_case(seed)
    before = copy.deepcopy((rule, data))
    outcome(rule, data)
    assert exact([rule, data]) == exact(list(before))


@settings(max_examples=200)
@given(seeds)
def test_a_rule_answers_the_same_each_time_and_after_a_round_trip_through_its_source(seed: int) -> None:
    rule, data = random_case(seed)
    parsed = parse_rule(rule, defer_unknown=True)
    assert exact(parsed.source) == exact(rule)
    again = parse_rule_text(json.dumps(parsed.source), defer_unknown=True)
    assert outcome(rule, data) == outcome(again.source, data) == outcome(rule, data)


def put(data: Any, parts: list[str], value: Any) -> Any:
    """Copy data with a value at a place; where the place can't be, the data as it is."""
    if not parts:
        return value
    if not isinstance(data, dict):
        return data
    return {**data, parts[0]: put(data.get(parts[0], {}), parts[1:], value)}


def untouched(name: str, paths: frozenset[str]) -> bool:
    """Whether a change at a name is outside of all paths: neither above, below nor at one."""
    parts = name.split(".")
    return "" not in paths and all(parts[: len(other)] != other[: len(parts)] for other in (path.split(".") for path in paths))


@settings(max_examples=600)
@given(seeds)
def test_a_static_rule_reads_nothing_outside_of_its_paths(seed: int) -> None:
    rule, data = random_case(seed)
    parsed = parse_rule(rule, defer_unknown=True)
    if not parsed.is_static or not isinstance(data, dict):
        return
    random = Random(seed)
    before = outcome(rule, data)
    for name in filter(None, [*NAMES, "never.heard.of"]):
        if untouched(name, parsed.paths):
            data = put(data, name.split("."), random_value(random))
    assert outcome(rule, data) == before


@settings(max_examples=200)
@given(seeds)
def test_the_data_a_static_rule_needs_is_what_its_paths_name(seed: int) -> None:
    rule, data = random_case(seed)
    parsed = parse_rule(rule, defer_unknown=True)
    if not parsed.is_static or "" in parsed.paths or not isinstance(data, dict):
        return
    tops = {path.split(".")[0] for path in parsed.paths}
    assert outcome(rule, {key: data[key] for key in KEYS if key in data and key in tops}) == outcome(rule, data)


@given(values)
def test_a_value_wrapped_as_data_is_answered_unchanged(value: Any) -> None:
    assert exact(parse_rule({"var": "a"}).apply({"a": value})) == exact(value)


@given(values)
def test_double_negation_is_truth(value: Any) -> None:
    rule = parse_rule([{"!!": [{"var": ""}]}, {"!": [{"!": [{"var": ""}]}]}])
    assert rule.apply(value) == [truthy(value)] * 2


@pytest.mark.parametrize(("operator", "opposite"), [("==", "!="), ("===", "!==")])
@given(one=values, other=values)
def test_equality_is_symmetric_and_its_opposite_is_its_negation(operator: str, opposite: str, one: Any, other: Any) -> None:
    there = {operator: [{"var": "one"}, {"var": "other"}]}
    back = {operator: [{"var": "other"}, {"var": "one"}]}
    against = {opposite: [{"var": "one"}, {"var": "other"}]}
    equal, same, different = parse_rule([there, back, against]).apply({"one": one, "other": other})
    assert equal is same
    assert different is not equal


@given(one=scalars, other=scalars)
def test_strictly_equal_values_are_loosely_equal(one: Any, other: Any) -> None:
    operands = [{"var": "one"}, {"var": "other"}]
    strict, loose = parse_rule([{"===": operands}, {"==": operands}]).apply({"one": one, "other": other})
    assert loose or not strict


@given(one=values, other=values)
def test_greater_is_less_with_the_operands_swapped(one: Any, other: Any) -> None:
    pair, swapped = [{"var": "one"}, {"var": "other"}], [{"var": "other"}, {"var": "one"}]
    rule = [{"<": pair}, {">": swapped}, {"<=": pair}, {">=": swapped}]
    less, greater, at_most, at_least = parse_rule(rule).apply({"one": one, "other": other})
    assert less is greater
    assert at_most is at_least
    assert at_most or not less


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_text_of_a_number_names_the_number(number: float) -> None:
    text = parse_rule({"cat": {"var": ""}}).apply(number)
    assert float(text) == number
    assert parse_rule({"==": [{"var": ""}, text]}).apply(number) is True


@settings(max_examples=100)
@given(seeds)
def test_paths_of_nodes_are_unique(seed: int) -> None:
    rule, _ = random_case(seed)
    nodes = list(walk(parse_rule(rule, defer_unknown=True).root))
    assert len({node.path for node in nodes}) == len(nodes)
    assert all(isinstance(node, Literal) or node.source is not None for node in nodes)
