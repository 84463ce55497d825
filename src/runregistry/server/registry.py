"""A registry as one object: its store, its services and its worker."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from runregistry.errors import SettingsError
from runregistry.server.dqm_gui_poller import DQMGUIPoller, DQMGUISettings
from runregistry.server.identity import OIDCSettings, Permission
from runregistry.server.metrics import Metrics, Standing
from runregistry.server.oms import OMSClient, OMSPoller, OMSSettings
from runregistry.server.services.certified import CertifiedDatasets
from runregistry.server.services.configuration import read_permissions
from runregistry.server.services.notifications import Notifications
from runregistry.server.services.portal import Portal
from runregistry.server.warming import Warming
from runregistry.server.worker import LEASE_S, Worker
from runregistry.store import Store
from runregistry.version import __version__

if TYPE_CHECKING:
    from runregistry.server.oidc import TokenVerifier

__all__ = ["Poller", "Registry", "ServerSettings"]

logger = logging.getLogger(__name__)

_MIB = 1024 * 1024


class ServerSettings(NamedTuple):
    """How a registry is served.

    Attributes
    ----------
    auth : str
        ``headers``: believe the ``email`` and ``egroups`` headers. ``owner``: whoever can reach the registry owns it, as with an
        embedded one; requests that name no e-group have the experts' rights. ``oidc``: believe signed tokens only.
    max_body_bytes : int
        Larger bodies are refused.
    run_worker : bool
        Whether jobs are worked on in this process.
    oidc : OIDCSettings or None
        Whose tokens are accepted; needed for ``oidc``.
    request_timeout_s : float
        A request that takes longer is answered with 503, and nothing of it is stored.
    shutdown_s : float
        How long requests and the job at hand may take to end when the registry is stopped.
    oms : OMSSettings or None
        Where runs come from; None if the registry follows no OMS.
    dqm_gui : DQMGUISettings or None
        Where datasets appear; None if the registry does not look there.
    lease_s : float
        How long a job stays with a worker that gives no sign of life.
    """

    auth: str = "headers"
    max_body_bytes: int = 400 * _MIB
    run_worker: bool = True
    oidc: OIDCSettings | None = None
    request_timeout_s: float = 300.0
    shutdown_s: float = 30.0
    oms: OMSSettings | None = None
    dqm_gui: DQMGUISettings | None = None
    lease_s: float = LEASE_S


class Poller(Protocol):
    """A thread that looks at another service again and again."""

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""

    @property
    def age_s(self) -> float:
        """Seconds since a look succeeded."""

    def start(self) -> None:
        """Start the thread."""

    def stop(self, patience_s: float | None = None) -> None:
        """End the thread."""


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
        self.tokens = _token_verifier(settings)
        self.settings = settings
        self.store = store
        self.portal = Portal(store, CertifiedDatasets(store))
        self.notifications = Notifications(store)
        self.worker = Worker(store, self.portal.run_job, settings.lease_s)
        self.metrics = Metrics(self.standing)
        self.oms = OMSClient(settings.oms) if settings.oms is not None else None
        self.pollers = dict(_pollers(settings, store, self.oms))
        self._warming = Warming(store)
        self._permissions: tuple[int, list[Permission]] = (-1, [])

    def start(self) -> None:
        """Start working on jobs, where the settings say so, and read what lists need."""
        self._warming.start()
        if self.settings.run_worker:
            self.worker.start()
        for poller in self.pollers.values():
            poller.start()

    def stop(self) -> None:
        """Finish the job at hand, or give it back if it takes too long, and stop."""
        end = time.monotonic() + self.settings.shutdown_s
        threads: list[Poller | Worker | Warming] = [self._warming, *self.pollers.values(), self.worker]
        for thread in threads:
            thread.stop(max(end - time.monotonic(), 0.0))
        if self.oms is not None:
            self.oms.close()

    def permissions(self) -> list[Permission]:
        """Return the permissions that are in force; read again only after a change of configuration."""
        with self.store.reading() as connection:
            stamp = self.store.configuration.stamp(connection)
            if stamp != self._permissions[0]:
                self._permissions = (stamp, read_permissions(self.store, connection))
        return self._permissions[1]

    def standing(self) -> Standing:
        """Return how the registry stands at this moment.

        Raises
        ------
        StoreError
            The database does not answer.
        """
        with self.store.reading() as connection:
            events, jobs = self.store.event_number(connection), self.store.jobs.counts(connection)
        ages = {name: poller.age_s for name, poller in self.pollers.items()}
        return Standing(events, jobs, self.worker.is_alive if self.settings.run_worker else None, ages)

    def health(self) -> dict[str, Any]:
        """Return whether the registry does its work, for whoever watches over it: everyone, so that no details are told."""
        try:
            standing = self.standing()
        except Exception as error:  # whatever is wrong with the database, the answer is the same
            logger.error("the database does not answer: %s", error)
            return {"status": "failing", "version": __version__, "database": "unreachable"}
        worker = {None: "elsewhere", True: "alive", False: "dead"}[standing.worker_alive]
        dead = [name for name, poller in self.pollers.items() if not poller.is_alive]
        return {
            "status": "failing" if dead or worker == "dead" else "ok",
            "version": __version__,
            "database": "ok",
            "worker": worker,
            "jobs": dict(standing.jobs),
            "poller_ages_s": {name: None if name in dead else round(age) for name, age in standing.poller_ages_s.items()},
        }

    def counts(self) -> dict[str, Any]:
        """Return how much the registry holds."""
        with self.store.reading() as connection:
            return self.store.records.counts(connection)


def _pollers(settings: ServerSettings, store: Store, oms: OMSClient | None) -> Iterator[tuple[str, Poller]]:
    """Yield the pollers of a process that works on jobs, by their names: one for each source that it knows."""
    if settings.run_worker and oms is not None and oms.settings.interval_s:
        yield "oms", OMSPoller(store, oms, oms.settings.interval_s)
    if settings.run_worker and settings.dqm_gui is not None:
        yield "dqm_gui", DQMGUIPoller(store, settings.dqm_gui)


def _token_verifier(settings: ServerSettings) -> TokenVerifier | None:
    if settings.auth not in ("headers", "oidc", "owner"):
        raise SettingsError(f"auth must be 'headers', 'oidc' or 'owner', not {settings.auth!r}")
    if settings.auth != "oidc":
        return None
    if settings.oidc is None:
        raise SettingsError("auth 'oidc' needs to know whose tokens are accepted: --oidc-issuer URL and --oidc-audience NAME")
    from runregistry.server.oidc import TokenVerifier  # not for an embedded registry: it loads cryptography

    return TokenVerifier(settings.oidc)
