"""A condition says the same as text, as a tree, in the wire form, and to the service that splits filters by table."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from runregistry.filters import parse_filter
from runregistry.filters.match import Coded, match
from runregistry.filters.where import parse_where, where_to_wire

HOMES = {
    "runs": ("oms_attributes.energy", "rr_attributes.class", "rr_attributes.significant"),
    "datasets": ("run_number", "name", "dataset_attributes.global_state"),
    "summaries": ("triplet_summary.dt-dt.GOOD", "triplet_summary.dt-dt.BAD", "triplet_summary.dt-dt.comments"),
}
VALUES = {
    "oms_attributes.energy": [None, 0, 900, 6799.5, 6800],
    "rr_attributes.class": [None, "", "Collisions24", "cosmics 24", "it's"],
    "rr_attributes.significant": [None, True, False],
    "run_number": [1, 2, 3, 355100],
    "name": ["online", "/PromptReco/Collisions2018A/DQM"],
    "dataset_attributes.global_state": [None, "OPEN", "waiting dqm gui"],
    "triplet_summary.dt-dt.GOOD": [None, 0, 1, 30],
    "triplet_summary.dt-dt.BAD": [None, 0, 2],
    "triplet_summary.dt-dt.comments": [None, [], ["HV trip"], ["noise", "HV trip"]],
}
NAMES = {
    "oms_attributes.energy": "energy",
    "rr_attributes.class": "class",
    "rr_attributes.significant": "significant",
    "run_number": "run_number",
    "name": "dataset_name",
    "dataset_attributes.global_state": "global_state",
    "triplet_summary.dt-dt.GOOD": "dt-dt.GOOD",
    "triplet_summary.dt-dt.BAD": "dt-dt.BAD",
    "triplet_summary.dt-dt.comments": "dt-dt.comments",
}
NUMBERS = ("oms_attributes.energy", "run_number", "triplet_summary.dt-dt.GOOD", "triplet_summary.dt-dt.BAD")
ORDERS = ["<", ">", "<=", ">="]
PATTERNS = ["%", "%24", "Coll%", "%HV%", "c_smics%", "open"]
rows = st.fixed_dictionaries({column: st.sampled_from(values) for column, values in VALUES.items()})


# A condition is a tuple: its kind, then what it is made of.
def comparisons(column):
    operands = st.sampled_from([value for value in VALUES[column] if value is not None and not isinstance(value, list)] or ["x"])
    kinds = [st.tuples(st.just("compare"), st.just(column), st.sampled_from(["=", "<>"]), operands)]
    kinds.append(st.tuples(st.just("in"), st.just(column), st.lists(operands, max_size=3)))
    if column in NUMBERS:
        kinds.append(st.tuples(st.just("compare"), st.just(column), st.sampled_from(ORDERS), operands))
        kinds.append(st.tuples(st.just("between"), st.just(column), operands, operands))
    elif column != "rr_attributes.significant":
        kinds.append(st.tuples(st.just("like"), st.just(column), st.sampled_from(PATTERNS)))
    if column != "run_number" and not column.startswith("triplet"):
        kinds.append(st.tuples(st.just("null"), st.just(column)))
    return st.one_of(kinds)


def conditions(home):
    leaves = st.sampled_from(HOMES[home]).flatmap(comparisons)
    if home == "summaries":
        leaves |= st.tuples(st.just("status"), st.sampled_from(["GOOD", "BAD"]), st.sampled_from(["=", "<>"]))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.just("not"), inner),
            st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)),
        ),
        max_leaves=6,
    )


anything = st.lists(st.sampled_from(list(HOMES)).flatmap(conditions), min_size=1, max_size=3).map(lambda parts: ("and", parts))


def spelled(condition):
    """The condition as text."""
    kind, *rest = condition
    if kind == "not":
        return f"NOT ({spelled(rest[0])})"
    if kind in ("and", "or"):
        return "(" + f" {kind} ".join(map(spelled, rest[0])) + ")"
    if kind == "status":
        return f"dt-dt {rest[1]} {rest[0].lower()}"
    name, *operands = rest
    name = NAMES[name]
    if kind == "null":
        return f"{name} is null"
    if kind == "in":
        return f"{name} In ({', '.join(map(quoted, operands[0]))})"
    if kind == "between":
        return f"{name} between {operands[0]} and {operands[1]}"
    if kind == "like":
        return f"{name} LIKE {quoted(operands[0])}"
    return f"{name} {operands[0]} {quoted(operands[1])}"


def quoted(value):
    if isinstance(value, bool):
        return str(value).lower()
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)


def truth(condition, row):
    """SQL's three values, read aloud: None is unknown."""
    kind, *rest = condition
    if kind == "not":
        inner = truth(rest[0], row)
        return None if inner is None else not inner
    if kind in ("and", "or"):
        found = [truth(part, row) for part in rest[0]]
        decisive = kind == "or"
        return decisive if decisive in found else None if None in found else not decisive
    if kind == "status":
        has = (row[f"triplet_summary.dt-dt.{rest[0]}"] or 0) > 0
        return has is (rest[1] == "=")
    column, *operands = rest
    value = row[column]
    if value is None and column.rpartition(".")[2] in ("GOOD", "BAD"):
        value = 0
    if kind == "in" and not operands[0]:
        return False
    if kind == "null":
        return value is None
    return None if value is None else known_truth(kind, value, operands)


def known_truth(kind, value, operands):
    if isinstance(value, list):
        value = "[" + ", ".join(f'"{item}"' for item in value) + "]"
    if kind == "in":
        return value in operands[0]
    if kind == "between":
        return operands[0] <= value <= operands[1]
    if kind == "like":
        expression = re.escape(operands[0]).replace("%", ".*").replace("_", ".")
        return re.fullmatch(expression, value, re.IGNORECASE | re.DOTALL) is not None
    operator, operand = operands
    return {
        "=": lambda: value == operand,
        "<>": lambda: value != operand,
        "<": lambda: value < operand,
        ">": lambda: value > operand,
        "<=": lambda: value <= operand,
        ">=": lambda: value >= operand,
    }[operator]()


def matched(node, table_rows):
    def fetch(column):
        return Coded(np.arange(len(table_rows), dtype=np.int32), [row[str(column)] for row in table_rows])

    return match(node, fetch, len(table_rows)).tolist()


@given(anything, st.lists(rows, min_size=1, max_size=8))
@settings(max_examples=100)
def test_text_tree_and_wire_form_match_the_rows_that_the_condition_means(condition, table_rows):
    text = spelled(condition)
    meant = [truth(condition, row) is True for row in table_rows]
    assert matched(parse_where(text, "datasets"), table_rows) == meant
    assert matched(parse_filter(where_to_wire(text, "datasets"), "datasets"), table_rows) == meant


def test_the_splitting_service_is_told_apart_by_what_is_known_of_it():
    row = {column: values[-1] for column, values in VALUES.items()} | {"name": "x", "run_number": 1}
    of_class = [{"rr_attributes.class": {"=": "it's"}}, {"rr_attributes.class": {"=": "B"}}]
    split = [{"name": "x", "or": of_class}, {"name": "x", "and": [{"run_number": 1}, {"or": of_class}]}]
    whole = [{"and": [{"run_number": 1}, {"or": of_class}], "name": "x"}, {"and": [{"name": "x"}, {"or": of_class}]}]
    assert [all(by_table(wire, home, row) for home in HOMES) for wire in (*split, *whole)] == [False, False, True, True]
    mixed = {"or": [{"rr_attributes.class": {"=": "B"}}, {"name": "x"}]}
    assert not all(by_table(mixed, home, row) for home in HOMES)


@given(anything, rows)
@settings(max_examples=100)
def test_a_service_that_splits_the_filter_by_table_reads_it_the_same(condition, row):
    wire = where_to_wire(spelled(condition), "datasets")
    assert all(by_table(wire, home, row) for home in HOMES) is (truth(condition, row) is True)


def by_table(wire, home, row):
    """What the service makes of a filter for one table: the rules of the others are dropped, and some groups with them.

    A group *or* of another table ends the match if a rule of this one stands beside it at the top, or before a group around it.
    """
    for number, (key, rule) in enumerate(wire.items()):
        others = [{name: part} for place, (name, part) in enumerate(wire.items()) if place != number]
        if key == "or" and not any(homes_of(part, home) for part in rule):
            if any(homes_of(part, home) for part in others):
                return False
        elif not entry(key, rule, home, row, False, any(homes_of(part, home) for part in others[:number])):
            return False
    return True


def entry(key, rule, home, row, is_seen, is_seen_before):
    """One key: a rule of the table was seen at a level around it; or before it, which counts for what is inside."""
    if key not in ("and", "or"):
        if key not in HOMES[home]:
            return True
        check_rule(key, rule)
        return matched(parse_filter({key: rule}, "datasets"), [row])[0]
    if key == "or" and not any(homes_of(part, home) for part in rule):
        return not is_seen
    found = []
    for place, part in enumerate(rule):
        if key == "and" or homes_of(part, home):
            before = any(homes_of(one, home) for one in rule[:place])
            found.append(all(entry(name, one, home, row, is_seen or is_seen_before, before) for name, one in part.items()))
    return any(found) if key == "or" else all(found)


def homes_of(filter_, home):
    """Whether a filter has a rule of a table."""
    return any(
        any(homes_of(part, home) for part in rule) if key in ("and", "or") else key in HOMES[home]
        for key, rule in filter_.items()
    )


def check_rule(key, rule):
    """What the service refuses: lists and, in groups, numbers of an attribute."""
    if "." in key:
        assert isinstance(rule, dict), (key, rule)
        for operator, value in rule.items():
            members = value if operator in ("and", "or") else []
            assert all(isinstance(one, str) for member in members for one in member.values()), (key, rule)
            assert operator not in ("in", "not in"), (key, rule)
