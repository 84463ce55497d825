"""How rows look in a notebook: a small table of the first ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from runregistry.client.frames.frame import as_mapping

__all__ = ["rows_html"]

_ROWS = 10
_COLUMNS = 12
_CHARACTERS = 60


def rows_html(kind: str, rows: Sequence[Any]) -> str:
    """Return HTML of the first rows as they are on the wire, sections side by side.

    Examples
    --------
    >>> rows_html("runs", [{"run_number": 355100}])
    '<table><caption>1 runs</caption><tr><th>run_number</th></tr><tr><td>355100</td></tr></table>'
    """
    flat = [_flat(as_mapping(row)) for row in rows[:_ROWS]]
    names = list(dict.fromkeys(name for row in flat for name in row))
    shown = names[:_COLUMNS]
    head = "".join(f"<th>{escape(name)}</th>" for name in shown)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(row.get(name))}</td>' for name in shown)}</tr>" for row in flat)
    return f"<table><caption>{escape(_caption(kind, len(rows), len(names)))}</caption><tr>{head}</tr>{body}</table>"


def _caption(kind: str, rows: int, columns: int) -> str:
    cut = [f"the first {_ROWS} of them"] if rows > _ROWS else []
    cut += [f"{_COLUMNS} of {columns} columns"] if columns > _COLUMNS else []
    return ": ".join([f"{rows} {kind}", *([", ".join(cut)] if cut else [])])


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """Take sections apart one level deep; of a triplet, the status is enough to look at."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if not isinstance(value, Mapping):
            flat[name] = value
        elif "status" in value:
            flat[name] = value["status"]
        elif name.endswith("attributes"):
            flat |= value
    return flat


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return escape(text if len(text) <= _CHARACTERS else f"{text[:_CHARACTERS]}…")
