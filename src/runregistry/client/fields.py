"""Fields: the few attributes of a row that somebody wants, as a flat row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from runregistry.client.flows.pages import RUNS, Listing
from runregistry.client.names import warn_unknown
from runregistry.errors import FilterError
from runregistry.filters import Column, TableName
from runregistry.filters.subjects import names_near, subject_of

__all__ = ["Fields", "parse_fields"]

Path: TypeAlias = tuple[str, ...]

_WHOLE = {
    "runs": ("oms_attributes", "rr_attributes", "triplet_summary", "deleted"),
    "datasets": ("oms_attributes", "rr_attributes", "triplet_summary", "deleted", "dataset_attributes", "datasets_in_gui"),
}


class Fields(NamedTuple):
    """Where the wanted attributes are in a row of the wire.

    Attributes
    ----------
    paths : tuple of (name, path)
        What each is called, and the keys that lead to it.
    counts : frozenset of str
        The names of those that count lumisections with a status, which a row leaves out where there is none.
    needs_oms : bool
        Whether one is an OMS attribute of a dataset's run, which a registry may leave out of its rows; `with_oms` adds them.
    """

    paths: tuple[tuple[str, Path], ...]
    counts: frozenset[str]
    needs_oms: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields, in their order."""
        return tuple(name for name, _ in self.paths)

    def take(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of a row, under the names that were asked for; None where it has none.

        A count of lumisections is 0 where the component is there and none has the status.

        Examples
        --------
        >>> row = {"run_number": 355100, "rr_attributes": {"class": "Collisions22"},
        ...        "DatasetTripletCache": {"triplet_summary": {"dt-dt": {"GOOD": 3, "EMPTY": 0}}}}
        >>> parse_fields(["run_number", "class", "energy", "dt-dt.BAD"], RUNS).take(row)
        {'run_number': 355100, 'class': 'Collisions22', 'energy': None, 'dt-dt.BAD': 0}
        """
        found = {}
        for name, path in self.paths:
            value: Any = row
            try:
                for key in path:
                    value = value[key]
            except (KeyError, TypeError):
                value = _missing_count(row, path) if name in self.counts else None
            found[name] = value
        return found


def parse_fields(fields: Iterable[str], listing: Listing) -> Fields:
    """Read what somebody wants of each row.

    Parameters
    ----------
    fields : iterable of str
        Attributes (``class``, ``energy``, ``dataset_name``), components (``tracker-strip``: how many lumisections have which
        status; ``tracker-strip.BAD``: how many are BAD; ``tracker-strip.comments``), or keys of the wire form
        (``oms_attributes.fill_number``, ``rr_attributes``).
    listing : Listing
        `RUNS` or `DATASETS`. Attributes of the run of a dataset are found there.

    Raises
    ------
    FilterError
        There is no such field, or it is named twice.

    Warns
    -----
    UserWarning
        A key of the wire form names an attribute or component that is not in the tables of `terms`.

    Examples
    --------
    >>> parse_fields(["run_number", "tracker-strip"], RUNS).paths
    (('run_number', ('run_number',)), ('tracker-strip', ('DatasetTripletCache', 'triplet_summary', 'tracker-strip')))
    """
    table: TableName = "runs" if listing is RUNS else "datasets"
    names = _names(fields)
    columns = {name: _column(name, table) for name in names}
    return Fields(
        tuple((name, _path(column, table)) for name, (column, _) in columns.items()),
        frozenset(name for name, (_, is_count) in columns.items() if is_count),
        table == "datasets" and any(column.kind == "oms_attributes" for column, _ in columns.values()),
    )


def _names(fields: Any) -> list[str]:
    if isinstance(fields, str) or not isinstance(fields, Iterable):
        raise FilterError(f"fields is a list of names such as ['run_number', 'class'], not {fields!r}", key="fields")
    names = list(fields)
    for place, name in enumerate(names):
        if not isinstance(name, str):
            raise FilterError(f"each of fields must be a name, not {name!r}", key="fields")
        if name in names[:place]:
            raise FilterError(f"fields: {name!r} is named twice", key=name)
    return names


def _column(name: str, table: TableName) -> tuple[Column, bool]:
    """Return what a field reads, and whether it is a count."""
    if name in _WHOLE[table]:
        return Column(name), False
    subject = subject_of(name, table)
    if subject is None:
        near = names_near(name, table)
        hint = f" (did you mean {' or '.join(near)}?)" if near else ""
        raise FilterError(f"there is no field {name!r} of {table}{hint}", key=name, nearest=near)
    warn_unknown(subject.column, table)
    return subject.column, subject.type == "count"


def _path(column: Column, table: TableName) -> Path:
    if column.kind == "triplet_summary":
        return "DatasetTripletCache", column.kind, *column.path
    of_run = table == "datasets" and column.kind in ("oms_attributes", "rr_attributes")
    return ("Run", column.kind, *column.path) if of_run else (column.kind, *column.path)


def _missing_count(row: Mapping[str, Any], path: Path) -> int | None:
    """Return 0 if the row has the component, else None."""
    value: Any = row
    try:
        for key in path[:-1]:
            value = value[key]
    except (KeyError, TypeError):
        return None
    return 0 if isinstance(value, dict) else None
