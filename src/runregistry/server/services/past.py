"""Runs and datasets as they were after a version, or as they are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from runregistry.errors import NotFound, UsageError
from runregistry.model import views
from runregistry.server.services.shapes import dataset_object, run_with_summary
from runregistry.server.services.values import integer
from runregistry.store import Store
from runregistry.terms import ONLINE

__all__ = ["dataset_lumisections", "run"]


def run(store: Store, run_number: object, as_of: object = None) -> dict[str, Any]:
    """Return a run with the summary of its ``online`` dataset, and ``as_of``, the version that it is as of.

    Parameters
    ----------
    as_of : int or text, optional
        An ``atomic_version``; the newest one if not given.

    Raises
    ------
    UsageError
        There is no such version yet.
    NotFound
        There was no such run.
    """
    number = integer(run_number, "run_number")
    with store.reading() as connection:
        version = _version(store, connection, as_of)
        row = store.as_of(version).run(connection, number)
    if row is None:
        raise NotFound(f"run {number} was not in the registry as of version {version}")
    return {"as_of": version} | run_with_summary(row)


def dataset_lumisections(store: Store, run_number: object, name: str, as_of: object = None) -> dict[str, Any]:
    """Return a dataset and its lumisections: ``{"as_of", "dataset", "rr", "oms"}``, ranges of each component and attribute.

    Parameters
    ----------
    name : str
        With or without the slash at its beginning, which paths lose easily.
    as_of : int or text, optional
        An ``atomic_version``; the newest one if not given.
    """
    number = integer(run_number, "run_number")
    with store.reading() as connection:
        past = store.as_of(_version(store, connection, as_of))
        names = [name] if name.startswith("/") or name == ONLINE else [name, f"/{name}"]
        found = next((record for each in names if (record := past.dataset(connection, number, each))), None)
        if found is None:
            raise NotFound(f"run {number} had no dataset {names[-1]} as of version {past.atomic_version}")
        columns = past.lumisections(connection, number, found.name)
    return {
        "as_of": past.atomic_version,
        "dataset": dataset_object(found),
        "rr": views.rr_ranges_by_component(columns),
        "oms": views.oms_ranges_by_dcs_bit(columns),
    }


def _version(store: Store, connection: Connection, as_of: object) -> int:
    newest = store.records.latest_atomic_version(connection)
    if as_of is None:
        return newest
    version = integer(as_of, "as_of")
    if not 1 <= version <= newest:
        raise UsageError(f"as_of must be a version of this registry, 1 to {newest}, not {version}")
    return version
