"""What the official functions take, turned into what the flows take."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from numbers import Integral
from typing import Any

from runregistry.errors import UsageError
from runregistry.terms.components import RUN_COMPONENTS

__all__ = ["check_class_change", "heeded_conditions", "parse_runs", "run_numbers", "seconds"]

_ONE_DAY_S = 86_400.0


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
        try:
            return [int(runs)]
        except ValueError:
            return []
    return [runs] if isinstance(runs, Integral) else []


def run_numbers(who: str, run: Any, runs: Any, what: str = "'run' and 'runs' arguments were") -> list[Any]:
    """Return the runs that a function was called with, as ``run`` or as ``runs``.

    Raises
    ------
    UsageError
        There are none.
    """
    numbers: list[Any] = []
    for given in (run, runs):
        if not any(numbers) and given is not None:  # 0 is no run
            is_many = isinstance(given, Iterable) and not isinstance(given, str | list | dict)
            numbers = parse_runs(list(given) if is_many else given)
    if not any(numbers):
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


def heeded_conditions(run_filter: Any) -> Any:
    """Return a short filter of runs without the conditions that the official client leaves out in silence; warn of them.

    It compares a component with a status only; ``{"tracker-strip": True}`` is in scripts that have always got their runs.

    Examples
    --------
    >>> heeded_conditions({"run_number": 355100, "dt-dt": "GOOD"})
    {'run_number': 355100, 'dt-dt': 'GOOD'}
    """
    if not isinstance(run_filter, dict):
        return run_filter
    ignored = [key for key, value in run_filter.items() if key in RUN_COMPONENTS and not isinstance(_status(value), str)]
    for key in ignored:
        message = f"the condition {key!r}: {run_filter[key]!r} has no effect: compare a component with a status such as 'GOOD'"
        warnings.warn(message, UserWarning, stacklevel=4)
    return {key: value for key, value in run_filter.items() if key not in ignored} if ignored else run_filter


def _status(value: Any) -> Any:
    return value.get("=") if isinstance(value, dict) else value


def seconds(timeout: Any) -> float:
    """Return the time-out that a script has set, as requests reads it: None waits, a pair is for connecting and reading.

    Examples
    --------
    >>> seconds(600), seconds((5, 30)), seconds(None)
    (600, 30, 86400.0)
    """
    given = timeout[-1] if isinstance(timeout, tuple) else timeout
    return _ONE_DAY_S if given is None else given
