"""Turn a tree into one Python function of the data.

Every node becomes a closure over the closures of its operands; looking operators up, splitting names and counting operands is
done once per rule and not once per lumisection. Here are the operators that see the data or choose which operands to evaluate.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from runregistry.errors import LogicError
from runregistry.logic.coercion import to_number
from runregistry.logic.comparison import less_or_equal
from runregistry.logic.operators import OPERATORS
from runregistry.logic.tree import ListNode, Literal, Node, Operation, parse_tree, unrecognized
from runregistry.logic.values import ARRAY, UNDEFINED, Kind, kind, truthy
from runregistry.logic.variables import read, split_name

__all__ = ["Evaluate", "compile_tree"]

Evaluate: TypeAlias = Callable[[Any], Any]


def compile_tree(node: Node) -> Evaluate:
    """Build the function that evaluates a tree; it may answer ``UNDEFINED``, also inside of lists.

    Examples
    --------
    >>> compile_tree(parse_tree({">": [{"var": "energy"}, 6000]}))({"energy": 6800})
    True
    """
    if isinstance(node, Literal):
        return _constant(node.value)
    parts = []
    for operand in node.items if isinstance(node, ListNode) else node.operands:
        parts.append(compile_tree(operand))  # noqa: PERF401 - a comprehension is one more frame a level
    if isinstance(node, ListNode):
        return _list(parts)
    if node.operator in _BUILDERS:
        return _BUILDERS[node.operator](node, parts)
    if node.operator in OPERATORS:
        return _call(OPERATORS[node.operator], parts)
    return _refuse(unrecognized(node.operator, node.path), parts)


def _constant(value: Any) -> Evaluate:
    return lambda data: value


def _list(parts: list[Evaluate]) -> Evaluate:
    # A new list each time, as in JavaScript: lists are compared by identity.
    return lambda data: [part(data) for part in parts]


def _call(function: Callable[..., Any], parts: list[Evaluate]) -> Evaluate:
    """Evaluate all operands and pass them on; one and two are written out, for nearly all operations have so many."""
    if len(parts) == 1:
        [only] = parts
        return lambda data: function(only(data))
    if len(parts) == 2:
        one, other = parts
        return lambda data: function(one(data), other(data))
    return lambda data: function(*[part(data) for part in parts])


def _refuse(error: LogicError, parts: list[Evaluate]) -> Evaluate:
    def evaluate(data: Any) -> Any:
        for part in parts:  # an error in an operand comes first
            part(data)
        raise LogicError(str(error), path=error.path)

    return evaluate


def _part(parts: list[Evaluate], position: int, otherwise: Any = UNDEFINED) -> Evaluate:
    return parts[position] if position < len(parts) else _constant(otherwise)


# Variables


def _var(node: Operation, parts: list[Evaluate]) -> Evaluate:
    first = node.operands[0] if node.operands else Literal(None)
    default = _part(parts, 1)
    if not isinstance(first, Literal):
        name = parts[0]
        return lambda data: read(data, split_name(name(data)), _defined(default(data)))
    names = split_name(first.value)
    if len(parts) < 2:
        return lambda data: read(data, names)
    return lambda data: read(data, names, _defined(default(data)))


def _defined(value: Any) -> Any:
    return None if value is UNDEFINED else value


def _missing(node: Operation, parts: list[Evaluate]) -> Evaluate:
    return lambda data: _missing_names([part(data) for part in parts], data)


def _missing_names(values: list[Any], data: Any) -> list[Any]:
    """Those of the names under which the data holds nothing, ``null`` or an empty text."""
    names = values[0] if values and isinstance(values[0], ARRAY) else values
    return [name for name in names if _look_up(name, data) in _ABSENT]


class _Absent:
    """``null`` and the empty text, without comparing by value what may be a large array."""

    def __contains__(self, value: object) -> bool:
        return value is None or (isinstance(value, str) and value == "")


_ABSENT = _Absent()


def _look_up(name: Any, data: Any) -> Any:
    """Evaluate ``{"var": name}``: json-logic takes a name that was computed for a rule once more."""
    if kind(name) is Kind.OBJECT:
        return compile_tree(parse_tree({"var": name}, computed=True))(data)
    return read(data, split_name(name))


def _missing_some(node: Operation, parts: list[Evaluate]) -> Evaluate:
    needed, names = _part(parts, 0), _part(parts, 1)

    def evaluate(data: Any) -> list[Any]:
        count, options = needed(data), names(data)
        for part in parts[2:]:
            part(data)
        if options is None or options is UNDEFINED:
            raise LogicError("missing_some needs a list of names as its second operand.", path=node.path)
        absent: list[Any] = compile_tree(parse_tree({"missing": options}, computed=True))(data)
        found = to_number(read(options, ("length",), UNDEFINED)) - len(absent)
        return [] if less_or_equal(count, found) else absent

    return evaluate


# Choices


def _if(node: Operation, parts: list[Evaluate]) -> Evaluate:
    branches = list(zip(parts[0::2], parts[1::2], strict=False))
    otherwise = parts[-1] if len(parts) % 2 else _constant(None)

    def evaluate(data: Any) -> Any:
        for condition, value in branches:
            if truthy(condition(data)):
                return value(data)
        return otherwise(data)

    return evaluate


def _and(node: Operation, parts: list[Evaluate]) -> Evaluate:
    def evaluate(data: Any) -> Any:
        value: Any = UNDEFINED
        for part in parts:
            value = part(data)
            if not truthy(value):
                break
        return value

    return evaluate


def _or(node: Operation, parts: list[Evaluate]) -> Evaluate:
    def evaluate(data: Any) -> Any:
        value: Any = UNDEFINED
        for part in parts:
            value = part(data)
            if truthy(value):
                break
        return value

    return evaluate


# Lists: the body sees the element as its data


def _map(node: Operation, parts: list[Evaluate]) -> Evaluate:
    elements, body = _elements(parts), _part(parts, 1)
    return lambda data: [body(element) for element in elements(data)]


def _filter(node: Operation, parts: list[Evaluate]) -> Evaluate:
    elements, body = _elements(parts), _part(parts, 1)
    return lambda data: [element for element in elements(data) if truthy(body(element))]


def _some(node: Operation, parts: list[Evaluate]) -> Evaluate:
    elements, body = _elements(parts), _part(parts, 1)
    return lambda data: any(truthy(body(element)) for element in elements(data))


def _none(node: Operation, parts: list[Evaluate]) -> Evaluate:
    some = _some(node, parts)
    return lambda data: not some(data)


def _all(node: Operation, parts: list[Evaluate]) -> Evaluate:
    elements, body = _elements(parts), _part(parts, 1)

    def evaluate(data: Any) -> bool:
        found = elements(data)
        return bool(found) and all(truthy(body(element)) for element in found)

    return evaluate


def _reduce(node: Operation, parts: list[Evaluate]) -> Evaluate:
    elements, body, initial = _elements(parts), _part(parts, 1), _part(parts, 2, None)

    def evaluate(data: Any) -> Any:
        found = elements(data)
        accumulator = initial(data)
        for element in found:
            accumulator = body({"current": element, "accumulator": accumulator})
        return accumulator

    return evaluate


def _elements(parts: list[Evaluate]) -> Evaluate:
    """The array of a list operator; what is no array has no elements."""
    first = _part(parts, 0)

    def evaluate(data: Any) -> Any:
        value = first(data)
        return value if isinstance(value, ARRAY) else ()

    return evaluate


_BUILDERS: dict[str, Callable[[Operation, list[Evaluate]], Evaluate]] = {
    "var": _var,
    "missing": _missing,
    "missing_some": _missing_some,
    "if": _if,
    "?:": _if,
    "and": _and,
    "or": _or,
    "map": _map,
    "filter": _filter,
    "some": _some,
    "none": _none,
    "all": _all,
    "reduce": _reduce,
}
