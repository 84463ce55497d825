"""The table of changes: one row for each thing that an action changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runregistry.client.frames.columns import COMPONENT, HISTORY_COLUMNS
from runregistry.client.frames.frame import Frame, as_mapping, combine, gather
from runregistry.client.frames.kinds import Shape
from runregistry.client.frames.parts import Part
from runregistry.client.frames.values import Troubles
from runregistry.terms.columns import Column

__all__ = ["history"]

_NAMES = {column.key for column in HISTORY_COLUMNS}
_CHANGED = (
    COMPONENT,
    Column("status", "status"),
    Column("status_comment", "string"),
    Column("cause", "string"),
    Column("attribute", "string"),
    Column("value", "json"),
)
_BESIDES = ("jsonb", "Version")  # what was changed, and once more who did it


def history(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of changes of components and of attributes of runs.

    An action that set twenty components is twenty rows. The triplet's comment is ``status_comment``: ``comment`` is the action's.
    """
    rows = [changed for part in parts for row in part.rows for changed in _changes(as_mapping(row))]
    return combine(len(rows), gather(rows, (*HISTORY_COLUMNS, *_CHANGED), troubles))


def _changes(row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each thing that an event changed, or one that says that nothing was."""
    event = {name: value for name, value in row.items() if name in _NAMES}
    changes = as_mapping(row.get("jsonb")) if "jsonb" in row else _attributes(row)
    for name, value in changes.items():
        yield {**event, **_change(name, value)}
    if not changes:
        yield event


def _attributes(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _NAMES and name not in _BESIDES}


def _change(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping) and "status" in value:
        triplet = {"status": value["status"], "status_comment": value.get("comment"), "cause": value.get("cause")}
        return {"component": name, **triplet}
    return {"attribute": name, "value": value}
