"""Conditions that take more than one comparison to say: a status of a component, what is not so, nothing at all."""

from __future__ import annotations

import operator as python
from collections.abc import Callable, Sequence
from typing import Any

from runregistry.filters.tree import AllOf, AnyOf, Column, Comparison, Node

__all__ = ["EVERYTHING", "NOTHING", "either", "folded", "has_status", "negated", "with_zero"]

_OPPOSITE = {"=": "<>", "<": ">=", ">": "<=", "like": "notlike", "in": "not in"}
_OPPOSITE |= {opposite: operator for operator, opposite in _OPPOSITE.items()}
_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "=": python.eq,
    "<>": python.ne,
    "<": python.lt,
    ">": python.gt,
    "<=": python.le,
    ">=": python.ge,
}
EVERYTHING = AllOf(())
NOTHING = AnyOf(())


def has_status(component: str, status: str) -> Comparison:
    """Return the condition that a component has a status in at least one lumisection."""
    return Comparison(Column("triplet_summary", (component, status)), ">", 0)


def either(parts: Sequence[Node]) -> Node:
    """Return the condition that at least one of the parts holds; of no parts none does."""
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def negated(node: Node) -> Node:
    """Return what is true where a condition is false; where a value is missing, neither is.

    Examples
    --------
    >>> negated(Comparison(Column("oms_attributes", ("energy",)), ">", 6000)).operator
    '<='
    """
    if isinstance(node, Comparison):
        return with_zero(Comparison(node.column, _OPPOSITE[node.operator], node.operand))
    parts = tuple(negated(part) for part in node.parts)
    return AnyOf(parts) if isinstance(node, AllOf) else AllOf(parts)


def folded(node: Node) -> Node:
    """Return the same condition without parts that always or never hold, unless it is one of these as a whole.

    Examples
    --------
    >>> state = Comparison(Column("rr_attributes", ("state",)), "=", "OPEN")
    >>> folded(AnyOf((NOTHING, state))) == state, folded(AllOf((NOTHING, state))) == NOTHING
    (True, True)
    """
    if isinstance(node, Comparison):
        return node
    neutral, decisive = (EVERYTHING, NOTHING) if isinstance(node, AllOf) else (NOTHING, EVERYTHING)
    parts = [part for part in map(folded, node.parts) if part != neutral]
    if decisive in parts:
        return decisive
    return parts[0] if len(parts) == 1 else type(node)(tuple(parts))


def with_zero(comparison: Comparison) -> Node:
    """Let a missing count of a status match where 0 does: the registry leaves out the statuses that no lumisection has.

    Examples
    --------
    >>> no_bad = with_zero(Comparison(Column("triplet_summary", ("dt-dt", "BAD")), "=", 0))
    >>> [part.operand for part in no_bad.parts]
    [0, None]
    """
    column, wanted = comparison.column, comparison.operand
    is_count = column.kind == "triplet_summary" and len(column.path) > 1 and column.path[-1] not in ("comments", "causes")
    if not is_count or wanted is None or isinstance(wanted, str):
        return comparison
    if isinstance(wanted, tuple):
        takes_zero = (0 in wanted) is (comparison.operator == "in")
    else:
        takes_zero = _TESTS[comparison.operator](0, wanted)
    return AnyOf((comparison, Comparison(column, "=", None))) if takes_zero else comparison
