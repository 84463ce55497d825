"""Datasets read from the database of a registry, as they are or as they were after a version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runregistry.certification.sources import Asked, Origin, Read, nothing_matches
from runregistry.engine import Snapshot
from runregistry.errors import NotFound
from runregistry.model.as_of import AsOf
from runregistry.server.services.certified import CertifiedDatasets
from runregistry.server.services.past import past_of
from runregistry.server.services.past_certified import past_snapshot
from runregistry.store import Store
from runregistry.store.past import Past

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["read_stored"]


def read_stored(store: Store, asked: Asked, as_of: AsOf | None = None) -> Read:
    """Read the visible datasets of a store that are asked for.

    Parameters
    ----------
    as_of : int, str, datetime or date, optional
        As they were after this version, at this time, or when this tag was put on. Datasets of runs that changed since are made
        anew from their events.

    Raises
    ------
    UsageError
        No dataset matches; there is no such version.
    """
    with store.reading() as connection:
        newest = store.records.latest_atomic_version(connection)
        if as_of is None:
            return Read(_present(store, connection, asked), Origin("database", store.database.name, newest))
        past = past_of(store, connection, as_of)
        is_present = past.atomic_version == newest
        snapshot = _present(store, connection, asked) if is_present else _past(store, connection, past, asked)
        return Read(snapshot, Origin("database", store.database.name, past.atomic_version))


def _present(store: Store, connection: Connection, asked: Asked) -> Snapshot:
    certified = CertifiedDatasets(store)
    try:
        names = certified.matching_names(connection, asked.dataset_name_filter)
    except NotFound:
        raise nothing_matches(asked.dataset_name_filter, store.records.visible_names(connection)) from None
    snapshot = certified.snapshot(connection, names)
    if asked.is_of_all_runs:
        return snapshot
    return snapshot.select(runs={number for number in snapshot.run_numbers.tolist() if asked.has(number)})


def _past(store: Store, connection: Connection, past: Past, asked: Asked) -> Snapshot:
    try:
        return past_snapshot(store, connection, past, asked.dataset_name_filter, asked.has)
    except NotFound:
        names = store.past_lists.keys(connection, "datasets", past.atomic_version).names.values
        raise nothing_matches(asked.dataset_name_filter, set(names)) from None
