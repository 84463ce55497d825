"""The filter language of the service, read into a checked tree.

The tree is evaluated as it is written: an *or* across tables is an *or*, an empty group imposes nothing, and a number is a number
wherever it stands.
"""

from __future__ import annotations

import json
from typing import Any, NoReturn

from runregistry.errors import FilterError, nearest, suggestion
from runregistry.filters.columns import is_document, read_key
from runregistry.filters.operands import read_operand, read_operands, shown
from runregistry.filters.simplify import all_of, any_of
from runregistry.filters.tree import AllOf, Column, Comparison, Node, TableName

__all__ = ["parse_filter"]

_COMPARISONS = ("=", "<>", ">", "<", ">=", "<=", "like", "notlike")
_OPERATORS = {name: name for name in (*_COMPARISONS, "and", "or", "in", "not in", "contains")}
_OPERATORS |= {name.upper(): name for name in ("like", "notlike", "and", "or", "in", "not in")}
_GROUPS = {"and": "and", "or": "or", "AND": "and", "OR": "or"}
# Far above what people and clients send: a cycle's view has 1,000 alternatives, a list of runs some thousand numbers.
_MAX_DEPTH = 60
_MAX_SIZE = 50_000


def parse_filter(filter: Any, table: TableName) -> Node:
    """Check a filter and return it as a tree.

    Parameters
    ----------
    filter : dict
        ``{key: rule, …}``, all of which must hold. A number, an empty list or text imposes nothing, as on the service.
    table : str
        ``runs`` or ``datasets``: which keys there are.

    Raises
    ------
    FilterError
        An unknown column, an operator or value that the column can't be compared with, or a filter too deep or too large.

    Notes
    -----
    Source: the filter language of ``/runs_filtered_ordered`` and ``/datasets_filtered_ordered``. On a document, an unknown
    operator is one more step of the path, as on the service: ``{"rr_attributes": {"class": "Cosmics22"}}``.

    Examples
    --------
    >>> parse_filter({"run_number": {">": "355100"}, "rr_attributes.state": "OPEN"}, "runs")  # doctest: +NORMALIZE_WHITESPACE
    AllOf(parts=(Comparison(column=Column(kind='run_number', path=()), operator='>', operand=355100),
                 Comparison(column=Column(kind='rr_attributes', path=('state',)), operator='=', operand='OPEN')))
    """
    if filter is None:
        raise FilterError('Cannot convert undefined or null to object: "filter" is missing; {} matches everything')
    if not isinstance(filter, dict):
        if isinstance(filter, int | float) or filter in ([], ""):
            return AllOf()
        raise FilterError(f'a filter is an object such as {{"run_number": {{">": 355100}}}}, not {type(filter).__name__}')
    _check_bounds(filter)
    # Hidden rows are never listed, so that `deleted` at the top says nothing; its value is still checked.
    found = [node for key, node in _entries(filter, table) if key != "deleted"]
    return all_of(found) or AllOf()


def _check_bounds(filter_: dict[str, Any]) -> None:
    """Refuse what would cost too much, before anything recursive sees it."""
    level: list[Any] = [filter_]
    size = 0
    for _ in range(_MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            below.extend(item.values() if isinstance(item, dict) else item)
        size += len(below)
        if size > _MAX_SIZE:
            raise FilterError(f"the filter has more than {_MAX_SIZE:,} parts; split the question")
        level = [item for item in below if isinstance(item, dict | list)]
        if not level:
            return
    raise FilterError(f"the filter is nested more than {_MAX_DEPTH} levels deep")


def _entries(filter_: dict[str, Any], table: TableName) -> list[tuple[str, Node | None]]:
    return [(key, _entry(key, rule, table)) for key, rule in filter_.items()]


def _entry(key: str, rule: Any, table: TableName) -> Node | None:
    if key in _GROUPS:
        return _group(key, rule, table)
    column, cast = read_key(key, table)
    return _in_gui(column, rule) if column.kind == "datasets_in_gui" else _rule(column, rule, cast)


def _group(key: str, filters: Any, table: TableName) -> Node | None:
    """Read ``{"and": [filter, …]}`` or ``{"or": [filter, …]}``."""
    if not isinstance(filters, list):
        raise FilterError(f'"{key}" takes a list of filters, [{{…}}, {{…}}], not {shown(filters)}', key=key)
    parts = []
    for part in filters:
        if not isinstance(part, dict):
            raise FilterError(f'every part of "{key}" must be a filter, {{"run_number": 355100}}, not {shown(part)}', key=key)
        parts.append(all_of(node for _, node in _entries(part, table)))
    return all_of(parts) if _GROUPS[key] == "and" else any_of(parts)


def _rule(column: Column, rule: Any, cast: str | None) -> Node | None:
    """Read what is said about one column."""
    if isinstance(rule, dict):
        if not rule and not is_document(column):
            _refuse_rule(column, rule, "it has no operator")
        return all_of(_operation(column, operator, value, cast) for operator, value in rule.items())
    if isinstance(rule, list) and not is_document(column):
        return Comparison(column, "in", read_operands(column, "=", rule, cast))
    return Comparison(column, "=", read_operand(column, "=", rule, cast))


def _operation(column: Column, operator: str, value: Any, cast: str | None) -> Node | None:
    name = _OPERATORS.get(operator)
    if name is None:
        if not is_document(column):
            close = suggestion(operator, _OPERATORS)
            there = " ".join((*_COMPARISONS, "in"))
            _refuse_rule(column, {operator: value}, f"unknown operator {shown(operator)}{close}; there are {there}")
        return _rule(Column(column.kind, (*column.path, operator)), value, cast)
    if name in ("and", "or"):
        return _rule_group(column, name, value, cast)
    if name == "contains":
        return _containment(column, value)
    if name in ("in", "not in"):
        operands = read_operands(column, name, value, cast)
        return Comparison(column, name, operands) if operands or name == "in" else None
    return Comparison(column, name, read_operand(column, name, value, cast))


def _rule_group(column: Column, name: str, rules: Any, cast: str | None) -> Node | None:
    """Read ``{"or": [{"=": 1}, 2]}`` or ``{"or": {"<": 1, ">": 2}}`` of one column."""
    if isinstance(rules, dict):
        parts = [_operation(column, operator, value, cast) for operator, value in rules.items()]
    elif isinstance(rules, list):
        parts = [_rule(column, rule, cast) for rule in rules]
    else:
        raise FilterError(f'"{name}" of {column} takes a list of rules, [{{"=": …}}, …], not {shown(rules)}', key=str(column))
    return all_of(parts) if name == "and" else any_of(parts)


def _containment(column: Column, value: Any) -> Node:
    if not is_document(column):
        kind = "text" if column.kind == "name" else "integer"
        raise FilterError(f"operator does not exist: {kind} @> unknown: {column} is no document", key=str(column))
    return Comparison(column, "contains", json.dumps(value))


def _in_gui(column: Column, rule: Any) -> Node | None:
    """Read a rule of ``datasets_in_gui``.

    compat: whatever the operator, the first value must be an element of the list, and of a list every value (pinned by
    ``tests/unit/filters/test_parse.py``). The web front end sends ``like``. Groups are evaluated as written.
    """
    if isinstance(rule, dict):
        if not rule:
            return None
        operator, value = next(iter(rule.items()))
        if operator in _GROUPS and isinstance(value, list):
            parts = [_in_gui(column, part) for part in value]
            return all_of(parts) if _GROUPS[operator] == "and" else any_of(parts)
        rule = value
    return _containment(column, rule if isinstance(rule, list) else [rule])


def _refuse_rule(column: Column, rule: dict[str, Any], why: str) -> NoReturn:
    # The service's own beginning: PostgreSQL's for integers, the ORM's for the rest.
    begin = "invalid input syntax for type integer:" if column.kind in ("run_number", "version") else "Invalid value"
    close = nearest(next(iter(rule), ""), _OPERATORS)
    raise FilterError(f"{begin} {shown(rule)} for {column}: {why}", key=str(column), nearest=close)
