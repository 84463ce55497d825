"""Rules as objects: errors with paths, what they read, copies, pickles, limits."""

from __future__ import annotations

import copy
import dataclasses
import datetime
import json
import math
import pickle
from collections import OrderedDict
from enum import StrEnum
from typing import Any

import pytest

from runregistry.errors import LogicError
from runregistry.logic import KNOWN_OPERATORS, ListNode, Literal, Operation, parse_rule, parse_rule_text, walk


def test_the_tree_knows_operators_operands_and_places() -> None:
    root = parse_rule({"and": [{"==": [{"var": "a.b"}, "GOOD"]}, {"in": [1, [1, 2]]}]}).root
    assert isinstance(root, Operation)
    assert (root.operator, root.path, len(root.operands)) == ("and", "", 2)
    equal, member = root.operands
    assert isinstance(equal, Operation)
    assert [operand.path for operand in equal.operands] == ["and[0].==[0]", "and[0].==[1]"]
    assert isinstance(equal.operands[1], Literal)
    assert equal.operands[1].value == "GOOD"
    assert isinstance(member, Operation)
    assert isinstance(member.operands[1], ListNode)
    assert [item.path for item in member.operands[1].items] == ["and[1].in[1][0]", "and[1].in[1][1]"]


def test_every_node_knows_its_source() -> None:
    rule = {"and": [{"!": {"var": "a"}}, {"in": [1, [1, {"x": 1, "y": [2]}]]}]}
    root = parse_rule(rule).root
    assert root.source == rule
    assert isinstance(root, Operation)
    assert [operand.source for operand in root.operands] == rule["and"]


def test_nodes_and_rules_are_frozen() -> None:
    rule = parse_rule({"var": "a"})
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.root = Literal(1)  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        rule.root.path = "x"  # type: ignore[misc]


def test_one_and_true_are_different_constants() -> None:
    root = parse_rule([1, True]).root
    assert isinstance(root, ListNode)
    assert len(set(root.items)) == 2


def test_a_rule_does_not_change_with_what_it_was_parsed_from() -> None:
    source: dict[str, Any] = {"merge": [[1], {"a": [1], "b": 2}]}
    rule = parse_rule(source)
    source["merge"][1]["a"].append(9)
    source["merge"].append(3)
    assert rule.apply(None) == [1, {"a": [1], "b": 2}]
    assert rule.source == {"merge": [[1], {"a": [1], "b": 2}]}


def test_each_application_answers_a_list_of_its_own() -> None:
    rule = parse_rule([1, 2])
    rule.apply(None).append(3)
    assert rule.apply(None) == [1, 2]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, copy.copy, lambda rule: pickle.loads(pickle.dumps(rule))])
def test_a_rule_survives_copying_and_pickling(duplicate: Any) -> None:
    rule = parse_rule({"if": [{"var": "a"}, {"unknown": 1}, 2]}, defer_unknown=True)
    twin = duplicate(rule)
    assert twin.source == rule.source
    assert twin.apply({}) == 2


def test_the_repr_shows_the_rule() -> None:
    assert repr(parse_rule({"!": {"var": "a"}})) == 'Rule({"!": {"var": "a"}})'


# Errors


@pytest.mark.parametrize(
    ("rule", "text", "path"),
    [
        ({"foo": []}, "Unrecognized operation foo", ""),
        ({"and": [1, {"foo": 1}]}, "Unrecognized operation foo, in the rule at and[1]", "and[1]"),
        ({"AND": []}, "Unrecognized operation AND (did you mean and?)", ""),
        ({"!": {"=<": [1, 2]}}, "Unrecognized operation =<, in the rule at ![0] (did you mean <=?)", "![0]"),
        ({"missing_sum": []}, "Unrecognized operation missing_sum (did you mean missing_some or missing?)", ""),
        ({"a.b": 1}, "Unrecognized operation a.b (failed at a)", ""),
        ({"method": [1, "a"]}, "Unrecognized operation method", ""),
        ([[{"toString": []}]], "Unrecognized operation toString, in the rule at [0][0]", "[0][0]"),
        ({"": 1}, "Unrecognized operation ", ""),
    ],
)
def test_an_unknown_operator_is_named_with_its_place_and_the_nearest(rule: Any, text: str, path: str) -> None:
    with pytest.raises(LogicError) as caught:
        parse_rule(rule)
    assert str(caught.value) == text
    assert caught.value.path == path


def test_a_deferred_unknown_operator_fails_only_where_it_is_evaluated() -> None:
    rule = parse_rule({"if": [{"var": "a"}, {"foo": [{"var": "b"}]}, 2]}, defer_unknown=True)
    assert rule.apply({}) == 2
    assert rule.paths == {"a", "b"}
    with pytest.raises(LogicError, match=r"^Unrecognized operation foo, in the rule at if\[1\]") as caught:
        rule.apply({"a": 1})
    assert caught.value.path == "if[1]"


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400])
def test_a_number_that_is_not_finite_is_refused(number: float) -> None:
    with pytest.raises(LogicError, match="finite") as caught:
        parse_rule({"==": [{"var": "a"}, number]})
    assert caught.value.path == "==[1]"


@pytest.mark.parametrize("value", [datetime.date(2024, 5, 1), {1, 2}, b"a", 1j])
def test_what_is_no_json_is_refused(value: Any) -> None:
    with pytest.raises(LogicError, match="JSON"):
        parse_rule({"==": [{"var": "a"}, {"x": [value], "y": 1}]})


@pytest.mark.parametrize("rule", [{1: 2}, {"==": [1, {1: 2, 3: 4}]}])
def test_a_key_that_is_no_text_is_refused(rule: Any) -> None:
    with pytest.raises(LogicError):
        parse_rule(rule)


def nested(levels: int, wrap: Any) -> Any:
    rule: Any = {"var": "a"}
    for _ in range(levels):
        rule = wrap(rule)
    return rule


WRAPPERS = {
    "bare": lambda rule: {"!": rule},
    "operand": lambda rule: {"!": [rule]},
    "cat": lambda rule: {"cat": [rule, "", ""]},
    "if": lambda rule: {"if": [rule, rule is None, 2]},
    "list": lambda rule: [rule],
    "some": lambda rule: {"some": [[1], rule]},
    "map": lambda rule: {"map": [rule, 1]},
    "data": lambda rule: {"x": rule, "y": 1},
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_rules_may_nest_two_hundred_levels(wrap: Any) -> None:
    rule = parse_rule(nested(200, wrap))
    rule.apply({"a": 1})
    assert json.dumps(rule.source)


@pytest.mark.parametrize("levels", [300, 5000])
@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_deeper_rules_are_refused(wrap: Any, levels: int) -> None:
    with pytest.raises(LogicError, match="nests deeper than 256 levels"):
        parse_rule(nested(levels, wrap))


def test_rules_may_be_long() -> None:
    rule = parse_rule({"or": [{"==": [{"var": "run_number"}, number]} for number in range(20_000)]})
    assert rule.is_true({"run_number": 19_999})
    assert not rule.is_true({"run_number": 20_000})


def test_data_that_nests_without_end_gives_a_logic_error() -> None:
    data: Any = []
    for _ in range(5000):
        data = [data]
    with pytest.raises(LogicError, match="nests too deep"):
        parse_rule({"cat": [{"var": ""}, "x"]}).apply(data)


@pytest.mark.parametrize("value", [datetime.date(2024, 5, 1), b"GOOD", 1j])
def test_data_that_is_no_json_gives_a_logic_error(value: Any) -> None:
    with pytest.raises(LogicError, match="JSON"):
        parse_rule({"==": [{"var": "a"}, 1]}).apply({"a": value})


# Text


def test_a_rule_is_read_from_text() -> None:
    assert parse_rule_text('{"var": "a"}').apply({"a": 5}) == 5
    assert parse_rule_text(b'{"var": "\xc3\xa9"}').apply({"é": 5}) == 5


def test_a_text_given_as_rule_is_a_constant() -> None:
    assert parse_rule('{"var": "a"}').apply({"a": 5}) == '{"var": "a"}'


@pytest.mark.parametrize(
    "text",
    ["", "{'a': 1}", "[1,", b"\xff", "1" * 5000, '{"==": [1, NaN]}', '{"==": [1, 1e999]}', "[" * 100_000],
    ids=["empty", "quotes", "cut", "bytes", "digits", "NaN", "infinite", "deep"],
)
def test_text_that_holds_no_rule_gives_a_logic_error(text: str | bytes) -> None:
    with pytest.raises(LogicError):
        parse_rule_text(text)


# What rules read


@pytest.mark.parametrize(
    ("rule", "paths"),
    [
        (5, set()),
        ({"var": "a.b-c"}, {"a.b-c"}),
        ({"var": ["a", {"var": "b"}]}, {"a", "b"}),
        ({"var": 1}, {"1"}),
        ({"var": []}, {""}),
        ({"var": None}, {""}),
        ({"var": ""}, {""}),
        ({"and": [{"==": [{"var": "a"}, 1]}, [{"var": "b"}]]}, {"a", "b"}),
        ({"if": [{"var": "a"}, {"var": "b"}, {"var": "c"}]}, {"a", "b", "c"}),
        ({"some": [{"var": "list"}, {"var": "inner"}]}, {"list"}),
        ({"some": [{"var": "list"}, {"map": [{"var": "x"}, {"var": {"var": "y"}}]}]}, {"list"}),
        ({"reduce": [{"var": "list"}, {"var": "current"}, {"var": "start"}]}, {"list", "start"}),
        ({"missing": ["a", 1]}, {"a", "1"}),
        ({"missing": "a"}, {"a"}),
        ({"missing": [["a", "b"]]}, {"a", "b"}),
        ({"missing": []}, set()),
        ({"missing_some": [{"var": "n"}, ["a", "b.c"]]}, {"n", "a", "b.c"}),
        ({"missing_some": [1, "a"]}, {"a"}),
    ],
)
def test_constant_names_are_collected(rule: Any, paths: set[str]) -> None:
    parsed = parse_rule(rule)
    assert parsed.paths == paths
    assert parsed.is_static


@pytest.mark.parametrize(
    "rule",
    [
        {"var": {"var": "a"}},
        {"var": [["a", "b"]]},
        {"var": {"cat": ["a", "b"]}},
        {"missing": {"merge": ["a", "b"]}},
        {"missing": ["a", {"var": "b"}]},
        {"missing": ["a", ["b", "c"]]},
        {"missing_some": [1, {"var": "names"}]},
        {"missing_some": [1, [["a"]]]},
        {"some": [{"var": {"var": "a"}}, True]},
        {"reduce": [[], 1, {"missing": {"var": "a"}}]},
    ],
)
def test_computed_names_make_a_rule_dynamic(rule: Any) -> None:
    assert not parse_rule(rule).is_static


# Values from Python


class Status(StrEnum):
    GOOD = "GOOD"


def test_subclasses_of_json_types_are_read_as_what_they_are() -> None:
    data = OrderedDict(status=Status.GOOD, steps=(1, 2), rr=OrderedDict(a=1))
    rule = [
        {"==": [{"var": "status"}, "GOOD"]},
        {"===": [{"var": "status"}, "GOOD"]},
        {"cat": {"var": "status"}},
        {"in": [2, {"var": "steps"}]},
        {"var": "rr.a"},
    ]
    assert parse_rule(rule).apply(data) == [True, True, "GOOD", True, 1]


def test_every_operator_is_known_by_its_name() -> None:
    for operator in KNOWN_OPERATORS:
        assert isinstance(parse_rule({operator: [1, ["a"]]}).root, Operation)


def test_walk_visits_parents_before_children_in_order() -> None:
    root = parse_rule({"and": [{"!": {"var": "a"}}, [1, {"x": 1, "y": 2}]]}).root
    first, second = ["and[0]", "and[0].![0]", "and[0].![0].var[0]"], ["and[1]", "and[1][0]", "and[1][1]"]
    assert [node.path for node in walk(root)] == ["", *first, *second]
