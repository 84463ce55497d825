"""What follows from the events: the run, its datasets, and their lumisections as they are now.

Merge order, as the service has it: for run attributes and components, what people did comes after what was automatic, then by
version; OMS attributes and dataset attributes go by version alone. The OMS values of a dataset are those of ``online`` and its
own together. Each function here rebuilds exactly one entity from all of its events, so that a projection can't drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, insert, select

from runregistry.model.lumisections import LumisectionColumns
from runregistry.model.summary import dcs_summary, luminosity, triplet_summary
from runregistry.store import schema
from runregistry.store.documents import Values, decode, encode, merge
from runregistry.terms import ONLINE

__all__ = ["changes_of", "merged_lumisections", "project_cache", "project_dataset", "project_run"]

Change = tuple[int, int, dict[str, Any]]


def project_run(connection: Connection, run_number: int) -> None:
    """Rebuild the row of one run."""
    events = schema.run_event.c
    rows = connection.execute(
        select(events.version, events.manual_change, events.deleted, events.oms_metadata, events.rr_metadata)
        .where(events.run_number == run_number)
        .order_by(events.version)
    ).all()
    by_authority = sorted(rows, key=lambda row: (row.manual_change, row.version))
    _replace(
        connection,
        schema.run,
        {"run_number": run_number},
        {
            "version": rows[-1].version,
            "deleted": rows[-1].deleted,
            "rr_attributes": encode(merge(row.rr_metadata for row in by_authority)),
            "oms_attributes": encode(merge(row.oms_metadata for row in rows)),
        },
    )


def project_dataset(connection: Connection, run_number: int, name: str) -> None:
    """Rebuild the row of one dataset."""
    events = schema.dataset_event.c
    rows = connection.execute(
        select(events.version, events.deleted, events.dataset_metadata, events.datasets_in_gui)
        .where(events.run_number == run_number, events.name == name)
        .order_by(events.version)
    ).all()
    deleted = [row.deleted for row in rows if row.deleted is not None]
    in_gui = dict.fromkeys(entry for row in rows for entry in decode(row.datasets_in_gui))
    _replace(
        connection,
        schema.dataset,
        {"run_number": run_number, "name": name},
        {
            "version": rows[-1].version,
            "deleted": deleted[-1] if deleted else False,
            "dataset_attributes": encode(merge(row.dataset_metadata for row in rows)),
            "datasets_in_gui": encode(list(in_gui)),
        },
    )


def project_cache(connection: Connection, values: Values, run_number: int, name: str, version: int) -> LumisectionColumns:
    """Rebuild the lumisections of one dataset and what is summed up from them.

    Parameters
    ----------
    version : int
        Number of the event that made it necessary.
    """
    columns = merged_lumisections(connection, values, run_number, name)
    _replace(
        connection,
        schema.dataset_cache,
        {"run_number": run_number, "name": name},
        {
            "version": version,
            "recorded": luminosity(columns, "recorded"),
            "delivered": luminosity(columns, "delivered"),
            "n_lumisections": sum(last - first + 1 for first, last in columns.oms_present or columns.rr_present),
            "n_ranges": sum(map(len, columns.rr.values())),
            "triplet_summary": encode(triplet_summary(columns)),
            "dcs_summary": encode(dcs_summary(columns)),
            "rr": columns.encode_rr(),
            "oms": columns.encode_oms(),
        },
    )
    return columns


def merged_lumisections(
    connection: Connection, values: Values, run_number: int, name: str, *, shifter_priority: bool = True
) -> LumisectionColumns:
    """Merge all events of a dataset's lumisections.

    Parameters
    ----------
    shifter_priority : bool
        False merges components by version only, as automatic updates compare them.
    """
    rr_rows = _rows(connection, schema.rr_change, run_number, [name])
    if shifter_priority:
        rr_rows = sorted(rr_rows, key=lambda row: (row.manual_change, row.version))
    oms_rows = _rows(connection, schema.oms_change, run_number, {ONLINE, name})
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


def _rows(connection: Connection, table: Table, run_number: int, names: Iterable[str]) -> list[Row[Any]]:
    query = select(table).where(table.c.run_number == run_number, table.c.name.in_(sorted(names))).order_by(table.c.version)
    return list(connection.execute(query))


def _replace(connection: Connection, table: Table, key: dict[str, Any], row: dict[str, Any]) -> None:
    # Delete and insert, not an upsert: the one statement pair that both databases share, inside the writer's lock.
    condition = [table.c[name] == value for name, value in key.items()]
    connection.execute(delete(table).where(*condition))
    connection.execute(insert(table).values(**key, **row))
