"""What follows from the events: the run, its datasets, and their lumisections as they are now.

Merge order, as the service has it: for run attributes and components, what people did comes after what was automatic, then by
version; OMS attributes and dataset attributes go by version alone. The OMS values of a dataset are those of ``online`` and its
own together. Each function here rebuilds exactly one entity from all of its events, so that a projection can't drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, insert, select, update

from runregistry.model.lumisections import LumisectionColumns
from runregistry.model.summary import dcs_summary, luminosity, triplet_summary
from runregistry.store import schema
from runregistry.store.documents import Values, decode, encode, merge
from runregistry.terms import ONLINE

__all__ = [
    "cache_row",
    "changes_of",
    "dataset_events",
    "dataset_row",
    "merge_lumisections",
    "merged_lumisections",
    "project_cache",
    "project_dataset",
    "project_run",
    "run_events",
    "run_row",
    "touch_cache",
]

Change = tuple[int, int, dict[str, Any]]


def project_run(connection: Connection, run_number: int) -> None:
    """Rebuild the row of one run."""
    _replace(connection, schema.run, {"run_number": run_number}, run_row(run_events(connection, run_number)))


def project_dataset(connection: Connection, run_number: int, name: str) -> None:
    """Rebuild the row of one dataset."""
    key = {"run_number": run_number, "name": name}
    _replace(connection, schema.dataset, key, dataset_row(dataset_events(connection, run_number, name)))


def project_cache(connection: Connection, values: Values, run_number: int, name: str, version: int) -> LumisectionColumns:
    """Rebuild the lumisections of one dataset and what is summed up from them.

    Parameters
    ----------
    version : int
        Number of the event that made it necessary.
    """
    columns = merged_lumisections(connection, values, run_number, name)
    key = {"run_number": run_number, "name": name}
    _replace(connection, schema.dataset_cache, key, {"version": version} | cache_row(columns))
    return columns


def touch_cache(connection: Connection, run_number: int, name: str, version: int) -> bool:
    """Record that an event left a dataset's lumisections as they are; False if nothing was ever made from them."""
    cache = schema.dataset_cache.c
    which = (cache.run_number == run_number, cache.name == name)
    return connection.execute(update(schema.dataset_cache).where(*which).values(version=version)).rowcount == 1


def run_events(connection: Connection, run_number: int, as_of: int | None = None) -> Sequence[Row[Any]]:
    """Return the events of a run by version; with `as_of` those of versions up to that ``atomic_version``."""
    return _upto(connection, schema.run_event, schema.run_event.c.run_number == run_number, as_of)


def dataset_events(connection: Connection, run_number: int, name: str, as_of: int | None = None) -> Sequence[Row[Any]]:
    """Return the events of a dataset's attributes by version; see `run_events`."""
    events = schema.dataset_event.c
    return _upto(connection, schema.dataset_event, (events.run_number == run_number) & (events.name == name), as_of)


def run_row(events: Sequence[Row[Any]]) -> dict[str, Any]:
    """Return what follows from all events of a run, in order of version: its row without the key."""
    by_authority = sorted(events, key=lambda row: (row.manual_change, row.version))
    return {
        "version": events[-1].version,
        "deleted": events[-1].deleted,
        "rr_attributes": encode(merge(row.rr_metadata for row in by_authority)),
        "oms_attributes": encode(merge(row.oms_metadata for row in events)),
    }


def dataset_row(events: Sequence[Row[Any]]) -> dict[str, Any]:
    """Return what follows from all events of a dataset's attributes, in order of version: its row without the key."""
    deleted = [row.deleted for row in events if row.deleted is not None]
    in_gui = dict.fromkeys(entry for row in events for entry in decode(row.datasets_in_gui))
    return {
        "version": events[-1].version,
        "deleted": deleted[-1] if deleted else False,
        "dataset_attributes": encode(merge(row.dataset_metadata for row in events)),
        "datasets_in_gui": encode(list(in_gui)),
    }


def cache_row(columns: LumisectionColumns) -> dict[str, Any]:
    """Return what follows from a dataset's lumisections: its row in the cache, without key and version."""
    return {
        "recorded": luminosity(columns, "recorded"),
        "delivered": luminosity(columns, "delivered"),
        "n_lumisections": sum(last - first + 1 for first, last in columns.oms_present or columns.rr_present),
        "n_ranges": sum(map(len, columns.rr.values())),
        "triplet_summary": encode(triplet_summary(columns)),
        "dcs_summary": encode(dcs_summary(columns)),
        "rr": columns.encode_rr(),
        "oms": columns.encode_oms(),
    }


def merged_lumisections(
    connection: Connection,
    values: Values,
    run_number: int,
    name: str,
    *,
    shifter_priority: bool = True,
    as_of: int | None = None,
) -> LumisectionColumns:
    """Merge all events of a dataset's lumisections.

    Parameters
    ----------
    shifter_priority : bool
        False merges components by version only, as automatic updates compare them.
    as_of : int or None
        Leaves out what came after this ``atomic_version``.
    """
    rr_rows = _rows(connection, schema.rr_change, run_number, [name], as_of)
    oms_rows = _rows(connection, schema.oms_change, run_number, {ONLINE, name}, as_of)
    return merge_lumisections(connection, values, rr_rows, oms_rows, shifter_priority=shifter_priority)


def merge_lumisections(
    connection: Connection,
    values: Values,
    rr_rows: Iterable[Row[Any]],
    oms_rows: Iterable[Row[Any]],
    *,
    shifter_priority: bool = True,
) -> LumisectionColumns:
    """Merge events of lumisections: those of components and those of OMS attributes, each in order of version."""
    if shifter_priority:
        rr_rows = sorted(rr_rows, key=lambda row: (row.manual_change, row.version))
    parsed = {row.version: decode(row.ranges) for row in (*rr_rows, *oms_rows)}
    documents = values.documents(connection, {entry[2] for ranges in parsed.values() for entry in ranges})
    columns = LumisectionColumns()
    columns.apply_rr(_changes(rr_rows, parsed, documents))
    columns.apply_oms(_changes(oms_rows, parsed, documents))
    return columns


def changes_of(connection: Connection, values: Values, ranges: str) -> list[Change]:
    """Read the ranges of one stored batch: ``(first, last, {name: value})``, in the order of their events."""
    entries = decode(ranges)
    documents = values.documents(connection, {entry[2] for entry in entries})
    return [_change(entry, documents) for entry in entries]


def _changes(rows: Iterable[Row[Any]], parsed: dict[int, list[Any]], documents: dict[int, Any]) -> Iterator[Change]:
    for row in rows:
        for entry in parsed[row.version]:
            yield _change(entry, documents)


def _change(entry: list[Any], documents: dict[int, Any]) -> Change:
    value = documents[entry[2]]
    return entry[0], entry[1], value if len(entry) == 3 else value | entry[3]


def _rows(connection: Connection, table: Table, run_number: int, names: Iterable[str], as_of: int | None) -> Sequence[Row[Any]]:
    return _upto(connection, table, (table.c.run_number == run_number) & table.c.name.in_(sorted(names)), as_of)


def _upto(connection: Connection, table: Table, which: ColumnElement[bool], as_of: int | None) -> Sequence[Row[Any]]:
    query = select(table).where(which).order_by(table.c.version)
    return connection.execute(query if as_of is None else query.where(table.c.atomic_version <= as_of)).all()


def _replace(connection: Connection, table: Table, key: dict[str, Any], row: dict[str, Any]) -> None:
    # Delete and insert, not an upsert: the one statement pair that both databases share, inside the writer's lock.
    condition = [table.c[name] == value for name, value in key.items()]
    connection.execute(delete(table).where(*condition))
    connection.execute(insert(table).values(**key, **row))
