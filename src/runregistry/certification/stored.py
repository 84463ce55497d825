"""Datasets read from the database of a registry, as they are or as they were after a version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runregistry.certification.sources import Asked, Origin, Read, nothing_matches
from runregistry.engine import Snapshot
from runregistry.errors import NotFound, UsageError
from runregistry.filters.similar import similar_to
from runregistry.model import CertifiedDataset
from runregistry.server.services.certified import CertifiedDatasets
from runregistry.store import Store
from runregistry.store.documents import decode

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["read_stored"]


def read_stored(store: Store, asked: Asked, as_of: int | None = None) -> Read:
    """Read the visible datasets of a store that are asked for.

    Parameters
    ----------
    as_of : int, optional
        As they were after this version. Unless it is the newest one, each dataset is made anew from its events.

    Raises
    ------
    UsageError
        No dataset matches; there is no such version yet.
    """
    with store.reading() as connection:
        newest = store.records.latest_atomic_version(connection)
        if as_of is not None and not 0 <= as_of <= newest:
            raise UsageError(f"version {as_of} is not one of {store.database.name}, which has 1 to {newest}")
        origin = Origin("database", store.database.name, newest if as_of is None else as_of)
        if as_of is None or as_of == newest:
            snapshot = _present(store, connection, asked)
        else:
            snapshot = Snapshot.of(_past(store, connection, asked, as_of))
        if not snapshot.n_datasets and as_of is not None:
            raise nothing_matches(asked.dataset_name_filter, ())
        return Read(snapshot, origin)


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


def _past(store: Store, connection: Connection, asked: Asked, as_of: int) -> Iterator[CertifiedDataset]:
    pattern, past = similar_to(asked.dataset_name_filter), store.as_of(as_of)
    runs: dict[int, Any] = {}
    for run_number, name in past.keys(connection):
        if not asked.has(run_number) or not pattern.fullmatch(name):
            continue
        record = past.dataset(connection, run_number, name)
        run = runs[run_number] if run_number in runs else runs.setdefault(run_number, past.run(connection, run_number))
        if record is None or record.deleted or run is None:
            continue
        columns = past.lumisections(connection, run_number, name)
        attributes = (decode(record.dataset_attributes), decode(run.rr_attributes), decode(run.oms_attributes))
        yield CertifiedDataset(run_number, name, *attributes, columns)
