"""Names that the registry would take for a path that leads nowhere: it would match nothing, and say nothing."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any

from runregistry.errors import FilterError, nearest, suggestion
from runregistry.filters import Column, TableName
from runregistry.filters.columns import is_document, read_key
from runregistry.filters.subjects import components_of
from runregistry.terms import DATASET_ATTRIBUTES, RUN_ATTRIBUTES, STATUSES
from runregistry.terms.attributes import OMS_NAMES

__all__ = ["check_names", "warn_unknown"]

_GROUPS = ("and", "or", "AND", "OR")
_NAMES = {
    "oms_attributes": OMS_NAMES,
    "rr_attributes": tuple(one.name for one in RUN_ATTRIBUTES.values() if one.source == "rr"),
    "dataset_attributes": tuple(one.name for one in DATASET_ATTRIBUTES.values() if one.source == "rr"),
}
_IN_SUMMARY = (*STATUSES, "comments", "causes")


def check_names(wire: Mapping[str, Any], table: TableName) -> None:
    """Check the names in the keys of a wire filter.

    Raises
    ------
    FilterError
        A status is none.

    Warns
    -----
    UserWarning
        An attribute or component is not in the tables of `terms`; the registry may have been set up with it.
    """
    for key in dict.fromkeys(_keys(wire)):
        column, _ = read_key(key, table)
        path = column.path
        if column.kind == "triplet_summary" and len(path) > 1 and path[1] not in _IN_SUMMARY:
            close = nearest(path[1].upper(), STATUSES)
            hint = f" (did you mean {' or '.join(close)}?)" if close else f"; there are {', '.join(_IN_SUMMARY)}"
            raise FilterError(f"{key}: {path[1]!r} is no status{hint}", key=key, nearest=close)
        warn_unknown(column, table)


def warn_unknown(column: Column, table: TableName) -> None:
    """Warn of an attribute or component that is not in the tables of `terms`."""
    if not is_document(column) or not column.path:
        return
    name = column.path[0]
    known = components_of(table) if column.kind == "triplet_summary" else _NAMES.get(column.kind, ())
    if name not in known:
        full = f"{column.kind}.{name}"
        warnings.warn(f"{full} is unknown to this package{suggestion(name, known)}; it is asked for all the same", stacklevel=2)


def _keys(wire: Mapping[str, Any]) -> Iterator[str]:
    for key, rule in wire.items():
        if key not in _GROUPS:
            yield key
        elif isinstance(rule, list):
            for part in rule:
                yield from _keys(part)
