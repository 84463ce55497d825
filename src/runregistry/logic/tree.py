"""A rule as a frozen tree: constants, lists and operations, each knowing its place in the rule.

What is logic and what is data follows json-logic: an object with exactly one key is an operation, any other object is a constant
(and thus true), an array is evaluated element by element, and an operand that is no array may stand without brackets
(``{"var": "a"}`` is ``{"var": ["a"]}``).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from runregistry.errors import LogicError, suggestion
from runregistry.logic.operators import OPERATORS
from runregistry.logic.values import ARRAY

__all__ = [
    "KNOWN_OPERATORS",
    "MAX_DEPTH",
    "SCOPED_OPERATORS",
    "ListNode",
    "Literal",
    "Node",
    "Operation",
    "parse_tree",
    "unrecognized",
    "walk",
]

SCOPED_OPERATORS = frozenset({"map", "filter", "reduce", "all", "none", "some"})
"""Operators whose second operand reads the elements of the first instead of the data."""

KNOWN_OPERATORS = frozenset(OPERATORS) | SCOPED_OPERATORS | {"var", "missing", "missing_some", "if", "?:", "and", "or"}
"""Every operator that a rule may use."""

MAX_DEPTH = 256
"""How deep operations and lists may nest. Rules of the registry stay below ten; Python's own stack ends near a thousand."""

# How other languages write what people are looking for.
_ELSEWHERE = {"=<": "<=", "=>": ">=", "<>": "!=", "&&": "and", "||": "or", "not": "!", "contains": "in", "eq": "=="}


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """A constant: a scalar, or an object that is data.

    Nodes compare by identity, so that ``1`` and ``true`` are never taken for one constant.
    """

    value: Any
    path: str = ""

    @property
    def source(self) -> Any:
        """The JSON that the node was parsed from."""
        return self.value


@dataclass(frozen=True, slots=True, eq=False)
class ListNode:
    """An array that stands where a value is expected; evaluated element by element."""

    items: tuple[Node, ...]
    path: str = ""

    @property
    def source(self) -> Any:
        """The JSON that the node was parsed from, written anew."""
        return [item.source for item in self.items]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operator with its operands, e.g. ``{">=": [{"var": "run.oms.energy"}, 6000]}``.

    Attributes
    ----------
    operator : str
        One of :data:`KNOWN_OPERATORS`, unless the rule was parsed with ``defer_unknown``.
    operands : tuple of Node
        In order; one without brackets is a tuple of one.
    path : str
        Where in the rule, e.g. ``and[2].==[0]``; empty for the rule as a whole.
    bare : bool
        Whether the operand was written without brackets.
    """

    operator: str
    operands: tuple[Node, ...]
    path: str = ""
    bare: bool = False

    @property
    def source(self) -> Any:
        """The JSON that the node was parsed from, written anew."""
        operands = [operand.source for operand in self.operands]
        return {self.operator: operands[0] if self.bare else operands}


Node: TypeAlias = Literal | ListNode | Operation


def walk(root: Node) -> Iterator[Node]:
    """Yield a node and everything below it, parents first.

    Examples
    --------
    >>> [node.path for node in walk(parse_tree({"and": [{"==": [{"var": "a"}, 1]}, True]}))]
    ['', 'and[0]', 'and[0].==[0]', 'and[0].==[0].var[0]', 'and[0].==[1]', 'and[1]']
    """
    pending = [root]
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, Literal):
            pending.extend(reversed(node.operands if isinstance(node, Operation) else node.items))


def parse_tree(rule: Any, *, defer_unknown: bool = False, computed: bool = False) -> Node:
    """Parse JSON into a tree that shares nothing with it.

    Parameters
    ----------
    rule : JSON value
        Decoded JSON; a text is a constant.
    defer_unknown : bool
        Let unknown operators pass; they then fail only where they are evaluated, as in json-logic-js.
    computed : bool
        The rule was computed by another rule: take its constants as they are, unchecked and uncopied, and defer the unknown.

    Raises
    ------
    LogicError
        An operator is unknown, the rule nests too deep, or something in it is no JSON.

    Examples
    --------
    >>> parse_tree({"!": {"var": "stable"}}).operands[0].path
    '![0]'
    >>> parse_tree({"and": [True, {"is": [1, 2]}]})
    Traceback (most recent call last):
    runregistry.errors.LogicError: Unrecognized operation is, in the rule at and[1]
    """
    return _Parser(defer_unknown or computed, computed).node(rule, "", 0)


class _Parser:
    """One pass over a rule. Methods recurse once a level, so that the deepest rule allowed leaves room on Python's stack."""

    def __init__(self, defer_unknown: bool, computed: bool) -> None:
        self._defer_unknown = defer_unknown
        self._computed = computed

    def node(self, rule: Any, path: str, depth: int) -> Node:
        _check_depth(path, depth)
        if isinstance(rule, ARRAY):
            return ListNode(self._nodes(rule, path, depth), path)
        if not isinstance(rule, dict) or len(rule) != 1:
            return Literal(rule if self._computed else _copy(rule, path, depth), path)
        [(operator, operands)] = rule.items()
        self._check_operator(operator, path)
        bare = not isinstance(operands, ARRAY)
        inside = f"{path}.{operator}" if path else operator
        return Operation(operator, self._nodes([operands] if bare else operands, inside, depth), path, bare)

    def _nodes(self, rules: Any, path: str, depth: int) -> tuple[Node, ...]:
        nodes = []
        for position, rule in enumerate(rules):
            nodes.append(self.node(rule, f"{path}[{position}]", depth + 1))
        return tuple(nodes)

    def _check_operator(self, operator: Any, path: str) -> None:
        if operator in KNOWN_OPERATORS or (self._defer_unknown and isinstance(operator, str)):
            return
        raise unrecognized(operator, path)


def unrecognized(operator: Any, path: str) -> LogicError:
    """Return the error for an operator that json-logic does not have; it begins with the words of json-logic-js.

    Examples
    --------
    >>> print(unrecognized("=<", "and[3]"))
    Unrecognized operation =<, in the rule at and[3] (did you mean <=?)
    """
    text = f"Unrecognized operation {operator}"
    if isinstance(operator, str) and operator.find(".") > 0:
        text += f" (failed at {_failing_part(operator)})"
    if path:
        text += f", in the rule at {path}"
    lowered = str(operator).lower()
    known = _ELSEWHERE.get(lowered)
    return LogicError(text + (f" (did you mean {known}?)" if known else suggestion(lowered, sorted(KNOWN_OPERATORS))), path=path)


def _failing_part(operator: str) -> str:
    """How far json-logic-js gets in looking up a dotted operator; those with control flow are not in its table."""
    first, second, *_ = operator.split(".")
    return f"{first}.{second}" if first in OPERATORS or first in ("var", "missing", "missing_some") else first


def _copy(value: Any, path: str, depth: int) -> Any:
    """Copy a constant and make sure that it is JSON."""
    _check_depth(path, depth)
    if isinstance(value, dict):
        copied = {}
        for key, part in value.items():
            if not isinstance(key, str):
                raise LogicError(f"A key of an object must be text, got {key!r}{_at(path)}.", path=path)
            copied[key] = _copy(part, path, depth + 1)
        return copied
    if isinstance(value, ARRAY):
        parts = []
        for part in value:
            parts.append(_copy(part, path, depth + 1))  # noqa: PERF401 - a comprehension is one more frame a level
        return parts
    _check_scalar(value, path)
    return value


def _check_scalar(value: Any, path: str) -> None:
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, (int, float)):
        raise LogicError(f"A rule is JSON, got {type(value).__name__}{_at(path)}.", path=path)
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        shown = value if isinstance(value, float) else "a whole number beyond 1.8e308"
        raise LogicError(f"A rule can only hold finite numbers, got {shown}{_at(path)}.", path=path)


def _check_depth(path: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        top = path[: path.find("]") + 1]
        raise LogicError(f"The rule nests deeper than {MAX_DEPTH} levels{_at(top)}. Put conditions side by side.", path=top)


def _at(path: str) -> str:
    return f", in the rule at {path}" if path else ""
