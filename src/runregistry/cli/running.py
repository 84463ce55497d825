"""Commands around a registry of one's own: serve it, load it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runregistry.cli.console import note, progress
from runregistry.cli.opening import needing, open_store
from runregistry.errors import RunRegistryError, SettingsError
from runregistry.version import __version__

if TYPE_CHECKING:
    from runregistry.cli.serving import LogFormat, LogLevel
    from runregistry.server import OIDCSettings

__all__ = [
    "load_registry",
    "logged",
    "oidc_settings",
    "run_worker",
    "serve_registry",
]

_LOOK_EVERY_S = 1.0


def serve_registry(host: str, port: int, database: str | None, settings: Path | None, auth: str | None, **options: Any) -> None:
    """Serve a registry over HTTP until Ctrl-C; `options` are those of `runregistry.server.ServerSettings`."""
    with needing("A registry of your own", "server"):
        from runregistry.server import ServerSettings, build_app, serve
        from runregistry.server.serve import check_address
    served = ServerSettings(auth=check_address(host, auth), **options)
    with open_store(database, settings) as store:
        app = build_app(served, store)

        def ready(url: str) -> None:
            note(f"Run Registry {__version__} at {url}, database {store.database.name}. API: {url}/v1/docs. Ctrl-C stops it.")

        serve(app, host, port, ready=ready, shutdown_s=served.shutdown_s)


def run_worker(database: str | None, **options: Any) -> None:
    """Work on the jobs of a registry until Ctrl-C or SIGTERM; `options` are those of `runregistry.server.ServerSettings`."""
    with needing("A registry of your own", "server"):
        from runregistry.server import Registry, ServerSettings
        from runregistry.server.serve import asked_to_stop
    with open_store(database) as store, asked_to_stop() as asked:
        registry = Registry(ServerSettings(**options), store)
        registry.start()
        note(f"Run Registry {__version__} works on the jobs of {store.database.name}. Ctrl-C stops it.")
        try:
            while not asked.wait(_LOOK_EVERY_S):
                if not registry.worker.is_alive:
                    raise RunRegistryError("the worker has ended by itself; what it logged says why")
        finally:
            registry.stop()


def oidc_settings(
    auth: str | None, issuer: str | None, audience: str | None, groups_claim: str, email_claim: str, clients: tuple[str, ...]
) -> OIDCSettings | None:
    """Return whose tokens a registry accepts; None if it asks for none.

    Raises
    ------
    SettingsError
        The issuer or the audience is missing, or given where nobody would read them.
    """
    if auth != "oidc":
        if auth is None and issuer:
            raise SettingsError(f"there is an OIDC issuer, {issuer}, but nobody asks for its tokens: say --auth oidc as well")
        return None
    if not issuer or not audience:
        raise SettingsError(
            "--auth oidc needs to know whose tokens count, and for what: --oidc-issuer URL and --oidc-audience NAME"
            " (or RUNREGISTRY_OIDC_ISSUER and RUNREGISTRY_OIDC_AUDIENCE)"
        )
    with needing("A registry of your own", "server"):
        from runregistry.server import OIDCSettings
    return OIDCSettings(issuer, audience, groups_claim, email_claim, clients)


def logged(style: LogFormat | None, level: LogLevel | None) -> AbstractContextManager[None]:
    """Return what sends the log of this process to stderr."""
    with needing("A registry of your own", "server"):
        from runregistry.server.observe import logging_to_stderr
    usual = "warning" if style is None else "info"
    return logging_to_stderr(style.value if style else "text", level.value if level else usual)


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
