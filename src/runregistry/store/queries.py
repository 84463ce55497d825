"""Pages of runs and datasets: the index says which rows, the tables give their stored text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, select, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from runregistry.filters import AllOf, Column, Node, Page, SortKey, TableName
from runregistry.filters.match import columns_of, match
from runregistry.filters.sort import is_usual_order, order, sorted_by
from runregistry.store import schema
from runregistry.store.database import Database
from runregistry.store.index import Index, View
from runregistry.terms import ONLINE

__all__ = ["DatasetRow", "Queries", "RowPage", "RunRow", "is_one_of"]

_CHUNK = 400
_FIRST_LOOK = 1024
_LAST_UPDATED = (SortKey(Column("oms_attributes", ("last_update",)), descending=True, nulls_first=True),)


class RunRow(NamedTuple):
    """A run as stored; documents are JSON text. `triplet_summary` is that of its ``online`` dataset."""

    run_number: int
    oms_attributes: str
    rr_attributes: str
    version: int
    deleted: bool
    triplet_summary: str


class DatasetRow(NamedTuple):
    """A dataset as stored, with the attributes of its run; documents are JSON text."""

    run_number: int
    name: str
    dataset_attributes: str
    datasets_in_gui: str
    deleted: bool
    version: int
    rr_attributes: str
    oms_attributes: str
    triplet_summary: str
    dcs_summary: str


class RowPage(NamedTuple):
    """One page of an answer, and how many rows there are in all."""

    rows: list[Any]
    count: int  # type: ignore[assignment]  # the wire's word; nobody counts the fields of a page


class Queries:
    """Filtered, sorted, paged lists."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index = Index()

    def runs(self, node: Node, sortings: Sequence[SortKey], page: Page) -> RowPage:
        """Return a page of the runs that a filter matches; hidden ones never match."""
        with self._snapshot("runs", node, sortings) as (connection, view):
            picked, count = _pick(view, "runs", node, sortings, page)
            return RowPage(_run_rows(connection, view.run_numbers[picked].tolist()), count)

    def runs_last_updated(self, limit: int) -> list[RunRow]:
        """Return runs by the text of OMS's ``last_update``, newest first, hidden ones too; those without one come first."""
        with self._snapshot("runs", AllOf(()), _LAST_UPDATED) as (connection, view):
            every = np.arange(len(view.run_numbers))
            fetch = view.columns.__getitem__
            rows = order(_LAST_UPDATED, fetch, len(every), table="runs", rows=every, first=limit)[:limit]
            return _run_rows(connection, view.run_numbers[rows].tolist())

    def datasets(self, node: Node, sortings: Sequence[SortKey], page: Page) -> RowPage:
        """Return a page of the datasets that a filter matches, ``online`` ones included; hidden ones never match."""
        with self._snapshot("datasets", node, sortings) as (connection, view):
            picked, count = _pick(view, "datasets", node, sortings, page)
            keys = view.dataset_keys(picked)
            table = schema.dataset.c
            found = _chunked(connection, _DATASETS_QUERY, lambda chunk: is_one_of(table, chunk), keys)
            rows = {(row[0], row[1]): row for row in found}
            return RowPage([DatasetRow(*rows[key]) for key in keys], count)

    def dataset_keys(self, node: Node) -> list[tuple[int, str]]:
        """Return (run_number, name) of every dataset that a filter matches, by run number and name."""
        with self._snapshot("datasets", node, ()) as (_, view):
            picked, _ = _pick(view, "datasets", node, (), Page(0, None))
        return sorted(view.dataset_keys(picked))

    @contextmanager
    def _snapshot(self, table: TableName, node: Node, sortings: Sequence[SortKey]) -> Iterator[tuple[Connection, View]]:
        """Open a read transaction, with what the index has to say about it."""
        columns = {*columns_of(node), *(key.column for key in sorted_by(sortings, table))}
        while True:
            held = self._index.hold(self._database.reading, columns)
            with self._database.reading() as connection:
                view = self._index.view(connection, table, columns, held)
                if view is not None:
                    yield connection, view
                    return


def _pick(view: View, table: TableName, node: Node, sortings: Sequence[SortKey], page: Page) -> tuple[np.ndarray, int]:
    """Return the rows of a page, and how many there are on all pages."""
    fetch = view.columns.__getitem__
    matched = match(node, fetch, len(view.shown)) & view.shown
    if is_usual_order(sortings, table):
        wanted, count = _first(view.newest_first, matched, page.end), int(np.count_nonzero(matched))
    else:
        rows = np.flatnonzero(matched)
        wanted, count = order(sortings, fetch, len(matched), table=table, rows=rows, first=page.end), len(rows)
    return page.cut(wanted), count


def _first(rows: np.ndarray, matched: np.ndarray, n_wanted: int | None) -> np.ndarray:
    """Return the first rows that match; not more of them are looked at than needed."""
    found, start, size = [rows[:0]], 0, _FIRST_LOOK if n_wanted is not None else len(rows)
    while start < len(rows) and (n_wanted is None or sum(map(len, found)) < n_wanted):
        some = rows[start : start + size]
        found.append(some[matched.take(some)])
        start, size = start + size, size * 4
    return np.concatenate(found)


def _runs_query() -> Select[Any]:
    run, cache = schema.run.c, schema.dataset_cache.c
    of_runs = select(run.run_number, run.oms_attributes, run.rr_attributes, run.version, run.deleted, cache.triplet_summary)
    of_online = (cache.run_number == run.run_number) & (cache.name == ONLINE)
    # Made once, with a place for the numbers: making it takes a third of the time that it runs.
    return of_runs.join(schema.dataset_cache, of_online).where(run.run_number.in_(bindparam("numbers", expanding=True)))


def _datasets_query() -> Select[Any]:
    run, dataset, cache = schema.run.c, schema.dataset.c, schema.dataset_cache.c
    return (
        select(
            dataset.run_number,
            dataset.name,
            dataset.dataset_attributes,
            dataset.datasets_in_gui,
            dataset.deleted,
            dataset.version,
            run.rr_attributes,
            run.oms_attributes,
            cache.triplet_summary,
            cache.dcs_summary,
        )
        .join(schema.run, run.run_number == dataset.run_number)
        .join(schema.dataset_cache, (cache.run_number == dataset.run_number) & (cache.name == dataset.name))
    )


def _run_rows(connection: Connection, numbers: Sequence[int]) -> list[RunRow]:
    rows: dict[int, Any] = {}
    for start in range(0, len(numbers), _CHUNK):
        found = connection.execute(_RUNS_QUERY, {"numbers": numbers[start : start + _CHUNK]})
        rows.update((row[0], row) for row in found.all())
    return [RunRow(*rows[number]) for number in numbers]


_RUNS_QUERY, _DATASETS_QUERY = _runs_query(), _datasets_query()


def is_one_of(table: ReadOnlyColumnCollection[str, Any], keys: Sequence[tuple[int, str]]) -> ColumnElement[bool]:
    """Return the condition that a dataset's row has one of these keys."""
    # SQLite reads the whole table for pairs alone; run numbers make it use the primary key.
    numbers = table.run_number.in_(sorted({run_number for run_number, _ in keys}))
    return and_(numbers, tuple_(table.run_number, table.name).in_(keys))


def _chunked(
    connection: Connection, query: Select[Any], among: Callable[[Sequence[Any]], ColumnElement[bool]], wanted: Sequence[Any]
) -> Iterator[Any]:
    for start in range(0, len(wanted), _CHUNK):
        yield from connection.execute(query.where(among(wanted[start : start + _CHUNK])))
