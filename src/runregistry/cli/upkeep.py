"""What the commands of ``runregistry admin`` do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from runregistry.cli.console import note, progress
from runregistry.cli.opening import check_there, needing, open_store
from runregistry.cli.rows import Format, write_rows
from runregistry.errors import SettingsError, StoreCorrupt, UsageError

if TYPE_CHECKING:
    from runregistry.store import Store

__all__ = [
    "check_registry",
    "export_to_file",
    "import_from_file",
    "import_settings",
    "init_registry",
    "migrate_registry",
    "rebuild_registry",
    "show_permissions",
]


def init_registry(database: str | None, settings: Path | None) -> None:
    """Make a registry with its settings, or say that it is there."""
    if settings is not None:
        import_settings(settings, database)
        return
    with open_store(database) as store:
        note(f"The registry {store.database.name} is ready; it holds {_n_runs(store)} runs.")


def import_settings(settings: Path, database: str | None) -> None:
    """Give a registry that has no settings those of a file.

    Raises
    ------
    SettingsError
        The file is wrong, or the registry has settings.
    """
    with needing("A registry of your own", "server"):
        from runregistry.local import default_database
        from runregistry.server import ensure_settings
        from runregistry.store import Store
    with Store(database or default_database()) as store:
        if not ensure_settings(store, settings):
            raise SettingsError(
                f"the registry {store.database.name} has settings already, and keeps them; name a new one with --database"
            )
        note(f"The registry {store.database.name} has the settings of {settings}.")


def migrate_registry(database: str | None) -> None:
    """Bring the tables of a registry to this release."""
    with needing("A registry of your own", "server"):
        from runregistry.local import default_database
        from runregistry.store.database import Database
        from runregistry.store.schema import SCHEMA_VERSION
    with closing(Database(check_there(database or default_database()), any_revision=True)) as opened:
        found = opened.migrate()
        done = f"is brought from schema {found} to" if found != SCHEMA_VERSION else "has"
        note(f"The registry {opened.name} {done} schema {SCHEMA_VERSION}, which this release needs.")


def check_registry(database: str | None) -> None:
    """Print what is wrong with a registry.

    Raises
    ------
    StoreCorrupt
        Something is.
    """
    with _existing(database) as store, store.reading() as connection, progress("Comparing runs") as advance:
        from runregistry.store.check import check

        counts, n_wrong = store.records.counts(connection), 0
        for problem in check(connection, lambda done: advance(done, counts["runs"])):
            print(problem)
            n_wrong += 1
        held = f"{counts['events']} events of {counts['runs']} runs and {counts['datasets']} datasets"
        if n_wrong:
            raise StoreCorrupt(
                f"the registry {store.database.name} has {n_wrong} differences ({held}); runregistry admin rebuild mends those of"
                " run, dataset and dataset_cache, a backup or export the others"
            )
        note(f"The registry {store.database.name} is sound: {held}.")


def rebuild_registry(database: str | None) -> None:
    """Make the projections of a registry anew."""
    with _existing(database) as store, store.changing() as connection, progress("Rebuilding runs") as advance:
        from runregistry.store.rebuild import rebuild

        n_runs = store.records.counts(connection)["runs"]
        counts = rebuild(connection, lambda done: advance(done, max(done, n_runs)))
    made = ", ".join(f"{n_rows} rows of {table}" for table, n_rows in counts.items())
    note(f"The registry {store.database.name} is rebuilt: {made}.")


def export_to_file(file: Path, database: str | None) -> None:
    """Write a registry into a file that is there only once it is complete.

    Raises
    ------
    UsageError
        The file exists.
    """
    if file.exists():
        raise UsageError(f"{file} exists; name another file, or remove it first")
    with _existing(database) as store:
        from runregistry.store.transfer import export_registry

        unfinished = file.with_name(f"{file.name}.part")
        try:
            with store.reading() as connection, unfinished.open("wb") as stream:
                counts = export_registry(connection, stream)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.rename(file)
        finally:
            unfinished.unlink(missing_ok=True)
        note(f"{file} holds the registry {store.database.name}: {counts['run']} runs, {sum(counts.values())} rows in all.")


def import_from_file(file: Path, database: str | None) -> None:
    """Fill an empty database from a file."""
    with needing("A registry of your own", "server"):
        from runregistry.local import default_database
        from runregistry.store.database import Database
        from runregistry.store.transfer import import_registry
    with file.open("rb") as stream, closing(Database(database or default_database())) as opened:
        counts = import_registry(opened, stream)
        note(f"The registry {opened.name} holds what is in {file}: {counts['run']} runs, {sum(counts.values())} rows in all.")


def show_permissions(path: str | None, style: Format, database: str | None) -> None:
    """Print the permissions that are in force, and say which ones that ship with this release are not."""
    with _existing(database) as store, store.reading() as connection:
        from runregistry.model.defaults import default_settings
        from runregistry.server.identity import Permission
        from runregistry.server.services.configuration import read_permissions

        in_force = read_permissions(store, connection)
    shown = [permission for permission in in_force if path is None or permission.allows(path)]
    write_rows([{"egroup": permission.egroup, "routes": list(permission.routes)} for permission in shown], style)
    if path is not None:
        return
    known = {(permission.egroup, route) for permission in in_force for route in permission.routes}
    for shipped in (Permission(row["egroup"], tuple(row["routes"])) for row in default_settings()["permissions"]):
        missing = [route for route in shipped.routes if (shipped.egroup, route) not in known]
        if missing:
            note(f"Not in force, but among the settings of this release: {shipped.egroup} may call {', '.join(missing)}")


@contextmanager
def _existing(database: str | None) -> Iterator[Store]:
    """Open a registry that is there."""
    with needing("A registry of your own", "server"):
        from runregistry.local import default_database
        from runregistry.store import Store
    with Store(check_there(database or default_database())) as store:
        if store.database.is_mirror:
            raise UsageError(f"{store.database.name} is a mirror, which runregistry mirror status --check and sync look after")
        yield store


def _n_runs(store: Store) -> int:
    with store.reading() as connection:
        return store.records.counts(connection)["runs"]
