"""A registry as one object: its store, its services and its worker."""

from __future__ import annotations

from typing import Any, NamedTuple

from runregistry.errors import SettingsError
from runregistry.server.identity import Permission
from runregistry.server.services.certified import CertifiedDatasets
from runregistry.server.services.configuration import read_permissions
from runregistry.server.services.portal import Portal
from runregistry.server.worker import Worker
from runregistry.store import Store

__all__ = ["Registry", "ServerSettings"]

_MIB = 1024 * 1024


class ServerSettings(NamedTuple):
    """How a registry is served.

    Attributes
    ----------
    auth : str
        ``headers``: believe the ``email`` and ``egroups`` headers. ``owner``: whoever can reach the registry owns it, as with an
        embedded one; requests that name no e-group have the experts' rights.
    max_body_bytes : int
        Larger bodies are refused.
    run_worker : bool
        Whether jobs are worked on in this process.
    """

    auth: str = "headers"
    max_body_bytes: int = 400 * _MIB
    run_worker: bool = True


class Registry:
    """The services of one store.

    Parameters
    ----------
    settings : ServerSettings
        How it is served.
    store : Store
        Where its facts are.
    """

    def __init__(self, settings: ServerSettings, store: Store) -> None:
        if settings.auth not in ("headers", "owner"):
            raise SettingsError(f"auth must be 'headers' or 'owner', not {settings.auth!r}")
        self.settings = settings
        self.store = store
        self.portal = Portal(store, CertifiedDatasets(store))
        self.worker = Worker(store, self.portal.run_job)
        self._permissions: tuple[int, list[Permission]] = (-1, [])

    def start(self) -> None:
        """Start working on jobs, where the settings say so."""
        if self.settings.run_worker:
            self.worker.start()

    def stop(self) -> None:
        """Finish the job at hand, and stop."""
        self.worker.stop()

    def permissions(self) -> list[Permission]:
        """Return the permissions that are in force; read again only after a change of configuration."""
        with self.store.reading() as connection:
            stamp = self.store.configuration.stamp(connection)
            if stamp != self._permissions[0]:
                self._permissions = (stamp, read_permissions(self.store, connection))
        return self._permissions[1]

    def counts(self) -> dict[str, Any]:
        """Return how much the registry holds."""
        with self.store.reading() as connection:
            return self.store.records.counts(connection)
