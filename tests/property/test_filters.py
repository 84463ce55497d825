"""Filters, sortings and pages against slow, obvious definitions."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.errors import FilterError, UsageError
from runregistry.filters import Page, parse_filter, parse_sortings
from runregistry.filters.match import Coded, Memo, match
from runregistry.filters.patterns import like
from runregistry.filters.ranks import ranks_of
from runregistry.filters.similar import similar_to
from runregistry.filters.sort import order
from runregistry.filters.values import boolean_of, number_of, text_of

COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, 2.0, "", "a", "B", "ab", "2", "-1", "true", "2018-05"]),
)
values = st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(st.sampled_from("ab"), scalars, max_size=2))
rows = st.lists(st.fixed_dictionaries({"run_number": st.integers(1, 6), "x": values, "y": values}), max_size=8)

single = st.dictionaries(st.sampled_from(COMPARISONS), scalars, min_size=1, max_size=1)
rules = st.one_of(
    scalars,
    st.dictionaries(st.sampled_from(COMPARISONS), scalars, min_size=1, max_size=2),
    st.fixed_dictionaries({"in": st.lists(scalars, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"not in": st.lists(scalars, min_size=1, max_size=3)}),
    st.fixed_dictionaries({"like": st.text("aB2%_", max_size=3)}),
    st.fixed_dictionaries({"notlike": st.text("aB2%_", max_size=3)}),
    st.fixed_dictionaries({"or": st.lists(single, min_size=1, max_size=3)}),
)
number_rules = st.one_of(
    st.integers(0, 7),
    st.lists(st.integers(0, 7), min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(COMPARISONS), st.integers(0, 7), min_size=1, max_size=2),
)
leaves = st.one_of(
    st.fixed_dictionaries({"oms_attributes.x": rules}),
    st.fixed_dictionaries({"oms_attributes.y": rules}),
    st.fixed_dictionaries({"run_number": number_rules}),
)
filters = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"and": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"or": st.lists(inner, min_size=1, max_size=3)}),
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
    ),
    max_leaves=6,
)


def holds(filter_, row):
    """The filter language, read aloud."""
    for key, rule in filter_.items():
        if key == "and":
            answer = all(holds(part, row) for part in rule)
        elif key == "or":
            answer = any(holds(part, row) for part in rule)
        else:
            answer = rule_holds(rule, row[key.removeprefix("oms_attributes.")])
        if not answer:
            return False
    return True


def rule_holds(rule, value):
    if isinstance(rule, list):
        return any(equal(value, item) for item in rule)
    if not isinstance(rule, dict):
        return equal(value, rule)
    return all(operation_holds(operator, operand, value) for operator, operand in rule.items())


def operation_holds(operator, operand, value):
    if operator == "or":
        return any(rule_holds(rule, value) for rule in operand)
    if operator in ("in", "not in"):
        found = any(equal(value, item) for item in operand)
        return found if operator == "in" else value is not None and not found
    if operator == "=":
        return equal(value, operand)
    if operator == "<>":
        return value is not None and not equal(value, operand)
    if value is None or operand is None:
        return False
    if operator in ("like", "notlike"):
        expression = operand.replace("%", ".*").replace("_", ".")
        found = re.fullmatch(expression, text_of(value), re.IGNORECASE | re.DOTALL) is not None
        return found is (operator == "like")
    return ordered(operator, value, operand)


def equal(value, operand):
    if operand is None or value is None:
        return operand is None and value is None
    if isinstance(operand, bool):
        return boolean_of(value) is operand
    if isinstance(operand, str):
        return text_of(value) == operand
    return number_of(value) == operand


def ordered(operator, value, operand):
    if isinstance(operand, bool):
        left, right = boolean_of(value), operand
    elif not isinstance(operand, str) or None not in (number_of(value), number_of(operand)):
        left, right = number_of(value), number_of(operand)
    else:
        left, right = text_of(value), operand
    if left is None:
        return False
    return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator]


def fetcher(table):
    def fetch(column):
        if column.kind == "run_number":
            return Coded(None, np.array([row["run_number"] for row in table], dtype=np.int64))
        name = column.path[0]
        return Coded(np.arange(1, len(table) + 1, dtype=np.int32), [None, *(row[name] for row in table)], Memo())

    return fetch


@settings(max_examples=150, deadline=None)
@given(filters, rows)
def test_a_filter_matches_the_rows_for_which_it_holds(filter_, table):
    found = match(parse_filter(filter_, "runs"), fetcher(table), len(table))
    assert found.tolist() == [holds(filter_, row) for row in table]


@settings(max_examples=60, deadline=None)
@given(filters, rows)
def test_deleting_what_imposes_nothing_changes_nothing(filter_, table):
    padded = {"and": [filter_, {}, {"or": []}, {"oms_attributes.x": {}}]}
    plain, more = (match(parse_filter(one, "runs"), fetcher(table), len(table)) for one in (filter_, padded))
    assert plain.tolist() == more.tolist()


KEYS = ["and", "or", "=", "like", "in", "run_number", "name", "oms_attributes.x", "datasets_in_gui", "deleted", "?"]
anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(anything, st.sampled_from(["runs", "datasets"]))
def test_whatever_is_sent_is_a_filter_or_a_filter_error(filter_, table):
    try:
        node = parse_filter(filter_, table)
    except FilterError:
        return
    columns = Coded(np.zeros(2, dtype=np.int32), [None])
    assert len(match(node, lambda column: Coded(None, np.array([1, 2])) if column.kind == "run_number" else columns, 2)) == 2


@settings(max_examples=150, deadline=None)
@given(st.text("aAbB_%\n", max_size=8), st.text("aAbB\n", max_size=8))
def test_like_is_the_regular_expression_it_stands_for(pattern, text):
    expression = "".join({"%": ".*", "_": "."}.get(character, re.escape(character)) for character in pattern)
    assert like(pattern)(text) is (re.fullmatch(expression, text, re.IGNORECASE | re.DOTALL) is not None)


@settings(max_examples=150, deadline=None)
@given(st.text("abc_%()|*+?[]-{}12,", max_size=8), st.lists(st.text("abc", max_size=6), max_size=4))
def test_similar_to_is_the_regular_expression_it_stands_for(pattern, texts):
    try:
        similar = similar_to(pattern)
    except UsageError:
        return
    if re.search(r"\[[^\]]*[\[%_]|\[\^?\]|[*+?}][?]|\{(?!\d)", pattern):
        return  # forms that Python writes in another way
    expression = re.compile(pattern.replace("%", ".*").replace("_", "."), re.DOTALL)
    assert [similar.fullmatch(text) for text in texts] == [expression.fullmatch(text) is not None for text in texts]


@settings(max_examples=100, deadline=None)
@given(rows, st.sampled_from(["ASC", "DESC", "ASC NULLS FIRST", "DESC NULLS LAST"]))
def test_an_order_holds_each_row_once_and_never_steps_back(table, direction):
    sortings = parse_sortings([["oms_attributes.x", direction]], "runs")
    found = order(sortings, fetcher(table), len(table), table="runs", rows=np.arange(len(table))).tolist()
    assert sorted(found) == list(range(len(table)))
    sign = -1 if direction.startswith("DESC") else 1
    null_side = -1 if direction in ("DESC", "ASC NULLS FIRST") else 1
    for one, other in pairwise(found):
        assert step(table[one], table[other], sign, null_side) >= 0


@settings(max_examples=100, deadline=None)
@given(rows, st.sampled_from(["ASC", "DESC", "ASC NULLS FIRST"]), st.integers(0, 9))
def test_the_first_rows_of_an_order_are_those_of_the_whole_one(table, direction, first):
    numbered = [row | {"run_number": number} for number, row in enumerate(table)]
    sortings, fetch = parse_sortings([["oms_attributes.x", direction]], "runs"), fetcher(numbered)
    every = np.arange(len(table))
    whole = order(sortings, fetch, len(table), table="runs", rows=every)
    front = order(sortings, fetch, len(table), table="runs", rows=every, first=first)
    assert front[:first].tolist() == whole[:first].tolist()


@settings(max_examples=100, deadline=None)
@given(st.lists(values, max_size=6), st.lists(values, max_size=6), st.sampled_from([text_of, number_of]))
def test_ranks_are_the_same_whether_values_came_together_or_one_after_the_other(before, after, key_of):
    memo = Memo()
    ranks_of(Coded(None, before, memo), key_of)
    assert_same_ranks(ranks_of(Coded(None, [*before, *after], memo), key_of), ranks_of(Coded(None, [*before, *after]), key_of))


def assert_same_ranks(one, other):
    assert (one.places.tolist(), one.keys) == (other.places.tolist(), other.keys)


def step(one, other, sign, null_side):
    left, right = (text_of(row["x"]) for row in (one, other))
    if left is None or right is None:
        moved = null_side * ((left is None) < (right is None)) - null_side * ((left is None) > (right is None))
    else:
        moved = sign * ((left < right) - (left > right))
    return moved or one["run_number"] - other["run_number"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(1, 12))
def test_pages_hold_every_row_once(count, size):
    items = list(range(count))
    pages = Page(0, size).pages(count)
    assert [item for page in range(pages) for item in Page(page, size).cut(items)] == items
    assert Page(pages, size).cut(items) == []
