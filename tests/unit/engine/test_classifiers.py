from __future__ import annotations

import json
from typing import Any

import pytest

from runregistry.engine.classifiers import StatusRule, is_significant, parse_classifiers, run_class
from runregistry.errors import LogicError

TRUE = {"==": [1, 1]}


def classes(*items: tuple[str, int | None, Any] | tuple[str, int | None, Any, bool]) -> Any:
    fields = ("class", "priority", "classifier", "enabled")
    return parse_classifiers([dict(zip(fields, item, strict=False)) for item in items], "class")


def statuses(*items: tuple[Any, ...]) -> StatusRule:
    fields = ("status", "priority", "classifier", "enabled")
    return StatusRule(parse_classifiers([dict(zip(fields, item, strict=False)) for item in items], "status"), depth=1)


def test_the_smallest_priority_gives_the_class() -> None:
    assert run_class(classes(("A", 3, TRUE), ("B", 1, TRUE), ("C", 2, TRUE)), {}) == "B"


def test_a_class_that_nothing_matches_is_empty() -> None:
    assert run_class(classes(("A", 1, {"var": "beam"})), {"hlt_key": "x"}, current="Kept") == ""


def test_a_class_weighs_as_much_as_its_last_classifier() -> None:
    assert run_class(classes(("A", 1, TRUE), ("A", 5, {"var": "no"}), ("B", 3, TRUE)), {}) == "B"
    assert run_class(classes(("A", 1, TRUE), ("B", 3, TRUE)), {}) == "A"


def test_a_classifier_without_priority_comes_last() -> None:
    assert run_class(classes(("A", None, TRUE), ("B", 3, TRUE)), {}) == "B"


def test_a_disabled_classifier_gives_no_class() -> None:
    assert run_class(classes(("A", 1, TRUE, False), ("B", 2, TRUE)), {}) == "B"


def test_while_the_hlt_key_is_null_the_class_stays() -> None:
    rules = classes(("A", 1, TRUE))
    assert run_class(rules, {"hlt_key": None}, current="Kept") == "Kept"
    assert run_class(rules, {}, current="Kept") == "A"


def test_significance_asks_only_enabled_classifiers_of_the_class() -> None:
    assert is_significant(classes(("A", None, TRUE)), "A", {})
    assert not is_significant(classes(("A", None, TRUE)), "B", {})
    assert not is_significant(classes(("A", None, TRUE, False)), "A", {})


def test_classifiers_may_be_text_and_are_true_as_javascript_sees_it() -> None:
    assert run_class(classes(("A", 1, json.dumps({"var": "components"}))), {"components": []}) == "A"


def test_the_first_status_stays_unless_another_weighs_less() -> None:
    assert statuses(("GOOD", 2, TRUE), ("BAD", 2, TRUE))(()) == "GOOD"
    assert statuses(("GOOD", 2, TRUE), ("BAD", 1, TRUE))(()) == "BAD"
    assert statuses(("GOOD", 2, TRUE), ("BAD", 3, TRUE))(()) == "GOOD"


def test_a_status_weighs_as_much_as_its_last_classifier_even_a_disabled_one() -> None:
    assert statuses(("GOOD", 1, TRUE), ("BAD", 2, TRUE), ("GOOD", 3, {"var": "no"}))((None,)) == "BAD"
    assert statuses(("GOOD", 1, TRUE), ("BAD", 2, TRUE), ("GOOD", 3, {"var": "no"}, False))(()) == "BAD"


def test_a_disabled_classifier_gives_no_status() -> None:
    assert statuses(("GOOD", 1, TRUE, False))(()) == "NO VALUE FOUND"


def test_no_classifiers_give_no_value() -> None:
    assert statuses()(()) == "NO VALUE FOUND"


def test_the_same_values_are_asked_only_once() -> None:
    rule = statuses(("GOOD", 1, {"==": [{"var": "bit"}, True]}), ("BAD", 2, TRUE))
    asked: list[Any] = []
    decide = rule._known._compute
    rule._known._compute = lambda context: (asked.append(context), decide(context))[1]
    assert [rule((value,)) for value in (True, True, 1, True)] == ["GOOD", "GOOD", "GOOD", "GOOD"]
    assert [rule((value,)) for value in (None, None)] == ["BAD", "BAD"]
    assert asked == [{"bit": True}, {"bit": 1}, {"bit": None}]


def test_a_wrong_rule_names_its_classifier() -> None:
    with pytest.raises(LogicError, match=r"Classifier 7 \(status GOOD\): The rule is not JSON"):
        parse_classifiers([{"id": 7, "status": "GOOD", "classifier": "{"}], "status")


def test_an_unknown_operator_fails_when_it_is_reached() -> None:
    rules = classes(("A", 1, {"no_such": 1}))
    with pytest.raises(LogicError, match="no_such"):
        run_class(rules, {})
