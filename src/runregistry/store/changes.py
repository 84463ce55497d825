"""What changed after an event, for mirrors: keys by version, and everything that is stored of some runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from runregistry.store import schema
from runregistry.store.chunks import chunks
from runregistry.store.moments import event_number

__all__ = ["Change", "Changes", "changes_after", "stored_datasets", "stored_runs"]

_CHUNK = 400


class Change(NamedTuple):
    """A run (`name` is None) or a dataset that changed, and its newest event, also one of its lumisections."""

    version: int
    run_number: int
    name: str | None
    deleted: bool


class Changes(NamedTuple):
    """Changes by version.

    Attributes
    ----------
    rows : list of Change
        All changes after the version that was asked for, up to and with `upto`.
    upto : int
        From where to go on.
    newest : int
        The newest event of the registry.
    """

    rows: list[Change]
    upto: int
    newest: int


def changes_after(connection: Connection, after: int, limit: int, first_run: int, last_run: int) -> Changes:
    """Return what changed after an event, oldest change first; each run and dataset once, with its newest event.

    Parameters
    ----------
    limit : int
        About how many; more than the datasets of one run.
    first_run, last_run : int
        Only runs from one to the other, both included.

    Notes
    -----
    Cost: grows with `limit`, not with the registry: three indexes by version are read from `after` on.
    """
    newest = event_number(connection)
    upto = newest
    found: list[Row[Any]] = []
    for version, rows in _read(connection, after, limit, first_run, last_run):
        found += rows
        if len(rows) == limit:
            # Several datasets may have the version of the last row, and not all of them may be among the rows.
            upto = min(upto, max(version(rows[-1]) - 1, after + 1))
    newest_of = {(row.run_number, row.name): row for row in map(_change, found)}
    rows = sorted((row for row in newest_of.values() if row.version <= upto), key=lambda row: row.version)
    return Changes(rows, upto, newest)


def _read(connection: Connection, after: int, limit: int, first_run: int, last_run: int) -> Iterator[tuple[Any, Sequence[Any]]]:
    run, dataset, cache = schema.run.c, schema.dataset.c, schema.dataset_cache.c
    runs = select(run.version, run.run_number, run.deleted).where(run.run_number.between(first_run, last_run))
    same = (dataset.run_number == cache.run_number) & (dataset.name == cache.name)
    datasets = select(dataset.version, cache.version.label("cache_version"), dataset.run_number, dataset.name, dataset.deleted)
    datasets = datasets.join(schema.dataset_cache, same).where(dataset.run_number.between(first_run, last_run))
    for query, column in ((runs, run.version), (datasets, dataset.version), (datasets, cache.version)):
        rows = connection.execute(query.where(column > after).order_by(column).limit(limit)).all()
        yield (lambda row, is_cache=column is cache.version: row.cache_version if is_cache else row.version), rows


def _change(row: Row[Any]) -> Change:
    if len(row) == 3:
        return Change(row.version, row.run_number, None, row.deleted)
    return Change(max(row.version, row.cache_version), row.run_number, row.name, row.deleted)


def stored_runs(connection: Connection, run_numbers: Sequence[int]) -> list[Row[Any]]:
    """Return the rows of runs, hidden ones too, by number."""
    found: list[Row[Any]] = []
    for chunk in chunks(run_numbers, _CHUNK):
        which = schema.run.c.run_number.in_(chunk)
        found += connection.execute(select(schema.run).where(which).order_by(schema.run.c.run_number))
    return found


def stored_datasets(connection: Connection, run_numbers: Sequence[int]) -> Iterator[tuple[Row[Any], Row[Any]]]:
    """Go through the datasets of some runs, hidden ones too, by number and name: the row of each, and that of its cache."""
    for chunk in chunks(run_numbers, _CHUNK):
        rows = [
            connection.execute(
                select(table).where(table.c.run_number.in_(chunk)).order_by(table.c.run_number, table.c.name)
            ).all()
            for table in (schema.dataset, schema.dataset_cache)
        ]
        caches = {(row.run_number, row.name): row for row in rows[1]}
        yield from ((row, caches[row.run_number, row.name]) for row in rows[0] if (row.run_number, row.name) in caches)
