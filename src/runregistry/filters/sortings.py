"""Sortings of a request: pairs of a key and a direction."""

from __future__ import annotations

from typing import Any

from runregistry.errors import FilterError
from runregistry.filters.columns import read_key
from runregistry.filters.operands import shown
from runregistry.filters.tree import Column, SortKey, TableName

__all__ = ["parse_sortings"]

_MAX_KEYS = 32
_DIRECTIONS = {
    ("ASC",): (False, False),
    ("DESC",): (True, True),
    ("ASC", "NULLS", "FIRST"): (False, True),
    ("ASC", "NULLS", "LAST"): (False, False),
    ("DESC", "NULLS", "FIRST"): (True, True),
    ("DESC", "NULLS", "LAST"): (True, False),
}


def parse_sortings(sortings: Any, table: TableName) -> tuple[SortKey, ...]:
    """Check the sortings of a request.

    Parameters
    ----------
    sortings : list of [key, direction]
        Keys as in filters, and a component (``dt-dt``), which sorts by the text of its summary. Directions ``ASC`` and ``DESC``,
        in any case, with ``NULLS FIRST`` or ``NULLS LAST`` if the default of PostgreSQL is not wanted. Empty: the default order.
    table : str
        ``runs`` or ``datasets``.

    Raises
    ------
    FilterError
        An unknown key or direction, or no list of pairs.

    Examples
    --------
    >>> parse_sortings([["oms_attributes.ls_duration", "desc"]], "runs")
    (SortKey(column=Column(kind='oms_attributes', path=('ls_duration',)), descending=True, nulls_first=True),)
    """
    if not isinstance(sortings, list):
        raise FilterError(f'sortings must be a list of pairs such as [["run_number", "DESC"]], not {shown(sortings)}')
    if len(sortings) > _MAX_KEYS:
        raise FilterError(f"{len(sortings)} sortings are too many, at most {_MAX_KEYS} are allowed")
    return tuple(_sort_key(pair, table) for pair in sortings)


def _sort_key(pair: Any, table: TableName) -> SortKey:
    if not isinstance(pair, list | tuple) or len(pair) != 2 or not all(isinstance(part, str) for part in pair):
        raise FilterError(f'a sorting is a pair of a key and a direction, ["run_number", "DESC"], not {shown(pair)}')
    key, direction = pair
    found = _DIRECTIONS.get(tuple(direction.upper().split()))
    if found is None:
        wanted = "ASC or DESC, with NULLS FIRST or NULLS LAST if wanted"
        raise FilterError(f"the order of {key[:60]!r} must be {wanted}, not {direction[:40]!r}", key=key)
    return SortKey(_column(key, table), *found)


def _column(key: str, table: TableName) -> Column:
    # A component is the only key with a hyphen that is no path into a document.
    if "-" in key and "." not in key:
        return Column("triplet_summary", (key,))
    return read_key(key, table)[0]
