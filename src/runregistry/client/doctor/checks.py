"""One thing that was looked at, and how it stands."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["FAIL", "OK", "WARN", "Check"]

OK = "ok"
WARN = "warn"  # it may work all the same
FAIL = "fail"


class Check(NamedTuple):
    """One thing that was looked at.

    Attributes
    ----------
    name : str
        What it is, in a word or two.
    status : str
        ``ok``, ``warn`` or ``fail``.
    what : str
        What was found; never holds a secret.
    next_step : str
        What to do about it, empty where there is nothing to do.

    Examples
    --------
    >>> Check("target", OK, "local at http://localhost:9500").next_step
    ''
    """

    name: str
    status: str
    what: str
    next_step: str = ""
