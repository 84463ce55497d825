"""A filter that a user wrote, taken apart into conditions that can be joined with others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from runregistry.filters.literals import wire_time
from runregistry.filters.render import Part

__all__ = ["plain", "spread"]

_GROUPS = {"and": "and", "AND": "and", "or": "or", "OR": "or"}


def plain(value: Any) -> Any:
    """Return a deep copy with nothing but JSON's own types: what comes out of numpy and pandas is turned into Python's.

    Examples
    --------
    >>> import numpy as np
    >>> plain({"run_number": {"or": (np.int64(355100), 355101)}})
    {'run_number': {'or': [355100, 355101]}}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | range):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return wire_time(value, "a time")
    to_python = getattr(value, "tolist", None)
    return plain(to_python()) if callable(to_python) else value


def spread(wire: Mapping[str, Any]) -> list[Part]:
    """Return the conditions of a wire filter, each a filter with one key; all of them together say the same.

    Groups come first, because the service loses a group of one table that comes after a condition of another. Numbers in a group
    of one attribute, which it refuses, become a group of conditions.

    Examples
    --------
    >>> spread({"run_number": 355100, "and": [{"name": "online"}, {"or": [{"name": "a"}, {"name": "b"}]}]})
    [{'or': [{'name': 'a'}, {'name': 'b'}]}, {'run_number': 355100}, {'name': 'online'}]
    >>> spread({"oms_attributes.energy": {"and": [{">": 6000}, {"<": 7000}]}})
    [{'oms_attributes.energy': {'>': 6000}}, {'oms_attributes.energy': {'<': 7000}}]
    """
    parts = list(_parts(wire))
    # compat: rest-api: an `or` nested behind a sibling of another table matches nothing (tests/unit/filters/test_spread.py).
    return sorted(parts, key=lambda part: next(iter(part)) not in _GROUPS)


def _parts(wire: Mapping[str, Any]) -> Iterator[Part]:
    for key, rule in wire.items():
        if key == "and" and isinstance(rule, list) and all(isinstance(part, dict) for part in rule):
            for part in rule:
                yield from _parts(part)
        elif key not in _GROUPS and "." in key and isinstance(rule, dict) and _has_bare_numbers(rule):
            yield from _of_attribute(key, rule)
        else:
            yield {key: rule}


def _has_bare_numbers(rule: Mapping[str, Any]) -> bool:
    """Whether a group of one attribute compares with something else than text."""
    return any(_holds_number(members) for operator, members in rule.items() if operator in _GROUPS)


def _holds_number(members: Any) -> bool:
    if isinstance(members, dict):
        return any(map(_holds_number, members.values()))
    return any(map(_holds_number, members)) if isinstance(members, list) else isinstance(members, int | float)


def _of_attribute(key: str, rule: Any) -> Iterator[Part]:
    """Say of an attribute, condition by condition, what one rule says."""
    if not isinstance(rule, dict):
        yield {key: {"=": rule}}
        return
    for operator, value in rule.items():
        if operator not in _GROUPS:
            yield {key: {operator: value}}
            continue
        rules = [{name: member} for name, member in value.items()] if isinstance(value, dict) else value
        members = [list(_of_attribute(key, member)) for member in (rules if isinstance(rules, list) else [rules])]
        if _GROUPS[operator] == "and":
            yield from (part for parts in members for part in parts)
        elif members:
            yield {"or": [parts[0] if len(parts) == 1 else {"and": parts} for parts in members]}
