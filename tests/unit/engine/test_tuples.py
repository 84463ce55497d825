from __future__ import annotations

import pytest

from runregistry.engine import evaluation_tuple
from runregistry.errors import LogicError

YES, NO = {"resulted_value": True}, {"resulted_value": False}


def test_operands_are_shown_with_their_own_results() -> None:
    rule = {"and": [{"==": [{"var": "a"}, 1]}, {"or": [{"==": [{"var": "b"}, 3]}]}]}
    assert [evaluation_tuple(rule, {"a": 1, "b": 2})] == [
        [{"and": [[{"==": [{"var": "a"}, 1]}, YES], [{"or": [[{"==": [{"var": "b"}, 3]}, NO]]}, NO]]}, NO]
    ]


def test_only_exactly_true_counts_as_true() -> None:
    assert evaluation_tuple({"var": "a"}, {"a": 1}) == [{"var": "a"}, NO]
    assert evaluation_tuple({"var": "a"}, {"a": True}) == [{"var": "a"}, YES]


def test_operands_that_are_no_rules_are_left_out() -> None:
    assert evaluation_tuple({"or": [True, {"==": [1, 1]}, []]}, {}) == [{"or": [[{"==": [1, 1]}, YES]]}, YES]


@pytest.mark.parametrize("rule", [{"if": [True, True, False]}, True, [], None])
def test_an_if_and_what_is_no_object_have_no_tuple(rule: object) -> None:
    assert evaluation_tuple(rule, {}) is None


def test_a_wrong_part_fails() -> None:
    with pytest.raises(LogicError, match="no_such"):
        evaluation_tuple({"or": [True, {"no_such": 1}]}, {})
