"""Operands of comparisons: checked against the column, and turned into the type by which values are compared.

The messages begin as PostgreSQL's, which is what the service answers and what users know; what to write instead follows.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from runregistry.errors import FilterError
from runregistry.filters.columns import is_document
from runregistry.filters.tree import Column, Scalar
from runregistry.filters.values import boolean_of, number_of, number_text

__all__ = ["read_operand", "read_operands", "shown"]

_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)
_SEPARATORS = re.compile(r"\s*,\s*")
_SHOWN = 80


def shown(value: Any) -> str:
    """Return a value as JSON, cut to what fits into a message."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def read_operand(column: Column, operator: str, value: Any, cast: str | None) -> Scalar:
    """Check the operand of any operator but ``in``, ``not in`` and ``contains``.

    Raises
    ------
    FilterError
        A column of this kind can't be compared with it.
    """
    if value is None:
        return None
    if isinstance(value, dict):
        raise FilterError(f"Invalid value {shown(value)}: {column} {operator} takes a single value", key=str(column))
    if isinstance(value, list):
        _refuse_list(column, operator, value)
    if is_document(column) and not column.path:
        raise FilterError(
            f"{column} is a whole document and can't be compared with {shown(value)}: name an attribute, {column}.name",
            key=str(column),
        )
    if operator in ("like", "notlike"):
        return _pattern(column, value, cast)
    if column.kind in ("run_number", "version"):
        return _integer(column, operator, value)
    if column.kind == "name" and not isinstance(value, str):
        _no_operator(column, f"text {operator} {_sql_type(value)}", f'it is text: write "{shown(value)}"')
    if column.kind == "deleted":
        return _deleted(column, operator, value)
    return _cast(value, cast)


def read_operands(column: Column, operator: str, value: Any, cast: str | None) -> tuple[Scalar, ...]:
    """Check the operand of ``in`` and ``not in``: a list, one value, or text with values between commas (or blanks, if no comma).

    Text without a comma also counts as one value, since some values have blanks in them (``waiting dqm gui``).
    """
    if isinstance(value, str):
        text = value.strip()
        parts = [part for part in _SEPARATORS.split(text) if part] if "," in text else text.split()
        if "," not in text and len(parts) > 1 and column.kind not in ("run_number", "version"):
            parts.append(text)
        value = parts
    values = value if isinstance(value, list) else [value]
    return tuple(read_operand(column, operator, item, cast) for item in values)


def _refuse_list(column: Column, operator: str, value: list[Any]) -> NoReturn:
    hint = 'to match any of several values write {"in": […]}'
    if column.kind in ("run_number", "version"):
        raise FilterError(f"invalid input syntax for type integer: {shown(value)}: {hint}", key=str(column))
    _no_operator(column, f"text {operator} text[]", f"{shown(value)} is a list; {hint}")


def _integer(column: Column, operator: str, value: Any) -> int | float:
    if isinstance(value, bool):
        _no_operator(column, f"integer {operator} boolean", "it is an integer")
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value):
            raise FilterError(f'invalid input syntax for type integer: "{value[:_SHOWN]}"', key=str(column))
        return int(value)
    # Beyond what 64 bits hold, the nearest float compares the same with every column.
    number = number_of(value)
    return value if number is not None and abs(number) < 2**53 else number or math.inf


def _deleted(column: Column, operator: str, value: Any) -> bool:
    if not isinstance(value, bool | str):
        _no_operator(column, f"boolean {operator} {_sql_type(value)}", "it is true or false")
    flag = boolean_of(value)
    if flag is None:
        raise FilterError(f"invalid input syntax for type boolean: {shown(value)}", key=str(column))
    return flag


def _pattern(column: Column, value: Any, cast: str | None) -> str:
    left = "integer" if column.kind in ("run_number", "version") else "boolean" if column.kind == "deleted" else "text"
    left = left if cast is None else {"number": "double precision"}.get(cast, cast)
    if left != "text":
        _no_operator(column, f"{left} ~~* unknown", "like compares text only")
    if not isinstance(value, str):
        _no_operator(column, f"text ~~* {_sql_type(value)}", f'like takes text: write "{shown(value)}"')
    return value


def _cast(value: Scalar, cast: str | None) -> Scalar:
    if cast is None:
        return value
    if cast == "text":
        return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else number_text(value or 0)
    read = number_of(value) if cast == "number" else boolean_of(value)
    if read is None:
        name = "double precision" if cast == "number" else "boolean"
        raise FilterError(f"invalid input syntax for type {name}: {shown(value)}")
    return read


def _sql_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "integer" if isinstance(value, int) else "numeric" if isinstance(value, float) else "text"


def _no_operator(column: Column, what: str, hint: str) -> NoReturn:
    raise FilterError(f"operator does not exist: {what}: {column}: {hint}", key=str(column))
