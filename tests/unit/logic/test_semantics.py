"""What json-logic leaves to JavaScript, case by case. ``test_against_javascript`` asks json-logic-js for the same cases."""

from __future__ import annotations

import logging
import math
from typing import Any

import pytest
from tests.unit.logic.exact import exact

from runregistry.errors import LogicError
from runregistry.logic import js_truthy, parse_rule, truthy

NAN = math.nan
INFINITY = math.inf

HAND_CASES: list[tuple[Any, Any, Any]] = []


def answers(*cases: tuple[Any, Any, Any]) -> pytest.MarkDecorator:
    """Parametrize a test with (rule, data, answer)."""
    HAND_CASES.extend(cases)
    return pytest.mark.parametrize(("rule", "data", "answer"), cases, ids=[str(rule)[:70] for rule, _, _ in cases])


def check(rule: Any, data: Any, answer: Any) -> None:
    assert exact(parse_rule(rule).apply(data)) == exact(answer)


@answers(
    ({"var": "a"}, {"a": 1}, 1),
    ({"var": ["a"]}, {"a": 1}, 1),
    ({"var": ""}, {"a": 1}, {"a": 1}),
    ({"var": []}, [1], [1]),
    ({"var": None}, 7, 7),
    ({"var": 1}, ["x", "y"], "y"),
    ({"var": 1.0}, ["x", "y"], "y"),
    ({"var": "a.b-c"}, {"a": {"b-c": False}}, False),
    ({"var": "a.1.b"}, {"a": [0, {"b": 5}]}, 5),
    ({"var": "a.length"}, {"a": [1, 2]}, 2),
    ({"var": "a.length"}, {"a": "é😀"}, 3),
    ({"var": "a.1"}, {"a": "xyz"}, "y"),
    ({"var": "a.01"}, {"a": "xyz"}, None),
    ({"var": "a.-1"}, {"a": [1]}, None),
    ({"var": "a.3"}, {"a": [1]}, None),
    ({"var": "a.b"}, {"a.b": 1}, None),
    ({"var": "a.b"}, {"a": 5}, None),
    ({"var": "a"}, None, None),
    ({"var": [{"cat": ["a", ".", "b"]}]}, {"a": {"b": 3}}, 3),
    ({"var": [["a", "b"]]}, {"a,b": 4}, 4),
    ({"var": {"and": []}}, {"a": 1}, {"a": 1}),
)
def test_var_descends_as_javascript_does(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@pytest.mark.parametrize("name", ["constructor", "toString", "a.indexOf", "__proto__"])
def test_methods_and_inherited_names_are_no_data(name: str) -> None:
    check({"var": name}, {"a": []}, None)


@answers(
    ({"var": ["a", 5]}, {}, 5),
    ({"var": ["a", 5]}, {"a": None}, None),
    ({"var": ["a.b", 5]}, {"a": None}, 5),
    ({"var": ["a", {"var": "b"}]}, {"b": 6}, 6),
    ({"var": ["", 5]}, None, None),
    ({"var": ["a", {"and": []}]}, {}, None),
)
def test_the_default_replaces_what_is_missing_but_not_null(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"==": [None, 0]}, None, False),
    ({"==": [None, ""]}, None, False),
    ({"==": [None, False]}, None, False),
    ({"==": [None, {"and": []}]}, None, True),
    ({"==": [None]}, None, True),
    ({"==": []}, None, True),
    ({"==": ["1", 1]}, None, True),
    ({"==": [" 1 ", 1]}, None, True),
    ({"==": ["", 0]}, None, True),
    ({"==": [True, 1]}, None, True),
    ({"==": [True, "1"]}, None, True),
    ({"==": [True, "true"]}, None, False),
    ({"==": [True, 2]}, None, False),
    ({"==": [[1], 1]}, None, True),
    ({"==": [[1], [1]]}, None, False),
    ({"==": [{"var": "a"}, {"var": "a"}]}, {"a": [1]}, True),
    ({"==": [[], ""]}, None, True),
    ({"==": [[], False]}, None, True),
    ({"==": [[[]], 0]}, None, True),
    ({"==": [{}, "[object Object]"]}, None, True),
    ({"==": [{}, []]}, None, False),
    ({"==": [2**53, 2**53 + 1]}, None, True),
    ({"==": ["GOOD", "good"]}, None, False),
    ({"!=": [None, 0]}, None, True),
    ({"==": [{"/": [0, 0]}, {"/": [0, 0]}]}, None, False),
)
def test_loose_equality_converts(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"===": [1, 1.0]}, None, True),
    ({"===": [1, True]}, None, False),
    ({"===": [0, False]}, None, False),
    ({"===": ["1", 1]}, None, False),
    ({"===": [None, {"and": []}]}, None, False),
    ({"===": [{}, {}]}, None, False),
    ({"===": [{"var": "a"}, {"var": "a"}]}, {"a": {}}, True),
    ({"!==": [1, True]}, None, True),
)
def test_strict_equality_does_not_convert(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({">": [{"var": "energy"}, -1]}, {}, True),
    ({">=": [{"var": "energy"}, 6000]}, {}, False),
    ({"<=": [{"var": "energy"}, 7000]}, {}, True),
    ({"<": ["10", "9"]}, None, True),
    ({"<": ["10", 9]}, None, False),
    ({"<": ["a", 1]}, None, False),
    ({">=": ["a", 1]}, None, False),
    ({">": [[2], 1]}, None, True),
    ({"<": [[1, 2], 3]}, None, False),
    ({"<": [{}, 1]}, None, False),
    ({"<": [{}, "a"]}, None, True),
    ({"<": [False, True]}, None, True),
    ({"<": ["😀", "\uffee"]}, None, True),
    ({"<": [1]}, None, False),
    ({"<=": [None, {"and": []}]}, None, False),
)
def test_order_is_that_of_numbers_unless_both_are_text(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"<": [1, 2, 3]}, None, True),
    ({"<": [1, 1, 3]}, None, False),
    ({"<=": [1, 1, 1]}, None, True),
    ({"<": [1, 2, None]}, None, False),
    ({"<": [1, 2, {"and": []}]}, None, True),
    ({">": [3, 2, 5]}, None, True),
)
def test_three_operands_mean_between(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"+": []}, None, 0),
    ({"+": "3.8T"}, None, 3.8),
    ({"+": [1, "2"]}, None, 3),
    ({"+": [1, None]}, None, NAN),
    ({"+": [1, True]}, None, NAN),
    ({"+": [[7, 8], 1]}, None, 8),
    ({"+": [0.1, 0.2]}, None, 0.30000000000000004),
    ({"*": ["2", "3"]}, None, 6),
    ({"*": ["2"]}, None, "2"),
    ({"*": [1e308, 10]}, None, INFINITY),
    ({"-": ["3"]}, None, -3),
    ({"-": [0]}, None, -0.0),
    ({"-": [None]}, None, -0.0),
    ({"-": [5, None]}, None, 5),
    ({"-": []}, None, NAN),
    ({"-": ["5", True]}, None, 4),
    ({"/": [1, 0]}, None, INFINITY),
    ({"/": [1, -0.0]}, None, -INFINITY),
    ({"/": [-1, 0]}, None, -INFINITY),
    ({"/": [0, 0]}, None, NAN),
    ({"/": [6, "4"]}, None, 1.5),
    ({"%": [-7, 3]}, None, -1),
    ({"%": [7, -3]}, None, 1),
    ({"%": [-4, 2]}, None, -0.0),
    ({"%": [5.5, 2]}, None, 1.5),
    ({"%": [1, 0]}, None, NAN),
    ({"%": [{"/": [1, 0]}, 2]}, None, NAN),
    ({"%": [2, {"/": [1, 0]}]}, None, 2),
    ({"max": []}, None, -INFINITY),
    ({"min": []}, None, INFINITY),
    ({"max": ["3", 2, None]}, None, 3),
    ({"max": [1, "a"]}, None, NAN),
    ({"min": [None, 1]}, None, 0),
    ({"min": [0, -0.0]}, None, -0.0),
)
def test_arithmetic(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"cat": [1.0, 2.5, None, True, [1, None, [2]], {}]}, None, "12.5true1,,2[object Object]"),
    ({"cat": [1e21, " ", 1e20]}, None, "1e+21 100000000000000000000"),
    ({"cat": [1e-6, " ", 1e-7]}, None, "0.000001 1e-7"),
    ({"cat": [{"/": [1, 0]}, {"/": [0, 0]}, -0.0]}, None, "InfinityNaN0"),
    ({"cat": [2**53 + 1]}, None, "9007199254740992"),
    ({"cat": []}, None, ""),
    ({"cat": "a"}, None, "a"),
    ({"cat": [{"substr": ["😀", 0, 1]}, {"substr": ["😀", 1]}]}, None, "😀"),
    ({"substr": ["jsonlogic", 4]}, None, "logic"),
    ({"substr": ["jsonlogic", -5]}, None, "logic"),
    ({"substr": ["jsonlogic", -20, 4]}, None, "json"),
    ({"substr": ["jsonlogic", 1, 3]}, None, "son"),
    ({"substr": ["jsonlogic", 4, -2]}, None, "log"),
    ({"substr": ["jsonlogic", 4, "-2"]}, None, ""),
    ({"substr": ["jsonlogic", 4, None]}, None, ""),
    ({"substr": ["jsonlogic", "2.9", 2]}, None, "on"),
    ({"substr": [None, 1]}, None, "ull"),
    ({"substr": []}, None, "undefined"),
)
def test_text(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"in": ["25ns", {"var": "scheme"}]}, {"scheme": "25ns_2352b"}, True),
    ({"in": ["25ns", {"var": "scheme"}]}, {}, False),
    ({"in": [2, "123"]}, None, True),
    ({"in": [None, "null"]}, None, True),
    ({"in": ["", ""]}, None, False),
    ({"in": ["", "a"]}, None, True),
    ({"in": [1, [1.0]]}, None, True),
    ({"in": [1, [True, "1"]]}, None, False),
    ({"in": [None, [None]]}, None, True),
    ({"in": [[1], [[1]]]}, None, False),
    ({"in": [{"var": "a"}, [{"var": "a"}]]}, {"a": [1]}, True),
    ({"in": ["a", {"a": 1, "b": 2}]}, None, False),
    ({"in": [1, 123]}, None, False),
    ({"in": [{"/": [0, 0]}, [{"/": [0, 0]}]]}, None, False),
    ({"in": ["a"]}, None, False),
)
def test_in_looks_into_text_and_arrays_only(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"if": []}, None, None),
    ({"if": [True]}, None, True),
    ({"if": [False, 1]}, None, None),
    ({"if": [[], 1, 2]}, None, 2),
    ({"if": [{}, 1, 2]}, None, 1),
    ({"if": ["0", 1, 2]}, None, 1),
    ({"if": [0, 1, False, 2, 3]}, None, 3),
    ({"if": [0, 1, False, 2]}, None, None),
    ({"?:": [True, [{"var": "a"}], 2]}, {"a": 5}, [5]),
    ({"if": [True, 1, {"*": []}]}, None, 1),
    ({"and": [1, "", 3]}, None, ""),
    ({"and": [1, [], 3]}, None, []),
    ({"and": [1, 3]}, None, 3),
    ({"and": []}, None, None),
    ({"and": [False, {"*": []}]}, None, False),
    ({"or": [0, "", 3]}, None, 3),
    ({"or": [0, []]}, None, []),
    ({"or": []}, None, None),
    ({"!": []}, None, True),
    ({"!": [[]]}, None, True),
    ({"!": {"var": "a"}}, {"a": 0}, True),
    ({"!!": [{}]}, None, True),
    ({"!!": ["0"]}, None, True),
)
def test_choices_answer_values_and_evaluate_no_more_than_they_need(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"map": [{"var": "a"}, {"*": [{"var": ""}, 2]}]}, {"a": [1, 2]}, [2, 4]),
    ({"map": [{"var": "a"}, 1]}, {"a": "xy"}, []),
    ({"map": [[1, 2]]}, None, [None, None]),
    ({"filter": [{"var": "a"}, {">": [{"var": "n"}, 1]}]}, {"a": [{"n": 1}, {"n": 2}]}, [{"n": 2}]),
    ({"filter": [None, True]}, None, []),
    ({"filter": [[1]]}, None, []),
    ({"reduce": [[1, 2, 3], {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]}, None, 6),
    ({"reduce": [[1, 2], {"var": "accumulator"}, {"var": "start"}]}, {"start": 9}, 9),
    ({"reduce": [{"var": "none"}, {"var": "current"}, 4]}, {}, 4),
    ({"reduce": [{"var": "none"}, {"var": "current"}]}, {}, None),
    ({"reduce": [[1, 2], {"var": ""}, {"and": []}]}, None, {"current": 2, "accumulator": {"current": 1, "accumulator": None}}),
    ({"all": [[], True]}, None, False),
    ({"all": [[1, 2], {">": [{"var": ""}, 0]}]}, None, True),
    ({"all": ["ab", True]}, None, False),
    ({"none": [[], True]}, None, True),
    ({"none": [None, True]}, None, True),
    ({"none": [[1, 2], {">": [{"var": ""}, 1]}]}, None, False),
    ({"some": [[], True]}, None, False),
    ({"some": [{"a": 1, "b": 2}, True]}, None, False),
    ({"some": [[1, 2], {"var": "outer"}]}, {"outer": True}, False),
    ({"merge": [1, [2, [3]], {"var": "a"}]}, {"a": [4]}, [1, 2, [3], 4]),
    ({"merge": []}, None, []),
    ({"merge": None}, None, [None]),
)
def test_lists(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({"missing": ["a", "b", "c"]}, {"a": 0, "b": "", "c": None}, ["b", "c"]),
    ({"missing": "a"}, {}, ["a"]),
    ({"missing": []}, {}, []),
    ({"missing": [["a", "b"], "c"]}, {"a": 1}, ["b"]),
    ({"missing": {"merge": ["a", ["b"]]}}, {"b": []}, ["a"]),
    ({"missing": [1, 0]}, ["x"], [1]),
    ({"missing": ["x", ["nowhere", "default"]]}, {"x": 1}, []),
    ({"missing": [{"var": "k"}]}, {"k": {"var": "a"}, "a": "nowhere"}, [{"var": "a"}]),
    ({"missing_some": [1, ["a", "b"]]}, {"a": 1}, []),
    ({"missing_some": [2, ["a", "b", "c"]]}, {"a": 1}, ["b", "c"]),
    ({"missing_some": ["1", ["a"]]}, {"a": 1}, []),
    ({"missing_some": [1, "ab"]}, {}, []),
)
def test_missing(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@answers(
    ({}, None, {}),
    ({"a": {"var": "x"}, "b": 2}, {"x": 1}, {"a": {"var": "x"}, "b": 2}),
    ([{"var": "x"}, [{"var": "x"}]], {"x": 1}, [1, [1]]),
    ("text", None, "text"),
    ((1, (2,)), None, [1, [2]]),
)
def test_what_is_not_an_operation_is_data(rule: Any, data: Any, answer: Any) -> None:
    check(rule, data, answer)


@pytest.mark.parametrize(
    ("value", "logic", "javascript"),
    [
        *[(value, False, False) for value in (None, False, 0, 0.0, -0.0, NAN, "")],
        *[(value, True, True) for value in (True, 1, -1, INFINITY, "0", " ", "false", [0], {}, {"a": 1}, (0,))],
        ([], False, True),
        ((), False, True),
    ],
)
def test_truth(value: Any, logic: bool, javascript: bool) -> None:
    assert truthy(value) is logic
    assert js_truthy(value) is javascript


@pytest.mark.parametrize(
    ("rule", "passes"),
    [([], True), ({}, True), ({"and": []}, False), ({"var": "nan"}, False), ({"var": "a"}, False), ("0", True)],
)
def test_the_decision_is_javascripts(rule: Any, passes: bool) -> None:
    assert parse_rule(rule).is_true({"nan": NAN, "a": ""}) is passes


def test_log_answers_its_operand_and_logs_it(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="runregistry.logic"):
        assert parse_rule({"log": {"var": "a"}}).apply({"a": "seen"}) == "seen"
    assert caplog.messages == ["seen"]


@pytest.mark.parametrize(
    "rule",
    [{"*": []}, {"and": [True, {"*": []}]}, {"missing_some": [1]}, {"missing_some": [1, {"var": "a"}]}],
)
def test_what_javascript_throws_is_a_logic_error(rule: Any) -> None:
    with pytest.raises(LogicError, match="needs"):
        parse_rule(rule).apply({})


def test_whole_results_are_integers_so_that_they_print_as_in_javascript() -> None:
    assert repr(parse_rule([{"+": ["1", 2]}, {"/": [6, 3]}, {"max": [1.0]}]).apply(None)) == "[3, 2, 1]"
