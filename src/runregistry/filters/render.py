"""The checked tree written down in the wire form, in the one shape that every registry reads as it is meant.

The service that has run for years splits a filter by the tables that it reads: an *or* between two tables becomes an *and*, an
*or* inside another group may match nothing, and a number inside an *or* of one attribute is refused. A filter from here is
therefore one list of conditions, all of which must hold; each is a comparison, or an *or* of one table whose alternatives hold no
further *or*.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any, TypeAlias

from runregistry.errors import FilterError
from runregistry.filters.columns import is_document
from runregistry.filters.conditions import NOTHING, folded
from runregistry.filters.tree import AllOf, AnyOf, Column, Comparison, Node, TableName

__all__ = ["Part", "joined", "to_parts", "to_wire"]

Part: TypeAlias = dict[str, Any]  # a filter with one key
Alternative: TypeAlias = tuple[Comparison, ...]

_MAX_ALTERNATIVES = 2_000
_GROUPS = ("and", "or", "AND", "OR")


def to_wire(node: Node, table: TableName) -> dict[str, Any]:
    """Return the wire form of a condition.

    Raises
    ------
    FilterError
        An *or* is between columns of different tables, or has too many alternatives.

    Examples
    --------
    >>> energy, state = Column("oms_attributes", ("energy",)), Column("rr_attributes", ("state",))
    >>> to_wire(AnyOf((Comparison(energy, ">", 6000), Comparison(state, "=", "OPEN"))), "runs")
    {'and': [{'or': [{'oms_attributes.energy': {'>': 6000}}, {'rr_attributes.state': {'=': 'OPEN'}}]}]}
    """
    return joined(to_parts(node, table))


def joined(parts: Sequence[Part]) -> dict[str, Any]:
    """Return one filter that holds where all the parts hold: a plain dict if nothing speaks against it.

    Examples
    --------
    >>> joined([{"run_number": {">": 1}}, {"name": "online"}])
    {'run_number': {'>': 1}, 'name': 'online'}
    >>> joined([{"run_number": {">": 1}}, {"run_number": {"<": 9}}])
    {'and': [{'run_number': {'>': 1}}, {'run_number': {'<': 9}}]}
    """
    keys = [key for part in parts for key in part]
    if len(set(keys)) == len(keys) and not any(key in _GROUPS for key in keys):
        return {key: rule for part in parts for key, rule in part.items()}
    return {"and": list(parts)}


def to_parts(node: Node, table: TableName) -> list[Part]:
    """Return the filters, each with one key, that must all hold; errors as of `to_wire`."""
    found = folded(node)
    # No row is without a run number. An empty list would not do: the registry takes it for no condition at all.
    return [{"run_number": {"=": None}}] if found == NOTHING else _parts(found, table)


def _parts(node: Node, table: TableName) -> list[Part]:
    if isinstance(node, AllOf):
        return [part for one in node.parts for part in _parts(one, table)]
    if isinstance(node, Comparison) and node.operator == "not in":
        return [_part(one) for one in _each(node, "<>")]
    if isinstance(node, Comparison) and _is_one_rule(node):
        return [_part(node)]
    _check_one_table(node, table)
    if _size(node) > _MAX_ALTERNATIVES:
        raise FilterError(f"the condition has more than {_MAX_ALTERNATIVES:,} alternatives; ask in parts")
    either = [_alternative(one) for one in _alternatives(node)]
    return either if len(either) == 1 else [{"or": either}]


def _is_one_rule(comparison: Comparison) -> bool:
    """Whether a comparison fits into one rule: a list of numbers of an attribute does not."""
    operands = comparison.operand
    if comparison.operator == "not in":
        return False
    return not is_document(comparison.column) or not isinstance(operands, tuple) or all(isinstance(one, str) for one in operands)


def _part(comparison: Comparison) -> Part:
    key, operands = str(comparison.column), comparison.operand
    if comparison.operator != "in":
        return {key: {comparison.operator: operands}}
    values = list(operands) if isinstance(operands, tuple) else [operands]
    if len(values) == 1:
        return {key: {"=": values[0]}}
    # Columns of the table take a list, which the database looks up in one go; documents don't.
    return {key: {"or": [{"=": value} for value in values]} if is_document(comparison.column) else values}


def _each(comparison: Comparison, operator: str) -> list[Comparison]:
    operands = comparison.operand if isinstance(comparison.operand, tuple) else (comparison.operand,)
    return [Comparison(comparison.column, operator, operand) for operand in operands]


def _alternative(comparisons: Alternative) -> Part:
    parts = [_part(one) for one in comparisons]
    return parts[0] if len(parts) == 1 else {"and": parts}


def _alternatives(node: Node) -> list[Alternative]:
    """Return the ways in which a condition can hold."""
    if isinstance(node, AnyOf):
        return [one for part in node.parts for one in _alternatives(part)]
    if isinstance(node, AllOf):
        return [tuple(one for way in ways for one in way) for ways in product(*map(_alternatives, node.parts))]
    if node.operator == "not in":
        return [tuple(_each(node, "<>"))]
    return [(node,)] if _is_one_rule(node) else [(one,) for one in _each(node, "=")]


def _size(node: Node) -> int:
    """Count the alternatives without making them."""
    if isinstance(node, AnyOf):
        return sum(map(_size, node.parts))
    if isinstance(node, AllOf):
        return prod(map(_size, node.parts))
    return 1 if node.operator == "not in" or _is_one_rule(node) else len(_each(node, "="))


def _check_one_table(node: Node, table: TableName) -> None:
    """Refuse an *or* that the service would take for an *and*."""
    first, *others = _columns(node)
    for column in others:
        if _home(column, table) != _home(first, table):
            # The attributes of a run hold its number once more.
            is_number = table == "datasets" and {_home(first, table), _home(column, table)} == {"datasets", "runs"}
            hint = " A run number can be written oms_attributes.run_number here." if is_number else ""
            raise FilterError(
                f"'or' can't join {first} and {column}: the registry keeps them in different tables, and takes an 'or' "
                f"between tables for an 'and'. Ask for each and put the rows together.{hint}",
                key=str(column),
            )


def _columns(node: Node) -> Iterator[Column]:
    if isinstance(node, Comparison):
        yield node.column
    else:
        for part in node.parts:
            yield from _columns(part)


def _home(column: Column, table: TableName) -> str:
    """Return the table in which the service keeps a column."""
    if column.kind == "triplet_summary":
        return "summaries"
    return "runs" if table == "runs" or column.kind in ("oms_attributes", "rr_attributes") else "datasets"
