"""Options that several commands share: declared once, in a dataclass, which a command receives as one value."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, TypeVar

__all__ = ["gathered"]

T = TypeVar("T")


def gathered(command: Callable[..., T]) -> Callable[..., T]:
    """Return a command that takes, for each parameter whose type is a dataclass, the fields of that class as options.

    Typer reads options from the signature of a function; so the signature is written out, and what comes in is put together.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Output:
    ...     format: str = "table"
    >>> def runs(limit: int, output: Output) -> str:
    ...     return f"{limit} as {output.format}"
    >>> command = gathered(runs)
    >>> str(inspect.signature(command))
    "(*, limit: int, format: str = 'table')"
    >>> command(limit=3, format="csv")
    '3 as csv'
    """
    hints = typing.get_type_hints(command, include_extras=True)
    records = {name: hint for name, hint in hints.items() if is_dataclass(hint) and isinstance(hint, type)}
    parameters = list(_written_out(command, hints, records))

    @functools.wraps(command)
    def receive(**given: Any) -> T:
        built = {name: record(**{each.name: given.pop(each.name) for each in fields(record)}) for name, record in records.items()}
        return command(**given, **built)

    receive.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    receive.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    del receive.__wrapped__  # who reads the annotations would read those of the command
    return receive


def _written_out(command: Callable[..., Any], hints: dict[str, Any], records: dict[str, type]) -> Iterator[inspect.Parameter]:
    for name, parameter in inspect.signature(command).parameters.items():
        if name not in records:
            yield parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
            continue
        types = typing.get_type_hints(records[name], include_extras=True)
        for each in fields(records[name]):
            default = inspect.Parameter.empty if each.default is MISSING else each.default
            yield inspect.Parameter(each.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=types[each.name])
