"""As of when: a version, a time or a tag, as people write them."""

from __future__ import annotations

import operator
import re
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple, TypeAlias

from runregistry.errors import UsageError

__all__ = ["AsOf", "PointInTime", "check_tag_name", "format_as_of", "read_as_of"]

AsOf: TypeAlias = int | str | date
"""A version, ``17`` or ``"17"``; a time, ``datetime``, ``date`` or ``"2022-07-05T12:00:00Z"``; or the name of a tag."""

_INTEGER = re.compile(r"[+-]?\d+")
_TIME = re.compile(r"\d{4}-\d\d-\d\d")
# A letter first: no name can be taken for a version or a time.
_TAG = re.compile(r"[A-Za-z][\w.+-]{0,99}", re.ASCII)
_LARGEST = 2**63 - 1


class PointInTime(NamedTuple):
    """What an as-of says; one of the three is set.

    Attributes
    ----------
    version : int or None
        An ``atomic_version``.
    time : str or None
        UTC, as versions carry it: what had been recorded by then counts.
    tag : str or None
        Its name.
    """

    version: int | None = None
    time: str | None = None
    tag: str | None = None


def read_as_of(value: Any) -> PointInTime:
    """Read an as-of.

    Parameters
    ----------
    value : int, str, datetime or date
        UTC where a time names no zone; a day without a time is meant whole, and lasts to its end.

    Raises
    ------
    UsageError
        It is none of the three.

    Examples
    --------
    >>> read_as_of("17"), read_as_of("golden-2022")
    (PointInTime(version=17, time=None, tag=None), PointInTime(version=None, time=None, tag='golden-2022'))
    >>> read_as_of("2022-07-05T14:00:00+02:00").time, read_as_of("2022-07-05").time
    ('2022-07-05T12:00:00.000Z', '2022-07-05T23:59:59.999Z')
    """
    if isinstance(value, date):
        return PointInTime(time=_moment(value))
    if not isinstance(value, str):
        return PointInTime(version=_version(value))
    text = value.strip()
    if _INTEGER.fullmatch(text):
        return PointInTime(version=max(-_LARGEST, min(int(text[:25]), _LARGEST)))
    if _TIME.match(text):
        return PointInTime(time=_moment(_parsed(text)))
    if _TAG.fullmatch(text):
        return PointInTime(tag=text)
    raise _unreadable(value)


def format_as_of(value: AsOf) -> str:
    """Return an as-of as the registry is sent it.

    Raises
    ------
    UsageError
        It is none.

    Examples
    --------
    >>> format_as_of(17), format_as_of(datetime(2022, 7, 5, 12)), format_as_of("golden-2022")
    ('17', '2022-07-05T12:00:00.000Z', 'golden-2022')
    """
    point = read_as_of(value)
    return point.tag or point.time or str(point.version)


def check_tag_name(name: Any) -> str:
    """Return the name of a tag.

    Raises
    ------
    UsageError
        It can't be one.

    Examples
    --------
    >>> check_tag_name("golden-2022")
    'golden-2022'
    """
    if isinstance(name, str) and _TAG.fullmatch(name):
        return name
    raise UsageError(
        f"a tag can't be called {name!r:.120}: write a letter, then letters, digits and . _ + -, 100 at most, as in golden-2022"
    )


def _version(value: Any) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(int(value) if isinstance(value, float) and value.is_integer() else value)
    except TypeError:
        raise _unreadable(value) from None


def _parsed(text: str) -> date:
    try:
        return date.fromisoformat(text) if len(text) == len("2022-07-05") else datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"as_of: {text!r} is no time ({error}); write 2022-07-05, or 2022-07-05T12:00:00Z") from None


def _moment(value: date) -> str:
    """Return a time as versions carry it: ISO-8601, UTC, milliseconds; a day is its last one."""
    whole = value if isinstance(value, datetime) else datetime.combine(value, time.max)
    try:
        moment = whole.replace(tzinfo=UTC) if whole.tzinfo is None else whole.astimezone(UTC)
    except OverflowError:
        raise UsageError(f"as_of: {value} is no time that a registry knows") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unreadable(value: Any) -> UsageError:
    return UsageError(
        f"as_of must be a version (17), a time (2022-07-05T12:00:00Z) or the name of a tag (golden-2022), not {value!r:.80}"
    )
