"""Pages of runs and datasets: the index says which rows, the tables give their stored text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, and_, select, tuple_
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from runregistry.filters import Node, Page, SortKey, TableName
from runregistry.filters.match import match
from runregistry.filters.sort import order
from runregistry.store import schema
from runregistry.store.database import Database
from runregistry.store.index import Index
from runregistry.terms import ONLINE

__all__ = ["DatasetRow", "Queries", "RowPage", "RunRow", "is_one_of"]

_CHUNK = 400


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
        with self._snapshot() as connection:
            picked, count = self._pick(connection, "runs", node, sortings, page)
            numbers = self._index.run_numbers[picked].tolist()
            rows = {row[0]: row for row in _chunked(connection, _runs_query(), schema.run.c.run_number.in_, numbers)}
            return RowPage([RunRow(*rows[number]) for number in numbers], count)

    def datasets(self, node: Node, sortings: Sequence[SortKey], page: Page) -> RowPage:
        """Return a page of the datasets that a filter matches, ``online`` ones included; hidden ones never match."""
        with self._snapshot() as connection:
            picked, count = self._pick(connection, "datasets", node, sortings, page)
            keys = self._index.dataset_keys(picked)
            table = schema.dataset.c
            found = _chunked(connection, _datasets_query(), lambda chunk: is_one_of(table, chunk), keys)
            rows = {(row[0], row[1]): row for row in found}
            return RowPage([DatasetRow(*rows[key]) for key in keys], count)

    def dataset_keys(self, node: Node) -> list[tuple[int, str]]:
        """Return (run_number, name) of every dataset that a filter matches, by run number and name."""
        with self._snapshot() as connection:
            picked, _ = self._pick(connection, "datasets", node, (), Page(0, None))
            return sorted(self._index.dataset_keys(picked))

    @contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """Open a read transaction that the index agrees with."""
        with self._index.lock:
            while True:
                with self._database.reading() as connection:
                    if self._index.advance(connection):
                        yield connection
                        return

    def _pick(
        self, connection: Connection, table: TableName, node: Node, sortings: Sequence[SortKey], page: Page
    ) -> tuple[np.ndarray, int]:
        index = self._index
        fetch = index.fetch(connection, table)
        hidden = index.runs.deleted if table == "runs" else index.datasets.deleted
        rows = np.flatnonzero(match(node, fetch, len(hidden)) & ~hidden)
        wanted = order(sortings, fetch, len(hidden), table=table, rows=rows)
        return page.cut(wanted), len(rows)


def _runs_query() -> Select[Any]:
    run, cache = schema.run.c, schema.dataset_cache.c
    return select(run.run_number, run.oms_attributes, run.rr_attributes, run.version, run.deleted, cache.triplet_summary).join(
        schema.dataset_cache, (cache.run_number == run.run_number) & (cache.name == ONLINE)
    )


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
