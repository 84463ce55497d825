"""The thread that follows OMS. Of several processes on one database one follows it; when it dies another takes over."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid

from runregistry.errors import RunRegistryError
from runregistry.server.oms.cycle import Cycle, PollMemory, RunsSource, poll_once
from runregistry.store import Store

__all__ = ["OMSPoller"]

logger = logging.getLogger(__name__)

_LEASE = "oms"
# How much longer than to its next look a process keeps its turn; one run takes less.
_GRACE_S = 120.0


class OMSPoller:
    """Looks at OMS again and again, in a thread.

    Parameters
    ----------
    store : Store
        Where the runs are.
    source : RunsSource
        OMS.
    interval_s : float
        Seconds from one look to the next.
    """

    def __init__(self, store: Store, source: RunsSource, interval_s: float) -> None:
        self._store = store
        self._source = source
        self._interval_s = interval_s
        self._name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._memory = PollMemory()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._succeeded_at = time.monotonic()
        self._renewed_at = 0.0

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def age_s(self) -> float:
        """Seconds since a look succeeded, here or in the process whose turn it is; at first, since the start."""
        return time.monotonic() - self._succeeded_at

    def start(self) -> None:
        """Start the thread; a second call does nothing."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._loop, name="runregistry-oms", daemon=True)
            self._thread.start()

    def stop(self, patience_s: float | None = None) -> None:
        """Finish the run at hand, and end the thread.

        Parameters
        ----------
        patience_s : float or None
            How long the run may take; then it is left to itself, and no other one is begun. None waits for its end.
        """
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(patience_s)
            self._thread = None

    def poll_once(self) -> Cycle | None:
        """Look at OMS once; None if it is another process's turn.

        Raises
        ------
        AuthenticationError, TransportError
            OMS can't be asked.
        StoreError
            The database can't be reached.
        """
        if not self._take_turn():
            self._succeeded_at = time.monotonic()
            return None
        cycle = poll_once(self._store, self._source, self._memory, may_go_on=self._may_go_on)
        self._take_turn()
        self._succeeded_at = time.monotonic()
        return cycle

    def _may_go_on(self) -> bool:
        if self._stopping.is_set():
            return False
        # Renewing with every run would make a transaction more for each.
        return time.monotonic() - self._renewed_at < _GRACE_S / 4 or self._take_turn()

    def _take_turn(self) -> bool:
        with self._store.changing() as connection:
            taken = self._store.leases.take(connection, _LEASE, self._name, self._interval_s + _GRACE_S)
        if taken:
            self._renewed_at = time.monotonic()
        return taken

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._interval_s if self._look() else 0.0)
        self._give_turn_back()

    def _look(self) -> bool:
        """Look at OMS whatever happens; return whether that is enough for now."""
        try:
            cycle = self.poll_once()
        except RunRegistryError as error:
            logger.error("OMS could not be looked at: %s", error)
            return True
        except Exception:  # whatever goes wrong, the registry goes on following OMS
            logger.exception("a look at OMS failed")
            return True
        if cycle is None:
            return True
        _report(cycle)
        # More is waiting only if this look got on, and without trouble.
        return cycle.is_complete or bool(cycle.failed) or not (cycle.created or cycle.updated)

    def _give_turn_back(self) -> None:
        try:
            with self._store.changing() as connection:
                self._store.leases.give_back(connection, _LEASE, self._name)
        except RunRegistryError as error:
            logger.warning("the turn to follow OMS could not be given back, it ends by itself: %s", error)


def _report(cycle: Cycle) -> None:
    counts = {name: len(getattr(cycle, name)) for name in ("created", "updated", "unchanged", "refused", "failed")}
    level = logging.INFO if counts["created"] or counts["updated"] or counts["refused"] or counts["failed"] else logging.DEBUG
    logger.log(level, "looked at OMS: %s", ", ".join(f"{count} {name}" for name, count in counts.items()))
