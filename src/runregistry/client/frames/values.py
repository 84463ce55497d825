"""Values as columns need them: read exactly, or left empty with a warning; nothing that a registry holds makes one fail."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from runregistry.terms.columns import Column

__all__ = ["TableWarning", "Troubles", "clean", "infer_type", "json_text", "read_values"]

_INT64 = 2**63
_EXACT_IN_FLOAT = 2**53
_SHOWN = 60  # characters of a value in a warning


class TableWarning(UserWarning):
    """Values that are not what their column holds were left empty."""


class Troubles:
    """Values that could not be read, counted by column; `tell` warns once for each column."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._examples: dict[str, tuple[str, Any]] = {}

    def add(self, column: Column, value: Any) -> None:
        """Note a value that could not be read."""
        self._counts[column.name] = self._counts.get(column.name, 0) + 1
        self._examples.setdefault(column.name, (column.type, value))

    def tell(self, stacklevel: int) -> None:
        """Warn about each column that had such values."""
        for name, count in self._counts.items():
            type_name, value = self._examples[name]
            text = repr(value)
            text = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
            many = "1 value is" if count == 1 else f"{count} values are"
            warnings.warn(
                f"column {name!r}: {many} no {type_name}, e.g. {text}; left empty", TableWarning, stacklevel=stacklevel + 1
            )


def clean(text: str) -> str:
    """Return text that UTF-8 can hold: JSON may carry halves of surrogate pairs.

    Examples
    --------
    >>> clean("HV trip"), clean("\\ud800")
    ('HV trip', '?')
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def json_text(value: Any) -> str:
    """Return any value as compact JSON text."""
    return clean(json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str))


def read_values(values: Sequence[Any], column: Column, troubles: Troubles) -> Sequence[Any]:
    """Return the values as the column's type; what can't be converted exactly is None.

    Examples
    --------
    >>> read_values([6799, "6800", None, 6.5], Column("fill_number", "integer"), troubles := Troubles())
    [6799, 6800, None, None]
    """
    read = _READERS[column.type]
    result: list[Any] = []
    for value in values:
        if value is None:
            result.append(None)
            continue
        try:
            result.append(read(value))
        except (ValueError, TypeError, OverflowError):
            troubles.add(column, value)
            result.append(None)
    return result


def infer_type(values: Iterable[Any]) -> str:
    """Return the type that holds all values of an attribute that no table knows.

    Examples
    --------
    >>> infer_type([1, None, 2.5]), infer_type(["a", 1]), infer_type([None])
    ('number', 'json', 'string')
    """
    found = {_type_of(value) for value in values if value is not None}
    if len(found) == 1:
        return found.pop().removeprefix("big ")
    if found == {"integer", "number"}:  # not with big integers, which a float would round
        return "number"
    if found == {"integer", "big integer"}:
        return "integer"
    return "json" if found else "string"


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        if -_EXACT_IN_FLOAT <= value <= _EXACT_IN_FLOAT:
            return "integer"
        return "big integer" if -_INT64 <= value < _INT64 else "json"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "list" if isinstance(value, list) and all(isinstance(one, str) for one in value) else "json"


def _integer(value: Any) -> int:
    if type(value) is not int:
        value = _whole(value)
    if not -_INT64 <= value < _INT64:
        raise OverflowError
    return int(value)


def _whole(value: Any) -> int:
    """Read an integer from what is none: ``3.0``, ``"3"``, ``"3.0"``."""
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, str):
        try:
            return int(value)
        except ValueError:
            value = float(value)
    if value != math.floor(value):
        raise ValueError
    return int(value)


def _number(value: Any) -> float:
    if type(value) is float:
        return value
    if isinstance(value, bool):
        raise ValueError
    result = float(value)
    if isinstance(value, int) and result != value:
        raise ValueError
    return result


_TRUE_AND_FALSE = MappingProxyType({True: True, False: False, "true": True, "false": False})


def _boolean(value: Any) -> bool:
    try:
        return _TRUE_AND_FALSE[value.lower() if isinstance(value, str) else value]
    except KeyError:
        raise ValueError from None


def _string(value: Any) -> str:
    return clean(value) if isinstance(value, str) else json_text(value)


def _time(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _list(value: Any) -> list[str]:
    if isinstance(value, str):
        value = json.loads(value)
    if not isinstance(value, list | tuple):
        raise ValueError
    return [_string(one) for one in value]


def _category(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError
    return clean(value)


def _status(value: Any) -> str | None:
    """Read a status, or that of a triplet; where a component is absent, its triplet is empty."""
    found = value.get("status") if isinstance(value, Mapping) else value
    return None if found is None else _category(found)


_READERS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "integer": _integer,
        "number": _number,
        "boolean": _boolean,
        "string": _string,
        "time": _time,
        "list": _list,
        "category": _string,
        "status": _status,
        "state": _category,
        "json": json_text,
    }
)
