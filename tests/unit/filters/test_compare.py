"""Value semantics: each operator against text, numbers, booleans, documents and nothing."""

from __future__ import annotations

import pytest

from runregistry.filters import Column, Comparison
from runregistry.filters.compare import contains, predicate
from runregistry.filters.values import boolean_of, number_of, text_of

COLUMN = Column("oms_attributes", ("x",))


def holds(value, operator, operand):
    return predicate(Comparison(COLUMN, operator, operand))(value)


@pytest.mark.parametrize(
    ("operator", "operand"),
    [("<>", "a"), ("<>", 1), ("notlike", "a"), ("not in", ("a",)), ("=", "a"), ("<", 1), (">", "a"), ("like", "%"), ("in", (1,))],
)
def test_a_row_without_a_value_matches_nothing(operator, operand):
    assert holds(None, operator, operand) is False


def test_null_is_found_by_equality_alone():
    assert holds(None, "=", None)
    assert not holds(0, "=", None)
    assert holds(0, "<>", None)
    assert not holds(None, "<>", None)
    assert not any(holds(value, operator, None) for value in (None, 0, "") for operator in ("<", ">", "<=", ">=", "like"))


def test_a_null_among_others_is_a_row_without_a_value():
    assert holds(None, "in", (None, "a"))
    assert holds("a", "in", (None, "a"))
    assert not holds(None, "not in", (None, "a"))
    assert holds("b", "not in", (None, "a"))


@pytest.mark.parametrize(
    ("value", "operand", "expected"),
    [
        (6799, 6799, True),
        (6799.0, 6799, True),
        ("6799", 6799, True),
        ("6799.0", 6799, True),
        ("abc", 6799, False),
        (True, 1, False),
        (6799, "6799", True),
        (6799.0, "6799", True),
        (6799, "6799.0", False),
        (3.8, "3.8", True),
        ("GOOD", "GOOD", True),
        ("GOOD", "good", False),
        (True, "true", True),
        (True, True, True),
        ("yes", True, True),
        (1, True, True),
        (0, True, False),
        (["DT", "CSC"], '["DT", "CSC"]', True),
        ({"b": 1, "a": None}, '{"a": null, "b": 1}', True),
    ],
)
def test_equality_is_by_the_type_of_the_operand(value, operand, expected):
    assert holds(value, "=", operand) is expected
    assert holds(value, "<>", operand) is not expected
    assert holds(value, "in", (operand, "other")) is expected


@pytest.mark.parametrize(
    ("value", "operator", "operand", "expected"),
    [
        (900, "<", "6000", False),
        ("900", "<", "6000", False),
        (900, ">", "6000", True),
        (900, ">", "6000x", True),
        ("900a", ">", "6000", True),
        ("2018-06-01T00:00:00Z", ">", "2018-05", True),
        ("2018-06-01T00:00:00Z", "<", "2018-05", False),
        ("v1.10", "<", "v1.9", True),
        (900, "<", 6000.5, True),
        ("abc", "<", 6000, False),
        ("abc", ">", 6000, False),
        (True, ">", 0, False),
        (True, ">", False, True),
        (900, ">", 6000, False),
        (10**400, ">", 5, True),
    ],
)
def test_the_operand_says_whether_order_is_by_number_or_by_text(value, operator, operand, expected):
    assert holds(value, operator, operand) is expected


@pytest.mark.parametrize(
    ("value", "pattern", "expected"),
    [
        ("Cosmics22", "%COSMICS%", True),
        ("Cosmics22", "cosmics", False),
        ("Cosmics22", "cosmics__", True),
        ("50% off", r"50\% off", True),
        ("50x off", r"50\% off", False),
        ("a_b", r"a\_b", True),
        ("line\nbreak", "line%break", True),
        ("line\nbreak", "line_break", True),
        (["DT"], '%"DT"%', True),
        (3.8, "3._", True),
        (True, "tr%", True),
        ("", "%", True),
        ("", "", True),
        ("", "_", False),
        ("aXbXc", "a%b%c", True),
        ("abc", "a%b%bc", False),
        ("aab", "%ab", True),
        ("ÉTÉ", "%té", True),
    ],
)
def test_like_is_about_the_whole_text_without_regard_to_case(value, pattern, expected):
    assert holds(value, "like", pattern) is expected
    assert holds(value, "notlike", pattern) is not expected


def test_like_needs_something_to_escape():
    with pytest.raises(ValueError, match="LIKE pattern must not end with escape character"):
        predicate(Comparison(COLUMN, "like", "abc\\"))


def test_like_does_not_backtrack():
    assert not holds("a" * 5000, "like", "%a_" * 60 + "b")


@pytest.mark.parametrize(
    ("value", "wanted", "expected"),
    [
        ({"a": 1, "b": {"c": [1, 2]}}, {"b": {"c": [2]}}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": 1}, {"a": 1.0}, True),
        (["a", "b"], ["b", "a", "a"], True),
        (["a", "b"], "b", True),
        ("b", ["b"], False),
        ([["a"]], ["a"], False),
        ({"a": []}, {"a": {}}, False),
        (None, {"a": 1}, False),
        (None, None, True),
    ],
)
def test_containment_is_that_of_jsonb(value, wanted, expected):
    assert contains(value, wanted) is expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0000005, "0.0000005"),
        (1e22, "10000000000000000000000"),
        (-1.5, "-1.5"),
        (60.0, "60"),
        (False, "false"),
        ([], "[]"),
        ([None, "é\n", 1.0], '[null, "é\\n", 1]'),
        ({"bb": 1, "a": {"z": [], "y": {}}}, '{"a": {"y": {}, "z": []}, "bb": 1}'),
    ],
)
def test_text_of_a_document_is_as_postgresql_prints_it(value, text):
    assert text_of(value) == text


@pytest.mark.parametrize("value", ["", ".", "1e", "nan", "inf", "1_000", "0x10", "1e999", "٣", None, True, [], {}])
def test_what_spells_no_number_is_none(value):
    assert number_of(value) is None


@pytest.mark.parametrize("value", [None, "", "perhaps", 2, "o", [], 0.5])
def test_what_spells_no_boolean_is_none(value):
    assert boolean_of(value) is None
