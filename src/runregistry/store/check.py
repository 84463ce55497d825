"""Whether a registry is sound: what it shows follows from its events; nothing is missing, counted twice, or points nowhere."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from heapq import merge
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Table, exists, func, select

from runregistry.errors import StoreCorrupt
from runregistry.store import schema
from runregistry.store.documents import Values, decode
from runregistry.store.replay import PROJECTIONS, derive, rows_by_run, run_number_chunks

__all__ = ["check"]

_BATCH = 1000
_BATCHES = {schema.rr_change.name, schema.oms_change.name}
_EVENTS = (schema.run_event, schema.dataset_event, schema.rr_change, schema.oms_change)
_LONGEST = 120
# What the databases do not hold together themselves: these columns of one table are the key of another.
_REFERENCES: tuple[tuple[Table, Table, tuple[str, ...]], ...] = (
    (schema.dataset, schema.run, ("run_number",)),
    (schema.dataset_cache, schema.dataset, ("run_number", "name")),
    (schema.rr_change, schema.dataset, ("run_number", "name")),
    (schema.oms_change, schema.dataset, ("run_number", "name")),
    (schema.cycle_dataset, schema.dataset, ("run_number", "name")),
)


def check(connection: Connection, progress: Callable[[int], None] = lambda _: None) -> Iterator[str]:
    """Go through what is wrong with a registry, a line each; nothing comes from a sound one.

    Parameters
    ----------
    connection : sqlalchemy.Connection
        A reading transaction: everything is compared within one snapshot.
    progress : callable
        Called with the number of runs that were compared so far.

    Notes
    -----
    Reads every event once in the order of their numbers, and once run by run. Memory does not grow with the registry.
    """
    yield from _order_of_events(connection)
    yield from _references(connection)
    missing: set[int] = set()
    yield from _values(connection, missing)
    if not missing:
        yield from _projections(connection, progress)


def _order_of_events(connection: Connection) -> Iterator[str]:
    """Every number from 1 to the counter is that of one event, and versions come one after the other."""
    expected, newest = 1, 0
    for first, last, atomic_version, table, n_ranges in merge(*(_numbered(connection, table) for table in _EVENTS)):
        if first > expected:
            yield f"events {expected} to {first - 1} are missing; the next one is {first}, of {table}"
        elif first < expected:
            yield f"event {first} of {table}: its number was given before"
        if last - first + 1 != n_ranges:
            yield f"events {first} to {last} of {table}: {n_ranges} ranges are stored for {last - first + 1} numbers"
        if atomic_version < newest:
            yield f"event {first} of {table} belongs to version {atomic_version}, and one before it to version {newest}"
        expected, newest = max(expected, last + 1), max(newest, atomic_version)
    counter = connection.scalar(select(schema.counter.c.value).where(schema.counter.c.name == "event"))
    if counter != expected - 1:
        yield f"the counter of events says {counter}, and the last event is {expected - 1}"


def _numbered(connection: Connection, table: Table) -> Iterator[tuple[int, int, int, str, int]]:
    is_batch = table.name in _BATCHES
    more = [table.c.last_version, table.c.ranges] if is_batch else []
    query = select(table.c.version, table.c.atomic_version, *more).order_by(table.c.version)
    for row in connection.execute(query, execution_options={"yield_per": _BATCH}):
        last, n_ranges = (row.last_version, len(_raw_list(row.ranges))) if is_batch else (row.version, 1)
        yield row.version, last, row.atomic_version, table.name, n_ranges


def _references(connection: Connection) -> Iterator[str]:
    for table in schema.metadata.sorted_tables:
        for key in table.foreign_keys:
            pairs = [(key.parent, key.column)]
            yield from _dangling(connection, table, key.column.table, pairs)
    for table, other, names in _REFERENCES:
        yield from _dangling(connection, table, other, [(table.c[name], other.c[name]) for name in names])


def _dangling(connection: Connection, table: Table, other: Table, pairs: list[tuple[Column[Any], Column[Any]]]) -> Iterator[str]:
    found = exists().where(*(own == theirs for own, theirs in pairs))
    set_ones = [own.is_not(None) for own, _ in pairs]
    keys = [*table.primary_key, *(own for own, _ in pairs)]
    for row in connection.execute(select(*keys).where(*set_ones, ~found), execution_options={"yield_per": _BATCH}):
        key = ", ".join(f"{column.name} {item!r}" for column, item in zip(table.primary_key, row, strict=False))
        wanted = ", ".join(f"{own.name} {item!r}" for (own, _), item in zip(pairs, row[-len(pairs) :], strict=True))
        yield f"{table.name} with {key}: there is no {other.name} with {wanted}"


def _values(connection: Connection, missing: set[int]) -> Iterator[str]:
    """Every value that a range names is there, and has the hash by which it is found again."""
    value = schema.value.c
    query = select(value.id, value.unique_hash, value.document).order_by(value.id)
    for row in connection.execute(query, execution_options={"yield_per": _BATCH}):
        if hashlib.sha1(row.document.encode(), usedforsecurity=False).hexdigest() != row.unique_hash:
            yield f"value {row.id} has another hash than its text"
    highest = connection.scalar(select(func.max(value.id))) or 0
    known = _ids(connection, highest)
    for table in (schema.rr_change, schema.oms_change):
        batches = select(table.c.version, table.c.ranges).order_by(table.c.version)
        for batch in connection.execute(batches, execution_options={"yield_per": _BATCH}):
            for number in sorted({entry[2] for entry in decode(batch.ranges)}):
                if number > highest or not known[number]:
                    missing.add(number)
                    yield f"event {batch.version} of {table.name}: there is no value {number}"


def _ids(connection: Connection, highest: int) -> bytearray:
    """Which numbers of values there are: a byte each, so that millions fit."""
    known = bytearray(highest + 1)
    for number in connection.scalars(select(schema.value.c.id), execution_options={"yield_per": _BATCH}):
        known[number] = 1
    return known


def _projections(connection: Connection, progress: Callable[[int], None]) -> Iterator[str]:
    values, done = Values(), 0
    for chunk in run_number_chunks(connection):
        stored = rows_by_run(connection, PROJECTIONS, chunk)
        for run_number, derived in derive(connection, values, chunk):
            for table, expected in zip(PROJECTIONS, derived, strict=True):
                keys = [column.name for column in table.primary_key]
                rows = {
                    tuple(row._mapping[key] for key in keys): {key: item for key, item in row._mapping.items() if key not in keys}
                    for row in stored[table.name].get(run_number, [])
                }
                yield from _compared(table.name, rows, expected)
        done += len(chunk)
        progress(done)


def _compared(
    table: str, stored: Mapping[tuple[Any, ...], Mapping[str, Any]], expected: Mapping[tuple[Any, ...], Mapping[str, Any]]
) -> Iterator[str]:
    for key in sorted(stored.keys() | expected.keys()):
        name = f"{table} {' '.join(map(str, key))}"
        if key not in expected:
            yield f"{name}: it is stored, and no event made it"
        elif key not in stored:
            yield f"{name}: it is missing"
        else:
            for field, wanted in expected[key].items():
                if not _same(stored[key][field], wanted):
                    yield f"{name}: {field} is {_shown(stored[key][field])}, and from its events {_shown(wanted)}"


def _same(stored: Any, wanted: Any) -> bool:
    if stored == wanted:
        return True
    if not isinstance(stored, str) or not isinstance(wanted, str):
        return False
    try:  # documents may have their keys in another order
        return bool(decode(stored) == decode(wanted))
    except msgspec.DecodeError:
        return False


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _raw_list(text: str) -> list[msgspec.Raw]:
    try:
        return _ranges_decoder.decode(text)
    except msgspec.DecodeError as error:
        raise StoreCorrupt(f"the ranges of an event are no JSON: {_shown(text)}") from error


_ranges_decoder = msgspec.json.Decoder(list[msgspec.Raw])
