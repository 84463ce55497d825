"""All that follows from the events, made from zero, run by run: what the projections are compared with, and rebuilt from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, select, union

from runregistry.store import schema
from runregistry.store.documents import Values
from runregistry.store.projection import cache_row, dataset_row, merge_lumisections, run_row
from runregistry.terms import ONLINE

__all__ = ["PROJECTIONS", "Derived", "derive", "rows_by_run", "run_number_chunks"]

PROJECTIONS = (schema.run, schema.dataset, schema.dataset_cache)
_EVENTS = (schema.run_event, schema.dataset_event, schema.rr_change, schema.oms_change)
# Few enough for the longest runs to fit into memory, many enough for the shortest not to cost a question each.
_RUNS_AT_ONCE = 50

Rows = dict[str, dict[int, list[Row[Any]]]]


class Derived(NamedTuple):
    """The rows of one run in the three projections, each by its key."""

    runs: dict[tuple[Any, ...], dict[str, Any]]
    datasets: dict[tuple[Any, ...], dict[str, Any]]
    caches: dict[tuple[Any, ...], dict[str, Any]]


def run_number_chunks(connection: Connection) -> Iterator[list[int]]:
    """Go through the numbers of all runs that any event or projection knows, a few at a time, in order."""
    parts = [select(table.c.run_number.label("run_number")) for table in (*_EVENTS, *PROJECTIONS)]
    numbers = union(*parts).subquery().c.run_number
    last = -(2**31)
    while chunk := list(connection.scalars(select(numbers).where(numbers > last).order_by(numbers).limit(_RUNS_AT_ONCE))):
        yield chunk
        last = chunk[-1]


def rows_by_run(connection: Connection, tables: Sequence[Table], run_numbers: Sequence[int], as_of: int | None = None) -> Rows:
    """Read all rows of some runs: by table and run number, events in the order of their versions.

    Parameters
    ----------
    as_of : int or None
        Leaves out events that came after this ``atomic_version``.
    """
    found: Rows = {}
    for table in tables:
        by_run: dict[int, list[Row[Any]]] = defaultdict(list)
        query = select(table).where(table.c.run_number.in_(run_numbers)).order_by(table.c.version)
        for row in connection.execute(query if as_of is None else query.where(table.c.atomic_version <= as_of)):
            by_run[row.run_number].append(row)
        found[table.name] = by_run
    return found


def derive(
    connection: Connection, values: Values, run_numbers: Sequence[int], as_of: int | None = None
) -> Iterator[tuple[int, Derived]]:
    """Make the projections of some runs from their events alone; with `as_of` those of versions up to that one."""
    events = rows_by_run(connection, _EVENTS, run_numbers, as_of)
    for run_number in run_numbers:
        own = {name: by_run.get(run_number, []) for name, by_run in events.items()}
        yield run_number, _derived(connection, values, run_number, own)


def _derived(connection: Connection, values: Values, run_number: int, events: Mapping[str, list[Row[Any]]]) -> Derived:
    by_name = {name: _by_name(rows) for name, rows in events.items() if name != schema.run_event.name}
    datasets = by_name[schema.dataset_event.name]
    runs = {(run_number,): run_row(events[schema.run_event.name])} if events[schema.run_event.name] else {}
    caches = {}
    for name in datasets:
        rr = by_name[schema.rr_change.name].get(name, [])
        oms = _of_names(by_name[schema.oms_change.name], name)
        newest = max(row.version for row in _of_names(datasets, name))
        # A dataset follows its run's online dataset, whatever changes there.
        changes = (*_of_names(by_name[schema.rr_change.name], name), *oms)
        version = max([newest, *(row.last_version for row in changes)])
        caches[run_number, name] = {"version": version} | cache_row(merge_lumisections(connection, values, rr, oms))
    return Derived(runs, {(run_number, name): dataset_row(rows) for name, rows in datasets.items()}, caches)


def _by_name(rows: Sequence[Row[Any]]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in rows:
        found.setdefault(row.name, []).append(row)
    return found


def _of_names(by_name: Mapping[str, list[Row[Any]]], name: str) -> list[Row[Any]]:
    """The rows of a dataset and of its run's ``online`` dataset, by version."""
    return sorted((row for each in {ONLINE, name} for row in by_name.get(each, [])), key=lambda row: row.version)
