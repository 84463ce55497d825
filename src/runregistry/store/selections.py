"""Many datasets at once, each with its run and everything that follows from its lumisections: what batch tools work on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from runregistry.store import schema
from runregistry.store.chunks import chunks
from runregistry.store.queries import is_one_of

__all__ = ["DatasetDetail", "NamedDataset", "dataset_details", "datasets_named"]

_CHUNK = 200


class DatasetDetail(NamedTuple):
    """A dataset as stored, hidden or not, with its run's attributes and its cache; documents are JSON text."""

    run_number: int
    name: str
    dataset_attributes: str
    datasets_in_gui: str
    deleted: bool
    version: int
    rr_attributes: str
    oms_attributes: str
    cache_version: int
    recorded: float
    delivered: float
    triplet_summary: str
    dcs_summary: str
    rr: str
    oms: str


class NamedDataset(NamedTuple):
    """A dataset, hidden or not, and what the DQM GUI is known to have of it (JSON text)."""

    run_number: int
    name: str
    datasets_in_gui: str


def dataset_details(connection: Connection, keys: Sequence[tuple[int, str]]) -> Iterator[DatasetDetail]:
    """Go through datasets by key, in the order in which they were created; keys without a dataset are left out."""
    run, dataset, cache = schema.run.c, schema.dataset.c, schema.dataset_cache.c
    query = (
        select(
            *(dataset[name] for name in ("run_number", "name", "dataset_attributes", "datasets_in_gui", "deleted", "version")),
            run.rr_attributes,
            run.oms_attributes,
            cache.version,
            *(cache[name] for name in ("recorded", "delivered", "triplet_summary", "dcs_summary", "rr", "oms")),
        )
        .join(schema.run, run.run_number == dataset.run_number)
        .join(schema.dataset_cache, (cache.run_number == dataset.run_number) & (cache.name == dataset.name))
    )
    # Not all at once: what thousands of datasets hold together does not fit into memory.
    for chunk in chunks(_as_created(connection, keys), _CHUNK):
        found: dict[Any, Any] = {(row[0], row[1]): row for row in connection.execute(query.where(is_one_of(dataset, chunk)))}
        yield from (DatasetDetail(*found[key]) for key in chunk if key in found)


def datasets_named(connection: Connection, names: Collection[str]) -> Iterator[NamedDataset]:
    """Go through all datasets of these names, hidden ones too."""
    dataset = schema.dataset.c
    query = select(dataset.run_number, dataset.name, dataset.datasets_in_gui)
    for chunk in chunks(sorted(names), _CHUNK):
        rows = connection.execute(query.where(dataset.name.in_(chunk)), execution_options={"yield_per": 1000})
        yield from (NamedDataset(*row) for row in rows)


def _as_created(connection: Connection, keys: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    event = schema.dataset_event.c
    query = select(event.run_number, event.name, func.min(event.version)).group_by(event.run_number, event.name)
    created: dict[tuple[int, str], int] = {}
    for chunk in chunks(keys, _CHUNK):
        created |= {(row[0], row[1]): row[2] for row in connection.execute(query.where(is_one_of(event, chunk)))}
    return sorted(created, key=created.__getitem__)
