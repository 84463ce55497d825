"""Loading the demo's runs into a registry, and not into one that has other work in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from runregistry.cli.console import progress
from runregistry.errors import UsageError
from runregistry.terms import AUTOMATIC_AUTHOR

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from runregistry.store import Store

__all__ = ["DemoLoaded", "load_demo"]

# How runs of the demo are told from others: by who recorded them first.
_AUTHOR = f"{AUTOMATIC_AUTHOR} - runregistry demo"


class DemoLoaded(NamedTuple):
    """What loading did: runs of the file, those that were new, and all their lumisections."""

    n_runs: int
    n_created: int
    n_lumisections: int


def load_demo(store: Store, lumisections: Path) -> DemoLoaded:
    """Load the demo's runs, unless all of them are there.

    Raises
    ------
    UsageError
        The registry holds runs of others; nothing was stored.
    """
    from runregistry.engine.oms_files import read_lumisections
    from runregistry.server import load_files

    with store.reading() as connection:
        known = set(_own_runs(store, connection))
    if known:
        table = read_lumisections(lumisections)
        if known.issuperset(table.run_numbers.tolist()):
            return DemoLoaded(table.n_runs, 0, table.n_lumisections)
    with progress("Loading and classifying runs") as advance:
        loaded = load_files(store, lumisections=lumisections, by=_AUTHOR, progress=advance)
    n_runs = loaded.created + loaded.updated + loaded.unchanged + len(loaded.refused)
    return DemoLoaded(n_runs, loaded.created, loaded.lumisections)


def _own_runs(store: Store, connection: Connection) -> Iterator[int]:
    """Yield the runs of the registry, all of them recorded by the demo."""
    for record in store.records.visible_datasets(connection):
        history = store.records.run_history(connection, record.run_number)
        if not history or history[0].by != _AUTHOR:
            raise UsageError(
                f"the registry {store.database.name} holds run {record.run_number}, which is not the demo's, and is left alone; "
                "give the demo a registry of its own with --database demo.sqlite"
            )
        yield record.run_number
