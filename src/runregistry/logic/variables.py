"""How ``var`` walks into the data.

Names are split at dots. A part is a key of an object, a position in an array or text, or ``length`` of these; everything else is
missing. Two parts that JavaScript would find, methods and the inherited names of objects (``constructor``), are missing here too:
they are never data.
"""

from __future__ import annotations

import re
from typing import Any

from runregistry.logic.coercion import to_text
from runregistry.logic.units import from_units, to_units
from runregistry.logic.values import ARRAY, UNDEFINED

__all__ = ["read", "split_name"]

_POSITION = re.compile(r"0|[1-9][0-9]*")


def split_name(name: Any) -> tuple[str, ...]:
    """Split the name of a variable into the parts to descend by; none for the whole data.

    Examples
    --------
    >>> split_name("lumisection.rr.dt-dt"), split_name(1), split_name(""), split_name(None)
    (('lumisection', 'rr', 'dt-dt'), ('1',), (), ())
    """
    if name is UNDEFINED or name is None or name == "":
        return ()
    return tuple(to_text(name).split("."))


def read(data: Any, parts: tuple[str, ...], default: Any = None) -> Any:
    """Descend into the data; the default is answered where a part is missing, not where the value found is ``null``.

    Examples
    --------
    >>> data = {"run": {"oms": {"energy": 6800, "stable": None}}, "fills": [8456, 8457]}
    >>> read(data, ("run", "oms", "energy")), read(data, ("fills", "1")), read(data, ("fills", "length"))
    (6800, 8457, 2)
    >>> read(data, ("run", "oms", "stable"), "?"), read(data, ("run", "rr", "class"), "?")
    (None, '?')
    """
    for part in parts:
        data = data.get(part, UNDEFINED) if type(data) is dict else _member(data, part)
        if data is UNDEFINED:
            return default
    return data


def _member(value: Any, part: str) -> Any:
    if isinstance(value, dict):
        return value.get(part, UNDEFINED)
    if isinstance(value, str):
        value = to_units(value)
    elif not isinstance(value, ARRAY):
        return UNDEFINED
    if part == "length":
        return len(value)
    if not _POSITION.fullmatch(part) or len(part) > 16 or int(part) >= len(value):
        return UNDEFINED
    found = value[int(part)]
    return from_units(found) if isinstance(value, str) else found
