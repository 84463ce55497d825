"""Datasets with everything that a rule may ask about them, as they were after a version."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from runregistry.engine import Snapshot
from runregistry.engine.stored import Stored
from runregistry.server.services.certified import names_that_match
from runregistry.store import Store
from runregistry.store.past import Past

__all__ = ["check_names", "past_snapshot"]


def check_names(store: Store, connection: Connection, past: Past, dataset_name_filter: str) -> None:
    """Refuse a filter that no dataset matched then; see `past_snapshot`."""
    names_that_match(store.past_lists.keys(connection, "datasets", past.atomic_version).names.values, dataset_name_filter)


def past_snapshot(
    store: Store, connection: Connection, past: Past, dataset_name_filter: str, has_run: Callable[[int], bool] = lambda _: True
) -> Snapshot:
    """Return the datasets, visible then, whose names match a filter in SQL's ``SIMILAR TO`` language.

    Raises
    ------
    NotFound
        No name matches.
    UsageError
        The filter is no valid expression.

    Notes
    -----
    Cost: datasets of runs that changed since are made anew from their events; the texts of all are in memory together.
    """
    keys = store.past_lists.keys(connection, "datasets", past.atomic_version)
    matching = set(names_that_match(keys.names.values, dataset_name_filter))
    chosen = [key for key in keys.all() if key[1] in matching and has_run(key[0])]
    return Snapshot(Stored(list(past.certified(connection, chosen))))
