"""Values of a `where` text and of keyword filters, read by the type of what they are compared with."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta

from runregistry.errors import FilterError, nearest, suggestion
from runregistry.filters.tree import Scalar

__all__ = ["known_word", "read_literal", "read_number", "wire_time"]

_BOOLEANS = {"true": True, "false": False}
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def read_number(text: str) -> int | float | None:
    """Return the number that a text spells, or None.

    Examples
    --------
    >>> read_number("6799"), read_number("3.8"), read_number("1e3"), read_number("GOOD"), read_number("nan")
    (6799, 3.8, 1000.0, None, None)
    """
    try:
        number: int | float = int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError:
        return None
    return number if "_" not in text and math.isfinite(number) else None


def read_literal(name: str, kind: str, text: str, *, is_quoted: bool) -> Scalar:
    """Return a value as the type of its attribute compares it.

    Parameters
    ----------
    name : str
        The attribute, for the error.
    kind : str
        Its type, as in `Subject`.
    is_quoted : bool
        Where the type is not known, a quoted number is text.

    Raises
    ------
    FilterError
        The text is no value of this type.

    Examples
    --------
    >>> read_literal("energy", "number", "6000", is_quoted=True), read_literal("class", "string", "2018", is_quoted=False)
    (6000, '2018')
    """
    if kind in ("number", "count"):
        number = read_number(text)
        if number is None:
            raise FilterError(f"{name} is compared with a number, not with {text!r}", key=name)
        return number
    if kind == "boolean":
        if text.lower() not in _BOOLEANS:
            raise FilterError(f"{name} is true or false, not {text!r}", key=name)
        return _BOOLEANS[text.lower()]
    if kind == "date":
        return wire_time(text, name)
    if kind == "any" and not is_quoted:
        if text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        number = read_number(text)
        return text if number is None else number
    return text


def wire_time(value: object, name: str, *, is_last: bool = False) -> str:
    """Return a time as the registry keeps it, in UTC and to the second; without a zone it is UTC already.

    Parameters
    ----------
    value : datetime, date or str
        A text is ISO 8601.
    is_last : bool
        Whether a day without a time stands for its last second instead of its first, and a fraction of a second is cut off
        instead of rounded up.

    Raises
    ------
    FilterError
        The value is no time.

    Examples
    --------
    >>> wire_time("2022-07-05T16:48:36+02:00", "since"), wire_time("2022-07-05", "until", is_last=True)
    ('2022-07-05T14:48:36Z', '2022-07-05T23:59:59Z')
    """
    moment = _moment(value, name)
    if not isinstance(moment, datetime):
        return f"{moment.isoformat()}T{'23:59:59' if is_last else '00:00:00'}Z"
    if moment.microsecond and not is_last:
        moment += timedelta(microseconds=1_000_000 - moment.microsecond)
    return (moment if moment.tzinfo is None else moment.astimezone(UTC)).strftime(_TIME)


def _moment(value: object, name: str) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        for read in (date.fromisoformat, datetime.fromisoformat):
            try:
                return read(value.strip())
            except ValueError:
                continue
    raise FilterError(f"{name} is a time such as '2022-07-05' or '2022-07-05T14:48:36Z' (UTC), not {value!r}", key=name)


def known_word(name: str, value: str, known: Collection[str]) -> str:
    """Return a status or state as the registry spells it, whatever its case.

    Raises
    ------
    FilterError
        It is none of the known ones.

    Examples
    --------
    >>> known_word("state", "open", ["SIGNOFF", "OPEN", "COMPLETED"])
    'OPEN'
    """
    for word in known:
        if word.lower() == value.lower():
            return word
    near = {word.lower(): word for word in known}
    close = [near[word] for word in nearest(value.lower(), near)]
    hint = suggestion(value.upper(), close) or (f" (did you mean {' or '.join(close)}?)" if close else "")
    raise FilterError(f"{name} is one of {', '.join(known)}, not {value!r}{hint}", key=name, nearest=close)
