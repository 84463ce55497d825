"""Reading of numbers and texts out of requests, as tolerant as the service is, with its texts where it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from runregistry.errors import UsageError
from runregistry.terms import ONLINE

__all__ = ["dataset_key", "integer", "required_text", "run_number_of"]

_MAX_INTEGER = 2**31 - 1
_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*")


def integer(value: object, what: str) -> int:
    """Read a whole number, also from text such as ``"327000"``.

    Raises
    ------
    UsageError
        It is none, or too large for any run or id.

    Examples
    --------
    >>> integer("327743", "run_number")
    327743
    """
    if isinstance(value, bool) or value is None:
        raise UsageError(f"{what} must be a whole number, not {value!r}")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if not isinstance(value, int):
        raise UsageError(f'invalid input syntax for type integer: "{value}" (it was sent as {what})')
    if abs(value) > _MAX_INTEGER:
        raise UsageError(f'value "{value}" is out of range for type integer (it was sent as {what})')
    return value


def run_number_of(body: Mapping[str, Any]) -> int:
    """Read ``run_number`` from a body."""
    if body.get("run_number") is None:
        raise UsageError('Named parameter ":run_number" has no value in the given object.')
    return integer(body["run_number"], "run_number")


def dataset_key(body: Mapping[str, Any], *, default: str | None = None, named: str = "dataset_name") -> tuple[int, str]:
    """Read the key of a dataset from a body.

    Parameters
    ----------
    default : str or None
        The dataset to take when the body names none; None refuses.
    named : str
        How the refusal calls the missing name.
    """
    run_number = run_number_of(body)
    name = body.get("dataset_name", default)
    if name is None:
        raise UsageError(f'Named parameter ":{named}" has no value in the given object.')
    return run_number, required_text(name, "dataset_name")


def required_text(value: object, what: str) -> str:
    """Return a text that is not empty.

    Raises
    ------
    UsageError
        It is no text, or empty.
    """
    if not isinstance(value, str) or not value:
        raise UsageError(f"{what} must be a text such as {ONLINE!r}, not {value!r}")
    return value
