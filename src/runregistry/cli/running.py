"""Commands around a registry of one's own: serve it, load it, set it up."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runregistry.cli.console import note, progress
from runregistry.cli.opening import needing, open_store
from runregistry.errors import RunRegistryError, SettingsError
from runregistry.version import __version__

if TYPE_CHECKING:
    from runregistry.store import Store

__all__ = ["import_settings", "init_registry", "load_registry", "serve_registry"]


def serve_registry(
    host: str, port: int, database: str | None, settings: Path | None, auth: str | None, *, run_worker: bool
) -> None:
    """Serve a registry over HTTP until Ctrl-C."""
    with needing("A registry of your own", "server"):
        from runregistry.server import ServerSettings, build_app, serve
        from runregistry.server.serve import check_address
    identify = check_address(host, auth)
    with open_store(database, settings) as store:
        app = build_app(ServerSettings(auth=identify, run_worker=run_worker), store)

        def ready(url: str) -> None:
            note(f"Run Registry {__version__} at {url}, database {store.database.name}. API: {url}/v1/docs. Ctrl-C stops it.")

        serve(app, host, port, ready=ready)


def load_registry(lumisections: Path | None, runs: Path | None, database: str | None) -> None:
    """Load files of OMS data; runs that could not be updated are listed, and make the command fail."""
    with open_store(database) as store:
        from runregistry.server import load_files

        with progress("Loading runs") as advance:
            loaded = load_files(store, lumisections=lumisections, runs=runs, progress=advance)
        note(
            f"{loaded.created} runs created, {loaded.updated} updated, {loaded.unchanged} unchanged; "
            f"{loaded.lumisections} lumisections in the files; {store.database.name}"
        )
    for run_number, reason in loaded.refused.items():
        note(f"run {run_number} refused: {reason}")
    if loaded.refused:
        raise RunRegistryError(f"{len(loaded.refused)} runs were refused, the lines above say why; all others are stored")


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


def _n_runs(store: Store) -> int:
    with store.reading() as connection:
        return store.records.counts(connection)["runs"]
