"""The operators that only need the values of their operands.

Each is a function of those values, in order. As in JavaScript, an operand that is missing is :data:`~.values.UNDEFINED`, and
operands too many are evaluated and ignored. What has to see the data or to leave an operand unevaluated is in ``compiler``.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

from runregistry.errors import LogicError
from runregistry.logic.coercion import as_number, element_text, parse_float, to_number, to_text
from runregistry.logic.comparison import less, less_or_equal, loose_equals, strict_equals
from runregistry.logic.units import from_units, to_units
from runregistry.logic.values import ARRAY, UNDEFINED, truthy

__all__ = ["OPERATORS"]

logger = logging.getLogger("runregistry.logic")


def _equal(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> bool:
    return loose_equals(one, other)


def _not_equal(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> bool:
    return not loose_equals(one, other)


def _identical(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> bool:
    return strict_equals(one, other)


def _not_identical(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> bool:
    return not strict_equals(one, other)


def _less(one: Any = UNDEFINED, other: Any = UNDEFINED, last: Any = UNDEFINED, *_: Any) -> bool:
    """``one < other``, or ``one < other < last``."""
    return less(one, other) and (last is UNDEFINED or less(other, last))


def _less_or_equal(one: Any = UNDEFINED, other: Any = UNDEFINED, last: Any = UNDEFINED, *_: Any) -> bool:
    """``one <= other``, or ``one <= other <= last``."""
    return less_or_equal(one, other) and (last is UNDEFINED or less_or_equal(other, last))


def _greater(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> bool:
    return less(other, one)


def _greater_or_equal(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> bool:
    return less_or_equal(other, one)


def _not(value: Any = UNDEFINED, *_: Any) -> bool:
    return not truthy(value)


def _truth(value: Any = UNDEFINED, *_: Any) -> bool:
    return truthy(value)


def _add(*values: Any) -> float:
    total = 0.0
    for value in values:
        total += parse_float(value)
    return as_number(total)


def _multiply(*values: Any) -> Any:
    if not values:
        raise LogicError("* needs at least one operand.")
    product = values[0]  # alone it is answered as it is, even where it is no number
    for value in values[1:]:
        product = as_number(parse_float(product) * parse_float(value))
    return product


def _subtract(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> float:
    if other is UNDEFINED:
        return as_number(-float(to_number(one)))
    return as_number(float(to_number(one)) - float(to_number(other)))


def _divide(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> float:
    dividend, divisor = float(to_number(one)), float(to_number(other))
    if divisor:
        return as_number(dividend / divisor)
    if not dividend or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


def _remainder(one: Any = UNDEFINED, other: Any = UNDEFINED, *_: Any) -> float:
    """JavaScript's ``%``: the sign is that of the dividend."""
    dividend, divisor = float(to_number(one)), float(to_number(other))
    if not divisor or math.isinf(dividend):
        return math.nan
    return as_number(math.fmod(dividend, divisor))


def _smallest(*values: Any) -> float:
    return as_number(-_top([-float(to_number(value)) for value in values]))


def _largest(*values: Any) -> float:
    return as_number(_top([float(to_number(value)) for value in values]))


def _top(numbers: list[float]) -> float:
    if any(map(math.isnan, numbers)):
        return math.nan
    # Of the two zeros the positive one is larger.
    return max(numbers, key=lambda number: (number, math.copysign(1.0, number)), default=-math.inf)


def _contains(element: Any = UNDEFINED, container: Any = UNDEFINED, *_: Any) -> bool:
    """Substring of a text, or member (``===``) of an array; false for everything else, so for a missing variable."""
    if isinstance(container, str):
        return container != "" and to_units(to_text(element)) in to_units(container)
    return isinstance(container, ARRAY) and any(strict_equals(element, member) for member in container)


def _concatenate(*values: Any) -> str:
    return from_units("".join([element_text(value) for value in values]))


def _substring(source: Any = UNDEFINED, start: Any = UNDEFINED, length: Any = UNDEFINED, *_: Any) -> str:
    """From ``start`` (from the end where negative), ``length`` units; a negative length leaves as many off at the end."""
    text = to_units(to_text(source))
    if less(length, 0):
        text = _cut(text, start, UNDEFINED)
        # With a length that is no number, JavaScript's + joins texts: the sum reads "5-1", no number either, and nothing is left.
        start, length = 0, len(text) + length if isinstance(length, (int, float)) else 0
    return from_units(_cut(text, start, length))


def _cut(text: str, start: Any, length: Any) -> str:
    size = len(text)
    first = _to_integer(start)
    first = max(size + first, 0) if first < 0 else min(first, size)
    count = size if length is UNDEFINED else min(max(_to_integer(length), 0), size)
    return text[int(first) : int(min(first + count, size))]


def _to_integer(value: Any) -> float:
    number = to_number(value)
    if math.isnan(number):
        return 0
    return number if math.isinf(number) else math.trunc(number)


def _merge(*values: Any) -> list[Any]:
    merged: list[Any] = []
    for value in values:
        merged.extend(value if isinstance(value, ARRAY) else [value])
    return merged


def _log(value: Any = UNDEFINED, *_: Any) -> Any:
    logger.info("%s", value)
    return value


OPERATORS: dict[str, Callable[..., Any]] = {
    "==": _equal,
    "===": _identical,
    "!=": _not_equal,
    "!==": _not_identical,
    "!": _not,
    "!!": _truth,
    "<": _less,
    "<=": _less_or_equal,
    ">": _greater,
    ">=": _greater_or_equal,
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _remainder,
    "min": _smallest,
    "max": _largest,
    "in": _contains,
    "cat": _concatenate,
    "substr": _substring,
    "merge": _merge,
    "log": _log,
}
"""Operator to function of its operands' values."""
