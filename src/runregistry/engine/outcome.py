"""What came out of a rule, as one small number, so that numpy can combine many at once.

Six things can happen to a rule at a lumisection: it is exactly ``true``; it is something else that counts as true; it is false
(or null, 0, an empty text); it is an empty list, which ``and`` and ``or`` take for false but JavaScript for true; it fails; or it
can't be told yet because the lumisections were not looked at. ``and``, ``or``, ``if`` and ``!`` are defined on these numbers
exactly as json-logic-js defines them on values: operands that it would not reach can't make the whole fail.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from runregistry.logic import truthy

__all__ = [
    "EMPTY_LIST",
    "FAILED",
    "FALSE",
    "TRUE",
    "TRUTHY",
    "UNKNOWN",
    "UNKNOWN_BOOLEAN",
    "Outcomes",
    "both",
    "choose",
    "either",
    "negate",
    "outcome_of",
    "passes",
]

Outcomes = NDArray[np.int64]

UNKNOWN = -2  # anything may come out, a failure too
UNKNOWN_BOOLEAN = -1  # true or false will come out
FALSE = 0
TRUE = 1
TRUTHY = 2
EMPTY_LIST = 3
FAILED = 4  # and above: which failure


def outcome_of(value: Any) -> int:
    """Return the number for the value of a rule.

    Examples
    --------
    >>> [outcome_of(value) for value in (True, 7, None, [], [0])]
    [1, 2, 0, 3, 2]
    """
    if value is True:
        return TRUE
    if truthy(value):
        return TRUTHY
    return EMPTY_LIST if isinstance(value, list | tuple) else FALSE


def passes(outcomes: Outcomes) -> NDArray[np.bool_]:
    """Tell where JavaScript takes the value for true: this is what the JSON portal asks in the end."""
    return (outcomes >= TRUE) & (outcomes <= EMPTY_LIST)


def both(one: Outcomes, other: Outcomes) -> Outcomes:
    """Return the outcomes of ``and``: the first operand that counts as false, else the last.

    Examples
    --------
    >>> both(np.array([TRUE, TRUE, FALSE, FALSE]), np.array([TRUTHY, FAILED, TRUE, FAILED])).tolist()
    [2, 4, 0, 0]
    """
    undecided = np.where((other == FALSE), FALSE, _unless_boolean(other))
    answer = np.where((one == TRUE) | (one == TRUTHY), other, one)
    return np.where(one == UNKNOWN_BOOLEAN, undecided, answer)


def either(one: Outcomes, other: Outcomes) -> Outcomes:
    """Return the outcomes of ``or``: the first operand that counts as true, else the last.

    Examples
    --------
    >>> either(np.array([FALSE, EMPTY_LIST, TRUE]), np.array([TRUE, FALSE, FAILED])).tolist()
    [1, 0, 1]
    """
    undecided = np.where((other == TRUE), TRUE, _unless_boolean(other))
    answer = np.where((one == FALSE) | (one == EMPTY_LIST), other, one)
    return np.where(one == UNKNOWN_BOOLEAN, undecided, answer)


def choose(condition: Outcomes, yes: Outcomes, no: Outcomes) -> Outcomes:
    """Return the outcomes of ``if``.

    Examples
    --------
    >>> choose(np.array([TRUTHY, EMPTY_LIST, FAILED]), np.array([TRUE] * 3), np.array([FALSE] * 3)).tolist()
    [1, 0, 4]
    """
    booleans = (_unless_boolean(yes) == UNKNOWN_BOOLEAN) & (_unless_boolean(no) == UNKNOWN_BOOLEAN)
    undecided = np.where(yes == no, yes, np.where(booleans, UNKNOWN_BOOLEAN, UNKNOWN))
    answer = np.where((condition == TRUE) | (condition == TRUTHY), yes, no)
    answer = np.where((condition >= FAILED) | (condition == UNKNOWN), condition, answer)
    return np.where(condition == UNKNOWN_BOOLEAN, undecided, answer)


def negate(outcomes: Outcomes) -> Outcomes:
    """Return the outcomes of ``!``.

    Examples
    --------
    >>> negate(np.array([TRUE, TRUTHY, FALSE, EMPTY_LIST, FAILED])).tolist()
    [0, 0, 1, 1, 4]
    """
    opposite = np.where((outcomes == FALSE) | (outcomes == EMPTY_LIST), TRUE, FALSE)
    return np.where((outcomes < FALSE) | (outcomes >= FAILED), outcomes, opposite)


def _unless_boolean(outcomes: Outcomes) -> Outcomes:
    """What is known when it depends on something unknown whether these count: a boolean, if they can be nothing else."""
    boolean = (outcomes == TRUE) | (outcomes == FALSE) | (outcomes == UNKNOWN_BOOLEAN)
    return np.where(boolean, UNKNOWN_BOOLEAN, UNKNOWN)
