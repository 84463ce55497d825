"""Runs as people hold them, whatever they hold them in, turned into a condition on the run number."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from runregistry.errors import FilterError
from runregistry.filters.conditions import NOTHING, either
from runregistry.filters.tree import AllOf, Column, Comparison, Node

__all__ = ["chosen_runs", "integer"]

_RUN_NUMBER = Column("run_number")
_RANGES = re.compile(r"[\s,;]+")
_RANGE = re.compile(r"(\d{1,18})(?:-(\d{1,18}))?", re.ASCII)


def chosen_runs(value: Any) -> Node:
    """Return the condition that a run is one of those chosen.

    Parameters
    ----------
    value : int, text, iterable or mapping
        A run number; text such as ``"315257-316995,317000"``; run numbers from a list, a range, numpy or pandas; rows of runs or
        datasets; a golden JSON or a `LumiMask`, of which the runs are meant. What is empty matches nothing.

    Raises
    ------
    FilterError
        Something in it is no run number, or a range ends before it begins.

    Examples
    --------
    >>> chosen_runs([355100, 355101])
    Comparison(column=Column(kind='run_number', path=()), operator='in', operand=(355100, 355101))
    >>> len(chosen_runs("315257-316995,317000").parts)
    2
    """
    if isinstance(value, str):
        return _of_text(value)
    if isinstance(value, range) and value.step == 1 and len(value) > 1:
        return _between(value[0], value[-1])
    numbers = list(dict.fromkeys(_numbers(value)))
    if not numbers:
        return NOTHING
    return Comparison(_RUN_NUMBER, "in", tuple(numbers)) if len(numbers) > 1 else Comparison(_RUN_NUMBER, "=", numbers[0])


def integer(name: str, value: Any, *, what: str = "a whole number") -> int:
    """Return an integer, from Python, numpy, digits, or a column of a table that turned integers into floats.

    Raises
    ------
    FilterError
        It is none; a flag is none.

    Examples
    --------
    >>> integer("run_min", 355100.0), integer("run_min", "355100")
    (355100, 355100)
    """
    if not isinstance(value, bool):
        if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,18}\s*", value, re.ASCII):
            return int(value)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise FilterError(f"{name} must be {what}, not {value!r}", key=name)


def _between(first: int, last: int) -> Node:
    return AllOf((Comparison(_RUN_NUMBER, ">=", first), Comparison(_RUN_NUMBER, "<=", last)))


def _of_text(text: str) -> Node:
    conditions: list[Node] = []
    alone: list[int] = []
    for part in filter(None, _RANGES.split(text.strip())):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise FilterError(f"runs: {part!r} is no run; write '315257-316995,317000' (no blanks around '-')", key="runs")
        first, last = int(found[1]), int(found[2] or found[1])
        if last < first:
            raise FilterError(f"runs: {part!r} ends before it begins", key="runs")
        if found[2]:
            conditions.append(_between(first, last))
        else:
            alone.append(first)
    if not conditions and not alone:
        raise FilterError(
            "runs: the text names no run; an empty list matches nothing, and no keyword at all everything", key="runs"
        )
    return either([*conditions, chosen_runs(alone)] if alone else conditions)


def _numbers(value: Any) -> Iterator[int]:
    what = "a run number"
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        for item in value:
            row = item.get("run_number") if isinstance(item, Mapping) else item
            yield integer("each of runs", row, what=what)
    else:
        yield integer("runs", value, what=f"{what}, several, text such as '315257-316995', or a golden JSON")
