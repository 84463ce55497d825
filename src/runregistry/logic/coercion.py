"""JavaScript's conversions, as json-logic rules were written against them.

Rules in the registry lean on these without knowing: a lumisection without a luminosity is ``null``, which compares as 0; a fill
number typed as text equals the number. So nothing in this package leaves a conversion to Python. An integer beyond 2**53 counts
as the nearest double, as it would in JavaScript.

Notes
-----
Source: ECMA-262, "Type Conversion" and "Number::toString". A dictionary always turns into ``[object Object]``; its keys
``toString`` and ``valueOf`` are data here, not methods.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from runregistry.logic.values import UNDEFINED, Kind, kind

__all__ = ["as_number", "element_text", "number_text", "parse_float", "to_number", "to_primitive", "to_text"]

_SAFE_INTEGER = 2**53


def to_primitive(value: Any) -> Any:
    """Turn an array or object into its text and leave everything else alone.

    Examples
    --------
    >>> to_primitive([1, [2, None]]), to_primitive({"a": 1}), to_primitive(5)
    ('1,2,', '[object Object]', 5)
    """
    return to_text(value) if isinstance(value, (list, dict, tuple)) else value


def to_text(value: Any) -> str:
    """Write a value as JavaScript's ``String(value)``.

    Examples
    --------
    >>> to_text(1.0), to_text(None), to_text(True), to_text([1, None, ["a"]])
    ('1', 'null', 'true', '1,,a')
    """
    match kind(value):
        case Kind.STRING:
            return str(value)
        case Kind.NUMBER:
            return number_text(value)
        case Kind.BOOLEAN:
            return "true" if value else "false"
        case Kind.NULL:
            return "null"
        case Kind.UNDEFINED:
            return "undefined"
    if isinstance(value, dict):
        return "[object Object]"
    return ",".join([element_text(element) for element in value])


def element_text(value: Any) -> str:
    """Write a value as ``Array.prototype.join`` does: nothing for ``null``.

    Examples
    --------
    >>> element_text(None), element_text(2)
    ('', '2')
    """
    return "" if value is None or value is UNDEFINED else to_text(value)


def number_text(value: float) -> str:
    """Write a number as JavaScript prints it: the fewest digits that name the double, no point for whole numbers.

    Examples
    --------
    >>> number_text(1.0), number_text(0.1 + 0.2), number_text(1e20), number_text(1e21), number_text(1.5e-7)
    ('1', '0.30000000000000004', '100000000000000000000', '1e+21', '1.5e-7')
    """
    value = as_number(value)
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    shortest = Decimal(repr(abs(value))).normalize().as_tuple()
    digits = "".join(map(str, shortest.digits))
    return sign + _place_point(digits, len(digits) + int(shortest.exponent))


def _place_point(digits: str, point: int) -> str:
    """Write ``0.digits × 10**point`` in the notation that JavaScript chooses for it."""
    if len(digits) <= point <= 21:
        return digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def as_number(value: float) -> float:
    """Return the JavaScript number as ``int`` where it is whole and exact, else as ``float``.

    JavaScript has one type of number; results are integers where they can be, so that they print the same.
    Negative zero stays a ``float``, because dividing by it gives another infinity.

    Examples
    --------
    >>> as_number(6.0), as_number(2.5), as_number(2**53 + 1)
    (6, 2.5, 9007199254740992)
    """
    try:
        double = float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    if -_SAFE_INTEGER <= double <= _SAFE_INTEGER and double.is_integer() and (double or math.copysign(1.0, double) > 0):
        return int(double)
    return double


def to_number(value: Any) -> float:
    """Convert a value as JavaScript's ``Number(value)``; what is no number becomes ``nan``.

    Examples
    --------
    >>> to_number(None), to_number(True), to_number(" 12 "), to_number(""), to_number("0x1f"), to_number([7]), to_number("7a")
    (0, 1, 12, 0, 31, 7, nan)
    """
    match kind(value):
        case Kind.NUMBER:
            return value if isinstance(value, float) or -_SAFE_INTEGER <= value <= _SAFE_INTEGER else as_number(value)
        case Kind.NULL:
            return 0
        case Kind.BOOLEAN:
            return int(value)
        case Kind.UNDEFINED:
            return math.nan
    return _text_to_number(to_text(value))


# Python's own strip() knows other blanks than JavaScript and its float() accepts "1_000", "nan" and "٣".
_BLANKS = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")


def _text_to_number(text: str) -> float:
    text = text.strip(_BLANKS)
    if not text:
        return 0
    if _DECIMAL.fullmatch(text):
        return as_number(float(text))
    return as_number(int(text, 0)) if _RADIX.fullmatch(text) else math.nan


def parse_float(value: Any) -> float:
    """Read the number that a value's text begins with, as JavaScript's ``parseFloat``; ``nan`` where there is none.

    ``+`` and ``*`` convert with this, unlike every other operator: ``null`` and ``true`` are no numbers to them.

    Examples
    --------
    >>> parse_float("3.8T"), parse_float(None), parse_float([7, 8])
    (3.8, nan, 7.0)
    """
    if type(value) is float:
        return value + 0.0  # as text, negative zero has lost its sign
    found = _DECIMAL.match(to_text(value).lstrip(_BLANKS))
    return float(found.group()) if found else math.nan
