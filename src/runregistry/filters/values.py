"""What a stored JSON value is as text, as a number, as a boolean: the casts of the service's database, without its errors.

Where PostgreSQL would refuse a cast and the whole query with it, a value here has no number or boolean, and does not match.
"""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal
from typing import Any

__all__ = ["boolean_of", "number_of", "number_text", "text_of"]

# `float` would also take "1_000", "nan" and "infinity".
_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_TRUE = frozenset({"true", "tru", "tr", "t", "yes", "ye", "y", "on", "1"})
_FALSE = frozenset({"false", "fals", "fal", "fa", "f", "no", "n", "off", "of", "0"})


def text_of(value: Any) -> str | None:
    """Return a JSON value as PostgreSQL's ``->>`` prints it; None for null.

    Examples
    --------
    >>> text_of("HV trip"), text_of(True), text_of(6799.0), text_of(3.8), text_of(None)
    ('HV trip', 'true', '6799', '3.8', None)
    >>> text_of({"status": "GOOD", "LS": [1, 2]})
    '{"LS": [1, 2], "status": "GOOD"}'
    """
    if isinstance(value, str):
        return value
    return None if value is None else _json_text(value)


def number_of(value: Any) -> float | None:
    """Return a number, or the number that a text spells; None for anything else.

    Examples
    --------
    >>> number_of(6799), number_of(" 3.8e2 "), number_of("3.8 T"), number_of(True), number_of(None)
    (6799.0, 380.0, None, None, None)
    """
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, int):
        return None if isinstance(value, bool) else _as_float(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        number = float(value)
        return number if math.isfinite(number) else None
    return None


def boolean_of(value: Any) -> bool | None:
    """Return a boolean, or what PostgreSQL reads as one; None for anything else.

    Examples
    --------
    >>> boolean_of(True), boolean_of("off"), boolean_of(1), boolean_of("maybe")
    (True, False, True, None)
    """
    if isinstance(value, bool):
        return value
    word = (text_of(value) or "").strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def number_text(number: float) -> str:
    """Write a number in full, without exponent and without a fraction that is 0.

    Examples
    --------
    >>> number_text(1e21), number_text(5e-7), number_text(60.0)
    ('1000000000000000000000', '0.0000005', '60')
    """
    if isinstance(number, int) or not math.isfinite(number):
        return str(number)
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def _as_float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _json_text(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return "[" + ", ".join(map(_json_text, value)) + "]"
    # jsonb keeps keys by length, then by bytes.
    keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
    return "{" + ", ".join(f"{json.dumps(key, ensure_ascii=False)}: {_json_text(value[key])}" for key in keys) + "}"
