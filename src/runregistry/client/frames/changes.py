"""The table of what changed between two versions: one row a change, with what was and what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runregistry.client.frames.columns import CHANGE_COLUMNS
from runregistry.client.frames.frame import Frame, as_mapping, combine, gather
from runregistry.client.frames.kinds import Shape
from runregistry.client.frames.parts import Part, all_rows
from runregistry.client.frames.values import Troubles

__all__ = ["changes"]

_SIDES = ("was", "now")


def changes(parts: Sequence[Part], shape: Shape, troubles: Troubles) -> Frame:
    """Make the table of changes; triplets have columns of their own, other values are JSON."""
    rows = [_row(row) for row in all_rows(parts)]
    return combine(len(rows), gather(rows, CHANGE_COLUMNS, troubles))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a change whose values are spread over columns."""
    flat = {name: value for name, value in row.items() if name not in _SIDES}
    for side in _SIDES:
        value = row.get(side)
        if row.get("kind") == "component":
            flat |= {f"{name}_{side}": as_mapping(value).get(name) for name in ("status", "comment", "cause")}
        elif value is not None:
            flat[f"value_{side}"] = value
    return flat
