"""What is a run number, a lumisection, a range of them; and the message, with its place, for what is none."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable, Mapping
from typing import Any

from runregistry.errors import RangeError

__all__ = ["LARGEST", "checked_numbers", "checked_ranges", "run_number_of", "shown"]

LARGEST = 2**32 - 1
"""Largest run number and lumisection: CMS software stores both in 32 unsigned bits."""

_SHOWN = 80


def shown(value: Any) -> str:
    """Return a value as it would stand in a JSON text, cut where it is long.

    Examples
    --------
    >>> shown((15, 3)), shown(True), shown("1-3")
    ('[15, 3]', 'true', '"1-3"')
    """
    try:
        text = json.dumps(value, default=repr)
    except (TypeError, ValueError, RecursionError):  # keys that are no text, thousands of digits, a list in itself
        text = f"<{type(value).__name__}>"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def integer(value: Any) -> int | None:
    """Return a whole number as ``int`` (numpy's integers too), or None for anything else; ``True`` and ``3.0`` are none.

    Examples
    --------
    >>> integer(3), integer(3.0), integer(True), integer("3")
    (3, None, None, None)
    """
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def run_number_of(key: Any) -> int:
    """Return the run number that a key of a golden JSON stands for.

    Parameters
    ----------
    key : int or str
        A number, or its text as golden JSONs write it: digits only, no sign, blank or leading zero.

    Raises
    ------
    RangeError
        It is no run number; `run_number` is the key as it was given.

    Examples
    --------
    >>> run_number_of("314487")
    314487
    """
    if isinstance(key, str):
        # The length is bounded before int() is asked: a text of thousands of digits must get the same message.
        plain = key.isascii() and key.isdigit() and not key.startswith("0") and len(key) <= len(str(LARGEST))
        number = int(key) if plain else None
    else:
        number = integer(key)
    if number is None or not 1 <= number <= LARGEST:
        raise RangeError(f'{shown(key)} is no run number: keys are whole numbers from 1, such as "314487"', run_number=key)
    return number


def checked_ranges(ranges: Iterable[Any], run_number: int | str | None = None) -> list[tuple[int, int]]:
    """Return ranges as pairs of ``int``, in the order given, or say which one is wrong and why.

    Parameters
    ----------
    ranges : iterable of (first, last)
        Closed ranges, in any order; they may touch or overlap.
    run_number : int or str, optional
        Only for the message.

    Raises
    ------
    RangeError
        A range is no pair, holds something that is no whole number, is reversed, or leaves 1 to `LARGEST`.
        Places count from 1.
    """
    if isinstance(ranges, (str, bytes, Mapping)) or not isinstance(ranges, Iterable):
        where = _where(run_number)
        raise RangeError(f"{where}{shown(ranges)} is no list of ranges [[first, last], …]", run_number=run_number, ranges=ranges)
    checked = []
    for place, item in enumerate(ranges, 1):
        try:
            first, last = item
            good = type(first) is int and type(last) is int and 1 <= first <= last <= LARGEST
        except (TypeError, ValueError):
            good = False
        checked.append((first, last) if good else _checked_slowly(item, place, run_number))
    return checked


def _checked_slowly(item: Any, place: int, run_number: int | str | None) -> tuple[int, int]:
    """Check one range that is not plainly right: convert its numbers, or raise with the first thing that is wrong."""
    if isinstance(item, Iterable) and not isinstance(item, (str, bytes, Mapping)):
        item = [value if integer(value) is None else integer(value) for value in item]
    problem = _problem(item)
    if problem:
        raise RangeError(f"{_where(run_number, place)}{shown(item)} {problem}", run_number=run_number, ranges=item)
    first, last = item
    return first, last


def _problem(item: Any) -> str:
    """Return what is wrong with a range, as the rest of the sentence that begins with it; empty when nothing is."""
    if item == [-1]:
        return "means all lumisections of the run to LumiMask.from_json; here write LumiRanges.since()"
    if not isinstance(item, list) or len(item) != 2:
        return "is no pair [first, last]"
    for value in item:
        if integer(value) is None:
            return f"holds {shown(value)}, which is no whole number"
    first, last = item
    if min(first, last) < 1:
        return "goes below 1; lumisections are counted from 1"
    if first > last:
        return f"is reversed; write [{last}, {first}] if that is meant"
    return f"goes beyond {LARGEST}, the largest lumisection there is" if last > LARGEST else ""


def checked_numbers(numbers: Iterable[Any], run_number: int | str | None = None) -> list[int]:
    """Return lumisection numbers as ``int``, in the order given, or say which one is wrong.

    Raises
    ------
    RangeError
        One is no whole number from 1 to `LARGEST`.
    """
    checked = []
    for value in numbers:
        number = integer(value)
        if number is None or not 1 <= number <= LARGEST:
            message = f"{_where(run_number)}{shown(value)} is no lumisection: they are whole numbers from 1 to {LARGEST}"
            raise RangeError(message, run_number=run_number, ranges=value)
        checked.append(number)
    return checked


def _where(run_number: int | str | None, place: int | None = None) -> str:
    """Return the place of a mistake as the beginning of its message."""
    words = [] if run_number is None else [f"run {run_number}"]
    if place is not None:
        words.append(f"range {place}")
    return f"{', '.join(words)}: " if words else ""
