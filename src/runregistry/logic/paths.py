"""Which variables a rule can read, found without evaluating it.

Whoever evaluates many lumisections reads only these columns, and decides with them whether a rule needs lumisections at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from runregistry.logic.coercion import to_text
from runregistry.logic.tree import SCOPED_OPERATORS, ListNode, Literal, Node, Operation

__all__ = ["read_paths"]


def read_paths(root: Node) -> tuple[frozenset[str], bool]:
    """Collect the constant names that a rule may look up in the data, and tell whether these are all.

    The bodies of ``map``, ``filter``, ``reduce``, ``all``, ``none`` and ``some`` read an element and not the data; what they
    name is not collected.

    Returns
    -------
    paths : frozenset of str
        Names as written; the empty name stands for the data as a whole.
    is_static : bool
        False if a name is computed, so that the rule may read anything.

    Examples
    --------
    >>> from runregistry.logic.tree import parse_tree
    >>> paths, is_static = read_paths(parse_tree({"some": [{"var": "fills"}, {">": [{"var": "number"}, 8000]}]}))
    >>> sorted(paths), is_static
    (['fills'], True)
    """
    paths: set[str] = set()
    is_static = True
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, ListNode):
            pending.extend(node.items)
        elif isinstance(node, Operation):
            pending.extend(_read_from_data(node))
            for name in _names(node):
                if isinstance(name, Literal) and not isinstance(name.value, dict):
                    paths.add("" if name.value is None else to_text(name.value))
                else:
                    is_static = False
    return frozenset(paths), is_static


def _read_from_data(operation: Operation) -> Sequence[Node]:
    """Operands that see the data: of a scoped operator the array and, for ``reduce``, the initial value."""
    if operation.operator in SCOPED_OPERATORS:
        return operation.operands[:1] + operation.operands[2:]
    return operation.operands


def _names(operation: Operation) -> Sequence[Node]:
    """Operands that name a variable."""
    operands = operation.operands
    match operation.operator:
        case "var":
            return operands[:1] or (Literal(""),)
        case "missing":
            return _spread(operands[0]) if operands and isinstance(operands[0], ListNode) else operands
        case "missing_some" if len(operands) > 1:
            return _spread(operands[1])
    return ()


def _spread(names: Node) -> Sequence[Node]:
    return names.items if isinstance(names, ListNode) else (names,)
