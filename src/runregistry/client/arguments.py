"""What the official functions take for runs, turned into a list of run numbers."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Integral
from typing import Any

from runregistry.errors import UsageError

__all__ = ["check_class_change", "parse_runs", "run_numbers"]


def parse_runs(runs: Any) -> list[Any]:
    """Return runs as a list: an int or a numeric string as one run, anything that is neither nor a list as none.

    Examples
    --------
    >>> parse_runs("362761"), parse_runs([1, 2]), parse_runs("all")
    ([362761], [1, 2], [])
    """
    if isinstance(runs, list):
        return runs
    if isinstance(runs, str):
        return [int(runs)] if runs.strip().lstrip("+-").isdecimal() else []
    return [runs] if isinstance(runs, int) else []


def run_numbers(who: str, run: Any, runs: Any, what: str = "'run' and 'runs' arguments were") -> list[Any]:
    """Return the runs that a function was called with, as ``run`` or as ``runs``.

    Raises
    ------
    UsageError
        There are none.
    """
    numbers: list[Any] = []
    for given in (run, runs):
        if not numbers and given is not None:
            is_many = isinstance(given, Iterable) and not isinstance(given, str | list | dict)
            numbers = parse_runs(list(given) if is_many else given)
    if not numbers:
        raise UsageError(f"{who}(): no {what} provided")
    return numbers


def check_class_change(runs: Any, run_class: Any) -> list[Any]:
    """Return the runs whose class is to be changed; all arguments are checked before the first change is sent.

    Raises
    ------
    UsageError
        The class is no text, or a run number no integer.
    """
    if not isinstance(run_class, str):
        raise UsageError(f'Invalid input "{run_class}" for "new_class": it must be a string')
    numbers = [runs] if isinstance(runs, Integral) else runs
    if not isinstance(numbers, list):
        raise UsageError('Invalid input for "run_numbers". Please provide a list of numbers.')
    for number in numbers:
        if not isinstance(number, Integral):
            raise UsageError(f"Invalid run number value found in run_numbers: {number!r}. Please provide a list of numbers.")
    return numbers
