"""One comparison as a test of one stored value. This is where the value semantics of filters are written down.

A row without a value (a key that is absent, or JSON null) matches only ``= null``. ``<>`` and ``notlike`` are the opposite of
``=`` and ``like`` among the rows that have a value. The operand says how values are compared: a number by number, a flag as a
flag, text as text. compat: so ``{">": "1000"}`` orders by text, ``"900" > "1000"``; the recorded answers in ``tests/conformance``
pin it.
"""

from __future__ import annotations

import json
import operator as python
from collections.abc import Callable
from typing import Any

from runregistry.filters.patterns import like
from runregistry.filters.tree import Comparison, Scalar
from runregistry.filters.values import boolean_of, number_of, text_of

__all__ = ["contains", "predicate"]

Test = Callable[[Any], bool]
_ORDER: dict[str, Callable[[Any, Any], bool]] = {"<": python.lt, ">": python.gt, "<=": python.le, ">=": python.ge}


def predicate(comparison: Comparison) -> Test:
    """Return the test that a comparison makes of each value.

    Examples
    --------
    >>> from runregistry.filters.tree import Column
    >>> energy = Column("oms_attributes", ("energy",))
    >>> over, over_as_text = predicate(Comparison(energy, ">", 900)), predicate(Comparison(energy, ">", "900"))
    >>> over(6799), over("n/a"), over(None), over_as_text(6799)
    (True, False, False, False)
    """
    operator, operand = comparison.operator, comparison.operand
    if operator == "contains":
        wanted = json.loads(str(operand))
        return lambda value: contains(value, wanted)
    if operator in ("in", "not in"):
        return _membership(operand if isinstance(operand, tuple) else (operand,), operator == "in")
    assert not isinstance(operand, tuple)
    if operand is None:
        return _against_null(operator)
    if operator in ("=", "<>"):
        return _membership((operand,), operator == "=")
    if operator in ("like", "notlike"):
        return _likeness(str(operand), operator == "like")
    return _ordering(_ORDER[operator], operand)


def _against_null(operator: str) -> Test:
    if operator == "=":
        return lambda value: value is None
    if operator == "<>":
        return lambda value: value is not None
    return lambda value: False


def _membership(operands: tuple[Scalar, ...], wanted: bool) -> Test:
    """Test equality with any of the operands (`wanted`), or with none; each operand is compared by its own type."""
    null = None in operands
    flags = frozenset(item for item in operands if isinstance(item, bool))
    texts = frozenset(item for item in operands if isinstance(item, str))
    numbers = frozenset(number_of(item) for item in operands if isinstance(item, int | float) and not isinstance(item, bool))

    def test(value: Any) -> bool:
        if value is None:
            return null and wanted
        found = bool(
            (texts and text_of(value) in texts)
            or (numbers and number_of(value) in numbers)
            or (flags and boolean_of(value) in flags)
        )
        return found is wanted

    return test


def _likeness(pattern: str, wanted: bool) -> Test:
    matches = like(pattern)

    def test(value: Any) -> bool:
        text = text_of(value)
        return text is not None and matches(text) is wanted

    return test


def _ordering(compare: Callable[[Any, Any], bool], operand: Scalar) -> Test:
    if isinstance(operand, str):
        return _text_ordering(compare, operand)
    read: Callable[[Any], Any] = boolean_of if isinstance(operand, bool) else number_of

    def test(value: Any) -> bool:
        found = read(value)
        return found is not None and compare(found, operand)

    return test


def _text_ordering(compare: Callable[[Any, Any], bool], operand: str) -> Test:
    def test(value: Any) -> bool:
        text = text_of(value)
        return text is not None and compare(text, operand)

    return test


def contains(value: Any, wanted: Any) -> bool:
    """Tell whether a JSON value holds another, as PostgreSQL's ``@>``: keys and elements may be missing from `wanted`, not added.

    Examples
    --------
    >>> contains({"dt_state": "OPEN", "appeared_in": ["DBS", "DQM GUI"]}, {"appeared_in": ["DBS"]})
    True
    >>> contains(["DBS"], "DBS"), contains({"n": 1}, {"n": True})
    (True, False)
    """
    if isinstance(value, list) and not isinstance(wanted, list | dict):
        wanted = [wanted]  # only at the top, where PostgreSQL allows it too
    return _holds(value, wanted)


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(key in value and _holds(value[key], part) for key, part in wanted.items())
    if isinstance(wanted, list):
        return isinstance(value, list) and all(any(_holds(item, part) for item in value) for part in wanted)
    if isinstance(value, dict | list) or isinstance(value, bool) is not isinstance(wanted, bool):
        return False
    return bool(value == wanted)
