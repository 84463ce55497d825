"""Keys of filters and sortings: which column each one names."""

from __future__ import annotations

from typing import NoReturn

from runregistry.errors import FilterError, nearest
from runregistry.filters.tree import Column, TableName
from runregistry.terms.attributes import DATASET_ATTRIBUTES, RUN_ATTRIBUTES

__all__ = ["CASTS", "is_document", "read_key", "unknown_column"]

_PLAIN: dict[TableName, tuple[str, ...]] = {
    "runs": ("run_number", "version", "deleted"),
    "datasets": ("run_number", "version", "deleted", "name"),
}
_DOCUMENTS: dict[TableName, tuple[str, ...]] = {
    "runs": ("oms_attributes", "rr_attributes", "triplet_summary"),
    "datasets": ("oms_attributes", "rr_attributes", "triplet_summary", "dataset_attributes", "datasets_in_gui"),
}
_MODEL: dict[TableName, str] = {"runs": "Run", "datasets": "Dataset"}
# SQL types that a key may ask its value to be read as, with `::`.
CASTS = {
    "integer": "number",
    "int": "number",
    "bigint": "number",
    "float": "number",
    "double precision": "number",
    "numeric": "number",
    "real": "number",
    "boolean": "boolean",
    "bool": "boolean",
    "text": "text",
    "varchar": "text",
}
_MAX_PATH = 16


def is_document(column: Column) -> bool:
    """Whether a column is a JSON document or part of one."""
    return column.kind.endswith("_attributes") or column.kind in ("triplet_summary", "datasets_in_gui")


def read_key(key: str, table: TableName) -> tuple[Column, str | None]:
    """Return the column that a key names, and how its value is to be read (``number``, ``boolean``, ``text``; None: as it is).

    Raises
    ------
    FilterError
        The table has no such column, or the type after ``::`` is unknown.

    Examples
    --------
    >>> read_key("triplet_summary.dt-dt.NO VALUE FOUND", "runs")
    (Column(kind='triplet_summary', path=('dt-dt', 'NO VALUE FOUND')), None)
    >>> read_key("oms_attributes.ls_duration::integer", "datasets")
    (Column(kind='oms_attributes', path=('ls_duration',)), 'number')
    """
    if key in _PLAIN[table]:
        return Column(key), None
    name, double_colon, type_name = key.partition("::")
    kind, *path = name.split(".")
    if kind not in _DOCUMENTS[table]:
        unknown_column(key, table)
    if len(path) > _MAX_PATH:
        raise FilterError(f"{key[:60]!r}… goes {len(path)} levels deep into a document; at most {_MAX_PATH} are allowed", key=key)
    if not double_colon:
        return Column(kind, tuple(path)), None
    cast = CASTS.get(type_name.strip().lower())
    if cast is None:
        raise FilterError(f'type "{type_name}" does not exist: write one of {", ".join(CASTS)} after :: in {key!r}', key=key)
    return Column(kind, tuple(path)), cast


def unknown_column(key: str, table: TableName) -> NoReturn:
    """Raise the service's error for a key that names no column, with the names that may have been meant."""
    close = _near(key, table)
    hint = f" (did you mean {' or '.join(close)}?)" if close else ""
    raise FilterError(f"column {_MODEL[table]}.{key} does not exist{hint}", key=key, nearest=close)


def _near(key: str, table: TableName) -> list[str]:
    # Naming an attribute without its document is the commonest slip.
    attributes = RUN_ATTRIBUTES if table == "runs" else {**RUN_ATTRIBUTES, **DATASET_ATTRIBUTES}
    if key in attributes:
        return [attributes[key].wire]
    root, dot, rest = key.partition(".")
    known = (*_PLAIN[table], *_DOCUMENTS[table])
    if dot:
        return [f"{name}.{rest}" for name in nearest(root, known) if name in _DOCUMENTS[table]]
    return [attributes[name].wire if name in attributes else name for name in nearest(root, (*known, *attributes))]
