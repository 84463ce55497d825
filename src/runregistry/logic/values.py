"""JavaScript's values in Python: which kind a value is, and whether it counts as true.

Values are plain JSON: ``None``, ``bool``, ``int``, ``float``, ``str``, ``list`` (or ``tuple``) and ``dict``, with
:data:`UNDEFINED` for what JavaScript calls so. Python's own notions differ at every corner: ``True == 1``, an empty dictionary
is false, ``nan`` is true.
"""

from __future__ import annotations

import math
from enum import Enum
from typing import Any, Final

from runregistry.errors import LogicError

__all__ = ["ARRAY", "UNDEFINED", "Kind", "js_truthy", "kind", "truthy"]


class _Undefined:
    """The type of :data:`UNDEFINED`."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED: Final = _Undefined()
"""What an operand that is not there evaluates to; it never leaves a rule (the answer says ``None``)."""

ARRAY: Final = (list, tuple)
"""Python's types for a JavaScript array; a tuple is read like a list."""


class Kind(Enum):
    """What JavaScript's ``typeof`` tells apart, with ``null`` on its own; arrays are objects."""

    UNDEFINED = "undefined"
    NULL = "null"
    BOOLEAN = "boolean"
    NUMBER = "number"
    STRING = "string"
    OBJECT = "object"


_KINDS: dict[type, Kind] = {
    _Undefined: Kind.UNDEFINED,
    type(None): Kind.NULL,
    bool: Kind.BOOLEAN,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    str: Kind.STRING,
    list: Kind.OBJECT,
    tuple: Kind.OBJECT,
    dict: Kind.OBJECT,
}


def kind(value: Any) -> Kind:
    """Tell the JavaScript type of a value.

    Raises
    ------
    LogicError
        The value is not JSON (a date, an array of numpy, …).

    Examples
    --------
    >>> kind(True), kind(1.5), kind([])
    (<Kind.BOOLEAN: 'boolean'>, <Kind.NUMBER: 'number'>, <Kind.OBJECT: 'object'>)
    """
    found = _KINDS.get(type(value))
    return found if found is not None else _kind_of_subclass(value)


def _kind_of_subclass(value: Any) -> Kind:
    """Kind of a value whose class merely derives from a JSON one, as names in an enumeration do."""
    for base, found in _KINDS.items():
        if isinstance(value, base):
            return found
    raise LogicError(f"A rule can only read JSON values, got the {type(value).__name__} {value!r}. Convert it beforehand.")


def truthy(value: Any) -> bool:
    """Tell whether json-logic takes a value for true: as JavaScript, except that an empty array is false.

    This is what ``if``, ``and``, ``or``, ``!`` and the conditions of ``filter``, ``some``, … ask.

    Examples
    --------
    >>> truthy([]), truthy({}), truthy("0"), truthy(""), truthy(0.0), truthy(float("nan"))
    (False, True, True, False, False, False)
    """
    if type(value) is bool:
        return value
    if isinstance(value, dict):
        return True
    return bool(value) and not (isinstance(value, float) and math.isnan(value))


def js_truthy(value: Any) -> bool:
    """Tell whether JavaScript takes a value for true: every array and object is.

    The registry decides with this whether a lumisection passes, once the rule has been evaluated.

    Examples
    --------
    >>> js_truthy([]), js_truthy({}), js_truthy("0"), js_truthy(None)
    (True, True, True, False)
    """
    return isinstance(value, ARRAY) or truthy(value)
