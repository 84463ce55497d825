"""Runs, datasets and lumisections as they were after a version, or as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from runregistry.errors import NotFound, UsageError, suggestion
from runregistry.filters import TableName, parse_filter, parse_page, parse_sortings
from runregistry.model import LumisectionColumns, views
from runregistry.server.services.lumisections import LUMISECTION_VIEWS
from runregistry.server.services.shapes import dataset_item, dataset_object, dataset_with_cache, run_object, run_with_summary
from runregistry.server.services.values import integer
from runregistry.store import DatasetRecord, Store
from runregistry.store.past import Past
from runregistry.terms import ONLINE

__all__ = ["dataset", "dataset_lumisections", "list_datasets", "list_runs", "past_of", "run"]

_DEFAULT_PAGE_SIZE = 50


def past_of(store: Store, connection: Connection, as_of: Any = None) -> Past:
    """Return what reads as of a version, a time or a tag; as of the newest version if none is named.

    Raises
    ------
    UsageError
        The registry has no such version, or no past.
    """
    if store.database.is_mirror:
        raise UsageError("this is a mirror, which holds what was when it was made, and no past: ask the registry itself")
    return store.as_of(store.versions.resolve(connection, as_of))


def run(store: Store, run_number: object, as_of: object = None) -> dict[str, Any]:
    """Return a run with the summary of its ``online`` dataset, and ``as_of``, the version that it is as of.

    Parameters
    ----------
    as_of : int or text, optional
        An ``atomic_version``, a time, or a tag; the newest version if not given.

    Raises
    ------
    UsageError
        There is no such version yet.
    NotFound
        There was no such run.
    """
    number = integer(run_number, "run_number")
    with store.reading() as connection:
        past = past_of(store, connection, as_of)
        row = past.run(connection, number)
    if row is None:
        raise NotFound(f"run {number} was not in the registry as of version {past.atomic_version}")
    return {"as_of": past.atomic_version} | run_with_summary(row)


def dataset(store: Store, run_number: object, name: str, as_of: object = None) -> dict[str, Any]:
    """Return a dataset, hidden or not, with its run and all that is summed up from its lumisections, and ``as_of``.

    Parameters
    ----------
    name : str
        With or without the slash at its beginning, which paths lose easily.
    as_of
        As for `run`.
    """
    number = integer(run_number, "run_number")
    with store.reading() as connection:
        past = past_of(store, connection, as_of)
        record = _dataset(past, connection, number, name)
        (detail,) = past.details(connection, [(number, record.name)])
        owner = past.run(connection, number)
    return {"as_of": past.atomic_version} | dataset_with_cache(detail) | {"Run": run_object(owner)}


def dataset_lumisections(
    store: Store, run_number: object, name: str, as_of: object = None, view: str | None = None
) -> dict[str, Any]:
    """Return a dataset and its lumisections.

    Parameters
    ----------
    name, as_of
        As for `dataset`.
    view : str, optional
        A shape of `LUMISECTION_VIEWS`.

    Returns
    -------
    dict
        ``as_of``, ``dataset``, and ``lumisections`` in the shape that was asked for; without one ``rr`` and ``oms``, the ranges
        of each component and of each attribute.
    """
    if view is not None and view not in LUMISECTION_VIEWS:
        raise UsageError(f"view: there is no {view!r}{suggestion(view, LUMISECTION_VIEWS)}; say {', '.join(LUMISECTION_VIEWS)}")
    number = integer(run_number, "run_number")
    with store.reading() as connection:
        past = past_of(store, connection, as_of)
        found = _dataset(past, connection, number, name)
        columns = past.lumisections(connection, number, found.name)
    return {"as_of": past.atomic_version, "dataset": dataset_object(found)} | _shown(columns, view)


def list_runs(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of runs: ``{"as_of", "runs", "pages", "count"}``.

    Parameters
    ----------
    body : mapping
        ``as_of``, ``filter``, ``sortings``, ``page``, ``page_size``; each can be left out.

    Raises
    ------
    UsageError
        The filter or the sorting would have to look into too many rows of the past.
    """
    return _page(store, "runs", body)


def list_datasets(store: Store, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of datasets, ``online`` ones among them: ``{"as_of", "datasets", "pages", "count"}``; see `list_runs`."""
    return _page(store, "datasets", body)


def _page(store: Store, table: TableName, body: Mapping[str, Any]) -> dict[str, Any]:
    node = parse_filter(body.get("filter") or {}, table)
    sortings = parse_sortings(body.get("sortings") or [], table)
    page = parse_page(body.get("page", 0), body.get("page_size", _DEFAULT_PAGE_SIZE))
    with store.reading() as connection:
        past = past_of(store, connection, body.get("as_of"))
    found = store.past_lists.page(past, table, node, sortings, page)
    shape = run_with_summary if table == "runs" else dataset_item
    rows = [shape(row) for row in found.rows]
    return {"as_of": past.atomic_version, table: rows, "pages": page.pages(found.count), "count": found.count}


def _dataset(past: Past, connection: Connection, run_number: int, name: str) -> DatasetRecord:
    names = [name] if name.startswith("/") or name == ONLINE else [name, f"/{name}"]
    found = next((record for each in names if (record := past.dataset(connection, run_number, each))), None)
    if found is None:
        raise NotFound(f"run {run_number} had no dataset {names[-1]} as of version {past.atomic_version}")
    return found


def _shown(columns: LumisectionColumns, view: str | None) -> dict[str, Any]:
    if view is None:
        return {"rr": views.rr_ranges_by_component(columns), "oms": views.oms_ranges_by_dcs_bit(columns)}
    return {"lumisections": LUMISECTION_VIEWS[view][0](columns)}
