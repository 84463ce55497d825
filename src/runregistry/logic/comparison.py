"""JavaScript's four ways to compare: ``==``, ``===``, ``<`` and ``<=``.

Arrays and objects are equal only to themselves (the same place in the data), never to a copy.
"""

from __future__ import annotations

from typing import Any

from runregistry.logic.coercion import to_number, to_primitive, to_text
from runregistry.logic.units import to_units
from runregistry.logic.values import Kind, kind

__all__ = ["less", "less_or_equal", "loose_equals", "strict_equals"]

_NOTHING = (Kind.NULL, Kind.UNDEFINED)


def strict_equals(one: Any, other: Any) -> bool:
    """Compare as ``===``: no conversion between types.

    Examples
    --------
    >>> strict_equals(1, 1.0), strict_equals(1, True), strict_equals(1, "1"), strict_equals([1], [1])
    (True, False, False, False)
    """
    shared = kind(one)
    return shared is kind(other) and _equal_of_kind(shared, one, other)


def loose_equals(one: Any, other: Any) -> bool:
    """Compare as ``==``: text and booleans become numbers, arrays and objects become text; ``null`` equals only itself.

    Examples
    --------
    >>> loose_equals("1", 1), loose_equals(True, "1"), loose_equals(None, 0), loose_equals([1, 2], "1,2"), loose_equals("", 0)
    (True, True, False, True, True)
    """
    if type(one) is str and type(other) is str:  # the comparison that almost every rule consists of
        return one == other
    left, right = kind(one), kind(other)
    if left is right:
        return _equal_of_kind(left, one, other)
    if left in _NOTHING or right in _NOTHING:
        return left in _NOTHING and right in _NOTHING
    if {left, right} == {Kind.STRING, Kind.OBJECT}:
        return to_text(one) == to_text(other)
    return to_number(one) == to_number(other)


def _equal_of_kind(shared: Kind, one: Any, other: Any) -> bool:
    if shared is Kind.OBJECT:
        return one is other
    if shared is Kind.NUMBER:
        return to_number(one) == to_number(other)
    return shared in _NOTHING or bool(one == other)


def less(one: Any, other: Any) -> bool:
    """Compare as ``<``: two texts by their characters, everything else as numbers, of which ``null`` is 0.

    Examples
    --------
    >>> less(None, 6000), less("10", "9"), less("10", 9), less("GOOD", 1)
    (True, True, False, False)
    """
    left, right = _comparable(one, other)
    return bool(left < right)


def less_or_equal(one: Any, other: Any) -> bool:
    """Compare as ``<=``; with ``nan`` on either side this is false as well.

    Examples
    --------
    >>> less_or_equal(None, 0), less_or_equal("GOOD", 1), less_or_equal([3], 3)
    (True, False, True)
    """
    left, right = _comparable(one, other)
    return bool(left <= right)


def _comparable(one: Any, other: Any) -> tuple[Any, Any]:
    one, other = to_primitive(one), to_primitive(other)
    if isinstance(one, str) and isinstance(other, str):
        return to_units(one), to_units(other)
    return to_number(one), to_number(other)
