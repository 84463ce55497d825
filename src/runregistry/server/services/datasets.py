"""Single datasets and the names of a run's datasets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runregistry.errors import UsageError
from runregistry.filters import Page, parse_filter, parse_sortings
from runregistry.server.services.shapes import cache_object, dataset_object, run_object
from runregistry.server.services.values import integer, required_text
from runregistry.store import Store
from runregistry.terms import WAITING_DQM_GUI

__all__ = ["dataset_names", "get_dataset", "waiting_datasets", "waiting_datasets_of_dbs"]


def get_dataset(store: Store, body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return a dataset, hidden or not, with its run and all that is summed up from its lumisections; None if there is none."""
    for key, called in (("run_number", "run_number"), ("dataset_name", "name")):
        if body.get(key) is None:
            raise UsageError(f'WHERE parameter "{called}" has invalid "undefined" value')
    run_number, name = integer(body["run_number"], "run_number"), required_text(body["dataset_name"], "dataset_name")
    with store.reading() as connection:
        row = store.records.dataset(connection, run_number, name)
        if row is None:
            return None
        run = store.records.run(connection, run_number)
        cache = store.records.cache(connection, run_number, name)
    return dataset_object(row) | {
        "Run": run_object(run) if run else None,
        "DatasetTripletCache": cache_object(run_number, name, cache) if cache else None,
    }


def dataset_names(store: Store, run_number: object) -> list[str]:
    """Return the names of a run's visible datasets, ``online`` included; of an unknown run, none."""
    with store.reading() as connection:
        return store.records.dataset_names(connection, integer(run_number, "run_number"))


def waiting_datasets(store: Store) -> list[dict[str, Any]]:
    """Return the visible datasets whose global state is ``waiting dqm gui``."""
    return _matching(store, {"dataset_attributes.global_state": {"=": WAITING_DQM_GUI}})


def waiting_datasets_of_dbs(store: Store) -> list[dict[str, Any]]:
    """Return the visible datasets that say in one word that they appeared nowhere, or in the DQM GUI alone.

    Notes
    -----
    compat: datasets have kept a list of where they appeared for many years, which is never one word; so the answer is empty in
    practice, as it is in the service (``tests/integration/test_server_datasets.py``).
    """
    return _matching(store, {"dataset_attributes.appeared_in": {"in": ["", "DQM GUI"]}})


def _matching(store: Store, filter_: dict[str, Any]) -> list[dict[str, Any]]:
    by_run = parse_sortings([["run_number", "ASC"], ["name", "ASC"]], "datasets")
    found = store.queries.datasets(parse_filter(filter_, "datasets"), by_run, Page(0, None))
    return list(map(dataset_object, found.rows))
