"""Datasets as CSV text, in the format that the service gives out.

Source: the service's export of datasets. Its columns were those of the first dataset; here they are those of all datasets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from runregistry.filters import Page, parse_filter, parse_sortings
from runregistry.logic.coercion import number_text
from runregistry.server.services.selection import required_key, required_texts
from runregistry.store import DatasetRow, Store
from runregistry.store.documents import decode

__all__ = ["export_datasets", "service_json"]

_FIRST = ("run_number", "dataset_name", "class", "stop_reason", "short_run", "ls_duration")
_LAST = "oms_attributes"
_QUOTED = frozenset(',"\n\r')


def export_datasets(store: Store, body: Mapping[str, Any]) -> str:
    """Return the datasets that a filter matches as CSV text with a header; an empty text for none.

    Parameters
    ----------
    body : mapping
        ``filter``, ``sortings``, and ``columns``: the components whose summaries are wanted.
    """
    node = parse_filter(required_key(body, "filter"), "datasets")
    sortings = parse_sortings(required_key(body, "sortings"), "datasets")
    components = required_texts(body, "columns")
    records = [_record(row, components) for row in store.queries.datasets(node, sortings, Page(0, None)).rows]
    if not records:
        return ""
    columns = _columns(records, components)
    lines = [columns, *([_cell(record.get(column)) for column in columns] for record in records)]
    return "".join(",".join(map(_escaped, line)) + "\n" for line in lines)


def service_json(value: Any) -> str:
    """Write JSON as the service does: compact, keys by length and then by letters, numbers as JavaScript prints them.

    Examples
    --------
    >>> service_json({"comments": [], "GOOD": 3.0, "BAD": 1, "rate": 1e-7})
    '{"BAD":1,"GOOD":3,"rate":1e-7,"comments":[]}'
    """
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key, ensure_ascii=False)}:{service_json(value[key])}" for key in sorted(value, key=_key_order))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(service_json, value)) + "]"
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number_text(value)
    return json.dumps(value, ensure_ascii=False)


def _record(row: DatasetRow, components: Sequence[str]) -> dict[str, Any]:
    rr, oms, summary = decode(row.rr_attributes), decode(row.oms_attributes), decode(row.triplet_summary)
    first = (row.run_number, row.name, rr.get("class"), rr.get("stop_reason"), rr.get("short_run"), oms.get("ls_duration"))
    attributes: dict[str, Any] = decode(row.dataset_attributes)
    summaries = {component: summary[component] for component in components if component in summary}
    return dict(zip(_FIRST, first, strict=True)) | attributes | summaries | {_LAST: oms}


def _columns(records: Sequence[Mapping[str, Any]], components: Sequence[str]) -> list[str]:
    """Return every column that any dataset has: what all have first, attributes, components as asked for, and OMS last."""
    there = {name for record in records for name in record}
    fixed = {*_FIRST, *components, _LAST}
    attributes = sorted(there - fixed, key=_key_order)
    return [*_FIRST, *attributes, *(component for component in components if component in there), _LAST]


def _key_order(name: str) -> tuple[int, bytes]:
    encoded = name.encode()
    return len(encoded), encoded


def _cell(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    return value if isinstance(value, str) else service_json(value)


def _escaped(cell: str) -> str:
    return cell if _QUOTED.isdisjoint(cell) else '"' + cell.replace('"', '""') + '"'
