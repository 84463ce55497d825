"""Pages of runs and datasets: the index says which rows, the tables give their stored text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, select, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from runregistry.filters import AllOf, Column, Node, Page, SortKey, TableName
from runregistry.filters.match import columns_of
from runregistry.filters.sort import sorted_by
from runregistry.store import schema
from runregistry.store.answers import Selected
from runregistry.store.chunks import chunks
from runregistry.store.database import Database
from runregistry.store.index import Index, View
from runregistry.store.wanted import Wanted
from runregistry.terms import ONLINE

__all__ = ["DatasetRow", "Queries", "RowPage", "RunRow", "dataset_rows", "is_one_of"]

_CHUNK = 400
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
        with self.view("runs", node, sortings) as (connection, view):
            selected = view.select(node, sortings)
            return RowPage(_run_rows(connection, view.run_numbers[_cut(selected, page)].tolist()), selected.n_found)

    def runs_last_updated(self, limit: int) -> list[RunRow]:
        """Return runs by the text of OMS's ``last_update``, newest first, hidden ones too; those without one come first."""
        with self.view("runs", AllOf(()), _LAST_UPDATED) as (connection, view):
            return _run_rows(connection, view.run_numbers[view.in_order(_LAST_UPDATED)[:limit]].tolist())

    def datasets(self, node: Node, sortings: Sequence[SortKey], page: Page) -> RowPage:
        """Return a page of the datasets that a filter matches, ``online`` ones included; hidden ones never match."""
        with self.view("datasets", node, sortings) as (connection, view):
            selected = view.select(node, sortings)
            return RowPage(dataset_rows(connection, view.dataset_keys(_cut(selected, page))), selected.n_found)

    def dataset_keys(self, node: Node) -> list[tuple[int, str]]:
        """Return (run_number, name) of every dataset that a filter matches, by run number and name."""
        with self.view("datasets", node, ()) as (_, view):
            return sorted(view.dataset_keys(_cut(view.select(node, ()), Page(0, None))))

    def prepare(self, table: TableName, columns: Iterable[Column]) -> None:
        """Read into memory what the first queries will need: rows, their usual order, and some columns."""
        with self.view(table, AllOf(()), (), columns) as (_, view):
            view.select(AllOf(()), ())

    @contextmanager
    def view(
        self, table: TableName, node: Node, sortings: Sequence[SortKey], more: Iterable[Column] = ()
    ) -> Iterator[tuple[Connection, View]]:
        """Open a read transaction, with what the index has to say about it."""
        columns = {*columns_of(node), *(key.column for key in sorted_by(sortings, table)), *more}
        while True:
            held = self._index.hold(self._database.reading, columns)
            with self._database.reading() as connection:
                view = self._index.view(connection, table, columns, held)
                if view is not None:
                    yield connection, view
                    return


def _cut(selected: Selected, page: Page) -> np.ndarray:
    """Return the rows of a page."""
    places: range = page.cut(range(selected.n_found))
    return selected.between(places.start, places.stop)


def _runs_query(wanted: FromClause, run_number: ColumnElement[int], _: ColumnElement[str] | None) -> Select[Any]:
    run, cache = schema.run.c, schema.dataset_cache.c
    return (
        select(run.run_number, run.oms_attributes, run.rr_attributes, run.version, run.deleted, cache.triplet_summary)
        .select_from(wanted)
        .join(schema.run, run.run_number == run_number)
        .join(schema.dataset_cache, (cache.run_number == run.run_number) & (cache.name == ONLINE))
    )


def _datasets_query(wanted: FromClause, run_number: ColumnElement[int], name: ColumnElement[str] | None) -> Select[Any]:
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
        .select_from(wanted)
        .join(schema.dataset, (dataset.run_number == run_number) & (dataset.name == name))
        .join(schema.run, run.run_number == dataset.run_number)
        .join(schema.dataset_cache, (cache.run_number == dataset.run_number) & (cache.name == dataset.name))
    )


def _run_rows(connection: Connection, numbers: Sequence[int]) -> list[RunRow]:
    rows: dict[int, Any] = {}
    for chunk in chunks(numbers, _CHUNK):
        rows.update((row[0], row) for row in _RUNS.rows(connection, chunk))
    return [RunRow(*rows[number]) for number in numbers]


def dataset_rows(connection: Connection, keys: Sequence[tuple[int, str]]) -> list[DatasetRow]:
    """Return the datasets of these keys, in the order of the keys; all of them must exist."""
    rows: dict[tuple[int, str], Any] = {}
    for chunk in chunks(keys, _CHUNK):
        rows.update(((row[0], row[1]), row) for row in _DATASETS.rows(connection, chunk))
    return [DatasetRow(*rows[key]) for key in keys]


_RUNS, _DATASETS = Wanted(_runs_query, with_names=False), Wanted(_datasets_query, with_names=True)


def is_one_of(table: ReadOnlyColumnCollection[str, Any], keys: Sequence[tuple[int, str]]) -> ColumnElement[bool]:
    """Return the condition that a dataset's row has one of these keys."""
    # SQLite reads the whole table for pairs alone; run numbers make it use the primary key.
    numbers = table.run_number.in_(sorted({run_number for run_number, _ in keys}))
    return and_(numbers, tuple_(table.run_number, table.name).in_(keys))
